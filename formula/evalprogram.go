package formula

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// step is one step of a program: it makes the values of one register from those of others, in out, which has room
// for a block, or gives a window of other memory.
type step struct {
	run  func(cur *cursor, in []lane, out lane) lane
	in   []int
	out  int
	args []lane // of in, room for run's argument
}

// program computes lazy columns for the cells of a space, a block at a time. Each column that several others use is
// computed once a block.
type program struct {
	session *session
	cur     *cursor
	steps   []step
	regs    []lane // what each register holds now
	bufs    []lane // where a register's own values may go
	roots   []int  // the registers of the columns asked for

	space cube.Space
	keep  *column // computed here whatever else speaks for computing it apart
	at    map[*column]int
	left  map[*column]int // how many steps are still to use a column
	free  [3][]lane
	fixed int
}

// maxFixed is how many constants keep a block filled with them; further ones are filled in each block.
const maxFixed = 16

// newProgram is a program for columns over some of the dimensions of cur's space. It carries out first, once, what is
// better not done for each cell of that space; keep, if not nil, is one of roots that is not to be among that.
func (s *session) newProgram(cur *cursor, keep *column, roots ...*column) (*program, error) {
	p := &program{session: s, space: cur.space, cur: cur, keep: keep, at: map[*column]int{}, left: map[*column]int{}}
	for _, c := range roots {
		p.count(c)
		p.left[c]++ // a root is never released
	}
	for _, c := range roots {
		reg, err := p.register(c)
		if err != nil {
			return nil, err
		}
		p.roots = append(p.roots, reg)
	}
	return p, nil
}

// count counts the uses of c and of all that may be computed with it, cell by cell.
func (p *program) count(c *column) {
	p.left[c]++
	if p.left[c] > 1 {
		return
	}
	switch c.form {
	case lazyForm:
		for _, a := range c.args {
			p.count(a)
		}
	case sparseForm:
		p.count(c.base)
	}
}

// fuses says whether a lazy column is best computed within the program rather than once before it. It is not where
// others use it as well, or where it has so few cells that its values would be computed over and over.
func (p *program) fuses(c *column) bool {
	if p.cur.listed() {
		return c.size() > 2*uint64(len(p.cur.list)+p.session.block)
	}
	return c.size() >= p.space.Len()/4 && c.future == 0 && p.left[c] >= c.refs
}

// register gives the register that holds the values of c after the steps up to now.
func (p *program) register(c *column) (int, error) {
	if reg, ok := p.at[c]; ok {
		return reg, nil
	}
	reg, err := p.compile(c)
	p.at[c] = reg
	return reg, err
}

func (p *program) compile(c *column) (int, error) {
	switch c.form {
	case constantForm:
		return p.constant(c), nil
	case denseForm:
		return p.dense(c), nil
	case sparseForm:
		return p.sparse(c)
	}
	return p.lazy(c)
}

// emit adds a step that fills a register of its own from the registers of args.
func (p *program) emit(s storage, run func(cur *cursor, in []lane, out lane) lane, args ...*column) int {
	st := step{run: run, out: len(p.regs), args: make([]lane, len(args))}
	for _, a := range args {
		st.in = append(st.in, p.at[a])
	}
	p.regs, p.bufs = append(p.regs, lane{}), append(p.bufs, p.buffer(s))
	p.steps = append(p.steps, st)
	for _, a := range args {
		p.release(a)
	}
	return st.out
}

// buffer is room for a block of values.
func (p *program) buffer(s storage) lane {
	if n := len(p.free[s]); n > 0 {
		l := p.free[s][n-1]
		p.free[s] = p.free[s][:n-1]
		return l
	}
	return makeLane(s, p.cur.room())
}

// release gives the room of c back after its last use.
func (p *program) release(c *column) {
	p.left[c]--
	if p.left[c] > 0 {
		return
	}
	reg := p.at[c]
	if buf := p.bufs[reg]; buf.num != nil || buf.ints != nil || buf.bytes != nil {
		p.free[c.storage()] = append(p.free[c.storage()], buf)
	}
}

func (p *program) constant(c *column) int {
	raw := c.vals.raw(0)
	if p.fixed < maxFixed {
		p.fixed++
		l := makeLane(c.storage(), p.cur.room())
		l.fill(0, p.cur.room(), raw)
		p.regs, p.bufs = append(p.regs, l), append(p.bufs, lane{})
		return len(p.regs) - 1
	}
	return p.emit(c.storage(), func(cur *cursor, _ []lane, out lane) lane {
		out.fill(0, cur.n, raw)
		return out
	})
}

