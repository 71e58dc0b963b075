package cube

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// kept is the names of a list as a file keeps them: one text and where each name ends in it. They are read when
// somebody first asks for one.
type kept struct {
	n    int
	load func() (text string, ends []uint32, err error)

	read sync.Once
	text string
	ends []uint32
	err  error

	finds atomic.Int32
	sort  sync.Once
	index map[string]ItemID
	split sync.Once
	all   []string
}

// manyFinds is after how many searches an index pays: looking a name up in one costs nothing, making it as much as
// some dozen searches through all names.
const manyFinds = 16

// Keep gives an empty list n items whose names are read when somebody first asks for one: load gives one text, and
// where each name ends in it, ascending. It is called at most once, maybe by another goroutine. Names must be distinct:
// Find gives the first of equal ones. Keep fails where the list has items, or n is more than a list may hold.
func (l *List) Keep(n int, load func() (text string, ends []uint32, err error)) error {
	switch {
	case l.Len() > 0:
		return fmt.Errorf("list %q has items already", l.Name)
	case n < 0 || n >= MaxItems:
		return fmt.Errorf("list %q: more than %d items", l.Name, MaxItems-1)
	}
	l.kept = &kept{n: n, load: load}
	return nil
}

// Load reads the names of a list that Keep gave items, and says why they could not be read. Where they could not, every
// name is "" and nothing is found: who shows names, or looks them up, asks Load first. It costs nothing for other lists.
func (l *List) Load() error {
	if l.kept == nil {
		return nil
	}
	return l.kept.open()
}

func (k *kept) open() error {
	k.read.Do(func() {
		text, ends, err := k.load()
		if err == nil {
			err = checkEnds(text, ends, k.n)
		}
		if err != nil {
			k.err = err
			return
		}
		k.text, k.ends = text, ends
	})
	return k.err
}

// checkEnds says whether ends cuts a text into n names, none of them empty.
func checkEnds(text string, ends []uint32, n int) error {
	if len(ends) != n {
		return fmt.Errorf("%d names for %d items", len(ends), n)
	}
	last := uint32(0)
	for i, end := range ends {
		if end <= last {
			return fmt.Errorf("the name of item %d is empty", i)
		}
		last = end
	}
	if uint64(last) != uint64(len(text)) {
		return fmt.Errorf("names of %d bytes in a text of %d", last, len(text))
	}
	return nil
}

// name is a name; "" where the names could not be read. It panics where there is no such item.
func (k *kept) name(id ItemID) string {
	if int(id) >= k.n {
		panic(fmt.Sprintf("cube: item %d of a list of %d", id, k.n))
	}
	if k.open() != nil {
		return ""
	}
	start := uint32(0)
	if id > 0 {
		start = k.ends[id-1]
	}
	return k.text[start:k.ends[id]]
}

// names are all names.
func (k *kept) names() []string {
	k.split.Do(func() {
		k.all = make([]string, k.n)
		if k.open() != nil {
			return
		}
		start := uint32(0)
		for i, end := range k.ends {
			k.all[i] = k.text[start:end]
			start = end
		}
	})
	return k.all
}

// find looks a name up: one after the other at first, in an index once many were asked for.
func (k *kept) find(name string) (ItemID, bool) {
	if k.open() != nil || name == "" {
		return 0, false
	}
	if k.finds.Add(1) <= manyFinds {
		return k.scan(name)
	}
	k.sort.Do(func() { k.index = indexOf(k.names()) })
	id, ok := k.index[name]
	return id, ok
}

func (k *kept) scan(name string) (ItemID, bool) {
	start := uint32(0)
	for i, end := range k.ends {
		if k.text[start:end] == name {
			return ItemID(i), true
		}
		start = end
	}
	return 0, false
}

// indexOf is the first item of each name.
func indexOf(names []string) map[string]ItemID {
	index := make(map[string]ItemID, len(names))
	for i, name := range names {
		if _, ok := index[name]; !ok {
			index[name] = ItemID(i)
		}
	}
	return index
}

// unkeep makes a list that Keep gave items one like others, to which items can be added.
func (l *List) unkeep() error {
	if l.kept == nil {
		return nil
	}
	if err := l.kept.open(); err != nil {
		return err
	}
	l.names = append([]string(nil), l.kept.names()...)
	l.index = indexOf(l.names)
	l.kept = nil
	return nil
}
