package modelfile

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// TestFormulaPositions checks that a formula has the place where its scalar starts, and its decoded text.
func TestFormulaPositions(t *testing.T) {
	ws := load(t, `metrics:
  A: {type: number, formula: "1 + \"é\""}
  B: {type: number, formula: 2}
  C:
    type: number
    formula: |
      1 // one

        + 2
  D:
    type: number
    formula: >-
      1
      + 2
  E:
    type: number
    formula: 1 +
      2   # comment
  F: {type: number,
    formula:
      'it''s'}
`)
	want := map[string]struct {
		text      string
		line, col int
	}{
		"A": {`1 + "é"`, 2, 30}, "B": {"2", 3, 30}, "C": {"1 // one\n\n  + 2\n", 6, 14}, "D": {"1 + 2", 12, 14},
		"E": {"1 + 2", 17, 14}, "F": {"it's", 21, 7},
	}
	for name, w := range want {
		f := ws.Applications[0].Metric(name).Formula
		require.Equal(t, w.text, f.Text, name)
		require.Equal(t, w.line, f.Pos.Line, name)
		require.Equal(t, w.col, f.Pos.Column, name)
	}
}

// TestSkipForgivesNoEmptyNames: on_unknown: skip leaves out rows of unknown items; a name of spaces alone is none.
func TestSkipForgivesNoEmptyNames(t *testing.T) {
	require.Equal(t, `ar.csv:3:1: metric "AR": the name of an item may not be empty
ar.csv:4:5: metric "AR": the name of an item may not be empty
(workspace)
`, mistakes(t, writeFiles(t, `lists: {Z: {items: [a]}}
metrics: {AR: {type: access_rights, dimensions: [User, Z], file: ar.csv, on_unknown: skip}}
-- ar.csv --
User,Z,AR
eva,a,rw
  ,a,rw
ada,  ,rw
`)))
}

// TestLiteralTexts: a plain scalar keeps its text wherever a name or a text is expected (SPEC 2).
func TestLiteralTexts(t *testing.T) {
	ws := load(t, `
lists:
  2024: {items: [2024, 3.10, 0b11, Yes, "no", true, 012, 1e3, .inf, 0x1F, 1_000, "null", "~", 2025-01-01, +5]}
metrics:
  1.50: {type: text, dimensions: [2024], cells: [[3.10, 1.0], [0b11, TRUE], [true, ""], ["~", "null"], [012, null]]}
roles: {7: {read: true, write: true, permissions: []}}
user_roles: {ada: 7}
rules: [{name: 01, metric: Users roles, scope: ignore, on: {metrics: [1.50]}}]
`)
	a := ws.Applications[0]
	require.Equal(t, []string{
		"2024", "3.10", "0b11", "Yes", "no", "true", "012", "1e3", ".inf", "0x1F", "1_000", "null", "~", "2025-01-01", "+5",
	}, a.List("2024").Items())
	require.Equal(t, `- "1.0" "TRUE" - - "" - - - - - - "null" - -`, texts(t, a.Metric("1.50")))
	require.Equal(t, "7", a.Roles[a.RoleOf(0)].Name)
	require.Equal(t, "01", a.Rules[0].Name)
}

// TestCSVForms: a byte-order mark, CRLF, quotes, empty lines, rows of one empty field (SPEC 2.3).
func TestCSVForms(t *testing.T) {
	ws := load(t, "lists: {L: {file: l.csv, properties: {P: {type: text}}}}\n"+
		"metrics: {N: {type: text, file: n.csv}, M: {type: number, dimensions: [L], file: m.csv}}\n"+
		"-- l.csv --\n\ufeffId , P\r\n\r\n\"a\", x \r\n\"b \"\"c\"\"\",\"\"\r\nd,\"1\r\n2\"\r\n"+
		"-- n.csv --\nN\n\n\"\"\n\n-- m.csv --\nM,L\n1,d\n-0,a")
	a := ws.Applications[0]
	require.Equal(t, []string{"a", `b "c"`, "d"}, a.List("L").Items())
	require.Equal(t, "\" x \" - \"1\r\n2\"", texts(t, a.List("L").Property("P")))
	require.Equal(t, "-", texts(t, a.Metric("N")))
	require.Equal(t, "0 - 1", texts(t, a.Metric("M")))
}

// processorTime is what the process has used so far: on a busy machine it says more than a clock.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHostileModels: models that are made to be slow are refused at once. The limit is far from what any of them takes.
func TestHostileModels(t *testing.T) {
	const n = 100_000
	many := func(format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, files := range map[string]string{
		"colons":           "metrics: {N: {type: number, dimensions: [\"" + strings.Repeat("::", n) + "\"]}}",
		"unknown lists":    "lists: {" + many("l%d: {items: []},") + "}\nmetrics: {N: {type: number, dimensions: [" + many("m%d,") + "]}}",
		"unknown keys":     many("k%d: 1\n"),
		"unknown metrics":  "metrics: {" + many("m%d: {type: number},") + "AR: {type: access_rights, dimensions: [User]}}\nrules: [{name: r, metric: AR, on: {metrics: [" + many("n%d,") + "]}}]",
		"unknown roles":    "roles: {" + many("r%d: {read: true, write: true, permissions: []},") + "}\nscenarios: {list: L, access: {a: {" + many("s%d: none,") + "}}}",
		"wrong values":     "metrics: {N: {type: number, dimensions: [L], cells: [" + strings.Repeat("[a,x],", n) + "]}}",
		"cells twice":      "metrics: {N: {type: number, dimensions: [L], cells: [" + strings.Repeat("[a,1],", n) + "]}}",
		"wrong rows":       "metrics: {" + many("N%d: {},") + "N: {type: number, dimensions: [L], file: n.csv}}\n-- n.csv --\nL,N\n" + strings.Repeat("a,x\n", n),
		"rows twice":       "metrics: {N: {type: number, dimensions: [L], file: n.csv}}\n-- n.csv --\nL,N\n" + strings.Repeat("a,1\n", n),
		"items twice":      "lists: {L: {file: n.csv}}\n-- n.csv --\nL\n" + strings.Repeat("a\n", n),
		"columns":          "lists: {L: {file: n.csv, properties: {" + many("p%d: {type: number},") + "}}}\n-- n.csv --\nL\na\n",
		"targets twice":    "rules: [{name: r, metric: AR, on: {metrics: [" + strings.Repeat("N,", n) + "]}}, {name: s, metric: AQ, on: {dimensions: [" + strings.Repeat("L,", n) + "]}}]",
		"an endless quote": "lists: {L: {file: n.csv}}\n-- n.csv --\nL\n\"" + strings.Repeat("a\n", n),
	} {
		dir := writeFiles(t, files)
		start := processorTime(t)
		_, err := Load(dir, Options{})
		require.Less(t, processorTime(t)-start, 10*time.Second, name)
		require.IsType(t, cube.Errors{}, err, name)
	}
}
