package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// testReport is the results of a test file.
type testReport struct {
	file    string
	model   *modelFlags
	paint   paint
	verbose bool
	tests   []audit.Expectation
	results []audit.Result
	covered audit.Covered
}

func (r *testReport) failures() int {
	n := 0
	for i := range r.results {
		if !r.results[i].OK {
			n++
		}
	}
	return n
}

// write tells the results to people: what does not hold and why, what is not exercised, and the count.
func (r *testReport) write(to io.Writer) error {
	var out strings.Builder
	for i := range r.results {
		res := &r.results[i]
		switch {
		case !res.OK:
			r.failure(&out, res)
		case r.verbose:
			out.WriteString(hanging(r.paint.green("ok")+"    ", 6, printable(res.Name)))
		}
	}
	if out.Len() > 0 {
		out.WriteByte('\n')
	}
	r.coverage(&out)
	fails := count(r.failures()) + " failed"
	if r.failures() > 0 {
		fails = r.paint.red(fails)
	}
	fmt.Fprintf(&out, "%s passed, %s\n", count(len(r.results)-r.failures()), fails)
	_, err := io.WriteString(to, out.String())
	return failed(err)
}

// hanging is a text behind a mark of a given width, wrapped and indented by it.
func hanging(mark string, width int, text string) string {
	var out strings.Builder
	for i, line := range wrapped(text, screenWidth-width) {
		if i > 0 {
			mark = strings.Repeat(" ", width)
		}
		out.WriteString(strings.TrimRight(mark+line, " ") + "\n")
	}
	return out.String()
}

func (r *testReport) failure(out *strings.Builder, res *audit.Result) {
	out.WriteString(hanging(r.paint.red("FAIL")+"  ", 6, fmt.Sprintf("%s: %s", res.Pos, printable(res.Name))))
	for line := range strings.SplitSeq(res.Message, "\n") {
		out.WriteString(hanging("      ", 6, line))
	}
	e := res.Why
	if e == nil {
		return
	}
	cell := cellIn(e.View.Ref(), e.Cell)
	if len(cell.names) > 0 {
		out.WriteString(hanging("      ", 6, "such as "+cell.text()+":"))
	}
	w := &explainWriter{e: e, paint: r.paint, several: len(e.View.Member().Rights().Workspace().Applications) > 1, indent: 8}
	w.line(decisionText(e))
	if denying := e.Denying(cube.Write); len(denying) > 0 {
		w.tree("Denied by", denying)
	} else {
		w.line("nothing denies it")
	}
	var lifted []audit.Factor
	for _, f := range e.Cut {
		if f.Denies() {
			lifted = append(lifted, f)
		}
	}
	if e.Decision.Read {
		w.tree("Cut: these would deny otherwise", lifted)
	}
	out.WriteString(w.out.String())
	out.WriteString("      the whole: " + r.command(e, cell) + "\n")
}

// command is the call that explains a cell in full, to be copied: it is not wrapped.
func (r *testReport) command(e *audit.Explanation, cell cellObject) string {
	args := append([]string{"cubeward", "explain"}, r.model.asFlag()...)
	args = append(args, "-u", e.View.Member().Name(), "-b", blockFlag(e.View.Ref()))
	if a := e.View.Member().Admin(); a != "" {
		args = append(args, "--as", a)
	}
	for i, name := range cell.names {
		args = append(args, "--cell", name+"="+cell.items[i])
	}
	for i, a := range args {
		args[i] = shellWord(a)
	}
	return strings.Join(args, " ")
}

// blockFlag is a block as -b takes it.
func blockFlag(ref engine.Ref) string {
	if ref.Block.Kind != cube.Property {
		return ref.String() // found by its exact name
	}
	list := &formula.Node{Kind: formula.NodeName, Name: formula.Name{App: ref.App.Name, Name: ref.Block.List.Name}}
	return formula.Print(&formula.Node{Kind: formula.NodeMember, Args: []*formula.Node{list}, Name: formula.Name{Name: ref.Block.Name}})
}

// shellWord is an argument as a POSIX shell takes it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%_+=:,./-", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(printable(s), "'", `'\''`) + "'"
}

// coverage says what no expectation exercises.
func (r *testReport) coverage(out *strings.Builder) {
	c := &r.covered
	fmt.Fprintf(out, "%s of %s exercised\n", count(len(c.Rules)), plural(len(c.Rules)+len(c.Idle), "rule"))
	for _, line := range coverageLines(c) {
		out.WriteString(hanging("  not ", 6, line))
	}
}

func coverageLines(c *audit.Covered) []string {
	var out []string
	for _, rule := range c.Idle {
		at := ""
		if rule.Pos.String() != "" {
			at = " (" + rule.Pos.String() + ")"
		}
		out = append(out, "the "+ruleNames([]*cube.Rule{rule})+at)
	}
	for _, f := range c.Factors {
		app := printable(f.Application.Name)
		out = append(out, map[inherit.NodeKind]string{
			inherit.Membership: "members without a role in " + app,
			inherit.Permission: "the access-rights metrics of " + app,
			inherit.Scenario:   "the access to scenarios of " + app,
		}[f.Kind])
		if f.Kind == inherit.RoleDefault {
			out[len(out)-1] = "the role " + printable(f.Role.Name) + " of " + app
		}
	}
	return out
}

// The report in the form of JUnit, as far as its readers agree on it. It holds no times: the same input gives the same
// bytes.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
		Out      string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes the results to a file.
func (t *tool) writeJUnit(name string, r *testReport) error {
	suite := junitSuite{Name: r.file, Tests: len(r.results), Failures: r.failures(), Out: strings.Join(coverageLines(&r.covered), "\n")}
	if suite.Out != "" {
		suite.Out = "not exercised:\n" + suite.Out
	}
	for i := range r.results {
		res := &r.results[i]
		c := junitCase{Name: res.Name, Class: r.tests[i].Ref.String(), File: res.Pos.File, Line: res.Pos.Line}
		if !res.OK {
			first, _, _ := strings.Cut(res.Message, "\n")
			c.Failure = &junitFailure{Message: first, Text: r.message(res)}
		}
		suite.Cases = append(suite.Cases, c)
	}
	text, err := xml.MarshalIndent(junitSuites{Tests: suite.Tests, Failures: suite.Failures, Suite: suite}, "", "  ")
	if err != nil {
		return failed(err)
	}
	f, err := t.files.create(name, 0o666)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, xml.Header+string(text)+"\n"); err != nil {
		return err
	}
	return f.publish()
}
