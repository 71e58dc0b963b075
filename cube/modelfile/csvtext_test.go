package modelfile_test

import (
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
)

func rowsOf(r *csv.Reader) (rows [][]string, err error) {
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, append([]string{}, row...))
	}
}

// Line ends within quotes are part of the field, whichever they are; those of rows are not.
func TestCSVKeepsQuotedLineEnds(t *testing.T) {
	for text, want := range map[string][][]string{
		"a,b\r\n1,2\r\n":                       {{"a", "b"}, {"1", "2"}},
		"a,b\n\"x\r\ny\",2\n":                  {{"a", "b"}, {"x\r\ny", "2"}},
		"a,b\r\n\"x\ny\",2\r\n":                {{"a", "b"}, {"x\ny", "2"}},
		"a\r\n\"\r\n\"\r\n":                    {{"a"}, {"\r\n"}},
		"a\r\n\"\r\r\n\"\r\n":                  {{"a"}, {"\r\r\n"}},
		"a\r\n\"\"\"\r\n\"\"\"\r\n\"b\"\"\"":   {{"a"}, {"\"\r\n\""}, {"b\""}},
		"\"a\r\nb\",\"c\r\n\r\nd\"\r\n1,2":     {{"a\r\nb", "c\r\n\r\nd"}, {"1", "2"}},
		"a\r\n\"x\ry\"\r\n":                    {{"a"}, {"x\ry"}},
		"a\r\n\"\"\r\n\r\n\"\"\r\n":            {{"a"}, {""}, {""}},
		"a\r\n\"x\r\n\"\"y\"\"\r\nz\"\r\nlast": {{"a"}, {"x\r\n\"y\"\r\nz"}, {"last"}},
	} {
		for _, from := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.HalfReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
			got, err := rowsOf(modelfile.NewCSVReader(from))
			require.NoError(t, err, "%q", text)
			require.Equal(t, want, got, "%q", text)
		}
	}
}

// What is written as CSV comes back as it was, with either line end. Places of fields are those of encoding/csv.
func TestCSVComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "\r\n", "\n", "\r", "\"", ",", " ", "é", "\r\r\n"}
	for range 3000 {
		var want [][]string
		var text strings.Builder
		end := []string{"\n", "\r\n"}[r.IntN(2)]
		width := 1 + r.IntN(3)
		for range 1 + r.IntN(4) {
			row := make([]string, width)
			for i := range row {
				for range r.IntN(5) {
					row[i] += alphabet[r.IntN(len(alphabet))]
				}
				if i > 0 {
					text.WriteByte(',')
				}
				text.WriteString(`"` + strings.ReplaceAll(row[i], `"`, `""`) + `"`)
			}
			text.WriteString(end)
			want = append(want, row)
		}
		mine, plain := modelfile.NewCSVReader(iotest.OneByteReader(strings.NewReader(text.String()))), csv.NewReader(strings.NewReader(text.String()))
		for _, row := range want {
			got, err := mine.Read()
			require.NoError(t, err, "%q", text.String())
			require.Equal(t, row, got, "%q", text.String())
			_, err = plain.Read()
			require.NoError(t, err)
			for i := range row {
				line, column := mine.FieldPos(i)
				wantLine, wantColumn := plain.FieldPos(i)
				require.Equal(t, []int{wantLine, wantColumn}, []int{line, column}, "%q field %d", text.String(), i)
			}
		}
		_, err := mine.Read()
		require.ErrorIs(t, err, io.EOF)
	}
	broken := errors.New("broken")
	_, err := rowsOf(modelfile.NewCSVReader(io.MultiReader(strings.NewReader("a\n1\n"), iotest.ErrReader(broken))))
	require.ErrorIs(t, err, broken)
}
