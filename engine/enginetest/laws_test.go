package enginetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// law changes a workspace and says what may not happen to anybody's rights then. Change says whether there was
// something to change.
type law struct {
	name        string
	change      func(r *rand.Rand, ws *cube.Workspace) bool
	options     engine.Options
	neverWiden  bool
	neverNarrow bool
	mustMatter  bool // in some model the change must change some right
}

func laws() []law {
	return []law{
		{name: "adding an apply rule never widens", change: addRule(false), neverWiden: true, mustMatter: true},
		{name: "adding an ignore rule never narrows", change: addRule(true), neverNarrow: true, mustMatter: true},
		{name: "RESETACCESSRIGHTS never narrows", change: resetOne, neverNarrow: true, mustMatter: true},
		{name: "inheritance never widens", change: cutInheritance, neverNarrow: true, mustMatter: true},
		{name: "inheriting only from other applications never narrows", change: inheritOthers, neverNarrow: true, mustMatter: true},
		{name: "the order of rules changes nothing", change: shuffleRules, neverNarrow: true, neverWiden: true},
		{name: "the order of dimensions changes nothing", change: shuffleDimensions, neverNarrow: true, neverWiden: true},
		{name: "the number of workers changes nothing", change: nothing, options: engine.Options{Workers: 1}, neverNarrow: true, neverWiden: true},
	}
}

// TestLaws holds the laws against generated models.
func TestLaws(t *testing.T) {
	n := uint64(120)
	if testing.Short() {
		n = 30
	}
	for _, l := range laws() {
		t.Run(l.name, func(t *testing.T) {
			var work errgroup.Group
			work.SetLimit(2)
			type outcome struct {
				changed, mattered bool
				broken            string
			}
			outcomes := make([]outcome, n)
			for i := range n {
				work.Go(func() error {
					var err error
					o := &outcomes[i]
					o.changed, o.mattered, o.broken, err = l.hold(t, 100_000+i)
					return err
				})
			}
			require.NoError(t, work.Wait())
			changed, mattered := 0, 0
			for i, o := range outcomes {
				require.Empty(t, o.broken, "seed %d", 100_000+i)
				if o.changed {
					changed++
				}
				if o.mattered {
					mattered++
				}
			}
			t.Logf("changed %d models, which mattered in %d", changed, mattered)
			require.Positive(t, changed)
			require.True(t, !l.mustMatter || mattered > 0, "the change never mattered: the law was not tried")
		})
	}
}

// hold compares the rights before and after the change.
func (l law) hold(t *testing.T, seed uint64) (changed, mattered bool, broken string, err error) {
	dir := t.TempDir()
	if err := Generate(seed, sizeOf(seed)).Write(dir); err != nil {
		return false, false, "", err
	}
	before, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return false, false, "", err
	}
	after, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return false, false, "", err
	}
	if !l.change(rand.New(rand.NewPCG(seed, 1)), after) {
		return false, false, "", nil
	}
	was, err := everyRight(before, engine.Options{})
	if err != nil {
		return true, false, "", err
	}
	is, err := everyRight(after, l.options)
	if err != nil {
		return true, false, "", err
	}
	if len(was) != len(is) {
		return true, true, "other cells", nil
	}
	for cell, w := range was {
		now, ok := is[cell]
		widened := now&^w != 0
		narrowed := w&^now != 0
		mattered = mattered || widened || narrowed
		if !ok || l.neverWiden && widened || l.neverNarrow && narrowed {
			return true, true, fmt.Sprintf("%s: %s became %s", cell, w, now), nil
		}
	}
	return true, mattered, "", nil
}

