package store

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// modelPut writes what a workspace is, without names of items, values and members' roles, which have sections of their
// own. Lists, blocks, applications and rules are named by number.
type modelPut struct {
	put
	ws    *cube.Workspace
	given map[*cube.Block]uint8
	from  string            // the model's folder with a slash, which names of files begin with
	files map[string]uint64 // file names in the order in which positions first name them, from 1
	names []string
	apps  map[*cube.Application]int
	rules map[*cube.Rule]int // counted through all applications
}

// What is given for a block.
const (
	notGiven  = 0
	givenKept = 1
	givenLeft = 2
)

// What adds lists and blocks to a workspace, in the order of their numbers.
const (
	addApplication = 1 + iota // adds the list Role, its item set and the metric Users roles
	addList                   // adds the list and its item set
	addProperty
	addMetric
)

func newModelPut(ws *cube.Workspace, folder string) *modelPut {
	if folder != "" {
		folder = filepath.ToSlash(filepath.Clean(folder)) + "/"
	}
	p := &modelPut{from: folder, ws: ws, files: map[string]uint64{"": 0}, apps: map[*cube.Application]int{}, rules: map[*cube.Rule]int{}}
	for i, app := range ws.Applications {
		p.apps[app] = i
		for _, r := range app.Rules {
			p.rules[r] = len(p.rules)
		}
	}
	return p
}

// model is the content of the section. given says of blocks whether their values are kept, or were left.
func (p *modelPut) model(given map[*cube.Block]uint8) ([]byte, error) {
	p.given = given
	if err := p.parts(); err != nil {
		return nil, err
	}
	p.position(p.ws.Users.Pos)
	for _, b := range p.ws.Blocks() {
		p.block(b)
	}
	for _, app := range p.ws.Applications {
		p.application(app)
	}
	p.int(len(p.ws.Warnings))
	for _, w := range p.ws.Warnings {
		p.position(w.Pos)
		p.text(w.Message)
	}
	first := put{}
	first.text(p.ws.Name)
	first.flags(p.ws.ResetAcrossApplications)
	first.int(p.ws.Users.Len())
	accounts := make([]uint32, len(p.ws.Accounts))
	for i, a := range p.ws.Accounts {
		accounts[i] = uint32(a)
	}
	for len(accounts) > 0 && accounts[len(accounts)-1] == uint32(cube.Standard) {
		accounts = accounts[:len(accounts)-1]
	}
	array(&first, accounts)
	first.int(len(p.names))
	for _, name := range p.names {
		first.text(name)
	}
	return append(first.b, p.b...), nil
}

// parts writes what adds the lists and blocks, and fails where they are not numbered in an order in which they can be
// added.
func (p *modelPut) parts() error {
	ws, apps, lists := p.ws, 0, 1
	n := put{}
	count := 0
	for i := 1; i < len(ws.Blocks()); i, count = i+1, count+1 {
		b := ws.Blocks()[i]
		next := func(l *cube.List) bool { return l.ID == cube.ListID(lists) && l.ItemSet == b }
		switch {
		case b.Kind == cube.ItemSet && b.List.Reserved:
			if apps >= len(ws.Applications) || b.App != ws.Applications[apps] || !next(b.App.RoleList) ||
				i+1 >= len(ws.Blocks()) || ws.Blocks()[i+1] != b.App.UsersRoles {
				return fmt.Errorf("the application %q was not added as others are", b.Name)
			}
			n.byte(addApplication)
			n.text(b.App.Name)
			apps, lists, i = apps+1, lists+1, i+1
		case b.Kind == cube.ItemSet:
			if !next(b.List) || p.apps[b.App] >= apps {
				return fmt.Errorf("the list %s was not added as others are", b.List)
			}
			n.byte(addList)
			n.int(p.apps[b.App])
			n.text(b.Name)
			n.int(b.List.Len())
			lists++
		case b.Kind == cube.Property:
			n.byte(addProperty)
			n.int(int(b.List.ID))
			n.text(b.Name)
		default:
			n.byte(addMetric)
			n.int(p.apps[b.App])
			n.text(b.Name)
		}
	}
	p.int(count)
	p.b = append(p.b, n.b...)
	if apps != len(ws.Applications) || lists != len(ws.Lists()) {
		return fmt.Errorf("an application or a list was not added as others are")
	}
	return p.inOrder()
}

