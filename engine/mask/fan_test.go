package mask

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

func TestTransposeAsBitByBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var a [64]uint64
	for i := range a {
		a[i] = rng.Uint64()
	}
	b := a
	transpose64(&b)
	for i := range 64 {
		for j := range 64 {
			require.Equal(t, a[j]>>i&1, b[i]>>j&1, "%d %d", i, j)
		}
	}
}

// A Fan shows each member what its own Masker does, and counts alike.
func TestFanAsOneByOne(t *testing.T) { withSIMD(t, fanAsOneByOne) }

func fanAsOneByOne(t *testing.T) {
	for seed := range fewer(60, 3) {
		rng := rand.New(rand.NewPCG(seed, 31))
		w := randomWorld(t, rng)
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		n := []int{0, 1, 64, 100, 300, 5000}[rng.IntN(6)]
		if n > 300 && seed%5 > 0 {
			n = 100
		}
		batch, opt, _, _ := randomBatch(w, rng, mem, n)
		opt.Refuse = opt.Refuse || seed%7 == 0
		opt.Allocator = mem
		var members []*engine.Member
		for range []int{3, 64, 70}[rng.IntN(3)] {
			members = append(members, w.member([]string{"ada", "bo", "cy"}[rng.IntN(3)]))
		}
		fan, err := NewFan(members, batch.Schema(), opt)
		require.NoError(t, err)
		i := 0
		for got, err := range fan.Mask(batch) {
			msg := fmt.Sprintf("seed %d, member %d", seed, i)
			m, e := New(members[i], batch.Schema(), opt)
			require.NoError(t, e)
			want, e := m.Mask(batch)
			require.Equal(t, e, err, msg)
			if e == nil {
				require.True(t, array.RecordEqual(want, got), "%s\n%s\n%s", msg, want, got)
				want.Release()
				got.Release()
			}
			require.Equal(t, m.Report(), fan.Report(i), msg)
			i++
		}
		require.Len(t, members, i)
		for got, err := range fan.Mask(batch) { // Whoever stops early owes nothing.
			if err == nil {
				got.Release()
			}
			break
		}
		batch.Release()
		mem.AssertSize(t, 0)
	}
}

// Members of several rights are masked for together where a batch says the same in all of them, and otherwise not at all.
func TestFanOfSeveralRights(t *testing.T) {
	mem := memory.DefaultAllocator
	member := func(closed string, items ...string) *engine.Member {
		w := newWorld(t)
		city := w.list("City", items...)
		m := w.metric("Revenue", city)
		w.rule("Access", cube.OnMetrics, []*cube.Block{m}, func(_ cube.ItemID, at []cube.ItemID) cube.Rights {
			if items[at[0]] == closed {
				return 0
			}
			return cube.Read | cube.Write
		}, city)
		return w.member("bo")
	}
	batch := batchOf(field{"City", texts(mem, "Oslo", "Rome", "Lima")}, field{"Revenue", floats(mem, 1, 2, 3)})
	first := member("Rome", "Oslo", "Rome", "Lima")
	var told []engine.Ref
	fan, err := NewFan([]*engine.Member{first, member("Lima", "Oslo", "Rome", "Lima"), member("Rome", "Oslo", "Rome", "Lima")}, batch.Schema(),
		Options{Audit: func(a Access) { told = append(told, a.Block) }})
	require.NoError(t, err)
	var got [][]string
	for out, err := range fan.Mask(batch) {
		require.NoError(t, err)
		got = append(got, lines(out))
		out.Release()
	}
	require.Equal(t, [][]string{{"Oslo,1", "Rome,-", "Lima,3"}, {"Oslo,1", "Rome,2", "Lima,-"}, {"Oslo,1", "Rome,-", "Lima,3"}}, got)
	require.NotSame(t, told[0].Block, told[4].Block, "each is told of in its own rights")

	for name, other := range map[string]*engine.Member{
		"another order": member("Rome", "Rome", "Lima", "Oslo"),
		"more items":    member("Rome", "Oslo", "Rome", "Lima", "Paris"),
		"other items":   member("Rome", "x", "Rome", "Lima"),
	} {
		_, err = NewFan([]*engine.Member{first, other}, batch.Schema(), Options{})
		require.ErrorContains(t, err, "make another Fan", name)
		_, err = NewFan([]*engine.Member{first, other}, batchOf(field{"Revenue", floats(mem, 1, 2, 3)}).Schema(), Options{Dense: "Revenue"})
		require.ErrorContains(t, err, "make another Fan", name)
		_, err = NewFan([]*engine.Member{other}, batch.Schema(), Options{})
		require.NoError(t, err)
	}
}

// crowd is members with rights of their own, and a block of rows.
func crowd(t testing.TB, members, rows int) ([]*engine.Member, arrow.RecordBatch) {
	w := newWorld(t)
	lists := []*cube.List{w.list("Country", names("country ", 200)...), w.list("Product", names("product ", 500)...), w.list("Month", names("month ", 36)...)}
	m := w.metric("Revenue", lists...)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 2 {
		w.rule(fmt.Sprint("F", i), cube.OnMetrics, []*cube.Block{m}, func(cube.ItemID, []cube.ItemID) cube.Rights {
			if rng.IntN(20) == 0 {
				return 0
			}
			return cube.Read | cube.Write
		}, lists[i])
	}
	var all []*engine.Member
	for i := range members {
		all = append(all, w.member([]string{"ada", "bo", "cy"}[i%3]))
	}
	return all, benchBatch("columns", lists, rows)
}

// crowds are the two ways to mask one batch for many members.
func crowds(t testing.TB, members, rows int) (fan, loop func()) {
	all, batch := crowd(t, members, rows)
	f, err := NewFan(all, batch.Schema(), Options{Workers: 1})
	require.NoError(t, err)
	var maskers []*Masker
	for _, member := range all {
		m, err := New(member, batch.Schema(), Options{Workers: 1})
		require.NoError(t, err)
		maskers = append(maskers, m)
	}
	fan = func() {
		for out, err := range f.Mask(batch) {
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		}
	}
	loop = func() {
		for _, m := range maskers {
			out, err := m.Mask(batch)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		}
	}
	return fan, loop
}

func BenchmarkFan(b *testing.B) {
	b.Run("members=1000/rows=1Ki", func(b *testing.B) {
		fan, loop := crowds(b, 1000, 1<<10)
		d := fight(7, fan, loop)
		b.ReportAllocs()
		for b.Loop() {
			fan()
		}
		b.ReportMetric(d.ratio(), "x-the-loop")
	})
}

func TestGuardFanAgainstTheLoop(t *testing.T) {
	guard(t)
	fan, loop := crowds(t, 1000, 1<<10)
	fight(7, fan, loop).require(t, 6)
}
