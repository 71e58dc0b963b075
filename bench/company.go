package bench

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// Company is a planning company: who works there, what is planned, and who may see what of it. It has 20 rights
// metrics, 12 by formula and 8 by cells, 22 rules, and blocks that build on each other Depth levels deep.
//
// The zero value of each field stands for its default, so that Company{Members: 100_000} is whole. Equal Companies
// make equal workspaces, on every machine.
type Company struct {
	Members     int // of the workspace; default 1,000
	Kinds       int // members that differ in what rights read from them; default 3 for each 1,000 members, at least 30
	Departments int // default 100; a division for each ten
	Countries   int // default 60; a region for each twelve
	Employees   int // default 5,000
	Managers    int // default 500
	Months      int // default 24
	Blocks      int // metrics that hold values; default 60
	Depth       int // how many levels of formulas stand on the inputs; default 8
	Seed        uint64
}

func (c Company) whole() Company {
	or := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	or(&c.Members, 1000)
	or(&c.Kinds, max(30, c.Members*300/100_000))
	or(&c.Departments, 100)
	or(&c.Countries, 60)
	or(&c.Employees, 5000)
	or(&c.Managers, 500)
	or(&c.Months, 24)
	or(&c.Blocks, 60)
	or(&c.Depth, 8)
	c.Kinds = min(c.Kinds, c.Members)
	return c
}

// Model is the name of the company among workloads: what differs from the defaults.
func (c Company) Model() string {
	c = c.whole()
	def := Company{Members: c.Members}.whole()
	out := fmt.Sprintf("members=%s/kinds=%s", inDecimal(c.Members), inDecimal(c.Kinds))
	for _, p := range []struct {
		key       string
		is, usual int
	}{
		{"departments", c.Departments, def.Departments},
		{"countries", c.Countries, def.Countries},
		{"months", c.Months, def.Months},
		{"employees", c.Employees, def.Employees},
		{"blocks", c.Blocks, def.Blocks},
		{"depth", c.Depth, def.Depth},
	} {
		if p.is != p.usual {
			out += fmt.Sprintf("/%s=%s", p.key, inDecimal(p.is))
		}
	}
	return out
}

// inDecimal is a size as names of benchmarks write it: 300, 100k, 1M.
func inDecimal(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

// inBinary is a size as names of benchmarks write it, in powers of two where it is one: 64Ki, 1Mi.
func inBinary(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dMi", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%dKi", n>>10)
	}
	return inDecimal(n)
}

// companyBuilder builds the workspace of a Company.
type companyBuilder struct {
	Company
	dice dice
	ws   *cube.Workspace
	app  *cube.Application

	region, country, division, department, manager, employee, month *cube.List

	kindOf []int32 // the kind of each member
	inputs []*cube.Block
	levels [][]*cube.Block // the metrics that hold values: the inputs, then level by level
	err    error
}

// Workspace builds the company: about a second for a million members. The caller owns it.
func (c Company) Workspace() (*cube.Workspace, error) {
	b := &companyBuilder{Company: c.whole(), ws: cube.NewWorkspace("Company")}
	b.dice = newDice(b.Seed, 1)
	b.app = b.ws.AddApplication("Planning")
	b.lists()
	b.people()
	b.plan()
	b.rights()
	return b.ws, b.err
}

// list is a list of n items whose names have a fixed length.
func (b *companyBuilder) list(name, item string, n int) *cube.List {
	l := b.app.AddList(name)
	b.grow(l, item, n)
	return l
}

func (b *companyBuilder) grow(l *cube.List, item string, n int) {
	for i := range n {
		if err := l.Append(fmt.Sprintf(item, i)); err != nil && b.err == nil {
			b.err = err
		}
	}
}

func itemOf(l *cube.List) cube.Type { return cube.Type{Kind: cube.Item, List: l} }

// property gives a list a property, whose value at each item is given.
func (b *companyBuilder) property(l *cube.List, name string, t cube.Type, value func(i int) cube.Value) {
	b.fill(b.ws.AddProperty(l, name, t), value)
}

