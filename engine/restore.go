package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Restore makes rights from a snapshot and the workspace that it refers to, neither of which it trusts: what Snapshot
// could not have said is an error, now or, for what is asked for part by part, when it is first read. An error while
// answering is never a no, and never a yes.
//
// The workspace holds no values (Block.Input): those of Snapshot.Kept are asked for, and asking for others is a
// *NotHeldError. Its names may be read when asked for (List.Keep). Formulas are not checked before somebody asks for
// what they alone tell, such as an explanation. Restored rights cannot be updated.
//
// Options.Members narrows the members further; Since is not looked at. Restore takes over both, and costs as much as
// there are members and the plan has nodes.
func Restore(ctx context.Context, ws *cube.Workspace, s Snapshot, opt Options) (*Rights, error) {
	if err := errors.Join(opt.Validate(), ctx.Err()); err != nil {
		return nil, err
	}
	if err := ws.Validate(); err != nil {
		return nil, err
	}
	plan, err := inherit.Restore(ws, s.Plan)
	if err != nil {
		return nil, s.blame(PlanPart, 0, err)
	}
	r := &Rights{ws: ws, plan: plan, workers: opt.workers(), opt: opt}
	r.opt.Since, r.opt.Progress = nil, nil
	r.begin()
	if err := r.restoreMetrics(s.Metrics); err != nil {
		return nil, s.blame(PlanPart, 0, err)
	}
	r.stored = &stored{snap: s, rows: make([]bool, s.Profiles), maps: make([]bool, len(s.Plan.Exprs)), left: len(s.Plan.Exprs)}
	if err := r.stored.takeInputs(ws); err != nil {
		return nil, s.blame(ValuesPart, 0, err)
	}
	r.values.stored = r.stored
	for _, e := range s.Plan.Exprs {
		r.mappings = append(r.mappings, mapping{dims: e.Dims})
	}
	held, err := opt.holding(ws.Users.Len())
	if err != nil {
		return nil, err
	}
	if err := r.restoreMembers(s, held); err != nil {
		return nil, s.blame(MembersPart, 0, err)
	}
	return r, nil
}

// restoreMetrics numbers the access-rights metrics.
func (r *Rights) restoreMetrics(metrics []*cube.Block) error {
	for i, m := range metrics {
		if m == nil || m.Type.Kind != cube.AccessRights || int(m.ID) >= len(r.ws.Blocks()) || r.ws.Blocks()[m.ID] != m {
			return fmt.Errorf("metric %d is no access-rights metric of the workspace", i)
		}
		if _, twice := r.metrics[m.ID]; twice {
			return fmt.Errorf("metric %d stands twice", i)
		}
		r.addMetric(m)
	}
	for id := range inherit.NodeID(r.plan.Len()) {
		n := r.plan.Node(id)
		if n.Kind != inherit.Metric {
			continue
		}
		if _, ok := r.metrics[n.Metric.ID]; !ok {
			return fmt.Errorf("%s has no rows", n.Metric)
		}
	}
	return nil
}

// restoreMembers gives the members their profiles, whose sets are read when asked for.
func (r *Rights) restoreMembers(s Snapshot, held []bool) error {
	members := r.ws.Users.Len()
	if len(s.Of) != members || s.Profiles < 0 || s.Profiles > members {
		return fmt.Errorf("%d profiles of %d members, for %d members", s.Profiles, len(s.Of), members)
	}
	r.profiles = make([]profile, s.Profiles)
	roles := make([]cube.ItemID, 0, s.Profiles*len(r.ws.Applications))
	of, heads := make([]profileID, members), make([]int, s.Profiles)
	partial := held != nil
	for m, p := range s.Of {
		if p < nobody || int(p) >= s.Profiles {
			return fmt.Errorf("member %d has the profile %d, of %d", m, p, s.Profiles)
		}
		of[m] = nobody
		if p == nobody {
			partial = true
			continue
		}
		at := &r.profiles[p]
		if at.roles == nil {
			for _, app := range r.ws.Applications {
				roles = append(roles, max(app.RoleOf(cube.ItemID(m)), cube.NoItem))
			}
			at.roles = roles[len(roles)-len(r.ws.Applications):]
		}
		for i, app := range r.ws.Applications {
			if app.RoleOf(cube.ItemID(m)) != at.roles[i] {
				return fmt.Errorf("member %d has another role than others of the profile %d", m, p)
			}
		}
		heads[p]++
		if held == nil || held[m] {
			of[m] = profileID(p)
		}
	}
	if i := slices.Index(heads, 0); i >= 0 {
		return fmt.Errorf("nobody has the profile %d", i)
	}
	r.of = chunksOf(of)
	if partial {
		r.held = make([]bool, members)
		for m, p := range of {
			r.held[m] = p != nobody
		}
	}
	return nil
}

