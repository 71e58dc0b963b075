package modelfile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// loaded is everything about a load that anybody can see, as text.
func loaded(ws *cube.Workspace, inputs []Input, err error) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%v\n%v\n", err, inputs)
	if ws == nil {
		return out.String()
	}
	for _, w := range ws.Warnings {
		fmt.Fprintln(&out, w)
	}
	for _, l := range ws.Lists() {
		fmt.Fprintf(&out, "%s %q\n", l, l.Items())
	}
	for _, b := range ws.Blocks() {
		fmt.Fprintf(&out, "%s:", b)
		if c := b.Input; c != nil {
			v := *c.Vector()
			fmt.Fprint(&out, c.Form(), c.Cells(), v.Kind, v.N, v.Numbers, v.Ints, v.Bytes, len(v.Dict))
			fmt.Fprintf(&out, "%q", v.Dict)
			for _, f := range v.Numbers {
				fmt.Fprint(&out, " ", math.Signbit(f))
			}
		}
		fmt.Fprintln(&out)
	}
	for _, a := range ws.Applications {
		for u := range cube.ItemID(ws.Users.Len()) {
			fmt.Fprint(&out, a.RoleOf(u), " ")
		}
	}
	return out.String()
}

// loadedBy loads a model by row or in bulk, so much at once.
func loadedBy(dir string, byRow bool, workers, part int) string {
	l := newLoader(Options{Workers: workers})
	l.byRow, l.part = byRow, part
	inputs := &digests{}
	ws, err := l.read(dir, inputs)
	list, changed := inputs.list()
	if changed != nil {
		return changed.Error()
	}
	return loaded(ws, list, err)
}

// requireSameBulk holds what is read in bulk to what is read row by row.
func requireSameBulk(t testing.TB, dir string) string {
	t.Helper()
	want := loadedBy(dir, true, 1, partSize)
	for _, part := range []int{16, 100, partSize} {
		for _, workers := range []int{1, 3} {
			require.Equal(t, want, loadedBy(dir, false, workers, part), "%d at once by %d", part, workers)
		}
	}
	return want
}

// Whatever stands in tables is the same in bulk and row by row: values, mistakes and warnings.
func TestBulkIsTheSameAsByRow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	odd := []string{"", " ", "x", "\"", "\"\"", "\"x\"", " a", "a ", "\"a\"", "a\r", "\"a,b\"", "1", "-0", "1e3", "1e999", "2024-02-29", "2023-02-29", "TRUE", "rw", "none", "A::Admin", "é", "\xff", "zoë"}
	clean, wrong := 0, 0
	for range 400 {
		names := func(prefix string, n int) (out []string) {
			for k := range n {
				out = append(out, fmt.Sprintf("%s%02d", prefix, k))
			}
			return out
		}
		ls, us := names("l", 1+r.IntN(9)), names("u", 1+r.IntN(30))
		if r.IntN(4) == 0 {
			ls = append(ls, []string{"\"quo\"\"ted\"", "\"com,ma\"", "\"li\r\nne\""}...)
		}
		end := []string{"\n", "\r\n"}[r.IntN(2)]
		spoil := []int{0, 0, 3, 60}[r.IntN(4)] // a field in so many is anything
		table := func(header string, rows [][]string) string {
			out := []string{header}
			for _, row := range rows {
				for k := range row {
					if spoil > 0 && r.IntN(1000) < spoil {
						row[k] = odd[r.IntN(len(odd))]
					}
				}
				out = append(out, strings.Join(row, ","))
				if r.IntN(20) == 0 {
					out = append(out, "")
				}
			}
			text := strings.Join(out, end)
			if r.IntN(2) == 0 {
				text += end
			}
			if r.IntN(4) == 0 {
				text = "\ufeff" + text
			}
			return text
		}
		pick := func(from ...string) string { return from[r.IntN(len(from))] }
		number := func() string {
			return pick("", "0", "-0", "12.5", "-3e2", "0.1", strconv.Itoa(r.IntN(1e9)), fmt.Sprint(r.Float64()))
		}
		var l, u, roles, m, n, x [][]string
		for _, name := range ls {
			l = append(l, []string{name, number(), pick("", "2024-01-31", "1999-12-01"), pick("", "true", "FALSE", "True"), pick("some", "\"a \"\"text\"\"\"", "other"), pick(append(ls, "")...)})
		}
		for _, name := range us {
			u = append(u, []string{pick("a", "b", ""), name})
			roles = append(roles, []string{name, pick("Admin", "Reader", "A::Reader")})
		}
		for _, user := range us {
			for _, item := range ls {
				if r.IntN(2) == 0 {
					m = append(m, []string{number(), user, item})
				}
				if r.IntN(8) == 0 {
					n = append(n, []string{item, user, pick("r", "w", "rw", "none", "")})
				}
				if r.IntN(3) == 0 {
					x = append(x, []string{item, pick("p", "q", "r", "s"), user})
				}
			}
		}
		if r.IntN(2) == 0 {
			r.Shuffle(len(m), func(i, k int) { m[i], m[k] = m[k], m[i] })
			r.Shuffle(len(n), func(i, k int) { n[i], n[k] = n[k], n[i] })
		}
		z := [][]string{{"", "2024-12-31"}, {"", ""}}
		skip := pick("", ", on_unknown: skip")
		dir := t.TempDir()
		for name, text := range map[string]string{
			"model.yaml": "cubeward: 1\napplication: A\nmembers: {file: u.csv, key: U, properties: {P: {type: text}, Q: {type: text, column: P}}}\n" +
				"lists: {L: {file: l.csv, properties: {N: {type: number}, D: {type: date}, B: {type: boolean}, T: {type: text}, I: {type: \"list:L\"}}}}\n" +
				"metrics: {M: {type: number, dimensions: [User, L], file: m.csv}, N: {type: access_rights, dimensions: [User, L], file: n.csv" + skip + "}, X: {type: text, dimensions: [User, L], file: x.csv}, Z: {type: date, file: z.csv}}\n" +
				"user_roles: {file: roles.csv" + skip + "}\n",
			"l.csv": table("Id,N,D,B,T,I", l), "u.csv": table("P,U", u), "roles.csv": table("User,Role", roles),
			"m.csv": table("M,User, L", m), "n.csv": table("L,User,N", n), "x.csv": table("L,X,User", x), "z.csv": table("Y,Z", z[:r.IntN(2)+r.IntN(5)/4]),
		} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		if got := requireSameBulk(t, dir); strings.HasPrefix(got, "<nil>") {
			clean++
		} else {
			wrong++
		}
	}
	require.Greater(t, clean, 50)
	require.Greater(t, wrong, 50)
}

