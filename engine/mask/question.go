package mask

import (
	"hash/maphash"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// fanned is how many kinds of members share a word.
const fanned = 64

// question is a lane that every kind has, for up to 64 kinds: for each item column the word of each item's bits, nil
// where none asks about the column; and the conditions over several columns, with the kinds that have them.
type question struct {
	same   int // an earlier question with the same answers; -1 where there is none
	never  uint64
	tables [][]uint64
	items  []bool // by item column: some item is not everyone's
	terms  []sharedTerm
}

// sharedTerm is a condition and the kinds that have it.
type sharedTerm struct {
	condition
	kinds uint64
}

// bindAsked finds the lanes of the questions: of each item column, then of each measure.
func (m *Masker) bindAsked() {
	ids := make([]int, 0, 2*len(m.items)+2*len(m.measures))
	for i := range m.items {
		ids = append(ids, m.items[i].placed, m.items[i].visible)
	}
	if m.dense == nil {
		for i := range m.measures {
			ids = append(ids, m.measures[i].readable, m.measures[i].unlocked)
		}
	}
	m.asked = ids
}

// questionsOf are the questions of up to 64 kinds.
func questionsOf(kinds []*Masker) []question {
	asked := make([][]int, len(kinds))
	for k, m := range kinds {
		asked[k] = m.asked
	}
	var out []question
	for i := range asked[0] {
		q := question{same: -1}
		for j := range i {
			if !slices.ContainsFunc(asked, func(ids []int) bool { return ids[i] != ids[j] }) {
				q.same = j
				break
			}
		}
		if q.same < 0 {
			items := kinds[0].items
			q.tables, q.items = make([][]uint64, len(items)), make([]bool, len(items))
			for k, m := range kinds {
				q.fold(k, &m.lanes[asked[k][i]], items)
			}
		}
		out = append(out, q)
	}
	return out
}

// fold adds the lane of kind k.
func (q *question) fold(k int, l *lane, items []itemColumn) {
	if l.never {
		q.never |= 1 << k
		return
	}
	for col := range items {
		if !l.needs(col) {
			continue
		}
		n := items[col].list.Len()
		if q.tables[col] == nil {
			q.tables[col] = make([]uint64, n+extraSlots)
			for i := range q.tables[col] {
				q.tables[col][i] = ^uint64(0)
			}
		}
		t := q.tables[col]
		t[n+unknownSlot] &^= 1 << k
		t[n+nullSlot] &^= 1 << k
		for _, c := range l.folded {
			if c.columns[0] != col {
				continue
			}
			for i := range n {
				if !c.has(c.base + uint64(i)*c.strides[0]) {
					t[i] &^= 1 << k
					q.items[col] = true
				}
			}
		}
	}
	for i := range l.coupled {
		c := &l.coupled[i]
		at := slices.IndexFunc(q.terms, func(t sharedTerm) bool { return t.equal(c) })
		if at < 0 {
			at = len(q.terms)
			q.terms = append(q.terms, sharedTerm{condition: *c})
		}
		q.terms[at].kinds |= 1 << k
	}
}

// hashAnswers is equal for kinds whose answers are.
func (m *Masker) hashAnswers(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	number := func(n int) { maphash.WriteComparable(&h, n) }
	for _, id := range m.asked {
		number(id)
	}
	for i := range m.lanes {
		l := &m.lanes[i]
		maphash.WriteComparable(&h, l.never)
		for _, cs := range [][]condition{l.folded, l.coupled} {
			for k := range cs {
				number(len(cs[k].bits))
				h.Write(arrow.GetBytes(cs[k].bits))
			}
		}
	}
	if m.dense != nil {
		for i := range m.dense.lanes {
			for k := range m.dense.lanes[i].tables {
				h.Write(arrow.GetBytes(m.dense.lanes[i].tables[k].bits))
			}
		}
	}
	return h.Sum64()
}

// sameAnswers says whether two kinds are one.
func (m *Masker) sameAnswers(o *Masker) bool {
	same := m.asker.Rights() == o.asker.Rights() && slices.Equal(m.asked, o.asked) &&
		slices.EqualFunc(m.lanes, o.lanes, func(a, b lane) bool { return a.equal(&b) })
	if !same || m.dense == nil {
		return same
	}
	for i := range m.measures {
		if m.measures[i].readable != o.measures[i].readable || m.measures[i].unlocked != o.measures[i].unlocked {
			return false
		}
	}
	return slices.EqualFunc(m.dense.lanes, o.dense.lanes, func(a, b denseLane) bool { return a.equal(&b) })
}
