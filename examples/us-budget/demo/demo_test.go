package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

var update = flag.Bool("update", false, "write the golden files anew")

var names = []string{"dana@omb.gov", "grace@gao.gov", "ines@treasury.gov"}

// masked is what the demonstration shows.
func masked(t *testing.T) ([]person, []*sheet) {
	t.Helper()
	ws, err := modelfile.Load("..", modelfile.Options{})
	require.NoError(t, err)
	rights, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	people, err := find(rights, names)
	require.NoError(t, err)
	sheets, err := load(context.Background(), rights, "..")
	require.NoError(t, err)
	for _, s := range sheets {
		require.NoError(t, s.mask(people, 1))
	}
	t.Cleanup(func() { release(sheets) })
	return people, sheets
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run `make golden` if this is meant")
}

func TestGoldenTables(t *testing.T) {
	people, sheets := masked(t)
	var out bytes.Buffer
	require.NoError(t, printTables(&out, people, sheets))
	golden(t, "tables.golden", out.String())
	for line := range strings.Lines(out.String()) {
		width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) + strings.Count(line, lock)
		require.LessOrEqual(t, width, 100, "too wide for a terminal: %s", line)
	}
}

func TestGoldenPlan(t *testing.T) {
	_, sheets := masked(t)
	ref := sheets[3].ref
	require.Equal(t, "Share of total", ref.Block.Name)
	golden(t, "share-of-total.plan", sheets[3].copies[0].view.Member().Rights().Plan().Text(ref.App, ref.Block))
}

// account is what this test knows of an account: enough to apply the model's rules once more, by hand.
type account struct{ agency, category string }

func rows(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", name))
	require.NoError(t, err)
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, fields := range table[1:] {
		row := map[string]string{}
		for i, field := range fields {
			row[table[0][i]] = field
		}
		out = append(out, row)
	}
	require.NotEmpty(t, out)
	return out
}

// The model's rules by hand, for each row of the receipts and each of the three.
func TestReceiptsByHand(t *testing.T) {
	accounts := map[string]account{}
	for _, a := range rows(t, "accounts.csv") {
		accounts[a["Account"]] = account{a["Agency"], a["Source category"]}
	}
	_, sheets := masked(t)
	receipts := rows(t, "receipts.csv")
	require.Len(t, receipts, 4805)
	for row, r := range receipts {
		a := accounts[r["Account"]]
		proposal, own := a.category == "Legislative Proposals", a.agency == treasury
		estimate := r["Fiscal year"] >= "2015" && r["Fiscal year"] != "TQ"
		for i, want := range []struct{ read, write bool }{
			{true, estimate},
			{!proposal, false},
			{own, own && estimate && !proposal},
		} {
			c := sheets[0].copies[i]
			if c.readable.Value(row) != want.read || c.locked.Value(row) == want.write {
				t.Fatalf("%s, %v: read %v, locked %v", names[i], r, c.readable.Value(row), c.locked.Value(row))
			}
			if c.values.IsNull(row) == want.read || c.batch.Column(0).IsNull(row) == want.read || c.batch.Column(1).IsNull(row) {
				t.Fatalf("%s, %v: comes out as %s, %s, %s", names[i], r, c.batch.Column(0).ValueStr(row), c.batch.Column(1).ValueStr(row), c.values.ValueStr(row))
			}
			if want.read && strconv.FormatFloat(c.values.Value(row), 'f', -1, 64) != r["Receipts"] {
				t.Fatalf("%s, %v: comes out as %s", names[i], r, c.values.ValueStr(row))
			}
		}
	}
}

