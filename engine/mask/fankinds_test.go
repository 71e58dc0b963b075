package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask/masktest"
)

// crowdedWorld has so many members of so many kinds, who differ in their rights over lists one by one and in pairs.
func crowdedWorld(t testing.TB, rng *rand.Rand, members, kinds int, coupled bool) (*world, []*cube.List, []*engine.Member) {
	w := newWorld(t)
	modeler, ok := w.app.RoleList.Find("Modeler")
	require.True(t, ok)
	first := w.ws.Users.Len()
	require.NoError(t, w.ws.Users.Append(names("member ", members)...))
	for i := range members {
		w.ws.Accounts = append(w.ws.Accounts, cube.Standard)
		if i%kinds != 3 { // One kind has no role.
			w.app.SetRoleOf(cube.ItemID(first+i), modeler)
		}
	}
	lists := []*cube.List{w.list("A", names("a", 20)...), w.list("B", names("b", 30)...)}
	blocks := []*cube.Block{w.metric("M0", lists...), w.metric("M1", lists[1])}
	dims := [][]*cube.List{{lists[0]}, {lists[1]}}
	if coupled {
		dims = append(dims, lists, lists)
	}
	for i, over := range dims {
		on := blocks[:1]
		if i == 1 {
			on = blocks
		}
		of := map[string]cube.Rights{}
		w.rule(fmt.Sprint("F", i), cube.OnMetrics, on, func(member cube.ItemID, items []cube.ItemID) cube.Rights {
			kind := int(member) % kinds
			if i == 3 {
				kind %= 2 // shared by many kinds
			}
			key := fmt.Sprint(kind, items)
			if _, ok := of[key]; !ok {
				of[key] = cube.Read | cube.Write
				if rng.IntN(5) == 0 {
					of[key] = cube.Rights(rng.IntN(4))
				}
			}
			return of[key]
		}, over...)
	}
	var all []*engine.Member
	for i := range members {
		all = append(all, w.member(fmt.Sprint("member ", i)))
	}
	return w, lists, all
}

func crowdedBatch(rng *rand.Rand, lists []*cube.List, n int, mem memory.Allocator) arrow.RecordBatch {
	var fields []field
	for _, l := range lists {
		items := make([]int, n)
		for i := range items {
			if items[i] = rng.IntN(l.Len()); rng.IntN(40) == 0 {
				items[i] = someoneElse - rng.IntN(2)
			}
		}
		fields = append(fields, field{l.Name, itemsAs(mem, arrow.BinaryTypes.String, l, items)})
	}
	for _, m := range []string{"M0", "M1"} {
		values := make([]float64, n)
		for i := range values {
			values[i] = rng.Float64()
		}
		fields = append(fields, field{m, floats(mem, values...)})
	}
	return batchOf(fields...)
}

// Members of many kinds, and many members of few, get what Maskers of their own would give them.
func TestFanOfKindsAsOneByOne(t *testing.T) {
	withSIMD(t, func(t *testing.T) {
		for seed, x := range []struct {
			members, kinds, rows int
			coupled, dense       bool
		}{{1, 1, 10, true, false}, {130, 130, 500, false, false}, {100, 7, 200, true, false}, {150, 70, 65, true, false}, {90, 5, 600, true, true}, {20, 4, 5000, false, false}} {
			rng := rand.New(rand.NewPCG(uint64(seed), 80))
			w, lists, members := crowdedWorld(t, rng, x.members, x.kinds, x.coupled)
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			batch, opt := crowdedBatch(rng, lists, x.rows, mem), Options{Allocator: mem, Locks: seed%2 == 0, Workers: 1}
			if x.dense {
				batch.Release()
				values := make([]float64, x.rows)
				batch, opt.Dense = batchOf(field{"M0", floats(mem, values...)}), "M0"
			}
			fan, err := NewFan(members, batch.Schema(), opt)
			require.NoError(t, err)
			require.LessOrEqual(t, len(fan.kinds), x.kinds)
			require.Greater(t, 2*len(fan.kinds), x.kinds)
			checkFan(t, fan, members, batch, opt)
			batch.Release()
			mem.AssertSize(t, 0)
			_ = w
		}
	})
}

