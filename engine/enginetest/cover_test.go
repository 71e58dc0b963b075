package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
)

// TestGenerateCovers: generated models use the whole of SPEC 2 and 3, each thing several times in 300 models.
func TestGenerateCovers(t *testing.T) {
	used := map[string]int{}
	for seed := range uint64(300) {
		dir := t.TempDir()
		m := Generate(seed+1, sizeOf(seed+1))
		require.NoError(t, m.Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		o, err := NewOracle(ws)
		require.NoError(t, err)
		countModel(ws, used)
		for _, text := range m.Files {
			for _, key := range []string{"on_unknown", "author:", "owner:", "column:", "\r\n", "\ufeff"} {
				if strings.Contains(text, key) {
					used["files: "+strings.ReplaceAll(key, "_", " ")]++
				}
			}
		}
		seen := map[*term]bool{}
		for _, f := range o.formulas {
			f.count(used, seen)
		}
		for _, mappings := range o.mappings {
			for _, f := range mappings {
				f.count(used, seen)
			}
		}
	}
	for _, thing := range strings.Fields(everyThing) {
		require.GreaterOrEqual(t, used[strings.ReplaceAll(thing, "_", " ")], 5, "generated models hardly have: %s\n%v", thing, used)
	}
}

// everyThing is what must occur, with _ for spaces.
const everyThing = `
constant metric list property ITEM ITEM(v,L.P) RESETACCESSRIGHTS CUMULATE ADD slice shift FILTER EXCLUDE spread
REMOVE_SUM REMOVE_AVG REMOVE_MIN REMOVE_MAX REMOVE_COUNT REMOVE_ANY REMOVE_ALL REMOVE_of_several
aggregate_SUM aggregate_AVG aggregate_MIN aggregate_MAX aggregate_COUNT aggregate_ANY aggregate_ALL aggregate_of_several aggregate_with_X-> aggregate_matched spread_with_X->
+ - * / ^ & negate = <> < <= > >= AND OR NOT IN
IF IFBLANK IFDEFINED ISBLANK ISDEFINED SWITCH MIN MAX ABS ROUND LEN UPPER LOWER CONTAINS STARTSWITH ENDSWITH YEAR MONTH DAY ACCESSRIGHTS
a_list_is_empty a_list_has_one_item a_block_is_public inputs_over_a_formula a_calculated_property an_access_metric_by_cells an_access_metric_by_formula
a_dimension_of_another_application a_block_of_another_application User_as_a_dimension Role_as_a_dimension Users_roles
one_application several_applications a_member_without_a_role reset_across inherit_within_is_off scenarios read_only
apply ignore ignore_Users_roles replace replace_several replace_over_User category_read category_write category_both
on_metrics on_dimensions on_properties on_items on_everything
files:_on_unknown files:_author: files:_owner: files:_column: files:_` + "\ufeff" + `
type_number type_text type_boolean type_date type_list`

// count counts what a formula is made of.
func (t *term) count(used map[string]int, seen map[*term]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	used[t.op]++
	if t.op == opRemove || t.op == opAggregate {
		used[t.op+" "+t.method]++
		if len(t.lists) > 1 {
			used[t.op+" of several"]++
		}
	}
	if (t.op == opAggregate || t.op == opSpread) && len(t.lists) < len(t.args[1].dims) {
		used[t.op+" with X->"]++
	}
	if t.op == opAggregate && contains(t.args[0].dims, t.args[1].dims) && len(t.lists) < len(t.args[1].dims) {
		used["aggregate matched"]++
	}
	switch {
	case t.op == opFind && t.block != nil:
		used["ITEM(v,L.P)"]++
	case t.op == opMetric && t.block.App != t.app:
		used["a block of another application"]++
	case t.op == opMetric && t.block.Reserved():
		used["Users roles"]++
	}
	for _, a := range t.args {
		a.count(used, seen)
	}
}

func countModel(ws *cube.Workspace, used map[string]int) {
	note := func(holds bool, thing string) {
		if holds {
			used[thing]++
		}
	}
	note(len(ws.Applications) == 1, "one application")
	note(len(ws.Applications) > 1, "several applications")
	note(ws.ResetAcrossApplications, "reset across")
	for _, l := range ws.Lists() {
		note(l.Len() == 0, "a list is empty")
		note(l.Len() == 1, "a list has one item")
	}
	for _, b := range ws.Blocks() {
		rights := b.Type.Kind == cube.AccessRights
		note(b.Public, "a block is public")
		note(b.Formula != nil && b.Input != nil, "inputs over a formula")
		note(b.Formula != nil && b.Kind == cube.Property, "a calculated property")
		note(b.Formula == nil && rights, "an access metric by cells")
		note(b.Formula != nil && rights, "an access metric by formula")
		note(b.Kind != cube.ItemSet, "type "+b.Type.Kind.String())
		for _, d := range b.Dims {
			note(b.App != nil && d.App != nil && d.App != b.App, "a dimension of another application")
			note(!rights && b.Kind == cube.Metric && d == ws.Users, "User as a dimension")
			note(b.Kind == cube.Metric && d.Reserved && d != ws.Users, "Role as a dimension")
		}
	}
	for _, app := range ws.Applications {
		note(!app.InheritWithin, "inherit within is off")
		note(app.Scenarios != nil, "scenarios")
		note(app.Scenarios != nil && len(app.Scenarios.ReadOnly) > 0, "read only")
		for m := range ws.Users.Len() {
			note(app.RoleOf(cube.ItemID(m)) < 0, "a member without a role")
		}
		for _, rule := range app.Rules {
			note(!rule.Ignore, "apply")
			note(rule.Ignore, "ignore")
			note(rule.Metric == app.UsersRoles, "ignore Users roles")
			note(len(rule.Replace) > 0, "replace")
			note(len(rule.Replace) > 1, "replace several")
			note(slices.ContainsFunc(rule.Replace, func(r cube.Replacement) bool { return strings.Contains(r.Formula.Text, "User") }), "replace over User")
			note(true, [...]string{"", "category read", "category write", "category both"}[rule.Categories])
			note(true, [...]string{"", "on metrics", "on dimensions", "on properties", "on items", "on everything"}[rule.Target])
		}
	}
}
