package formula_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/formula"
)

// sameTree compares trees but for positions.
var sameTree = cmp.Options{cmpopts.IgnoreTypes(formula.Pos{}), cmpopts.EquateEmpty()}

func parse(t testing.TB, text string) *formula.Node {
	t.Helper()
	n, err := formula.Parse(text)
	require.NoError(t, err, text)
	return n
}

// outline writes a tree with a parenthesis for every node, so that tests can see how it groups.
func outline(n *formula.Node) string {
	args := make([]string, len(n.Args))
	for i, a := range n.Args {
		args[i] = outline(a)
	}
	name := n.Name.Name
	if n.Name.NameQuoted {
		name = "'" + name + "'"
	}
	if n.Name.App != "" {
		name = n.Name.App + "::" + name
	}
	switch n.Kind {
	case formula.NodeNumber:
		return n.Text
	case formula.NodeText:
		return `"` + n.Text + `"`
	case formula.NodeTrue:
		return "TRUE"
	case formula.NodeFalse:
		return "FALSE"
	case formula.NodeBlank:
		return "BLANK"
	case formula.NodeName:
		return name
	case formula.NodeItem:
		return "item(" + name + " " + n.Text + ")"
	case formula.NodeMember:
		return "member(" + args[0] + " " + name + ")"
	case formula.NodeModified:
		out := "mod(" + args[0]
		for _, m := range n.Modifiers {
			out += " " + m.Op
		}
		return out + ")"
	case formula.NodeCall:
		if name != "" {
			args = append(args, name)
		}
		if n.Property != nil {
			args = append(args, "."+n.Property.Name)
		}
	}
	return "(" + strings.Join(append([]string{n.Op}, args...), " ") + ")"
}

func TestParseGroups(t *testing.T) {
	for text, want := range map[string]string{
		"a OR b AND c":              "(OR a (AND b c))",
		"a or b Or c":               "(OR (OR a b) c)",
		"NOT a AND NOT b = c":       "(AND (NOT a) (NOT (= b c)))",
		"a - b - c":                 "(- (- a b) c)",
		"a / b * c":                 "(* (/ a b) c)",
		"a + b * c & d = e":         "(= (& (+ a (* b c)) d) e)",
		"2 ^ 3 ^ 4":                 "(^ 2 (^ 3 4))",
		"-2 ^ 2":                    "(^ (- 2) 2)",
		"2 ^ -3 * 4":                "(* (^ 2 (- 3)) 4)",
		"-a.P":                      "(- member(a P))",
		"a--b":                      "(- a (- b))",
		"a IN (1, 2 + 3) AND b":     "(AND (IN a 1 (+ 2 3)) b)",
		"a & b in (c)":              "(IN (& a b) c)",
		"(a = b) = c":               "(= (= a b) c)",
		"a = (NOT b)":               "(= a (NOT b))",
		`L."x".P.Q`:                 "member(member(item(L x) P) Q)",
		`App :: 'L' . "x"`:          "item(App::'L' x)",
		"App::M[REMOVE: A].P":       "member(mod(App::M REMOVE) P)",
		"a[ADD: B; KEEP: C][ADD:D]": "mod(mod(a ADD KEEP) ADD)",
		"if(a, b)":                  "(IF a b)",
		"IF":                        "IF",
		"Month + month(d)":          "(+ Month (MONTH d))",
		"Item(v, Item.Item)":        "(ITEM v Item .Item)",
		"CUMULATE(x, A::'B c')":     "(CUMULATE x A::'B c')",
		"'TRUE' = True":             "(= 'TRUE' TRUE)",
		"1.5e-3+2E+1":               "(+ 1.5e-3 2E+1)",
		"1.e":                       "member(1 e)",
		"1.5.e":                     "member(1.5 e)",
		"3AND 4":                    "(AND 3 4)",
		`"a""b" & "// no /* x"`:     `(& "a"b" "// no /* x")`,
		"a // b\n+ c /* /* */":      "(+ a c)",
		"a/b//c":                    "(/ a b)",
		"\u00a0\t\r\na\u2003":       "a",
		"été_1 + 日本 + Ω٣":           "(+ (+ été_1 日本) Ω٣)",
		"BY + SELECT + Sum":         "(+ (+ BY SELECT) Sum)",
		"CurrentValue":              "CurrentValue",
		"ſum":                       "ſum",
	} {
		require.Equal(t, want, outline(parse(t, text)), text)
	}
}

