package engine

import (
	"bytes"
	"context"
	"slices"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// Snapshot is rights as plain data: all that is needed, with the workspace that they are of, to answer as they do. It
// refers to the blocks and lists of that workspace. What may be large is asked for part by part.
//
// Snapshots of rights of equal models are equal, however many workers compiled them and however the sets came about:
// what is numbered is sorted first.
type Snapshot struct {
	Plan    inherit.Snapshot
	Metrics []*cube.Block // access-rights metrics that rules apply: a profile has two rows for each
	Kept    []*cube.Block // blocks whose given values explanations read: Input tells them
	Left    []*cube.Block // other blocks with given values, which nothing that rights are asked for reads

	Of       []int32 // by member: the profile, -1 where the rights do not hold the member
	Profiles int     // numbered by the first member of each
	Sets     int     // numbered by content

	// Profile is the sets that a profile's metrics hold: for reading and for writing, metric by metric, over the
	// metric's dimensions without User in the order of their numbers. 0 is the empty set, 1 the full one, n+2 is set n.
	Profile func(i int) ([]uint32, error)
	// Set is a set in the portable format of 32-bit roaring bitmaps. It is neither empty nor full.
	Set func(n int) ([]byte, error)
	// Mapping is the items of an expression of the plan, over its dimensions with the last fastest; negative is BLANK.
	Mapping func(id inherit.ExprID) ([]int32, error)
	// Input is what is given for a block of Kept.
	Input func(b *cube.Block) (*cube.Column, error)
	// Digests tell for Options.Since what the metrics and the mappings were made of. They cost as much as the model has
	// given values; nil where nobody knows them.
	Digests func() (Digests, error)
	// Blame makes an error that says where a part came from, of one that says what is wrong with it; nil leaves errors as
	// they are. Number is that of a set, a profile, a mapping or a block, 0 for other parts.
	Blame func(p Part, number int, err error) error
}

// Part is a part of a Snapshot.
type Part uint8

// The parts of a Snapshot that may be found wrong.
const (
	PlanPart Part = iota
	MembersPart
	ProfilePart
	SetPart
	MappingPart
	ValuesPart
)

func (s *Snapshot) blame(p Part, number int, err error) error {
	if s.Blame == nil {
		return err
	}
	return s.Blame(p, number, err)
}

// Numbers of sets in Snapshot.Profile.
const (
	emptySet = 0
	fullSet  = 1
	firstSet = 2
)

// Snapshot is the rights as plain data. It shares memory with them. It costs as much as the profiles have sets.
func (r *Rights) Snapshot() (Snapshot, error) {
	if err := r.Load(context.Background()); err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{Plan: r.plan.Snapshot(), Metrics: make([]*cube.Block, len(r.metrics))}
	for id, i := range r.metrics {
		s.Metrics[i] = r.ws.Blocks()[id]
	}
	var first []profileID
	s.Of, first = r.numbered()
	s.Profiles = len(first)
	sets, number := r.setsOf(first)
	s.Sets = len(sets)
	s.Profile = func(i int) ([]uint32, error) {
		rows := make([]uint32, 0, 2*len(s.Metrics))
		for _, w := range r.profiles[first[i]].rows {
			rows = append(rows, number(w.read), number(w.write))
		}
		return rows, nil
	}
	s.Set = func(n int) ([]byte, error) { return sets[n], nil }
	s.Mapping = func(id inherit.ExprID) ([]int32, error) { return r.mappings[id].items, nil }
	s.Digests = r.digests
	if r.stored != nil {
		s.Kept, s.Left, s.Input, s.Digests = r.stored.snap.Kept, r.stored.snap.Left, r.stored.snap.Input, r.stored.snap.Digests
		return s, nil
	}
	s.Input = r.values.input
	kept := r.readToExplain()
	for _, b := range r.ws.Blocks() {
		switch col, err := s.Input(b); {
		case err != nil:
			return s, err
		case b == usersRoles(b) || col == nil || allBlank(col): // roles are told by the workspace
		case kept[b]:
			s.Kept = append(s.Kept, b)
		default:
			s.Left = append(s.Left, b)
		}
	}
	return s, nil
}

// allBlank says whether a column holds nothing, which is as if none were given.
func allBlank(col *cube.Column) bool {
	vec := col.Vector()
	for i := range vec.N {
		if !vec.Blank(i) {
			return false
		}
	}
	return true
}

// numbered numbers the profiles by their first members, equal ones as one.
func (r *Rights) numbered() (of []int32, first []profileID) {
	known, number := map[string]int32{}, make([]int32, len(r.profiles)) // one more: zero is not known
	of = make([]int32, r.of.len())
	for m, p := range r.of.all {
		if p == nobody {
			of[m] = nobody
			continue
		}
		if number[p] == 0 {
			key := r.profiles[p].key()
			if known[key] == 0 {
				first = append(first, p)
				known[key] = int32(len(first))
			}
			number[p] = known[key]
		}
		of[m] = number[p] - 1
	}
	return of, first
}

// setsOf are the sets that profiles hold, each once and sorted by content, and their numbers.
func (r *Rights) setsOf(profiles []profileID) (sets [][]byte, number func(bitmap.SetID) uint32) {
	type one struct {
		id   bitmap.SetID
		data []byte
	}
	var all []one
	numbers := map[bitmap.SetID]uint32{bitmap.Empty: emptySet, bitmap.Full: fullSet}
	for _, p := range profiles {
		for i, w := range r.profiles[p].rows {
			for _, id := range []bitmap.SetID{w.read, w.write} {
				if _, ok := numbers[id]; ok {
					continue
				}
				numbers[id] = 0
				var b bytes.Buffer
				if _, err := r.pool.Set(id, r.cells[i]).WriteTo(&b); err != nil {
					panic(err) // a bytes.Buffer does not fail
				}
				all = append(all, one{id, b.Bytes()})
			}
		}
	}
	slices.SortFunc(all, func(a, b one) int { return bytes.Compare(a.data, b.data) })
	for i, o := range all {
		numbers[o.id] = uint32(firstSet + i)
		sets = append(sets, o.data)
	}
	return sets, func(id bitmap.SetID) uint32 { return numbers[id] }
}

// readToExplain are the blocks whose given values are read to evaluate mappings that only explanations take: those
// below RESETACCESSRIGHTS, and in formulas whose application takes nothing over from others.
func (r *Rights) readToExplain() map[*cube.Block]bool {
	f := mappingReads{r: r, known: map[int]bool{}, seen: map[*formula.Expr]bool{}, needed: map[*formula.Expr]bool{}, blocks: map[*cube.Block]bool{}}
	for i := range inherit.ExprID(r.plan.Exprs()) {
		f.known[f.numbers.Of(r.plan.Expr(i))] = true
	}
	for _, b := range r.ws.Blocks() {
		if e := r.plan.Formula(b); e != nil && b.Type.Kind != cube.AccessRights {
			f.find(e)
		}
	}
	return f.blocks
}

// mappingReads finds the blocks that mappings read.
type mappingReads struct {
	r       *Rights
	numbers formula.Numbers
	known   map[int]bool // mappings of the plan, whose items are kept
	seen    map[*formula.Expr]bool
	needed  map[*formula.Expr]bool
	blocks  map[*cube.Block]bool
}

// find looks for mappings in a formula.
func (f *mappingReads) find(e *formula.Expr) {
	if f.seen[e] {
		return
	}
	f.seen[e] = true
	switch e.Op {
	case formula.OpProperty:
		f.need(e.Args[0])
	case formula.OpFindItem:
		f.need(e)
	case formula.OpSpread, formula.OpAggregate:
		f.need(e.Args[1])
	}
	for _, a := range e.Args {
		f.find(a)
	}
}

// need notes what evaluating a mapping reads.
func (f *mappingReads) need(e *formula.Expr) {
	if f.needed[e] || f.known[f.numbers.Of(e)] {
		return
	}
	f.needed[e] = true
	for _, a := range e.Args {
		f.need(a)
	}
	if e.Block != nil {
		f.values(e.Block)
	}
}

// values notes what the values of a block are made of.
func (f *mappingReads) values(b *cube.Block) {
	if f.blocks[b] {
		return
	}
	f.blocks[b] = true
	if e := f.r.plan.Formula(b); e != nil {
		for read := range formula.Blocks(e) {
			f.values(read)
		}
	}
}
