package modelfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

func load(t *testing.T, files string) *cube.Workspace {
	t.Helper()
	ws, err := Load(writeFiles(t, files), Options{})
	require.NoError(t, err)
	return ws
}

// texts is the values of a block's input in cell order, as text; "-" is BLANK.
func texts(t *testing.T, b *cube.Block) string {
	t.Helper()
	require.NotNil(t, b)
	space, err := b.Space()
	require.NoError(t, err)
	var out []string
	for c := range space.Len() {
		text := "-"
		if b.Input != nil {
			switch v := b.Input.Value(c); v.Kind() {
			case cube.Number:
				text = strconv.FormatFloat(v.Float(), 'g', -1, 64)
			case cube.Text:
				text = `"` + v.Str() + `"`
			case cube.Boolean:
				text = map[bool]string{true: "true", false: "false"}[v.True()]
			case cube.Date:
				text = cube.FormatDate(v.Days())
			case cube.Item:
				text = b.Type.List.Item(v.Item())
			case cube.AccessRights:
				text = v.Rights().String()
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

const twoApplications = `
-- workspace.yaml --
cubeward: 1
workspace: " Acme "
members:
  file: members.csv
  key: Email
  properties:
    Country: {type: "list:HR::Country"}
    Level: {type: number, values: {bo: 2}}
accounts: {ada: primary_owner, bo: security_admin}
settings: {reset_across_applications: true}
applications:
  Finance: finance/model.yaml
  HR: hr/model.yaml
-- members.csv --
Name,Email,Country
Ada, ada ,France
Bo,bo,
Cy,cy,Japan
-- hr/model.yaml --
cubeward: 1
settings: {inherit_within_application: false}
lists:
  Country:
    items: [France, Germany, Japan]
    properties:
      Region: {type: "list:Region", values: {France: EMEA, Japan: " APAC "}}
      Area: {type: number, values: [551, null, 378]}
      Zone: {type: list:Region, formula: "Country.Region", author: ada}
      Empty: {type: text}
  Region: {items: [EMEA, APAC]}
  Employee:
    file: employees.csv
    key: Id
    properties:
      Country: {type: "list:HR::Country"}
      Pay: {type: number, column: salary_eur}
      Since: {type: date}
      Note: {type: text}
      Active: {type: boolean}
      Level: {type: text, values: [x, "", y]}
metrics:
  Bonus: {type: number, dimensions: [Employee]}
  AR Country:
    type: access_rights
    dimensions: [User, Country]
    file: ar.csv
    value: R
    on_unknown: skip
roles:
  Planner: {read: true, write: false, permissions: [open_boards]}
  Reader: {read: false, write: false, permissions: all}
user_roles: {file: roles.csv, on_unknown: skip}
owner: ada
scenarios: {list: Region, access: {EMEA: {Planner: none, "HR::Reader": read}}, read_only: [APAC]}
rules:
  - name: By country
    metric: HR::AR Country
    on: {dimensions: [Country]}
  - {name: R2, metric: AR Country, access: read, on: {properties: {Employee: [Pay, HR::Note, Pay]}}, replace: {Country: Employee.Country}}
  - {name: R3, metric: Users roles, scope: ignore, access: write, on: {everything: true}}
  - {name: R4, metric: AR Country, scope: ignore, on: {items: [Employee, HR::Region]}}
  - {name: R5, metric: AR Country, on: {metrics: [HR::Bonus]}}
-- hr/employees.csv --
Ignored,Id,salary_eur,Country,Since,Note,Active
1,e1,-1.5e3,Japan,2024-02-29, n ,TRUE
2,"e""2",,,,"",
3,e3,10,"France",1999-12-31,"a
b",False
-- hr/ar.csv --
User,Country,Other,R
ada,France,x,rw
bo,Japan,x,none
eva,Japan,x,r
cy,Spain,x,r
cy,Japan,x,
-- hr/roles.csv --
Role,User
Planner,bo
Reader,ada
Reader,zoe
-- finance/model.yaml --
cubeward: 1
metrics:
  Cost:
    type: number
    dimensions: ["HR::Country", "HR::Role", User]
    file: ../cost.csv
    formula: "1"
    overridable: true
    public: true
  Total: {type: "list:HR::Country", cells: [[Japan]], formula: "1", overridable: true}
-- cost.csv --
User,HR::Country,HR::Role,Cost
bo,Japan,Planner,1
ada,France,Reader,0.5
`

func TestLoadWorkspace(t *testing.T) {
	ws := load(t, twoApplications)
	require.Equal(t, "Acme", ws.Name)
	require.True(t, ws.ResetAcrossApplications)
	require.Equal(t, []string{"ada", "bo", "cy"}, ws.Users.Items())
	require.Equal(t, cube.SecurityAdmin, ws.Account(1))
	require.Equal(t, cube.Standard, ws.Account(2))
	require.Equal(t, "France - Japan", texts(t, ws.Users.Property("Country")))
	require.Equal(t, "- 2 -", texts(t, ws.Users.Property("Level")))
	require.Equal(t, "Finance", ws.Applications[0].Name)
	require.True(t, ws.Applications[0].InheritWithin)

	hr := ws.Application("HR")
	require.False(t, hr.InheritWithin)
	country := hr.List("Country")
	require.Equal(t, "EMEA - APAC", texts(t, country.Property("Region")))
	require.Equal(t, "551 - 378", texts(t, country.Property("Area")))
	require.Nil(t, country.Property("Empty").Input)
	require.Equal(t, "Country.Region", country.Property("Zone").Formula.Text)
	require.Equal(t, cube.ItemID(0), country.Property("Zone").Formula.Author)
	employee := hr.List("Employee")
	require.Equal(t, []string{"e1", `e"2`, "e3"}, employee.Items())
	require.Equal(t, "Japan - France", texts(t, employee.Property("Country")))
	require.Equal(t, "-1500 - 10", texts(t, employee.Property("Pay")))
	require.Equal(t, "2024-02-29 - 1999-12-31", texts(t, employee.Property("Since")))
	require.Equal(t, "\" n \" - \"a\nb\"", texts(t, employee.Property("Note")))
	require.Equal(t, "true - false", texts(t, employee.Property("Active")))
	require.Equal(t, `"x" "" "y"`, texts(t, employee.Property("Level")))

	require.Equal(t, "rw - - - - none - - -", texts(t, hr.Metric("AR Country")))
	require.Equal(t, "Reader Planner -", texts(t, hr.UsersRoles))
	require.Equal(t, cube.NoItem, hr.RoleOf(2))
	require.Equal(t, []string{"Admin", "Modeler", "Designer", "Contributor", "Reader", "Planner"}, hr.RoleList.Items())
	require.True(t, hr.Roles[4].HasAll())
	require.False(t, hr.Roles[4].Read)
	require.Equal(t, []cube.Permission{"open_boards"}, hr.Roles[5].Permissions)
	require.Equal(t, cube.ItemID(0), hr.Owner)
	require.Equal(t, cube.NoItem, ws.Applications[0].Owner)

	s := hr.Scenarios
	require.Equal(t, cube.Rights(0), s.Rights(0, 5))
	require.Equal(t, cube.Read, s.Rights(0, 4))
	require.Equal(t, cube.Read|cube.Write, s.Rights(0, 0))
	require.Equal(t, cube.Read, s.Rights(1, 0))

	var warnings []string
	for _, w := range ws.Warnings {
		warnings = append(warnings, filepath.Base(w.Pos.File)+" "+w.Message)
	}
	require.Equal(t, []string{
		`ar.csv metric "AR Country": left out 2 rows that name an unknown member or item (on_unknown: skip)`,
		"roles.csv user_roles: left out 1 row that names an unknown member or item (on_unknown: skip)",
	}, warnings)

	cost := ws.Applications[0].Metric("Cost")
	require.True(t, cost.Overridable)
	require.True(t, cost.Public)
	require.Equal(t, []*cube.List{country, hr.RoleList, ws.Users}, cost.Dims)
	require.Equal(t, 2, len(cost.Input.Cells()))
	require.Equal(t, 0.5, cost.Input.Value(cost.Input.Space().Cell([]cube.ItemID{0, 4, 0})).Float())
	require.Equal(t, "Japan", texts(t, ws.Applications[0].Metric("Total")))
}

func TestLoadRules(t *testing.T) {
	ws := load(t, twoApplications)
	hr := ws.Application("HR")
	require.Len(t, hr.Rules, 5)
	line := func(p cube.Position) [2]int { return [2]int{p.Line, p.Column} }

	r := hr.Rules[0]
	require.Equal(t, "By country", r.Name)
	require.Equal(t, hr.Metric("AR Country"), r.Metric)
	require.Equal(t, cube.Read|cube.Write, r.Categories)
	require.Equal(t, cube.OnDimensions, r.Target)
	require.Equal(t, []*cube.List{hr.List("Country")}, r.Dims)
	require.Equal(t, [2]int{37, 5}, line(r.Pos))
	require.Equal(t, [2]int{39, 23}, line(r.TargetPos[0]))

	r = hr.Rules[1]
	require.Equal(t, cube.Read, r.Categories)
	require.Equal(t, cube.OnProperties, r.Target)
	require.Equal(t, []*cube.Block{hr.List("Employee").Property("Pay"), hr.List("Employee").Property("Note")}, r.Blocks)
	require.Len(t, r.TargetPos, 2)
	require.Equal(t, hr.List("Country"), r.Replace[0].List)
	require.Equal(t, "Employee.Country", r.Replace[0].Formula.Text)
	require.Equal(t, cube.NoItem, r.Replace[0].Formula.Author)
	require.Equal(t, [2]int{40, 121}, line(r.Replace[0].Formula.Pos))

	require.True(t, hr.Rules[2].Ignore)
	require.Equal(t, hr.UsersRoles, hr.Rules[2].Metric)
	require.Equal(t, cube.OnEverything, hr.Rules[2].Target)
	require.Equal(t, []*cube.Block{hr.List("Employee").ItemSet, hr.List("Region").ItemSet}, hr.Rules[3].Blocks)
	require.Equal(t, []*cube.Block{hr.Metric("Bonus")}, hr.Rules[4].Blocks)
}

func TestPath(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "no"), Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Load(dir, Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "workspace.yaml")

	write(t, dir, "model.yaml", model(""))
	write(t, dir, "other", model("application: Other\n"))
	for path, want := range map[string]string{"": "A", "model.yaml": "A", "other": "Other"} {
		ws, err := Load(filepath.Join(dir, path), Options{})
		require.NoError(t, err)
		require.Equal(t, want, ws.Applications[0].Name)
	}
	write(t, dir, "workspace.yaml", "cubeward: 1\napplications: {B: b.yaml}\n")
	write(t, dir, "b.yaml", "cubeward: 1\n")
	ws, err := Load(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, "B", ws.Applications[0].Name)

	// What messages show is the path as it was given.
	t.Chdir(dir)
	write(t, dir, "model.yaml", model("owner: eva\n"))
	_, err = Load("model.yaml", Options{})
	require.EqualError(t, err, `model.yaml:1:8: owner: unknown member "eva"`)
}

// TestLinks: links are followed, but not out of the folder of the file given with -m (SPEC 2).
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "l.csv", "Id\na\nb\n")
	files := "lists: {L: {file: sub/link.csv}}\n-- data/l.csv --\nId\na\nb\n-- sub/x --\n"
	target := map[string]string{
		"inside": "../data/l.csv", "outside": filepath.Join(outside, "l.csv"), "absolute": "", "dangling": "no.csv", "circle": "link.csv",
	}
	want := map[string]string{
		"inside": "none\n", "absolute": "none\n",
		"outside":  "model.yaml:1:19: \"sub/link.csv\" leads out of the folder of model.yaml\n",
		"dangling": "model.yaml:1:19: there is no file \"sub/link.csv\" (sub/link.csv)\n",
	}
	for name, to := range target {
		dir := writeFiles(t, files)
		if name == "absolute" {
			to = filepath.Join(dir, "data/l.csv")
		}
		require.NoError(t, os.Symlink(to, filepath.Join(dir, "sub/link.csv")))
		if name == "circle" {
			require.Contains(t, mistakes(t, dir), "model.yaml:1:19: \"sub/link.csv\" cannot be followed")
			continue
		}
		require.Equal(t, want[name], mistakes(t, dir), name)
	}

	// The file given with -m may itself be a link; its folder is the one that it was given in.
	dir := t.TempDir()
	write(t, outside, "model.yaml", model("lists: {L: {file: l.csv}}\n"))
	require.NoError(t, os.Symlink(filepath.Join(outside, "model.yaml"), filepath.Join(dir, "model.yaml")))
	require.Contains(t, mistakes(t, dir), `model.yaml:1:19: there is no file "l.csv" (l.csv)`)
}

// TestPipe: opening a pipe would wait for ever.
func TestPipe(t *testing.T) {
	dir := writeFiles(t, "lists: {L: {file: l.csv}}")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "l.csv"), 0o666))
	require.Contains(t, mistakes(t, dir), `model.yaml:1:19: "l.csv" is not a file`)
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "m.yaml"), 0o666))
	_, err := Load(filepath.Join(dir, "m.yaml"), Options{})
	require.ErrorContains(t, err, "not a regular file")
}

func TestLargeYAML(t *testing.T) {
	dir := writeFiles(t, "")
	require.NoError(t, os.Truncate(filepath.Join(dir, "model.yaml"), maxYAML+1))
	require.Equal(t, "model.yaml: the file is larger than 64 MiB\n", mistakes(t, dir))
}

// TestManyMistakes: at most cube.MaxErrors are returned, the first by place, and a table is not read on for more.
func TestManyMistakes(t *testing.T) {
	rows := strings.Repeat("a,x\n", 1000)
	dir := writeFiles(t, "metrics: {N: {type: number, dimensions: [L], file: n.csv}, O: {type: nummer}}\n-- n.csv --\nL,N\n"+rows)
	got := strings.Split(strings.TrimSpace(mistakes(t, dir)), "\n")
	require.Len(t, got, cube.MaxErrors)
	require.True(t, strings.HasPrefix(got[0], "model.yaml:1:70: unknown type"), got[0])
	require.True(t, strings.HasPrefix(got[19], "n.csv:20:3: "), got[19])
}
