package inherit

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// numbered is a list of n items.
func (m *model) numbered(name string, n int) *cube.List {
	items := make([]string, n)
	for i := range items {
		items[i] = strconv.Itoa(i)
	}
	return m.list(name, items...)
}

// SPEC 2: the space of a rule's factor has at most 2^32 cells. The asking User does not count, a block's own does; nor
// do blocks, and metrics that no rule applies.
func TestLimitOfAFactor(t *testing.T) {
	m := newModel(t)
	a, b, more := m.numbered("A", 1<<16), m.numbered("B", 1<<16), m.numbered("More", 1<<16+1)
	rights := func(name string, dims ...*cube.List) *cube.Block {
		return m.hr.AddMetric(name, cube.Type{Kind: cube.AccessRights}, append([]*cube.List{m.ws.Users}, dims...)...)
	}
	rights("Unused", a, b, more)
	large := m.metric("Large", "", a, b, more)
	m.rule("narrow", rights("AR A", a), large)
	m.rule("just", rights("AR A B", a, b), large)
	m.plan()

	wide := m.rule("wide", rights("AR A More", a, more), large)
	_, err := Resolve(m.ws)
	require.EqualError(t, err, `rule "wide": a factor of its rights would span A (65536) × More (65537), more than 4294967296 cells; give the access-rights metric fewer dimensions`)

	wide.Metric, wide.Blocks = m.access, []*cube.Block{m.metric("Own", "", m.ws.Users, a, b)}
	m.hr.AddMetric("Home", cube.Type{Kind: cube.Item, List: m.country}, m.ws.Users, a, b)
	wide.Replace = []cube.Replacement{{List: m.country, Formula: cube.Formula{Text: "Home", Author: cube.NoItem}}}
	_, err = Resolve(m.ws)
	require.ErrorContains(t, err, `would span User (2) × A (65536) × B (65536), more than 4294967296 cells`)
}

// What a formula makes of a factor is bounded likewise.
func TestLimitOfAnInheritedFactor(t *testing.T) {
	m := newModel(t)
	a, b := m.numbered("A", 1<<16), m.numbered("B", 1<<16+1)
	m.hr.AddMetric("Home", cube.Type{Kind: cube.Item, List: m.country}, a, b)
	m.metric("Spread", "Revenue[BY: Home]", a, b, m.month)
	_, err := Resolve(m.ws)
	require.ErrorContains(t, err, `metric "Spread": a factor of its rights would span A (65536) × B (65537)`)
}
