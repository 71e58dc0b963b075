package audit_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/bench/fewest"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/store"
)

// turnover is what changed for one member in one block, counted cell by cell.
type turnover struct{ readGained, readLost, writeGained, writeLost uint64 }

// turnovers are those that are not zero, by member and block.
type turnovers map[[2]string]turnover

func diffOf(t *testing.T, old, new *engine.Rights) (*audit.Difference, turnovers) {
	t.Helper()
	d, err := audit.Diff(context.Background(), old, new, audit.DiffOptions{})
	require.NoError(t, err)
	out := turnovers{}
	for _, c := range d.Changes {
		require.NotEmpty(t, c.Members)
		for _, m := range c.Members {
			key := [2]string{m, c.Block.String()}
			require.NotContains(t, out, key)
			out[key] = turnover{c.ReadGained.Cells, c.ReadLost.Cells, c.WriteGained.Cells, c.WriteLost.Cells}
		}
	}
	return d, out
}

// allowed are the rights of every member in every cell, by the names of member, block and items.
func allowed(t *testing.T, r *engine.Rights) map[[2]string]map[string]cube.Rights {
	t.Helper()
	out := map[[2]string]map[string]cube.Rights{}
	for id, name := range r.Workspace().Users.Items() {
		for _, ref := range audit.Blocks(r.Workspace()) {
			v, err := r.MemberAt(cube.ItemID(id)).Block(ref)
			require.NoError(t, err)
			cells := map[string]cube.Rights{}
			items := make([]cube.ItemID, len(ref.Block.Dims))
			for cell := range v.Space().Len() {
				v.Space().At(cell, items)
				cells[cellText(ref.Block, items)] = decided(v, items)
			}
			out[[2]string{name, ref.String()}] = cells
		}
	}
	return out
}

func cellText(b *cube.Block, items []cube.ItemID) string {
	var parts []string
	for i, d := range b.Dims {
		parts = append(parts, fmt.Sprintf("%s=%q", d, d.Item(items[i])))
	}
	slices.Sort(parts)
	return fmt.Sprint(parts)
}

func decided(v *engine.View, items []cube.ItemID) cube.Rights {
	var out cube.Rights
	d := v.Decide(items...)
	if d.Read {
		out |= cube.Read
	}
	if d.Write {
		out |= cube.Write
	}
	return out
}

// counted is a difference, counted naively.
func counted(old, new map[[2]string]map[string]cube.Rights) turnovers {
	out := turnovers{}
	add := func(a, b map[[2]string]map[string]cube.Rights, count func(*turnover, cube.Rights)) {
		for key, cells := range b {
			t := out[key]
			for cell, is := range cells {
				count(&t, is&^a[key][cell])
			}
			if t != (turnover{}) {
				out[key] = t
			}
		}
	}
	add(old, new, func(t *turnover, more cube.Rights) {
		t.readGained += uint64(more & 1)
		t.writeGained += uint64(more >> 1)
	})
	add(new, old, func(t *turnover, less cube.Rights) { t.readLost += uint64(less & 1); t.writeLost += uint64(less >> 1) })
	return out
}

// Between two models that have nothing to do with each other, names of members, blocks and items meet by chance.
func TestDiffOfStrangers(t *testing.T) {
	var last *engine.Rights
	var lastAllowed map[[2]string]map[string]cube.Rights
	for seed := range models {
		r := generated(t, seed)
		is := allowed(t, r)
		_, same := diffOf(t, r, generated(t, seed))
		require.Empty(t, same)
		if last != nil {
			_, got := diffOf(t, last, r)
			require.Equal(t, counted(lastAllowed, is), got, "seed %d", seed)
		}
		last, lastAllowed = r, is
	}
}

