package modelfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
)

// TableReader reads a table from an open file, batch by batch. The reader it returns is released before the file is
// closed; both stay with the caller. What it refuses is reported as a mistake in the file.
type TableReader func(f *io.SectionReader) (array.RecordReader, error)

// Options say what Load does besides the usual. The zero Options is good.
type Options struct {
	// Tables reads tables of formats that this package does not know, by extension in lower case with its dot, such
	// as ".parquet", for which there is ReadTable in engine/parquetio. Those of .csv, .arrow and .arrows are read here
	// whatever it says.
	Tables map[string]TableReader
	// Progress is told how many bytes of the tables were read, and of how many: by the goroutine of Load, and never
	// after it returned. Done never falls; a file that is read twice counts twice.
	Progress func(done, total int64)
	// Workers is how many processors read a table at most; 0 means all. What is read is the same for any number.
	Workers int
}

// Load reads the workspace that path names as -m does (SPEC 2): a workspace file, a model file that stands alone, or a
// folder with a workspace.yaml or a model.yaml. An application's file that stands alone makes a workspace of one
// application, without a name.
//
// Mistakes in the model are cube.Errors: sorted by place, at most cube.MaxErrors. Places in .csv and YAML files are
// lines and columns in code points; in Arrow and other tables the line is the number of the row and the column that of
// the column, from 1. Any other error says that a file could not be read; where path does not exist it is an
// fs.ErrNotExist.
//
// Where err is nil the workspace is whole. Where the mistakes lie only in what no formula can see (values of cells
// and properties, user_roles, accounts, scenarios, authors, the owner) Load returns cube.Errors and a workspace without
// what was wrong, so that inherit.Resolve can report its own mistakes in the same run; it is good for nothing else.
// With any other error the workspace is nil.
//
// Cost: time linear in the files. CSV is read in bulk, in parts by several processors, and takes memory for its values
// and a few parts; a table in which anything is wrong is read again, row by row, which takes several times as long and
// memory of about twice the table. Files of lists are read twice, first the items, then the properties.
func Load(path string, opt Options) (*cube.Workspace, error) {
	return newLoader(opt).read(path, nil)
}

func newLoader(opt Options) *loader {
	return &loader{opt: opt, byName: map[string]*application{}, part: partSize}
}

// read loads the workspace, and notes what it read where somebody asks.
func (l *loader) read(path string, inputs *digests) (*cube.Workspace, error) {
	file, err := modelPath(path)
	if err != nil {
		return nil, err
	}
	if l.files, err = openFolder(file); err != nil {
		return nil, err
	}
	defer l.files.close()
	l.files.inputs = inputs
	if l.opt.Progress != nil {
		l.told = &progress{to: l.opt.Progress}
	}
	l.load()
	if l.err != nil {
		return nil, l.err
	}
	err = l.errs.Err()
	if err != nil && l.broken {
		return nil, err
	}
	return l.ws, err
}

// loader holds what is known while a workspace is read.
type loader struct {
	opt     Options
	files   *folder
	told    *progress // nil: nobody asks
	ws      *cube.Workspace
	apps    []*application
	byName  map[string]*application
	longest int                    // the length of the longest name of an application
	alone   *application           // where the file stands alone
	byRow   bool                   // nothing is read in bulk
	part    int                    // how much is read at once in bulk
	refused map[string]*cube.Error // the table that was refused last as it was opened, by where it is
	users   *list
	lists   []*list // User first, then as cube.Workspace.Lists without the lists Role

	errs    cube.Errors
	found   int   // how many mistakes there are, those that were not kept among them
	guesses int   // how many candidates were looked through for messages
	broken  bool  // a mistake that formulas would stumble over
	err     error // a file could not be read
}

// application is an application and its file.
type application struct {
	*cube.Application
	src     *source
	def     object
	lists   map[string]*list
	metrics map[string]*metric
	unsure  bool // who has which role is not known
	broken  bool // what its lists and metrics are is not known: names that are looked up in it are not reported
}

// maxKept is how many mistakes are kept to find the first cube.MaxErrors among.
const maxKept = 10000