func TestParseWholeTree(t *testing.T) {
	name := func(s string, line, col int) formula.Name {
		return formula.Name{Name: s, Pos: formula.Pos{Line: line, Col: col}}
	}
	quoted := name("M x", 2, 15)
	quoted.NameQuoted = true
	other := formula.Name{App: "H R", AppQuoted: true, Name: "D", Pos: formula.Pos{Line: 2, Col: 28}}
	got := parse(t, "é[BY avg: X -> X.P, \n (a) ; REMOVE:'M x' ; KEEP:'H R'::D]\n[select: D.\"i\"; SELECT: D - 07; EXCLUDE: currentVALUE]")
	want := &formula.Node{
		Kind: formula.NodeModified, Pos: formula.Pos{Line: 1, Col: 1},
		Args: []*formula.Node{{
			Kind: formula.NodeModified, Pos: formula.Pos{Line: 1, Col: 1},
			Args: []*formula.Node{{Kind: formula.NodeName, Pos: formula.Pos{Line: 1, Col: 1}, Name: name("é", 1, 1)}},
			Modifiers: []formula.Modifier{
				{Op: "BY", Pos: formula.Pos{Line: 1, Col: 3}, Method: "AVG", Mappings: []formula.Mapping{
					{Source: ptr(name("X", 1, 11)), Node: &formula.Node{
						Kind: formula.NodeMember, Pos: formula.Pos{Line: 1, Col: 16}, Name: name("P", 1, 18),
						Args: []*formula.Node{{Kind: formula.NodeName, Pos: formula.Pos{Line: 1, Col: 16}, Name: name("X", 1, 16)}},
					}},
					{Node: &formula.Node{Kind: formula.NodeName, Pos: formula.Pos{Line: 2, Col: 3}, Name: name("a", 2, 3), Parens: true}},
				}},
				{Op: "REMOVE", Pos: formula.Pos{Line: 2, Col: 8}, Lists: []formula.Name{quoted}},
				{Op: "KEEP", Pos: formula.Pos{Line: 2, Col: 23}, Lists: []formula.Name{other}},
			},
		}},
		Modifiers: []formula.Modifier{
			{Op: "SELECT", Pos: formula.Pos{Line: 3, Col: 2}, Lists: []formula.Name{name("D", 3, 10)}, Item: "i", ItemPos: formula.Pos{Line: 3, Col: 12}},
			{Op: "SELECT", Pos: formula.Pos{Line: 3, Col: 17}, Lists: []formula.Name{name("D", 3, 25)}, Offset: -7, IsOffset: true},
			{Op: "EXCLUDE", Pos: formula.Pos{Line: 3, Col: 33}, Cond: &formula.Node{
				Kind: formula.NodeName, Pos: formula.Pos{Line: 3, Col: 42}, Name: name("currentVALUE", 3, 42),
			}},
		},
	}
	require.Empty(t, cmp.Diff(want, got))
}

func ptr[T any](v T) *T { return &v }

func TestParsePositions(t *testing.T) {
	n := parse(t, "\"日\n本\" & /* é\n */ (x) IN (NOT (1.5))")
	require.Equal(t, formula.Pos{Line: 3, Col: 9}, n.Pos)
	concat := n.Args[0]
	require.Equal(t, formula.Pos{Line: 2, Col: 4}, concat.Pos)
	require.Equal(t, formula.Pos{Line: 1, Col: 1}, concat.Args[0].Pos)
	require.Equal(t, formula.Pos{Line: 1, Col: 1}, concat.Args[0].TextPos)
	require.Equal(t, formula.Pos{Line: 3, Col: 6}, concat.Args[1].Pos)
	require.Equal(t, formula.Pos{Line: 3, Col: 13}, n.Args[1].Pos)
	require.Equal(t, formula.Pos{Line: 3, Col: 18}, n.Args[1].Args[0].Pos)

	n = parse(t, " ( a ) . b")
	require.Equal(t, formula.Pos{Line: 1, Col: 2}, n.Pos)
	require.Equal(t, formula.Pos{Line: 1, Col: 10}, n.Name.Pos)
	n = parse(t, ` A::'é' . "x"`)
	require.Equal(t, formula.Pos{Line: 1, Col: 2}, n.Pos)
	require.Equal(t, formula.Pos{Line: 1, Col: 2}, n.Name.Pos)
	require.Equal(t, formula.Pos{Line: 1, Col: 11}, n.TextPos)
}

func TestParseNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "007": 7, "1.50": 1.5, "2e0": 2, "1E3": 1000, "12.5e-1": 1.25, "1e+2": 100, "1e-999": 0,
		"1.7976931348623157e308": math.MaxFloat64,
	} {
		n := parse(t, text)
		require.Equal(t, formula.NodeNumber, n.Kind, text)
		require.Equal(t, want, n.Number, text)
		require.Equal(t, text, n.Text)
	}
}

func TestParseOffsets(t *testing.T) {
	for text, want := range map[string]int64{
		"x[SELECT: D + 0]":                    0,
		"x[SELECT: D-3]":                      -3,
		"x[SELECT: D+99999999999999999999]":   math.MaxInt64,
		"x[SELECT: D - 99999999999999999999]": -math.MaxInt64,
	} {
		m := parse(t, text).Modifiers[0]
		require.True(t, m.IsOffset)
		require.Equal(t, want, m.Offset, text)
	}
}

func TestParseMistakes(t *testing.T) {
	deep := strings.Repeat("(", 201) + "1" + strings.Repeat(")", 201)
	for _, c := range []struct{ text, want string }{
		{"", `1:1: the formula is empty`},
		{" // x", `1:6: the formula is empty`},
		{"Turnover - ", `1:12: expected an expression, found the end of the formula`},
		{"a +\n  ", `2:3: expected an expression, found the end of the formula`},
		{"a b", `1:3: expected an operator or the end of the formula, found "b"`},
		{`a "b"`, `1:3: expected an operator or the end of the formula, found "b"`},
		{"a = b = c", `1:7: comparisons do not chain: put parentheses around one, or join two with AND`},
		{"a IN (1) + 2", `1:10: comparisons do not chain: put parentheses around one, or join two with AND`},
		{"a < b IN (1)", `1:7: comparisons do not chain: put parentheses around one, or join two with AND`},
		{"NOT NOT a", `1:5: NOT needs parentheses here: (NOT x)`},
		{"a = NOT b", `1:5: NOT needs parentheses here: (NOT x)`},
		{"--a", `1:2: two signs in a row need parentheses: -(-x)`},
		{"+a", `1:1: expected an expression, found "+"`},
		{"a == b", `1:4: expected an expression, found "="`},
		{"a != b", `1:3: unexpected character '!'`},
		{"a % b", `1:3: unexpected character '%'`},
		{"“a”", `1:1: unexpected character '“'`},
		{"a\x00", `1:2: unexpected character '\x00'`},
		{"aé\xff", `1:3: the formula is not valid UTF-8`},
		{`x & "abc`, `1:5: unclosed text: the closing " is missing`},
		{`x & "abc""`, `1:5: unclosed text: the closing " is missing`},
		{"x & 'abc", `1:5: unclosed name: the closing ' is missing`},
		{"x /* y * /", `1:3: unclosed comment: */ is missing`},
		{"/*/", `1:1: unclosed comment: */ is missing`},
		{"/* /* */ */", `1:10: expected an expression, found "*"`},
		{"''", `1:1: a name may not be empty`},
		{"A::''", `1:4: a name may not be empty`},
		{"1e999", `1:1: the number 1e999 is too large`},
		{"2e", `1:2: expected an operator or the end of the formula, found "e"`},
		{"1.", `1:3: expected a name, found the end of the formula`},
		{".5", `1:1: expected an expression, found "."`},
		{"Country.2031", `1:9: expected a name or an item in double quotes after ".", found "2031"; a name that starts with a digit needs quotes: '2031'`},
		{"Country.not", `1:9: expected a name or an item in double quotes after ".", found the keyword NOT; in quotes it is a name: 'not'`},
		{"a.b.2", `1:5: expected a name, found "2"; a name that starts with a digit needs quotes: '2'`},
		{"In::x", `1:1: expected an expression, found the keyword IN`},
		{"A::in", `1:4: expected a name, found the keyword IN; in quotes it is a name: 'in'`},
		{`a.b."x"`, `1:5: an item stands directly after the name of its list: List."item"`},
		{`(a)."x"`, `1:5: an item stands directly after the name of its list: List."item"`},
		{`a."x"."y"`, `1:7: an item stands directly after the name of its list: List."item"`},
		{"'IF'(a)", `1:5: no "(" may follow a name that is in quotes or has an application`},
		{"A::IF(a)", `1:6: no "(" may follow a name that is in quotes or has an application`},
		{"a.IF(b)", `1:5: expected an operator or the end of the formula, found "("`},
		{"TRUE(1)", `1:5: expected an operator or the end of the formula, found "("`},
		{"IFF(a, b)", `1:1: unknown function "IFF" (did you mean "IF"?)`},
		{"sumif(a) + Rond(x)", "1:1: unknown function \"sumif\"\n1:12: unknown function \"Rond\" (did you mean \"ROUND\"?)"},
		{"MAX(1,)", `1:7: expected an expression, found ")"`},
		{"MAX(1 2)", `1:7: expected an operator, "," or ")", found "2"`},
		{"(1", `1:3: expected an operator or ")", found the end of the formula`},
		{"ITEM(v)", `1:7: expected "," and a list (ITEM takes two arguments), found ")"`},
		{"ITEM()", `1:6: expected an expression, found ")"`},
		{"ITEM(v, IF(a))", `1:11: expected ")", found "("`},
		{`CUMULATE(v, "L")`, `1:13: expected a name, found "L"`},
		{"x IN 1", `1:6: expected "(" after IN, found "1"`},
		{"x IN ()", `1:7: expected an expression, found ")"`},
		{"x[]", `1:3: expected a modifier (BY, REMOVE, KEEP, ADD, SELECT, FILTER or EXCLUDE), found "]"`},
		{"x['BY': m]", `1:3: expected a modifier (BY, REMOVE, KEEP, ADD, SELECT, FILTER or EXCLUDE), found 'BY'`},
		{"x[REMOVE SOME: D]", `1:10: expected ":" or a method (SUM, AVG, MIN, MAX, COUNT, ANY, ALL or CONSTANT), found "SOME"`},
		{"x[ADD SUM: D]", `1:7: expected ":" after ADD, found "SUM"`},
		{"x[BY SUM m]", `1:10: expected ":" after SUM, found "m"`},
		{"x[ADD: D", `1:9: expected ";" or "]", found the end of the formula`},
		{"x[ADD: D;]", `1:10: expected a modifier (BY, REMOVE, KEEP, ADD, SELECT, FILTER or EXCLUDE), found "]"`},
		{"x[SELECT: D]", `1:12: expected an item (SELECT: List."item") or an offset (SELECT: List - 1), found "]"`},
		{"x[SELECT: D.P]", `1:13: expected an item's name in double quotes: SELECT: List."item", found "P"`},
		{"x[SELECT: D - 1.5]", `1:15: expected a whole number of items, found "1.5"`},
		{"x[SELECT: D - n]", `1:15: expected a whole number of items, found "n"`},
		{"x[BY: a + b]", `1:9: a mapping with operators needs parentheses: [BY: (…)]`},
		{"x[BY: a ^ b]", `1:9: a mapping with operators needs parentheses: [BY: (…)]`},
		{"x[BY: -a]", `1:7: a mapping with operators needs parentheses: [BY: (…)]`},
		{"x[BY: D -> NOT a]", `1:12: a mapping with operators needs parentheses: [BY: (…)]`},
		{"x[BY: D.P -> m]", `1:11: before "->" stands the name of a list alone`},
		{"x[BY: (D) -> m]", `1:11: before "->" stands the name of a list alone`},
		{`x[BY: D."x" -> m]`, `1:13: before "->" stands the name of a list alone`},
		{"a \"x\ny" + strings.Repeat("é", 50) + `"`, `1:3: expected an operator or the end of the formula, found "x y` + strings.Repeat("é", 36) + `…`},
		{"ITEM(a, " + strings.Repeat("b", 99) + "(1))", `1:108: expected ")", found "("`},
		{deep, `1:201: parentheses, calls and brackets nest deeper than 200`},
		{strings.Repeat("a[FILTER:ABS(", 100) + "(1)" + strings.Repeat(")]", 100), `1:1301: parentheses, calls and brackets nest deeper than 200`},
		{strings.Repeat("a IN (", 201), `1:1206: parentheses, calls and brackets nest deeper than 200`},
		{strings.Repeat(" ", 64<<10) + "1", `1:1: the formula is longer than 64 KiB`},
	} {
		_, err := formula.Parse(c.text)
		var errs formula.Errors
		require.ErrorAs(t, err, &errs, "%.80s", c.text)
		require.Equal(t, c.want, err.Error(), "%.80s", c.text)
	}
}

