package inherit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// model is a small planning model: revenue by country and month, regions of countries, a rule by country.
type model struct {
	t                              *testing.T
	ws                             *cube.Workspace
	hr                             *cube.Application
	country, month, region         *cube.List
	revenue, access                *cube.Block
	countryRegion, countryPriority *cube.Block
}

func newModel(t *testing.T) *model {
	m := &model{t: t, ws: cube.NewWorkspace("W")}
	require.NoError(t, m.ws.Users.Append("ada", "bo"))
	m.hr = m.ws.AddApplication("HR")
	m.country = m.list("Country", "France", "Japan")
	m.month = m.list("Month", "Jan", "Feb", "Mar")
	m.region = m.list("Region", "EMEA", "APAC")
	m.countryRegion = m.ws.AddProperty(m.country, "Region", cube.Type{Kind: cube.Item, List: m.region})
	m.countryPriority = m.ws.AddProperty(m.country, "Priority", cube.Type{Kind: cube.Number})
	m.revenue = m.metric("Revenue", "", m.country, m.month)
	m.access = m.hr.AddMetric("AR", cube.Type{Kind: cube.AccessRights}, m.ws.Users, m.country)
	m.rule("by country", m.access, m.revenue)
	return m
}

func (m *model) list(name string, items ...string) *cube.List {
	l := m.hr.AddList(name)
	require.NoError(m.t, l.Append(items...))
	return l
}

func (m *model) metric(name, formula string, dims ...*cube.List) *cube.Block {
	b := m.hr.AddMetric(name, cube.Type{Kind: cube.Number}, dims...)
	if formula != "" {
		b.Formula = &cube.Formula{Text: formula, Author: cube.NoItem}
	}
	return b
}

func (m *model) rule(name string, metric *cube.Block, on ...*cube.Block) *cube.Rule {
	r := &cube.Rule{Name: name, Metric: metric, Categories: cube.Read | cube.Write, Target: cube.OnMetrics, Blocks: on}
	m.hr.Rules = append(m.hr.Rules, r)
	return r
}

func (m *model) plan() *Plan {
	m.t.Helper()
	p, err := Resolve(m.ws)
	require.NoError(m.t, err)
	return p
}

// SPEC 1.1: membership, role default and rules, for reading and for writing.
func TestPlanOfRule(t *testing.T) {
	m := newModel(t)
	require.Equal(t, `HR::Revenue over (HR::Country, HR::Month)
  read
    #1 and over () of HR
      #2 membership over () of HR
      #3 role default over () of HR
    #4 metric HR::AR over (HR::Country) of HR
  write
    #5 and over () of HR
      #6 membership over () of HR
      #7 role default over () of HR
    #8 metric HR::AR over (HR::Country) of HR
`, m.plan().Text(nil, m.revenue))
}

// SPEC 4.1: what each operation does to a factor, read category only.
func TestPlanOfOperations(t *testing.T) {
	for _, c := range []struct {
		formula string
		dims    func(*model) []*cube.List
		want    string
	}{
		{"Revenue[REMOVE: Country]", func(m *model) []*cube.List { return []*cube.List{m.month} }, "reduce HR::Country over () of HR"},
		{"Revenue[REMOVE: Month]", func(m *model) []*cube.List { return []*cube.List{m.country} }, "metric HR::AR over (HR::Country) of HR"},
		{`Revenue[SELECT: Country."Japan"]`, func(m *model) []*cube.List { return []*cube.List{m.month} }, `gather HR::Country at "Japan", blank allows over () of HR`},
		{`Revenue[SELECT: Country - 1]`, func(m *model) []*cube.List { return []*cube.List{m.country, m.month} }, `gather HR::Country at -1, blank allows over (HR::Country) of HR`},
		{`Revenue[SELECT: Month - 1]`, func(m *model) []*cube.List { return []*cube.List{m.country, m.month} }, `metric HR::AR over (HR::Country) of HR`},
		{"CUMULATE(Revenue, Country)", func(m *model) []*cube.List { return []*cube.List{m.country, m.month} }, "prefix HR::Country over (HR::Country) of HR"},
		{"Revenue[BY: Country.Region]", func(m *model) []*cube.List { return []*cube.List{m.region, m.month} }, "reduce HR::Country to HR::Region by e0 over (HR::Region) of HR"},
		{"Revenue[FILTER: CurrentValue > 1]", func(m *model) []*cube.List { return []*cube.List{m.country, m.month} }, "metric HR::AR over (HR::Country) of HR"},
		{"IF(TRUE, 1, Revenue)", func(m *model) []*cube.List { return []*cube.List{m.country, m.month} }, "metric HR::AR over (HR::Country) of HR"},
	} {
		t.Run(c.formula, func(t *testing.T) {
			m := newModel(t)
			b := m.metric("B", c.formula, c.dims(m)...)
			require.Contains(t, m.plan().Text(nil, b), c.want)
		})
	}
}

