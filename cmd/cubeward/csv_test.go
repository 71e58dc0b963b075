package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// written is a row as encoding/csv writes it.
func writtenByLibrary(t testing.TB, fields ...string) string {
	t.Helper()
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	require.NoError(t, w.Write(fields))
	w.Flush()
	require.NoError(t, w.Error())
	return buf.String()
}

func writtenByUs(t testing.TB, fields ...string) string {
	t.Helper()
	var buf bytes.Buffer
	rows := csvRows{w: &buf}
	for _, f := range fields {
		rows.text(f)
	}
	require.NoError(t, rows.end())
	require.NoError(t, rows.flush())
	return buf.String()
}

func TestFieldsAreQuotedAsTheLibraryDoes(t *testing.T) {
	for _, f := range []string{"a", "", " a", "a ", "a,b", `a"b`, `"`, `""`, "a\nb", "a\r\nb", "a\rb", `\.`, `\.x`, "\u00a0x", "é", "日本", "\u2028", "-1", "=1", "\xff", "\t", ";"} {
		require.Equal(t, writtenByLibrary(t, f, "x"), writtenByUs(t, f, "x"), "%q", f)
	}
	require.Equal(t, "\"\"\n", writtenByUs(t, ""), "a row of one empty field (SPEC 2.3)")
	require.Equal(t, ",\n", writtenByUs(t, "", ""))
}

func FuzzFieldsAreQuotedAsTheLibraryDoes(f *testing.F) {
	f.Add("a", "b,\"c\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		require.Equal(t, writtenByLibrary(t, a, b), writtenByUs(t, a, b))
	})
}

func TestNumbersAreWrittenAsJSON(t *testing.T) {
	for _, f := range []float64{0, 1, -1, 0.1, 1e-6, 9.99e-7, 1e-7, -1e-9, 1.5e-10, 1e20, 1e21, -1.25e22, 1e100, 1e-100, math.MaxFloat64, math.SmallestNonzeroFloat64, 123456789.125} {
		want, err := json.Marshal(f)
		require.NoError(t, err)
		require.Equal(t, string(want), string(appendNumber(nil, f)))
	}
	require.Equal(t, "0", string(appendNumber(nil, math.Copysign(0, -1))))
}

func FuzzNumbersAreWrittenAsJSON(f *testing.F) {
	f.Add(uint64(0x3ff0000000000000))
	f.Fuzz(func(t *testing.T, bits uint64) {
		x := math.Float64frombits(bits)
		want, err := json.Marshal(x)
		if err != nil || x == 0 {
			return
		}
		require.Equal(t, string(want), string(appendNumber(nil, x)))
	})
}

type nopCloser struct{}

func (nopCloser) Close() error { return nil }

// readCSV is all rows of a CSV text, nulls as "∅".
func readCSV(text string, limit int64) (header []string, rows [][]string, err error) {
	r, err := newCSVReader("in.csv", strings.NewReader(text), nopCloser{}, limit)
	if err != nil {
		return nil, nil, err
	}
	for {
		b, err := r.Next()
		if err != nil {
			return r.Header(), rows, err
		}
		for i := range int(b.NumRows()) {
			var row []string
			for _, c := range b.Columns() {
				v := "∅"
				if c.IsValid(i) {
					v = c.ValueStr(i)
				}
				row = append(row, v)
			}
			rows = append(rows, row)
		}
		b.Release()
	}
}