const diffBase = `cubeward: 1
workspace: Base
members:
  items: [ann, bob, cat]
  properties: {Country: {type: "list:Plan::Country", values: [France, Japan, null]}}
settings: {reset_across_applications: true}
applications:
  Plan: plan.yaml
--- plan.yaml
cubeward: 1
lists:
  Country: {items: [France, Japan], properties: {Region: {type: "list:Region", values: [EMEA, APAC]}}}
  Region: {items: [EMEA, APAC]}
  Month: {items: [Jan, Feb, Mar]}
scenarios: {list: Month, access: {Feb: {Reader: none}}}
roles:
  Planner: {read: true, write: true, permissions: [display_application]}
user_roles: {ann: Planner, bob: Reader}
metrics:
  Sales: {type: number, dimensions: [Country, Region]}
  Cost: {type: number, dimensions: [Country]}
  Total: {type: number, dimensions: [Region], formula: "Sales[REMOVE: Country]"}
  By region: {type: number, dimensions: [Region], formula: "Cost[BY: Country.Region]"}
  Cut: {type: number, dimensions: [Country], formula: "RESETACCESSRIGHTS(Cost)"}
  Open: {type: number, dimensions: [Country], public: true}
  Yearly: {type: number, dimensions: [Month]}
  AR Country: {type: access_rights, dimensions: [User, Country], formula: "ACCESSRIGHTS(User.Country = Country, TRUE)"}
  AR Given: {type: access_rights, dimensions: [User, Country], cells: [[ann, France, rw], [bob, Japan, r]]}
  AR Role: {type: access_rights, dimensions: [User], formula: "ACCESSRIGHTS('Users roles' = Role.Planner, TRUE)"}
rules:
  - {name: Own, metric: AR Country, on: {metrics: [Sales, Cost]}}
  - {name: Given, metric: AR Given, on: {metrics: [Open]}}
  - {name: Regions, metric: AR Country, on: {items: [Region]}, access: read, replace: {Country: "IF(Region = Region.EMEA, Country.France)"}}
  - {name: Lift, metric: AR Role, scope: ignore, on: {items: [Month]}}
  - {name: Names, metric: AR Role, on: {items: [Month]}}
`

// modelOf is the rights of a model in one text, files after lines of dashes, with replacements of text, each of which
// must be there.
func modelOf(t *testing.T, text string, replace ...string) *engine.Rights {
	t.Helper()
	for i := 0; i < len(replace); i += 2 {
		require.Contains(t, text, replace[i])
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	first, second, _ := strings.Cut(text, "--- plan.yaml\n")
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"workspace.yaml": first, "plan.yaml": second})
	return compiled(t, dir)
}

