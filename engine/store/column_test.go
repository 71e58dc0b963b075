package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// blocksOfEveryType are blocks with values of every type, in every form.
func blocksOfEveryType(t testing.TB) []*cube.Block {
	t.Helper()
	ws := cube.NewWorkspace("W")
	app := ws.AddApplication("A")
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprint(i))
	}
	list := app.AddList("L")
	require.NoError(t, list.Append(names...))
	empty := app.AddList("E")
	value := map[cube.Kind]func(int) cube.Value{
		cube.Number:       func(i int) cube.Value { return cube.NumberValue(float64(i) / 3) },
		cube.Text:         func(i int) cube.Value { return cube.TextValue(fmt.Sprint(i % 5)) },
		cube.Boolean:      func(i int) cube.Value { return cube.BooleanValue(i%2 == 0) },
		cube.Date:         func(i int) cube.Value { return cube.DateValue(int32(7*i - 100)) },
		cube.Item:         func(i int) cube.Value { return cube.ItemValue(cube.ItemID(i)) },
		cube.AccessRights: func(i int) cube.Value { return cube.RightsValue(cube.Rights(i % 4)) },
	}
	var out []*cube.Block
	for kind := cube.Number; kind <= cube.AccessRights; kind++ {
		typ := cube.Type{Kind: kind}
		if kind == cube.Item {
			typ.List = list
		}
		for _, step := range []int{0, 1, 2, 9} { // constant, dense, dense with BLANKs, sparse
			m := app.AddMetric(fmt.Sprint(kind, step), typ, list)
			space, err := m.Space()
			require.NoError(t, err)
			b := cube.NewColumnBuilder(typ, space)
			for i := 0; i < 40; i += max(step, 1) {
				b.Set(uint64(i), value[kind](i*min(step, 1)))
			}
			m.Input, err = b.Column()
			require.NoError(t, err)
			out = append(out, m)
		}
	}
	m := app.AddMetric("nothing", cube.Type{Kind: cube.Number}, empty)
	space, err := m.Space()
	require.NoError(t, err)
	m.Input = cube.NewConstant(m.Type, space, cube.Value{})
	return append(out, m)
}

func TestColumns(t *testing.T) {
	forms := map[cube.Form]int{}
	for _, b := range blocksOfEveryType(t) {
		p := put{}
		putColumn(&p, b.Input)
		in := taking(p.b)
		got := takeColumn(in, b)
		require.NoError(t, in.failed(), b.Name)
		forms[got.Form()]++
		for c := range b.Input.Space().Len() {
			require.Equal(t, b.Input.Value(c), got.Value(c), b.Name)
		}
		for n := range p.b {
			in := taking(p.b[:n])
			takeColumn(in, b)
			require.Error(t, in.failed(), "%s: %d bytes", b.Name, n)
		}
	}
	require.Len(t, forms, 3)
}

// The form that is written depends on what a column holds, and not on how it holds it.
func TestColumnsHaveOneForm(t *testing.T) {
	for _, b := range blocksOfEveryType(t) {
		want := put{}
		putColumn(&want, b.Input)
		space := b.Input.Space()
		sparse, dense := cube.NewVectorBuilder(b.Type.Kind), cube.NewVectorBuilder(b.Type.Kind)
		var cells []uint64
		for c := range space.Len() {
			v := b.Input.Value(c)
			dense.Append(v)
			if !v.IsBlank() || c%3 == 0 { // a BLANK may be kept, too
				cells = append(cells, c)
				sparse.Append(v)
			}
		}
		for _, col := range []*cube.Column{cube.NewDense(b.Type, space, dense.Vector()), cube.NewSparse(b.Type, space, cells, sparse.Vector())} {
			got := put{}
			putColumn(&got, col)
			require.Equal(t, want.b, got.b, b.Name)
		}
	}
}
