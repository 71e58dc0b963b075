package mask

// Kernels are chosen by the width of the codes here, once for a chunk.

// looksUp says that some table is looked up for the column, which finds indices that lie outside.
func (c *coded) looksUp() bool {
	for _, t := range c.tables {
		if t != nil {
			return true
		}
	}
	return false
}

// inside says whether the rows [lo,hi) of a direct column lie in its dictionary.
func (c *coded) inside(lo, hi int) bool {
	switch codes := c.direct.(type) {
	case []uint8:
		return allBelow(codes[lo:hi], uint64(c.entries))
	case []uint16:
		return allBelow(codes[lo:hi], uint64(c.entries))
	case []uint32:
		return allBelow(codes[lo:hi], uint64(c.entries))
	}
	return true
}

// table is the column's table for a group, as long as the codes that may stand in its rows.
func (c *coded) table(group int) []byte {
	if c.direct != nil {
		return c.tables[group][:c.entries]
	}
	return c.tables[group]
}

// apply looks up the rows [lo,hi) of one column, onto what rows holds or, first, instead of it; coded are the codes of
// a column that is not direct.
func apply(rows []byte, c *coded, group int, coded []uint32, lo, hi int, first bool) bool {
	table := c.table(group)
	switch codes := c.direct.(type) {
	case []uint8:
		return lookUp(rows, codes[lo:hi], table, first)
	case []uint16:
		return lookUp(rows, codes[lo:hi], table, first)
	case []uint32:
		return lookUp(rows, codes[lo:hi], table, first)
	}
	return lookUp(rows, coded, table, first)
}

func lookUp[T uint8 | uint16 | uint32](rows []byte, codes []T, table []byte, first bool) bool {
	if first {
		return setTable(rows, codes, table)
	}
	return andTable(rows, codes, table)
}

// applyTwo looks up the rows [lo,hi) of two columns at once.
func applyTwo(rows []byte, x, y *coded, group int, xs, ys []uint32, lo, hi int) bool {
	table := x.table(group)
	switch codes := x.direct.(type) {
	case []uint8:
		return applyWith(rows, codes[lo:hi], table, y, group, ys, lo, hi)
	case []uint16:
		return applyWith(rows, codes[lo:hi], table, y, group, ys, lo, hi)
	case []uint32:
		return applyWith(rows, codes[lo:hi], table, y, group, ys, lo, hi)
	}
	return applyWith(rows, xs, table, y, group, ys, lo, hi)
}

func applyWith[T uint8 | uint16 | uint32](rows []byte, a []T, ta []byte, y *coded, group int, ys []uint32, lo, hi int) bool {
	table := y.table(group)
	switch codes := y.direct.(type) {
	case []uint8:
		return setTables(rows, a, ta, codes[lo:hi], table)
	case []uint16:
		return setTables(rows, a, ta, codes[lo:hi], table)
	case []uint32:
		return setTables(rows, a, ta, codes[lo:hi], table)
	}
	return setTables(rows, a, ta, ys, table)
}
