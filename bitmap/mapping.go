package bitmap

import (
	"fmt"
	"slices"
)

// mapping says from which item of one or more axes of the input each item of an axis of the result is taken. The
// axes of the input are those whose sources share axes of the output, as one axis; so are the axes of the output.
type mapping struct {
	in    []int    // axes of the input, increasing
	out   []int    // axes of the output, increasing, without those of one item
	sizes []uint64 // of out
	from  uint64   // the items of in together
	to    uint64   // the items of out together
	parts []part
}

// part is what one axis of the input contributes to a mapping.
type part struct {
	items  []int32  // nil: the item is the place itself
	steps  []uint64 // along mapping.sizes: how far apart neighbours stand in items, or in places
	limit  int64    // items reach up to it
	stride int64    // weight of the item; 0 asks only whether it is BLANK
}

// identity says that a mapping moves nothing: one axis of the input is one of the output.
func (m *mapping) identity() bool {
	return len(m.in) == 1 && len(m.out) <= 1 && m.from == m.to && m.parts[0].items == nil
}

// mappings groups the sources by the axes of the output that they share. Where flat is set, the input has one cell,
// and only sources that may be BLANK are kept.
func mappings(in, out Shape, from []Source, flat bool) []*mapping {
	var all []*mapping
	for i, s := range from {
		if flat && s.Items == nil {
			continue
		}
		m := &mapping{in: []int{i}}
		for _, k := range s.axes() {
			if out[k] != 1 {
				m.out = append(m.out, k)
			}
		}
		all = slices.DeleteFunc(all, func(other *mapping) bool {
			if !slices.ContainsFunc(other.out, func(k int) bool { return slices.Contains(m.out, k) }) {
				return false
			}
			m.in, m.out = append(other.in, m.in...), append(other.out, m.out...)
			return true
		})
		all = append(all, m)
	}
	for _, m := range all {
		slices.Sort(m.in)
		slices.Sort(m.out)
		m.out = slices.Compact(m.out)
		m.fill(in, out, from, flat)
	}
	return all
}

// fill works out sizes and parts from in and out.
func (m *mapping) fill(in, out Shape, from []Source, flat bool) {
	m.from, m.to = 1, 1
	for _, k := range m.out {
		m.sizes = append(m.sizes, uint64(out[k]))
		m.to *= uint64(out[k])
	}
	for j := len(m.in) - 1; j >= 0; j-- {
		i := m.in[j]
		p := part{items: from[i].Items, limit: int64(in[i]), stride: int64(m.from)}
		if flat {
			p.stride = 0
		} else {
			m.from *= uint64(in[i])
		}
		step := uint64(1)
		p.steps = make([]uint64, len(m.out))
		axes := from[i].axes()
		for a := len(axes) - 1; a >= 0; a-- {
			if at, ok := slices.BinarySearch(m.out, axes[a]); ok {
				p.steps[at] = step
			}
			step *= uint64(out[axes[a]])
		}
		m.parts = append(m.parts, p)
	}
	m.coalesce()
}

// coalesce makes one of neighbours in sizes that every part steps through as through one.
func (m *mapping) coalesce() {
	for a := len(m.sizes) - 2; a >= 0; a-- {
		if slices.ContainsFunc(m.parts, func(p part) bool { return p.steps[a] != p.steps[a+1]*m.sizes[a+1] }) {
			continue
		}
		m.sizes[a+1] *= m.sizes[a]
		m.sizes = slices.Delete(m.sizes, a, a+1)
		for i, p := range m.parts {
			m.parts[i].steps = slices.Delete(p.steps, a, a+1)
		}
	}
}

// items writes the items of the input from which the items of the result from first on are taken: -1 for BLANK.
func (m *mapping) items(first uint64, to []int64) {
	row, last := uint64(1), len(m.sizes)-1
	if last >= 0 {
		row = m.sizes[last]
	}
	for len(to) > 0 {
		n := min(row-first%row, uint64(len(to)))
		for i, p := range m.parts {
			at, rest, step := uint64(0), first, uint64(0)
			for a := last; a >= 0; a-- {
				at += rest % m.sizes[a] * p.steps[a]
				rest /= m.sizes[a]
			}
			if last >= 0 {
				step = p.steps[last]
			}
			if i == 0 {
				p.set(to[:n], at, step)
			} else {
				p.add(to[:n], at, step)
			}
		}
		first, to = first+n, to[n:]
	}
}

// set writes the part's items, which stand at at and step by step, to a row of items.
func (p part) set(to []int64, at, step uint64) {
	if p.items == nil {
		for j := range to {
			to[j] = int64(at) * p.stride
			at += step
		}
		return
	}
	for j := range to {
		item := int64(p.items[at])
		if item >= p.limit {
			p.refuse()
		}
		to[j] = item*p.stride | item>>63 // all ones, which is -1, where it is BLANK
		at += step
	}
}

// add adds the part's items to a row that has others; what is BLANK in either is BLANK.
func (p part) add(to []int64, at, step uint64) {
	for j := range to {
		item := int64(at)
		if p.items != nil {
			item = int64(p.items[at])
		}
		if item >= p.limit {
			p.refuse()
		}
		if item < 0 {
			to[j] = -1
		} else if to[j] >= 0 {
			to[j] += item * p.stride
		}
		at += step
	}
}

func (p part) refuse() {
	panic(fmt.Sprintf("bitmap: item past the end of an axis of %d items", p.limit))
}
