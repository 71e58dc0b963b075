package main

import (
	"encoding/csv"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCSVIsReadAsText(t *testing.T) {
	header, rows, err := readCSV("\ufeffa, b ,\"c,d\"\r\n1,, x \r\n\r\n\"\",\"say \"\"hi\"\"\",\"two\nlines\"\nas,it,\"stood\r\n\r\"\r\n", 1<<20)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, []string{"a", " b ", "c,d"}, header)
	require.Equal(t, [][]string{{"1", "∅", " x "}, {"∅", `say "hi"`, "two\nlines"}, {"as", "it", "stood\r\n\r"}}, rows)
}

func TestCSVMistakesHavePlacesAndQuoteNothing(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "in.csv:1:1: the file is empty; a header is needed",
		"a,b\n1,2\n1\n":                    "in.csv:3:1: the row has 1 fields, the header has 2",
		"a,b\n1,2\n1,SECRET,SECRET\n":      "in.csv:3:10: the row has 3 fields, the header has 2",
		"a,SECRET,a\n":                     "in.csv:1:10: columns 1 and 3 have the same name",
		"a,b, a\n":                         "in.csv:1:5: columns 1 and 3 have the same name",
		"a,b\n1\n2,3\n4\n":                 "in.csv:2:1: the row has 1 fields, the header has 2\nin.csv:4:1: the row has 1 fields, the header has 2",
		"a,,a\n":                           "in.csv:1:3: column 2 has no name\nin.csv:1:4: columns 1 and 3 have the same name",
		"a,,c\n":                           "in.csv:1:3: column 2 has no name",
		"a\nSEC\"RET\n":                    `in.csv:2:4: bare " in non-quoted-field`,
		"a\n\"SECRET\n":                    `in.csv:2:9: extraneous or missing " in quoted-field`,
		"a,b\nx,\xff\n":                    "in.csv:2:3: not UTF-8",
		"a,\xff\n":                         "in.csv:1:3: not UTF-8",
		"a\n\"" + strings.Repeat("x", 1e6): "in.csv: a row is larger than --memory allows; is a quote not closed?",
	} {
		_, _, err := readCSV(text, 600_000)
		require.Error(t, err)
		require.Equal(t, want, message("cubeward", err), "%.40q", text)
		require.Equal(t, statusInvalid, statusOf(err))
		require.NotContains(t, err.Error(), "SEC")
	}
}

func TestCSVComesInBatches(t *testing.T) {
	_, rows, err := readCSV("n\n"+strings.Repeat("12345\n", csvBatchRows+3), 1<<20)
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, rows, csvBatchRows+3)
}

// What is read is what encoding/csv makes of it, which turns CRLF within quotes into LF.
func FuzzCSVRoundTrip(f *testing.F) {
	f.Add("a,b\n1,\"x\ny\"\n\"\",\n")
	f.Add("a\r\n\"x\r\n\r\r\n\"\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, rows, err := readCSV(text, 1<<20)
		if err != io.EOF {
			return
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		want, err := r.ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, len(want)-1)
		for i, row := range rows {
			for k, v := range row {
				if v == "∅" {
					v = ""
				}
				require.Equal(t, strings.ReplaceAll(want[i+1][k], "∅", ""), strings.ReplaceAll(strings.ReplaceAll(v, "∅", ""), "\r\n", "\n"))
			}
		}
	})
}

// What is passed on comes out as it stood, line ends within fields too, and what is named by such text is found.
func TestMaskKeepsLineEndsInFields(t *testing.T) {
	in := write(t, "in.csv", "Market,Quarter,Sales,note\r\nSpain,Q1,1,\"two\r\nlines\"\r\nSpain,Q2,2,\"one\nmore\"\r\n")
	out := in + ".out.csv"
	got := call(t, "mask", "-m", "testdata/shop", "-u", "ann", "-i", in, "-o", out, "--pass", "note")
	require.Equal(t, statusDone, got.status, got.stderr)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(text), ",\"two\r\nlines\"\n")
	require.Contains(t, string(text), ",\"one\nmore\"\n")
}
