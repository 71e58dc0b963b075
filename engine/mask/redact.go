package mask

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// part is the rows [off, off+n) of an array's memory. Offsets count from the start of the buffers, whatever the
// array's own offset is: a child is cut to its parent's window without making an array of the cut.
type part struct {
	data   *array.Data
	off, n int
	seen   seen
}

// seen is what was found out about a part's rows, so that it need not be again; its children have theirs.
type seen struct {
	valid  bool      // no row is null
	inside bool      // all indices lie in the dictionary
	values *keptDict // the dictionary's values, which were found to be those; nil where nobody looked
}

// selection says what comes out of a part: n rows, of which row i is the part's row rows[i] (i where rows is nil) if
// bit i of keep is set (all are where keep is nil), and otherwise null, with no byte left. What rows holds for a row
// that is not kept means nothing: it may point nowhere.
type selection struct {
	n    int
	keep []uint64
	rows []int
	kept int // how many bits keep has; 0 where nobody counted
}

// plain says that all rows come out as they are, so that memory may be shared.
func (s selection) plain() bool { return s.keep == nil && s.rows == nil }

func (s selection) row(i int) int {
	if s.rows == nil {
		return i
	}
	return s.rows[i]
}

// result is what a redaction by type makes; redactor.array turns it into an array with offset 0.
type result struct {
	buffers  []*memory.Buffer
	children []arrow.ArrayData
	dict     *array.Data
	nulls    int
}

// redactor carries one column through a redaction. It owns all that it makes until release, which is called whether
// the redaction succeeded or not: who keeps a result retains it. It is for one goroutine.
type redactor struct {
	mem    memory.Allocator
	strict bool // something of the input stays away: a hidden row, a gap in a child
	owned  []interface{ Release() }
	lists  []*memory.Buffer // room for the lists of buffers that arrays are made of
}

func (r *redactor) own(x interface{ Release() }) { r.owned = append(r.owned, x) }

func (r *redactor) release() {
	for _, x := range r.owned {
		x.Release()
	}
	clear(r.owned)
	r.owned, r.strict, r.lists = r.owned[:0], false, nil
}

// column redacts a whole column.
func (r *redactor) column(p part, dt arrow.DataType, s selection) (*array.Data, error) {
	r.strict = !s.plain()
	return r.array(p, dt, s)
}

// picked redacts a child that may have gaps, whether the selection shows them or not.
func (r *redactor) picked(p part, dt arrow.DataType, s selection) (*array.Data, error) {
	defer func(before bool) { r.strict = before }(r.strict)
	r.strict = true
	return r.array(p, dt, s)
}

// shares says whether the memory of selected rows may be shared. What lies under a null of a readable row may be
// shared with it; but where something stays away it is cleared throughout, lest it depend on what is hidden whether a
// child is shared.
func (r *redactor) shares(s selection, visible []uint64) bool {
	return s.plain() && (visible == nil || !r.strict)
}

// errShape is the root of all errors about arrays whose buffers contradict their type or length.
var errShape = errors.New("malformed array")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errShape, fmt.Sprintf(format, args...))
}

// maxRows bounds offsets and lengths, so that sums and products of them with element sizes do not overflow.
const maxRows = 1 << 40

// whole is the part that is the array itself.
func whole(d arrow.ArrayData) (part, error) {
	data, ok := d.(*array.Data)
	if !ok || data == nil {
		return part{}, malformed("no data")
	}
	if data.Offset() < 0 || data.Len() < 0 || data.Offset() > maxRows || data.Len() > maxRows {
		return part{}, malformed("offset or length out of range")
	}
	return part{data: data, off: data.Offset(), n: data.Len()}, nil
}

// child is child i whole.
func (p part) child(i int) (part, error) {
	if i >= len(p.data.Children()) {
		return part{}, malformed("child %d is missing", i)
	}
	return whole(p.data.Children()[i])
}

// window is the part's rows [from, from+n), counted from the part's first.
func (p part) window(from, n int) (part, error) {
	if from < 0 || n < 0 || from > p.n || n > p.n-from {
		return part{}, malformed("a child is shorter than its parent needs")
	}
	return part{p.data, p.off + from, n, p.seen}, nil
}

// bytes are the bytes [from,to) of buffer i.
func (p part) bytes(i, from, to int) ([]byte, error) {
	if from == to {
		return nil, nil
	}
	if i >= len(p.data.Buffers()) || p.data.Buffers()[i] == nil {
		return nil, malformed("buffer %d is missing", i)
	}
	b := p.data.Buffers()[i].Bytes()
	if from < 0 || from > to || to > len(b) {
		return nil, malformed("buffer %d is too short", i)
	}
	return b[from:to:to], nil
}

