package bench

import (
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// rights adds the rights metrics and the rules that apply them.
func (b *companyBuilder) rights() {
	if b.err != nil {
		return
	}
	byFormula := []struct {
		name, text string
		dims       []*cube.List
	}{
		{"By country", "IF(User.Country = Country OR User.Level > 4, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.country}},
		{"By region", "IF(User.Country.Region = Country.Region OR User.Level > 6, ACCESSRIGHTS(TRUE, User.Level > 3))", []*cube.List{b.country}},
		{"By department", "IF(User.Department = Department OR User.Level > 5, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.department}},
		{"By division", "IF(User.Department.Division = Department.Division OR User.Level > 3, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.department}},
		{"Own department's people", "IF(User.Department = Employee.Department, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.employee}},
		{"Own reports", "IF(User.Manager = Employee.Manager AND Employee.Active, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.employee}},
		{"People of the country", "IF(User.Country = Employee.Country OR User.Level > 7, ACCESSRIGHTS(TRUE, FALSE))", []*cube.List{b.employee}},
		{"Closed months", "ACCESSRIGHTS(TRUE, NOT Month.Closed OR User.Level > 8)", []*cube.List{b.month}},
		{"Administrators", "ACCESSRIGHTS(TRUE, 'Users roles' <> Role.\"Reader\")", nil},
		{"Department and country", "IF(User.Department.Division = Department.Division OR User.Country = Country OR User.Level > 2, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.department, b.country}},
		{"Levels", "ACCESSRIGHTS(User.Level >= 0, User.Level > 1)", nil},
		{"By manager", "IF(User.Manager = Manager OR User.Level > 5, ACCESSRIGHTS(TRUE, TRUE))", []*cube.List{b.manager}},
	}
	metrics := map[string]*cube.Block{}
	for _, f := range byFormula {
		m := b.rightsMetric(f.name, f.dims...)
		m.Formula = &cube.Formula{Text: f.text, Author: cube.NoItem}
		metrics[f.name] = m
	}
	byCells := []struct {
		name string
		each int // how many cells a member has
		dims []*cube.List
	}{
		{"Countries given", 4, []*cube.List{b.country}},
		{"Regions given", 1, []*cube.List{b.region}},
		{"Departments given", 4, []*cube.List{b.department}},
		{"Divisions given", 2, []*cube.List{b.division}},
		{"Months given", 3, []*cube.List{b.month}},
		{"Managers given", 2, []*cube.List{b.manager}},
		{"Employees given", 4, []*cube.List{b.employee}},
		{"Countries and months given", 4, []*cube.List{b.country, b.month}},
	}
	for _, c := range byCells {
		m := b.rightsMetric(c.name, c.dims...)
		b.cells(m, c.each)
		metrics[c.name] = m
	}
	b.rules(metrics)
}

func (b *companyBuilder) rightsMetric(name string, dims ...*cube.List) *cube.Block {
	return b.app.AddMetric(name, cube.Type{Kind: cube.AccessRights}, slices.Concat([]*cube.List{b.ws.Users}, dims)...)
}

// cells gives each member the cells that its kind has: every other one read and write, the rest read alone.
func (b *companyBuilder) cells(m *cube.Block, each int) {
	space, err := m.Space()
	if err != nil {
		b.err = err
		return
	}
	row := int(space.Len()) / b.Members
	each = min(each, row)
	kinds := make([][]uint64, b.Kinds)
	for k := range kinds {
		for len(kinds[k]) < each {
			c := uint64(b.dice.n(row))
			if !slices.Contains(kinds[k], c) {
				kinds[k] = append(kinds[k], c)
			}
		}
		slices.Sort(kinds[k])
	}
	at := make([]uint64, 0, each*b.Members)
	vec := cube.Vector{Kind: cube.AccessRights, Bytes: make([]uint8, 0, each*b.Members)}
	for member, kind := range b.kindOf {
		for i, c := range kinds[kind] {
			at = append(at, uint64(member)*uint64(row)+c)
			vec.Bytes = append(vec.Bytes, uint8(cube.Read)|uint8(i%2)*uint8(cube.Write))
		}
	}
	vec.N = len(at)
	m.Input = cube.NewSparse(m.Type, space, at, vec)
}

// rules applies each rights metric. Those that give a few cells govern a few inputs each, the others all that has their
// dimensions; two rules reach their metric over a replacement.
func (b *companyBuilder) rules(metrics map[string]*cube.Block) {
	both := cube.Read | cube.Write
	add := func(r *cube.Rule) {
		r.Name = fmt.Sprintf("Rule %02d", len(b.app.Rules))
		b.app.Rules = append(b.app.Rules, r)
	}
	for _, name := range []string{"By region", "By division", "Closed months", "Department and country", "People of the country", "Levels"} {
		m := metrics[name]
		if dims := m.Dims[1:]; len(dims) > 0 {
			add(&cube.Rule{Metric: m, Categories: both, Target: cube.OnDimensions, Dims: dims})
		} else {
			add(&cube.Rule{Metric: m, Categories: cube.Write, Target: cube.OnEverything})
		}
	}
	add(&cube.Rule{Metric: metrics["Administrators"], Categories: cube.Write, Target: cube.OnEverything})
	add(&cube.Rule{Metric: metrics["By country"], Categories: both, Target: cube.OnItems, Blocks: []*cube.Block{b.country.ItemSet}})
	add(&cube.Rule{Metric: metrics["By department"], Categories: cube.Write, Target: cube.OnItems, Blocks: []*cube.Block{b.department.ItemSet}})
	add(&cube.Rule{Metric: metrics["By manager"], Categories: both, Target: cube.OnItems, Blocks: []*cube.Block{b.manager.ItemSet}})
	pay := b.employee.Property("Pay")
	for _, name := range []string{"Own department's people", "Own reports", "Employees given"} {
		add(&cube.Rule{Metric: metrics[name], Categories: cube.Write, Target: cube.OnProperties, Blocks: []*cube.Block{pay}})
	}
	replaced := func(name string, list *cube.List, text string, target *cube.Block) {
		add(&cube.Rule{
			Metric: metrics[name], Categories: cube.Write, Target: cube.OnProperties, Blocks: []*cube.Block{target},
			Replace: []cube.Replacement{{List: list, Formula: cube.Formula{Text: text, Author: cube.NoItem}}},
		})
	}
	replaced("Managers given", b.manager, "Employee.Manager", pay)
	replaced("By department", b.department, "Employee.Department", pay)
	replaced("Divisions given", b.division, "Employee.Department.Division", pay)
	replaced("Regions given", b.region, "Employee.Country.Region", b.employee.Property("Name"))
	for i, name := range []string{"Countries given", "Departments given", "Months given", "Countries and months given"} {
		dims := metrics[name].Dims[1:]
		for _, m := range b.inputs[min(len(b.inputs)-1, i):] {
			if !slices.ContainsFunc(dims, func(l *cube.List) bool { return !slices.Contains(m.Dims, l) }) {
				add(&cube.Rule{Metric: metrics[name], Categories: cube.Write, Target: cube.OnMetrics, Blocks: []*cube.Block{m}})
				break
			}
		}
	}
}
