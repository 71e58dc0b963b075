package cube

import (
	"fmt"
	"maps"
)

// MaxItems is the most items a list may hold (SPEC 2).
const MaxItems = 1 << 31

// ListID numbers the lists of a workspace from 0, in the order they were added; User is always 0.
type ListID int32

// List is a dimension: ordered, uniquely named items with typed properties.
//
// The lists User (of the workspace) and Role (one an application) are lists like others, but no rules govern them
// (SPEC 1.1).
type List struct {
	ID         ListID
	App        *Application // nil for User
	Name       string
	Pos        Position
	ItemSet    *Block   // the block that carries the rights of the items
	Properties []*Block // in file order
	Reserved   bool     // User and Role

	names []string
	index map[string]ItemID // of the items that below lacks
	below map[string]ItemID // shared with the lists that this one was cloned from and to: never written
	kept  *kept             // in place of all three where names are read when asked for
}

// Len is the number of items.
func (l *List) Len() int {
	if l.kept != nil {
		return l.kept.n
	}
	return len(l.names)
}

// Item is the name of an item; "" for NoItem. It panics where id is past the end.
func (l *List) Item(id ItemID) string {
	if id < 0 {
		return ""
	}
	if l.kept != nil {
		return l.kept.name(id)
	}
	return l.names[id]
}

// Items are the names of all items in list order. The slice belongs to the list: do not change it.
func (l *List) Items() []string {
	if l.kept != nil {
		return l.kept.names()
	}
	return l.names
}

// Find is the item of that exact name.
func (l *List) Find(name string) (ItemID, bool) {
	if l.kept != nil {
		return l.kept.find(name)
	}
	if id, ok := l.index[name]; ok {
		return id, true
	}
	id, ok := l.below[name]
	return id, ok
}

// frozen is the index for a clone: what both share, and what is the clone's own. A list that grows item by item, clone
// by clone, so copies its whole index only each time that it has grown by a quarter.
func (l *List) frozen() (below, index map[string]ItemID) {
	switch {
	case l.kept != nil:
		return nil, nil
	case l.below == nil:
		return l.index, map[string]ItemID{}
	case len(l.index) <= len(l.below)/4:
		return l.below, maps.Clone(l.index)
	}
	below = maps.Clone(l.below)
	maps.Copy(below, l.index)
	return below, map[string]ItemID{}
}

// Append adds items at the end of the list. It fails on an empty name, a name that the list has, and past MaxItems;
// the items before the failing one are kept.
func (l *List) Append(items ...string) error {
	if err := l.unkeep(); err != nil {
		return err
	}
	for _, name := range items {
		if name == "" {
			return fmt.Errorf("list %q: an item's name may not be empty", l.Name)
		}
		if _, ok := l.Find(name); ok {
			return fmt.Errorf("list %q: item %q stands twice", l.Name, name)
		}
		if len(l.names) >= MaxItems-1 {
			return fmt.Errorf("list %q: more than %d items", l.Name, MaxItems-1)
		}
		l.index[name] = ItemID(len(l.names))
		l.names = append(l.names, name)
	}
	return nil
}

// Property is the property of that exact name, nil where there is none.
func (l *List) Property(name string) *Block {
	for _, p := range l.Properties {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// String is the list's name with its application before it: HR::Country; User for User.
func (l *List) String() string {
	if l.App == nil {
		return l.Name
	}
	return l.App.Name + "::" + l.Name
}

// NameIn is the list's name as a file of app writes it: bare where the list is app's own or User.
func (l *List) NameIn(app *Application) string {
	if l.App == app || l.App == nil {
		return l.Name
	}
	return l.String()
}
