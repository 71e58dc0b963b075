package mask

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// role is what a column is. The zero role is refused.
type role uint8

const (
	unplaced role = iota
	passed
	dimension
	measured
)

// column is the place of a field of the schema: at numbers it among the measures or the item columns.
type column struct {
	role role
	at   int
}

// itemColumn is a column whose values are items: a dimension column, or a measure of type list:L.
type itemColumn struct {
	field     int
	list      *cube.List
	ref       engine.Ref // the list's item set, as the member asks about it
	index     bool       // its values are positions
	dimension bool
	lookup    *lookup
	placed    int // lane: the value is an item
	visible   int // lane: and the member may read it
}

// measure is a column that holds the values of a block.
type measure struct {
	field    int
	ref      engine.Ref
	view     *engine.View
	dims     []place
	value    int // item column of its own values, -1 where they are no items
	readable int // lane, or number in Masker.dense
	unlocked int
}

// place is where a dimension of a measure comes from: an item column, or a fixed item where column is negative.
type place struct {
	column int
	item   cube.ItemID
}

// binder finds out what the columns of a schema are, and collects all that is wrong with them.
type binder struct {
	opt      Options
	member   *engine.Member
	ws       *cube.Workspace
	app      *cube.Application
	schema   *arrow.Schema
	types    []arrow.DataType // of the output
	output   *arrow.Schema
	columns  []column
	items    []itemColumn
	measures []measure
	dense    *cube.Block
	problems []error
}

func (b *binder) problem(format string, args ...any) {
	b.problems = append(b.problems, fmt.Errorf(format, args...))
}

// bind places all columns, or reports everything that keeps it from doing so.
func (b *binder) bind() error {
	if err := b.opt.Validate(); err != nil {
		b.problems = append(b.problems, err)
	}
	if !b.application() {
		return errors.Join(b.problems...)
	}
	if !b.schema.IsNativeEndian() {
		b.problem("the schema is in another byte order than this machine's")
	}
	b.checkUnique()
	b.checkNamed()
	b.outputTypes()
	b.columns = make([]column, b.schema.NumFields())
	for i, f := range b.schema.Fields() {
		b.placeGiven(i, f)
	}
	b.placeDense()
	names := b.dimensionNames()
	for i, f := range b.schema.Fields() {
		b.placeByName(i, f, names)
	}
	b.checkPassed(names)
	b.checkDense()
	b.checkSort()
	fixed := b.fix(names)
	for i := range b.measures {
		b.placeDims(&b.measures[i], fixed)
	}
	return errors.Join(b.problems...)
}

func (b *binder) application() bool {
	switch apps := b.ws.Applications; {
	case b.opt.Application != "":
		b.app = b.ws.Application(b.opt.Application)
	case len(apps) == 1:
		b.app = apps[0]
	}
	if b.app == nil {
		if b.opt.Application == "" {
			b.problem("Application: the workspace has several applications; name one")
		} else {
			b.problem("Application: unknown application %q", b.opt.Application)
		}
	}
	return b.app != nil
}

// checkNamed reports columns that the options place and the schema lacks.
func (b *binder) checkNamed() {
	given := slices.Clone(b.opt.Pass)
	for _, m := range []map[string]string{b.opt.Columns, b.opt.Dims, b.opt.DimIndex} {
		given = slices.AppendSeq(given, maps.Keys(m))
	}
	slices.Sort(given)
	for _, name := range slices.Compact(given) {
		if !b.schema.HasField(name) {
			b.problem("column %q: it is placed, but the schema has no such column", name)
		}
	}
}

func (b *binder) outputTypes() {
	b.types = make([]arrow.DataType, b.schema.NumFields())
	for i, f := range b.schema.Fields() {
		t, err := outputType(f.Type)
		if err != nil {
			b.problem("column %q: %w", f.Name, err)
			t = f.Type
		}
		b.types[i] = t
	}
}

