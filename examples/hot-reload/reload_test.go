package main

import (
	"context"
	"log"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// What everybody sees, while the rights change.
func Example() {
	if err := run(context.Background(), os.Stdout, ".", ""); err != nil {
		log.Fatal(err)
	}
	// Output:
	// generation 1, ada 10* 11* 20* 21* 30* 31*
	//   generation 1, bo  10  11*  -   -   -   -
	//   generation 1, cy   -   -   -   -  30  31*
	//
	// bo moves to Nice
	//   generation 2, ada 10* 11* 20* 21* 30* 31*
	//   generation 2, bo   -   -  20  21*  -   -
	//   generation 2, cy   -   -   -   -  30  31*
	//
	// cy now leads the South
	//   generation 3, ada 10* 11* 20* 21* 30* 31*
	//   generation 3, bo   -   -  20  21*  -   -
	//   generation 3, cy  10  11* 20  21* 30  31*
	//
	// there is no such role: nothing changes
	//   rights stay as they were: change 1, the role of "cy": unknown role "Boss" in Shops
	//
	// bo leaves
	//   generation 4, ada 10* 11* 20* 21* 30* 31*
	//   generation 4, bo   -   -   -   -   -   -
	//   generation 4, cy  10  11* 20  21* 30  31*
	//
	// cy becomes an Admin
	//   generation 5, ada 10* 11* 20* 21* 30* 31*
	//   generation 5, bo   -   -   -   -   -   -
	//   generation 5, cy  10* 11* 20* 21* 30* 31*
}

// Queries that run while rights change are answered as of one generation each, which never is older than one that was
// seen before; what they were told of is audited.
func TestQueriesWhileRightsChange(t *testing.T) {
	var audited atomic.Int64
	q, err := open(t.Context(), ".", func(a mask.Access) {
		if a.Column == "Sales" {
			audited.Add(1)
		}
	})
	require.NoError(t, err)
	result := sales(q.schema)
	defer result.Release()
	sees := []string{"10  11*  -   -   -   -", "-   -  20  21*  -   -"} // bo in odd and even generations
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var asked atomic.Int64
	for range 4 {
		wg.Go(func() {
			last := 0
			for asks := true; asks; asks = ctx.Err() == nil {
				out, number, err := q.run("bo", result)
				if err != nil || number < last || strings.TrimSpace(line(out)) != sees[(number+1)%2] {
					t.Errorf("generation %d after %d: %v %v", number, last, out, err)
					return
				}
				out.Release()
				last = number
				asked.Add(1)
			}
		})
	}
	for i := range 200 {
		_, err := q.apply(t.Context(), engine.SetProperty{List: "User", Item: "bo", Property: "Store", Value: storeOf(i)})
		require.NoError(t, err)
	}
	cancel()
	wg.Wait()
	require.Equal(t, 201, q.now.Load().number)
	require.NotZero(t, asked.Load())
	require.Equal(t, asked.Load(), audited.Load())
}

// storeOf is where bo is after so many moves.
func storeOf(move int) cube.Value { return cube.TextValue([]string{"Nice", "Lyon"}[move%2]) }

// A generation that nobody works with any more is let go.
func TestOldGenerationsAreReleased(t *testing.T) {
	q, err := open(t.Context(), ".", nil)
	require.NoError(t, err)
	result := sales(q.schema)
	defer result.Release()
	var old []weak.Pointer[engine.Rights]
	for i := range 5 {
		out, _, err := q.run("bo", result)
		require.NoError(t, err)
		out.Release()
		old = append(old, weak.Make(q.now.Load().rights))
		_, err = q.apply(t.Context(), engine.SetProperty{List: "User", Item: "bo", Property: "Store", Value: storeOf(i)})
		require.NoError(t, err)
	}
	for i, p := range old {
		for deadline := time.Now().Add(time.Minute); p.Value() != nil; runtime.GC() {
			require.True(t, time.Now().Before(deadline), "generation %d is still held", i+1)
		}
	}
	require.NotNil(t, q.now.Load().rights)
}

func TestBrokenFeeds(t *testing.T) {
	q, err := open(t.Context(), ".", nil)
	require.NoError(t, err)
	var errs []string
	feed := `{"set_role": {"member": "bo", "role": "Clerk"}} {"set_rolle": {}} {} {"set_attribute": {"member": "bo", "attribute": "Shoe"}} {`
	err = q.follow(t.Context(), strings.NewReader(feed), func(_ event, _ int, err error) error {
		if err != nil {
			errs = append(errs, err.Error())
		}
		return nil
	})
	require.ErrorContains(t, err, "feed")
	require.Len(t, errs, 3)
	require.Equal(t, 2, q.now.Load().number)
}
