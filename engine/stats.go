package engine

import "github.com/cubeward/cubeward/cube"

// Stats is what compiled Rights hold, counted. Its JSON form is that of `cubeward check --stats`.
type Stats struct {
	Members      int          `json:"members"`
	Applications int          `json:"applications"`
	Profiles     int          `json:"profiles"` // members of one profile have equal rights everywhere
	Kinds        []MetricKind `json:"kinds"`    // by access-rights metric that a rule applies
	Nodes        int          `json:"nodes"`    // of the plan: conditions, and what carries them
	Mappings     int          `json:"mappings"` // expressions that conditions are read through
	Sets         int          `json:"sets"`     // distinct sets of cells that the metrics hold
	Bytes        StatsBytes   `json:"bytes"`
	Views        CacheStats   `json:"views"`
	Memo         CacheStats   `json:"memo"`
}

// MetricKind is how many kinds of members an access-rights metric tells apart: members of one kind hold the same.
type MetricKind struct {
	Metric string `json:"metric"` // Application::Metric
	Kinds  int    `json:"kinds"`
}

// StatsBytes is the memory of Rights by part, counted from what the parts hold, not measured: Go's own tables are
// reckoned at what they usually take.
type StatsBytes struct {
	Sets     int64 `json:"sets"`     // what the access-rights metrics hold
	Profiles int64 `json:"profiles"` // profiles, and each member's
	Plan     int64 `json:"plan"`     // nodes
	Mappings int64 `json:"mappings"` // items by expression
	Values   int64 `json:"values"`   // columns that were worked out from formulas
	Views    int64 `json:"views"`    // views that are remembered, their tables among them
	Memo     int64 `json:"memo"`     // sets that are remembered between metrics and views
	Inputs   int64 `json:"inputs"`   // given columns; they belong to the workspace
	Names    int64 `json:"names"`    // of items, with their indexes; likewise
}

// CacheStats is what a cache did and holds.
type CacheStats struct {
	Hits      uint64 `json:"hits"`
	Misses    uint64 `json:"misses"`
	Evictions uint64 `json:"evictions"`
	Entries   int    `json:"entries"`
	Bytes     int64  `json:"bytes"`
	Budget    int64  `json:"budget"` // Bytes never passes it
}

// What parts take besides their contents, reckoned.
const (
	nodeBytes    = 320 // a node, with its entry in tables
	profileBytes = 80  // a profile, with its slices' heads
	nameBytes    = 56  // a name's string and its entry in the index, with the room that a Go map keeps free
)

// Stats counts what the rights hold. Generations that Update made of each other may share sets, profiles and caches:
// each counts them. It looks at every column, item, member and profile once, and may be called at any time. Of rights
// that were read from a file it counts what was read so far (Load reads more), and no names and given columns.
func (r *Rights) Stats() Stats {
	pool := r.pool.Stats()
	s := Stats{
		Members: r.ws.Users.Len(), Applications: len(r.ws.Applications), Nodes: r.plan.Len(), Mappings: r.plan.Exprs(), Sets: pool.Sets,
		Views: r.views.stats(), Memo: r.memo.stats(),
	}
	s.Bytes = StatsBytes{
		Sets: int64(pool.Least), Plan: nodeBytes * int64(s.Nodes), Views: s.Views.Bytes, Memo: s.Memo.Bytes,
		Mappings: r.mappingBytes(), Values: r.values.bytes(),
	}
	r.profileStats(&s)
	if r.stored == nil {
		for _, b := range r.ws.Blocks() {
			s.Bytes.Inputs += columnBytes(b.Input)
		}
		for _, l := range r.ws.Lists() {
			for _, name := range l.Items() {
				s.Bytes.Names += nameBytes + int64(len(name))
			}
		}
	}
	return s
}

// profileStats counts the profiles that members have, and the kinds that they make of each metric.
func (r *Rights) profileStats(s *Stats) {
	s.Kinds = make([]MetricKind, 0, len(r.metrics))
	counted := make([]bool, len(r.profiles))
	metrics := make([]*cube.Block, len(r.metrics))
	kinds := make([]map[row]bool, len(r.metrics))
	for id, i := range r.metrics {
		metrics[i], kinds[i] = r.ws.Blocks()[id], map[row]bool{}
	}
	for m := range s.Members {
		p := r.of.at(m)
		if p < 0 || counted[p] {
			continue
		}
		counted[p] = true
		s.Profiles++
		for i, row := range r.rowsRead(p) {
			kinds[i][row] = true
		}
	}
	for i, m := range metrics {
		s.Kinds = append(s.Kinds, MetricKind{m.String(), len(kinds[i])})
	}
	each := profileBytes + 4*int64(len(r.ws.Applications)) + 16*int64(len(metrics))
	s.Bytes.Profiles = each*int64(len(r.profiles)) + 4*int64(s.Members)
}

// rowsRead is what a profile's metrics hold, as far as it is read.
func (r *Rights) rowsRead(p profileID) []row {
	if r.stored != nil {
		r.stored.mu.Lock()
		defer r.stored.mu.Unlock()
	}
	return r.profiles[p].rows
}

// mappingBytes are the bytes of items that are no column's too.
func (r *Rights) mappingBytes() int64 {
	if r.stored != nil {
		r.stored.mu.Lock()
		defer r.stored.mu.Unlock()
	}
	given := map[*int32]bool{}
	for _, b := range r.ws.Blocks() {
		if b.Input != nil && len(b.Input.Vector().Ints) > 0 {
			given[&b.Input.Vector().Ints[0]] = true
		}
	}
	n := int64(0)
	for _, m := range r.mappings {
		if len(m.items) > 0 && !given[&m.items[0]] {
			given[&m.items[0]] = true
			n += 4 * int64(len(m.items))
		}
	}
	return n
}

// bytes are those of the columns that were worked out, but for one that is being worked out now.
func (v *values) bytes() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := int64(0)
	for id, s := range v.slots {
		if !s.mu.TryLock() {
			continue
		}
		if b := v.plan.Workspace().Blocks()[id]; s.col != b.Input {
			n += columnBytes(s.col)
		}
		s.mu.Unlock()
	}
	return n
}

func columnBytes(col *cube.Column) int64 {
	if col == nil {
		return 0
	}
	v := col.Vector()
	n := 8*len(col.Cells()) + 8*len(v.Numbers) + 4*len(v.Ints) + len(v.Bytes)
	for _, text := range v.Dict {
		n += 16 + len(text)
	}
	return int64(n)
}