// placeGiven places a column by the options, else by metadata where it is trusted, else as a measure by its name.
// Dimension columns without a placement wait until all measures are known.
func (b *binder) placeGiven(i int, f arrow.Field) {
	if name, ok := b.opt.Columns[f.Name]; ok {
		b.measure(i, f, name)
		return
	}
	if name, ok := b.opt.Dims[f.Name]; ok {
		b.dimension(i, f, name, false)
		return
	}
	if name, ok := b.opt.DimIndex[f.Name]; ok {
		b.dimension(i, f, name, true)
		return
	}
	if slices.Contains(b.opt.Pass, f.Name) {
		b.columns[i] = column{role: passed}
		return
	}
	if b.opt.TrustMetadata && b.placeByMetadata(i, f) {
		return
	}
	ref, ok, ambiguous := b.find(f.Name)
	switch {
	case ok && ambiguous:
		b.columns[i] = column{role: measured, at: -1}
		b.problem("column %q: more than one property is written like that; place it", f.Name)
	case ok && ref.Block.Kind != cube.ItemSet:
		b.addMeasure(i, f, ref)
	}
}

func (b *binder) placeByMetadata(i int, f arrow.Field) bool {
	block, isBlock := f.Metadata.GetValue(MetadataBlock)
	list, isList := f.Metadata.GetValue(MetadataList)
	encoding, encoded := f.Metadata.GetValue(MetadataEncoding)
	switch {
	case isBlock && (isList || encoded):
		b.columns[i] = column{role: measured, at: -1}
		b.problem("column %q: its metadata makes it a measure and a dimension", f.Name)
	case isBlock:
		b.measure(i, f, block)
	case encoded && encoding != "index":
		b.columns[i] = column{role: dimension, at: -1}
		b.problem("column %q: its metadata has an unknown %s", f.Name, MetadataEncoding)
	case isList:
		b.dimension(i, f, list, encoded)
		b.checkDigest(i, f, encoded)
	default:
		return false
	}
	return true
}

// checkDigest makes sure that positions placed by metadata count in the list as the model has it.
func (b *binder) checkDigest(i int, f arrow.Field, index bool) {
	if c := b.columns[i]; index && c.role == dimension && c.at >= 0 {
		if digest, _ := f.Metadata.GetValue(MetadataDigest); digest != Digest(b.items[c.at].list) {
			b.problem("column %q: its metadata lacks the %s of the list as it is now", f.Name, MetadataDigest)
		}
	}
}

func (b *binder) placeDense() {
	name := b.opt.Dense
	if name == "" && b.opt.TrustMetadata && len(b.opt.Dims)+len(b.opt.DimIndex)+len(b.opt.At) == 0 {
		name, _ = b.schema.Metadata().GetValue(MetadataDense)
	}
	if name == "" {
		return
	}
	ref, ok, ambiguous := b.find(name)
	if !ok || ambiguous {
		b.problem("the dense block does not exist")
		return
	}
	b.dense = ref.Block
}

// placeByName makes the columns left over dimension columns, where they are named as a dimension of a measure.
func (b *binder) placeByName(i int, f arrow.Field, names map[string]*cube.List) {
	l, named := names[f.Name]
	switch c := b.columns[i]; {
	case c.role == measured && named && b.byName(f):
		b.problem("column %q: it names a measure and a dimension; place it", f.Name)
	case c.role != unplaced:
	case named && l == nil:
		b.columns[i] = column{role: dimension, at: -1}
		b.problem("column %q: it names dimensions of more than one list; place it", f.Name)
	case named:
		encoding, encoded := f.Metadata.GetValue(MetadataEncoding)
		encoded = encoded && b.opt.TrustMetadata && encoding == "index"
		b.addDimension(i, f, l, encoded)
		b.checkDigest(i, f, encoded)
	default:
		b.problem("column %q: it is no measure and no dimension of one; place it, or name it as passed through", f.Name)
	}
}

// byName says that nothing but its name places a column.
func (b *binder) byName(f arrow.Field) bool {
	_, placed := b.opt.Columns[f.Name]
	return !placed && !(b.opt.TrustMetadata && f.Metadata.FindKey(MetadataBlock) >= 0)
}

func (b *binder) checkPassed(names map[string]*cube.List) {
	for i, f := range b.schema.Fields() {
		if b.columns[i].role != passed {
			continue
		}
		_, ok, _ := b.find(f.Name)
		if _, named := names[f.Name]; ok || named {
			b.problem("column %q: it names a list, metric or property and cannot be passed through", f.Name)
		}
	}
}

