package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func maskStream(t testing.TB, stdin []byte, more ...string) outcome {
	t.Helper()
	return callWith(t, stdin, append([]string{"mask", "-m", "testdata/shop", "-u", "ann", "-i", "-", "-o", "-"}, more...)...)
}

func TestMaskOfAStream(t *testing.T) {
	schema, batches := salesTable(t)
	got := maskStream(t, streamOf(t, schema, batches, true), "--locks")
	require.Equal(t, statusDone, got.status, got.stderr)
	require.Contains(t, got.stderr, "4 rows read, 4 written")
	require.NotContains(t, got.stdout, "Nowhere!")
	in, err := openBatches("-", strings.NewReader(got.stdout), defaultMemory)
	require.NoError(t, err)
	require.Equal(t, `Market,Quarter,Sales,Best market,Sales_locked,Best market_locked
Spain,Q1,1,"Korea, South",false,false
"Korea, South",Q1,,,true,false
"Korea, South",Q2,,Spain,true,false
Italy,Q2,4,,true,false
`, batchesAsCSV(t, in))

	asJSON := maskStream(t, streamOf(t, schema, batches, true), "--json", "--drop-rows")
	require.Equal(t, statusDone, asJSON.status)
	report, _, _ := strings.Cut(asJSON.stderr, "note:")
	require.True(t, json.Valid([]byte(report)), "the report makes way for the data")
}

// A stream that stops without its end marker was not finished by whoever wrote it. What was masked before comes out
// whole, and without an end marker either.
func TestFailureEndsAStreamWithoutItsEndMarker(t *testing.T) {
	schema, batches := salesTable(t)
	whole := streamOf(t, schema, batches, true)
	cut := streamOf(t, schema, batches, false)
	got := maskStream(t, cut)
	require.Equal(t, statusInvalid, got.status)
	require.Contains(t, got.stderr, "standard input: the stream stops without its end marker, after 2 batches")
	require.NotEmpty(t, got.stdout)
	again := maskStream(t, []byte(got.stdout))
	require.Equal(t, statusInvalid, again.status, "the next one notices")
	for n := 0; n < len(whole); n += 5 {
		got := maskStream(t, whole[:n])
		require.Equal(t, statusInvalid, got.status, "cut at %d: %s", n, got.stderr)
		require.NotContains(t, got.stderr, "internal", "cut at %d", n)
		if in, err := openBatches("-", strings.NewReader(got.stdout), defaultMemory); err == nil {
			_, err = io.Copy(io.Discard, drained{in})
			require.ErrorContains(t, err, "end marker")
		}
	}
	refused := maskStream(t, whole, "--refuse")
	require.Equal(t, outcome{statusRefused, "", refused.stderr}, refused)
	require.Contains(t, refused.stderr, "row 2 ")
	require.Equal(t, statusInvalid, maskStream(t, nil).status)
	require.Empty(t, maskStream(t, []byte("Market,Sales\n")).stdout)
}

// drained reads a table to its end.
type drained struct{ batchReader }

func (d drained) Read([]byte) (int, error) {
	b, err := d.Next()
	if err == nil {
		b.Release()
	}
	return 0, err
}

func TestSortNeedsMemory(t *testing.T) {
	in := write(t, "in.csv", "Market,Quarter,Sales\n"+strings.Repeat("Spain,Q1,1\n", 3*csvBatchRows))
	dir := t.TempDir()
	got := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", filepath.Join(dir, "x.csv"), "--sort", "--memory", "1MiB")
	require.Equal(t, statusInvalid, got.status)
	require.Contains(t, got.stderr, "--sort needs the whole table in memory, and it is larger than --memory 1MiB")
	require.Empty(t, files(t, dir))
}

func TestDictionariesOfAnArrowFileNeedMemory(t *testing.T) {
	schema, batches := salesTable(t)
	in := write(t, "in.arrows", string(streamOf(t, schema, slices.Repeat(batches, 20), true)))
	dir := t.TempDir()
	got := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", filepath.Join(dir, "x.arrow"), "--memory", "2KB")
	require.Equal(t, statusInvalid, got.status)
	require.Contains(t, got.stderr, "write an Arrow stream (.arrows)")
	require.Empty(t, files(t, dir))
	tiny := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", filepath.Join(dir, "x.arrows"), "--memory", "50B")
	require.Equal(t, statusInvalid, tiny.status)
	require.Contains(t, tiny.stderr, "larger than --memory 50B")
}

func TestSortOfTheWholeInput(t *testing.T) {
	schema, batches := salesTable(t)
	in := write(t, "in.arrows", string(streamOf(t, schema, batches, true)))
	out := filepath.Join(t.TempDir(), "x.arrow")
	require.Equal(t, statusDone, call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", out, "--sort", "--drop-rows").status)
	require.Equal(t, "Market,Quarter,Sales,Best market\nSpain,Q1,1,\"Korea, South\"\nItaly,Q2,4,\n\"Korea, South\",Q1,,\n\"Korea, South\",Q2,,Spain\n", asCSV(t, out))
}

func TestTheInputIsNeverReplaced(t *testing.T) {
	in := write(t, "in.csv", shopSales)
	link := filepath.Join(t.TempDir(), "out.csv")
	require.NoError(t, os.Symlink(in, link))
	for _, out := range []string{in, link} {
		got := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", out, "--pass", "note")
		require.Equal(t, statusInvalid, got.status)
		require.Equal(t, out+": the output would replace the input\n", got.stderr)
		require.Equal(t, shopSales, readFile(t, in))
	}
}

// Bytes that are wrong anywhere end in a status, never in a panic, and leave no file unless all is well.
func TestDamagedInputs(t *testing.T) {
	schema, batches := salesTable(t)
	whole := streamOf(t, schema, batches, true)
	stream := write(t, "in.arrows", string(whole))
	for _, ext := range []string{"arrows", "arrow", "parquet"} {
		in := filepath.Join(t.TempDir(), "in."+ext)
		convert(t, stream, in)
		data := []byte(readFile(t, in))
		bad := filepath.Join(t.TempDir(), "bad."+ext)
		for i := 0; i < len(data); i += 1 + len(data)/100 {
			damaged := append([]byte(nil), data...)
			damaged[i] ^= byte(1 + i*37%255)
			require.NoError(t, os.WriteFile(bad, damaged, 0o600))
			dir := t.TempDir()
			got := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", bad, "-o", filepath.Join(dir, "x.csv"), "--memory", "64MiB")
			require.Contains(t, []int{statusDone, statusInvalid}, got.status, "%s, byte %d: %s", ext, i, got.stderr)
			if got.status != statusDone {
				require.Empty(t, files(t, dir))
				require.NotEmpty(t, got.stderr)
			}
		}
	}
}
