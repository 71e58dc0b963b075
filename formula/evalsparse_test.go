package formula

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// assign adds a metric with n random values over User × Employee, sparse.
func (w *benchWorld) assign(tb testing.TB, name string, t cube.Type, n int) {
	b := w.app.AddMetric(name, t, w.app.List("Employee"), w.ws.Users) // not in the order of the lists
	space, err := b.Space()
	require.NoError(tb, err)
	rng := rand.New(rand.NewPCG(uint64(n), 3))
	values, seen := cube.NewColumnBuilder(t, space), map[uint64]bool{}
	for len(seen) < n {
		cell := rng.Uint64N(space.Len())
		if seen[cell] {
			continue
		}
		seen[cell] = true
		v := cube.BooleanValue(rng.IntN(4) > 0)
		if t.Kind == cube.Number {
			v = cube.NumberValue(float64(rng.IntN(5)))
		}
		values.Set(cell, v)
	}
	c, err := values.Column()
	require.NoError(tb, err)
	w.values[b] = c
}

// blanks makes some values of a property BLANK.
func (w *benchWorld) blanks(l *cube.List, name string, every int) {
	b := l.Property(name)
	c := w.values[b]
	v := *c.Vector()
	v.Ints = append([]int32(nil), v.Ints...)
	for i := 0; i < v.N; i += every {
		v.Ints[i] = cube.BlankInt
	}
	w.values[b] = cube.NewDense(b.Type, c.Space(), v)
}

func newJoinWorld(tb testing.TB, n int) *benchWorld {
	w := newBenchWorld(tb, n, 50, n/20, n)
	w.blanks(w.app.List("Employee"), "Department", 97)
	w.blanks(w.app.List("Employee"), "Manager", 101)
	w.assign(tb, "Assigned", cube.Type{Kind: cube.Boolean}, 5*n)
	w.assign(tb, "Weight", cube.Type{Kind: cube.Number}, 3*n)
	return w
}

// allocated is the bytes that f allocates in all: more than it ever holds.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// Formulas over User × Employee whose result is sparse, in the shapes that rights take.
var sparseFormulas = []string{
	"IF(User.Department = Employee.Department, ACCESSRIGHTS(TRUE, TRUE))",
	"IF(Employee.Department = User.Department AND Employee.Active, ACCESSRIGHTS(TRUE, Employee.Active))",
	"IF(User.Department = Employee.Department, IF(User.Country = Employee.Country, ACCESSRIGHTS(TRUE, TRUE), ACCESSRIGHTS(TRUE, FALSE)))",
	"IF(NOT (User.Department <> Employee.Department), ACCESSRIGHTS(TRUE, TRUE))[FILTER: Employee.Department = User.Department]",
	"IF(Employee.Manager.Account = User OR Employee.Manager.Manager.Account = User OR Employee.Account = User, ACCESSRIGHTS(TRUE, FALSE))",
	"IF(User IN (Employee.Account, Employee.Manager.Account), ACCESSRIGHTS(TRUE, FALSE))",
	"SWITCH(User, Employee.Account, ACCESSRIGHTS(TRUE, TRUE), Employee.Manager.Account, ACCESSRIGHTS(TRUE, FALSE))",
	"IF(Assigned, ACCESSRIGHTS(TRUE, User.Level > 60))",
	"ACCESSRIGHTS(Assigned, Weight > 2)",
	"IF(Assigned OR User.Department = Employee.Department, ACCESSRIGHTS(TRUE, FALSE))",
	"IF(User = User.\"u7\" OR Assigned, ACCESSRIGHTS(TRUE, FALSE))",
	"IF(User.Level > 124.8, ACCESSRIGHTS(TRUE, TRUE), IF(User.Department = Employee.Department, ACCESSRIGHTS(TRUE, FALSE)))",
	"Weight + IF(Assigned, 1)",
	"Weight * User.Level",
	"Weight[FILTER: CurrentValue > 1]",
	"Weight[EXCLUDE: Assigned]",
	"Weight[SELECT: Employee + 1]",
	"IFBLANK(Weight, IF(Assigned, 7))",
	"ROUND(ABS(Weight)) > 2",
	"Assigned AND Weight > 1",
	"Weight[REMOVE: User]",
	"Weight[BY: User.Department]",
	"Weight[BY: Employee.Department]",
	"Weight[REMOVE COUNT: Employee][BY: User.Department]",
	"Weight[SELECT: Employee.\"e3\"][BY: Employee.Account]",
	"Assigned[REMOVE ANY: Employee]",
	"(Employee.Manager.Account = User)[REMOVE ANY: Employee]",
	"(Employee.Department = User.Department)[REMOVE ALL: User]",
	"(Employee.Department <> User.Department)[REMOVE COUNT: User, Employee]",
	"(Employee.Manager.Account = User AND Employee.Active)[REMOVE ANY: Employee]",
	"IF(Employee.Account = User, 2, 1)[REMOVE: Employee]",
	"IF(Employee.Account = User, 2, 1)[REMOVE AVG: Employee, User]",
}

