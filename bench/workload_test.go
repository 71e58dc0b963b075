package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// Names of workloads are frozen: measurements are compared by them. A name may be added; one that goes, or comes to
// mean something else, ends a series.
func TestNamesAreFrozen(t *testing.T) {
	var names strings.Builder
	for _, w := range Workloads() {
		fmt.Fprintf(&names, "%s %s\n", w.Name, strings.Join(w.Presets, ","))
		for _, part := range strings.Split(w.Sub(), "/") {
			key, value, ok := strings.Cut(part, "=")
			require.True(t, ok && key != "" && value != "", "%s: %q is no key=value", w.Name, part)
		}
	}
	golden := filepath.Join("testdata", "names.txt")
	if os.Getenv("CUBEWARD_FREEZE") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(golden, []byte(names.String()), 0o666))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), names.String(), "published names moved; where that is meant, run with CUBEWARD_FREEZE=1")
}

// The content of workloads is the same on every machine and with every version of Go.
func TestContentIsFrozen(t *testing.T) {
	for _, c := range []struct {
		name string
		hash func() (string, error)
		want string
	}{
		{"company of 1,000", func() (string, error) { return hashCompany(Company{Members: 1000}) }, "618305007a0f19c9"},
		{"company of 700 kinds", func() (string, error) { return hashCompany(Company{Members: 2000, Kinds: 700, Depth: 20, Seed: 9}) }, "8962324a19d5e84f"},
		{"table by columns", func() (string, error) { return hashTable(t, Table{Rows: 5000, Hidden: 10, Factors: 4, Run: 3}) }, "9e8c59f60054bc8d"},
		{"dense table", func() (string, error) {
			return hashTable(t, Table{Layout: Dense, Rows: 4096, Hidden: 30, Type: "text", Measures: 2})
		}, "53d461abfa67e3d7"},
		{"crowd", func() (string, error) { return hashCrowd(t, Crowd{Members: 12, Rows: 700, Hidden: 20, Seed: 4}) }, "c26eea762cae787a"},
		{"changes", func() (string, error) { return hashChanges(Company{Members: 1000}) }, "ab24b3c92e7c8ffd"},
		{"lists", func() (string, error) { return hashTable(t, Table{Layout: Index, Rows: 512, Hidden: 30, Type: "list"}) }, "f6e93b94aaf0a1c9"},
	} {
		got, err := c.hash()
		require.NoError(t, err, c.name)
		assert.Equal(t, c.want, got, c.name)
	}
}

