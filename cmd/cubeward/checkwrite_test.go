package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// proposed has a cell that ann may change, one that she may read, one that she may not, and one that stands nowhere. The
// second row empties a cell.
const proposed = "Market,Quarter,Sales,Best market,note\n" +
	"Spain,Q1,1,,a\nItaly,Q1,,,b\n\"Korea, South\",Q2,777001,Spain,c\nMars,Q1,777002,,d\n"

func TestCheckWrite(t *testing.T) {
	in := write(t, "in.csv", proposed)
	ask := func(user string, more ...string) outcome {
		t.Helper()
		return call(t, append([]string{"check-write", "-m", "testdata/shop", "-u", user, "-i", in, "--pass", "note"}, more...)...)
	}
	require.Equal(t, outcome{status: statusRefused, stdout: `row 2, Sales at Market=Italy, Quarter=Q1: no_write
row 3, Sales at Market="Korea, South", Quarter=Q2: no_read, no_write
row 4, Sales at Market=?, Quarter=Q1: no_read, no_write
8 cells proposed, 3 locked
`}, ask("ann"))

	got := ask("ann", "--json")
	require.Equal(t, statusRefused, got.status)
	require.NotContains(t, got.stdout+got.stderr, "77700", "proposed values are not quoted")
	require.JSONEq(t, `[
		{"column":"Sales","row":1,"cell":{"Market":"Spain","Quarter":"Q1"},"locked":false,"reasons":[]},
		{"column":"Best market","row":1,"cell":{"Quarter":"Q1"},"locked":false,"reasons":[]},
		{"column":"Sales","row":2,"cell":{"Market":"Italy","Quarter":"Q1"},"locked":true,"reasons":["no_write"]},
		{"column":"Best market","row":2,"cell":{"Quarter":"Q1"},"locked":false,"reasons":[]},
		{"column":"Sales","row":3,"cell":{"Market":"Korea, South","Quarter":"Q2"},"locked":true,"reasons":["no_read","no_write"]},
		{"column":"Best market","row":3,"cell":{"Quarter":"Q2"},"locked":false,"reasons":[]},
		{"column":"Sales","row":4,"cell":{"Market":null,"Quarter":"Q1"},"locked":true,"reasons":["no_read","no_write"]},
		{"column":"Best market","row":4,"cell":{"Quarter":"Q1"},"locked":false,"reasons":[]}]`, got.stdout)

	none := ask("zoe")
	require.Equal(t, statusRefused, none.status)
	require.Contains(t, none.stdout, "row 4, Best market at Quarter=Q1: no_membership, no_read, no_write\n8 cells proposed, 8 locked\n")
	as := ask("ann", "--as", "zoe")
	require.Contains(t, as.stdout, "row 1, Sales at Market=Spain, Quarter=Q1: impersonation\n")
	require.Equal(t, statusRefused, ask("zoe", "--as", "ann").status)
	require.Empty(t, ask("zoe", "--as", "ann").stdout)
}

func TestCheckWriteAnswersYes(t *testing.T) {
	in := write(t, "in.csv", "Market,was\nSpain,1\nSpain,\n")
	dir := t.TempDir()
	args := []string{"check-write", "-m", "testdata/shop", "-u", "ann", "-i", in, "--column", "was=Sales", "--at", "Quarter=Q1"}
	require.Equal(t, outcome{stdout: "2 cells proposed, 0 locked\n"}, call(t, args...))
	require.Equal(t, outcome{}, call(t, append(args, "-o", filepath.Join(dir, "x.txt"))...))
	require.Equal(t, "2 cells proposed, 0 locked\n", readFile(t, filepath.Join(dir, "x.txt")))
	empty := write(t, "in.csv", "Market,Quarter,Sales\n")
	require.Equal(t, outcome{stdout: "[]\n"}, call(t, "check-write", "-m", "testdata/shop", "-u", "ann", "-i", empty, "--json"))
	calculated := write(t, "in.csv", "Total\n1\n")
	require.Equal(t, outcome{status: statusRefused, stdout: "row 1, Total: no_read, no_write, calculated\n1 cell proposed, 1 locked\n"},
		call(t, "check-write", "-m", "testdata/shop", "-u", "ann", "-i", calculated))
}

// Rows are counted over all batches, whatever format they come in.
func TestCheckWriteOfManyBatches(t *testing.T) {
	schema, batches := salesTable(t)
	stream := streamOf(t, schema, batches, true)
	args := []string{"check-write", "-m", "testdata/shop", "-u", "ann", "--json", "-i"}
	want := callWith(t, stream, append(args, "-")...)
	require.Equal(t, statusRefused, want.status, want.stderr)
	var cells []proposalResult
	require.NoError(t, json.Unmarshal([]byte(want.stdout), &cells))
	require.Len(t, cells, 8)
	require.EqualValues(t, 4, cells[7].Row)
	require.Equal(t, []string{"no_write"}, cells[6].Reasons)
	in := write(t, "in.arrows", string(stream))
	for _, ext := range []string{"csv", "arrow", "arrows", "parquet"} {
		path := filepath.Join(t.TempDir(), "in."+ext)
		convert(t, in, path)
		require.Equal(t, want, call(t, append(args, path)...), ext)
	}
	cut := callWith(t, stream[:len(stream)-8], append(args, "-")...)
	require.Equal(t, statusInvalid, cut.status, "an answer about a part is none")
	require.Empty(t, cut.stdout)
}

func TestCheckWriteMistakes(t *testing.T) {
	in := write(t, "in.csv", proposed)
	many := write(t, "in.csv", "Market,Quarter,Sales\n"+strings.Repeat("Italy,Q1,1\n", 100))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-u", "ann"}, "-m PATH (or -r FILE) and -i CELLS are missing"},
		{[]string{"-m", "testdata/shop", "-u", "nobody", "-i", in}, "nobody"},
		{[]string{"-m", "testdata/shop", "-u", "ann", "-i", in}, `column "note"`},
		{[]string{"-m", "testdata/shop", "-u", "ann", "-i", "x.txt"}, "must end in .csv"},
		{[]string{"-m", "testdata/shop", "-u", "ann", "-i", "none.csv"}, "none.csv: no such file"},
		{[]string{"-m", "testdata/shop", "-u", "ann", "-i", in, "--pass", "note", "--at", "Quarter=Q1"}, `"Quarter" is fixed, and column "Quarter" is for it too`},
		{[]string{"-m", "testdata/shop", "-u", "ann", "-i", write(t, "in.csv", "Market\nSpain\n"), "--dim", "Market=Market"}, "nothing is proposed"},
		{[]string{"-m", "testdata/shop", "-u", "ann", "-i", many, "--memory", "1KB"}, "the answer is larger than --memory 1000B"},
		{[]string{"-m", "testdata/broken", "-u", "ann", "-i", in}, "testdata/broken/model.yaml:"},
	} {
		dir := t.TempDir()
		got := call(t, append(append([]string{"check-write"}, c.args...), "-o", filepath.Join(dir, "x"))...)
		require.Equal(t, statusInvalid, got.status, "%q", c.args)
		require.Contains(t, got.stderr, c.want)
		require.NotContains(t, got.stderr, "77700")
		require.Empty(t, got.stdout)
		require.Empty(t, files(t, dir))
	}
	full := call(t, "check-write", "-m", "testdata/shop", "-u", "ann", "-i", in, "--pass", "note", "-o", filepath.Join(t.TempDir(), "no", "x"))
	require.NotEqual(t, statusRefused, full.status, "an answer that nobody got is none")
	_, err := os.Stat("x")
	require.Error(t, err)
}
