package audit_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// sequences are lists in a line of YAML: items, cells, targets, permissions.
var sequences = regexp.MustCompile(`\[[^][{}"\\]*\]`)

// edited is a model with a line left out, two exchanged, or with other words or elements. It may be none that may be.
func edited(r *rand.Rand, m enginetest.Model) enginetest.Model {
	m.Files = maps.Clone(m.Files)
	names := slices.Sorted(maps.Keys(m.Files))
	name := names[r.IntN(len(names))]
	lines := strings.SplitAfter(m.Files[name], "\n")
	i, k := r.IntN(len(lines)), r.IntN(len(lines))
	switch r.IntN(4) {
	case 0:
		lines = slices.Delete(lines, i, i+1)
	case 1:
		lines[i], lines[k] = lines[k], lines[i]
	case 2:
		words := []string{"rw", "true", "false", "Reader", "Contributor", "apply", "ignore", "read_write", "write", "none", "everything"}
		lines[i] = strings.ReplaceAll(lines[i], words[r.IntN(len(words))], words[r.IntN(len(words))])
	default:
		lines[i] = sequences.ReplaceAllStringFunc(lines[i], func(s string) string {
			elements := strings.Split(s[1:len(s)-1], ", ")
			r.Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
			return "[" + strings.Join(elements[r.IntN(2):], ", ") + "]"
		})
	}
	m.Files[name] = strings.Join(lines, "")
	return m
}