// rowsInBulk are the rows of a CSV file whose columns are all texts, read so much at once; ok is false where it is not
// as it should be.
func rowsInBulk(text string, names []string, part int) (rows [][]string, ok bool) {
	b := &bulkReader{from: partReader{from: strings.NewReader(text), part: part}, told: func(int64) {}, workers: 1, plan: &bulkPlan{cells: true}}
	for _, name := range names {
		b.plan.wantValue(cube.Type{Kind: cube.Text}, nil, false, name)
	}
	b.take = func(part *bulkRows) bool {
		for i := range part.n {
			var row []string
			for _, v := range part.values {
				row = append(row, v.Value(i).Str())
			}
			rows = append(rows, row)
		}
		return true
	}
	ok = b.read()
	return rows, ok
}

// requireSameRows holds rows in bulk to encoding/csv: the same rows, or none where a row is not as it should be.
func requireSameRows(t testing.TB, text string) {
	t.Helper()
	table, problem := newCSV("t.csv", text)
	if problem != nil {
		_, ok := rowsInBulk(text, nil, partSize)
		require.False(t, ok, "%q", text)
		return
	}
	names := slices.Sorted(slices.Values(table.header()))
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		return // nobody wants one of two columns of a name
	}
	want, good := [][]string(nil), true
	r := table.(*csvTable).r
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(row) != len(names) {
			good = false
			break
		}
		want = append(want, slices.Clone(row))
	}
	parts := []int{1, 2, 3, 7, 50, partSize}
	if first := strings.TrimPrefix(text, "\ufeff"); first[0] == '\r' || first[0] == '\n' {
		parts = parts[5:] // the header has to stand in the first part
	}
	for _, part := range parts {
		got, ok := rowsInBulk(text, table.header(), part)
		require.Equal(t, good, ok, "%q, %d at once", text, part)
		if good {
			require.Equal(t, want, got, "%q, %d at once", text, part)
		}
	}
}

var oddCSV = []string{
	"", "\n", "\r\n", "\r", "a", "a\n", "a\r", "a\r\n", "\ufeffa\n1", "\ufeff\ufeffa\n1", "a\n\n1\n\r\n2", "a\n\r", "a\n\r\r\n", "a\n1\r", "a\n1\r\r",
	"a,b\n1\n", "a,b\n1,2,3\n", "a,b\n,\n", "a,b\n1,\n", "a,b\n\"\",\"\"\n", "a\n\"\n\"\n", "a\n\"\r\n\"\r\n", "a\n\"\"\"\"\n", "a\n\"x\"\"\"\r\n",
	"a\n\"x\"y\n", "a\nx\"y\n", "a\n\"x", "a\n\"x\n", "a\n\"x\"\r", "a\n\"x\"\r\r\n", "a\n\"x\" \n", "\"a\",\"b,c\"\n1,2", "\"a\nb\"\n1", "a,\n1,2\n",
	" a ,b\t\n 1 , 2\n", "a\n\xff\n", "a\né\n", "é,ü\nö,ä\r\n", "\xb6", "\n0", "\r\n\na\n1\n", "a,b\n\"1,2\n3\",4\n5,\"6\"\r\n", "a\n1\x00\n", "\"\"\n1", "a,a\n1,2",
}