// stored is what restored rights read when somebody first asks for it. What is read is written once, under the lock;
// whoever reads it has had the lock after that, in ready.
type stored struct {
	snap  Snapshot
	given map[cube.BlockID]bool // blocks with given values: whether they are kept

	mu   sync.Mutex
	rows []bool // by profile
	maps []bool // by expression
	left int    // of maps
}

func (s *stored) takeInputs(ws *cube.Workspace) error {
	s.given = map[cube.BlockID]bool{}
	for i, blocks := range [][]*cube.Block{s.snap.Left, s.snap.Kept} {
		for _, b := range blocks {
			if b == nil || int(b.ID) >= len(ws.Blocks()) || ws.Blocks()[b.ID] != b || b.Kind == cube.ItemSet {
				return fmt.Errorf("values of a block that is not of the workspace")
			}
			if _, twice := s.given[b.ID]; twice {
				return fmt.Errorf("%s has values twice", b)
			}
			if b.Formula != nil && !b.Overridable || b == usersRoles(b) {
				return fmt.Errorf("%s cannot have given values", b)
			}
			s.given[b.ID] = i == 1
		}
	}
	return nil
}

// input is what is given for a block; nil where all cells are BLANK.
func (s *stored) input(b *cube.Block) (*cube.Column, error) {
	kept, given := s.given[b.ID]
	switch {
	case !given:
		return nil, nil
	case !kept:
		return nil, &unreadError{&NotHeldError{"values", b.String()}}
	}
	col, err := s.snap.Input(b)
	if err == nil && (col == nil || col.Type() != b.Type || !slices.Equal(col.Space().Dims(), b.Dims)) {
		err = s.snap.blame(ValuesPart, int(b.ID), fmt.Errorf("the values of %s are not of its type over its dimensions", b))
	}
	if err != nil {
		return nil, &unreadError{err}
	}
	return col, nil
}

// unreadError is that given values cannot be read.
type unreadError struct{ error }

func (e *unreadError) Unwrap() error { return e.error }

