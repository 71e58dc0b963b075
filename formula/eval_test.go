package formula

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// sample is a small model: User u1 u2 u3, Country fr de jp, Region EMEA APAC, Month jan feb mar apr, Nothing (empty).
type sample struct {
	ws     *cube.Workspace
	app    *cube.Application
	values map[*cube.Block]*cube.Column
}

func newSample(t testing.TB) *sample {
	s := &sample{ws: cube.NewWorkspace("sample"), values: map[*cube.Block]*cube.Column{}}
	s.app = s.ws.AddApplication("HR")
	require.NoError(t, s.ws.Users.Append("u1", "u2", "u3"))
	country, region := s.list(t, "Country", "fr", "de", "jp"), s.list(t, "Region", "EMEA", "APAC")
	month := s.list(t, "Month", "jan", "feb", "mar", "apr")
	s.list(t, "Nothing")
	s.give(t, s.ws.AddProperty(s.ws.Users, "Country", itemsOf(country)), "fr", "·", "jp")
	s.give(t, s.ws.AddProperty(country, "Region", itemsOf(region)), "EMEA", "EMEA", "·")
	s.give(t, s.ws.AddProperty(country, "Name", kindType(cube.Text)), "France", "Germany", "·")
	s.give(t, s.ws.AddProperty(country, "Area", kindType(cube.Number)), "551", "357", "551")
	s.give(t, s.ws.AddProperty(country, "EU", kindType(cube.Boolean)), "true", "true", "false")
	s.give(t, s.ws.AddProperty(month, "Next", itemsOf(month)), "feb", "mar", "apr", "·")
	s.give(t, s.ws.AddProperty(month, "Start", kindType(cube.Date)), "2024-02-29", "1969-12-31", "·", "0001-01-01")
	s.give(t, s.app.AddMetric("A", kindType(cube.Number), month), "1", "·", "3", "-2.5")
	s.give(t, s.app.AddMetric("B", kindType(cube.Number), month), "·", "·", "2", "0")
	s.give(t, s.app.AddMetric("P", kindType(cube.Boolean), month), "true", "false", "·", "true")
	s.give(t, s.app.AddMetric("Q", kindType(cube.Boolean), month), "true", "·", "·", "false")
	s.give(t, s.app.AddMetric("T", kindType(cube.Text), month), "b", "·", "B", "é")
	s.give(t, s.app.AddMetric("Code", kindType(cube.Text), month), "de", "fr", "xx", "·")
	s.give(t, s.app.AddMetric("Sales", kindType(cube.Number), country, month), "1", "2", "·", "4", "·", "·", "·", "·", "5", "6", "7", "·")
	s.give(t, s.app.AddMetric("By month", kindType(cube.Number), month, country), "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")
	s.give(t, s.app.AddMetric("Quota", kindType(cube.Number), region), "10", "20")
	s.give(t, s.app.AddMetric("Home", itemsOf(region), country, month), "EMEA", "EMEA", "APAC", "·", "·", "·", "·", "·", "APAC", "APAC", "APAC", "APAC")
	s.give(t, s.app.AddMetric("R", kindType(cube.AccessRights), s.ws.Users, country), "rw", "r", "·", "none", "w", "·", "·", "·", "·")
	s.app.AddMetric("Empty", kindType(cube.Number), country)
	s.app.AddMetric("Zero", kindType(cube.Number), s.app.List("Nothing"))
	return s
}

func (s *sample) list(t testing.TB, name string, items ...string) *cube.List {
	l := s.app.AddList(name)
	require.NoError(t, l.Append(items...))
	return l
}

func kindType(k cube.Kind) cube.Type { return cube.Type{Kind: k} }

func itemsOf(l *cube.List) cube.Type { return cube.Type{Kind: cube.Item, List: l} }

// give gives a block a value in each cell; · is BLANK.
func (s *sample) give(t testing.TB, b *cube.Block, values ...string) {
	space, err := b.Space()
	require.NoError(t, err)
	vals := cube.NewVectorBuilder(b.Type.Kind)
	for _, v := range values {
		vals.Append(readValue(t, b.Type, v))
	}
	s.values[b] = cube.NewDense(b.Type, space, vals.Vector())
}

