package modelfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// converter makes values of one type of what files hold.
type converter struct {
	l    *loader
	typ  cube.Type
	list *list // of the items

	last   string // the item looked up last: runs of one name are common
	lastID cube.ItemID
}

// rejection says why a value is refused.
type rejection struct {
	message string
	unknown bool // an item that its list lacks, which on_unknown: skip forgives
	silent  bool // it was reported elsewhere
}

func reject(format string, args ...any) *rejection {
	return &rejection{message: fmt.Sprintf(format, args...)}
}

// field is the value of a field of a table, BLANK for an empty one.
func (c *converter) field(f *field) (cube.Value, *rejection) {
	switch f.kind {
	case blankField:
		return cube.Value{}, nil
	case textField:
		if f.text == "" && c.typ.Kind != cube.Text {
			return cube.Value{}, nil
		}
		return c.text(f.text)
	case numberField:
		if math.IsNaN(f.number) || math.IsInf(f.number, 0) {
			return cube.Value{}, reject("%v is not a finite number", f.number)
		}
		return cube.NumberValue(f.number), nil
	case booleanField:
		return cube.BooleanValue(f.flag), nil
	}
	return cube.DateValue(f.days), nil
}

// node is the value of a scalar in YAML. null is BLANK; numbers and booleans stand without quotes.
func (c *converter) node(n *node) (cube.Value, *rejection) {
	switch {
	case n.kind == nullNode:
		return cube.Value{}, nil
	case !n.scalar():
		return cube.Value{}, reject("a value must be %s, not %s", c.describe(), n.describe())
	case n.kind == quotedNode && (c.typ.Kind == cube.Number || c.typ.Kind == cube.Boolean):
		return cube.Value{}, reject("%s is text; write a %s without quotes", quote(n.text), c.typ.Kind)
	case n.text == "" && c.typ.Kind == cube.AccessRights:
		return cube.Value{}, nil
	}
	return c.text(n.text)
}

func (c *converter) describe() string {
	switch c.typ.Kind {
	case cube.Item:
		return fmt.Sprintf("an item of %s", quote(c.typ.List.Name))
	case cube.AccessRights:
		return "rw, r, w or none"
	}
	return "a " + c.typ.Kind.String()
}

func (c *converter) text(s string) (cube.Value, *rejection) {
	switch c.typ.Kind {
	case cube.Number:
		if !numeric(s) {
			return cube.Value{}, reject("%s is not a number: [-]digits[.digits][(e|E)[+|-]digits]", quote(s))
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return cube.Value{}, reject("%s is too large for a number", quote(s))
		}
		return cube.NumberValue(f), nil
	case cube.Text:
		return cube.TextValue(s), nil
	case cube.Boolean:
		if asciiFold(s, "true") || asciiFold(s, "false") {
			return cube.BooleanValue(len(s) == len("true")), nil
		}
		return cube.Value{}, reject("%s is not true or false", quote(s))
	case cube.Date:
		days, err := cube.ParseDate(s)
		if err != nil {
			return cube.Value{}, reject("%s is not a date (YYYY-MM-DD)", quote(s))
		}
		return cube.DateValue(days), nil
	case cube.Item:
		return c.item(s)
	}
	switch s {
	case "rw":
		return cube.RightsValue(cube.Read | cube.Write), nil
	case "r":
		return cube.RightsValue(cube.Read), nil
	case "w":
		return cube.RightsValue(cube.Write), nil
	case "none":
		return cube.RightsValue(0), nil
	}
	return cube.Value{}, reject("%s is not one of rw, r, w, none", quote(s))
}

// item looks up an item by name. A role may have its application before it, as it has where roles are named.
func (c *converter) item(s string) (cube.Value, *rejection) {
	if s == c.last && s != "" {
		return cube.ItemValue(c.lastID), nil
	}
	name := strings.TrimSpace(s)
	id, ok := c.list.Find(name)
	if !ok && c.list.Reserved && c.list.app != nil {
		id, ok = c.list.Find(c.list.app.own(name))
	}
	if ok {
		// The name belongs to a row of the file; the list's own does not keep the row alive.
		c.last, c.lastID = "", id
		if own := c.list.Item(id); own == s {
			c.last = own
		}
		return cube.ItemValue(id), nil
	}
	switch {
	case name == "": // no name of an unknown item, which on_unknown: skip would forgive
		return cube.Value{}, reject("the name of an item may not be empty")
	case c.list.partial:
		return cube.Value{}, &rejection{unknown: true, silent: true}
	case c.list.List.App == nil:
		return cube.Value{}, &rejection{message: "unknown member " + quote(name), unknown: true}
	case c.list.Reserved:
		return cube.Value{}, reject("unknown role %s%s", quote(name), c.l.didYouMean(name, c.list.Items))
	}
	return cube.Value{}, &rejection{message: fmt.Sprintf("list %s has no item %s", quote(c.list.Name), quote(name)), unknown: true}
}

// numeric says whether s is [-]digits[.digits][(e|E)[+|-]digits] (SPEC 2.3).
func numeric(s string) bool {
	rest, ok := digits(strings.TrimPrefix(s, "-"))
	if fraction, has := strings.CutPrefix(rest, "."); has && ok {
		rest, ok = digits(fraction)
	}
	if ok && rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		rest, ok = digits(rest)
	}
	return ok && rest == ""
}

// digits passes over digits, of which there must be one.
func digits(s string) (rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[i:], i > 0
}

// asciiFold says whether s is the lower-case word in any case.
func asciiFold(s, word string) bool {
	return len(s) == len(word) && strings.EqualFold(s, word)
}
