package mask

import (
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Fan masks the same batches for many members at once. What a batch says is read once for all of them; members whose
// rights say the same about the columns are of one kind, for which everything is done once; and 64 kinds are decided about at
// a time: a bit a kind, a word an item. It is immutable but for the members' reports, and may be used by many goroutines at once.
type Fan struct {
	members []*engine.Member
	of      []int     // by member: its kind
	kinds   []*Masker // the first alone can read batches
	groups  [][]question

	mu     sync.Mutex
	totals []counts // by member
}

// NewFan binds the columns of a schema for each of the members, as New does for one. Members may be of several rights, as
// before and after an update, as long as the columns and their lists' items are the same in all of them.
func NewFan(members []*engine.Member, schema *arrow.Schema, opt Options) (*Fan, error) {
	f := &Fan{members: slices.Clone(members), totals: make([]counts, len(members))}
	seed, byHash := maphash.MakeSeed(), map[uint64][]int{}
	var bound *binder
	for i, member := range members {
		m, b, err := newKind(bound, member, schema, opt)
		if err == nil && bound != nil && !bound.readsAs(b) {
			err = errors.New("mask: in this member's rights the columns or their items are others than in an earlier member's; make another Fan")
		}
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", i, err)
		}
		bound = b
		h := m.hashAnswers(seed)
		at := slices.IndexFunc(byHash[h], func(k int) bool { return f.kinds[k].sameAnswers(m) })
		if at < 0 {
			at = len(byHash[h])
			byHash[h] = append(byHash[h], len(f.kinds))
			f.kinds = append(f.kinds, m)
		}
		f.of = append(f.of, byHash[h][at])
		f.totals[i] = m.newCounts()
	}
	if len(f.kinds) == 0 {
		return f, nil
	}
	f.kinds[0].bindRows()
	for at := 0; at < len(f.kinds); at += fanned {
		f.groups = append(f.groups, questionsOf(f.kinds[at:min(at+fanned, len(f.kinds))]))
	}
	return f, nil
}

// newKind is New without what reads rows. What was bound for another member serves where the rights are the same ones.
func newKind(bound *binder, member *engine.Member, schema *arrow.Schema, opt Options) (*Masker, *binder, error) {
	if bound == nil || member == nil || member.Rights() != bound.member.Rights() {
		b, err := newBinder(member, schema, opt)
		if err != nil {
			return nil, nil, err
		}
		bound = b
	}
	b := *bound
	b.member, b.items, b.measures = member, slices.Clone(b.items), slices.Clone(b.measures)
	m, err := b.masker()
	return m, bound, err
}

// readsAs says whether a batch reads the same for both binders: its columns are the same, and so are the items that they
// and the dimensions of a dense block hold.
func (b *binder) readsAs(o *binder) bool {
	if b == o {
		return true
	}
	sameItems := func(x, y *cube.List) bool { return x == y || slices.Equal(x.Items(), y.Items()) }
	sameDense := (b.dense == nil) == (o.dense == nil) &&
		(b.dense == nil || slices.EqualFunc(b.dense.Dims, o.dense.Dims, sameItems))
	return sameDense && slices.Equal(b.columns, o.columns) &&
		slices.EqualFunc(b.items, o.items, func(x, y itemColumn) bool {
			return x.field == y.field && x.index == y.index && x.dimension == y.dimension && sameItems(x.list, y.list)
		}) &&
		slices.EqualFunc(b.measures, o.measures, func(x, y measure) bool {
			return x.field == y.field && x.value == y.value &&
				slices.EqualFunc(x.dims, y.dims, func(p, q place) bool { return p.column == q.column })
		})
}

// Report counts the batches that were masked so far for a member, by its place among those that NewFan got.
func (f *Fan) Report(member int) *Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.kinds[f.of[member]].report(f.totals[member])
	r.Member = f.members[member].Name()
	return r
}

// Mask is the batch as each of the members may see it, in their order: each what the Mask of a Masker of the member would
// return, or its error; the caller releases the batches. Members that see all of a column share it, and members of one kind may
// share all. The batch must stay as it is while the sequence runs; what nobody asks for is not masked.
func (f *Fan) Mask(batch arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if len(f.members) == 0 {
			return
		}
		b := newFanBatch(f, batch)
		defer b.release()
		broken := b.read()
		for i := range f.members {
			out, err := b.mask(i, broken)
			if !yield(out, err) {
				return
			}
		}
	}
}

// mask is the batch for a member; broken says why it cannot be read.
func (b *fanBatch) mask(member int, broken error) (arrow.RecordBatch, error) {
	kind := b.f.of[member]
	r := fanResult{err: broken}
	if broken == nil {
		r = b.result(kind)
	}
	if m := b.f.kinds[kind]; m.opt.Audit != nil {
		m.audit(b.f.members[member], b.batch, r.counts, r.err != nil)
	}
	if r.err != nil {
		return nil, r.err
	}
	b.f.mu.Lock()
	b.f.totals[member].add(r.counts)
	b.f.mu.Unlock()
	return r.out, nil
}

// check makes sure that the batch is what NewFan bound the columns of.
func (f *Fan) check(batch arrow.RecordBatch) error {
	if batch == nil {
		return errors.New("mask: no batch")
	}
	if err := f.kinds[0].checkWhole(batch); err != nil {
		return err
	}
	return f.kinds[0].check(0, batch)
}