func readValue(t testing.TB, typ cube.Type, s string) cube.Value {
	if s == "·" {
		return cube.Value{}
	}
	switch typ.Kind {
	case cube.Number:
		var x float64
		_, err := fmt.Sscan(s, &x)
		require.NoError(t, err)
		return cube.NumberValue(x)
	case cube.Text:
		return cube.TextValue(s)
	case cube.Boolean:
		return cube.BooleanValue(s == "true")
	case cube.Date:
		d, err := cube.ParseDate(s)
		require.NoError(t, err)
		return cube.DateValue(d)
	case cube.AccessRights:
		return cube.RightsValue(map[string]cube.Rights{"none": 0, "r": 1, "w": 2, "rw": 3}[s])
	}
	item, ok := typ.List.Find(s)
	require.True(t, ok, s)
	return cube.ItemValue(item)
}

func (s *sample) check(t testing.TB, formula string) *Expr {
	n, err := Parse(formula)
	require.NoError(t, err, formula)
	e, err := Check(s.ws, s.app, n, Target{AnyDims: true, Rights: true})
	require.NoError(t, err, formula)
	return e
}

func (s *sample) eval(t testing.TB, formula string) *cube.Column {
	c, err := evaluatorOf(s.values).Eval(context.Background(), s.check(t, formula))
	require.NoError(t, err, formula)
	return c
}

func showColumn(c *cube.Column) string {
	var out []string
	for cell := range c.Space().Len() {
		v := c.Value(cell)
		switch v.Kind() {
		case cube.NoKind:
			out = append(out, "·")
		case cube.Number:
			out = append(out, fmt.Sprint(v.Float()))
		case cube.Text:
			out = append(out, fmt.Sprintf("%q", v.Str()))
		case cube.Boolean:
			out = append(out, fmt.Sprint(v.True()))
		case cube.Date:
			out = append(out, cube.FormatDate(v.Days()))
		case cube.Item:
			out = append(out, c.Type().List.Item(v.Item()))
		default:
			out = append(out, v.Rights().String())
		}
	}
	return strings.Join(out, " ")
}

// SPEC 3.2. A is 1 · 3 -2.5, B is · · 2 0, P is true false · true, Q is true · · false, T is b · B é.
func TestEvalOperators(t *testing.T) {
	s := newSample(t)
	for formula, want := range map[string]string{
		"A + B": "1 · 5 -2.5", "A - B": "1 · 1 -2.5", "B - A": "-1 · -1 2.5", "BLANK - A": "-1 · -3 2.5", "A + BLANK": "1 · 3 -2.5",
		"A * B": "· · 6 0", "A / B": "· · 1.5 ·", "B / A": "· · 0.6666666666666666 0", "A ^ B": "· · 9 1", "-A": "-1 · -3 2.5", "-B": "· · -2 0",
		"0 / A": "0 · 0 0", "A * 0": "0 · 0 0", "1 ^ B": "· · 1 1", "A ^ 0": "1 · 1 1", "A ^ 0.5": "1 · 1.7320508075688772 ·", "0 ^ A": "0 · 0 ·",
		"1e308 * 10": "·", "1e308 + 1e308": "·", "-1e308 - 1e308": "·", "0 * -1": "0", "0 - 0": "0", "-0": "0",
		`T & "x"`: `"bx" "x" "Bx" "éx"`, "T & T": `"bb" · "BB" "éé"`, "T & BLANK": `"b" · "B" "é"`, `BLANK & ""`: `""`,
		"A = 3": "false · true false", "A <> 3": "true · false true", "A < 3": "true · false true", "A <= 3": "true · true true", "A > 1": "false · true false", "A >= 1": "true · true false",
		"A = BLANK": "· · · ·", "A <> BLANK": "· · · ·", "BLANK = BLANK": "·", "P = Q": "true · · false", "P <> Q": "false · · true",
		`T < "b"`: "false · true false", `T >= "b"`: "true · false true", `T = "B"`: "false · true false", `T <> "zz"`: "true · true true", "T = Code": "false · false ·",
		`Country = Country."de"`: "false true false", "Country < Country.\"jp\"": "true true false", `Country >= Country."de"`: "false true true",
		`Month.Start < Month."jan".Start`: "false true · true", "Month.Start = Month.Start": "true true · true",
		"P AND Q": "true false · false", "P OR Q": "true false · true", "NOT P": "false true true false", "NOT Q": "false true true true", "NOT BLANK": "true", "BLANK AND BLANK": "·", "P AND BLANK": "false false · false",
		"A IN (1, 3)": "true · true false", "A IN (B, 3)": "false · true false", "A IN (B, BLANK)": "· · false false", "A IN (B, 1)": "true · false false",
		"R = R": "true true · true true · · · ·",
	} {
		require.Equal(t, want, showColumn(s.eval(t, formula)), formula)
	}
}

