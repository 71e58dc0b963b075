package formula_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// typedMaker draws formulas together with the type and the dimensions that SPEC 3 gives them, worked out from the names
// in the text alone.
type typedMaker struct {
	t     *rapid.T
	w     world
	count int
}

// typed is a formula of a type that is known beforehand. blank says that nothing in it says which type it has.
type typed struct {
	text  string
	dims  map[string]bool
	blank bool
}

func (m *typedMaker) int(n int) int {
	m.count++
	return rapid.IntRange(0, n-1).Draw(m.t, fmt.Sprint("pick", m.count))
}

func (m *typedMaker) one(choices ...string) string { return choices[m.int(len(choices))] }

func over(text string, dims ...string) typed {
	d := map[string]bool{}
	for _, x := range dims {
		d[x] = true
	}
	return typed{text: text, dims: d}
}

// join is a formula over parts, with the dimensions of all of them.
func join(text string, parts ...typed) typed {
	out := over(text)
	for _, p := range parts {
		maps.Copy(out.dims, p.dims)
	}
	return out
}

func (m *typedMaker) leaf(t string) typed {
	if m.int(6) == 0 {
		b := over("BLANK")
		b.blank = true
		return b
	}
	leaves := map[string][]typed{
		"number":  {over("1.5"), over("Revenue", "Country", "Month"), over("Pay", "Employee"), over("Country.Area", "Country"), over("'Fin & Co'::Revenue", "Account", "Country")},
		"text":    {over(`"x"`), over("Note", "Country"), over("Home.Code", "Employee", "Month")},
		"boolean": {over("TRUE"), over("Open", "Country"), over("Odd", "Not")},
		"date":    {over("Start", "Country"), over("Employee.Born", "Employee")},
		"Country": {over("Country", "Country"), over(`Country."Japan"`), over("Home", "Employee", "Month"), over("User.Country", "User"), over("'Fin & Co'::Account.Home", "Account")},
		"Region":  {over("Region", "Region"), over("Country.Region", "Country"), over("Employee.Country.Region", "Employee")},
		"Zone":    {over("Zone", "Zone"), over("Zones", "Employee", "Zone"), over("Region.Zone", "Region")},
		"rights":  {over("AR", "User", "Country"), over("ACCESSRIGHTS(Open, TRUE)", "Country")},
	}[t]
	return leaves[m.int(len(leaves))]
}

var typeNames = []string{"number", "text", "boolean", "date", "Country", "Region", "Zone", "rights"}

func (m *typedMaker) expr(t string, depth int) typed {
	if depth == 0 {
		return m.leaf(t)
	}
	switch m.int(7) {
	case 0:
		return m.leaf(t)
	case 1, 2:
		return m.choice(t, depth)
	case 3, 4:
		return m.modified(t, depth)
	}
	return m.own(t, depth)
}

// choice is a function that takes any type.
func (m *typedMaker) choice(t string, depth int) typed {
	a, b := m.expr(t, depth-1), m.expr(t, depth-1)
	blank := a.blank && b.blank
	var out typed
	switch m.int(5) {
	case 0:
		c := m.expr("boolean", depth-1)
		out = join("IF("+c.text+", "+a.text+", "+b.text+")", a, b, c)
	case 1:
		out = join("ifblank("+a.text+","+b.text+")", a, b)
	case 2:
		c := m.expr(m.one(typeNames...), depth-1)
		out = join("IFDEFINED("+c.text+", "+a.text+", "+b.text+")", a, b, c)
	case 3:
		of := m.one(typeNames...)
		x, v := m.expr(of, depth-1), m.expr(of, depth-1)
		out = join("SWITCH("+x.text+", "+v.text+", "+a.text+", "+b.text+")", x, v, a, b)
	default:
		out = join("RESETACCESSRIGHTS("+a.text+")", a)
		blank = a.blank
	}
	out.blank = blank
	return out
}

// own is an operation that gives this type alone.
func (m *typedMaker) own(t string, depth int) typed {
	e := func(t string) typed { return m.expr(t, depth-1) }
	switch t {
	case "number":
		a, b := e("number"), e("number")
		switch m.int(3) {
		case 0:
			return join("("+a.text+")"+m.one("+", "-", "*", "/", "^")+"("+b.text+")", a, b)
		case 1:
			d := e("date")
			return join("ROUND("+a.text+", -1) + ABS(YEAR("+d.text+"))", a, d)
		}
		return join("MIN("+a.text+", "+b.text+", 1)", a, b)
	case "text":
		a, b := e("text"), e("text")
		return join("("+a.text+") & UPPER("+b.text+")", a, b)
	case "boolean":
		of := m.one(typeNames...)
		a, b := e(of), e(of)
		return join("(("+a.text+") IN ("+b.text+") OR ("+a.text+") <> ("+b.text+") AND NOT ISBLANK("+b.text+"))", a, b)
	case "date":
		a, b := e("date"), e("date")
		return join("MAX("+a.text+", "+b.text+", Start)", a, b, over("", "Country"))
	case "Country":
		v := e("text")
		return join("ITEM("+v.text+", Country.Code)", v)
	case "rights":
		a, b := e("boolean"), e("boolean")
		return join("ACCESSRIGHTS("+a.text+", "+b.text+")", a, b)
	}
	return m.leaf(t)
}

