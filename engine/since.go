package engine

import (
	"context"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// taking is what rights that are being compiled take over from older ones (Options.Since): mappings, and what access-
// rights metrics hold, where nothing that these are made of has changed.
type taking struct {
	*matcher
	maps    map[int]inherit.ExprID // of the older plan, by number in exprs
	member  []int32                // by member: who they were; nobody for new ones
	present kinds                  // members sorted by their old profiles, new ones by themselves
	adopt   bool                   // sets are copied to another pool
	told    *tellings              // of restored rights, which hold no values to compare
	staleBy map[*cube.Block][]bool // by given block: whose cells differ; nil: nobody's
}

// take looks at what can be taken over from older rights, and takes over their pool while most of it is in use.
func (r *Rights) take(old *Rights) {
	if old == nil {
		return
	}
	t := &taking{matcher: newMatcher(old, r.ws), maps: map[int]inherit.ExprID{}, staleBy: map[*cube.Block][]bool{}}
	t.plan = r.plan
	if old.stored != nil {
		if t.told = old.tells(r); t.told == nil {
			return
		}
	} else {
		for i := range inherit.ExprID(old.plan.Exprs()) {
			t.maps[t.exprs.of(old.plan.Expr(i))] = i
		}
		t.adopt = old.crowded()
	}
	if !t.adopt {
		r.pool = old.pool
		r.memo = newMemo(r.pool, r.plan.Len(), r.opt.MemoBytes)
	}
	r.taking = t
}

// tellings compare with rights that were restored by digests.
type tellings struct {
	old      *Rights
	now      *digester
	metrics  []Digest
	mappings map[Digest]inherit.ExprID
}

// tells reads the digests and the profiles of restored rights; nil where that fails, so that nothing is taken over.
func (r *Rights) tells(now *Rights) *tellings {
	d, err := r.digests()
	if err != nil || len(d.Metrics) != len(r.metrics) || len(d.Mappings) != len(r.mappings) {
		return nil
	}
	t := &tellings{r, newDigester(now), d.Metrics, map[Digest]inherit.ExprID{}}
	for i, m := range d.Mappings {
		t.mappings[m] = inherit.ExprID(i)
	}
	r.stored.mu.Lock()
	defer r.stored.mu.Unlock()
	for p := range r.profiles {
		if r.readProfile(profileID(p)) != nil {
			return nil
		}
	}
	return t
}

func (t *tellings) metric(m *cube.Block, at int) bool {
	d, err := t.now.block(m)
	return err == nil && d == t.metrics[at]
}

func (t *tellings) mapping(e *formula.Expr) (mapping, bool) {
	d, err := t.now.expr(e)
	if err != nil {
		return mapping{}, false
	}
	id, ok := t.mappings[d]
	if !ok {
		return mapping{}, false
	}
	t.old.stored.mu.Lock()
	defer t.old.stored.mu.Unlock()
	if t.old.readMapping(id) != nil {
		return mapping{}, false
	}
	return t.old.mappings[id], true
}

// mapping is an older mapping that has the same items, if there is one.
func (t *taking) mapping(e *formula.Expr) (mapping, bool) {
	var old mapping
	if t.told != nil {
		var ok bool
		if old, ok = t.told.mapping(e); !ok {
			return mapping{}, false
		}
	} else {
		id, ok := t.maps[t.exprs.of(e)]
		if !ok || !t.expr(e) {
			return mapping{}, false
		}
		old = t.old.mappings[id]
	}
	dims := make([]*cube.List, len(old.dims))
	for i, d := range old.dims {
		at := slices.IndexFunc(e.Dims, func(l *cube.List) bool { return t.oldLists[l.String()] == d })
		if at < 0 {
			return mapping{}, false
		}
		dims[i] = e.Dims[at]
	}
	if !slices.IsSortedFunc(dims, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) }) {
		return mapping{}, false
	}
	return mapping{dims, old.items}, true
}