// SPEC 3.2, the table of functions.
func TestEvalFunctions(t *testing.T) {
	s := newSample(t)
	for formula, want := range map[string]string{
		"IF(P, A)": "1 · · -2.5", "IF(P, A, B)": "1 · 2 -2.5", "IF(P, BLANK, 7)": "· 7 7 ·", "IF(BLANK, 1, 2)": "2", "IF(TRUE, A)": "1 · 3 -2.5", "IF(FALSE, A)": "· · · ·",
		"IFBLANK(A, 9)": "1 9 3 -2.5", "IFBLANK(A, B)": "1 · 3 -2.5", "IFBLANK(B, A)": "1 · 2 0", "IFBLANK(T, Code)": `"b" "fr" "B" "é"`, "IFBLANK(P, TRUE)": "true false true true",
		"IFDEFINED(A, 9)": "9 · 9 9", "IFDEFINED(A, B, 9)": "· 9 2 0", "ISBLANK(A)": "false true false false", "ISDEFINED(A)": "true false true true", "ISBLANK(BLANK)": "true", "ISDEFINED(Empty)": "false false false",
		"SWITCH(A, 1, 10, 3, 30)": "10 · 30 ·", "SWITCH(A, 1, 10, 99)": "10 99 99 99", "SWITCH(A, BLANK, 5, 6)": "6 6 6 6", "SWITCH(BLANK, BLANK, 5, 6)": "6", `SWITCH(T, "b", "x", Code, "y", "z")`: `"x" "z" "z" "z"`, "SWITCH(A, 1, BLANK, 1, 2, 3)": "· 3 3 3", "SWITCH(A, 1, BLANK)": "· · · ·",
		"MIN(A, B)": "1 · 2 -2.5", "MAX(A, B)": "1 · 3 0", "MIN(A, 2, B)": "1 2 2 -2.5", "MAX(BLANK, A)": "1 · 3 -2.5", `MIN(Month.Start, Month."jan".Start)`: "2024-02-29 1969-12-31 2024-02-29 0001-01-01",
		"ABS(A)": "1 · 3 2.5", "ROUND(A)": "1 · 3 -3", "ROUND(2.5)": "3", "ROUND(-0.4)": "0", "ROUND(1234.567, 2)": "1234.57", "ROUND(1250, -2)": "1300", "ROUND(-1250, -2)": "-1300", "ROUND(0.285, 2)": "0.28", "ROUND(1, 400)": "·",
		"LEN(T)": "1 · 1 1", `LEN("日本")`: "2", `LEN("")`: "0", "UPPER(T)": `"B" · "B" "É"`, "LOWER(T)": `"b" · "b" "é"`, `UPPER("straße")`: `"STRAßE"`,
		`CONTAINS(Code, "e")`: "true false false ·", "CONTAINS(Code, T)": "false · false ·", `CONTAINS(T, "")`: "true · true true", `STARTSWITH(Code, "d")`: "true false false ·", `ENDSWITH(Code, "e")`: "true false false ·", "CONTAINS(T, BLANK)": "· · · ·",
		"YEAR(Month.Start)": "2024 1969 · 1", "MONTH(Month.Start)": "2 12 · 1", "DAY(Month.Start)": "29 31 · 1",
		"ITEM(Code, Country)": "de fr · ·", "ITEM(551, Country.Area)": "fr", "ITEM(Country.Area, Country.Area)": "fr de fr", "ITEM(Region, Country.Region)": "fr ·", `ITEM("Germany", Country.Name)`: "de", "ITEM(Q, Country.EU)": "fr · · jp", "ITEM(Month.Start, Month.Start)": "jan feb · apr",
		"CUMULATE(A, Month)": "1 1 4 1.5", "CUMULATE(B, Month)": "· · 2 2", "CUMULATE(Sales, Country)": "1 2 · 4 1 2 · 4 6 8 7 4", "CUMULATE(1[ADD: Month], Month)": "1 2 3 4", "CUMULATE(Empty, Country)": "· · ·",
		"CUMULATE(IF(Month = Month.\"jan\", 1e308, 1e308), Month)": "1e+308 · · ·",
		"ACCESSRIGHTS(P, Q)": "rw none · r", "ACCESSRIGHTS(Q, P)": "rw none · w", "ACCESSRIGHTS(BLANK, TRUE)": "w", "ACCESSRIGHTS(FALSE, BLANK)": "none", "ACCESSRIGHTS(BLANK, BLANK)": "·",
		"RESETACCESSRIGHTS(A)": "1 · 3 -2.5", "BLANK": "·", "1.5": "1.5", `"x"`: `"x"`, `Country."jp"`: "jp", "Country": "fr de jp", "Empty": "· · ·", "Zero": "", "Zero + A": "",
	} {
		require.Equal(t, want, showColumn(s.eval(t, formula)), formula)
	}
}

