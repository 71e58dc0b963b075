package mask

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// world is a small model built in Go.
type world struct {
	t      testing.TB
	ws     *cube.Workspace
	app    *cube.Application
	rights *engine.Rights
}

// newWorld has the members ada (Admin), bo (Modeler) and cy (no role) in the application App.
func newWorld(t testing.TB) *world {
	ws := cube.NewWorkspace("W")
	w := &world{t: t, ws: ws, app: ws.AddApplication("App")}
	require.NoError(t, ws.Users.Append("ada", "bo", "cy"))
	ws.Accounts = []cube.AccountType{cube.PrimaryOwner, cube.Standard, cube.Standard}
	for member, role := range []string{"Admin", "Modeler"} {
		id, ok := w.app.RoleList.Find(role)
		require.True(t, ok)
		w.app.SetRoleOf(cube.ItemID(member), id)
	}
	return w
}

func (w *world) list(name string, items ...string) *cube.List {
	l := w.app.AddList(name)
	require.NoError(w.t, l.Append(items...))
	return l
}

func (w *world) metric(name string, dims ...*cube.List) *cube.Block {
	return w.app.AddMetric(name, cube.Type{Kind: cube.Number}, dims...)
}

// rule governs blocks by an access-rights metric over User and dims, whose values rights gives.
func (w *world) rule(name string, on cube.RuleTarget, blocks []*cube.Block, rights func(member cube.ItemID, items []cube.ItemID) cube.Rights, dims ...*cube.List) {
	all := append([]*cube.List{w.ws.Users}, dims...)
	m := w.app.AddMetric(name, cube.Type{Kind: cube.AccessRights}, all...)
	space, err := m.Space()
	require.NoError(w.t, err)
	values := cube.NewVectorBuilder(cube.AccessRights)
	items := make([]cube.ItemID, len(all))
	for c := range space.Len() {
		space.At(c, items)
		values.Append(cube.RightsValue(rights(items[0], items[1:])))
	}
	m.Input = cube.NewDense(m.Type, space, values.Vector())
	w.app.Rules = append(w.app.Rules, &cube.Rule{
		Name: "rule " + name, Metric: m, Categories: cube.Read | cube.Write, Target: on, Blocks: blocks,
	})
}

func (w *world) member(name string) *engine.Member {
	if w.rights == nil {
		var err error
		w.rights, err = engine.Compile(w.t.Context(), w.ws, engine.Options{})
		require.NoError(w.t, err)
	}
	m, err := w.rights.Member(name)
	require.NoError(w.t, err)
	return m
}

func (w *world) view(m *engine.Member, b *cube.Block) *engine.View {
	v, err := m.Block(engine.Ref{App: w.app, Block: b})
	require.NoError(w.t, err)
	return v
}

func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

// field is a column of a test's batch.
type field struct {
	name string
	data arrow.Array
}

// batchOf is a batch of columns, which it takes over.
func batchOf(fields ...field) arrow.RecordBatch {
	var fs []arrow.Field
	var cols []arrow.Array
	for _, f := range fields {
		fs, cols = append(fs, arrow.Field{Name: f.name, Type: f.data.DataType(), Nullable: true}), append(cols, f.data)
	}
	b := array.NewRecordBatch(arrow.NewSchema(fs, nil), cols, -1)
	for _, c := range cols {
		c.Release()
	}
	return b
}

// texts is a column of names; "" is null.
func texts(mem memory.Allocator, values ...string) arrow.Array {
	return textsAs(mem, arrow.BinaryTypes.String, values)
}

func textsAs(mem memory.Allocator, dt arrow.DataType, values []string) arrow.Array {
	b := array.NewBuilder(mem, dt)
	defer b.Release()
	for _, v := range values {
		if v == "" {
			b.AppendNull()
		} else {
			_ = b.AppendValueFromString(v)
		}
	}
	return b.NewArray()
}

func floats(mem memory.Allocator, values ...float64) arrow.Array {
	b := array.NewFloat64Builder(mem)
	defer b.Release()
	b.AppendValues(values, nil)
	return b.NewArray()
}

// Items that a column of a test holds besides those of its list.
const (
	someoneElse = -1 // a value that is no item
	nothing     = -2 // null
)

// itemTypes are the types that can hold names of the items of a list, given what its names look like.
func itemTypes(rng *rand.Rand, l *cube.List) arrow.DataType {
	plain := []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView}
	switch l.Name {
	case "Numbers":
		plain = append(plain, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16,
			arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64)
	case "Days":
		plain = append(plain, arrow.FixedWidthTypes.Date32)
	}
	dt := plain[rng.IntN(len(plain))]
	index := []arrow.DataType{
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16,
		arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64,
	}[rng.IntN(8)]
	switch rng.IntN(4) {
	case 0:
		return &arrow.DictionaryType{IndexType: index, ValueType: dt}
	case 1:
		if dt.ID() != arrow.STRING_VIEW { // the library has no builder for such runs
			return arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, dt)
		}
	}
	return dt
}

// itemsAs is a column of the given type that names items of a list.
func itemsAs(mem memory.Allocator, dt arrow.DataType, l *cube.List, items []int) arrow.Array {
	name := func(item int) string {
		switch {
		case item >= 0:
			return l.Item(cube.ItemID(item))
		case item == nothing:
			return ""
		case l.Name == "Numbers":
			return "99"
		case l.Name == "Days":
			return "1999-12-31"
		}
		return " a name that is no item of the list "
	}
	values := make([]string, len(items))
	for i, item := range items {
		values[i] = name(item)
	}
	if dict, ok := dt.(*arrow.DictionaryType); ok {
		return dictionaryOf(mem, dict, values)
	}
	return textsAs(mem, dt, values)
}

// dictionaryOf writes the dictionary by hand, with a null entry and an unused one, which builders never make.
func dictionaryOf(mem memory.Allocator, dt *arrow.DictionaryType, values []string) arrow.Array {
	entries, place := []string{"", "1"}, map[string]int{"1": 1}
	if dt.ValueType.ID() == arrow.DATE32 {
		entries[1], place = "2001-01-01", map[string]int{"2001-01-01": 1}
	}
	b := array.NewBuilder(mem, dt.IndexType)
	defer b.Release()
	for i, v := range values {
		if v == "" {
			if i%2 == 0 {
				b.AppendNull()
			} else {
				_ = b.AppendValueFromString("0")
			}
			continue
		}
		if _, ok := place[v]; !ok {
			place[v] = len(entries)
			entries = append(entries, v)
		}
		_ = b.AppendValueFromString(fmt.Sprint(place[v]))
	}
	idx, dict := b.NewArray(), textsAs(mem, dt.ValueType, entries)
	defer idx.Release()
	defer dict.Release()
	return array.NewDictionaryArray(dt, idx, dict)
}

// positionsAs is a column of item positions.
func positionsAs(mem memory.Allocator, dt arrow.DataType, items []int) arrow.Array {
	b := array.NewBuilder(mem, dt)
	defer b.Release()
	for _, item := range items {
		switch item {
		case nothing:
			b.AppendNull()
		case someoneElse:
			_ = b.AppendValueFromString("100")
		default:
			_ = b.AppendValueFromString(fmt.Sprint(item))
		}
	}
	return b.NewArray()
}

func days(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = time.Date(2001, 1, 1+3*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	return out
}