// everyRight is what every member may do with every cell of every block; cells are named independently of the order
// of dimensions.
func everyRight(ws *cube.Workspace, opt engine.Options) (map[string]cube.Rights, error) {
	r, err := engine.Compile(context.Background(), ws, opt)
	if err != nil {
		return nil, err
	}
	out := map[string]cube.Rights{}
	for _, name := range ws.Users.Items() {
		m, err := r.Member(name)
		if err != nil {
			return nil, err
		}
		for _, b := range ws.Blocks() {
			apps := []*cube.Application{b.App}
			if b.Reserved() {
				apps = ws.Applications
			}
			for _, app := range apps {
				v, err := m.Block(engine.Ref{App: app, Block: b})
				if err != nil {
					return nil, err
				}
				err = cells(b, func(items []cube.ItemID) error {
					d := v.Decide(items...)
					if d.Write && !d.Read || d.Locked != (len(d.Reasons) > 0) || !d.Write && !d.Locked {
						return fmt.Errorf("%s: %+v: write implies read, and what cannot be written is locked", b, d)
					}
					out[cellName(name, app, b, items)] = rights(d.Read, d.Write)
					return nil
				})
				if err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func cellName(member string, app *cube.Application, b *cube.Block, items []cube.ItemID) string {
	var at []string
	for i, d := range b.Dims {
		at = append(at, d.String()+"="+d.Item(items[i]))
	}
	slices.Sort(at)
	return fmt.Sprintf("%s: %s as %s names it, %d: %s", member, b, app.Name, b.ID, strings.Join(at, ", "))
}

func nothing(*rand.Rand, *cube.Workspace) bool { return true }

// addRule adds a rule of a random metric on everything to each application.
func addRule(ignore bool) func(*rand.Rand, *cube.Workspace) bool {
	return func(r *rand.Rand, ws *cube.Workspace) bool {
		for _, app := range ws.Applications {
			metrics := slices.DeleteFunc(slices.Clone(app.Metrics), func(m *cube.Block) bool { return m.Type.Kind != cube.AccessRights })
			if ignore {
				metrics = append(metrics, app.UsersRoles)
			}
			app.Rules = append(app.Rules, &cube.Rule{
				Name: "added", Metric: metrics[r.IntN(len(metrics))], Categories: cube.Rights(1 + r.IntN(3)), Ignore: ignore, Target: cube.OnEverything,
			})
		}
		return true
	}
}

func wrap(b *cube.Block) {
	f := *b.Formula
	f.Text = "RESETACCESSRIGHTS(" + f.Text + "\n)"
	f.Author = cube.NoItem
	b.Formula = &f
}

// calculated are the blocks whose formulas bring something in.
func calculated(ws *cube.Workspace) []*cube.Block {
	return slices.DeleteFunc(slices.Clone(ws.Blocks()), func(b *cube.Block) bool {
		return b.Formula == nil || b.Type.Kind == cube.AccessRights
	})
}

func resetOne(r *rand.Rand, ws *cube.Workspace) bool {
	blocks := calculated(ws)
	if len(blocks) == 0 {
		return false
	}
	wrap(blocks[r.IntN(len(blocks))])
	return true
}

// cutInheritance leaves every block its direct factors alone.
func cutInheritance(_ *rand.Rand, ws *cube.Workspace) bool {
	ws.ResetAcrossApplications = true
	blocks := calculated(ws)
	for _, b := range blocks {
		wrap(b)
	}
	return len(blocks) > 0
}

func inheritOthers(_ *rand.Rand, ws *cube.Workspace) bool {
	ws.ResetAcrossApplications = true
	for _, app := range ws.Applications {
		app.InheritWithin = false
	}
	return true
}

func shuffleRules(r *rand.Rand, ws *cube.Workspace) bool {
	for _, app := range ws.Applications {
		r.Shuffle(len(app.Rules), func(i, j int) { app.Rules[i], app.Rules[j] = app.Rules[j], app.Rules[i] })
	}
	return true
}

// shuffleDimensions puts the dimensions of all metrics into another order, and their inputs with them.
func shuffleDimensions(r *rand.Rand, ws *cube.Workspace) bool {
	changed := false
	for _, b := range ws.Blocks() {
		if b.Kind != cube.Metric || b.Reserved() || len(b.Dims) < 2 {
			continue
		}
		changed = true
		old := b.Dims
		order := r.Perm(len(old))
		b.Dims = make([]*cube.List, len(old))
		for i, o := range order {
			b.Dims[i] = old[o]
		}
		if b.Input == nil {
			continue
		}
		space, err := b.Space()
		if err != nil {
			return false
		}
		build := cube.NewColumnBuilder(b.Type, space)
		was, at := make([]cube.ItemID, len(old)), make([]cube.ItemID, len(old))
		for cell := range space.Len() {
			b.Input.Space().At(cell, was)
			for i, o := range order {
				at[i] = was[o]
			}
			build.Set(space.Cell(at), b.Input.Value(cell))
		}
		if b.Input, err = build.Column(); err != nil {
			return false
		}
	}
	return changed
}
