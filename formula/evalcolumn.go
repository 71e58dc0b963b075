package formula

import "github.com/cubeward/cubeward/cube"

// columnForm is how a column keeps its values while a formula is evaluated.
type columnForm uint8

const (
	constantForm columnForm = iota // one value, no dimensions
	denseForm                      // values in memory, found with offset and strides
	sparseForm                     // values at cells, elsewhere what base says
	lazyForm                       // an operation on columns that was not carried out yet
)

// column is the values of an expression. It differs from cube.Column in three ways: it has only the dimensions along
// which values can differ (those that only repeat are left out), a sparse one may have anything outside its cells
// (above all FALSE, as `a = b` has), and operations cell by cell are put off until somebody needs the values, so
// that they run over blocks of cells and only where they matter.
type column struct {
	kind   cube.Kind    // NoKind only where constant BLANK
	dims   []*cube.List // sorted by ListID, distinct
	space  cube.Space   // over dims
	form   columnForm
	vals   lane
	dict   []string // Text
	whole  *column  // the contiguous dense form of a sparse one, once somebody asked
	few    few      // lazy: the values it can have
	refs   int      // lazy: how many lazy columns are made from it
	future int      // lazy: how many uses of the expression are still to come
	need   int      // lazy: how many registers computing it takes
	thin   *column  // dense: the thinner form, itself where there is none; see session.thin

	offset  int   // dense: where the first cell's value is
	strides []int // dense: by dimension

	cells []uint64 // sparse: sorted, distinct
	base  *column  // sparse: of the same kind and dictionary, over some of dims

	what *operation // lazy
	args []*column
}

// size is the number of cells over the column's own dimensions.
func (c *column) size() uint64 { return c.space.Len() }

func (c *column) storage() storage { return storageOf(c.kind) }

// elsewhere is what a sparse column has outside its cells, and for others the column itself.
func (c *column) elsewhere() *column {
	if c.form == sparseForm {
		return c.base
	}
	return c
}

// isBlank says whether the column is BLANK everywhere.
func (c *column) isBlank() bool { return c.form == constantForm && c.vals.blank(0) }

// sparseOverBlank says whether the column is sparse and BLANK outside its cells.
func (c *column) sparseOverBlank() bool { return c.form == sparseForm && c.base.isBlank() }

func constantColumn(k cube.Kind, dict []string, raw uint64) *column {
	return &column{kind: k, form: constantForm, vals: rawLane(storageOf(k), raw), dict: dict}
}

func blankColumn(k cube.Kind) *column {
	return constantColumn(k, nil, blankRaw(storageOf(k)))
}

// denseColumn takes over values that stand in the cell order of space.
func denseColumn(k cube.Kind, dict []string, space cube.Space, vals lane) *column {
	if len(space.Dims()) == 0 {
		return constantColumn(k, dict, vals.raw(0))
	}
	c := &column{kind: k, dims: space.Dims(), space: space, form: denseForm, vals: vals, dict: dict}
	c.strides = make([]int, len(c.dims))
	for i := range c.dims {
		c.strides[i] = int(space.Stride(i))
	}
	return c
}

// sparseColumn takes over cells and values; without cells it is base alone.
func sparseColumn(space cube.Space, cells []uint64, vals lane, base *column) *column {
	switch {
	case len(cells) == 0:
		return base
	case len(space.Dims()) == 0:
		return constantColumn(base.kind, base.dict, vals.raw(0))
	}
	return &column{kind: base.kind, dims: space.Dims(), space: space, form: sparseForm, cells: cells, vals: vals, base: base, dict: base.dict}
}

// importColumn makes a column of c, sharing its values where they are dense or already in the order of the lists.
func importColumn(c *cube.Column) (*column, error) {
	k, v := c.Type().Kind, c.Vector()
	if k == cube.NoKind || v.Kind != k {
		return blankColumn(k), nil
	}
	vals := laneOf(v)
	if c.Form() == cube.Constant {
		return &column{kind: k, form: constantForm, vals: vals, dict: v.Dict}, nil
	}
	space, err := sortedSpace(c.Space().Dims())
	if err != nil {
		return nil, err
	}
	if c.Form() == cube.Dense {
		out := denseColumn(k, v.Dict, space, vals)
		for i, d := range out.dims {
			out.strides[i] = int(c.Space().Stride(c.Space().Axis(d)))
		}
		return out, nil
	}
	base := blankColumn(k)
	base.dict = v.Dict
	cells, order := recode(c.Cells(), c.Space(), space)
	if order != nil {
		vals = vals.keep(order)
	}
	return sparseColumn(space, cells, vals, base), nil
}

// sortedSpace is the space over lists in the order of their numbers.
func sortedSpace(lists []*cube.List) (cube.Space, error) {
	return cube.NewSpace(sortDims(lists)...)
}

// cellCount is the number of cells over lists, as far as a float tells.
func cellCount(lists []*cube.List) float64 {
	n := 1.0
	for _, l := range lists {
		n *= float64(l.Len())
	}
	return n
}