func hashCompany(c Company) (string, error) {
	ws, err := c.Workspace()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, l := range ws.Lists() {
		fmt.Fprintf(h, "list %s %q\n", l, l.Items())
	}
	for _, b := range ws.Blocks() {
		fmt.Fprintf(h, "block %s %s %v\n", b, b.Type, b.Dims)
		if b.Formula != nil {
			fmt.Fprintf(h, "formula %s\n", b.Formula.Text)
		}
		if b.Input != nil {
			hashColumn(h, b.Input)
		}
	}
	for _, r := range ws.Applications[0].Rules {
		fmt.Fprintf(h, "rule %s %s %d %d %v %v %v\n", r.Name, r.Metric, r.Categories, r.Target, r.Blocks, r.Dims, r.Replace)
	}
	for m := range ws.Users.Len() {
		fmt.Fprintf(h, "%d ", ws.Applications[0].RoleOf(cube.ItemID(m)))
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func hashColumn(h hash.Hash, c *cube.Column) {
	_ = binary.Write(h, binary.LittleEndian, c.Cells())
	v := c.Vector()
	for _, f := range v.Numbers {
		_ = binary.Write(h, binary.LittleEndian, math.Float64bits(f))
	}
	_ = binary.Write(h, binary.LittleEndian, v.Ints)
	h.Write(v.Bytes)
	fmt.Fprintf(h, "%q", v.Dict)
}

func hashTable(t *testing.T, table Table) (string, error) {
	s, err := table.Sheet(t.Context())
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, s.Batch.Schema())
	for _, c := range s.Batch.Columns() {
		hashArray(h, c.Data())
		if d, ok := c.(*array.Dictionary); ok {
			hashArray(h, d.Dictionary().Data())
		}
	}
	v := s.Member.Rights().Workspace().Applications[0].Metric(measureName(0))
	view, err := s.Member.Block(engine.Ref{App: v.App, Block: v})
	if err != nil {
		return "", err
	}
	for _, table := range view.Tables(engine.Readable) {
		_ = binary.Write(h, binary.LittleEndian, table.Bits)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func hashCrowd(t *testing.T, c Crowd) (string, error) {
	members, s, err := c.sheet(t.Context())
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, c := range s.Batch.Columns() {
		hashArray(h, c.Data())
	}
	v := members[0].Rights().Workspace().Applications[0].Metric(measureName(0))
	for _, m := range members {
		view, err := m.Block(engine.Ref{App: v.App, Block: v})
		if err != nil {
			return "", err
		}
		for _, table := range view.Tables(engine.Readable) {
			_ = binary.Write(h, binary.LittleEndian, table.Bits)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func hashChanges(c Company) (string, error) {
	ws, err := c.Workspace()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	draw := newChanges(ws, c.Seed)
	for n := range 20 {
		for _, kind := range changeKinds() {
			fmt.Fprintf(h, "%+v\n", draw.of(kind, n))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func hashArray(h hash.Hash, d arrow.ArrayData) {
	for _, b := range d.Buffers() {
		if b != nil {
			h.Write(b.Bytes())
		}
	}
	for _, c := range d.Children() {
		hashArray(h, c)
	}
}

// A company is what its numbers say.
func TestCompanyHasWhatItSays(t *testing.T) {
	ws, err := Company{Members: 2000, Kinds: 150}.Workspace()
	require.NoError(t, err)
	r, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	require.Len(t, r.Groups(), 150)
	var rights, values, calculated int
	for _, m := range ws.Applications[0].Metrics {
		switch {
		case m.Type.Kind == cube.AccessRights:
			rights++
			require.NotZero(t, used(ws, m), "%s governs nothing", m)
		case m.Formula != nil:
			calculated++
			values++
		default:
			values++
		}
	}
	require.Equal(t, 20, rights)
	require.Equal(t, 60, values)
	require.Equal(t, 48, calculated)
	var none, some, all int
	for _, ref := range audit.Blocks(ws) {
		for _, g := range r.Groups() {
			v, err := r.MemberAt(g[0]).Block(ref)
			require.NoError(t, err)
			n, cells, err := v.Count(engine.Readable, nil)
			require.NoError(t, err)
			switch n {
			case 0:
				none++
			case cells:
				all++
			default:
				some++
			}
		}
	}
	require.Greater(t, none, 100, "some members read nothing of some blocks")
	require.Greater(t, some, 1000, "most is read in part")
	require.Greater(t, all, 100, "some members read all of some blocks")
}

func used(ws *cube.Workspace, m *cube.Block) int {
	n := 0
	for _, r := range ws.Applications[0].Rules {
		if r.Metric == m {
			n++
		}
	}
	return n
}

// What is loaded from the files of a company is the company.
func TestModelFilesAreTheCompany(t *testing.T) {
	ws, err := Company{Members: 300, Kinds: 40, Employees: 200, Months: 6, Countries: 12, Departments: 20}.Workspace()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, WriteModel(ws, dir))
	loaded, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	a, err := engine.Compile(t.Context(), ws, engine.Options{})
	require.NoError(t, err)
	b, err := engine.Compile(t.Context(), loaded, engine.Options{})
	require.NoError(t, err)
	require.Equal(t, a.Groups(), b.Groups())
	for _, ref := range audit.Blocks(ws) {
		other, err := b.Find(ref.Block.Label(), "")
		if err != nil { // a name with spaces and a dot
			other, err = b.Find("'"+strings.Join(strings.SplitN(ref.Block.Label(), ".", 2), "'.'")+"'", "")
		}
		require.NoError(t, err)
		if ref.Block.Kind != cube.ItemSet && ref.Block.Type.Kind != cube.AccessRights {
			x, err := a.Values(t.Context(), ref.Block)
			require.NoError(t, err)
			y, err := b.Values(t.Context(), other.Block)
			require.NoError(t, err)
			require.Equal(t, hashOf(x), hashOf(y), ref.String())
		}
		for _, g := range a.Groups() {
			v, err := a.MemberAt(g[0]).Block(ref)
			require.NoError(t, err)
			w, err := b.MemberAt(g[0]).Block(other)
			require.NoError(t, err)
			for _, c := range []engine.Category{engine.Readable, engine.Writable} {
				require.Equal(t, v.Tables(c), w.Tables(c), ref.String())
			}
		}
	}
}

func hashOf(c *cube.Column) string {
	h := sha256.New()
	for i := range c.Space().Len() {
		fmt.Fprintln(h, c.Value(i))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Every workload that is not large runs, and hides what it says.
func TestWorkloadsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every workload once")
	}
	stage := NewStage("")
	defer func() { require.NoError(t, stage.Close()) }()
	for _, name := range []string{small, shapes} {
		ws, err := Preset(name)
		require.NoError(t, err)
		for _, w := range ws {
			op, err := w.Prepare(t.Context(), stage)
			require.NoError(t, err, w.Name)
			require.NoError(t, op.Do(t.Context()), w.Name)
			require.NoError(t, op.Do(t.Context()), w.Name)
		}
	}
}

func TestTablesHideWhatTheySay(t *testing.T) {
	for _, table := range []Table{
		{Rows: 1 << 14, Hidden: 10},
		{Rows: 1 << 14, Hidden: 50, Factors: 6, Layout: Text},
		{Rows: 1 << 14, Hidden: 10, Layout: Dense},
		{Rows: 1 << 14, Hidden: 10, Layout: Dense, Type: "list", Run: 64},
		{Rows: 1 << 14, Hidden: 10, Layout: Dense, Dims: 6, Factors: 6},
		{Rows: 1 << 14, Layout: Index, Type: "text"},
		{Rows: 1 << 14, Hidden: 100, Type: "bool"},
	} {
		s, err := table.Sheet(t.Context())
		require.NoError(t, err, table.Model())
		op, err := s.Op()
		require.NoError(t, err, table.Model())
		own, err := op.Own(t.Context())
		require.NoError(t, err)
		require.InDelta(t, float64(table.Hidden), own[0].Value, 3, table.Model())
		if table.Hidden%100 == 0 {
			require.InDelta(t, float64(table.Hidden), own[0].Value, 0, table.Model())
		}
		s.Batch.Release()
	}
}

func TestMatch(t *testing.T) {
	ws, err := Match("^Mask/layout=dense/rows=64Ki/dims=3/factors=2", false)
	require.NoError(t, err)
	require.NotEmpty(t, ws)
	for _, w := range ws {
		require.True(t, strings.HasPrefix(w.Name, "Mask/layout=dense/rows=64Ki/"), w.Name)
		require.False(t, w.Large)
	}
	whole := Company{Members: 1_000_000}.Compile().Name
	ws, err = Match(whole, false)
	require.NoError(t, err)
	require.Len(t, ws, 1, "a large workload by its whole name")
	_, err = Match("Nothing", true)
	require.Error(t, err)
	_, err = Match("(", true)
	require.Error(t, err)
	_, err = Preset("gigantic")
	require.ErrorContains(t, err, "hostile")
}

func TestExactly(t *testing.T) {
	for _, c := range []struct{ n, run int }{{100, 1}, {100, 7}, {1, 64}} {
		got := exactly(newDice(1, 2), c.n, c.run, 0.3)
		require.Len(t, got, c.n)
		runs := bytes.Count(fmt.Appendf(nil, "%v", everyNth(got, c.run)), []byte("true"))
		require.Equal(t, int(math.Round(0.3*float64((c.n+c.run-1)/c.run))), runs)
	}
}

func everyNth(v []bool, n int) []bool {
	var out []bool
	for i := 0; i < len(v); i += n {
		out = append(out, v[i])
	}
	return out
}