// metric is the rows of an access-rights metric as far as they are what they were: all of them, or those of the members
// who are not stale. It says false where they have to be worked out together.
func (t *taking) metric(r *Rights, m *cube.Block) (rows metricRows, stale []int32, ok bool) {
	old := t.oldBlocks[blockName(m)]
	at, used := 0, false
	if old != nil {
		at, used = t.old.metrics[old.ID]
	}
	if !used || !t.alike(r.rowDims(m), t.old.rowDims(old)) {
		return rows, nil, false
	}
	t.sortMembers(r)
	if t.told != nil {
		if t.missing(r) || !t.told.metric(m, at) {
			return rows, nil, false
		}
	} else if !t.block(m) {
		own, same := t.local(r, m, old)
		if !same {
			return rows, nil, false
		}
		stale = t.stale(r, own)
	} else if t.missing(r) {
		return rows, nil, false
	}
	rows.kinds = t.present
	rows.rows = make([]row, t.present.len())
	for k, first := range t.present.first {
		if was := t.member[first]; was != nobody {
			one := t.old.profiles[t.old.of.at(int(was))].rows[at]
			if t.adopt {
				one = row{r.pool.Adopt(t.old.pool, one.read), r.pool.Adopt(t.old.pool, one.write)}
			}
			rows.rows[k] = one
		}
	}
	return rows, stale, true
}

// missing says whether there are members whom the older rights did not hold.
func (t *taking) missing(r *Rights) bool {
	for m, was := range t.member {
		if was == nobody && (r.held == nil || r.held[m]) {
			return true
		}
	}
	return false
}

// sortMembers sorts the members by what they had.
func (t *taking) sortMembers(r *Rights) {
	if t.member != nil {
		return
	}
	same := t.list(r.ws.Users)
	t.member = make([]int32, r.ws.Users.Len())
	keys := make([]uint64, len(t.member))
	next := cube.ItemID(0) // members mostly keep their order
	for m := range t.member {
		id, known := cube.ItemID(m), same
		if !same {
			id, known = was(t.old.ws.Users, r.ws.Users.Item(id), next)
			next = id + 1
		}
		t.member[m] = nobody
		if known && t.old.of.at(int(id)) != nobody {
			t.member[m], keys[m] = int32(id), uint64(t.old.of.at(int(id)))+1
		}
	}
	t.present = kindsOf(keys, uint64(len(t.old.profiles)+1))
}

// was is the item of a name, which may be the next one or the one behind it.
func was(l *cube.List, name string, next cube.ItemID) (cube.ItemID, bool) {
	for id := max(next, 0); id < next+2 && int(id) < l.Len(); id++ {
		if l.Item(id) == name {
			return id, true
		}
	}
	return l.Find(name)
}

// local says whether a metric's row of one member is made as it was, the member's own given cells apart, and which blocks
// have these.
func (t *taking) local(r *Rights, m, old *cube.Block) ([]*cube.Block, bool) {
	reads := r.line.readers.readsOf(m)
	if reads.along || reads.self && !t.list(r.ws.Users) {
		return nil, false
	}
	for b := range reads.all {
		if !t.block(b) {
			return nil, false
		}
	}
	w := localMatch{t, r.ws.Users, map[*formula.Expr]bool{}}
	if !w.block(m) {
		return nil, false
	}
	own := make([]*cube.Block, 0, len(reads.own))
	for b := range reads.own {
		own = append(own, b)
	}
	return own, true
}

// localMatch compares formulas over User but for the members and what is given for them.
type localMatch struct {
	*taking
	users *cube.List
	seen  map[*formula.Expr]bool
}

func (w *localMatch) block(b *cube.Block) bool {
	old := w.oldBlocks[blockName(b)]
	if old == nil || b.Type.Kind != old.Type.Kind || b.Type.List != nil && !w.typ(b.Type, old.Type) || len(b.Dims) != len(old.Dims) {
		return false
	}
	for i, d := range b.Dims {
		if w.oldLists[d.String()] != old.Dims[i] || d != w.users && !w.list(d) {
			return false
		}
	}
	e, before := w.plan.Formula(b), w.old.plan.Formula(old)
	if e == nil || before == nil {
		return e == nil && before == nil
	}
	return b.Overridable == old.Overridable && w.exprs.of(e) == w.exprs.of(before) && w.expr(e)
}