// SPEC 4.3: within one application RESETACCESSRIGHTS leaves nothing.
func TestPlanOfReset(t *testing.T) {
	m := newModel(t)
	b := m.metric("B", "RESETACCESSRIGHTS(Revenue)", m.country, m.month)
	p := m.plan()
	require.NotContains(t, p.Text(nil, b), "metric HR::AR")
	cut := 0
	for _, f := range p.Trace(nil, b).Factors {
		if f.Cut == ByReset && f.Kind == Metric {
			cut++
			require.Equal(t, b, f.CutAt)
			require.Equal(t, []*cube.Block{m.revenue}, f.Via)
		}
	}
	require.Equal(t, 2, cut, "the rule's factor for reading, and for writing")
}

// SPEC 3.4.
func TestCycles(t *testing.T) {
	m := newModel(t)
	m.metric("A", "B + 1", m.country)
	m.metric("B", "C", m.country)
	m.metric("C", "IF(FALSE, A)", m.country)
	_, err := Resolve(m.ws)
	require.ErrorContains(t, err, "HR::A → HR::B → HR::C → HR::A")
	m = newModel(t)
	m.countryPriority.Formula = &cube.Formula{Text: "Country.Priority", Author: cube.NoItem}
	_, err = Resolve(m.ws)
	require.ErrorContains(t, err, "HR::Country.Priority → HR::Country.Priority")
}

// A chain where each block uses the last one twice has 2^n paths and one node for each set of dimensions.
func TestPlanFollowsDimensionsNotPaths(t *testing.T) {
	const depth = 200
	m := newModel(t)
	last := "Revenue"
	for i := range depth {
		name := fmt.Sprintf("B%d", i)
		m.metric(name, last+" + "+last+"[SELECT: Month - 1]", m.country, m.month)
		last = name
	}
	start := time.Now()
	p := m.plan()
	require.Less(t, p.Len(), 40)
	require.Less(t, time.Since(start), 5*time.Second) // 2^200 paths would not end at all
	require.Len(t, p.Trace(nil, m.hr.Metric(last)).Factors, 2*(2*depth+3), "each block's membership and role default, and the rule")
}

func TestRuleThatCannotGovern(t *testing.T) {
	m := newModel(t)
	m.rule("months", m.access, m.metric("Rent", "", m.month))
	_, err := Resolve(m.ws)
	require.ErrorContains(t, err, `rule "months" cannot govern metric "Rent"`)
	require.ErrorContains(t, err, `"Country"`)
}

// SPEC 2.4: who may not define security may not write formulas about it.
func TestAuthor(t *testing.T) {
	m := newModel(t)
	b := m.metric("B", "RESETACCESSRIGHTS(Revenue)", m.country, m.month)
	b.Formula.Author = 1
	_, err := Resolve(m.ws)
	require.ErrorContains(t, err, `its author "bo" has no role in HR`)
	m.hr.SetRoleOf(1, 0) // Admin
	_, err = Resolve(m.ws)
	require.NoError(t, err)
}

// A chain of properties has a factor for each step; ANDing them one after the other costs as much as there are.
func TestPlanOfLongChain(t *testing.T) {
	const steps = 5000
	m := newModel(t)
	next := m.ws.AddProperty(m.country, "Next", cube.Type{Kind: cube.Item, List: m.country})
	m.hr.Rules = append(m.hr.Rules, &cube.Rule{Name: "next", Metric: m.access, Categories: cube.Read, Target: cube.OnProperties, Blocks: []*cube.Block{next}})
	last := m.hr.AddMetric("Last", next.Type, m.country)
	last.Formula = &cube.Formula{Text: "Country" + strings.Repeat(".Next", steps), Author: cube.NoItem}
	p := m.plan()
	inputs := 0
	for id := range NodeID(p.Len()) {
		inputs += len(p.Node(id).Inputs)
	}
	require.Less(t, inputs, 30*steps)
}

// A tracer of many blocks makes each node once: as many as for the last block of a chain alone, which stands on all.
func TestTracerFollowsOnce(t *testing.T) {
	m := newModel(t)
	const depth = 60
	last := m.revenue
	blocks := []*cube.Block{last}
	for i := range depth {
		last = m.metric(fmt.Sprintf("M%d", i), fmt.Sprintf("'%s' + 1", last.Name), m.country, m.month)
		blocks = append(blocks, last)
	}
	m.rule("all of them", m.access, blocks[1:]...)
	p := m.plan()
	alone := p.Trace(nil, last)
	tracer := p.Tracer()
	var all *Trace
	for _, b := range blocks {
		all = tracer.Trace(nil, b)
		require.Len(t, all.Factors, len(p.Trace(nil, b).Factors), b.Name)
	}
	require.Equal(t, alone.Plan().Len(), all.Plan().Len())
	require.Same(t, all, tracer.Trace(nil, last))
}
