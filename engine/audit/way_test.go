package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/inherit"
)

// compiled is the rights of a model's files.
func compiled(t testing.TB, dir string) *engine.Rights {
	t.Helper()
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	return r
}

// explained is an explanation by names.
func explained(t testing.TB, r *engine.Rights, member, block string, items ...string) audit.Explanation {
	t.Helper()
	m, err := r.Member(member)
	require.NoError(t, err)
	ref, err := r.Find(block, "")
	require.NoError(t, err)
	v, err := m.Block(ref)
	require.NoError(t, err)
	require.Len(t, items, len(ref.Block.Dims))
	cell := make([]cube.ItemID, len(items))
	for i, d := range ref.Block.Dims {
		var ok bool
		cell[i], ok = d.Find(items[i])
		require.True(t, ok, items[i])
	}
	e, err := audit.Explain(context.Background(), v, cell...)
	require.NoError(t, err)
	return e
}

// ways are the rules of an explanation, each with how it came and where it decides.
func ways(e *audit.Explanation) string {
	var out []string
	for _, f := range e.Factors {
		if f.Kind != inherit.Metric {
			continue
		}
		s := fmt.Sprintf("%s %s", map[audit.Say]string{audit.No: "no", audit.Yes: "yes"}[f.Read], f.Rules[0].Name)
		for _, v := range f.Via {
			s += " < " + v.Block.Label()
			for _, op := range v.Operations {
				s += "[" + op + "]"
			}
		}
		for _, c := range f.At {
			s += " @"
			for i, d := range c.Dims {
				s += d.Item(c.Items[i])
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// Each operation of SPEC 4.1 stands in the way as formulas write it, and the source cells are exactly those that it
// takes in and that decide.
func TestWays(t *testing.T) {
	r := compiled(t, "testdata/ways")
	for _, c := range []struct {
		block string
		items []string
		want  string
	}{
		{"Sales", []string{"France", "Feb"}, "no by country"},
		{"As it is", []string{"France", "Feb"}, "no by country < Sales @FranceFeb"},
		{"As it is", []string{"France", "Jan"}, "yes by country < Sales @FranceJan"},
		{"Removed", []string{"Jan"}, "no by country < Sales[REMOVE: Country] @JapanJan"},
		{"Removed", []string{"Feb"}, "no by country < Sales[REMOVE: Country] @FranceFeb @JapanFeb"},
		{"Removed both", nil, "no by country < Sales[REMOVE: Country, Month] @FranceFeb @JapanJan @JapanFeb @JapanMar"},
		{"By region", []string{"EMEA", "Feb"}, "no by country < Sales[BY: Country.Region] @FranceFeb; yes by region < Country.Region[BY: Country.Region] @France @Spain; yes by region < Country[BY: Country.Region] @France @Spain"},
		{"By region", []string{"APAC", "Feb"}, "no by country < Sales[BY: Country.Region] @JapanFeb; no by region < Country.Region[BY: Country.Region] @Japan; no by region < Country[BY: Country.Region] @Japan"},
		{"Selected", []string{"Feb"}, `no by country < Sales[SELECT: Country."France"] @FranceFeb`},
		{"Shifted", []string{"France", "Mar"}, "no by country < Sales[SELECT: Month - 1] @FranceFeb"},
		{"Shifted", []string{"Japan", "Jan"}, "yes by country < Sales[SELECT: Month - 1]"},
		{"Running", []string{"France", "Mar"}, "no by country < Sales[CUMULATE: Month] @FranceFeb"},
		{"Running", []string{"France", "Jan"}, "yes by country < Sales[CUMULATE: Month] @FranceJan"},
		{"Spread", []string{"APAC", "Jan"}, "no by country < Sales[at Region.Main] @JapanJan"},
		{"Spread", []string{"LATAM", "Jan"}, "yes by country < Sales[at Region.Main]"},
		{"Property", []string{"Spain"}, "no by region < Country.Region[at Country.Next] @Japan; yes by region < Country.Next @Spain; yes by region < Country @Spain"},
		{"Found", nil, "no by region < Country[at … -> Country] @Japan"},
		// Of two ways the one that denies is told.
		{"Twice", []string{"France", "Jan"}, "no by country < Sales[SELECT: Month + 1] @FranceFeb"},
		{"Twice", []string{"France", "Mar"}, "no by country < Sales[SELECT: Month - 1] @FranceFeb"},
		{"Far", nil, `no by region < By region[REMOVE: Region] < Country.Region[BY: Country.Region] @Japan; no by region < By region[REMOVE: Region] < Country[BY: Country.Region] @Japan; ` +
			`no by country < By region[REMOVE: Region][SELECT: Month."Feb"] < Sales[BY: Country.Region] @FranceFeb @JapanFeb`},
		// Spain is open in all months: the way over Sales alone is the shortest, but grants; of the others the nearer.
		{"Near and far", []string{"Jan"}, "no by country < Removed[SELECT: Month + 1] < Sales[REMOVE: Country] @FranceFeb @JapanFeb"},
	} {
		e := explained(t, r, "ann", c.block, c.items...)
		require.Equal(t, c.want, ways(&e), "%s %v", c.block, c.items)
	}
}

func TestRemedies(t *testing.T) {
	r := compiled(t, "testdata/ways")
	e := explained(t, r, "ann", "Removed", "Feb")
	require.Equal(t, []string{`the rule "by country" needs AR to hold read at User=ann, Country=France, Month=Feb; User=ann, Country=Japan, Month=Feb`}, e.Remedies(cube.Read))
	require.Equal(t, []string{
		`the rule "by country" needs AR to hold write at User=ann, Country=France, Month=Feb; User=ann, Country=Japan, Month=Feb`,
		"Removed has to be overridable: it is calculated, and nobody changes what a formula computes",
	}, e.Remedies(cube.Write))
	e = explained(t, r, "ann", "Sales", "Spain", "Feb")
	require.Empty(t, append(e.Remedies(cube.Read), e.Remedies(cube.Write)...))
}