// mistake reports something that makes the rest of the model hard to check.
func (l *loader) mistake(pos cube.Position, format string, args ...any) {
	l.broken = true
	l.flaw(pos, format, args...)
}

// flaw reports something that no formula can see.
func (l *loader) flaw(pos cube.Position, format string, args ...any) {
	l.found++
	if len(l.errs) < maxKept {
		l.errs.Add(pos, format, args...)
	}
}

// failed keeps the first error that is no mistake in the model.
func (l *loader) failed(err error) {
	l.broken = true
	if l.err == nil {
		l.err = err
	}
}

// load reads everything in the order in which one thing needs another: lists need applications, items their lists,
// types of properties and metrics the lists of all applications, values the items of all lists, rules the metrics.
func (l *loader) load() {
	root, ok := l.open(l.files.mainLocation())
	if !ok {
		return
	}
	l.ws = cube.NewWorkspace("")
	l.users = &list{List: l.ws.Users, properties: map[string]*property{}}
	l.lists = []*list{l.users}
	top, ok := l.top(root)
	if !ok {
		return
	}
	l.told.expect(l.files.dir, l.sources(root))
	for _, a := range l.apps {
		l.declareRoles(a)
		l.declareLists(a)
	}
	for _, x := range l.lists {
		l.loadItems(x)
	}
	for _, x := range l.lists {
		l.declareProperties(x)
	}
	for _, a := range l.apps {
		l.declareMetrics(a)
	}
	for _, x := range l.lists {
		l.loadProperties(x)
	}
	l.loadAccounts(root, top.get("accounts"))
	for _, a := range l.apps {
		l.loadMetrics(a)
		l.loadUserRoles(a)
		l.loadOwner(a)
		l.loadScenarios(a)
		l.loadRules(a)
	}
	l.told.end()
}

// sources are the YAML files that were read.
func (l *loader) sources(root *source) []*source {
	out := []*source{root}
	for _, a := range l.apps {
		if a.src != nil && a.src != root {
			out = append(out, a.src)
		}
	}
	return out
}

// top reads the file that -m names, and those of the applications that it names.
func (l *loader) top(root *source) (object, bool) {
	if root.node.kind == nullNode {
		l.mistake(cube.Position{File: root.at.shown, Line: 1, Column: 1}, "the file is empty; a model starts with cubeward: 1")
		return object{}, false
	}
	if root.node.has("applications") || root.node.has("workspace") || root.base() == "workspace.yaml" {
		return l.workspace(root)
	}
	return l.standalone(root)
}

var modelKeys = []string{
	"cubeward", "application", "members", "accounts", "settings", "lists", "metrics", "roles", "user_roles", "owner",
	"scenarios", "rules",
}

func (l *loader) workspace(root *source) (object, bool) {
	top, ok := l.object(root, &root.node, "a workspace", "cubeward", "workspace", "members", "accounts", "settings", "applications")
	if !ok {
		return top, false
	}
	l.version(top)
	if n := top.get("workspace"); n != nil {
		l.ws.Name, _ = l.name(root, n, "the workspace's name")
	}
	settings := l.settings(top, "reset_across_applications")
	l.ws.ResetAcrossApplications = l.flag(settings, "reset_across_applications", false)
	l.members(top)
	n := top.need(l, "applications")
	if n == nil {
		return top, true
	}
	entries, _ := l.entries(root, n, "applications")
	if n.kind == mappingNode && len(n.kids) == 0 {
		l.mistake(root.pos(n), "a workspace needs an application")
	}
	for _, e := range entries {
		if l.validName(root, e, "an application") {
			l.application(root, e)
		}
	}
	return top, true
}