// SPEC 3.2 and 3.3: names, properties, modifiers. Sales is 1 2 · 4 | · · · · | 5 6 7 ·.
func TestEvalModifiers(t *testing.T) {
	s := newSample(t)
	for formula, want := range map[string]string{
		"User.Country.Region": "EMEA · ·", "User.Country.Area": "551 · 551", "Month.Next.Next.Next": "apr · · ·", `Country."fr".Region`: "EMEA",
		"Sales[REMOVE: Month]": "7 · 18", "Sales[REMOVE: Country]": "6 8 7 4", "Sales[REMOVE: Country, Month]": "25", "Sales[KEEP: Month]": "6 8 7 4", "Sales[KEEP: Country, Month]": "1 2 · 4 · · · · 5 6 7 ·",
		"Sales[REMOVE AVG: Month]": "2.3333333333333335 · 6", "Sales[REMOVE MIN: Country]": "1 2 7 4", "Sales[REMOVE MAX: Country]": "5 6 7 4", "Sales[REMOVE COUNT: Country]": "2 2 1 1", "Sales[REMOVE COUNT: Month]": "3 · 3",
		"P[REMOVE ANY: Month]": "true", "P[REMOVE ALL: Month]": "false", "Q[REMOVE COUNT: Month]": "2", "T[REMOVE COUNT: Month]": "3", "R[REMOVE ANY: User]": "rw rw ·", "R[REMOVE ALL: User]": "none none ·", "R[REMOVE COUNT: User]": "2 2 ·",
		"Month.Start[REMOVE MIN: Month]": "0001-01-01", "Month.Start[REMOVE MAX: Month]": "2024-02-29", "Zero[REMOVE: Nothing]": "·", "1[ADD: Nothing][REMOVE: Nothing]": "·", "1[ADD: Country, Month][REMOVE: Month]": "4 4 4", "2[ADD: Month][REMOVE COUNT: Month]": "4", "2[ADD: Month][REMOVE AVG: Month]": "2",
		"Quota[ADD: Country]": "10 20 10 20 10 20", `Sales[SELECT: Month."feb"]`: "2 · 6", `Sales[SELECT: Country."jp"; REMOVE: Month]`: "18", "A[SELECT: Month - 1]": "· 1 · 3", "A[SELECT: Month + 1]": "· 3 -2.5 ·", "A[SELECT: Month + 9]": "· · · ·", "1[ADD: Month][SELECT: Month - 1]": "· 1 1 1", "Sales[SELECT: Country + 1]": "· · · · 5 6 7 · · · · ·",
		"A[FILTER: CurrentValue > 0]": "1 · 3 ·", "A[EXCLUDE: CurrentValue > 0]": "· · · -2.5", "A[FILTER: P]": "1 · · -2.5", "A[EXCLUDE: P]": "· · 3 ·", "Quota[FILTER: A > 0]": "10 · 10 · 20 · 20 ·", "A[FILTER: CurrentValue > 0; FILTER: CurrentValue < 2]": "1 · · ·", "A[FILTER: CurrentValue[REMOVE: Month] > 1]": "1 · 3 -2.5",
		"Sales[BY: Country.Region]": "1 2 · 4 · · · ·", "Sales[BY COUNT: Country.Region; REMOVE: Month]": "3 ·", "Sales[BY: Home]": "3 18", "Sales[BY: Country -> Home]": "1 2 · · 5 6 7 ·", "Country.Area[BY: Country -> Home]": "551 551 · · 551 551 1102 551", "Country.EU[BY ANY: Country.Region]": "true ·", "1[ADD: Country][BY: Country.Region]": "2 ·",
		"Quota[BY: Country.Region]": "10 10 ·", "Quota[BY CONSTANT: Country.Region]": "10 10 ·", "Quota[BY: Home]": "10 10 20 · · · · · 20 20 20 20", "Country.Area[BY: User.Country]": "551 · 551", "Sales[BY: User.Country]": "1 2 · 4 · · · · 5 6 7 ·",
		"'By month'[REMOVE: Country]": "6 15 24 33", "'By month'": "1 4 7 10 2 5 8 11 3 6 9 12", `'By month'[SELECT: Month."feb"]`: "4 5 6",
		"User.Country = Country": "true false false · · · false false true", "IF(User.Country = Country, ACCESSRIGHTS(TRUE, FALSE))": "r · · · · · · · r",
	} {
		require.Equal(t, want, showColumn(s.eval(t, formula)), formula)
	}
}

