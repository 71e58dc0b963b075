package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// asker decides for one member.
type asker struct {
	*plainFile
	member int
	known  map[string]bool
}

// cellOf is the number of a cell of a space.
func (f *plainFile) cellOf(dims []int, at map[int]int) int {
	cell := 0
	for _, d := range dims {
		cell = cell*f.lists[d].items + at[d]
	}
	return cell
}

// says is what a node says at a cell, item by list.
func (a *asker) says(id int, at map[int]int) bool {
	n := &a.nodes[id]
	key := fmt.Sprint(id, " ", a.cellOf(n.dims, at))
	is, ok := a.known[key]
	if !ok {
		is = a.work(n, at)
		a.known[key] = is
	}
	return is
}

func (a *asker) work(n *plainNode, at map[int]int) bool {
	app := a.apps[n.app]
	role := app.of[a.member]
	switch n.kind {
	case 0:
		return role >= 0
	case 1:
		return role >= 0 && (!n.write && app.roles[role].read || n.write && app.roles[role].write)
	case 2:
		return role >= 0 && app.roles[role].secure
	case 3:
		access, ok := app.access[[2]int{at[n.dims[0]], role}]
		if !ok {
			access = 2
		}
		return role < 0 || access == 2 && (!n.write || !app.readOnly[at[n.dims[0]]]) || access == 1 && !n.write
	case 4:
		row := 2 * (a.profiles[a.member]*len(a.metrics) + slices.Index(a.metrics, n.metric))
		if n.write {
			row++
		}
		set := a.rows[row]
		return set == 1 || set > 1 && a.sets[set-2].Contains(uint32(a.cellOf(n.dims, at)))
	case 5:
		return !slices.ContainsFunc(n.inputs, func(in int) bool { return !a.says(in, at) })
	case 6:
		return a.gather(n, at)
	}
	loop := n.lists
	if n.kind == 8 {
		loop = n.over
	}
	return a.all(n, loop, at)
}

func (a *asker) gather(n *plainNode, at map[int]int) bool {
	from := map[int]int{}
	for i, d := range a.nodes[n.inputs[0]].dims {
		item := -1
		switch s := n.sources[i]; s.form {
		case 0:
			item = at[s.list]
		case 1:
			item = a.exprs[s.expr].items[a.cellOf(a.exprs[s.expr].dims, at)]
		case 2:
			item = s.item
		case 3:
			if to := at[s.list] + s.shift; to >= 0 && to < a.lists[s.list].items {
				item = to
			}
		}
		if item < 0 {
			return n.blankAllows
		}
		from[d] = item
	}
	return a.says(n.inputs[0], from)
}

// all is the reductions: whether the input holds wherever the loop over lists leads.
func (a *asker) all(n *plainNode, loop []int, at map[int]int) bool {
	inner := map[int]int{}
	for d, i := range at {
		inner[d] = i
	}
	var run func(k int) bool
	run = func(k int) bool {
		if k == len(loop) {
			if n.kind == 8 {
				m := a.exprs[n.sources[0].expr]
				if m.items[a.cellOf(m.dims, inner)] != at[n.lists[0]] {
					return true
				}
			}
			return a.says(n.inputs[0], inner)
		}
		last := a.lists[loop[k]].items
		if n.kind == 9 {
			last = at[loop[k]] + 1
		}
		for i := range last {
			inner[loop[k]] = i
			if !run(k + 1) {
				return false
			}
		}
		return true
	}
	return run(0)
}

// decide is whether the member reads and writes a cell of a block, which app names.
func (a *asker) decide(app, block int, items []cube.ItemID) (read, write bool) {
	b := a.blocks[block]
	reading, writing := b.read, b.write
	if b.reserved {
		reading, writing = a.apps[app].member[:1], a.apps[app].member[1:]
	}
	at := map[int]int{}
	for i, d := range b.dims {
		at[d] = int(items[i])
	}
	no := func(id int) bool { return !a.says(id, at) }
	read = !slices.ContainsFunc(reading, no)
	return read, read && !slices.ContainsFunc(writing, no)
}

// The page is enough: rights that were worked out from the file by hand are the engine's.
func TestThePageIsEnough(t *testing.T) {
	decided, yes := 0, 0
	for seed := range models(t, 40) {
		n, k := byHand(t, generated(t, seed+1))
		decided, yes = decided+n, yes+k
	}
	n, k := byHand(t, compiled(t, example))
	t.Logf("%d decisions, %d of them yes", decided+n, yes+k)
	require.Positive(t, k)
	require.Less(t, k, n)
}

func byHand(t *testing.T, r *engine.Rights) (decided, yes int) {
	t.Helper()
	f := readPlain(t, written(t, r, store.WriteOptions{}))
	ws := r.Workspace()
	require.Len(t, f.lists, len(ws.Lists()))
	require.Len(t, f.blocks, len(ws.Blocks()))
	for i, l := range ws.Lists() {
		require.Equal(t, l.Name, f.lists[i].name)
		require.Equal(t, l.Len(), f.lists[i].items)
		if !l.Reserved || l == ws.Users {
			require.Equal(t, l.Items(), append([]string(nil), f.lists[i].names...))
		}
	}
	for m := range ws.Users.Len() {
		a := &asker{plainFile: f, member: m, known: map[string]bool{}}
		for i, b := range ws.Blocks() {
			require.Equal(t, b.Name, f.blocks[i].name)
			app := max(f.blocks[i].app, 0)
			v, err := r.MemberAt(cube.ItemID(m)).Block(engine.Ref{App: ws.Applications[app], Block: b})
			require.NoError(t, err)
			space, err := b.Space()
			require.NoError(t, err)
			cell := make([]cube.ItemID, len(b.Dims))
			for c := uint64(0); c < space.Len(); c += 1 + space.Len()/500 {
				space.At(c, cell)
				d := v.Decide(cell...)
				read, write := a.decide(app, i, cell)
				require.Equal(t, [2]bool{d.Read, d.Write}, [2]bool{read, write}, "%s as %s at %v", b, ws.Users.Item(cube.ItemID(m)), cell)
				decided++
				if read {
					yes++
				}
			}
		}
	}
	return decided, yes
}