// bufferLen is the length of buffer i, 0 where it is missing.
func (p part) bufferLen(i int) int {
	if i >= len(p.data.Buffers()) || p.data.Buffers()[i] == nil {
		return 0
	}
	return p.data.Buffers()[i].Len()
}

// validity is the bitmap that holds the part's rows from bit p.off on; nil where none is null, as it is more often than
// bitmaps are missing.
func (p part) validity() ([]byte, error) {
	if p.seen.valid || len(p.data.Buffers()) == 0 || p.data.Buffers()[0] == nil || p.data.Buffers()[0].Len() == 0 {
		return nil, nil
	}
	b, err := p.bytes(0, 0, (p.off+p.n+7)/8)
	if err == nil && allBits(b, p.off, p.n) {
		return nil, nil
	}
	return b, err
}

// visible are the rows of the output that hold a value, kept and not null in the input; nil where all do. It also
// says how many do not.
func (p part) visible(s selection) ([]uint64, int, error) {
	valid, err := p.validity()
	if err != nil {
		return nil, 0, err
	}
	words := s.keep
	switch {
	case valid == nil && s.keep == nil:
		return nil, 0, nil
	case valid == nil:
	case s.rows == nil:
		words = make([]uint64, wordsFor(s.n))
		loadBits(words, valid, p.off, s.n)
		for i, k := range s.keep {
			words[i] &= k
		}
	default:
		words = make([]uint64, wordsFor(s.n))
		takeBits(words, valid, p.off, s)
	}
	n := s.kept
	if valid != nil || n == 0 {
		n = countBits(words)
	}
	if n == s.n {
		return nil, 0, nil
	}
	return words, s.n - n, nil
}

// array redacts a part whose type is dt, but for nullability and metadata inside. The result is the redactor's own.
func (r *redactor) array(p part, dt arrow.DataType, s selection) (*array.Data, error) {
	plain := storage(dt)
	if storage(p.data.DataType()).ID() != plain.ID() {
		return nil, malformed("%s where %s belongs", p.data.DataType().ID(), plain.ID())
	}
	if s.rows == nil { // Nothing past the selection's rows is looked at, let alone shared.
		var err error
		if p, err = p.window(0, s.n); err != nil {
			return nil, err
		}
	}
	res, err := r.layout(p, plain, s)
	if err != nil {
		return nil, err
	}
	d := array.NewData(dt, s.n, res.buffers, res.children, res.nulls, 0)
	if res.dict != nil {
		d.SetDictionary(res.dict)
	}
	r.own(d)
	return d, nil
}

// layout is where a type meets its redaction; outputType refuses all that it lacks.
func (r *redactor) layout(p part, dt arrow.DataType, s selection) (result, error) {
	if width, ok := fixedWidth(dt); ok {
		return r.fixed(p, s, width)
	}
	switch dt := dt.(type) {
	case *arrow.NullType:
		return result{buffers: r.list(nil), nulls: s.n}, nil
	case *arrow.BooleanType:
		return r.boolean(p, s)
	case *arrow.StringType, *arrow.BinaryType:
		return varBinary[int32](r, p, s)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return varBinary[int64](r, p, s)
	case *arrow.StringViewType, *arrow.BinaryViewType:
		return r.views(p, s)
	case *arrow.ListType, *arrow.MapType:
		return list[int32](r, p, dt.(arrow.NestedType), s)
	case *arrow.LargeListType:
		return list[int64](r, p, dt, s)
	case *arrow.ListViewType:
		return listView[int32](r, p, dt, s)
	case *arrow.LargeListViewType:
		return listView[int64](r, p, dt, s)
	case *arrow.FixedSizeListType:
		return r.fixedSizeList(p, dt, s)
	case *arrow.StructType:
		return r.structs(p, dt, s)
	case *arrow.SparseUnionType:
		return r.sparseUnion(p, dt, s)
	case *arrow.DenseUnionType:
		return r.denseUnion(p, dt, s)
	case *arrow.DictionaryType:
		return r.dictionary(p, dt, s)
	case *arrow.RunEndEncodedType:
		return r.runEnds(p, dt, s)
	}
	return result{}, fmt.Errorf("values of type %s cannot be redacted", dt)
}

// storage is the type that an extension keeps its values in; other types are their own.
func storage(dt arrow.DataType) arrow.DataType {
	for {
		ext, ok := dt.(arrow.ExtensionType)
		if !ok {
			return dt
		}
		dt = ext.StorageType()
	}
}