func TestParseLimits(t *testing.T) {
	nested := strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200)
	parse(t, nested)
	parse(t, nested+" + "+nested)
	parse(t, strings.Repeat(" ", 64<<10-1)+"1")
	for _, long := range []string{
		"1" + strings.Repeat("^1", 32<<10-1),
		"1" + strings.Repeat("-1", 32<<10-1),
		"a" + strings.Repeat(".a", 32<<10-1),
		"a" + strings.Repeat(" OR a", 13000),
		"a" + strings.Repeat("[ADD:b]", 9000),
		"IF(" + strings.Repeat("a,", 32000) + "a)",
		"a[ADD:b" + strings.Repeat(",b", 32000) + "]",
	} {
		n := parse(t, long)
		again := parse(t, formula.Print(n))
		require.Equal(t, formula.Print(n), formula.Print(again))
	}
	for _, endless := range []string{"(", "-", "NOT ", "a[", "IF(", "1^", "a.", "a[BY:", "x IN (", "/", "''x", "a[FILTER:"} {
		_, err := formula.Parse(strings.Repeat(endless, 64<<10/len(endless)))
		require.Error(t, err, endless)
	}
}

func TestParseReference(t *testing.T) {
	for text, want := range map[string][3]string{
		"Revenue":                        {"", "Revenue", ""},
		" HR :: Employee . Pay ":         {"HR", "Employee", "Pay"},
		"'Sales & Ops'::'It''s'.'a.b'":   {"Sales & Ops", "It's", "a.b"},
		"日本.Parent":                      {"", "日本", "Parent"},
		"User.Country":                   {"", "User", "Country"},
		"HR::'Users roles' // the roles": {"HR", "Users roles", ""},
	} {
		app, name, property, err := formula.ParseReference(text)
		require.NoError(t, err, text)
		require.Equal(t, want, [3]string{app, name, property}, text)
	}
	for text, want := range map[string]string{
		"":          `1:1: expected a name, found the end of the formula`,
		"a b":       `1:3: expected the end of the name (a name with other characters than letters, digits and _ needs quotes), found "b"`,
		"a.b.c":     `1:4: expected the end of the name (a name with other characters than letters, digits and _ needs quotes), found "."`,
		"a::b::c":   `1:5: expected the end of the name (a name with other characters than letters, digits and _ needs quotes), found "::"`,
		"Not.Tag":   `1:1: expected a name, found the keyword NOT; in quotes it is a name: 'Not'`,
		`L."x"`:     `1:3: expected a name, found "x"`,
		"Growth %":  `1:8: unexpected character '%'`,
		"''":        `1:1: a name may not be empty`,
		"a\xc3":     `1:2: the formula is not valid UTF-8`,
		"'a":        `1:1: unclosed name: the closing ' is missing`,
		"2031":      `1:1: expected a name, found "2031"; a name that starts with a digit needs quotes: '2031'`,
		"(Revenue)": `1:1: expected a name, found "("`,
	} {
		_, _, _, err := formula.ParseReference(text)
		require.EqualError(t, err, want, text)
	}
}
