package modelfile

import (
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// list is a list and where it is defined. The list User of a model without members, and the lists Role, are defined
// nowhere.
type list struct {
	*cube.List
	app        *application // nil for User
	src        *source
	def        object
	properties map[string]*property
	order      []*property
	index      *nameIndex // of the items, once somebody needs it
	partial    bool       // not all items could be read: others are not reported as unknown
}

// property is a property of a list and where it is defined. The block is nil where its type is not known.
type property struct {
	*cube.Block
	list   *list
	of     *list // the list of a property of type list:L
	def    object
	column *node // what names its column; nil where it has none
	name   string
}

var listKeys = []string{"items", "file", "key", "properties"}

// what names the list in messages.
func (x *list) what() string {
	if x.app == nil {
		return "members"
	}
	return "list " + quote(x.Name)
}

// define reads the definition of a list without what stands in it.
func (l *loader) define(x *list, n *node) {
	def, ok := l.object(x.src, n, x.what(), listKeys...)
	x.def, x.partial = def, !ok
}

// declareLists adds the lists of an application.
func (l *loader) declareLists(a *application) {
	n := a.def.get("lists")
	if n == nil {
		return
	}
	entries, ok := l.entries(a.src, n, "lists")
	a.broken = a.broken || !ok
	for _, e := range entries {
		if !l.validName(a.src, e, "a list") || !l.freeName(a, e) {
			continue
		}
		x := &list{List: a.AddList(e.name), app: a, src: a.src, properties: map[string]*property{}, partial: true}
		x.Pos = a.src.pos(e.key)
		x.ItemSet.Pos = x.Pos
		a.lists[e.name] = x
		l.lists = append(l.lists, x)
		if e.value != nil {
			l.define(x, e.value)
		}
	}
}

// freeName refuses reserved names, and names that a list of the application has.
func (l *loader) freeName(a *application, e entry) bool {
	switch {
	case e.name == cube.UserName || e.name == cube.RoleName || e.name == cube.UsersRolesName:
		l.mistake(a.src.pos(e.key), "the name %s is reserved", quote(e.name))
		return false
	case a.lists[e.name] != nil:
		l.mistake(a.src.pos(e.key), "%s is the name of a list too (line %d)", quote(e.name), a.lists[e.name].Pos.Line)
		return false
	}
	return true
}

// loadItems reads the items of a list.
func (l *loader) loadItems(x *list) {
	items, file, key := x.def.get("items"), x.def.get("file"), x.def.find("key")
	switch {
	case x.def.node == nil:
		return
	case x.def.find("items") == nil && x.def.find("file") == nil:
		l.mistake(x.src.pos(x.def.node), "%s needs items or a file", x.what())
	case x.def.find("items") != nil && x.def.find("file") != nil:
		l.mistake(x.src.pos(x.def.find("file").key), "%s has items and a file; it may have one of them", x.what())
	case items != nil:
		if key != nil {
			l.mistake(x.src.pos(key.key), `"key" needs a file`)
		}
		names, ok := l.names(x.src, items, "items of "+x.what())
		x.partial = !ok
		for _, e := range names {
			l.addItem(x, e.name, func() cube.Position { return x.src.pos(e.key) })
		}
		return
	case file != nil:
		x.partial = !l.loadItemFile(x, file)
		return
	}
	x.partial = true
}

// addItem adds an item, or reports why it cannot be one.
func (l *loader) addItem(x *list, name string, at func() cube.Position) {
	if id, ok := x.Find(name); ok {
		l.mistake(at(), "item %s stands twice in %s, first as number %d", quote(name), x.what(), id+1)
		return
	}
	if err := x.Append(name); err != nil {
		l.mistake(at(), "%v", err)
	}
}

// loadItemFile reads the column of a list's file that holds the items.
func (l *loader) loadItemFile(x *list, file *node) bool {
	if l.bulkItems(x, file) {
		return true
	}
	t, ok := l.openTable(x.src, file)
	if !ok {
		return false
	}
	defer t.close()
	if !l.wantKey(x, t, file) {
		return false
	}
	whole := l.rows(t, func(fields []field) {
		name := strings.TrimSpace(fields[0].text)
		if name == "" {
			l.mistake(t.at(0), "an item's name may not be empty")
			return
		}
		if _, ok := x.Find(name); !ok {
			name = strings.Clone(name) // the list shall not keep the whole row
		}
		l.addItem(x, name, func() cube.Position { return t.at(0) })
	})
	l.broken = l.broken || !whole
	return whole
}

// wantKey asks for the column that holds the items.
func (l *loader) wantKey(x *list, t table, file *node) bool {
	key := x.def.find("key")
	switch {
	case key == nil:
		if err := t.want(0, cube.Item); err != nil {
			l.mistake(x.src.pos(file), "%s: %v", t.path(), err)
			return false
		}
		return true
	case key.value == nil:
		return false
	}
	name, ok := l.name(x.src, key.value, "key")
	return ok && l.want(t, x.src, key.value, cube.Item, name)
}