func TestBulkRowsAreThoseOfCSV(t *testing.T) {
	for _, text := range oddCSV {
		requireSameRows(t, text)
	}
	r := rand.New(rand.NewPCG(7, 8))
	alphabet := []string{"a", "b", ",", ",", "\"", "\"\"", "\n", "\n", "\r\n", "\r", " ", "é", "a longer field", "\"a quoted, field\""}
	for range 20000 {
		text := []string{"h\n", "h,i\n", "h,i,j\r\n"}[r.IntN(3)]
		for range r.IntN(16) {
			text += alphabet[r.IntN(len(alphabet))]
		}
		requireSameRows(t, text)
	}
	long := strings.Repeat("0123456789", partSize/5)
	requireSameRows(t, "a,b\n"+long+",\""+long+"\n"+long+"\"\n1,2\n")
}

// FuzzBulkRows holds rows in bulk to those of encoding/csv.
func FuzzBulkRows(f *testing.F) {
	for _, text := range oddCSV {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { requireSameRows(t, text) })
}

// FuzzBulkLoad holds loading in bulk to loading row by row.
func FuzzBulkLoad(f *testing.F) {
	for _, text := range oddCSV {
		f.Add("Id,P,Q\nx,1,2024-01-01\n"+text, "L,N\nx,1\n"+text, "L,User,AR\nx,ada,rw\n"+text)
	}
	dir := f.TempDir()
	write(f, dir, "model.yaml", model("lists: {L: {file: l.csv, properties: {P: {type: number}, Q: {type: date}}}}\nmetrics: {N: {type: number, dimensions: [L], file: n.csv}, AR: {type: access_rights, dimensions: [User, L], file: r.csv, on_unknown: skip}}\n"))
	f.Fuzz(func(t *testing.T, l, n, r string) {
		write(t, dir, "l.csv", l)
		write(t, dir, "n.csv", n)
		write(t, dir, "r.csv", r)
		requireSameBulk(t, dir)
	})
}

// Numbers and dates in bulk are those of strconv and time.
func TestBulkValues(t *testing.T) {
	for day := int32(minDay); day <= maxDay; day++ {
		text := cube.FormatDate(day)
		got, ok := parseDate([]byte(text))
		require.True(t, ok && got == day, text)
	}
	for _, text := range []string{"2023-02-29", "2024-02-30", "2024-13-01", "2024-00-01", "2024-01-00", "2024-1-01", "20240-1-1", "x024-01-01", "2024/01/01", "2024-01-01 "} {
		_, ok := parseDate([]byte(text))
		require.False(t, ok, text)
	}
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 500_000 {
		text := fmt.Sprintf("%.*f", r.IntN(20), r.NormFloat64()*math.Pow(10, float64(r.IntN(20))))
		switch i % 4 {
		case 0:
			text = strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', -1, 64)
		case 1:
			b := []byte(text)
			b[r.IntN(len(b))] = "0123456789.-eE+ "[r.IntN(16)]
			text = string(b)
		}
		want, err := strconv.ParseFloat(text, 64)
		got, ok := parseNumber([]byte(text))
		require.Equal(t, err == nil && numeric(text), ok, text)
		require.True(t, !ok || math.Float64bits(want) == math.Float64bits(got), text)
	}
}

// What a name index finds is what the list has, and it finds nothing else.
func TestNameIndex(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 1000, 20000} {
		var text strings.Builder
		var ends []uint32
		for i := range n {
			fmt.Fprintf(&text, "item %d", i*i)
			ends = append(ends, uint32(text.Len()))
		}
		x := newNameIndex(text.String(), ends)
		require.NotNil(t, x)
		for i := range n {
			id, ok := x.find([]byte(fmt.Sprintf("item %d", i*i)))
			require.True(t, ok)
			require.EqualValues(t, i, id)
		}
		for _, name := range []string{"", "item", "item -1", "item 2", "item 3"} {
			_, ok := x.find([]byte(name))
			require.False(t, ok, name)
		}
	}
	require.Nil(t, newNameIndex("xyx", []uint32{1, 2, 3}))
}
