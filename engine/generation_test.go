package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// seen is what a member reads and writes of the blocks of the pair, as text.
func seen(t testing.TB, r *engine.Rights, member string) string {
	out := ""
	for _, name := range []string{"Revenue", "Sum"} {
		m, err := r.Member(member)
		require.NoError(t, err)
		ref, err := r.Find(name, "HR")
		require.NoError(t, err)
		v, err := m.Block(ref)
		require.NoError(t, err)
		out += fmt.Sprint(v.Tables(engine.Readable), v.Tables(engine.Writable))
	}
	return out
}

// Readers of many generations see each as it was, whatever is made of it meanwhile, side by side too.
func TestReadersAreUndisturbed(t *testing.T) {
	old := newPair(t).compile(t)
	first := seen(t, old, "cy")
	var newest atomic.Pointer[engine.Rights]
	newest.Store(old)
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := newest.Load()
				was := seen(t, r, "cy")
				require.Equal(t, was, seen(t, r, "cy"))
				_, err := r.Values(context.Background(), r.Workspace().Application("HR").Metric("AR"))
				require.NoError(t, err)
				for range r.Changed() {
				}
				require.Equal(t, first, seen(t, old, "cy"))
			}
		})
	}
	for w := range 2 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			for range 200 {
				from := newest.Load()
				if random.IntN(8) == 0 {
					from = old // side by side
				}
				r := updated(t, from, randomPairChange(random))
				newest.Store(r)
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

func randomPairChange(random *rand.Rand) engine.Change {
	member := []string{"bo", "cy", "di"}[random.IntN(3)]
	switch n := random.IntN(12); {
	case n < 5:
		return setRole("HR", member, []string{"", "Admin", "Modeler", "Reader"}[random.IntN(4)])
	case n < 11:
		return setCell("AR", cube.RightsValue(cube.Rights(random.IntN(4))), member, []string{"France", "Japan"}[random.IntN(2)])
	}
	return engine.SetRule{Application: "HR", Name: "r", Metric: "AR", Access: cube.Rights(1 + random.IntN(3)), Metrics: []string{"Revenue"}}
}

// What nobody holds is collected: of many generations the last one keeps what it needs and no more.
func TestGenerationsAreCollected(t *testing.T) {
	for _, side := range []bool{false, true} {
		t.Run(fmt.Sprintf("side by side %t", side), func(t *testing.T) {
			r := company(t, 2000)
			ws := r.Workspace()
			random := rand.New(rand.NewPCG(1, 2))
			var made, gone atomic.Int64
			base := r
			step := func() {
				member := ws.Users.Item(cube.ItemID(1 + random.IntN(1999)))
				changes := []engine.Change{setCell("Employees given", cube.RightsValue(cube.Rights(random.IntN(4))), member, fmt.Sprintf("employee-%08d", random.IntN(5000)))}
				if random.IntN(3) == 0 {
					changes = append(changes, setRole("", member, "Modeler"))
				}
				next := updated(t, base, changes...)
				made.Add(1)
				runtime.AddCleanup(next, func(*atomic.Int64) { gone.Add(1) }, &gone)
				ref, err := next.Find("Employee.Pay", "")
				require.NoError(t, err)
				m, err := next.Member(member)
				require.NoError(t, err)
				_, err = m.Block(ref)
				require.NoError(t, err)
				if !side {
					base = next
				}
			}
			for range 2000 {
				step()
			}
			early := live()
			for range 10_000 {
				step()
			}
			late := live()
			t.Logf("%.1f MB after 2,000 updates, %.1f MB after 12,000; %d of %d collected", early/1e6, late/1e6, gone.Load(), made.Load())
			require.Less(t, late, early+16e6)
			for deadline := time.Now().Add(time.Minute); gone.Load() < made.Load()-3; runtime.GC() { // cleanups run beside
				require.True(t, time.Now().Before(deadline), "%d of %d collected", gone.Load(), made.Load())
			}
			now, err := base.Current()
			require.NoError(t, err)
			fresh, err := engine.Compile(context.Background(), now, engine.Options{})
			require.NoError(t, err)
			require.Equal(t, fresh.Groups(), base.Groups())
		})
	}
}

// A lineage that begins anew, with what members have alone or on top of the older one, changes nothing, whatever is
// updated in it.
func TestLineagesAreTheSame(t *testing.T) {
	ctx := context.Background()
	var crowded *bitmap.Pool
	for seed := range uint64(12) {
		crowded = nil
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(seed+70, enginetest.Medium()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		r, err := engine.Compile(ctx, ws, engine.Options{})
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(seed, 3))
		for range 12 {
			now, err := r.Current()
			require.NoError(t, err)
			next, err := r.Update(ctx, enginetest.RandomChanges(random, now, 2)...)
			if err != nil {
				continue
			}
			r = next
			if crowded != nil {
				require.NotSame(t, crowded, r.Pool(), "it begins anew")
				crowded = nil
			}
			switch random.IntN(5) {
			case 0:
				r = r.Compacted()
			case 1:
				r = r.Forked()
			case 2:
				r = r.Forked().Compacted()
			case 3:
				r.Crowd()
				crowded = r.Pool()
			}
		}
		differences, _, err := enginetest.CompareRights(r)
		require.NoError(t, err)
		require.Empty(t, differences, "seed %d", seed)
	}
}

func live() float64 {
	for range 3 { // what cleanups let go is found by a later cycle
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
