package enginetest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// yamlSequence is a list in a line of YAML: items, cells, targets, permissions …
var yamlSequence = regexp.MustCompile(`\[[^][{}"\\]*\]`)

// edited is a model with a few lines of its files left out or moved, and with other items, cells and rights. It may be
// none that SPEC allows.
func edited(r *rand.Rand, m Model) Model {
	out := Model{Seed: m.Seed, Files: maps.Clone(m.Files)}
	names := sortedKeys(m.Files)
	for range 1 + r.IntN(3) {
		name := names[r.IntN(len(names))]
		lines := strings.SplitAfter(out.Files[name], "\n")
		i, k := r.IntN(len(lines)), r.IntN(len(lines))
		switch r.IntN(4) {
		case 0:
			lines = slices.Delete(lines, i, i+1)
		case 1:
			lines[i], lines[k] = lines[k], lines[i]
		case 2: // another role, right or category
			words := []string{"rw", "true", "false", "Reader", "Contributor", "apply", "ignore", "read_write", "write", "none", "everything"}
			lines[i] = strings.ReplaceAll(lines[i], words[r.IntN(len(words))], words[r.IntN(len(words))])
		default: // an element less, or others before it
			found := yamlSequence.FindAllStringIndex(lines[i], -1)
			if len(found) == 0 {
				continue
			}
			at := found[r.IntN(len(found))]
			elements := strings.Split(lines[i][at[0]+1:at[1]-1], ", ")
			if r.IntN(2) == 0 {
				k := r.IntN(len(elements))
				elements = slices.Delete(elements, k, k+1)
			} else {
				r.Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
			}
			lines[i] = lines[i][:at[0]+1] + strings.Join(elements, ", ") + lines[i][at[1]-1:]
		}
		out.Files[name] = strings.Join(lines, "")
	}
	return out
}

// changes are what is done to a workspace besides, as laws do.
func changes() []func(*rand.Rand, *cube.Workspace) bool {
	return []func(*rand.Rand, *cube.Workspace) bool{
		nothing, nothing, nothing, addRule(false), addRule(true), resetOne, cutInheritance, inheritOthers, shuffleRules, shuffleDimensions, giveRoles,
	}
}

// giveRoles gives a few members other roles, or none.
func giveRoles(r *rand.Rand, ws *cube.Workspace) bool {
	for _, app := range ws.Applications {
		role := cube.ItemID(r.IntN(app.RoleList.Len()+1) - 1)
		app.SetRoleOf(cube.ItemID(r.IntN(ws.Users.Len())), role)
	}
	return true
}

// truth is what the oracle allows every member in every cell, by names, without reserved blocks.
type truth struct {
	cells map[string]map[string]cube.Rights // by member and block
}

func truthOf(ws *cube.Workspace) (truth, error) {
	o, err := NewOracle(ws)
	if err != nil {
		return truth{}, err
	}
	out := truth{map[string]map[string]cube.Rights{}}
	for m := range cube.ItemID(ws.Users.Len()) {
		for _, ref := range audit.Blocks(ws) {
			held := map[string]cube.Rights{}
			err := cells(ref.Block, func(items []cube.ItemID) error {
				d, err := o.Decide(m, ref.App, ref.Block, items...)
				held[placeName(ref.Block, items)] = rights(d.Read, d.Write)
				return err
			})
			if err != nil {
				return truth{}, err
			}
			out.cells[ws.Users.Item(m)+"\x00"+blockName(ref.Block)] = held
		}
	}
	return out, nil
}

func blockName(b *cube.Block) string { return fmt.Sprint(b.Kind, " ", b) }

func placeName(b *cube.Block, items []cube.ItemID) string {
	var at []string
	for i, d := range b.Dims {
		at = append(at, d.String()+"="+d.Item(items[i]))
	}
	slices.Sort(at)
	return strings.Join(at, "\x00")
}

// turnover is how many cells one member gained and lost in one block.
type turnover struct{ readGained, readLost, writeGained, writeLost uint64 }

// against counts cell by cell what differs, by member and block.
func (t truth) against(old truth) map[string]turnover {
	out := map[string]turnover{}
	for _, key := range slices.Concat(sortedKeys(t.cells), sortedKeys(old.cells)) {
		var n turnover
		for place, is := range t.cells[key] {
			more := is &^ old.cells[key][place]
			n.readGained += uint64(more & 1)
			n.writeGained += uint64(more >> 1)
		}
		for place, was := range old.cells[key] {
			less := was &^ t.cells[key][place]
			n.readLost += uint64(less & 1)
			n.writeLost += uint64(less >> 1)
		}
		if n != (turnover{}) {
			out[key] = n
		}
	}
	return out
}

