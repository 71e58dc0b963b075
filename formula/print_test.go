package formula_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cubeward/cubeward/formula"
)

func TestPrint(t *testing.T) {
	for text, want := range map[string]string{
		"a+b /* c */ * - 2 // d":                    "a + b * -2",
		"((a))+(((b)))":                             "(a) + (b)",
		"if ( a=1 , 'b''c' , blank )":               "IF(a = 1, 'b''c', BLANK)",
		"not a and x in(1,2)":                       "NOT a AND x IN (1, 2)",
		`"a""b" & 'H R' :: L . "i""j" . P`:          `"a""b" & 'H R'::L."i""j".P`,
		"x[by sum:D->(m),n.P;remove:A,B::C]":        "x[BY SUM: D -> (m), n.P; REMOVE: A, B::C]",
		`x [ select:D."i" ; select : D-00 ]`:        `x[SELECT: D."i"; SELECT: D + 0]`,
		"x[filter:currentvalue>2e0][exclude:'Not']": "x[FILTER: currentvalue > 2e0][EXCLUDE: 'Not']",
		"item(v,L.'P')+cumulate(x,A::L)":            "ITEM(v, L.'P') + CUMULATE(x, A::L)",
		"2^-3^4":                                    "2 ^ -3 ^ 4",
	} {
		require.Equal(t, want, formula.Print(parse(t, text)), text)
	}
}

func TestPrintAddsParenthesesWhereTheGrammarNeedsThem(t *testing.T) {
	num := func(text string) *formula.Node {
		v, _ := strconv.ParseFloat(text, 64)
		return &formula.Node{Kind: formula.NodeNumber, Number: v}
	}
	op := func(op string, a, b *formula.Node) *formula.Node {
		return &formula.Node{Kind: formula.NodeBinary, Op: op, Args: []*formula.Node{a, b}}
	}
	unary := func(op string, a *formula.Node) *formula.Node {
		return &formula.Node{Kind: formula.NodeUnary, Op: op, Args: []*formula.Node{a}}
	}
	member := func(a *formula.Node) *formula.Node {
		return &formula.Node{Kind: formula.NodeMember, Args: []*formula.Node{a}, Name: formula.Name{Name: "Not"}}
	}
	for want, n := range map[string]*formula.Node{
		"1 - (2 - 3.5)":       op("-", num("1"), op("-", num("2"), num("3.5"))),
		"(1 ^ 2) ^ 3 ^ 4":     op("^", op("^", num("1"), num("2")), op("^", num("3"), num("4"))),
		"-(-1)":               unary("-", unary("-", num("1"))),
		"NOT (NOT 1)":         unary("NOT", unary("NOT", num("1"))),
		"(1 = 2) = 3":         op("=", op("=", num("1"), num("2")), num("3")),
		"(1 OR 2) AND 3 & 4":  op("AND", op("OR", num("1"), num("2")), op("&", num("3"), num("4"))),
		"(1 + 2).'Not'.'Not'": member(member(op("+", num("1"), num("2")))),
	} {
		require.Equal(t, want, formula.Print(n))
		parse(t, want)
	}
}

// TestPrintFits shows that what Parse accepts prints as something that Parse accepts, even where spaces would take it
// over the limit.
func TestPrintFits(t *testing.T) {
	for _, unit := range []string{"+1", "*'a'", "AND(b)", "&\"x\"", " OR NOT(c)", "/d.e"} {
		text := "(b)" + strings.Repeat(unit, (64<<10-3)/len(unit))
		n := parse(t, text)
		again := parse(t, formula.Print(n))
		require.Equal(t, formula.Print(n), formula.Print(again))
	}
}

// maker draws trees that Parse could have made.
type maker struct {
	t     *rapid.T
	count int
}

func (m *maker) pick(what string, choices ...string) string {
	m.count++
	return rapid.SampledFrom(choices).Draw(m.t, fmt.Sprint(what, m.count))
}

func (m *maker) flip(what string) bool {
	m.count++
	return rapid.Bool().Draw(m.t, fmt.Sprint(what, m.count))
}

func (m *maker) name() (string, bool) {
	n := m.pick("name", "A", "Country", "Month", "IF", "By", "Été_2", "日本", "CurrentValue", "Sum",
		"Not", "true", "It's", "'", "a::b", "-> x", "K[1]", "By \"kind\"", "// c", "/* c", "2031", " A ", "Open // closed", "new\nline", "ſum", "e1")
	plain := !strings.ContainsAny(n, "'\": [/-2\n") || n == "Été_2"
	return n, !plain || n == "Not" || n == "true" || m.flip("quoted")
}