func TestEvalCountsOnlyWhatIsUsed(t *testing.T) {
	s := newSample(t)
	calls := map[string]int{}
	ev := NewEvaluator(func(_ context.Context, b *cube.Block) (*cube.Column, error) {
		calls[b.Label()]++
		return s.values[b], nil
	}, EvalOptions{})
	_, err := ev.Eval(context.Background(), s.check(t, "A + A * A + (A + B)[FILTER: CurrentValue > A]"))
	require.NoError(t, err)
	require.Equal(t, map[string]int{"A": 1, "B": 1}, calls)
}

// Formulas are up to 64 KiB long: what is deep or wide must take neither a stack nor a register for each part.
func TestEvalLongFormulas(t *testing.T) {
	s := newSample(t)
	for formula, want := range map[string]string{
		strings.Repeat("A + ", 16_000) + "A":                                               "16001 · 48003 -40002.5",
		"A IN (" + strings.Repeat("B, ", 16_000) + "A)":                                    "true · true true",
		"SWITCH(A" + strings.Repeat(", B, 5", 9_000) + ", 7)":                              "7 7 7 7",
		"SWITCH(A" + strings.Repeat(", 2, B", 8_000) + ", 3, 4, 5)":                        "5 5 4 5",
		"A" + strings.Repeat("[FILTER: CurrentValue > 1]", 2_400):                          "· · 3 ·",
		"A" + strings.Repeat("[FILTER:CurrentValue[SELECT:Month.\"mar\"]>0]", 500):         "1 · 3 -2.5",
		"Sales" + strings.Repeat("[FILTER: CurrentValue[REMOVE:Month][ADD:Month]>0]", 300): "1 2 · 4 · · · · 5 6 7 ·",
		"A IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)":     "true · true false",
	} {
		start := time.Now()
		room := allocated(func() { require.Equal(t, want, showColumn(s.eval(t, formula)), formula[:20]) })
		require.Less(t, room, 300e6, formula[:20])
		require.Less(t, time.Since(start), 20*time.Second, formula[:20])
	}
}

func TestCivilMatchesTime(t *testing.T) {
	for _, days := range []int64{-719528, -719468, -719469, -141428, -1, 0, 1, 19782, 2932896} {
		want := time.Unix(days*24*60*60, 0).UTC()
		year, month, day := civil(days)
		require.Equal(t, want.Format(time.DateOnly), fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	}
	for days := int64(-719528); days < 2932896; days += 13 {
		want := time.Unix(days*24*60*60, 0).UTC()
		year, month, day := civil(days)
		require.Equal(t, [3]int{want.Year(), int(want.Month()), want.Day()}, [3]int{int(year), int(month), int(day)})
	}
}

func TestEvalIsSafeForManyGoroutines(t *testing.T) {
	s := newSample(t)
	e := s.check(t, `IF(CONTAINS(T & Code, "b"), Sales[FILTER: CurrentValue > 1] + CUMULATE(Sales, Month))[BY: Country.Region]`)
	ev := evaluatorOf(s.values)
	want, err := ev.Eval(context.Background(), e)
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				got, err := ev.Eval(context.Background(), e)
				if err != nil || showColumn(got) != showColumn(want) {
					t.Error("another result", err)
				}
			}
		})
	}
	all.Wait()
}

func TestEvalFails(t *testing.T) {
	s := newSample(t)
	gone := errors.New("gone")
	failing := NewEvaluator(func(context.Context, *cube.Block) (*cube.Column, error) { return nil, gone }, EvalOptions{})
	_, err := failing.Eval(context.Background(), s.check(t, "A + B"))
	require.ErrorIs(t, err, gone)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = evaluatorOf(s.values).Eval(ctx, s.check(t, "A + B"))
	require.ErrorIs(t, err, context.Canceled)
}
