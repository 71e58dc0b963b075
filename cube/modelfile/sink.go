package modelfile

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/cubeward/cubeward/cube"
)

// sink takes the fields of a column of a table, and makes values of one type of them. It is for tables without
// mistakes: what it does not take it does not explain, which converter does.
type sink struct {
	kind  cube.Kind
	list  *list      // of the items
	index *nameIndex // of that list

	// A column of a dimension gives the item of the row alone.
	dimension bool
	stride    uint64
	skip      bool // a name that the list lacks is let pass
	whole     bool // BLANK is a mistake
	naming    bool // the fields are the names of new items
	place     int  // among the dimensions, or the values

	also *sink // takes the same column; nil mostly

	item    cube.ItemID // of the row
	unknown bool        // in place of it
	guess   string      // the name of the item, which the next row may have too; "" where there is none

	vec   cube.Vector // the values so far
	codes map[string]int32
	code  int32 // the text looked up last, BlankInt for none

	names []byte // of new items
	ends  []uint32
}

// newSink is a sink for values of a type; ok is false where no names can be looked up in its list.
func newSink(t cube.Type, of *list) (s *sink, ok bool) {
	s = &sink{kind: t.Kind, list: of}
	if t.Kind == cube.Item {
		if of.partial {
			return nil, false
		}
		s.index = of.names()
	}
	return s, t.Kind != cube.Item || s.index != nil
}

// fresh is a sink for other rows of the column.
func (s *sink) fresh(rows int) *sink {
	if s == nil {
		return nil
	}
	out := *s
	out.also = s.also.fresh(rows)
	out.vec, out.codes, out.code = cube.Vector{Kind: s.kind}, nil, cube.BlankInt
	switch {
	case s.naming:
		out.ends = make([]uint32, 0, rows)
	case s.dimension:
	case s.kind == cube.Number:
		out.vec.Numbers = make([]float64, 0, rows)
	case s.kind == cube.Boolean || s.kind == cube.AccessRights:
		out.vec.Bytes = make([]uint8, 0, rows)
	default:
		out.vec.Ints = make([]int32, 0, rows)
	}
	if s.kind == cube.Text {
		out.codes = map[string]int32{}
	}
	return &out
}

// values are what the sink took.
func (s *sink) values() cube.Vector {
	s.vec.N = len(s.vec.Numbers) + len(s.vec.Ints) + len(s.vec.Bytes)
	return s.vec
}

// drop forgets the last value.
func (s *sink) drop() {
	switch s.kind {
	case cube.Number:
		s.vec.Numbers = s.vec.Numbers[:len(s.vec.Numbers)-1]
	case cube.Boolean, cube.AccessRights:
		s.vec.Bytes = s.vec.Bytes[:len(s.vec.Bytes)-1]
	default:
		s.vec.Ints = s.vec.Ints[:len(s.vec.Ints)-1]
	}
}

// guessed takes the field that begins at i, if it is the item of the row before or the item after that, and if sep
// stands behind it: where the next field begins, else 0.
func (s *sink) guessed(b []byte, i int, sep byte) int {
	if s.guess == "" {
		return 0
	}
	name, item := s.guess, s.item
	end := i + len(name)
	if end >= len(b) || b[end] != sep || string(b[i:end]) != name {
		if item++; int(item) >= len(s.index.ends) {
			return 0
		}
		name = s.index.name(item)
		if end = i + len(name); end >= len(b) || b[end] != sep || string(b[i:end]) != name {
			return 0
		}
	}
	s.set(item, name)
	return end + 1
}

// set is the item of the row.
func (s *sink) set(item cube.ItemID, name string) {
	s.item, s.guess, s.unknown = item, name, false
	if !s.dimension {
		s.vec.Ints = append(s.vec.Ints, int32(item))
	}
}

// take takes a field as CSV has it, and says whether it did.
func (s *sink) take(field []byte) bool {
	if len(field) == 0 {
		return s.blank()
	}
	switch s.kind {
	case cube.Item:
		return s.takeItem(field)
	case cube.Number:
		f, ok := parseNumber(field)
		return ok && s.number(f)
	case cube.Text:
		return s.text(field)
	case cube.Date:
		days, ok := parseDate(field)
		return ok && s.date(days)
	case cube.Boolean:
		is := asciiFold(string(field), "true")
		if !is && !asciiFold(string(field), "false") {
			return false
		}
		return s.boolean(is)
	}
	rights := slices.Index(rightsNames[:], string(field))
	s.vec.Bytes = append(s.vec.Bytes, uint8(rights))
	return rights >= 0
}