// changedMore is a model after a few more edits that it bears, and its rights.
func changedMore(t *testing.T, r *rand.Rand, m enginetest.Model) (enginetest.Model, *engine.Rights) {
	t.Helper()
	var rights *engine.Rights
	for edits := 0; edits < 4; {
		next := edited(r, m)
		dir := t.TempDir()
		require.NoError(t, next.Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		if err != nil {
			continue
		}
		made, err := engine.Compile(context.Background(), ws, engine.Options{})
		if err == nil {
			edits++
			m, rights = next, made
		}
	}
	return m, rights
}

// agreeOnParts compares the parts of a difference with those of its cells.
type agreeOnParts struct{ compared, several, skipped int }

func (a *agreeOnParts) diff(t *testing.T, old, new *engine.Rights) {
	t.Helper()
	d, err := audit.Diff(t.Context(), old, new, audit.DiffOptions{})
	require.NoError(t, err)
	want, unclear, err := audit.Naively(t.Context(), old, new)
	require.NoError(t, err)
	got := audit.PartsOf(d)
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for key, parts := range got {
		if unclear[key] {
			a.skipped++
			continue
		}
		require.Equal(t, want[key], parts, key)
		if a.compared++; len(parts) > 1 {
			a.several++
		}
	}
	partsAddUp(t, d)
}

// What changed which cells is what following every factor of every cell says, both ways round: of generated models after
// a few edits.
func TestDiffPartsAgreeWithCells(t *testing.T) {
	var a agreeOnParts
	for seed := uint64(0); seed < 300 && a.compared < 300; seed++ {
		m := enginetest.Generate(seed+5000, enginetest.Small())
		r := rand.New(rand.NewPCG(seed, 9))
		m, old := changedMore(t, r, m)
		for range 3 {
			var new *engine.Rights
			m, new = changedMore(t, r, m)
			a.diff(t, old, new)
			a.diff(t, new, old)
		}
	}
	t.Logf("%+v", a)
	require.GreaterOrEqual(t, a.compared, 300)
	require.Less(t, a.skipped, a.compared/20)
}

// partsText is a model of which each part that matters is one of several at random.
func partsText(r *rand.Rand) string {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	cells := func(lists ...[]string) string {
		var out []string
		var run func(k int, at []string)
		run = func(k int, at []string) {
			if k == len(lists) {
				if right := one("rw", "rw", "rw", "r", "rw", ""); right != "" {
					out = append(out, "["+strings.Join(append(slices.Clone(at), right), ", ")+"]")
				}
				return
			}
			for _, item := range lists[k] {
				run(k+1, append(slices.Clip(at), item))
			}
		}
		run(0, nil)
		return "[" + strings.Join(out, ", ") + "]"
	}
	users, countries, months, regions := []string{"ann", "bob"}, []string{"France", "Japan", "Peru"}, []string{"Jan", "Feb", "Mar"}, []string{"EMEA", "APAC"}
	if r.IntN(3) == 0 {
		countries = append(countries, "Chile")
	}
	if r.IntN(4) == 0 {
		slices.Reverse(months)
	}
	var in []string
	for range countries {
		in = append(in, one(regions...))
	}
	list := func(items []string) string { return "[" + strings.Join(items, ", ") + "]" }
	text := `cubeward: 1
workspace: Parts
members: {items: [ann, bob], properties: {Country: {type: "list:Plan::Country", values: [` + one(countries...) + ", " + one(countries...) + `]}}}
settings: {reset_across_applications: true}
applications: {Plan: plan.yaml}
--- plan.yaml
cubeward: 1
` + one("", "", "", "settings: {inherit_within_application: false}\n") + `lists:
  Country: {items: ` + list(countries) + `, properties: {Region: {type: "list:Region", values: ` + list(in) + `}}}
  Region: {items: [EMEA, APAC], properties: {Main: {type: "list:Country", values: [` + one(countries...) + ", " + one(countries...) + `]}}}
  Month: {items: ` + list(months) + `}
roles:
  Planner: {read: true, write: true, permissions: [display_application]}
user_roles: {ann: Planner, bob: ` + one("Planner", "Planner", "Contributor", "Reader") + `}
metrics:
  Sales: {type: number, dimensions: [Country, Month]}
  Cost: {type: number, dimensions: [Country, Month]}
  Total: {type: number, dimensions: [Month], formula: "Sales[REMOVE: Country]"}
  By region: {type: number, dimensions: [Region, Month], formula: "` + one("Sales[BY: Country.Region]", "Cost[BY: Country.Region]", "Sales[BY: Country.Region] + Cost[BY: Country.Region]") + `"}
  Spread: {type: number, dimensions: [Region, Month], formula: "Sales[BY: Region.Main]"}
  Shifted: {type: number, dimensions: [Country, Month], formula: "` + one("Sales[SELECT: Month - 1]", "Sales[SELECT: Month + 1]") + ` + ` + one("Cost", "'By region'[BY: Country.Region]") + `"}
  Running: {type: number, dimensions: [Country, Month], formula: "CUMULATE(Sales, Month) + RESETACCESSRIGHTS(Cost)", overridable: ` + one("true", "false") + `}
  Far: {type: number, dimensions: [Region], formula: "'By region'[REMOVE: Month] + Spread[SELECT: Month.\"Jan\"]"}
  Open: {type: number, dimensions: [Country, Month], public: ` + one("true", "false") + `}
  AR Own: {type: access_rights, dimensions: [User, Country], formula: "` + one("ACCESSRIGHTS(User.Country = Country OR Country.Region = Region.\\\"EMEA\\\", TRUE)", "ACCESSRIGHTS(TRUE, User.Country <> Country)") + `"}
  AR Month: {type: access_rights, dimensions: [User, Month], cells: ` + cells(users, months) + `}
  AR Cell: {type: access_rights, dimensions: [User, Country, Month], cells: ` + cells(users, countries, months) + `}
  AR Region: {type: access_rights, dimensions: [User, Region], cells: ` + cells(users, regions) + `}
rules:
  - {name: Months, metric: AR Month, on: {metrics: [Sales` + one("", ", Cost") + `]}}
  - {name: Cells, metric: AR Cell, on: {metrics: [` + one("Cost", "Sales", "Sales, Cost, Open") + `]}}
  - {name: Regions, metric: AR Region, on: {metrics: [Sales, Open]}, access: ` + one("read", "write", "read_write") + `, replace: {Region: "` + one("Country.Region", "IF(Month = Month.\\\"Jan\\\", Country.Region)") + `"}}
`
	if r.IntN(2) == 0 {
		text += "  - {name: Own, metric: AR Own, on: {items: [Country]}}\n"
	}
	if r.IntN(2) == 0 {
		text += "  - {name: Own cost, metric: AR Own, on: {metrics: [Cost]}}\n"
	}
	if r.IntN(4) == 0 {
		text += "  - {name: Lift, metric: AR Cell, scope: ignore, on: {metrics: [Cost, Open]}}\n"
	}
	return text
}

// The same of models in which much changed at once.
func TestDiffPartsOfManyChanges(t *testing.T) {
	var a agreeOnParts
	r := rand.New(rand.NewPCG(11, 11))
	old := modelOf(t, partsText(r))
	for range 25 {
		new := modelOf(t, partsText(r))
		a.diff(t, old, new)
		a.diff(t, new, old)
		a.diff(t, stored(t, old), stored(t, new))
		old = new
	}
	t.Logf("%+v", a)
	require.Greater(t, a.several, 300)
	require.Less(t, a.skipped, a.compared/4)
}

// partsAddUp says that the parts of a change have all its cells, once, and examples.
func partsAddUp(t *testing.T, d *audit.Difference) {
	t.Helper()
	for _, c := range d.Changes {
		var sum [4]audit.Delta
		var why []audit.Why
		for _, p := range c.Parts {
			require.NotEmpty(t, p.Examples)
			require.NotEmpty(t, p.Why)
			why = append(why, p.Why...)
			for i, delta := range []audit.Delta{p.ReadGained, p.ReadLost, p.WriteGained, p.WriteLost} {
				sum[i].Cells += delta.Cells
				sum[i].Apart += delta.Apart
			}
		}
		require.Equal(t, [4]audit.Delta{c.ReadGained, c.ReadLost, c.WriteGained, c.WriteLost}, sum)
		for _, w := range why {
			require.Contains(t, c.Why, w)
		}
		for _, w := range c.Why {
			require.Contains(t, why, w)
		}
	}
}