// ready makes sure that all is read which deciding over nodes of the plan needs for a profile, and the names of lists
// that an answer shows. For compiled rights it costs nothing.
func (r *Rights) ready(p profileID, shown []*cube.List, nodes ...[]inherit.NodeID) error {
	s := r.stored
	if s == nil {
		return nil
	}
	if err := r.ws.Users.Load(); err != nil {
		return err
	}
	for _, l := range shown {
		if err := l.Load(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.readProfile(p); err != nil {
		return err
	}
	if s.left == 0 {
		return nil
	}
	seen := map[inherit.NodeID]bool{}
	for _, ids := range nodes {
		for _, id := range ids {
			if err := r.readMappings(id, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// readyToExplain makes sure that formulas are checked, and that every name and mapping is read.
func (r *Rights) readyToExplain() error {
	s := r.stored
	if s == nil {
		return nil
	}
	for _, l := range r.ws.Lists() {
		if err := l.Load(); err != nil {
			return err
		}
	}
	if err := r.plan.Check(); err != nil {
		return s.snap.blame(PlanPart, 0, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.maps {
		if err := r.readMapping(inherit.ExprID(i)); err != nil {
			return err
		}
	}
	return nil
}

// Load reads all that rights from a file decide by, and otherwise read when it is first asked for: names, mappings, and the
// sets of every profile. Given values, which only explanations need, are left where they are. It fails where a part is
// damaged, and where ctx is done. For compiled rights it costs nothing.
func (r *Rights) Load(ctx context.Context) error {
	if err := r.readyToExplain(); err != nil || r.stored == nil {
		return err
	}
	r.stored.mu.Lock()
	defer r.stored.mu.Unlock()
	for p := range r.profiles {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.readProfile(profileID(p)); err != nil {
			return err
		}
	}
	return nil
}

// readProfile reads the sets of a profile. The caller holds the lock.
func (r *Rights) readProfile(p profileID) error {
	s := r.stored
	if s.rows[p] {
		return nil
	}
	numbers, err := s.snap.Profile(int(p))
	if err != nil {
		return err
	}
	if len(numbers) != 2*len(r.cells) {
		return s.snap.blame(ProfilePart, int(p), fmt.Errorf("profile %d has %d sets, for %d metrics", p, len(numbers), len(r.cells)))
	}
	rows := make([]row, len(r.cells))
	for i := range rows {
		if rows[i].read, err = r.readSet(numbers[2*i], r.cells[i]); err != nil {
			return err
		}
		if rows[i].write, err = r.readSet(numbers[2*i+1], r.cells[i]); err != nil {
			return err
		}
	}
	r.profiles[p].rows = rows
	s.rows[p] = true
	return nil
}

func (r *Rights) readSet(number uint32, cells uint64) (bitmap.SetID, error) {
	s := &r.stored.snap
	switch {
	case number == emptySet && cells > 0:
		return bitmap.Empty, nil
	case number == emptySet, number == fullSet:
		return bitmap.Full, nil
	case uint64(number) >= uint64(firstSet+s.Sets):
		return bitmap.Empty, s.blame(SetPart, int(number-firstSet), fmt.Errorf("there is no set %d, of %d", number-firstSet, s.Sets))
	}
	data, err := s.Set(int(number - firstSet))
	if err != nil {
		return bitmap.Empty, err
	}
	id, err := r.pool.Decode(data, cells)
	if err != nil {
		return bitmap.Empty, s.blame(SetPart, int(number-firstSet), fmt.Errorf("set %d: %w", number-firstSet, err))
	}
	return id, nil
}

// readMappings reads the mappings of a node and of all below it. The caller holds the lock.
func (r *Rights) readMappings(id inherit.NodeID, seen map[inherit.NodeID]bool) error {
	if seen[id] {
		return nil
	}
	seen[id] = true
	n := r.plan.Node(id)
	for _, f := range n.From {
		if f.Form != inherit.FromExpr {
			continue
		}
		if err := r.readMapping(f.Expr); err != nil {
			return err
		}
	}
	for _, in := range n.Inputs {
		if err := r.readMappings(in, seen); err != nil {
			return err
		}
	}
	return nil
}

// readMapping reads the items of an expression. The caller holds the lock.
func (r *Rights) readMapping(id inherit.ExprID) error {
	s := r.stored
	if s.maps[id] {
		return nil
	}
	items, err := s.snap.Mapping(id)
	if err != nil {
		return err
	}
	if err := checkItems(items, s.snap.Plan.Exprs[id]); err != nil {
		return s.snap.blame(MappingPart, int(id), fmt.Errorf("mapping %d: %w", id, err))
	}
	r.mappings[id].items = items
	s.maps[id] = true
	s.left--
	return nil
}

// checkItems says whether items are those of an expression's list, one for each cell of its dimensions.
func checkItems(items []int32, of inherit.Shape) error {
	space, err := cube.NewSpace(of.Dims...)
	if err != nil {
		return err
	}
	if uint64(len(items)) != space.Len() {
		return fmt.Errorf("%d items for %d cells", len(items), space.Len())
	}
	n := int32(0)
	if of.List != nil {
		n = int32(of.List.Len())
	}
	for _, item := range items {
		if item >= n {
			return fmt.Errorf("the item %d of a list of %d", item, n)
		}
	}
	return nil
}
