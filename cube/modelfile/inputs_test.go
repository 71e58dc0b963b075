package modelfile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// inputsOf loads a model and holds what it says of its files to what they are, and to Inputs.
func inputsOf(t testing.TB, path, dir string, opt Options) []string {
	t.Helper()
	_, inputs, err := LoadInputs(path, opt)
	require.NoError(t, err)
	names := []string{}
	for _, in := range inputs {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(in.Path)))
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(content), in.SHA256, in.Path)
		require.EqualValues(t, len(content), in.Size, in.Path)
		names = append(names, in.Path)
	}
	again, err := Inputs(path, opt)
	require.NoError(t, err)
	require.Equal(t, inputs, again, "without reading the tables")
	return names
}

// everyTable is a model whose parts all stand in tables, some of them read twice or by two blocks.
func everyTable(t *testing.T) string {
	dir := writeFiles(t, `members: {items: [a]}
accounts: {a: builder}
lists:
  L: {file: sub/l.csv, properties: {P: {type: number}, Q: {type: text, column: P}}}
  K: {file: k.arrows}
  J: {items: [file]}
metrics:
  M: {type: number, dimensions: [L], file: m.csv}
  N: {type: number, dimensions: [L], file: m.csv, value: M}
  A: {type: access_rights, dimensions: [User, K], file: a.arrow}
  file: {type: number, cells: [[3]]}
user_roles: {file: roles.csv}
-- sub/l.csv --
Id,P
x,1
y,2
-- m.csv --
L,M
x,1
-- roles.csv --
User,Role
a,Admin
`)
	fields := []arrow.Field{field1("User", arrow.BinaryTypes.String), field1("K", arrow.BinaryTypes.String), field1("A", arrow.BinaryTypes.String)}
	arrowFile(t, filepath.Join(dir, "a.arrow"), []arrow.RecordBatch{batch(t, memory.NewGoAllocator(), fields, `["a"]`, `["k"]`, `["rw"]`)})
	arrowFile(t, filepath.Join(dir, "k.arrows"), []arrow.RecordBatch{batch(t, memory.NewGoAllocator(), fields[1:2], `["k"]`)})
	return dir
}

func TestInputs(t *testing.T) {
	dir := everyTable(t)
	want := []string{"a.arrow", "k.arrows", "m.csv", "model.yaml", "roles.csv", "sub/l.csv"}
	require.Equal(t, want, inputsOf(t, dir, dir, Options{}))
	require.Equal(t, want, inputsOf(t, filepath.Join(dir, "model.yaml"), dir, Options{}))
}

func TestInputsOfExamples(t *testing.T) {
	found, err := filepath.Glob("../../examples/*/model.yaml")
	require.NoError(t, err)
	more, err := filepath.Glob("../../../shared/conformance/*/*/*.yaml")
	require.NoError(t, err)
	n := 0
	for _, file := range append(found, more...) {
		if _, err := Load(file, Options{}); err == nil {
			n++
			require.NotEmpty(t, inputsOf(t, file, filepath.Dir(file), Options{}), file)
		}
	}
	require.Positive(t, n)
}

// Progress never falls, and ends with everything.
func TestProgress(t *testing.T) {
	dir := everyTable(t)
	var rows strings.Builder
	rows.WriteString("Id,P\n")
	for i := range 3 * reportRows {
		fmt.Fprintf(&rows, "x%d,1\n", i)
	}
	rows.WriteString("x,1\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub/l.csv"), []byte(rows.String()), 0o600))
	var told [][2]int64
	ws, err := Load(dir, Options{Progress: func(done, total int64) { told = append(told, [2]int64{done, total}) }})
	require.NoError(t, err)
	require.Equal(t, 3*reportRows+1, ws.Applications[0].List("L").Len())
	size := int64(0)
	for _, name := range []string{"sub/l.csv", "sub/l.csv", "k.arrows", "m.csv", "m.csv", "a.arrow", "roles.csv"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		size += info.Size()
	}
	last := int64(0)
	for _, at := range told {
		require.Equal(t, size, at[1])
		require.GreaterOrEqual(t, at[0], last)
		last = at[0]
	}
	require.Equal(t, size, last)
	require.Greater(t, len(told), 12, "also within a table")
}

// A file is named as the model names it, wherever links lead: where they lead differs from machine to machine.
func TestInputsByLinks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"..data/workspace.yaml":        "cubeward: 1\nworkspace: W\nmembers: {file: members.csv}\napplications: {A: a/model.yaml, B: b.yaml}\n",
		"..data/members.csv":           "Name\nu\n",
		"..data/a/model.yaml":          "cubeward: 1\nlists: {L: {file: l.csv}}\nuser_roles: {u: Admin}\n",
		"..data/a/l.csv":               "L\nx\n",
		"elsewhere/b.yaml":             "cubeward: 1\nlists: {L: {file: only-here.csv}}\nuser_roles: {u: Admin}\n",
		"elsewhere/only-here.csv":      "L\nx\n",
		"elsewhere/unread/model.yaml":  "no",
		"elsewhere/unread/another.csv": "no",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	for link, to := range map[string]string{"a": "..data/a", "members.csv": "..data/members.csv", "workspace.yaml": "..data/workspace.yaml", "b.yaml": "elsewhere/b.yaml"} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, link)))
	}
	require.Equal(t, []string{"a/l.csv", "a/model.yaml", "b.yaml", "elsewhere/only-here.csv", "members.csv", "workspace.yaml"}, inputsOf(t, dir, dir, Options{}))
}