// ref is the name of a list in a formula.
func ref(list string) string {
	if list == "Account" {
		return "'Fin & Co'::Account"
	}
	return "'" + list + "'"
}

// methods are those that give the same type again, the default first.
var methods = map[string][]string{"number": {"", " SUM", " AVG", " MAX"}, "date": {" MIN", " MAX"}, "boolean": {" ANY", " ALL"}, "rights": {" ANY", " ALL"}}

func (m *typedMaker) modified(t string, depth int) typed {
	e := m.expr(t, depth-1)
	in := slices.Sorted(maps.Keys(e.dims))
	out := join("", e)
	var suffix string
	switch m.int(5) {
	case 0:
		c := m.expr("boolean", depth-1)
		out = join("", e, c)
		suffix = "[" + m.one("FILTER", "EXCLUDE") + ": " + c.text + " AND CurrentValue <> BLANK]"
	case 1:
		if len(in) == 0 {
			return e
		}
		d := m.one(in...)
		suffix = "[SELECT: " + ref(d) + " - 1]"
	case 2:
		d := m.one("Country", "Month", "Not", "User", "Zone")
		if e.dims[d] {
			return e
		}
		out.dims[d] = true
		suffix = "[ADD: " + ref(d) + "]"
	case 3:
		if len(in) == 0 || methods[t] == nil {
			return e
		}
		d := m.one(in...)
		delete(out.dims, d)
		suffix = "[REMOVE" + m.one(methods[t]...) + ": " + ref(d) + "]"
		e.blank = false
	default:
		return m.by(t, e, depth)
	}
	out.text, out.blank = "("+e.text+")"+suffix, e.blank
	return out
}

// by is e[BY: mapping] where SPEC 3.3 says that it fits, else e.
func (m *typedMaker) by(t string, e typed, depth int) typed {
	target := m.one("Country", "Region", "Zone")
	by := m.expr(target, depth-1)
	if by.blank || len(by.dims) == 0 {
		return e
	}
	source, written := by.dims, "("+by.text+")"
	if x := m.one(slices.Sorted(maps.Keys(by.dims))...); m.int(2) == 0 {
		source, written = map[string]bool{x: true}, ref(x)+" -> "+written
	}
	wholly := true
	for s := range source {
		wholly = wholly && e.dims[s]
	}
	out := join("", e, by)
	method := ""
	switch {
	case wholly && !e.dims[target] && !by.dims[target]:
		if methods[t] == nil {
			return e
		}
		method = m.one(methods[t]...)
		for s := range source {
			delete(out.dims, s)
		}
		out.dims[target] = true
		e.blank = false
	case e.dims[target] && !wholly:
		method = m.one("", " CONSTANT")
		if !by.dims[target] {
			delete(out.dims, target)
		}
	default:
		return e
	}
	out.text, out.blank = "("+e.text+")[BY"+method+": "+written+"]", e.blank
	return out
}

func TestCheckAgreesWithTheDefinition(t *testing.T) {
	w := newWorld(t)
	list := func(name string) cube.Type { return cube.Type{Kind: cube.Item, List: w.hr.List(name)} }
	types := map[string]cube.Type{
		"number": numbers, "text": texts, "boolean": booleans, "date": dates, "rights": rights,
		"Country": list("Country"), "Region": list("Region"), "Zone": list("Zone"),
	}
	rapid.Check(t, func(t *rapid.T) {
		m := typedMaker{t: t, w: w}
		for range rapid.IntRange(1, 50).Draw(t, "formulas") {
			name := m.one(typeNames...)
			want := m.expr(name, 4)
			e, err := w.check(want.text, formula.Target{Type: types[name], AnyDims: true, Rights: true})
			if err != nil {
				t.Fatalf("%s\n%v", want.text, err)
			}
			if e.Type != types[name] {
				t.Fatalf("%s\n%s, not %s", want.text, e.Type, types[name])
			}
			got := dimNames(e.Dims)
			slices.Sort(got)
			if dims := slices.Sorted(maps.Keys(want.dims)); !slices.Equal(got, dims) {
				t.Fatalf("%s\n%v, not %v", want.text, got, dims)
			}
			requireSound(t, e)
		}
	})
}
