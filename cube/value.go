package cube

import (
	"fmt"
	"math"
	"time"
)

// Kind is what sort of values a block holds (SPEC 2.3). The zero Kind is no kind: the type of the literal BLANK.
type Kind uint8

// The kinds of values.
const (
	NoKind       Kind = iota
	Number            // IEEE double, always finite
	Text              // UTF-8 text; empty text is not BLANK
	Boolean           // TRUE or FALSE
	Date              // a calendar day, kept as days since 1970-01-01
	Item              // an item of the type's list
	AccessRights      // Read and Write of a cell
)

var kindNames = [...]string{"blank", "number", "text", "boolean", "date", "list", "access_rights"}

// String is the kind as model files write it ("list" for Item).
func (k Kind) String() string { return kindNames[k] }

// Type is a kind and, for Item, its list. Types compare with ==.
type Type struct {
	Kind Kind
	List *List // set for Item only
}

// String is the type as model files write it, its list with its application: "number", "list:HR::Country".
func (t Type) String() string {
	if t.Kind == Item && t.List != nil {
		return "list:" + t.List.String()
	}
	return t.Kind.String()
}

// ItemID numbers the items of a list from 0, in list order.
type ItemID int32

// NoItem is the BLANK item; any negative ItemID is treated as it.
const NoItem ItemID = math.MinInt32

// Rights is a value of type access_rights: which of Read and Write it holds. The zero Rights holds neither, which
// is not BLANK.
type Rights uint8

// The two rights.
const (
	Read  Rights = 1
	Write Rights = 2
)

// String writes rights as model files do: rw, r, w, none.
func (r Rights) String() string { return [...]string{"none", "r", "w", "rw"}[r&3] }

// Value is one value of any kind, or BLANK, which is the zero Value. Values compare with ==.
type Value struct {
	kind Kind
	num  float64
	text string
}

// NumberValue is a number; BLANK where it is not finite (SPEC 3.2), and zero without a sign.
func NumberValue(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{kind: Number, num: f + 0}
}

// TextValue is a text.
func TextValue(s string) Value { return Value{kind: Text, text: s} }

// BooleanValue is TRUE or FALSE.
func BooleanValue(b bool) Value {
	if b {
		return Value{kind: Boolean, num: 1}
	}
	return Value{kind: Boolean}
}

// DateValue is a day, given as days since 1970-01-01.
func DateValue(days int32) Value { return Value{kind: Date, num: float64(days)} }

// ItemValue is an item of a list; BLANK where id is negative.
func ItemValue(id ItemID) Value {
	if id < 0 {
		return Value{}
	}
	return Value{kind: Item, num: float64(id)}
}

// RightsValue is a value of type access_rights.
func RightsValue(r Rights) Value { return Value{kind: AccessRights, num: float64(r & 3)} }

// IsBlank says whether the value is BLANK.
func (v Value) IsBlank() bool { return v.kind == NoKind }

// Kind is the kind of the value, NoKind for BLANK.
func (v Value) Kind() Kind { return v.kind }

// Float is the number held, 0 for other kinds.
func (v Value) Float() float64 {
	if v.kind == Number {
		return v.num
	}
	return 0
}

// Str is the text held, "" for other kinds.
func (v Value) Str() string { return v.text }

// True says whether the value is the boolean TRUE.
func (v Value) True() bool { return v.kind == Boolean && v.num == 1 }

// Days is the date held as days since 1970-01-01, 0 for other kinds.
func (v Value) Days() int32 {
	if v.kind == Date {
		return int32(v.num)
	}
	return 0
}

// Item is the item held, NoItem for other kinds and BLANK.
func (v Value) Item() ItemID {
	if v.kind == Item {
		return ItemID(v.num)
	}
	return NoItem
}

// Rights is the rights held, none for other kinds and BLANK.
func (v Value) Rights() Rights {
	if v.kind == AccessRights {
		return Rights(v.num)
	}
	return 0
}

const secondsPerDay = 24 * 60 * 60

// ParseDate reads YYYY-MM-DD as days since 1970-01-01.
func ParseDate(s string) (int32, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date (YYYY-MM-DD)", s)
	}
	return int32(t.Unix() / secondsPerDay), nil
}

// FormatDate writes days since 1970-01-01 as YYYY-MM-DD.
func FormatDate(days int32) string {
	return time.Unix(int64(days)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}
