package cubeward_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// TestModelFilesDocument loads every model of docs/model-files.md and compares the answers that stand there.
func TestModelFilesDocument(t *testing.T) {
	path := filepath.Join("docs", "model-files.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	doc := &modelDocument{t: t, dir: t.TempDir()}
	lines := strings.Split(string(text), "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		out = append(out, lines[i])
		info, ok := strings.CutPrefix(lines[i], "```")
		if !ok {
			continue
		}
		var body []string
		for i++; lines[i] != "```"; i++ {
			body = append(body, lines[i])
		}
		body = doc.block(info, body)
		out = append(append(out, body...), "```")
	}
	require.Greater(t, doc.answers, 10)
	want := strings.Join(out, "\n")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "run `make golden`")
}

type modelDocument struct {
	t       *testing.T
	dir     string
	rights  *engine.Rights
	err     error
	answers int
}

// block writes a file, loads a model or answers a question, and returns what should stand in the block.
func (d *modelDocument) block(info string, body []string) []string {
	kind, rest, _ := strings.Cut(info, " ")
	name, isFile := strings.CutPrefix(rest, "file=")
	switch {
	case isFile && name != "workspace.yaml":
		d.write(name, body)
		return body
	case kind == "yaml":
		if !isFile {
			name = "model.yaml"
			require.NoError(d.t, os.RemoveAll(filepath.Join(d.dir, "workspace.yaml")))
		}
		d.write(name, body)
		d.load()
		return body
	case rest == "check":
		require.Error(d.t, d.err)
		d.answers++
		return strings.Split(strings.ReplaceAll(d.err.Error(), d.dir+"/", ""), "\n")
	}
	require.NoError(d.t, d.err)
	question, rest, _ := strings.Cut(rest, " ")
	d.answers++
	if question == "values" {
		return d.values(rest)
	}
	require.Equal(d.t, "rights", question)
	member, block, _ := strings.Cut(rest, " ")
	return d.rightsOf(member, block)
}

func (d *modelDocument) write(name string, body []string) {
	path := filepath.Join(d.dir, name)
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(d.t, os.WriteFile(path, []byte(strings.Join(body, "\n")+"\n"), 0o644))
}

func (d *modelDocument) load() {
	d.rights = nil
	ws, err := modelfile.Load(d.dir, modelfile.Options{})
	if err == nil {
		d.rights, err = engine.Compile(context.Background(), ws, engine.Options{})
	}
	d.err = err
}

func (d *modelDocument) rightsOf(member, block string) []string {
	m, err := d.rights.Member(member)
	require.NoError(d.t, err)
	ref, err := d.rights.Find(block, "")
	require.NoError(d.t, err)
	v, err := m.Block(ref)
	require.NoError(d.t, err)
	return table(ref, []string{"read", "write"}, func(items []cube.ItemID) []string {
		c := v.Decide(items...)
		return []string{fmt.Sprint(c.Read), fmt.Sprint(c.Write)}
	})
}

func (d *modelDocument) values(block string) []string {
	ref, err := d.rights.Find(block, "")
	require.NoError(d.t, err)
	col, err := d.rights.Values(context.Background(), ref.Block)
	require.NoError(d.t, err)
	return table(ref, []string{ref.Block.Label()}, func(items []cube.ItemID) []string {
		v := col.Value(col.Space().Cell(items))
		if v.IsBlank() {
			return nil
		}
		return []string{show(v, col.Type())}
	})
}

// table writes a line for each cell of a block for which answer has fields.
func table(ref engine.Ref, answers []string, answer func([]cube.ItemID) []string) []string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	var head []string
	for _, l := range ref.Block.Dims {
		head = append(head, l.NameIn(ref.App))
	}
	_ = w.Write(append(head, answers...))
	space, _ := ref.Block.Space()
	items := make([]cube.ItemID, len(ref.Block.Dims))
	for c := range space.Len() {
		space.At(c, items)
		var line []string
		for i, l := range ref.Block.Dims {
			line = append(line, l.Item(items[i]))
		}
		if fields := answer(items); fields != nil {
			_ = w.Write(append(line, fields...))
		}
	}
	w.Flush()
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}
