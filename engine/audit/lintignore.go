package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// remark is a comment that ignores findings.
type remark struct {
	pos    cube.Position
	code   string
	reason string
	lines  []int // the lines that it speaks about
	used   bool
}

// ignore takes the findings away that comments call intended, and adds those about the comments.
func (l *linter) ignore() {
	var all []remark
	for _, file := range slices.Sorted(maps.Keys(l.opt.Files)) {
		all = append(all, remarks(file, l.opt.Files[file])...)
	}
	l.found = slices.DeleteFunc(l.found, func(f Finding) bool {
		hit := false
		for i := range all {
			r := &all[i]
			if r.code == f.Code && r.reason != "" && (r.covers(f.Pos) || r.covers(f.scope)) {
				r.used, hit = true, true
			}
		}
		return hit
	})
	var names []string
	for _, c := range Codes() {
		names = append(names, c.Name)
	}
	for _, r := range all {
		switch {
		case r.code == "":
			l.add(codeIgnoreUnknown, r.pos, "write # "+ignoreMark+" CODE reason", "this comment does not say what to ignore")
		case !slices.Contains(names, r.code):
			hint := ""
			if near := cube.Suggest(r.code, names); near != "" {
				hint = fmt.Sprintf(" (did you mean %q?)", near)
			}
			l.add(codeIgnoreUnknown, r.pos, "docs/lint.md lists the codes", "there is no kind of finding %q to ignore%s", r.code, hint)
		case r.reason == "":
			l.add(codeIgnoreReason, r.pos, "write # "+ignoreMark+" "+r.code+" and why it is meant so", "this comment does not say why %q is intended, and so ignores nothing", r.code)
		case !r.used:
			l.add(codeIgnoreUnanswered, r.pos, "take the comment out, or move it to the line of the finding", "there is no finding %q here to ignore", r.code)
		}
	}
}

func (r *remark) covers(pos cube.Position) bool {
	return pos.Line > 0 && pos.File == r.pos.File && slices.Contains(r.lines, pos.Line)
}

const ignoreMark = "cubeward:ignore"

// remarks are the comments of a YAML file that ignore findings.
func remarks(file, text string) []remark {
	var out []remark
	above := 0 // the first of the remarks in the lines of comments right above
	for n, line := range comments(text) {
		r, ok := parseRemark(line.text)
		if ok {
			col := utf8.RuneCountInString(line.before) + 1
			r.pos = cube.Position{File: file, Line: n + 1, Column: col}
			r.lines = []int{n + 1}
			out = append(out, r)
		}
		if line.alone {
			continue
		}
		for i := above; i < len(out); i++ {
			if out[i].pos.Line <= n {
				out[i].lines = append(out[i].lines, n+1)
			}
		}
		above = len(out)
	}
	return out
}

// parseRemark reads a comment, its # included: # cubeward:ignore CODE reason.
func parseRemark(comment string) (remark, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(comment, "# \t"), ignoreMark)
	if !ok || rest != "" && !strings.ContainsAny(rest[:1], " \t:") {
		return remark{}, false
	}
	code, reason, _ := strings.Cut(strings.TrimLeft(rest, ": \t"), " ")
	return remark{code: strings.TrimRight(code, ":,"), reason: strings.Trim(reason, " \t\r-–—:")}, true
}

// comment is one line of a YAML file: the comment at its end, if there is one, and what stands before it.
type comment struct {
	before, text string
	alone        bool // nothing but a comment
}

// comments finds the comments of a YAML file that is known to be valid: what starts with # at the start of a line or
// after a blank, outside of quotes and block scalars. There is one entry a line.
func comments(text string) []comment {
	s := commentScanner{block: -1}
	var out []comment
	for _, line := range strings.Split(strings.NewReplacer("\ufeff", "", "\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		out = append(out, s.line(line))
	}
	return out
}

// commentScanner remembers from line to line what is open.
type commentScanner struct {
	quote  byte // the quote that is open
	header bool // the line before ended with the header of a block scalar
	parent int  // the indentation of that line
	block  int  // the indentation of the block scalar that is open, -1 where none is
}

func (s *commentScanner) line(line string) comment {
	body := strings.TrimLeft(line, " ")
	indent := len(line) - len(body)
	if body == "" {
		return comment{before: line}
	}
	if s.header {
		s.header = false
		if indent > s.parent {
			s.block = indent
		}
	}
	if s.block >= 0 && indent >= s.block {
		return comment{before: line}
	}
	s.block = -1
	at := s.scan(line)
	c := comment{before: line[:at], text: line[at:], alone: at < len(line) && strings.TrimSpace(line[:at]) == ""}
	if s.quote == 0 && endsWithHeader(c.before) {
		s.header, s.parent = true, indent
	}
	return c
}

// scan is where the comment of a line begins, its length where there is none.
func (s *commentScanner) scan(line string) int {
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case s.quote == '"' && c == '\\':
			i++
		case s.quote != 0 && c == s.quote:
			s.quote = 0 // '' within single quotes closes and opens again
			if c == '\'' && i+1 < len(line) && line[i+1] == '\'' {
				s.quote = c
				i++
			}
		case s.quote != 0:
		case (c == '"' || c == '\'') && startsScalar(line[:i]):
			s.quote = c
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return i
		}
	}
	return len(line)
}

// startsScalar says whether a value may start after what stands before it on the line.
func startsScalar(before string) bool {
	before = strings.TrimRight(before, " \t")
	return before == "" || strings.IndexByte("[{,:-?", before[len(before)-1]) >= 0
}

// endsWithHeader says whether a line ends with | or >, perhaps with an indicator of chomping or indentation.
func endsWithHeader(line string) bool {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return false
	}
	last := fields[len(fields)-1]
	if last[0] != '|' && last[0] != '>' || strings.Trim(last[1:], "+-123456789") != "" {
		return false
	}
	if len(fields) == 1 {
		return true
	}
	before := fields[len(fields)-2]
	return before == "-" || strings.HasSuffix(before, ":")
}