// inOrder says whether what applications and lists hold stands in the order in which it was added.
func (p *modelPut) inOrder() error {
	byID := func(a, b *cube.Block) int { return int(a.ID) - int(b.ID) }
	n := 0
	for _, l := range p.ws.Lists() {
		if !slices.IsSortedFunc(l.Properties, byID) {
			return fmt.Errorf("the properties of %s are not in the order in which they were added", l)
		}
		n += 1 + len(l.Properties)
	}
	for _, app := range p.ws.Applications {
		if !slices.IsSortedFunc(app.Metrics, byID) || !slices.IsSortedFunc(app.Lists, func(a, b *cube.List) int { return int(a.ID) - int(b.ID) }) {
			return fmt.Errorf("lists or metrics of %q are not in the order in which they were added", app.Name)
		}
		n += 1 + len(app.Metrics)
	}
	if n != len(p.ws.Blocks()) {
		return fmt.Errorf("the workspace has blocks that no list and no application has")
	}
	return nil
}

func (p *modelPut) position(pos cube.Position) {
	file := strings.TrimPrefix(filepath.ToSlash(pos.File), p.from)
	n, ok := p.files[file]
	if !ok {
		p.names = append(p.names, file)
		n = uint64(len(p.names))
		p.files[file] = n
	}
	p.uint(n)
	p.int(pos.Line)
	p.int(pos.Column)
}

func (p *modelPut) lists(ls []*cube.List) { lists(&p.put, ls) }

func lists(p *put, ls []*cube.List) {
	p.int(len(ls))
	for _, l := range ls {
		p.int(int(l.ID))
	}
}

// block is what is said of every block; its kind, application, list and name are known.
func (p *modelPut) block(b *cube.Block) {
	p.position(b.Pos)
	if b.Kind == cube.ItemSet || b.App != nil && b == b.App.UsersRoles {
		return
	}
	p.byte(uint8(b.Type.Kind))
	if b.Type.Kind == cube.Item {
		p.int(int(b.Type.List.ID))
	}
	if b.Kind == cube.Metric {
		p.lists(b.Dims)
	}
	p.flags(b.Overridable, b.Public, b.Formula != nil)
	p.byte(p.given[b])
	if b.Formula != nil {
		p.formula(b.Formula)
	}
}

func (p *modelPut) formula(f *cube.Formula) {
	p.text(f.Text)
	p.position(f.Pos)
	p.item(f.Author)
	p.position(f.AuthorPos)
}

func (p *modelPut) application(app *cube.Application) {
	p.position(app.Pos)
	p.flags(app.InheritWithin, app.Scenarios != nil)
	p.item(app.Owner)
	for _, l := range append([]*cube.List{app.RoleList}, app.Lists...) {
		p.position(l.Pos)
	}
	p.int(len(app.Roles))
	for _, r := range app.Roles {
		p.text(r.Name)
		p.flags(r.Read, r.Write)
		p.int(len(r.Permissions))
		for _, permission := range r.Permissions {
			p.text(string(permission))
		}
		p.position(r.Pos)
	}
	if app.Scenarios != nil {
		p.scenarios(app.Scenarios)
	}
	p.int(len(app.Rules))
	for _, r := range app.Rules {
		p.rule(r)
	}
}

func (p *modelPut) scenarios(s *cube.Scenarios) {
	p.int(int(s.List.ID))
	p.position(s.Pos)
	keys := slices.SortedFunc(maps.Keys(s.Access), func(a, b cube.ScenarioKey) int {
		return cmp.Or(int(a.Scenario)-int(b.Scenario), int(a.Role)-int(b.Role))
	})
	p.int(len(keys))
	for _, k := range keys {
		p.int(int(k.Scenario))
		p.int(int(k.Role))
		p.byte(uint8(s.Access[k]))
	}
	var only []cube.ItemID
	for item, is := range s.ReadOnly {
		if is {
			only = append(only, item)
		}
	}
	slices.Sort(only)
	p.int(len(only))
	for _, item := range only {
		p.int(int(item))
	}
}

func (p *modelPut) rule(r *cube.Rule) {
	p.text(r.Name)
	p.position(r.Pos)
	p.int(int(r.Metric.ID))
	p.flags(r.Categories&cube.Read != 0, r.Categories&cube.Write != 0, r.Ignore)
	p.byte(uint8(r.Target))
	p.int(len(r.Blocks))
	for _, b := range r.Blocks {
		p.int(int(b.ID))
	}
	p.lists(r.Dims)
	p.int(len(r.TargetPos))
	for _, pos := range r.TargetPos {
		p.position(pos)
	}
	p.int(len(r.Replace))
	for i := range r.Replace {
		p.int(int(r.Replace[i].List.ID))
		p.formula(&r.Replace[i].Formula)
	}
}