// turnovers are what a Difference says, once it was looked over.
func turnovers(t *testing.T, d *audit.Difference, old, new truth) map[string]turnover {
	t.Helper()
	out := map[string]turnover{}
	for _, c := range d.Changes {
		b := c.Block.New.Block
		if b == nil {
			b = c.Block.Old.Block
		}
		for _, m := range c.Members {
			key := m + "\x00" + blockName(b)
			require.NotContains(t, out, key)
			out[key] = turnover{c.ReadGained.Cells, c.ReadLost.Cells, c.WriteGained.Cells, c.WriteLost.Cells}
			for _, delta := range []audit.Delta{c.ReadGained, c.ReadLost, c.WriteGained, c.WriteLost} {
				require.LessOrEqual(t, delta.Apart, delta.Cells)
			}
			require.NotEmpty(t, c.Examples)
			for _, e := range c.Examples {
				require.NotEqual(t, e.From, e.To)
				var was, is cube.Rights
				if e.Old != nil {
					was = old.cells[key][placeName(c.Block.Old.Block, e.Old)]
				}
				if e.New != nil {
					is = new.cells[key][placeName(c.Block.New.Block, e.New)]
				}
				require.Equal(t, []cube.Rights{was, is}, []cube.Rights{e.From, e.To}, "%s: example", key)
			}
			require.NotEmpty(t, c.Why)
			var parts turnover
			for _, p := range c.Parts {
				require.NotEmpty(t, p.Why)
				require.Subset(t, c.Why, p.Why)
				parts.readGained += p.ReadGained.Cells
				parts.readLost += p.ReadLost.Cells
				parts.writeGained += p.WriteGained.Cells
				parts.writeLost += p.WriteLost.Cells
			}
			require.Equal(t, out[key], parts, "%s: parts", key)
		}
	}
	return out
}

func mirrored(of map[string]turnover) map[string]turnover {
	out := map[string]turnover{}
	for key, n := range of {
		out[key] = turnover{n.readLost, n.readGained, n.writeLost, n.writeGained}
	}
	return out
}

// loaded loads, changes, compiles and works out the truth of a model; false where it is none.
func loaded(t *testing.T, m Model, change func(*cube.Workspace)) (*engine.Rights, truth, bool) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, m.Write(dir))
	ws, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return nil, truth{}, false
	}
	change(ws)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	if err != nil {
		return nil, truth{}, false
	}
	all, err := truthOf(ws)
	require.NoError(t, err)
	return r, all, true
}

// TestDiff: the difference between a model and the same after a few edits is what counting cells with the oracle says;
// seen from the other side it is mirrored; and a model does not differ from itself.
func TestDiff(t *testing.T) {
	all := seeds(t, "CUBEWARD_SEQUENCES", 200_000, 150, 40)
	ctx := context.Background()
	pairs, changed, kinds, changes := 0, 0, map[audit.WhyKind]int{}, changes()
	for _, seed := range all {
		m := Generate(seed, sizeOf(seed))
		r := rand.New(rand.NewPCG(seed, 2))
		old, was, ok := loaded(t, m, func(*cube.Workspace) {})
		require.True(t, ok, "seed %d", seed)
		self, err := audit.Diff(ctx, old, old, audit.DiffOptions{})
		require.NoError(t, err)
		require.Empty(t, self.Changes, "seed %d", seed)
		for range 4 {
			new, is, ok := loaded(t, edited(r, m), func(ws *cube.Workspace) { changes[r.IntN(len(changes))](r, ws) })
			if !ok {
				continue
			}
			pairs++
			d, err := audit.Diff(ctx, old, new, audit.DiffOptions{})
			require.NoError(t, err, "seed %d", seed)
			got := turnovers(t, d, was, is)
			require.Equal(t, is.against(was), got, "seed %d", seed)
			back, err := audit.Diff(ctx, new, old, audit.DiffOptions{})
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, mirrored(got), turnovers(t, back, is, was), "seed %d", seed)
			for _, c := range d.Changes {
				changed++
				for _, w := range c.Why {
					kinds[w.Kind]++
				}
			}
		}
	}
	t.Logf("%d pairs, %d changes, by cause %v", pairs, changed, kinds)
	require.Greater(t, pairs, len(all)/2)
	require.Greater(t, changed, pairs)
}