// What other readers read is held to what was hashed.
func TestInputsOfOtherTables(t *testing.T) {
	dir := writeFiles(t, "lists: {L: {file: t.mine}}\n-- t.mine --\n"+strings.Repeat("x", 3*pageSize)+"end")
	path := filepath.Join(dir, "t.mine")
	items := func(io.ReaderAt) (array.RecordReader, error) {
		b := batch(t, memory.NewGoAllocator(), []arrow.Field{field1("Id", arrow.BinaryTypes.String)}, `["a"]`)
		return array.NewRecordReader(b.Schema(), []arrow.RecordBatch{b})
	}
	readsAt := func(f *io.SectionReader) (array.RecordReader, error) {
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		require.EqualValues(t, len(whole), f.Size())
		for _, n := range []int{1, 100, pageSize, pageSize + 1, len(whole)} {
			for _, at := range []int{2 * pageSize, pageSize - 1, 0, len(whole) - n, len(whole) - 1} {
				got := make([]byte, n)
				k, err := f.ReadAt(got, int64(max(at, 0)))
				rest := whole[max(at, 0):]
				require.Equal(t, min(n, len(rest)), k)
				require.Equal(t, k < n, errors.Is(err, io.EOF))
				require.True(t, bytes.Equal(rest[:k], got[:k]))
			}
		}
		return items(f)
	}
	require.Equal(t, []string{"model.yaml", "t.mine"}, inputsOf(t, dir, dir, Options{Tables: map[string]TableReader{".mine": readsAt}}))

	for name, change := range map[string]func() error{
		"a byte":  func() error { return os.WriteFile(path, []byte(strings.Repeat("x", 3*pageSize)+"eNd"), 0o600) },
		"shorter": func() error { return os.Truncate(path, 2*pageSize) },
	} {
		changes := func(f *io.SectionReader) (array.RecordReader, error) {
			require.NoError(t, change())
			_, err := io.ReadAll(f)
			require.Error(t, err)
			return nil, err
		}
		_, inputs, err := LoadInputs(dir, Options{Tables: map[string]TableReader{".mine": changes}})
		require.ErrorIs(t, err, ErrChanged, name)
		require.ErrorContains(t, err, path)
		require.Empty(t, inputs)
		require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", 3*pageSize)+"end"), 0o600))
	}
}

// A list's file is read for its items, then for its properties; between them it must stay the same.
func TestInputsThatChange(t *testing.T) {
	dir := writeFiles(t, "lists: {A: {file: a.csv, properties: {P: {type: number}}}, L: {file: t.mine}}\n-- a.csv --\nId,P\nx,1\n-- t.mine --\n")
	for _, text := range []string{"Id,P\nx,2\n", "Id,P\nz,1\n"} {
		changes := func(*io.SectionReader) (array.RecordReader, error) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "a.csv"), []byte(text), 0o600))
			b := batch(t, memory.NewGoAllocator(), []arrow.Field{field1("Id", arrow.BinaryTypes.String)}, `["a"]`)
			return array.NewRecordReader(b.Schema(), []arrow.RecordBatch{b})
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a.csv"), []byte("Id,P\nx,1\n"), 0o600))
		_, _, err := LoadInputs(dir, Options{Tables: map[string]TableReader{".mine": changes}})
		require.ErrorIs(t, err, ErrChanged, text)
		require.ErrorContains(t, err, "a.csv")
	}
}

// Inputs finds what is missing, and never half of the files.
func TestInputsThatAreMissing(t *testing.T) {
	for name, broken := range map[string]func(dir string) error{
		"a table is gone":     func(dir string) error { return os.Remove(filepath.Join(dir, "m.csv")) },
		"a table is a folder": func(dir string) error { return os.Rename(filepath.Join(dir, "sub"), filepath.Join(dir, "roles.csv")) },
		"no model":            func(dir string) error { return os.Remove(filepath.Join(dir, "model.yaml")) },
		"no YAML":             func(dir string) error { return os.WriteFile(filepath.Join(dir, "model.yaml"), []byte("a: ["), 0o600) },
	} {
		dir := everyTable(t)
		require.NoError(t, errors.Join(os.Remove(filepath.Join(dir, "roles.csv")), broken(dir)), name)
		if name != "a table is a folder" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "roles.csv"), []byte("User,Role\na,Admin\n"), 0o600))
		}
		inputs, err := Inputs(dir, Options{})
		require.Error(t, err, name)
		require.Empty(t, inputs)
	}
}

// BenchmarkLoadInputs is what hashing costs beside loading; load=plain and load=inputs are to be compared in one run.
func BenchmarkLoadInputs(b *testing.B) {
	dir := b.TempDir()
	var members, roles strings.Builder
	members.WriteString("Email,Country,Name,Since\n")
	roles.WriteString("User,Role\n")
	for i := range 100_000 {
		fmt.Fprintf(&members, "user%d@example.org,c%d,Name of the member %d,2024-%02d-%02d\n", i, i%200, i, i%12+1, i%28+1)
		fmt.Fprintf(&roles, "user%d@example.org,Reader\n", i)
	}
	text := "cubeward: 1\napplication: A\nmembers: {file: members.csv, properties: {Name: {type: text}, Since: {type: date}}}\nuser_roles: {file: roles.csv}\n"
	for name, text := range map[string]string{"model.yaml": text, "members.csv": members.String(), "roles.csv": roles.String()} {
		require.NoError(b, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	b.Run("load=plain", func(b *testing.B) {
		for b.Loop() {
			_, err := Load(dir, Options{})
			require.NoError(b, err)
		}
	})
	b.Run("load=inputs", func(b *testing.B) {
		for b.Loop() {
			_, inputs, err := LoadInputs(dir, Options{})
			require.NoError(b, err)
			require.Len(b, inputs, 3)
		}
	})
	b.Run("load=none", func(b *testing.B) {
		for b.Loop() {
			_, err := Inputs(dir, Options{})
			require.NoError(b, err)
		}
	})
}
