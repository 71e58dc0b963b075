package mask

// Report counts what was masked. Its JSON form is SPEC 6's for `mask`.
type Report struct {
	Member     string                     `json:"member"`
	Block      map[string]MeasureReport   `json:"block"`      // by measure column
	Dimensions map[string]DimensionReport `json:"dimensions"` // by dimension column
	shown      bool
}

// MeasureReport counts the cells of one measure, in rows of the input.
type MeasureReport struct {
	Rows     uint64 `json:"rows"`
	Hidden   uint64 `json:"hidden"`   // cells that may not be read, and values that are items which may not be read
	Locked   uint64 `json:"locked"`   // cells that may not be changed
	Unplaced uint64 `json:"unplaced"` // cells that stand nowhere: a dimension value is null or no item. They are hidden and locked too
}

// DimensionReport counts the values of a dimension column.
type DimensionReport struct {
	Hidden uint64 `json:"hidden"` // values whose item may not be read, or that are no item
}

// Hidden says whether anything was hidden.
func (r *Report) Hidden() bool {
	for _, m := range r.Block {
		if m.Hidden > 0 {
			return true
		}
	}
	for _, d := range r.Dimensions {
		if d.Hidden > 0 {
			return true
		}
	}
	return false
}

// Note is a sentence for people where what came out still tells that hidden cells exist, or where they stand: always
// "" where nothing was hidden, or hidden rows were both dropped and sorted (SPEC 5).
func (r *Report) Note() string {
	if !r.shown || !r.Hidden() {
		return ""
	}
	return "hidden values are null, but the output still shows that their rows exist and where they stand; dropping rows without a readable value and sorting the others hides that too"
}

// counts are the sums behind a Report, by measure and by item column.
type counts struct {
	rows       uint64
	measures   []MeasureReport
	dimensions []uint64
}

// reset makes the counts zero, of a batch of n rows.
func (c *counts) reset(n, measures, items int) {
	if cap(c.measures) < measures || cap(c.dimensions) < items {
		c.measures, c.dimensions = make([]MeasureReport, measures), make([]uint64, items)
	}
	c.rows, c.measures, c.dimensions = uint64(n), c.measures[:measures], c.dimensions[:items]
	clear(c.measures)
	clear(c.dimensions)
}

func (c *counts) add(d counts) {
	c.rows += d.rows
	for i, m := range d.measures {
		c.measures[i].Rows += m.Rows
		c.measures[i].Hidden += m.Hidden
		c.measures[i].Locked += m.Locked
		c.measures[i].Unplaced += m.Unplaced
	}
	for i, n := range d.dimensions {
		c.dimensions[i] += n
	}
}

func (m *Masker) newCounts() counts {
	return counts{measures: make([]MeasureReport, len(m.measures)), dimensions: make([]uint64, len(m.items))}
}

// report names what c counts.
func (m *Masker) report(c counts) *Report {
	r := &Report{
		Member:     m.member,
		Block:      map[string]MeasureReport{},
		Dimensions: map[string]DimensionReport{},
		shown:      !m.opt.DropRows || !m.opt.Sort,
	}
	for i, x := range m.measures {
		r.Block[m.input.Field(x.field).Name] = c.measures[i]
	}
	for i, x := range m.items {
		if x.dimension {
			r.Dimensions[m.input.Field(x.field).Name] = DimensionReport{c.dimensions[i]}
		}
	}
	return r
}