// Others that only look at a sparse column.
var overSparseFormulas = []string{
	"(Employee.Account = User)[BY ANY: Employee.Department]",
	"IF(Employee.Account = User, 3, 1)[BY: User.Department]",
	"(Employee.Account <> User)[BY COUNT: Employee.Department]",
}

// At n = 60 the twin can follow; every result must be the same at any size of the knobs that decide the form.
func TestEvalSparseFormulas(t *testing.T) {
	w := newJoinWorld(t, 60)
	for _, text := range slices.Concat(sparseFormulas, overSparseFormulas) {
		e := w.check(t, text)
		for seed := range uint64(8) {
			ev := evaluatorOf(w.values)
			if seed > 0 {
				ev.tuning = randomTuning(rand.New(rand.NewPCG(seed, 2)))
			}
			got, err := ev.Eval(context.Background(), e)
			require.NoError(t, err, text)
			requireTwin(t, text, twin{w.values}, e, got)
		}
	}
}

// A product of 400 million cells, of which no form but the sparse one would fit the room that is allowed here.
func TestEvalStaysSparse(t *testing.T) {
	w := newJoinWorld(t, 20_000)
	for _, text := range sparseFormulas {
		e := w.check(t, text)
		ev := evaluatorOf(w.values)
		var got *cube.Column
		start := time.Now()
		bytes := allocated(func() {
			var err error
			got, err = ev.Eval(context.Background(), e)
			require.NoError(t, err, text)
		})
		require.Less(t, bytes, 200e6, text)
		if len(got.Space().Dims()) == 2 {
			require.Equal(t, cube.Sparse, got.Form(), text)
			require.Less(t, len(got.Cells()), 2_000_000, text)
		}
		requireTwinAt(t, text, twin{w.values}, e, got)
		t.Logf("%6.1f ms %6.1f MB %s", float64(time.Since(start).Microseconds())/1e3, bytes/1e6, text)
	}
}

// requireTwinAt compares a column with the twin at some of its values and at random cells, as long as the twin need
// not look at everything for one.
func requireTwinAt(t *testing.T, name string, tw twin, e *Expr, got *cube.Column) {
	t.Helper()
	if cellsOf(e) > 1e3 {
		return
	}
	rng := rand.New(rand.NewPCG(1, 1))
	items := make([]cube.ItemID, len(e.Dims))
	for i := range 200 {
		cell := rng.Uint64N(got.Space().Len())
		if i%2 == 0 && len(got.Cells()) > 0 {
			cell = got.Cells()[rng.IntN(len(got.Cells()))]
		}
		got.Space().At(cell, items)
		where := place{}
		for k, d := range e.Dims {
			where[d] = items[k]
		}
		require.Equal(t, tw.at(e, where), got.Value(cell), name)
	}
}

// 100,000 × 100,000 is 10 billion cells.
func TestEvalEqualityJoinGrows(t *testing.T) {
	if testing.Short() {
		t.Skip("half a second of joins")
	}
	const text = "IF(User.Department = Employee.Department, ACCESSRIGHTS(TRUE, TRUE))"
	room := map[int]float64{}
	for _, n := range []int{10_000, 100_000} {
		w := newBenchWorld(t, n, 50, n/10, n) // ten in a department
		e := w.check(t, text)
		var got *cube.Column
		room[n] = allocated(func() {
			var err error
			got, err = evaluatorOf(w.values).Eval(context.Background(), e)
			require.NoError(t, err)
		})
		require.Equal(t, cube.Sparse, got.Form())
		require.InDelta(t, 10*n, len(got.Cells()), float64(n))
		requireTwinAt(t, text, twin{w.values}, e, got)
	}
	require.Less(t, room[100_000], 50e6)
	require.Less(t, room[100_000]/room[10_000], 15.8) // 10^1.2
}

// A dense formula over 5 million cells takes no more than 24 bytes for each, and neither do the others.
func TestEvalDenseRoom(t *testing.T) {
	if testing.Short() {
		t.Skip("5 million cells")
	}
	w := newBenchWorld(t, 500, 200, 50, 100)
	w.metric("Revenue", "User", "Country", "Department")
	w.metric("Cost", "Department", "User", "Country")
	for text, limit := range map[string]float64{
		"IF(User.Country = Country AND User.Level > 10 OR Revenue > Cost * Rate, Revenue * Rate - Cost / (1 + User.Level), -1)":                 8.5,
		"SWITCH(User.Department, Department, Revenue, Cost)":                                                                                    8.5,
		"IF(User.Country = Department.Country OR Revenue > 7, ACCESSRIGHTS(TRUE, Cost > 3), ACCESSRIGHTS(Rate > 2, FALSE))":                     1.5,
		"Revenue[FILTER: CurrentValue > Cost; EXCLUDE: CurrentValue > 100]":                                                                     8.5,
		"CUMULATE(Revenue, Country) - Cost[SELECT: Department - 1]":                                                                             24.1,
		"(Revenue - Cost)[REMOVE: Department] * Rate":                                                                                           0.5,
		"((((Revenue + 1) * (Cost + 2)) + ((Revenue + 3) * (Cost + 4))) * (((Revenue + 5) * (Cost + 6)) + ((Revenue + 7) * (Cost + 8)))) ^ 0.5": 8.5,
	} {
		e := w.check(t, text)
		start := time.Now()
		bytes := allocated(func() {
			_, err := evaluatorOf(w.values).Eval(context.Background(), e)
			require.NoError(t, err, text)
		})
		t.Logf("%6.0f ms %6.2f bytes a cell: %s", float64(time.Since(start).Microseconds())/1e3, bytes/5e6, text)
		require.Less(t, bytes, limit*5e6, text)
	}
}