func TestCountsByHand(t *testing.T) {
	const agencies, years, estimates, categories = 40, 60, 6, 8
	others, all := (agencies-1)*years, agencies*years
	want := map[string][]count{ // by block, then dana, grace, ines
		"Receipts by agency": {{0, all, 0}, {years, all - years, 0}, {others, years, 0}},
		"Total receipts":     {{0, years, 0}, {years, 0, 0}, {years, 0, 0}},
		"Share of total":     {{0, all, 0}, {years, all - years, 0}, {others, years, 0}},
		"Adjustment": {
			{0, all - agencies*estimates, agencies * estimates}, {0, all, 0}, {others, years - estimates, estimates},
		},
		"Adjusted receipts":  {{0, all, 0}, {years, all - years, 0}, {others, years, 0}},
		"Published receipts": {{0, categories * years, 0}, {0, categories * years, 0}, {0, categories * years, 0}},
	}
	_, sheets := masked(t)
	for _, s := range sheets[1:] {
		for i, c := range s.copies {
			require.Equal(t, want[s.block.Name][i], c.count(), "%s of %s", s.block.Name, names[i])
		}
		delete(want, s.block.Name)
	}
	require.Empty(t, want)
}

// What is calculated is what the table adds up to.
func TestValuesByHand(t *testing.T) {
	agency := map[string]string{}
	for _, a := range rows(t, "accounts.csv") {
		agency[a["Account"]] = a["Agency"]
	}
	sums, total := map[string]float64{}, map[string]float64{}
	for _, r := range rows(t, "receipts.csv") {
		v, err := strconv.ParseFloat(r["Receipts"], 64)
		require.NoError(t, err)
		sums[key([]string{agency[r["Account"]], r["Fiscal year"]})] += v
		total[key([]string{r["Fiscal year"]})] += v
	}
	_, sheets := masked(t)
	dana := func(sheet int) func(cell string) float64 {
		c := sheets[sheet].copies[0]
		return func(cell string) float64 { return c.values.Value(sheets[sheet].rows[cell]) }
	}
	byAgency, totals, share := dana(1), dana(2), dana(3)
	for year, want := range total {
		require.Equal(t, want, totals(year))
	}
	for cell, want := range sums {
		_, year, _ := strings.Cut(cell, "\x00")
		require.Equal(t, want, byAgency(cell))
		require.InEpsilon(t, 1+want/total[year], 1+share(cell), 1e-12)
	}
}

// What is hidden from Ines is nowhere in her bytes: neither a figure nor the code of an account.
func TestHiddenBytesAreGone(t *testing.T) {
	_, sheets := masked(t)
	whole, ines := sheets[0].batch, sheets[0].copies[2]
	var file bytes.Buffer
	w := ipc.NewWriter(&file, ipc.WithSchema(ines.batch.Schema()))
	require.NoError(t, w.Write(ines.batch))
	require.NoError(t, w.Close())
	words := map[uint64]bool{} // Arrow's buffers, and so its numbers, are aligned to 8 bytes
	for at := 0; at+8 <= file.Len(); at += 8 {
		words[binary.LittleEndian.Uint64(file.Bytes()[at:])] = true
	}
	seen := map[uint64]bool{}
	value := func(row int) uint64 {
		v, err := strconv.ParseFloat(whole.Column(2).ValueStr(row), 64)
		require.NoError(t, err)
		return math.Float64bits(v)
	}
	codes := map[string]bool{} // of accounts: whether Ines may know it
	for row := range int(whole.NumRows()) {
		codes[whole.Column(0).ValueStr(row)] = ines.readable.Value(row)
		if ines.readable.Value(row) {
			seen[value(row)] = true
			if !words[value(row)] {
				t.Fatalf("row %d: the search does not find what is there", row)
			}
		}
	}
	for code, known := range codes {
		require.Equal(t, known, bytes.Contains(file.Bytes(), []byte(code)), "account %s", code)
	}
	hidden := 0
	for row := range int(whole.NumRows()) {
		if v := value(row); !ines.readable.Value(row) && !seen[v] {
			hidden++
			if words[v] {
				t.Fatalf("row %d: a hidden figure", row)
			}
		}
	}
	require.Greater(t, hidden, 2500)
	require.Len(t, codes, 237)
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, "..", names))
	require.Contains(t, out.String(), "13 members, 237 accounts × 60 fiscal years")
	require.Contains(t, out.String(), "M cells/s")
	require.Error(t, run(context.Background(), &out, "..", []string{"nobody@nowhere"}))
	require.Error(t, run(context.Background(), &out, "testdata", names))
}