func (m *maker) block() formula.Name {
	var b formula.Name
	b.Name, b.NameQuoted = m.name()
	if m.flip("prefixed") {
		b.App, b.AppQuoted = m.name()
	}
	return b
}

func (m *maker) blocks() []formula.Name {
	out := []formula.Name{m.block()}
	for len(out) < 3 && m.flip("more lists") {
		out = append(out, m.block())
	}
	return out
}

func (m *maker) text() string {
	return m.pick("text", "", `"`, "France", "it's", "// no", "*/", "a\nb", "日本", `""""`)
}

func (m *maker) nodes(depth, least int) []*formula.Node {
	var out []*formula.Node
	for len(out) < least || len(out) < 4 && m.flip("more arguments") {
		out = append(out, m.node(depth))
	}
	return out
}

// node draws a formula; wrapped puts the parentheses.
func (m *maker) node(depth int) *formula.Node {
	kinds := []string{"postfix"}
	if depth > 0 {
		kinds = append(kinds, "or", "and", "not", "compare", "in", "concat", "sum", "term", "power", "minus")
	}
	n := &formula.Node{Kind: formula.NodeBinary}
	switch m.pick("kind", kinds...) {
	case "or":
		n.Op = "OR"
		n.Args = []*formula.Node{m.wrapped(depth, 1), m.wrapped(depth, 2)}
	case "and":
		n.Op = "AND"
		n.Args = []*formula.Node{m.wrapped(depth, 2), m.wrapped(depth, 3)}
	case "not":
		n.Kind, n.Op = formula.NodeUnary, "NOT"
		n.Args = []*formula.Node{m.wrapped(depth, 4)}
	case "compare":
		n.Op = m.pick("op", "=", "<>", "<", "<=", ">", ">=")
		n.Args = []*formula.Node{m.wrapped(depth, 5), m.wrapped(depth, 5)}
	case "in":
		n.Kind, n.Op = formula.NodeIn, "IN"
		n.Args = append([]*formula.Node{m.wrapped(depth, 5)}, m.nodes(depth-1, 1)...)
	case "concat":
		n.Op = "&"
		n.Args = []*formula.Node{m.wrapped(depth, 5), m.wrapped(depth, 6)}
	case "sum":
		n.Op = m.pick("op", "+", "-")
		n.Args = []*formula.Node{m.wrapped(depth, 6), m.wrapped(depth, 7)}
	case "term":
		n.Op = m.pick("op", "*", "/")
		n.Args = []*formula.Node{m.wrapped(depth, 7), m.wrapped(depth, 8)}
	case "power":
		n.Op = "^"
		n.Args = []*formula.Node{m.wrapped(depth, 9), m.wrapped(depth, 8)}
	case "minus":
		n.Kind, n.Op = formula.NodeUnary, "-"
		n.Args = []*formula.Node{m.wrapped(depth, 10)}
	default:
		n = m.postfix(depth)
	}
	return n
}

// level is how tightly a node binds, by the grammar of SPEC 3.1.
func level(n *formula.Node) int {
	switch n.Kind {
	case formula.NodeIn:
		return 4
	case formula.NodeUnary:
		return map[string]int{"NOT": 3, "-": 9}[n.Op]
	case formula.NodeBinary:
		return map[string]int{
			"OR": 1, "AND": 2, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "^": 8,
		}[n.Op]
	}
	return 10
}

// wrapped draws a formula, in parentheses where a place for those that bind as tightly as least needs them.
func (m *maker) wrapped(depth, least int) *formula.Node {
	n := m.node(depth - 1)
	n.Parens = n.Parens || level(n) < least || m.pick("parens", "no", "no", "no", "yes") == "yes"
	return n
}