func (b *binder) measure(i int, f arrow.Field, name string) {
	if ref, ok := b.measurable(f.Name, name); ok {
		b.addMeasure(i, f, ref)
		return
	}
	b.columns[i] = column{role: measured, at: -1}
}

func (b *binder) addMeasure(i int, f arrow.Field, ref engine.Ref) {
	b.columns[i] = column{measured, len(b.measures)}
	m := measure{field: i, ref: ref, value: -1}
	if t := ref.Block.Type; t.Kind == cube.Item {
		m.value = b.addItems(i, f, t.List, false, false)
	}
	b.measures = append(b.measures, m)
}

func (b *binder) dimension(i int, f arrow.Field, name string, index bool) {
	if l, ok := b.list(f.Name, name); ok {
		b.addDimension(i, f, l, index)
		return
	}
	b.columns[i] = column{role: dimension, at: -1}
}

func (b *binder) addDimension(i int, f arrow.Field, l *cube.List, index bool) {
	for _, c := range b.items {
		if c.dimension && c.list == l {
			b.problem("column %q: column %q is for the same dimension", f.Name, b.schema.Field(c.field).Name)
		}
	}
	b.columns[i] = column{dimension, b.addItems(i, f, l, index, true)}
}

// addItems adds a column of items and checks that its type can name them.
func (b *binder) addItems(i int, f arrow.Field, l *cube.List, index, dim bool) int {
	lk, err := newLookup(f.Type, l, index)
	if err != nil {
		b.problem("column %q: %w", f.Name, err)
	}
	b.items = append(b.items, itemColumn{field: i, list: l, index: index, dimension: dim, lookup: lk})
	return len(b.items) - 1
}

// fix finds the dimensions that Options.At fixes.
func (b *binder) fix(names map[string]*cube.List) map[*cube.List]cube.ItemID {
	fixed := map[*cube.List]cube.ItemID{}
	for _, name := range slices.Sorted(maps.Keys(b.opt.At)) {
		l := names[name]
		if l == nil {
			b.problem("At: %q is no dimension of a measure, or of more than one list", name)
			continue
		}
		item, ok := l.Find(b.opt.At[name])
		if !ok {
			b.problem("At: what is given for %q is no item of it", name)
		}
		if _, twice := fixed[l]; twice {
			b.problem("At: %q is fixed under two names", name)
		}
		fixed[l] = item
		for _, c := range b.items {
			if c.dimension && c.list == l {
				b.problem("At: %q is fixed, and column %q is for it too", name, b.schema.Field(c.field).Name)
			}
		}
	}
	return fixed
}

// placeDims finds where each dimension of a measure comes from.
func (b *binder) placeDims(m *measure, fixed map[*cube.List]cube.ItemID) {
	name, block := b.schema.Field(m.field).Name, m.ref.Block
	if b.dense != nil {
		if !slices.Equal(block.Dims, b.dense.Dims) {
			b.problem("column %q: its block has other dimensions than the dense block", name)
		}
		return
	}
	for _, l := range block.Dims {
		at := slices.IndexFunc(b.items, func(c itemColumn) bool { return c.dimension && c.list == l })
		item, isFixed := fixed[l]
		if at < 0 && !isFixed {
			b.problem("column %q: its dimension %q has no column and is not fixed", name, l.NameIn(block.App))
		}
		m.dims = append(m.dims, place{at, item})
	}
}

// checkSort reports dimension columns that cannot be sorted by, there being too many cells to number.
func (b *binder) checkSort() {
	if !b.opt.Sort || len(b.measures) > 0 {
		return
	}
	var lists []*cube.List
	for _, c := range b.items {
		lists = append(lists, c.list)
	}
	if _, err := cube.NewSpace(lists...); err != nil {
		b.problem("Sort: %w", err)
	}
}

// checkDense reports dimension columns beside a dense block.
func (b *binder) checkDense() {
	for _, c := range b.items {
		if b.dense != nil && c.dimension {
			b.problem("column %q: the rows of a dense block have no dimension columns", b.schema.Field(c.field).Name)
		}
	}
}
