package engine

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// kinds sorts the members by what an access-rights metric reads from them: members of one kind have the same row.
type kinds struct {
	of    []int32 // the kind of each member
	first []int32 // a member of each kind, ascending
}

func (k *kinds) len() int { return len(k.first) }

// everyone is all members as one kind; none where there are no members.
func everyone(members int) kinds {
	k := kinds{of: make([]int32, members)}
	if members > 0 {
		k.first = []int32{0}
	}
	return k
}

// and sorts the members by both: those of one kind in a and in b are one kind, numbered by first members. What it says of
// members who are not held means nothing: see only.
func (k kinds) and(b kinds) kinds {
	switch {
	case k.len() <= 1:
		return b
	case b.len() <= 1:
		return k
	case k.len() >= b.len() && k.tells(b): // as where one metric told all kinds apart that there are
		return k
	case b.len() >= k.len() && b.tells(k):
		return b
	}
	keys := make([]uint64, len(k.of))
	width := uint64(b.len())
	for m := range keys {
		keys[m] = uint64(max(k.of[m], 0))*width + uint64(max(b.of[m], 0))
	}
	return kindsOf(keys, uint64(k.len())*width)
}

// tells says whether members of one kind are of one kind in b, too. It takes a fraction of the time of and, and where
// the answer is no it mostly comes soon.
func (k kinds) tells(b kinds) bool {
	told := make([]int32, k.len()) // by kind, one more than the kind in b: zero is not known
	for m, kind := range k.of {
		in := b.of[m] + 1
		if kind < 0 || in <= 0 { // not held
			continue
		}
		if told[kind] != in {
			if told[kind] != 0 {
				return false
			}
			told[kind] = in
		}
	}
	return true
}

// kindsOf sorts members by a number that each of them has, below limit.
func kindsOf(keys []uint64, limit uint64) kinds {
	k := kinds{of: make([]int32, len(keys))}
	if limit > uint64(4*len(keys)+1024) {
		known := make(map[uint64]int32)
		for m, key := range keys {
			id, ok := known[key]
			if !ok {
				id = k.add(m)
				known[key] = id
			}
			k.of[m] = id
		}
		return k
	}
	table := make([]int32, limit) // where numbers are few: ten times faster than a map
	for m, key := range keys {
		if table[key] == 0 {
			table[key] = k.add(m) + 1 // zero is not known
		}
		k.of[m] = table[key] - 1
	}
	return k
}

// add is another kind, whose first member is m.
func (k *kinds) add(m int) int32 {
	k.first = append(k.first, int32(m))
	return int32(len(k.first) - 1)
}

// kindsBy sorts members by the rows of a column of which User is the first dimension, or a constant.
// Where ctx ends it stops, and what it returns is worth nothing.
func kindsBy(ctx context.Context, members int, col *cube.Column) kinds {
	vec := col.Vector()
	switch {
	case col.Form() == cube.Constant || members == 0:
		return everyone(members)
	case col.Form() == cube.Dense && vec.N == members && vec.Kind != cube.Number:
		return kindsOf(ordinals(vec))
	case col.Form() == cube.Sparse && vec.Bytes != nil:
		return newRowKinds(members, col).sort(ctx)
	}
	k := kinds{of: make([]int32, members)}
	known := map[string]int32{}
	rows := newRowReader(col, members)
	var key []byte
	for m := range members {
		if m&0x3ff == 0 && ctx.Err() != nil {
			break
		}
		key = rows.append(key[:0], m)
		id, ok := known[string(key)]
		if !ok {
			id = int32(len(k.first))
			known[string(key)] = id
			k.first = append(k.first, int32(m))
		}
		k.of[m] = id
	}
	return k
}

// ordinals are the values of a vector as numbers from 0, BLANK among them, and their limit. Equal values have equal
// numbers: texts of one vector are distinct in its Dict.
func ordinals(vec *cube.Vector) (keys []uint64, limit uint64) {
	keys = make([]uint64, vec.N)
	if vec.Bytes != nil {
		for i, b := range vec.Bytes {
			keys[i] = uint64(b)
		}
		return keys, 256
	}
	low, high := int32(math.MaxInt32), int32(math.MinInt32)
	for _, n := range vec.Ints {
		if n != cube.BlankInt {
			low, high = min(low, n), max(high, n)
		}
	}
	for i, n := range vec.Ints {
		if n != cube.BlankInt {
			keys[i] = uint64(int64(n)-int64(low)) + 1
		}
	}
	return keys, uint64(max(int64(high)-int64(low), -1) + 2)
}