func (m *maker) postfix(depth int) *formula.Node {
	kinds := []string{"number", "text", "word", "name", "name", "item"}
	if depth > 0 {
		kinds = append(kinds, "member", "call", "find", "modified", "modified", "modified")
	}
	switch m.pick("primary", kinds...) {
	case "number":
		text := m.pick("number", "0", "1.50", "2e0", "1E+3", "12.5e-1", "007")
		v, _ := strconv.ParseFloat(text, 64)
		return &formula.Node{Kind: formula.NodeNumber, Number: v, Text: text}
	case "text":
		return &formula.Node{Kind: formula.NodeText, Text: m.text()}
	case "word":
		kind := map[string]formula.NodeKind{"TRUE": formula.NodeTrue, "FALSE": formula.NodeFalse, "BLANK": formula.NodeBlank}
		return &formula.Node{Kind: kind[m.pick("word", "TRUE", "FALSE", "BLANK")]}
	case "item":
		return &formula.Node{Kind: formula.NodeItem, Name: m.block(), Text: m.text()}
	case "member":
		n := &formula.Node{Kind: formula.NodeMember, Args: []*formula.Node{m.wrapped(depth, 10)}}
		n.Name.Name, n.Name.NameQuoted = m.name()
		return n
	case "call":
		return &formula.Node{Kind: formula.NodeCall, Op: m.pick("function", "IF", "SWITCH", "MIN", "RESETACCESSRIGHTS"), Args: m.nodes(depth-1, 0)}
	case "find":
		n := &formula.Node{Kind: formula.NodeCall, Op: m.pick("function", "ITEM", "CUMULATE"), Args: []*formula.Node{m.node(depth - 1)}, Name: m.block()}
		if m.flip("property") {
			n.Property = &formula.Name{}
			n.Property.Name, n.Property.NameQuoted = m.name()
		}
		return n
	case "modified":
		n := &formula.Node{Kind: formula.NodeModified, Args: []*formula.Node{m.wrapped(depth, 10)}}
		for len(n.Modifiers) == 0 || len(n.Modifiers) < 3 && m.flip("more modifiers") {
			n.Modifiers = append(n.Modifiers, m.modifier(depth))
		}
		return n
	}
	return &formula.Node{Kind: formula.NodeName, Name: m.block()}
}

func (m *maker) modifier(depth int) formula.Modifier {
	mod := formula.Modifier{Op: m.pick("modifier", "BY", "REMOVE", "KEEP", "ADD", "SELECT", "FILTER", "EXCLUDE")}
	switch mod.Op {
	case "BY":
		mod.Method = m.pick("method", "", "SUM", "CONSTANT", "ANY")
		for len(mod.Mappings) == 0 || len(mod.Mappings) < 3 && m.flip("more mappings") {
			b := formula.Mapping{Node: m.wrapped(depth, 10)}
			if m.flip("source") {
				b.Source = ptr(m.block())
			}
			mod.Mappings = append(mod.Mappings, b)
		}
	case "REMOVE", "KEEP":
		mod.Method, mod.Lists = m.pick("method", "", "AVG", "MIN", "COUNT"), m.blocks()
	case "ADD":
		mod.Lists = m.blocks()
	case "SELECT":
		mod.Lists = []formula.Name{m.block()}
		if mod.IsOffset = m.flip("offset"); mod.IsOffset {
			mod.Offset = rapid.Int64Range(-3, 1<<40).Draw(m.t, fmt.Sprint("n", m.count))
		} else {
			mod.Item = m.text()
		}
	default:
		mod.Cond = m.node(depth - 1)
	}
	return mod
}

func TestParseReadsWhatPrintWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := maker{t: t}
		want := m.node(4)
		text := formula.Print(want)
		got, err := formula.Parse(text)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if d := cmp.Diff(want, got, sameTree); d != "" {
			t.Fatalf("%s\n%s", text, d)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"Revenue - Cost", "IF(User.Country = Country, ACCESSRIGHTS(TRUE, TRUE))", "a[BY SUM: X -> (m), n.P; REMOVE: A][SELECT: D - 1]",
		`'It''s'::L."x""y".P ^ -2 ^ 3 // c`, "ITEM(v, L.P) IN (1, 2e0, BLANK) AND NOT x", "x[FILTER: CurrentValue > 1.5; EXCLUDE: 'Not']",
		"/* \xff", "((((", "1e999", "a.b.2", "CUMULATE(-x, A::B)", "''",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := formula.Parse(text)
		if err != nil {
			require.Nil(t, n)
			require.NotEmpty(t, err.Error())
			return
		}
		printed := formula.Print(n)
		again, err := formula.Parse(printed)
		require.NoError(t, err, printed)
		require.Empty(t, cmp.Diff(n, again, sameTree), printed)
		formula.UsesSecurity(n)
	})
}

// typical is a formula of the size that models hold.
const typical = "IF(Revenue[SELECT: Month - 1] > 0, (Revenue - Cost) / Revenue[BY SUM: Country.Region; REMOVE: Month], IFBLANK(Plan.'Growth %', 1.5))"

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{"formula=short": "Revenue - Cost", "formula=typical": typical} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := formula.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
