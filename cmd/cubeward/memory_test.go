package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/stretchr/testify/require"
)

// bigBatch has figures of the shop, half of which ann may not read, with a text beside each: about 40 bytes a row.
func bigBatch(rows int) arrow.RecordBatch {
	mem := memory.DefaultAllocator
	market, quarter := array.NewStringBuilder(mem), array.NewStringBuilder(mem)
	sales, note := array.NewFloat64Builder(mem), array.NewStringBuilder(mem)
	for i := range rows {
		market.Append([]string{"Spain", "Italy", "Korea, South", "Korea, South"}[i*7%4])
		quarter.Append([]string{"Q1", "Q2"}[i%2])
		sales.Append(float64(i) * 1.37)
		note.Append(strconv.Itoa(i * 104729 % 1_000_003))
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Market", Type: arrow.BinaryTypes.String},
		{Name: "Quarter", Type: arrow.BinaryTypes.String},
		{Name: "Sales", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "note", Type: arrow.BinaryTypes.String},
	}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{market.NewArray(), quarter.NewArray(), sales.NewArray(), note.NewArray()}, int64(rows))
}

// bigFile writes batches of at least size bytes, as they are in memory, to a file.
func bigFile(t testing.TB, path string, open func(io.Writer, *arrow.Schema) (batchWriter, error), batch arrow.RecordBatch, size int64) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	out, err := open(file, batch.Schema())
	require.NoError(t, err)
	for n := int64(0); n < size; n += batchBytes(batch) {
		require.NoError(t, out.Write(batch))
	}
	require.NoError(t, out.Close())
}

// openWideParquet has row groups of a million rows.
func openWideParquet(w io.Writer, s *arrow.Schema) (batchWriter, error) {
	to, err := pqarrow.NewFileWriter(s, writeOnly{w}, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(1<<20)), pqarrow.DefaultWriterProps())
	return fullParquet{to}, err
}

// writeOnly keeps a file open that is its owner's to close.
type writeOnly struct{ io.Writer }

// peakOf runs the command as a process of its own and returns the most memory that it had, in bytes.
func peakOf(t testing.TB, args ...string) int64 {
	t.Helper()
	cmd := process(t, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	peak := int64(0)
	for {
		select {
		case err := <-done:
			require.NoError(t, err, stderr.String())
			return peak
		case <-time.After(2 * time.Millisecond):
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(status)) {
				if fields := strings.Fields(line); fields[0] == "VmHWM:" {
					kib, err := strconv.ParseInt(fields[1], 10, 64)
					require.NoError(t, err)
					peak = max(peak, kib<<10)
				}
			}
		}
	}
}

// TestGuardMemoryDoesNotGrowWithTheFile masks files of 64 and 256 MB: what is resident at most is 128 MB and four times the
// largest batch or row group, and the same for both.
func TestGuardMemoryDoesNotGrowWithTheFile(t *testing.T) {
	if testing.Short() || raceDetector || runtime.GOOS != "linux" {
		t.Skip("writes large files, reads what Linux tells about processes, and the race detector takes memory of its own")
	}
	all := containers()
	for _, c := range []struct {
		ext   string
		open  func(io.Writer, *arrow.Schema) (batchWriter, error)
		rows  int // of a batch
		piece int // rows of a batch or row group
	}{
		{"arrows", all[1].open, 64 << 10, 64 << 10},
		{"arrow", all[4].open, 64 << 10, 64 << 10},
		{"parquet", all[6].open, 64 << 10, 256 << 10},
		{"arrows", all[1].open, 1 << 20, 1 << 20},
		{"arrow", all[4].open, 1 << 20, 1 << 20},
		{"arrows", all[2].open, 1 << 20, 1 << 20},
		{"parquet", openWideParquet, 1 << 20, 1 << 20},
	} {
		batch := bigBatch(c.rows)
		largest := batchBytes(batch) * int64(c.piece/c.rows)
		dir := t.TempDir()
		var peaks []int64
		for _, size := range []int64{64 << 20, 256 << 20} {
			in, out := filepath.Join(dir, "in."+c.ext), filepath.Join(dir, "out."+c.ext)
			bigFile(t, in, c.open, batch, size)
			peak := peakOf(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", out, "--pass", "note", "--locks", "--memory", "64MiB")
			t.Logf("%s of %d MB: %d MB resident at most, largest piece %d MB", c.ext, size>>20, peak>>20, largest>>20)
			require.Less(t, peak, 128<<20+4*largest, c.ext)
			peaks = append(peaks, peak)
			require.NoError(t, os.Remove(in))
			require.NoError(t, os.Remove(out))
		}
		// A tenth, and what the garbage collector happens to leave.
		require.InDelta(t, peaks[0], peaks[1], 0.1*float64(peaks[1])+float64(8<<20+largest/2), "%s: %v", c.ext, peaks)
	}
}

// A batch that is larger than allowed is refused before it takes more, and the message says what to do.
func TestMemoryRefusesLargeBatches(t *testing.T) {
	batch := bigBatch(64 << 10)
	require.Greater(t, batchBytes(batch), int64(2<<20))
	all := containers()
	for ext, c := range map[string]container{"arrows": all[1], "arrow": all[5], "parquet": all[6]} {
		in := filepath.Join(t.TempDir(), "in."+ext)
		bigFile(t, in, c.open, batch, 1)
		dir := t.TempDir()
		args := []string{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", filepath.Join(dir, "out.csv"), "--pass", "note"}
		got := call(t, append(args, "--memory", "1MiB")...)
		require.Equal(t, statusInvalid, got.status, ext)
		require.Contains(t, got.stderr, "batch 1 is larger than --memory 1MiB; give more", ext)
		require.Empty(t, files(t, dir))
		require.Equal(t, statusDone, call(t, append(args, "--memory", "64MiB")...).status, ext)
	}
}