// rowReader writes the content of a column's rows, one member after the other, so that equal bytes mean equal rows.
type rowReader struct {
	col *cube.Column
	n   uint64 // cells of a row
	at  int    // Sparse: where the next member's cells begin
}

func newRowReader(col *cube.Column, members int) *rowReader {
	n := uint64(0)
	if members > 0 {
		n = col.Space().Len() / uint64(members)
	}
	return &rowReader{col: col, n: n}
}

func (r *rowReader) append(key []byte, member int) []byte {
	vec := r.col.Vector()
	first := uint64(member) * r.n
	switch r.col.Form() {
	case cube.Constant:
		return key
	case cube.Dense:
		return appendValues(key, vec, int(first), int(first+r.n))
	}
	lo, cells := r.at, r.col.Cells()
	for r.at < len(cells) && cells[r.at] < first+r.n {
		key = binary.LittleEndian.AppendUint64(key, cells[r.at]-first)
		r.at++
	}
	key = appendValues(key, vec, lo, r.at)
	return binary.LittleEndian.AppendUint32(key, uint32(r.at-lo)) // so that no row's end can be taken for another's beginning
}

func appendValues(key []byte, vec *cube.Vector, lo, hi int) []byte {
	switch vec.Kind {
	case cube.Number:
		for _, f := range vec.Numbers[lo:hi] {
			if f != f {
				f = math.NaN() // BLANK has one form
			}
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(f))
		}
	case cube.Text, cube.Date, cube.Item:
		for _, n := range vec.Ints[lo:hi] {
			key = binary.LittleEndian.AppendUint32(key, uint32(n))
		}
	case cube.Boolean, cube.AccessRights:
		key = append(key, vec.Bytes[lo:hi]...)
	}
	return key
}

// inputFinder finds what a formula over User reads from the user.
type inputFinder struct {
	users  *cube.List
	inputs []*formula.Expr // what is read from the user, each with User among its dimensions
	seen   map[*formula.Expr]bool
}

// userInputs finds the largest parts of a formula over User that are read from the user: those over User alone, and
// those that work along User or hold values of other dimensions too.
func userInputs(users *cube.List, e *formula.Expr) []*formula.Expr {
	n := &inputFinder{users: users, seen: map[*formula.Expr]bool{}}
	n.find(e)
	return n.inputs
}

func (n *inputFinder) find(e *formula.Expr) {
	if n.seen[e] || !slices.Contains(e.Dims, n.users) {
		return
	}
	n.seen[e] = true
	if n.isInput(e) {
		n.inputs = append(n.inputs, e)
		return
	}
	for _, a := range e.Args {
		n.find(a)
	}
}

// isInput says whether an expression over User is to be read as a whole: because it has no other dimension, is a
// block, or is made by an operation that looks along User.
func (n *inputFinder) isInput(e *formula.Expr) bool {
	if len(e.Dims) == 1 {
		return true
	}
	switch e.Op {
	case formula.OpBlock:
		return true
	case formula.OpSelect, formula.OpShift, formula.OpCumulate, formula.OpAggregate, formula.OpSpread:
		return e.List == n.users || slices.Contains(e.Lists, n.users)
	case formula.OpRemove:
		return slices.Contains(e.Lists, n.users)
	}
	return false
}

// narrow rewrites a formula over User as one over kinds of users: what it reads from the user is replaced by columns
// with one row for each kind. A formula that reads the user's country is so evaluated once a country, not once a member.
type narrow struct {
	users, kinds *cube.List
	blocks       map[*formula.Expr]*cube.Block // what stands for each input
	done         map[*formula.Expr]*formula.Expr
}

func (n *narrow) rewrite(e *formula.Expr) *formula.Expr {
	if !slices.Contains(e.Dims, n.users) {
		return e
	}
	if out, ok := n.done[e]; ok {
		return out
	}
	out := *e
	out.Dims = n.replace(e.Dims)
	if b, ok := n.blocks[e]; ok {
		out = formula.Expr{Op: formula.OpBlock, Type: e.Type, Dims: out.Dims, Pos: e.Pos, Block: b}
	} else {
		out.Lists = n.replace(e.Lists)
		out.Args = make([]*formula.Expr, len(e.Args))
		for i, a := range e.Args {
			out.Args[i] = n.rewrite(a)
		}
	}
	n.done[e] = &out
	return &out
}

