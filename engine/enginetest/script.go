package enginetest

import (
	"fmt"
	"strings"
)

// Case is one case of a script: a model and questions about it with the answers expected, worked out by hand from
// SPEC.md. See testdata/scripts/README.txt.
type Case struct {
	File      string   // the script
	Line      int      // of the title
	Title     string   //
	Spec      []string // the paragraphs that the case shows
	Files     map[string]string
	Questions []Question
}

// Question is one question of a case and its expected answer, line by line.
type Question struct {
	Line   int
	Ask    string // rights, locks, values, act, error
	Args   []string
	Expect []string
}

// ParseScript reads the cases of a script. Its errors name the script and a line.
func ParseScript(name, text string) ([]Case, error) {
	p := &scriptParser{name: name}
	for i, line := range strings.Split(text, "\n") {
		p.line = i + 1
		if err := p.read(strings.TrimRight(line, " \r")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, p.line, err)
		}
	}
	for _, c := range p.cases {
		switch {
		case len(c.Spec) == 0:
			return nil, fmt.Errorf("%s:%d: case %q cites no paragraph of SPEC.md", name, c.Line, c.Title)
		case len(c.Files) == 0 || len(c.Questions) == 0:
			return nil, fmt.Errorf("%s:%d: case %q has no model or no question", name, c.Line, c.Title)
		}
	}
	if len(p.cases) == 0 {
		return nil, fmt.Errorf("%s: no case", name)
	}
	return p.cases, nil
}

type scriptParser struct {
	name  string
	line  int
	cases []Case
	file  string // that lines are added to; "" outside files
}

func (p *scriptParser) read(line string) error {
	title, isTitle := strings.CutPrefix(line, "=== ")
	if isTitle {
		p.cases = append(p.cases, Case{File: p.name, Line: p.line, Title: title, Files: map[string]string{}})
		p.file = ""
		return nil
	}
	if len(p.cases) == 0 {
		return nil // an introduction
	}
	c := &p.cases[len(p.cases)-1]
	if file, ok := strings.CutPrefix(line, "--- "); ok {
		if len(c.Questions) > 0 {
			return fmt.Errorf("file %s stands after a question", file)
		}
		p.file = file
		c.Files[file] = ""
		return nil
	}
	if ask, ok := strings.CutPrefix(line, "? "); ok {
		p.file = ""
		words := splitWords(ask)
		c.Questions = append(c.Questions, Question{Line: p.line, Ask: words[0], Args: words[1:]})
		return nil
	}
	switch {
	case p.file != "":
		c.Files[p.file] += line + "\n"
	case len(c.Questions) > 0:
		q := &c.Questions[len(c.Questions)-1]
		if line != "" && !strings.HasPrefix(line, "#") {
			q.Expect = append(q.Expect, line)
		}
	default: // before the model: what is cited, then why, in words
		if cited, ok := strings.CutPrefix(line, "spec "); ok {
			c.Spec = append(c.Spec, strings.Fields(cited)...)
		}
	}
	return nil
}

// splitWords splits at spaces, but not within square brackets: names with spaces are written [By squad].
func splitWords(s string) []string {
	var out []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if rest, ok := strings.CutPrefix(s, "["); ok {
			word, after, _ := strings.Cut(rest, "]")
			out, s = append(out, word), after
			continue
		}
		word, after, _ := strings.Cut(s, " ")
		out, s = append(out, word), after
	}
	return out
}
