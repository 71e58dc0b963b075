package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// Mix counts decisions, so that a generator that makes only dull models is noticed: of all pairs of a member and a
// block with several cells that rules may govern, how many have the right in no cell, in some and in all; and how many cells there were.
type Mix struct {
	Models, Blocks, Formulas, Cells, Values uint64
	Read, Write                             [3]uint64 // none, some, all
}

// Add adds the counts of another Mix.
func (m *Mix) Add(o Mix) {
	m.Models, m.Blocks, m.Formulas, m.Cells, m.Values = m.Models+o.Models, m.Blocks+o.Blocks, m.Formulas+o.Formulas, m.Cells+o.Cells, m.Values+o.Values
	for i := range 3 {
		m.Read[i] += o.Read[i]
		m.Write[i] += o.Write[i]
	}
}

// String is a line for a test's log.
func (m Mix) String() string {
	share := func(of [3]uint64) string {
		total := float64(of[0]+of[1]+of[2]) / 100
		return fmt.Sprintf("none %.0f %%, some %.0f %%, all %.0f %%", float64(of[0])/total, float64(of[1])/total, float64(of[2])/total)
	}
	return fmt.Sprintf("%d models, %d blocks (%d calculated), %d decisions, %d values that are not BLANK; read: %s; write: %s",
		m.Models, m.Blocks, m.Formulas, m.Cells, m.Values, share(m.Read), share(m.Write))
}

func (m *Mix) count(into *[3]uint64, granted, cells int) {
	switch {
	case cells < 2:
	case granted == 0:
		into[0]++
	case granted < cells:
		into[1]++
	default:
		into[2]++
	}
}

// maxDifferences is how many differences Compare tells of.
const maxDifferences = 10

// Compare loads the model at path and compares the engine with the oracle: the values of every block, and read,
// write, locked and the reasons of every member, block and cell, asked cell by cell and through tables. It returns
// what differs, one line each, and fails where the model cannot be loaded or compiled.
func Compare(path string) (differences []string, mix Mix, err error) {
	ws, err := modelfile.Load(path, modelfile.Options{})
	if err != nil {
		return nil, mix, err
	}
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	if err != nil {
		return nil, mix, err
	}
	return CompareRights(r)
}

// CompareRights compares rights, of whatever generation, with the oracle on the workspace as it is then, as Compare does.
func CompareRights(r *engine.Rights) (differences []string, mix Mix, err error) {
	ws, err := r.Current()
	if err != nil {
		return nil, mix, err
	}
	return CompareModel(ws, r)
}

// CompareModel compares rights with the oracle on a model that they should be of, as Compare does, blocks by their
// numbers. Values and members that the rights do not hold (engine.NotHeldError) are passed over.
func CompareModel(ws *cube.Workspace, r *engine.Rights) (differences []string, mix Mix, err error) {
	e := judgeOf(r)
	o, err := NewOracle(ws)
	if err != nil {
		return nil, mix, fmt.Errorf("oracle: %w", err)
	}
	c := comparison{ws: ws, engine: e, oracle: o}
	c.mix.Models = 1
	for _, b := range ws.Blocks() {
		if err := c.values(b); err != nil {
			return nil, mix, err
		}
		apps := []*cube.Application{b.App}
		if b.Reserved() {
			apps = ws.Applications
		}
		for _, app := range apps {
			for m := range ws.Users.Len() {
				if !r.Holds(cube.ItemID(m)) {
					continue
				}
				if err := c.rights(app, b, cube.ItemID(m)); err != nil {
					return nil, mix, err
				}
			}
		}
	}
	if err := c.impersonation(); err != nil {
		return nil, mix, err
	}
	return c.differences, c.mix, nil
}

type comparison struct {
	ws          *cube.Workspace
	engine      *engineJudge
	oracle      *Oracle
	mix         Mix
	differences []string
}

func (c *comparison) differs(format string, args ...any) {
	if len(c.differences) < maxDifferences {
		c.differences = append(c.differences, fmt.Sprintf(format, args...))
	}
}

func (c *comparison) values(b *cube.Block) error {
	c.mix.Blocks++
	if b.Formula != nil {
		c.mix.Formulas++
	}
	if b.Kind == cube.ItemSet { // has rights, but no values
		return nil
	}
	return cells(b, func(items []cube.ItemID) error {
		want, err := c.oracle.value(b, items)
		if err != nil {
			return err
		}
		got, err := c.engine.value(b, items)
		var left *engine.NotHeldError
		if errors.As(err, &left) {
			return nil
		}
		if err != nil {
			return err
		}
		if !want.IsBlank() {
			c.mix.Values++
		}
		if !same(got, want) {
			c.differs("value of %s at (%s): engine %q, oracle %q", b, cellLine(b, items, ""), show(b.Type, got), show(b.Type, want))
		}
		return nil
	})
}

