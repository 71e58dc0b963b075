package enginetest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
)

// corpus is where worked models with expected answers may stand, beside the repository.
const corpus = "../../../shared/conformance"

type corpusEntry struct {
	Kind, Member, Application, Block, B, File, As string
	Status                                        int
}

// TestCorpus: rights and values of every case, through the engine and through the oracle, byte for byte.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus beside the repository")
	}
	cases, err := filepath.Glob(filepath.Join(corpus, "*", "*", "expected", "index.json"))
	require.NoError(t, err)
	require.NotEmpty(t, cases, "a corpus without a case")
	judged := 0
	for _, index := range cases {
		dir := filepath.Dir(filepath.Dir(index))
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			judged += runCorpusCase(t, dir, index)
		})
	}
	require.Positive(t, judged)
}

func runCorpusCase(t *testing.T, dir, index string) int {
	data, err := os.ReadFile(index)
	require.NoError(t, err)
	var entries []corpusEntry
	require.NoError(t, json.Unmarshal(data, &entries))
	require.NotEmpty(t, entries)
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	o, err := NewOracle(ws)
	require.NoError(t, err)
	e, err := newEngineJudge(ws)
	require.NoError(t, err)
	judged := 0
	for _, entry := range entries {
		if entry.Kind == "mask" { // the command's tests do these
			continue
		}
		judged++
		for name, j := range map[string]judge{"oracle": o, "engine": e} {
			got, err := corpusAnswer(ws, j, entry)
			if entry.Status != 0 {
				require.Error(t, err, "%s: %+v", name, entry)
				continue
			}
			require.NoError(t, err, "%s: %+v", name, entry)
			want, err := os.ReadFile(filepath.Join(dir, entry.File))
			require.NoError(t, err)
			require.Equal(t, string(want), got, "%s: %s", name, entry.File)
		}
	}
	return judged
}

// corpusAnswer is the CSV that `cubeward rights` or `values` prints (SPEC 6).
func corpusAnswer(ws *cube.Workspace, j judge, entry corpusEntry) (string, error) {
	app, b, err := findBlock(ws, ws.Application(entry.Application), entry.B)
	if err != nil {
		return "", err
	}
	var head []string
	for _, d := range b.Dims {
		head = append(head, d.NameIn(b.App))
	}
	names := func(items []cube.ItemID) []string {
		var out []string
		for i, d := range b.Dims {
			out = append(out, d.Item(items[i]))
		}
		return out
	}
	if entry.Kind == "values" {
		rows := [][]string{append(head, b.Label())}
		err := cells(b, func(items []cube.ItemID) error {
			v, err := j.value(b, items)
			if !v.IsBlank() {
				rows = append(rows, append(names(items), show(b.Type, v)))
			}
			return err
		})
		return writeCSV(rows), err
	}
	who, err := member(ws, entry.Member)
	if err != nil {
		return "", err
	}
	admin := cube.NoItem
	if entry.As != "" {
		if admin, err = member(ws, entry.As); err != nil {
			return "", err
		}
	}
	rows := [][]string{append(head, "read", "write")}
	err = cells(b, func(items []cube.ItemID) error {
		d, err := j.decide(admin, who, app, b, items)
		rows = append(rows, append(names(items), boolText(d.Read), boolText(d.Write)))
		return err
	})
	return writeCSV(rows), err
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func writeCSV(rows [][]string) string {
	var b bytes.Buffer
	for _, row := range rows {
		if len(row) == 1 && row[0] == "" {
			b.WriteString("\"\"\n")
			continue
		}
		w := csv.NewWriter(&b)
		_ = w.Write(row)
		w.Flush()
	}
	return b.String()
}