// application reads the file of an application that a workspace names.
func (l *loader) application(root *source, e entry) {
	a := &application{Application: l.ws.AddApplication(e.name), broken: true}
	a.Pos = root.pos(e.key)
	l.addApplication(a)
	if e.value == nil {
		return
	}
	path, ok := l.text(root, e.value, "the application's file")
	if !ok {
		return
	}
	at, ok := l.resolve(root, e.value, path)
	if !ok {
		return
	}
	if a.src, ok = l.open(at); !ok {
		a.src = nil
		return
	}
	if a.def, ok = l.object(a.src, &a.src.node, "a model", modelKeys...); !ok {
		a.src = nil
		return
	}
	a.broken = false
	l.version(a.def)
	for _, key := range []string{"application", "members", "accounts"} {
		if n := a.def.find(key); n != nil {
			l.mistake(a.src.pos(n.key), "%q may stand only in the workspace's file, or in a model that stands alone", key)
		}
	}
	settings := l.settings(a.def, "inherit_within_application", "reset_across_applications")
	if n := settings.find("reset_across_applications"); n != nil {
		l.mistake(a.src.pos(n.key), `"reset_across_applications" is a setting of the workspace: write it in the workspace's file`)
	}
	l.inheritWithin(a, settings)
}

// standalone reads a model file that is named with -m.
func (l *loader) standalone(root *source) (object, bool) {
	top, ok := l.object(root, &root.node, "a model", modelKeys...)
	if !ok {
		return top, false
	}
	l.version(top)
	name := ""
	pos := root.pos(&root.node)
	if n := top.need(l, "application"); n != nil {
		pos = root.pos(n)
		if name, ok = l.name(root, n, "the application's name"); ok {
			l.validName(root, entry{name: name, key: n}, "an application")
		}
	}
	a := &application{Application: l.ws.AddApplication(name), src: root, def: top}
	a.Pos = pos
	l.addApplication(a)
	l.alone = a
	l.members(top)
	settings := l.settings(top, "inherit_within_application", "reset_across_applications")
	l.ws.ResetAcrossApplications = l.flag(settings, "reset_across_applications", false)
	l.inheritWithin(a, settings)
	return top, true
}

func (l *loader) addApplication(a *application) {
	a.metrics = map[string]*metric{cube.UsersRolesName: {Block: a.UsersRoles}}
	roles := &list{List: a.RoleList, app: a, properties: map[string]*property{}}
	a.lists = map[string]*list{cube.RoleName: roles}
	l.apps = append(l.apps, a)
	l.byName[a.Name] = a
	l.longest = max(l.longest, len(a.Name))
}

// version checks the key cubeward.
func (l *loader) version(o object) {
	n := o.need(l, "cubeward")
	if n != nil && (n.kind != plainNode || n.text != "1") {
		l.mistake(o.src.pos(n), "cubeward: 1 is the only version of the format")
	}
}

func (l *loader) settings(o object, keys ...string) object {
	n := o.get("settings")
	if n == nil {
		return object{}
	}
	settings, _ := l.object(o.src, n, "settings", keys...)
	return settings
}

// inheritWithin reads settings.inherit_within_application (SPEC 4.4).
func (l *loader) inheritWithin(a *application, settings object) {
	a.InheritWithin = l.flag(settings, "inherit_within_application", true)
	if !a.InheritWithin && !l.ws.ResetAcrossApplications {
		l.mistake(a.src.pos(settings.get("inherit_within_application")),
			"inherit_within_application: false needs reset_across_applications: true in the workspace's settings")
	}
}

// members remembers the definition of the list User.
func (l *loader) members(top object) {
	n := top.get("members")
	if n == nil {
		return
	}
	l.users.src = top.src
	l.users.Pos = top.src.pos(n)
	l.users.ItemSet.Pos = l.users.Pos
	l.define(l.users, n)
}

// open reads a YAML file.
func (l *loader) open(at location) (*source, bool) {
	src := &source{at: at}
	text, err := l.files.read(at, maxYAML)
	var tooLarge *tooLargeError
	switch {
	case errors.As(err, &tooLarge):
		l.mistake(cube.Position{File: at.shown}, "the file is larger than %d MiB", maxYAML>>20)
		return nil, false
	case err != nil:
		l.failed(fmt.Errorf("%s: %w", at.shown, err))
		return nil, false
	}
	var problems []yamlProblem
	src.node, problems = parseYAML(text)
	for _, p := range problems {
		l.mistake(cube.Position{File: at.shown, Line: p.line, Column: p.col}, "%s", p.message)
	}
	return src, len(problems) == 0
}