// rightsNames are the values of access_rights by number.
var rightsNames = [...]string{"none", "r", "w", "rw"}

// blank takes BLANK.
func (s *sink) blank() bool {
	switch {
	case s.dimension:
		return false
	case s.kind == cube.Number:
		s.vec.Numbers = append(s.vec.Numbers, math.NaN())
	case s.kind == cube.Boolean || s.kind == cube.AccessRights:
		s.vec.Bytes = append(s.vec.Bytes, cube.BlankByte)
	default:
		s.vec.Ints = append(s.vec.Ints, cube.BlankInt)
	}
	return !s.whole
}

func (s *sink) number(f float64) bool {
	s.vec.Numbers = append(s.vec.Numbers, f+0) // zero without a sign
	return true
}

func (s *sink) date(days int32) bool {
	s.vec.Ints = append(s.vec.Ints, days)
	return true
}

func (s *sink) boolean(is bool) bool {
	b := uint8(0)
	if is {
		b = 1
	}
	s.vec.Bytes = append(s.vec.Bytes, b)
	return true
}

// text takes a text, which it copies.
func (s *sink) text(field []byte) bool {
	if s.code == cube.BlankInt || s.vec.Dict[s.code] != string(field) {
		code, ok := s.codes[string(field)]
		if !ok {
			code = int32(len(s.vec.Dict))
			text := string(field)
			s.codes[text] = code
			s.vec.Dict = append(s.vec.Dict, text)
		}
		s.code = code
	}
	s.vec.Ints = append(s.vec.Ints, s.code)
	return true
}

// takeItem takes the name of an item, as converter.item has it.
func (s *sink) takeItem(field []byte) bool {
	if s.naming {
		name := bytes.TrimSpace(field)
		s.names = append(s.names, name...)
		s.ends = append(s.ends, uint32(len(s.names)))
		return len(name) > 0
	}
	id, ok := s.index.find(field)
	if ok {
		name := ""
		if s.index.plain {
			name = s.index.name(id)
		}
		s.set(id, name)
		return true
	}
	name := bytes.TrimSpace(field)
	if id, ok = s.index.find(name); !ok && s.list.Reserved && s.list.app != nil {
		id, ok = s.index.find(bytes.TrimPrefix(name, []byte(s.list.app.Name+"::")))
	}
	switch {
	case ok:
		s.set(id, "")
	case s.skip && s.dimension && len(name) > 0 && (!s.list.Reserved || s.list.List.App == nil):
		s.unknown, s.guess = true, ""
	default:
		return false
	}
	return true
}

// powers are the powers of ten that a float64 holds exactly.
var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseNumber reads a number (SPEC 2.3). Where it has few digits and no exponent both its digits and the power of ten
// are exact, so dividing rounds once, as it should; all others strconv reads.
func parseNumber(b []byte) (float64, bool) {
	digits := b
	if b[0] == '-' {
		digits = b[1:]
	}
	n, point := uint64(0), -1
	for i, c := range digits {
		if d := c - '0'; d <= 9 {
			n = n*10 + uint64(d)
			continue
		}
		if c != '.' || point >= 0 {
			return parseAnyNumber(b)
		}
		point = i
	}
	f, after := float64(n), 0
	if point >= 0 {
		after = len(digits) - point - 1
	}
	if len(digits) == 0 || len(digits) > 17 || n >= 1<<53 || point == 0 || point >= 0 && after == 0 {
		return parseAnyNumber(b)
	}
	f /= powers[after]
	if len(digits) < len(b) {
		f = -f
	}
	return f, true
}

func parseAnyNumber(b []byte) (float64, bool) {
	s := string(b)
	if !numeric(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// parseDate reads a date in its usual form, and leaves others to cube.ParseDate.
func parseDate(b []byte) (int32, bool) {
	if len(b) == 10 && b[4] == '-' && b[7] == '-' {
		year, month, day, bad := 0, 0, 0, false
		for i, c := range b {
			d := int(c) - '0'
			switch {
			case i == 4 || i == 7:
				continue
			case d < 0 || d > 9:
				bad = true
			case i < 4:
				year = year*10 + d
			case i < 7:
				month = month*10 + d
			default:
				day = day*10 + d
			}
		}
		if !bad && month >= 1 && month <= 12 && day >= 1 && day <= 28 {
			return daysOf(year, month, day), true
		}
	}
	days, err := cube.ParseDate(string(b))
	return days, err == nil
}

// daysOf is a date as days since 1970-01-01. Years are counted from March on, so that the leap day is the last.
func daysOf(year, month, day int) int32 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	year += 400 // none is negative
	return int32(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468 - 146097)
}