func (w *localMatch) expr(e *formula.Expr) bool {
	if w.seen[e] {
		return true
	}
	w.seen[e] = true
	if !slices.Contains(e.Dims, w.users) {
		return w.taking.expr(e)
	}
	for _, l := range slices.Concat(e.Dims, e.Lists, []*cube.List{e.List, e.Type.List}) {
		if l != nil && l != w.users && !w.list(l) {
			return false
		}
	}
	if e.Op == formula.OpBlock {
		return w.block(e.Block)
	}
	if e.Block != nil && e.Block.List != w.users && !w.taking.block(e.Block) {
		return false
	}
	return !slices.ContainsFunc(e.Args, func(a *formula.Expr) bool { return !w.expr(a) })
}

// stale are the members of whom a given cell changed, and those who are new.
func (t *taking) stale(r *Rights, own []*cube.Block) []int32 {
	is := make([]bool, len(t.member))
	for m, was := range t.member {
		is[m] = was == nobody
	}
	for _, b := range own {
		by, ok := t.staleBy[b]
		if !ok {
			by = t.differing(r, b)
			t.staleBy[b] = by
		}
		for m, differs := range by {
			is[m] = is[m] || differs
		}
	}
	var out []int32
	for m, stale := range is {
		if stale && (r.held == nil || r.held[m]) {
			out = append(out, int32(m))
		}
	}
	return out
}

// differing says of each member whether what a block over User gives for them differs from what it was; nil where it
// does for nobody but new members.
func (t *taking) differing(r *Rights, b *cube.Block) []bool {
	old := t.oldBlocks[blockName(b)]
	out := make([]bool, len(t.member))
	if b == usersRoles(b) {
		was := t.old.roles()(old.App)
		for m, before := range t.member {
			out[m] = before != nobody && max(b.App.RoleOf(cube.ItemID(m)), -1) != max(was(cube.ItemID(before)), -1)
		}
		return out
	}
	now, err := r.line.locals.given(b)
	if err == nil {
		var was *givenCells
		if was, err = t.old.givenCells(old); err == nil {
			x, y := now.whole(), was.whole()
			if t.list(r.ws.Users) && sameColumn(x, y) {
				return nil
			}
			a, c := rowCursor{col: x, n: now.n}, rowCursor{col: y, n: was.n}
			for m, before := range t.member {
				out[m] = before != nobody && !sameRow(a.at(m), c.at(int(before)))
			}
			return out
		}
	}
	for m := range out {
		out[m] = true
	}
	return out
}

// rowsOf is the rows of a metric: those taken over, and those of single members that changed, if there are few.
func (t *taking) rowsOf(ctx context.Context, r *Rights, m *cube.Block) (rows metricRows, ok bool, err error) {
	rows, stale, ok := t.metric(r, m)
	if !ok || len(stale) > max(16, len(t.member)/16) {
		return rows, false, nil
	}
	if len(stale) == 0 {
		return rows, true, nil
	}
	kindOf := make([]uint64, len(t.member))
	for member, k := range rows.kinds.of {
		kindOf[member] = uint64(k)
	}
	all := slices.Clone(rows.rows)
	for _, member := range stale {
		roles := make([]cube.ItemID, len(r.ws.Applications))
		for i, app := range r.ws.Applications {
			roles[i] = app.RoleOf(cube.ItemID(member))
		}
		one, err := r.forMember(cube.ItemID(member), roles).known(ctx, r.metrics[m.ID])
		if err != nil {
			return rows, false, err
		}
		kindOf[member] = uint64(len(all))
		all = append(all, one)
	}
	r.work.rows += len(stale)
	rows = metricRows{kinds: kindsOf(kindOf, uint64(len(all)))}
	for _, first := range rows.kinds.first {
		rows.rows = append(rows.rows, all[kindOf[first]])
	}
	return rows, true, nil
}
