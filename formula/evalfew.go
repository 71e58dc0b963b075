package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// few is the raw values that a column can have at all, at most maxFew; nil means that they are not known or many.
// A column is worth keeping sparse where the values outside its cells are few: whoever asks for them learns almost
// everything without looking at a cell.
type few []uint64

const (
	maxFew   = 2   // FALSE and BLANK are what `a = b` has nearly everywhere
	maxTries = 125 // combinations of arguments that are tried
)

// possible is the values that c can have.
func (c *column) possible() few {
	switch c.form {
	case constantForm:
		return few{c.vals.raw(0)}
	case lazyForm:
		return c.few
	case denseForm:
		if c.few == nil && c.storage() == inBytes && len(c.vals.bytes) <= maxScan {
			c.few = distinct(c.vals.bytes)
		}
		return c.few
	}
	return nil
}

// maxScan is up to how many booleans or rights are looked through for which of them occur.
const maxScan = 1 << 20

func distinct(bytes []uint8) few {
	var seen [256]bool
	for _, b := range bytes {
		seen[b] = true
	}
	var out few
	for b, yes := range seen {
		if yes {
			out = append(out, uint64(b))
		}
	}
	return out
}

var unknown = few(nil)

// allOf is every value of a kind that has few, else unknown.
func allOf(k cube.Kind) few {
	switch k {
	case cube.Boolean:
		return few{0, 1, cube.BlankByte}
	case cube.AccessRights:
		return few{0, 1, 2, 3, cube.BlankByte}
	}
	return unknown
}

// decides says whether booleans can be both TRUE and FALSE: nobody learns anything from that.
func (f few) decides() bool { return slices.Contains(f, 1) && slices.Contains(f, 0) }

// possible is the values that an operation can give where its arguments can have those of args.
func (o *operation) possible(args []*column) few {
	if o.only != nil {
		return o.only
	}
	choices := make([]few, len(args))
	tries := 1
	for i, a := range args {
		if choices[i] = a.possible(); choices[i] == nil {
			choices[i] = allOf(a.kind)
		}
		tries *= max(1, len(choices[i]))
		if tries > maxTries {
			return unknown
		}
	}
	var out few
	raws, known := make([]uint64, len(args)), make([]bool, len(args))
	for try := range tries {
		for i, c := range choices {
			if known[i] = c != nil; known[i] {
				raws[i] = c[try%len(c)]
				try /= len(c)
			}
		}
		raw, ok := o.one(args, raws, known)
		if !ok {
			return unknown
		}
		if !slices.Contains(out, raw) {
			out = append(out, raw)
		}
		if len(out) > maxFew {
			return unknown
		}
	}
	return out
}

// one is what the operation gives for raw arguments of which some are not known, if that can be told.
func (o *operation) one(args []*column, raws []uint64, known []bool) (raw uint64, ok bool) {
	blank := func(i int) bool { return known[i] && raws[i] == blankRaw(args[i].storage()) }
	all := !slices.Contains(known, false)
	switch {
	case all:
		ok = true
	case o.op == OpIf && known[0]:
		ok = raws[0] == 1 && known[1] || raws[0] != 1 && known[2]
	case o.op == OpIfBlank && known[0]:
		ok = !blank(0) || known[1]
	}
	if ok && o.kern != nil {
		in := make([]lane, len(args))
		for i, a := range args {
			in[i] = rawLane(a.storage(), blankRaw(a.storage()))
			if known[i] {
				in[i] = rawLane(a.storage(), raws[i])
			}
		}
		out := makeLane(storageOf(o.kind), 1)
		o.kern(out, in, 1)
		return out.raw(0), true
	}
	for i := range args {
		if o.strict && blank(i) {
			return blankRaw(storageOf(o.kind)), true
		}
	}
	return 0, false
}
