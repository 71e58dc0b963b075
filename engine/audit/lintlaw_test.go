package audit_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/engine/enginetest"
	"github.com/cubeward/cubeward/formula"
)

// On generated models findings are in order, the same every time, and true as far as that can be asked in another way.
func TestLintIsTrue(t *testing.T) {
	checked := map[string]int{}
	for seed := range 150 {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(uint64(seed)+5000, enginetest.Small()).Write(dir))
		load := func() *engine.Rights {
			ws, err := modelfile.Load(dir, modelfile.Options{})
			require.NoError(t, err, "seed %d", seed)
			r, err := engine.Compile(context.Background(), ws, engine.Options{})
			require.NoError(t, err, "seed %d", seed)
			return r
		}
		r := load()
		found, err := audit.Lint(context.Background(), r, audit.LintOptions{})
		require.NoError(t, err, "seed %d", seed)
		again, err := audit.Lint(context.Background(), load(), audit.LintOptions{})
		require.NoError(t, err)
		require.Equal(t, texts(found), texts(again), "seed %d", seed)
		require.True(t, slices.IsSortedFunc(found, func(a, b audit.Finding) int { return a.Pos.Compare(b.Pos) }))
		require.Len(t, ofCode(found, "reset-access-rights"), resets(r), "seed %d", seed)
		for _, f := range found {
			require.True(t, slices.Contains(codeNames(), f.Code), f.Code)
			require.NotEmpty(t, f.Pos.File)
			if isTrue(t, r, load, f) {
				checked[f.Code]++
			}
		}
	}
	t.Logf("%v", checked)
	for _, code := range []string{"nobody-can-read", "nobody-can-write", "no-rule", "rule-without-effect", "rule-repeated", "rule-governs-nothing"} {
		require.Positive(t, checked[code], code)
	}
}

func texts(found []audit.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.Pos.String()+" "+f.Code+" "+f.Message+" "+f.Remedy)
	}
	return out
}

// resets counts RESETACCESSRIGHTS in the texts of formulas.
func resets(r *engine.Rights) int {
	n := 0
	count := func(text string) {
		node, err := formula.Parse(text)
		if err != nil {
			return
		}
		for part := range node.All() {
			if part.Kind == formula.NodeCall && part.Op == "RESETACCESSRIGHTS" {
				n++
			}
		}
	}
	for _, b := range r.Workspace().Blocks() {
		if b.Formula != nil {
			count(b.Formula.Text)
		}
	}
	for _, app := range r.Workspace().Applications {
		for _, rule := range app.Rules {
			for _, rep := range rule.Replace {
				count(rep.Formula.Text)
			}
		}
	}
	return n
}

// isTrue asks in another way whether a finding is true; false where there is no other way.
func isTrue(t *testing.T, r *engine.Rights, load func() *engine.Rights, f audit.Finding) bool {
	at := func() audit.Answer {
		open := slices.Repeat([]cube.ItemID{cube.NoItem}, len(f.Block.Block.Dims))
		a, err := audit.Who(context.Background(), r, f.Block, open)
		require.NoError(t, err)
		return a
	}
	switch f.Code {
	case "nobody-can-read":
		require.Empty(t, at().ReadSome, f.Message)
	case "nobody-can-write":
		require.Empty(t, at().WriteSome, f.Message)
	case "no-rule": // members of one role read the same
		app := f.Block.Block.App
		byRole := map[cube.ItemID]bool{}
		a := at()
		for m := range cube.ItemID(r.Workspace().Users.Len()) {
			reads := slices.Contains(a.ReadSome, m)
			if old, ok := byRole[app.RoleOf(m)]; ok && app.Scenarios == nil && len(r.Workspace().Applications) == 1 {
				require.Equal(t, old, reads, f.Message)
			}
			byRole[app.RoleOf(m)] = reads
		}
	case "rule-without-effect", "rule-repeated", "rule-governs-nothing":
		without(t, r, load(), f)
	default:
		return false
	}
	return true
}

// without takes the rule that a finding is about out of a model, and sees that all decisions stay.
func without(t *testing.T, r, fresh *engine.Rights, f audit.Finding) {
	ws := fresh.Workspace()
	taken := 0
	for _, app := range ws.Applications {
		app.Rules = slices.DeleteFunc(app.Rules, func(rule *cube.Rule) bool {
			hit := rule.Pos == f.Pos
			if hit {
				taken++
			}
			return hit
		})
	}
	require.Equal(t, 1, taken)
	less, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	refs := audit.Blocks(ws)
	for i, ref := range audit.Blocks(r.Workspace()) {
		items := make([]cube.ItemID, len(ref.Block.Dims))
		for m := range cube.ItemID(ws.Users.Len()) {
			v, err := r.MemberAt(m).Block(ref)
			require.NoError(t, err)
			w, err := less.MemberAt(m).Block(refs[i])
			require.NoError(t, err)
			for cell := uint64(0); cell < v.Space().Len(); cell += 1 + v.Space().Len()/50 {
				v.Space().At(cell, items)
				require.Equal(t, v.Decide(items...), w.Decide(items...), "%s: %s", f.Message, ref)
			}
		}
	}
}

const twoApplications = `cubeward: 1
members: {items: [ann, bob]}
applications: {HR: hr.yaml, Finance: fin.yaml}
`

// A block is named with its application in messages about another application's, and RESETACCESSRIGHTS that cannot
// cross gives nothing away.
func TestLintAcrossApplications(t *testing.T) {
	hr := `cubeward: 1
user_roles: {ann: Admin, bob: Modeler}
lists: {Person: {items: [p1, p2], properties: {Wage: {type: number, values: [1, 2]}}}}
metrics:
  AR: {type: access_rights, dimensions: [User], cells: [[ann, rw]]}
rules: [{name: r, metric: AR, on: {properties: {Person: [Wage]}}}]
`
	fin := `cubeward: 1
user_roles: {ann: Admin, bob: Modeler}
metrics:
  Costs: {type: number, dimensions: ["HR::Person"], formula: "RESETACCESSRIGHTS(HR::Person.Wage) * 2"}
`
	for across, want := range map[string]int{"false": 0, "true": 1} {
		dir := t.TempDir()
		ws := twoApplications + "settings: {reset_across_applications: " + across + "}\n"
		writeFiles(t, dir, map[string]string{"workspace.yaml": ws, "hr.yaml": hr, "fin.yaml": fin})
		found := ofCode(lint(t, dir+"/workspace.yaml"), "reset-gives-away")
		require.Len(t, found, want)
		for _, f := range found {
			require.Equal(t, "Finance::Costs", f.Block.String())
			require.Contains(t, f.Message, `gives cells of "HR::Person.Wage" away to 1 member who may not read them, such as HR::Person=p1`)
		}
	}
}

// A search that is cut short says so.
func TestLintSaysAtLeast(t *testing.T) {
	ws, err := modelfile.Load("testdata/lint/reset-gives-away/finds.yaml", modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	found, err := audit.Lint(context.Background(), r, audit.LintOptions{MaxCells: 4})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(found, func(f audit.Finding) bool { return strings.Contains(f.Message, "at least") }))
}
