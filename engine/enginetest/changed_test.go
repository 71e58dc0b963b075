package enginetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// told is the pairs that Changed yields, by member and block.
func told(t *testing.T, r *engine.Rights) map[string]bool {
	out := map[string]bool{}
	var last cube.BlockID
	for members, ref := range r.Changed() {
		require.GreaterOrEqual(t, ref.Block.ID, last)
		last = ref.Block.ID
		require.NotEmpty(t, members)
		require.True(t, slices.IsSorted(members))
		for _, m := range members {
			key := pairKey(r.Workspace().Users.Item(m), ref)
			require.False(t, out[key], key)
			out[key] = true
		}
	}
	return out
}

func pairKey(member string, ref engine.Ref) string {
	return fmt.Sprintf("%q of %s as %s names it, kind %d", member, ref.Block, ref.App.Name, ref.Block.Kind)
}

// really is the pairs of which some decision differs. Where the cells are others the pair is "renumbered".
func really(t *testing.T, old, now *engine.Rights) map[string]string {
	out := map[string]string{}
	for _, b := range now.Workspace().Blocks() {
		apps := []*cube.Application{b.App}
		if b.Reserved() {
			apps = now.Workspace().Applications
		}
		before := old.Workspace().Blocks()[b.ID] // updates add no blocks
		renumbered := !slices.EqualFunc(b.Dims, before.Dims, func(x, y *cube.List) bool { return slices.Equal(x.Items(), y.Items()) })
		for _, app := range apps {
			for m := range cube.ItemID(now.Workspace().Users.Len()) {
				name := now.Workspace().Users.Item(m)
				key := pairKey(name, engine.Ref{App: app, Block: b})
				was, err := old.Member(name)
				if renumbered && err == nil {
					out[key] = "renumbered"
					continue
				}
				v, err2 := now.MemberAt(m).Block(engine.Ref{App: app, Block: b})
				require.NoError(t, err2)
				if err != nil { // a new member
					require.NoError(t, cells(b, func(items []cube.ItemID) error {
						if v.Read(items...) {
							out[key] = "new"
						}
						return nil
					}))
					continue
				}
				u, err := was.Block(engine.Ref{App: old.Workspace().Application(app.Name), Block: before})
				require.NoError(t, err)
				require.NoError(t, cells(b, func(items []cube.ItemID) error {
					if x, y := u.Decide(items...), v.Decide(items...); fmt.Sprint(x) != fmt.Sprint(y) {
						out[key] = fmt.Sprint(items, x, y)
					}
					return nil
				}))
			}
		}
	}
	return out
}

// Changed yields every pair of a member and a block of which a decision differs, and few others: those whose conditions
// differ where other conditions deny.
func TestChanged(t *testing.T) {
	ctx := context.Background()
	pairs, over, same := 0, 0, 0
	for _, seed := range seeds(t, "CUBEWARD_SEQUENCES", 0, 60, 60) {
		dir := t.TempDir()
		require.NoError(t, Generate(seed+900, sizeOf(seed)).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		old, err := engine.Compile(ctx, ws, engine.Options{})
		require.NoError(t, err)
		require.Empty(t, told(t, old))
		random := rand.New(rand.NewPCG(seed, 0x0dd))
		for range 4 {
			current, err := old.Current()
			require.NoError(t, err)
			now, err := old.Update(ctx, RandomChanges(random, current, 2)...)
			if err != nil {
				continue
			}
			yielded, differing := told(t, now), really(t, old, now)
			for key, how := range differing {
				if !yielded[key] && how != "renumbered" {
					t.Errorf("seed %d: %s is not yielded: %s", seed, key, how)
				}
				pairs++
			}
			for key := range yielded {
				if differing[key] == "" {
					over++
				}
			}
			same += now.Workspace().Users.Len()*len(now.Workspace().Blocks()) - len(differing)
			old = now
		}
	}
	t.Logf("%d pairs differ, %d do not, of which %d are yielded all the same", pairs, same, over)
	require.Greater(t, pairs, 1000)
	require.Less(t, over, pairs/20)
}