// reasons are the changes of a difference in words: for each member and block why, sorted.
func reasons(d *audit.Difference) []string {
	var out []string
	for _, c := range d.Changes {
		for _, m := range c.Members {
			for _, w := range c.Why {
				out = append(out, m+" "+strings.TrimPrefix(c.Block.String(), "Plan::")+": "+w.String())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// stored is rights as a rights file has them: without most given values.
func stored(t *testing.T, r *engine.Rights) *engine.Rights {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, store.Write(context.Background(), &out, r, store.WriteOptions{}))
	f, err := store.New(bytes.NewReader(out.Bytes()), int64(out.Len()), store.OpenOptions{})
	require.NoError(t, err)
	again, err := f.Rights(context.Background(), engine.Options{})
	require.NoError(t, err)
	return again
}

// diffEdits are edits of the base, as pairs of a text and another one for it, and what they change.
var diffEdits = map[string]struct {
	edit       []string
	want, back string // the only reason; "" back: as want
	blocks     string // that change
}{
	"rule gone": {
		[]string{"  - {name: Own, metric: AR Country, on: {metrics: [Sales, Cost]}}\n", ""},
		`the rule "Own" of Plan is gone`, `the rule "Own" of Plan is new`, "By region, Cost, Sales, Total",
	},
	"rule changed": {
		[]string{"on: {metrics: [Sales, Cost]}", "on: {metrics: [Sales]}"}, `the rule "Own" of Plan changed`, "", "By region, Cost",
	},
	"ignore rule": {
		[]string{"rules:\n", "rules:\n  - {name: Free, metric: AR Country, scope: ignore, on: {metrics: [Cost]}}\n"},
		`the rule "Free" of Plan is new`, `the rule "Free" of Plan is gone`, "By region, Cost",
	},
	"ignore rule on items": {
		[]string{"  - {name: Lift, metric: AR Role, scope: ignore, on: {items: [Month]}}\n", ""},
		`the rule "Lift" of Plan is gone`, `the rule "Lift" of Plan is new`, "Month",
	},
	"formula of a rights metric": {
		[]string{"ACCESSRIGHTS(User.Country = Country, TRUE)", "ACCESSRIGHTS(TRUE, TRUE)"},
		"the formula of Plan::AR Country changed", "", "By region, Cost, Region, Sales, Total",
	},
	"spaces and comments": {
		[]string{"ACCESSRIGHTS(User.Country = Country, TRUE)", "ACCESSRIGHTS( User.Country = Country , TRUE ) // own"}, "", "", "",
	},
	"formula of a block": {
		[]string{"RESETACCESSRIGHTS(Cost)", "Cost"}, "the formula of Plan::Cut changed", "", "Cut",
	},
	"settings": {
		[]string{"--- plan.yaml\ncubeward: 1\n", "--- plan.yaml\ncubeward: 1\nsettings: {inherit_within_application: false}\n"},
		"what formulas of Plan inherit changed", "", "By region, Total",
	},
	"cells of a rights metric": {
		[]string{"[bob, Japan, r]", "[bob, Japan, rw], [ann, Japan, rw]"}, "the values of Plan::AR Given changed", "", "Open",
	},
	"attribute of a member": {
		[]string{"[France, Japan, null]", "[Japan, Japan, null]"}, "the values of User.Country changed", "", "By region, Cost, Region, Sales",
	},
	"values of a mapping": {
		[]string{"values: [EMEA, APAC]", "values: [APAC, EMEA]"}, "the values of Plan::Country.Region changed", "", "By region",
	},
	"public": {
		[]string{", public: true", ""}, "Plan::Open is no longer public", "Plan::Open is public", "Open",
	},
	"role of a member": {
		[]string{"bob: Reader", "bob: Planner"},
		"the role in Plan: Planner, was Reader", "the role in Plan: Reader, was Planner",
		"By region, Cost, Country, Country.Region, Cut, Month, Sales, Yearly",
	},
	"role given": {
		[]string{"bob: Reader", "bob: Reader, cat: Reader"},
		"the role in Plan: Reader, was none", "the role in Plan: none, was Reader",
		"Country, Country.Region, Cut, Month, Open, Yearly",
	},
	"what a role may do": {
		[]string{"Planner: {read: true, write: true", "Planner: {read: false, write: false"},
		`the role "Planner" of Plan changed`, "",
		"By region, Cost, Country, Country.Region, Cut, Month, Open, Region, Sales, Yearly",
	},
	"scenarios": {
		[]string{"Feb: {Reader: none}", "Feb: {Reader: read}"}, "the access to scenarios of Plan changed", "", "Month, Yearly",
	},
	"new item": {
		[]string{"[Jan, Feb, Mar]", "[Jan, Feb, Mar, Apr]"}, "items of Plan::Month are new", "items of Plan::Month are gone", "Month, Yearly",
	},
	"order of items": {
		[]string{"[Jan, Feb, Mar]", "[Mar, Jan, Feb]"}, "", "", "",
	},
	"new block": {
		[]string{"  Cost: {", "  Extra: {type: number, dimensions: [Month]}\n  Cost: {"}, "Plan::Extra is new", "Plan::Extra is gone", "Extra",
	},
	"other dimensions": {
		[]string{"  Yearly: {type: number, dimensions: [Month]}", "  Yearly: {type: number, dimensions: [Month, Country]}"},
		"the dimensions of Plan::Yearly changed", "", "Yearly",
	},
	"new member": {
		[]string{"[ann, bob, cat]", "[ann, bob, cat, dan]", "[France, Japan, null]", "[France, Japan, null, null]", "bob: Reader", "bob: Reader, dan: Reader"},
		"the members are new", "the members are gone", "",
	},
}

// Each edit of the base is named as the reason, and nothing else is. Read backwards, it is the same the other way round.
func TestDiffNamesReasons(t *testing.T) {
	base := strings.Replace(diffBase, `replace: {Country: "IF(Region = Region.EMEA, Country.France)"}`, `replace: {Country: "IF(Region = Region.\"EMEA\", Country.\"France\")"}`, 1)
	base = strings.Replace(base, "Role.Planner", `Role.\"Planner\"`, 1)
	for name, x := range diffEdits {
		t.Run(name, func(t *testing.T) {
			old, new := modelOf(t, base), modelOf(t, base, x.edit...)
			for _, way := range []struct {
				from, to *engine.Rights
				want     string
			}{{old, new, x.want}, {new, old, cmp.Or(x.back, x.want)}, {stored(t, old), stored(t, new), x.want}, {old, stored(t, new), x.want}} {
				d, _ := diffOf(t, way.from, way.to)
				blocks := map[string]bool{}
				for _, line := range reasons(d) {
					who, what, _ := strings.Cut(line, ": ")
					require.Equal(t, way.want, what, line)
					blocks[strings.SplitN(who, " ", 2)[1]] = true
				}
				require.Equal(t, x.want != "", len(blocks) > 0)
				if x.blocks != "" {
					want := strings.Split(x.blocks, ", ")
					slices.Sort(want)
					require.Equal(t, want, slices.Sorted(maps.Keys(blocks)))
				}
			}
		})
	}
}

// A block may have more cells than any set: what differs is counted all the same, here 2^33 of them.
func TestDiffOfALargeBlock(t *testing.T) {
	large := func(hidden int, dims int) *engine.Rights {
		ws := cube.NewWorkspace("")
		require.NoError(t, ws.Users.Append("ann"))
		app := ws.AddApplication("Large")
		app.SetRoleOf(0, 0)
		var lists []*cube.List
		for i := range dims {
			l := app.AddList(fmt.Sprintf("List %d", i))
			for k := range 1 << 11 {
				require.NoError(t, l.Append(fmt.Sprint(k)))
			}
			lists = append(lists, l)
		}
		app.AddMetric("Wide", cube.Type{Kind: cube.Number}, lists...)
		for i, pair := range [][]*cube.List{{lists[0]}, {lists[0], lists[1]}, {lists[1], lists[2]}} {
			m := app.AddMetric(fmt.Sprintf("AR %d", i), cube.Type{Kind: cube.AccessRights}, append([]*cube.List{ws.Users}, pair...)...)
			m.Formula = &cube.Formula{Author: cube.NoItem, Text: []string{
				fmt.Sprintf("ACCESSRIGHTS('List 0' >= 'List 0'.\"%d\", TRUE)", hidden),
				`ACCESSRIGHTS('List 0' <> 'List 0'."7" OR 'List 1' <> 'List 1'."9", TRUE)`,
				`ACCESSRIGHTS('List 1' <> 'List 1'."9" OR 'List 2' <> 'List 2'."5", TRUE)`,
			}[i]}
			app.Rules = append(app.Rules, &cube.Rule{Name: m.Name, Metric: m, Categories: cube.Read | cube.Write, Target: cube.OnDimensions, Dims: pair})
		}
		r, err := engine.Compile(context.Background(), ws, engine.Options{})
		require.NoError(t, err)
		return r
	}
	const n = 1 << 11
	d, got := diffOf(t, large(0, 3), large(10, 3))
	want := 10*uint64(n*n) - n - 10 + 1 // ten slices, without the cells of (7, 9) and of (9, 5), one of which is both
	require.Equal(t, turnover{readLost: want, writeLost: want}, got[[2]string{"ann", "Large::Wide"}])
	for _, c := range d.Changes {
		if c.Block.String() == "Large::Wide" {
			require.Equal(t, []audit.Why{{Kind: audit.FormulaChange, Old: "Large::AR 0", New: "Large::AR 0"}}, c.Why)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	for _, size := range []struct {
		name    string
		members int
	}{{"members=1k", 1000}, {"members=10k", 10_000}, {"members=100k", 100_000}} {
		b.Run(size.name, func(b *testing.B) {
			old, new := crowd(b, size.members), crowdWithoutRule(b, size.members)
			b.ReportAllocs()
			for b.Loop() {
				d, err := audit.Diff(context.Background(), old, new, audit.DiffOptions{})
				require.NoError(b, err)
				require.NotEmpty(b, d.Changes)
			}
		})
	}
}

// crowdWithoutRule is the crowd when its rule is gone.
func crowdWithoutRule(tb testing.TB, members int) *engine.Rights {
	ws := crowd(tb, members).Workspace()
	ws.Applications[0].Rules = nil
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(tb, err)
	return r
}

// Kinds of members are compared, not members: with ten times the members of the same kinds the comparisons are as
// many, and what is allocated for one more member is a few words.
func TestGuardDiffFollowsKinds(t *testing.T) {
	type cost struct{ compared, allocations float64 }
	of := func(members int) cost {
		old, new := crowd(t, members), crowdWithoutRule(t, members)
		var c cost
		opt := audit.DiffOptions{Progress: func(_, total int) { c.compared = float64(total) }}
		for _, name := range []string{"Sales", "Total"} {
			was, err := old.Find(name, "")
			require.NoError(t, err)
			is, err := new.Find(name, "")
			require.NoError(t, err)
			opt.Blocks = append(opt.Blocks, audit.BlockPair{Old: was, New: is})
		}
		c.allocations = fewest.Allocations(3, func() {
			_, err := audit.Diff(context.Background(), old, new, opt)
			require.NoError(t, err)
		})
		return c
	}
	few, many := of(1200), of(12_000)
	require.Equal(t, few.compared, many.compared)
	require.Less(t, many.allocations, 1.2*few.allocations)
}

// Generations share a workspace that may be older than they are: what changed is asked of the rights.
func TestDiffOfGenerations(t *testing.T) {
	r := modelOf(t, diffBase, `Role.Planner`, `Role.\"Planner\"`, "Region.EMEA, Country.France", `Region.\"EMEA\", Country.\"France\"`)
	for want, change := range map[string]engine.Change{
		"the role in Plan: Planner, was Reader":   engine.SetRole{Member: "bob", Role: "Planner"},
		"the values of Plan::AR Given changed":    engine.SetCell{Metric: "AR Given", Items: []string{"ann", "France"}, Value: cube.RightsValue(0)},
		"the values of User.Country changed":      engine.SetProperty{List: "User", Item: "ann", Property: "Country", Value: cube.TextValue("Japan")},
		`the rule "Given" of Plan is gone`:        engine.RemoveRule{Name: "Given"},
		"items of Plan::Month are new":            engine.AppendItem{List: "Month", Item: "Apr"},
		"the formula of Plan::AR Country changed": engine.SetFormula{Block: "AR Country", Formula: "ACCESSRIGHTS(TRUE, TRUE)"},
	} {
		next, err := r.Update(context.Background(), change)
		require.NoError(t, err, want)
		d, _ := diffOf(t, r, next)
		lines := reasons(d)
		require.NotEmpty(t, lines, want)
		for _, line := range lines {
			require.Equal(t, want, line[strings.Index(line, ": ")+2:])
		}
		back, _ := diffOf(t, next, r)
		require.Len(t, back.Changes, len(d.Changes))
	}
}

// Who is not held by a side is not taken for somebody who lost everything.
func TestDiffOfSomeMembers(t *testing.T) {
	ctx := context.Background()
	whole := modelOf(t, diffBase, `Role.Planner`, `Role.\"Planner\"`, "Region.EMEA, Country.France", `Region.\"EMEA\", Country.\"France\"`)
	some, err := engine.Compile(ctx, whole.Workspace(), engine.Options{Members: []cube.ItemID{1}})
	require.NoError(t, err)
	var missing *engine.NotHeldError
	for _, opt := range []audit.DiffOptions{{}, {Member: "ann"}} {
		_, err = audit.Diff(ctx, whole, some, opt)
		require.ErrorAs(t, err, &missing)
		_, err = audit.Diff(ctx, some, whole, opt)
		require.ErrorAs(t, err, &missing)
	}
	d, err := audit.Diff(ctx, some, whole, audit.DiffOptions{Member: "bob"})
	require.NoError(t, err)
	require.Empty(t, d.Changes)
	var unknown *engine.UnknownError
	_, err = audit.Diff(ctx, whole, whole, audit.DiffOptions{Member: "zoe"})
	require.ErrorAs(t, err, &unknown)
}
