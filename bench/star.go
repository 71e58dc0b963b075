package bench

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// star is a star as in TPC-H, in its shape though not in its data: line items by customer, supplier, part and month,
// nations above customers and suppliers. The member reads the customers of some nations, the suppliers of others, and
// the parts of some brands; a rule reaches customers and suppliers through their nations.
type star struct {
	Rows int // line items; default 1 Mi
	Seed uint64
}

// Mask masks the line items: four measures by four dimension columns.
func (s star) Mask() Workload {
	if s.Rows == 0 {
		s.Rows = 1 << 20
	}
	return Workload{Name: fmt.Sprintf("Mask/shape=star/rows=%s", inBinary(s.Rows)), Prepare: func(ctx context.Context, _ *Stage) (*Op, error) {
		sheet, err := s.sheet(ctx)
		if err != nil {
			return nil, err
		}
		return sheet.Op()
	}}
}

func (s star) sheet(ctx context.Context) (*Sheet, error) {
	ws := cube.NewWorkspace("Star")
	b := &companyBuilder{Company: Company{Members: 1}, ws: ws, app: ws.AddApplication("Sales"), dice: newDice(s.Seed, 7)}
	b.grow(ws.Users, "reader-%d@example.com", 1)
	modeler, _ := b.app.RoleList.Find("Modeler")
	b.app.SetRoleOf(0, modeler)
	nation := b.list("Nation", "NATION %02d", 25)
	customer, supplier := b.list("Customer", "Customer#%09d", 15_000), b.list("Supplier", "Supplier#%09d", 1_000)
	part, brand := b.list("Part", "Part#%09d", 20_000), b.list("Brand", "Brand#%02d", 25)
	month := b.list("Month", "month %02d", 84)
	any1 := func(l *cube.List) func(int) cube.Value {
		return func(int) cube.Value { return cube.ItemValue(cube.ItemID(b.dice.n(l.Len()))) }
	}
	b.property(customer, "Nation", itemOf(nation), any1(nation))
	b.property(supplier, "Nation", itemOf(nation), any1(nation))
	b.property(part, "Brand", itemOf(brand), any1(brand))
	dims := []*cube.List{customer, supplier, part, month}
	var measures []*cube.Block
	for _, name := range []string{"Quantity", "Extended price", "Discount", "Tax"} {
		measures = append(measures, b.app.AddMetric(name, cube.Type{Kind: cube.Number}, dims...))
	}
	govern := func(name string, over, from *cube.List, property string, percent int) {
		m := b.rightsMetric(name, over)
		hidden := exactly(b.dice, over.Len(), 1, float64(percent)/100)
		b.fill(m, func(i int) cube.Value {
			if hidden[i] {
				return cube.Value{}
			}
			return cube.RightsValue(cube.Read | cube.Write)
		})
		b.app.Rules = append(b.app.Rules, &cube.Rule{
			Name: "Rule " + name, Metric: m, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: measures,
			Replace: []cube.Replacement{{List: over, Formula: cube.Formula{Text: from.Name + "." + property, Author: cube.NoItem}}},
		})
	}
	govern("Customers' nations", nation, customer, "Nation", 20)
	govern("Suppliers' nations", nation, supplier, "Nation", 8)
	govern("Brands", brand, part, "Brand", 20)
	if b.err != nil {
		return nil, b.err
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return nil, err
	}
	return s.rows(rights.MemberAt(0), dims, measures)
}

// rows is the batch of line items.
func (s star) rows(m *engine.Member, dims []*cube.List, measures []*cube.Block) (*Sheet, error) {
	t := Table{Rows: s.Rows, Seed: s.Seed}.whole()
	var fields []arrow.Field
	var cols []arrow.Array
	items := t.items(dims)
	for i, l := range dims {
		a, err := placed(Columns, l, items[i])
		if err != nil {
			return nil, err
		}
		fields, cols = append(fields, arrow.Field{Name: l.Name, Type: a.DataType(), Nullable: true}), append(cols, a)
	}
	sheet := &Sheet{Member: m, Options: mask.Options{Workers: 1}, Cells: int64(s.Rows) * int64(len(measures))}
	for i, b := range measures {
		a, err := t.measure(newDice(s.Seed, uint64(1000+i)))
		if err != nil {
			return nil, err
		}
		sheet.Values += bytesOf(a.Data())
		fields, cols = append(fields, arrow.Field{Name: b.Name, Type: a.DataType(), Nullable: true}), append(cols, a)
	}
	sheet.Batch = array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(s.Rows))
	for _, c := range cols {
		c.Release()
	}
	return sheet, nil
}
