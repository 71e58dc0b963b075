package bench

import (
	"context"
	"fmt"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// Crowd is a result set by columns that is masked for many members at once, each of whom has rights of their own over
// its first two dimensions. The zero value of a field stands for its default, but for Hidden.
type Crowd struct {
	Members int // default 1,000
	Rows    int // default 1 Ki
	Hidden  int // of a hundred cells of each member
	Seed    uint64
}

func (c Crowd) whole() Crowd {
	if c.Members == 0 {
		c.Members = 1000
	}
	if c.Rows == 0 {
		c.Rows = 1 << 10
	}
	return c
}

func (c Crowd) table() Table { return Table{Rows: c.Rows, Hidden: c.Hidden, Seed: c.Seed}.whole() }

// Fan masks the rows for all members by one Fan.
func (c Crowd) Fan() Workload {
	c = c.whole()
	name := fmt.Sprintf("Fan/members=%s/rows=%s/dims=3/factors=2/hidden=%d", inDecimal(c.Members), inBinary(c.Rows), c.Hidden)
	return Workload{Name: name, Prepare: func(ctx context.Context, _ *Stage) (*Op, error) {
		members, sheet, err := c.sheet(ctx)
		if err != nil {
			return nil, err
		}
		fan, err := mask.NewFan(members, sheet.Batch.Schema(), sheet.Options)
		if err != nil {
			return nil, err
		}
		return &Op{Cells: int64(c.Rows) * int64(c.Members), Members: int64(c.Members), Do: func(context.Context) error {
			for out, err := range fan.Mask(sheet.Batch) {
				if err != nil {
					return err
				}
				out.Release()
			}
			return nil
		}}, nil
	}}
}

// Loop masks the rows for one member after the other, by a Masker for each.
func (c Crowd) Loop() Workload {
	fan := c.Fan()
	c = c.whole()
	return Workload{Name: fan.Name + "/loop=true", Prepare: func(ctx context.Context, _ *Stage) (*Op, error) {
		members, sheet, err := c.sheet(ctx)
		if err != nil {
			return nil, err
		}
		var maskers []*mask.Masker
		for _, m := range members {
			masker, err := mask.New(m, sheet.Batch.Schema(), sheet.Options)
			if err != nil {
				return nil, err
			}
			maskers = append(maskers, masker)
		}
		return &Op{Cells: int64(c.Rows) * int64(c.Members), Members: int64(c.Members), Do: func(context.Context) error {
			for _, m := range maskers {
				out, err := m.Mask(sheet.Batch)
				if err != nil {
					return err
				}
				out.Release()
			}
			return nil
		}}, nil
	}}
}

// sheet is the table, and all members.
func (c Crowd) sheet(ctx context.Context) ([]*engine.Member, *Sheet, error) {
	t := c.table()
	ws := cube.NewWorkspace("Crowd")
	app := ws.AddApplication("Results")
	b := &companyBuilder{Company: Company{Members: c.Members}, ws: ws, app: app, dice: newDice(c.Seed, 9)}
	b.grow(ws.Users, "reader-%06d@example.com", c.Members)
	modeler, _ := app.RoleList.Find("Modeler")
	for m := range c.Members {
		app.SetRoleOf(cube.ItemID(m), modeler)
	}
	sizes, err := t.sizes()
	if err != nil {
		return nil, nil, err
	}
	var lists []*cube.List
	for i, n := range sizes {
		lists = append(lists, b.list(fmt.Sprintf("Dimension %02d", i), fmt.Sprintf("dimension %02d item %%06d", i), n))
	}
	value := app.AddMetric(measureName(0), cube.Type{Kind: cube.Number}, lists...)
	for i, l := range lists[:t.Factors] {
		m := b.rightsMetric(fmt.Sprintf("Rights %02d", i), l)
		var hidden []bool
		for range c.Members {
			hidden = append(hidden, exactly(b.dice, l.Len(), 1, t.each())...)
		}
		b.fill(m, func(cell int) cube.Value {
			if hidden[cell] {
				return cube.Value{}
			}
			return cube.RightsValue(cube.Read | cube.Write)
		})
		app.Rules = append(app.Rules, &cube.Rule{
			Name: "Rule " + m.Name, Metric: m, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{value},
		})
	}
	if b.err != nil {
		return nil, nil, b.err
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return nil, nil, err
	}
	s := &Sheet{Options: mask.Options{Workers: 1}, Cells: int64(t.Rows)}
	s.Batch, s.Values, err = t.batch(lists)
	members := make([]*engine.Member, c.Members)
	for m := range members {
		members[m] = rights.MemberAt(cube.ItemID(m))
	}
	return members, s, err
}