func (p *program) dense(c *column) int {
	r := newReach(p.space, c.dims, c.strides, c.offset)
	return p.emit(c.storage(), func(cur *cursor, _ []lane, out lane) lane {
		return r.load(cur, c.vals, out)
	})
}

func (p *program) sparse(c *column) (int, error) {
	if !p.cur.listed() && len(c.dims) != len(p.space.Dims()) {
		whole, err := p.session.contiguous(c)
		if err != nil {
			return 0, err
		}
		return p.dense(whole), nil
	}
	if _, err := p.register(c.base); err != nil {
		return 0, err
	}
	r := newSparseReach(p.space, c)
	return p.emit(c.storage(), func(cur *cursor, in []lane, out lane) lane {
		return r.load(cur, in[0], out)
	}, c.base), nil
}

func (p *program) lazy(c *column) (int, error) {
	if c != p.keep && !p.fuses(c) {
		if err := p.session.force(c); err != nil {
			return 0, err
		}
		return p.compile(c)
	}
	// What needs most registers comes first, so that those of long chains are not all held at once.
	order := slices.Clone(c.args)
	slices.SortStableFunc(order, func(a, b *column) int { return b.need - a.need })
	for _, a := range order {
		if _, err := p.register(a); err != nil {
			return 0, err
		}
	}
	if c.what.table != nil {
		return p.spread(c), nil
	}
	kern := c.what.kern
	return p.emit(c.storage(), func(cur *cursor, in []lane, out lane) lane {
		kern(out, in, cur.n)
		return out
	}, c.args...), nil
}

// spread emits the step that reads a table at the items that its one argument gives.
func (p *program) spread(c *column) int {
	t, axis := c.what.table, c.what.axis
	others := slices.Clone(t.strides)
	others[axis] = 0
	r := newReach(p.space, t.dims, others, t.offset)
	if a := p.space.Axis(t.dims[axis]); a >= 0 { // the argument has the dimension, too
		r = newReach(p.space, slices.Delete(slices.Clone(t.dims), axis, axis+1), slices.Delete(others, axis, axis+1), t.offset)
	}
	return p.emit(c.storage(), func(cur *cursor, in []lane, out lane) lane {
		places := cur.places[:cur.n]
		r.find(cur, places)
		for i, item := range in[0].ints[:cur.n] {
			if item < 0 {
				places[i] = -1
				continue
			}
			places[i] += int(item) * t.strides[axis]
		}
		out.gather(t.vals, places)
		return out
	}, c.args...)
}

// block computes n cells from lo on, counted in the list where there is one. The first root's values are written to
// into, where that is set; the values of the others stay until the next block.
func (p *program) block(lo uint64, n int, into lane) {
	p.cur.move(lo, n)
	direct := into.num != nil || into.ints != nil || into.bytes != nil
	for i := range p.steps {
		st := &p.steps[i]
		for k, reg := range st.in {
			st.args[k] = p.regs[reg]
		}
		out := p.bufs[st.out].window(0, n)
		if direct && st.out == p.roots[0] {
			out = into
		}
		p.regs[st.out] = st.run(p.cur, st.args, out)
	}
	if direct && !p.regs[p.roots[0]].same(into) {
		into.copyFrom(0, p.regs[p.roots[0]], 0, n)
	}
}

// root is the values of a root of the last block.
func (p *program) root(i int) lane { return p.regs[p.roots[i]] }

// checkEvery is after how many blocks a program looks whether it is to stop.
const checkEvery = 256

// run computes all cells. The first root's values go to into where that is set; each, where set, is called after each block.
func (p *program) run(into lane, each func(lo uint64, n int) error) error {
	total := p.space.Len()
	if p.cur.listed() {
		total = uint64(len(p.cur.list))
	}
	direct := into.num != nil || into.ints != nil || into.bytes != nil
	size := uint64(p.cur.room())
	for lo, k := uint64(0), 0; lo < total; lo, k = lo+size, k+1 {
		if k%checkEvery == 0 {
			if err := p.session.ctx.Err(); err != nil {
				return err
			}
		}
		n := int(min(size, total-lo))
		window := lane{}
		if direct {
			window = into.window(int(lo), int(lo)+n)
		}
		p.block(lo, n, window)
		if each != nil {
			if err := each(lo, n); err != nil {
				return err
			}
		}
	}
	return nil
}