// fill gives a block a value in each cell.
func (b *companyBuilder) fill(blk *cube.Block, value func(i int) cube.Value) {
	space, err := blk.Space()
	if err != nil {
		b.err = err
		return
	}
	values := cube.NewVectorBuilder(blk.Type.Kind)
	for i := range int(space.Len()) {
		values.Append(value(i))
	}
	blk.Input = cube.NewDense(blk.Type, space, values.Vector())
}

func (b *companyBuilder) lists() {
	b.region = b.list("Region", "region-%02d", (b.Countries+11)/12)
	b.country = b.list("Country", "country-%04d", b.Countries)
	b.division = b.list("Division", "division-%03d", (b.Departments+9)/10)
	b.department = b.list("Department", "department-%04d", b.Departments)
	b.manager = b.list("Manager", "manager-%05d", b.Managers)
	b.employee = b.list("Employee", "employee-%08d", b.Employees)
	b.month = b.list("Month", "2024-%04d", b.Months)
	number, boolean := cube.Type{Kind: cube.Number}, cube.Type{Kind: cube.Boolean}
	item := func(i int) cube.Value { return cube.ItemValue(cube.ItemID(i)) }
	b.property(b.country, "Region", itemOf(b.region), func(i int) cube.Value { return item(i / 12) })
	b.property(b.department, "Division", itemOf(b.division), func(i int) cube.Value { return item(i / 10) })
	b.property(b.month, "Closed", boolean, func(i int) cube.Value { return cube.BooleanValue(i < b.Months/2) })
	draw := func(l *cube.List) func(int) cube.Value {
		return func(int) cube.Value { return item(b.dice.n(l.Len())) }
	}
	b.property(b.employee, "Department", itemOf(b.department), draw(b.department))
	b.property(b.employee, "Country", itemOf(b.country), draw(b.country))
	b.property(b.employee, "Manager", itemOf(b.manager), draw(b.manager))
	b.property(b.employee, "Active", boolean, func(int) cube.Value { return cube.BooleanValue(b.dice.chance(90_000)) })
	b.property(b.employee, "Pay", number, func(int) cube.Value { return cube.NumberValue(b.dice.number()) })
	b.property(b.employee, "Name", cube.Type{Kind: cube.Text}, func(i int) cube.Value { return cube.TextValue(fmt.Sprintf("Employee No. %08d", i)) })
}

// people gives each member what its kind has: the first members one kind each, the others drawn.
func (b *companyBuilder) people() {
	b.grow(b.ws.Users, "member-%08d@example.com", b.Members)
	b.ws.Accounts = []cube.AccountType{cube.PrimaryOwner, cube.SecurityAdmin}
	b.kindOf = make([]int32, b.Members)
	for m := range b.kindOf {
		b.kindOf[m] = int32(m)
		if m >= b.Kinds {
			b.kindOf[m] = int32(b.dice.n(b.Kinds))
		}
	}
	of := func(value func(kind int) cube.Value) func(int) cube.Value {
		kinds := make([]cube.Value, b.Kinds)
		for k := range kinds {
			kinds[k] = value(k)
		}
		return func(m int) cube.Value { return kinds[b.kindOf[m]] }
	}
	item := func(l *cube.List, step int) func(int) cube.Value {
		return of(func(k int) cube.Value { return cube.ItemValue(cube.ItemID(k * step % l.Len())) })
	}
	b.property(b.ws.Users, "Country", itemOf(b.country), item(b.country, 7))
	b.property(b.ws.Users, "Department", itemOf(b.department), item(b.department, 11))
	b.property(b.ws.Users, "Manager", itemOf(b.manager), item(b.manager, 13))
	b.property(b.ws.Users, "Level", cube.Type{Kind: cube.Number}, of(func(k int) cube.Value { return cube.NumberValue(float64(k % 10)) }))
	b.property(b.ws.Users, "Name", cube.Type{Kind: cube.Text}, func(m int) cube.Value { return cube.TextValue(fmt.Sprintf("Member No. %08d", m)) })
	roles := b.app.RoleList.Len()
	for m, kind := range b.kindOf {
		b.app.SetRoleOf(cube.ItemID(m), cube.ItemID(int(kind)%roles))
	}
	b.app.Owner = 0
}