func TestEvalRefusesWhatCannotBeHeld(t *testing.T) {
	w := newBenchWorld(t, 100_000, 50, 10, 100_000)
	for _, text := range []string{
		"User.Level + IF(Employee.Active, 1, 2)",
		"IF(User.Level > 1 AND Employee.Active, ACCESSRIGHTS(TRUE, TRUE))",
		"User.Department = Employee.Department", // the tenth part is equal
		"CUMULATE(User.Level[ADD: Employee], Employee)",
		"1[ADD: User, Employee, Country, Department]",
	} {
		bytes := allocated(func() {
			got, err := evaluatorOf(w.values).Eval(context.Background(), w.check(t, text))
			if text[0] == '1' {
				require.NoError(t, err) // one value is enough
				require.Equal(t, cube.Constant, got.Form())
				return
			}
			require.ErrorContains(t, err, "User 100000 × Employee 100000", text)
		})
		require.Less(t, bytes, 400e6, text)
	}
}

// ACCESSRIGHTS of an equality is the access right none wherever its operands differ.
func TestEvalNoneIsBlank(t *testing.T) {
	w := newJoinWorld(t, 200)
	e := w.check(t, "ACCESSRIGHTS(User.Department = Employee.Department, FALSE)")
	exact, err := evaluatorOf(w.values).Eval(context.Background(), e)
	require.NoError(t, err)
	require.Equal(t, cube.Dense, exact.Form())

	ev := NewEvaluator(evaluatorOf(w.values).values, EvalOptions{NoneIsBlank: true})
	got, err := ev.Eval(context.Background(), e)
	require.NoError(t, err)
	require.Equal(t, cube.Sparse, got.Form())
	for cell := range exact.Space().Len() {
		want := exact.Value(cell)
		if want.Rights() == 0 {
			want = cube.Value{}
		}
		require.Equal(t, want, got.Value(cell))
	}

	large := newJoinWorld(t, 100_000)
	e = large.check(t, "ACCESSRIGHTS(User.Department = Employee.Department, Employee.Account = User)")
	got, err = NewEvaluator(evaluatorOf(large.values).values, EvalOptions{NoneIsBlank: true}).Eval(context.Background(), e)
	require.NoError(t, err)
	require.Equal(t, cube.Sparse, got.Form())
}

func TestEvalStopsWhenAsked(t *testing.T) {
	w := newBenchWorld(t, 20_000, 50, 10, 20_000)
	e := w.check(t, "(User.Level + IF(Employee.Active, 1, 2))[REMOVE: User, Employee]") // 400 million cells
	soonest := time.Hour
	for tries := 0; tries < 10 && soonest >= 500*time.Millisecond; tries++ { // where the machine does much else, some take longer
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		_, err := evaluatorOf(w.values).Eval(ctx, e)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		soonest = min(soonest, time.Since(start))
	}
	require.Less(t, soonest, 500*time.Millisecond)
}

// A metric whose values nobody can hold is evaluated where it is used.
func TestEvalFormulasInPlace(t *testing.T) {
	for _, n := range []int{100, 100_000} {
		w := newBenchWorld(t, n, 50, n/2, n)
		w.blanks(w.app.List("Employee"), "Department", 7)
		same := w.app.AddMetric("Same", cube.Type{Kind: cube.Boolean}, w.ws.Users, w.app.List("Employee"))
		is := w.check(t, "User.Department = Employee.Department")
		direct := w.check(t, "IF((User.Department = Employee.Department) AND Employee.Active, ACCESSRIGHTS(TRUE, FALSE))")
		want, err := evaluatorOf(w.values).Eval(context.Background(), direct)
		require.NoError(t, err)
		calls := 0
		opt := EvalOptions{Formula: func(b *cube.Block) *Expr {
			if b != same {
				return nil
			}
			calls++
			return is
		}}
		if n == 100 {
			opt.MaxBytes = 8000 // or all would fit
		}
		e := w.check(t, "IF(Same AND Employee.Active, ACCESSRIGHTS(TRUE, Same[FILTER: FALSE]))")
		got, err := NewEvaluator(evaluatorOf(w.values).values, opt).Eval(context.Background(), e)
		require.NoError(t, err)
		require.Equal(t, 1, calls)
		require.Equal(t, want.Cells(), got.Cells())
		require.Equal(t, want.Vector().Bytes, got.Vector().Bytes)
	}
}
