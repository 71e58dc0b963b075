package modelfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// FuzzLoad loads a model and a table that it may name t.csv: no panic, the same result twice, mistakes sorted, in
// bounds and with a place.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/refused/*.txt")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(f, err)
		for _, c := range strings.Split(string(content), "\n## ")[1:] {
			_, text, _ := strings.Cut(c, "\n")
			input, _, _ := strings.Cut(text, "\n----\n")
			text, table, _ := strings.Cut(input, "\n-- ")
			_, table, _ = strings.Cut(table, "\n")
			for _, name := range []string{"l.csv", "m.csv", "n.csv", "r.csv"} {
				text = strings.ReplaceAll(text, name, "t.csv")
			}
			f.Add(model(text+"\n"), table)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, table string) {
		write(t, dir, "model.yaml", text)
		write(t, dir, "t.csv", table)
		file := filepath.Join(dir, "model.yaml")
		ws, err := Load(file, Options{})
		again, errAgain := Load(file, Options{})
		require.Equal(t, err, errAgain)
		require.Equal(t, ws == nil, again == nil)
		if err == nil {
			require.NotNil(t, ws)
			require.Equal(t, len(ws.Blocks()), len(again.Blocks()))
			return
		}
		mistakes, ok := err.(cube.Errors)
		if !ok {
			return
		}
		require.NotEmpty(t, mistakes)
		require.LessOrEqual(t, len(mistakes), cube.MaxErrors)
		for i, m := range mistakes {
			require.True(t, strings.HasPrefix(m.Pos.File, dir), "%v", m)
			require.NotEmpty(t, m.Message)
			require.True(t, i == 0 || mistakes[i-1].Pos.Compare(m.Pos) <= 0)
		}
	})
}

// FuzzArrow reads an IPC file and a stream: no panic, and no memory beyond what they may expand to.
func FuzzArrow(f *testing.F) {
	for name, content := range arrowSamples(f) {
		f.Add(content, strings.HasSuffix(name, ".arrows"))
	}
	f.Fuzz(func(t *testing.T, content []byte, stream bool) {
		name := "t.arrow"
		if stream {
			name = "t.arrows"
		}
		rows, err := drain(content, name)
		again, errAgain := drain(content, name)
		require.Equal(t, rows, again)
		require.Equal(t, err == nil, errAgain == nil)
	})
}