func checkFan(t *testing.T, fan *Fan, members []*engine.Member, batch arrow.RecordBatch, opt Options) {
	t.Helper()
	i := 0
	var later []arrow.RecordBatch
	for got, err := range fan.Mask(batch) {
		require.NoError(t, err)
		m, err := New(members[i], batch.Schema(), opt)
		require.NoError(t, err)
		want, err := m.Mask(batch)
		require.NoError(t, err)
		require.True(t, array.RecordEqual(want, got), "member %d", i)
		require.Equal(t, m.Report(), fan.Report(i), "member %d", i)
		want.Release()
		if i%3 == 0 {
			later = append(later, got) // Members of a kind may share: none may lose what another lets go.
		} else {
			got.Release()
		}
		i++
	}
	require.Len(t, members, i)
	for _, got := range later {
		require.NotPanics(t, func() { _ = fmt.Sprint(got) })
		got.Release()
	}
	for got := range fan.Mask(batch) {
		got.Release()
		break
	}
}

// What members share they may read at once, each in a goroutine of their own: the Arrow library makes the arrays of
// dictionaries when they are first asked for, without a lock. (The race detector fails it.)
func TestFanSharesWhatGoroutinesMayRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 83))
	w := newWorld(t)
	l := w.list("L", names("item ", 5)...)
	var fields []field
	for i, dt := range masktest.Types() {
		if !strings.Contains(dt.String(), "dictionary") || i%7 > 0 {
			continue
		}
		name := fmt.Sprint("M", len(fields))
		w.metric(name, l)
		fields = append(fields, field{name, array.MakeFromData(masktest.New(uint64(i), 1).Array(dt, make([]masktest.State, 20), true))})
	}
	items := make([]int, 20)
	for i := range items {
		items[i] = rng.IntN(5)
	}
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	batch := batchOf(append(fields, field{"L", itemsAs(memory.DefaultAllocator, dt, l, items)})...)
	fan, err := NewFan([]*engine.Member{w.member("ada"), w.member("bo"), w.member("bo"), w.member("ada")}, batch.Schema(), Options{})
	require.NoError(t, err)
	var all sync.WaitGroup
	for out, err := range fan.Mask(batch) {
		require.NoError(t, err)
		all.Go(func() {
			_ = fmt.Sprint(out)
			out.Release()
		})
	}
	all.Wait()
}

// A Fan does for a kind once what it would do for each of its members.
func TestFanDecidesAboutKindsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 81))
	_, lists, members := crowdedWorld(t, rng, 60, 3, false)
	batch := crowdedBatch(rng, lists, 100, memory.DefaultAllocator)
	fan, err := NewFan(members, batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	require.Len(t, fan.kinds, 3)
	seen := map[arrow.RecordBatch]bool{}
	for out, err := range fan.Mask(batch) {
		require.NoError(t, err)
		seen[out] = true
	}
	require.Len(t, seen, 3)
}

// A member more costs a few allocations, and its rows none.
func TestAllocationsOfFan(t *testing.T) {
	count := func(members, rows int) float64 {
		rng := rand.New(rand.NewPCG(1, 82))
		_, lists, all := crowdedWorld(t, rng, members, members, false)
		batch := crowdedBatch(rng, lists, rows, memory.DefaultAllocator)
		fan, err := NewFan(all, batch.Schema(), Options{Workers: 1})
		require.NoError(t, err)
		return fewest.Allocations(50, func() {
			for out, err := range fan.Mask(batch) {
				if err != nil {
					t.Fatal(err)
				}
				out.Release()
			}
		})
	}
	few, many, long := count(10, 500), count(110, 500), count(10, 4000)
	t.Logf("%.1f a member, %.0f for 3500 rows", (many-few)/100, long-few)
	require.Less(t, (many-few)/100, 25.0, "a member")
	require.LessOrEqual(t, long, few+4, "3500 rows")
}