// replace keeps the order by ListID: the list of kinds has the number of User.
func (n *narrow) replace(dims []*cube.List) []*cube.List {
	out := slices.Clone(dims)
	for i, d := range out {
		if d == n.users {
			out[i] = n.kinds
		}
	}
	return out
}

// byKinds evaluates a formula over User once for each kind of member: a column whose first dimension, if the formula
// has User at all, is the kinds.
func (r *Rights) byKinds(ctx context.Context, e *formula.Expr) (*cube.Column, kinds, error) {
	members := r.ws.Users.Len()
	inputs := userInputs(r.ws.Users, e)
	cols := make([]*cube.Column, len(inputs))
	for i, in := range inputs {
		col, err := r.values.eval.Eval(ctx, in)
		if err != nil {
			return nil, kinds{}, err
		}
		if cols[i], err = usersFirst(r.ws.Users, col); err != nil {
			return nil, kinds{}, err
		}
	}
	k, err := r.sorted(ctx, e, inputs, cols)
	if err != nil {
		return nil, kinds{}, err
	}
	k = k.only(r.held)
	if 2*k.len() > members {
		return r.byMembers(ctx, e)
	}
	col, err := r.narrowed(ctx, e, inputs, cols, k)
	return col, k, err
}

// readKinds remembers how members are sorted by each expression that formulas read from them, while rights are
// compiled.
type readKinds struct {
	mu      sync.Mutex
	numbers formula.Numbers
	by      map[int]func() kinds
}

func (r *readKinds) kinds(ctx context.Context, e *formula.Expr, col *cube.Column, members int) kinds {
	r.mu.Lock()
	n := r.numbers.Of(e)
	f := r.by[n]
	if f == nil {
		f = sync.OnceValue(func() kinds { return kindsBy(ctx, members, col) })
		r.by[n] = f
	}
	r.mu.Unlock()
	return f()
}

// byMembers evaluates a formula that reads something of its own from most members as it stands.
func (r *Rights) byMembers(ctx context.Context, e *formula.Expr) (*cube.Column, kinds, error) {
	col, err := r.values.grant.Eval(ctx, e)
	if err != nil {
		return nil, kinds{}, err
	}
	return r.given(ctx, col)
}

// given sorts members by the rows of a column.
func (r *Rights) given(ctx context.Context, col *cube.Column) (*cube.Column, kinds, error) {
	col, err := usersFirst(r.ws.Users, col)
	if err != nil {
		return nil, kinds{}, err
	}
	if col.Space().Axis(r.ws.Users) < 0 {
		return col, everyone(r.ws.Users.Len()).only(r.held), nil
	}
	k := kindsBy(ctx, r.ws.Users.Len(), col)
	if err := ctx.Err(); err != nil {
		return nil, kinds{}, err
	}
	k = k.only(r.held)
	col, err = firstRows(ctx, col, k, kindList(k.len()))
	return col, k, err
}

// narrowed evaluates a formula over kinds, given what it reads from the members.
func (r *Rights) narrowed(ctx context.Context, e *formula.Expr, inputs []*formula.Expr, cols []*cube.Column, k kinds) (*cube.Column, error) {
	list := kindList(k.len())
	n := &narrow{users: r.ws.Users, kinds: list, blocks: map[*formula.Expr]*cube.Block{}, done: map[*formula.Expr]*formula.Expr{}}
	held := map[*cube.Block]*cube.Column{}
	for i, in := range inputs {
		col, err := firstRows(ctx, cols[i], k, list)
		if err != nil {
			return nil, err
		}
		b := &cube.Block{Kind: cube.Metric, Name: "kinds", Type: in.Type, Dims: col.Space().Dims()}
		n.blocks[in], held[b] = b, col
	}
	eval := r.values.granting(func(ctx context.Context, b *cube.Block) (*cube.Column, error) {
		if col, ok := held[b]; ok {
			return col, nil
		}
		return r.values.of(ctx, b)
	})
	col, err := eval.Eval(ctx, n.rewrite(e))
	if err != nil {
		return nil, err
	}
	return usersFirst(list, col)
}
