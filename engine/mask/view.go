package mask

// view is an item column as a chunk's rows show it.
type view struct {
	run
	translation *translation
	settled     *settled
	codes       codes // of the chunk's rows; none where they all hold run.code
	exact       bool  // a code that is no entry is an error: it contradicts the column's type, or what was hoped
	clustered   bool
	checked     bool // its codes were looked up, which finds those
}

// read finds out what the rows [lo,hi) of a column hold; s has room for their codes. Where it is hopeful, codes that stand there
// are taken for items, and a code that is none is found when they are looked up.
func (v *view) read(c *coded, s *scratch, col, lo, hi int, hopeful bool) error {
	*v = view{translation: c.translation, settled: c.settledAs(c.strays), clustered: c.clustered}
	if !c.direct.none() {
		v.codes = c.direct.cut(lo, hi)
		switch {
		case !c.strays:
			v.exact = true
		case hopeful:
			v.exact, v.settled = true, c.settledAs(false)
		case v.codes.inside(c.entries):
			v.settled = c.settledAs(false)
		default:
			out := room(&s.codes[col], hi-lo)
			v.codes.clamp(out, c.entries+unknownSlot)
			v.codes = codesOf(out)
		}
		s.runs[col] = run{}
		return nil
	}
	if r, ok := c.coder.(*runCoder); ok {
		if code, ok := r.same(lo, hi); ok {
			v.run = run{true, code}
			s.runs[col] = v.run
			return nil
		}
	}
	out := room(&s.codes[col], hi-lo)
	v.codes = codesOf(out)
	s.runs[col] = run{}
	if c.texts != nil && s.books[col] == nil {
		s.books[col] = newBook(c.texts)
	}
	return c.code(lo, out, s.books[col])
}

// table is a table by code, as long as the codes that may stand in the view's rows.
func (v *view) table(t []byte) []byte {
	if v.exact {
		return t[:v.translation.entries]
	}
	return t
}

// offsets are what an axis adds for each code that may stand in the view's rows.
func (v *view) offsets(axis int) steps {
	o := v.translation.offsets[axis]
	if v.exact {
		return o.cut(v.translation.entries)
	}
	return o
}

// inside says whether the codes of the chunk's rows [lo,hi) are what the column's type allows.
func (v *view) inside(lo, hi int) bool {
	switch {
	case !v.exact:
		return true
	case v.alike:
		return int(v.code) < v.translation.entries
	}
	c := v.codes.cut(lo, hi)
	return c.inside(v.translation.entries)
}

// putNulls sets the bits of the chunk's n rows that are null.
func (v *view) putNulls(words []uint64, n int) {
	null := func(code uint32) bool {
		return int(code) == v.translation.entries+nullSlot || v.translation.gaps && v.translation.item(code) == nullItem
	}
	if v.codes.none() {
		if clear(words); null(v.code) {
			fill(words, n)
		}
		return
	}
	equalBits(words, v.codes.words[:n], uint32(v.translation.entries+nullSlot))
	if !v.translation.gaps {
		return
	}
	for i, code := range v.codes.words[:n] {
		if null(code) {
			setBit(words, i)
		}
	}
}
