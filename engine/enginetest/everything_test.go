package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/mask"
)

// everything is what rights answer to all kinds of questions, by names and line by line: the rights of every cell, who
// may act as whom, explanations, who, what, summaries, expectations and masked batches. Of costly kinds some are asked,
// the same for the same seed. Rights of some members alone are asked about those.
type everything struct {
	*rand.Rand
	ctx    context.Context
	rights *engine.Rights
	ws     *cube.Workspace
	lines  []string
	values map[string]string // of blocks whose values the rights hold
}

func askEverything(ctx context.Context, r *engine.Rights, seed uint64) (*everything, error) {
	x := &everything{Rand: rand.New(rand.NewPCG(seed, 5)), ctx: ctx, rights: r, ws: r.Workspace(), values: map[string]string{}}
	for _, ask := range []func() error{x.members, x.cells, x.explanations, x.questions, x.expectations, x.masks, x.held} {
		if err := ask(); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (x *everything) say(format string, args ...any) {
	x.lines = append(x.lines, fmt.Sprintf(format, args...))
}

// held members.
func (x *everything) who() []*engine.Member {
	var out []*engine.Member
	for id := range cube.ItemID(x.ws.Users.Len()) {
		if x.rights.Holds(id) {
			out = append(out, x.rights.MemberAt(id))
		}
	}
	return out
}

// refs are all blocks, reserved ones as each application names them.
func (x *everything) refs() []engine.Ref {
	var out []engine.Ref
	for _, b := range x.ws.Blocks() {
		if b.App != nil {
			out = append(out, engine.Ref{App: b.App, Block: b})
			continue
		}
		for _, app := range x.ws.Applications {
			out = append(out, engine.Ref{App: app, Block: b})
		}
	}
	return out
}

// members is their roles, and who may act as whom.
func (x *everything) members() error {
	for _, m := range x.who() {
		for _, app := range x.ws.Applications {
			role := "none"
			if r := m.Role(app); r != nil {
				role = r.Name
			}
			x.say("role %s %s %s", m.Name(), app.Name, role)
		}
		for _, o := range x.who() {
			_, err := x.rights.Impersonate(m.Name(), o.Name())
			x.say("act %s %s: %v", m.Name(), o.Name(), err)
		}
	}
	return nil
}

// cells is every decision, and that tables say the same.
func (x *everything) cells() error {
	for _, m := range x.who() {
		for _, ref := range x.refs() {
			v, err := m.Block(ref)
			if err != nil {
				return err
			}
			tables := [][]engine.Table{v.Tables(engine.Readable), v.Tables(engine.Writable), v.Tables(engine.Unlocked)}
			err = cells(ref.Block, func(items []cube.ItemID) error {
				d := v.Decide(items...)
				for i, holds := range []bool{d.Read, d.Write, !d.Locked} {
					if inTables(ref.Block, tables[i], items) != holds {
						return fmt.Errorf("%s %s %v: tables of category %d disagree", m.Name(), ref, items, i)
					}
				}
				x.say("cell %s %s %s %v", m.Name(), ref, cellLine(ref.Block, items, ""), d)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// anyCell is a cell of a block; false where it has none.
func (x *everything) anyCell(b *cube.Block) ([]cube.ItemID, bool) {
	cell := make([]cube.ItemID, len(b.Dims))
	for i, d := range b.Dims {
		if d.Len() == 0 {
			return nil, false
		}
		cell[i] = cube.ItemID(x.IntN(d.Len()))
	}
	return cell, true
}

// explanations is why, of a cell of some blocks: with the system's eyes, as the member may be told, as another one may.
func (x *everything) explanations() error {
	who := x.who()
	for _, m := range who {
		for _, ref := range x.refs() {
			cell, ok := x.anyCell(ref.Block)
			if !ok || x.IntN(3) > 0 {
				continue
			}
			v, err := m.Block(ref)
			if err != nil {
				return err
			}
			e, err := audit.Explain(x.ctx, v, cell...)
			if err != nil {
				return err
			}
			x.explanation(&e)
			told, err := e.For(x.ctx, who[x.IntN(len(who))])
			var untold *audit.UntoldError
			switch {
			case errors.As(err, &untold):
				x.say("untold: %v", err)
			case err != nil:
				return err
			default:
				x.explanation(&told)
			}
		}
	}
	return nil
}

func (x *everything) explanation(e *audit.Explanation) {
	x.say("why %s %s %s %v", e.View.Member().Name(), e.View.Ref(), cellLine(e.View.Ref().Block, e.Cell, ""), e.Decision)
	for i, fs := range [][]audit.Factor{e.Factors, e.Cut} {
		for _, f := range fs {
			line := fmt.Sprintf("factor %d %v", i, []any{f.Kind, f.Read, f.Write, f.Items, f.Cut, f.Hidden, f.More, f.Application, f.Source, f.CutAt, f.Metric})
			if !f.Hidden {
				line = fmt.Sprintf("factor %d %v", i, []any{f.Kind, f.Read, f.Write, f.Items, f.Cut, f.More, f.Application.Name, f.Source, f.CutAt, f.Metric})
			}
			for _, r := range slices.Concat(f.Rules, f.CutBy) {
				line += fmt.Sprintf(" %q", r.Name)
			}
			for _, s := range f.Via {
				line += fmt.Sprintf(" via %s %q", s.Block, s.Operations)
			}
			for _, c := range f.At {
				line += " at " + sourceText(c)
			}
			for _, n := range f.Needs {
				line += " needs " + sourceText(n.SourceCell) + n.Rights.String()
			}
			x.say("%s", line)
		}
	}
	x.say("remedies %q %q", e.Remedies(cube.Read), e.Remedies(cube.Write))
}

func sourceText(c audit.SourceCell) string {
	names := make([]string, len(c.Dims))
	for i, d := range c.Dims {
		names[i] = d.String() + "=" + d.Item(c.Items[i])
	}
	return strings.Join(names, ",")
}

// questions is who, what and summaries.
func (x *everything) questions() error {
	for _, m := range x.who() {
		reach, err := audit.What(x.ctx, m)
		if err != nil {
			return err
		}
		for _, r := range reach {
			x.say("what %s %s %d %d %v", m.Name(), r.Ref, r.Cells, r.Readable, r.Items)
		}
	}
	if x.rights.Complete() != nil {
		return nil
	}
	for _, ref := range x.refs() {
		at := slices.Repeat([]cube.ItemID{cube.NoItem}, len(ref.Block.Dims))
		if cell, ok := x.anyCell(ref.Block); ok && len(cell) > 0 {
			k := x.IntN(len(cell))
			at[k] = cell[k]
		}
		a, err := audit.Who(x.ctx, x.rights, ref, at)
		if err != nil {
			return err
		}
		x.say("who %s %v %d %v %v %v %v", ref, at, a.Cells, a.Read, a.Write, a.ReadSome, a.WriteSome)
	}
	return audit.Summarize(x.ctx, x.rights, nil, nil, func(r audit.Row) error {
		x.say("summary %s %v %d %d %d", r.Ref, r.Members, r.Cells, r.Readable, r.Writable)
		return nil
	})
}

// expectations is what a test says that mostly does not hold, and what of the model it exercises.
func (x *everything) expectations() error {
	if x.rights.Complete() != nil {
		return nil
	}
	var tests []audit.Expectation
	for _, m := range x.who() {
		for _, ref := range x.refs() {
			if x.IntN(4) > 0 {
				continue
			}
			tests = append(tests, audit.Expectation{
				Name: m.Name() + " " + ref.String(), Members: []*engine.Member{m}, Ref: ref, Where: make([][]cube.ItemID, len(ref.Block.Dims)),
				Expect: [3]audit.Amount{audit.AllCells, audit.NoCells, audit.SomeCells}, Only: [2]*[]cube.ItemID{{m.ID()}, nil},
			})
		}
	}
	results, err := audit.Check(x.ctx, x.rights, tests)
	if err != nil {
		return err
	}
	for _, r := range results {
		x.say("test %s %t %s", r.Name, r.OK, r.Message)
		if r.Why != nil {
			x.explanation(r.Why)
		}
	}
	covered := audit.Coverage(x.rights, tests)
	for _, f := range covered.Factors {
		x.say("idle %d %s %v", f.Kind, f.Application.Name, f.Role != nil)
	}
	x.say("covered %d idle %d", len(covered.Rules), len(covered.Idle))
	return nil
}

// masks is a batch of all cells of some metrics, masked for each member.
func (x *everything) masks() error {
	for _, b := range x.ws.Blocks() {
		measured := b.Kind == cube.Metric && !b.Reserved() && (b.Type.Kind == cube.Number || b.Type.Kind == cube.Item)
		if !measured || x.IntN(3) > 0 {
			continue
		}
		batch := x.batch(b)
		for _, m := range x.who() {
			if err := x.masked(m, b, batch); err != nil {
				return err
			}
		}
		batch.Release()
	}
	return nil
}

// batch is a row for each cell, and one of an item that does not exist.
func (x *everything) batch(b *cube.Block) arrow.RecordBatch {
	var fields []arrow.Field
	for _, d := range b.Dims {
		fields = append(fields, arrow.Field{Name: d.NameIn(b.App), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	fields = append(fields, arrow.Field{Name: b.Name, Type: arrow.PrimitiveTypes.Float64, Nullable: true})
	if b.Type.Kind == cube.Item {
		fields[len(b.Dims)].Type = arrow.BinaryTypes.String
	}
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer build.Release()
	row := func(items []string) {
		for i, item := range items {
			build.Field(i).(*array.StringBuilder).Append(item)
		}
		if b.Type.Kind == cube.Number {
			build.Field(len(items)).(*array.Float64Builder).Append(42)
		} else if l := b.Type.List; l.Len() > 0 {
			build.Field(len(items)).(*array.StringBuilder).Append(l.Item(cube.ItemID(x.IntN(l.Len()))))
		} else {
			build.Field(len(items)).AppendNull()
		}
	}
	_ = cells(b, func(items []cube.ItemID) error {
		names := make([]string, len(items))
		for i, id := range items {
			names[i] = b.Dims[i].Item(id)
		}
		row(names)
		return nil
	})
	row(slices.Repeat([]string{"no such item"}, len(b.Dims)))
	return build.NewRecordBatch()
}

func (x *everything) masked(m *engine.Member, b *cube.Block, batch arrow.RecordBatch) error {
	masker, err := mask.New(m, batch.Schema(), mask.Options{Application: b.App.Name, Locks: true, Readable: true})
	if err != nil {
		x.say("mask %s %s: %v", m.Name(), b, err) // such as two columns of one name
		return nil
	}
	out, report, err := masker.MaskReport(0, batch)
	if err != nil {
		x.say("mask %s %s: %v", m.Name(), b, err)
		return nil
	}
	defer out.Release()
	text, err := out.MarshalJSON()
	x.say("mask %s %s %s %+v", m.Name(), b, text, report)
	return err
}

// held is the values of blocks that the rights hold.
func (x *everything) held() error {
	for _, b := range x.ws.Blocks() {
		if b.Kind == cube.ItemSet {
			continue
		}
		col, err := x.rights.Values(x.ctx, b)
		var missing *engine.NotHeldError
		if errors.As(err, &missing) {
			continue
		}
		if err != nil {
			return err
		}
		var text strings.Builder
		err = cells(b, func(items []cube.ItemID) error {
			text.WriteString(cellLine(b, items, show(b.Type, col.Value(col.Space().Cell(items)))) + "\n")
			return nil
		})
		if err != nil {
			return err
		}
		x.values[blockName(b)] = text.String()
	}
	return nil
}

// differs is the first line in which the answers are not the same, "" where all are. Values are compared where both
// hold them.
func (x *everything) differs(o *everything) string {
	for i := range max(len(x.lines), len(o.lines)) {
		at := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "nothing"
		}
		if a, b := at(x.lines), at(o.lines); a != b {
			return fmt.Sprintf("line %d:\n%s\n%s", i, a, b)
		}
	}
	for name, text := range x.values {
		if other, ok := o.values[name]; ok && other != text {
			return fmt.Sprintf("values of %s:\n%s\n%s", name, text, other)
		}
	}
	return ""
}