// sets are the view's cells as sets, by category.
func (c *comparison) sets(view *engine.View) (out [3]bitmap.Set, err error) {
	for i, category := range []engine.Category{engine.Readable, engine.Writable, engine.Unlocked} {
		if out[i], err = view.Set(context.Background(), category); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (c *comparison) rights(app *cube.Application, b *cube.Block, m cube.ItemID) error {
	view, err := c.engine.view(viewKey{cube.NoItem, m, engine.Ref{App: app, Block: b}})
	if err != nil {
		return err
	}
	tables := [3][]engine.Table{view.Tables(engine.Readable), view.Tables(engine.Writable), view.Tables(engine.Unlocked)}
	sets, err := c.sets(view)
	if err != nil {
		return err
	}
	reads, writes, n := 0, 0, 0
	err = cells(b, func(items []cube.ItemID) error { // in cell order
		want, err := c.oracle.decide(cube.NoItem, m, app, b, items)
		if err != nil {
			return err
		}
		got, err := c.engine.decide(cube.NoItem, m, app, b, items)
		if err != nil {
			return err
		}
		where := func() string {
			return fmt.Sprintf("%s as %s names it, member %s, at (%s)", b, app.Name, c.ws.Users.Item(m), cellLine(b, items, ""))
		}
		n++
		if want.Read {
			reads++
		}
		if want.Write {
			writes++
		}
		if got.Read != want.Read || got.Write != want.Write || got.Locked != want.Locked || !slices.Equal(got.Reasons, want.Reasons) {
			c.differs("%s: engine %s %v, oracle %s %v", where(), got.short(), got.Reasons, want.short(), want.Reasons)
		}
		for i, holds := range []bool{want.Read, want.Write, !want.Locked} {
			if inTables(b, tables[i], items) != holds {
				c.differs("%s: the engine's tables of category %d say %t", where(), i, !holds)
			}
			if sets[i].Contains(uint64(n-1)) != holds {
				c.differs("%s: the engine's set of category %d says %t", where(), i, !holds)
			}
		}
		return nil
	})
	c.mix.Cells += uint64(n)
	if b.Reserved() || b.Type.Kind == cube.AccessRights { // all or nothing by nature
		return err
	}
	c.mix.count(&c.mix.Read, reads, n)
	c.mix.count(&c.mix.Write, writes, n)
	return err
}

// impersonation compares who may act as whom, and what the first admin of each member sees in some blocks.
func (c *comparison) impersonation() error {
	for m := range cube.ItemID(c.ws.Users.Len()) {
		if !c.engine.rights.Holds(m) {
			continue
		}
		seen := false
		for admin := range cube.ItemID(c.ws.Users.Len()) {
			want := c.oracle.MayImpersonate(admin, m)
			got, err := c.engine.mayAct(admin, m)
			if err != nil {
				return err
			}
			if got != want {
				c.differs("%s acts as %s: engine %t, oracle %t", c.ws.Users.Item(admin), c.ws.Users.Item(m), got, want)
			}
			if !got || !want || seen {
				continue
			}
			seen = true
			for i, b := range c.ws.Blocks() {
				if i%4 != int(m)%4 || b.App == nil {
					continue
				}
				if err := c.acting(admin, m, b); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *comparison) acting(admin, m cube.ItemID, b *cube.Block) error {
	return cells(b, func(items []cube.ItemID) error {
		want, err := c.oracle.decide(admin, m, b.App, b, items)
		if err != nil {
			return err
		}
		got, err := c.engine.decide(admin, m, b.App, b, items)
		if err == nil && (got.Read != want.Read || got.Write || !got.Locked || !slices.Equal(got.Reasons, want.Reasons)) {
			c.differs("%s, %s acting as %s, at (%s): engine %s %v, oracle %s %v", b, c.ws.Users.Item(admin), c.ws.Users.Item(m),
				cellLine(b, items, ""), got.short(), got.Reasons, want.short(), want.Reasons)
		}
		return err
	})
}

// inTables reads tables as they are documented: every one must have the cell's bit.
func inTables(b *cube.Block, tables []engine.Table, items []cube.ItemID) bool {
	for _, t := range tables {
		bit := 0
		for _, axis := range t.Axes {
			bit = bit*b.Dims[axis].Len() + int(items[axis])
		}
		if t.Bits[bit/64]>>(bit%64)&1 == 0 {
			return false
		}
	}
	return true
}

// Shrink makes a model smaller while it keeps failing: line by line, as generated files have one list, metric or rule
// a line. fails says what is wrong with a model, "" where nothing is; the same must stay wrong.
func Shrink(m Model, fails func(Model) string) Model {
	wrong := fails(m)
	for smaller := true; smaller; {
		smaller = false
		for _, name := range sortedKeys(m.Files) {
			if !strings.HasSuffix(name, ".yaml") {
				continue
			}
			lines := strings.SplitAfter(m.Files[name], "\n")
			for i := len(lines) - 1; i >= 0; i-- {
				if lines[i] == "" { // after the last line's end
					continue
				}
				less := slices.Delete(slices.Clone(lines), i, i+1)
				try := Model{Seed: m.Seed, Files: withFile(m.Files, name, strings.Join(less, ""))}
				if fails(try) == wrong {
					m, lines, smaller = try, less, true
				}
			}
		}
	}
	return m
}

func withFile(files map[string]string, name, content string) map[string]string {
	out := map[string]string{}
	for n, c := range files {
		out[n] = c
	}
	out[name] = content
	return out
}

// String is every file of the model, as a failing test prints it: with its name before it, and CSV files that no
// other file names left out.
func (m Model) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\n", m.Seed)
	for _, name := range sortedKeys(m.Files) {
		if strings.HasSuffix(name, ".csv") && !m.names(name) {
			continue
		}
		fmt.Fprintf(&b, "--- %s\n%s", name, m.Files[name])
	}
	return b.String()
}

func (m Model) names(file string) bool {
	base := file[strings.LastIndexByte(file, '/')+1:]
	for name, content := range m.Files {
		if strings.HasSuffix(name, ".yaml") && strings.Contains(content, base) {
			return true
		}
	}
	return false
}
