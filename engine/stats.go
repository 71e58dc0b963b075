package engine

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

// Stats counts what the rights hold. It looks at every column, item and metric once, and may be called at any time.
func (r *Rights) Stats() Stats {
	return Stats{
		Views: r.views.stats(), Memo: r.memo.stats(),
		Members: r.ws.Users.Len(), Applications: len(r.ws.Applications), Profiles: len(r.profiles),
		Nodes: r.plan.Len(), Mappings: r.plan.Exprs(), Sets: r.pool.Stats().Sets,
	}
}
