package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// Amount is how many cells of a slice an expectation asks for. The zero Amount asks for nothing.
type Amount uint8

// The amounts: SomeCells is at least one, and not all. Of a slice without cells NoCells and AllCells both hold.
const (
	AnyCells Amount = iota
	NoCells
	SomeCells
	AllCells
)

// String is the amount as test files write it.
func (a Amount) String() string { return [...]string{"any", "none", "some", "all"}[a] }

// Aspect is what an expectation is about.
type Aspect uint8

// The aspects of a cell: read it, write it, or find it locked.
const (
	ReadAspect Aspect = iota
	WriteAspect
	LockedAspect
)

// String is the aspect as test files write it.
func (a Aspect) String() string { return [...]string{"read", "write", "locked"}[a] }

// Expectation is one thing that must hold of a model (SPEC 7), its names resolved.
type Expectation struct {
	Name    string
	Pos     cube.Position
	Members []*engine.Member // who is asked; none where only Only asks
	Ref     engine.Ref
	Where   [][]cube.ItemID   // for each dimension of the block the items meant; none: all
	Expect  [3]Amount         // by Aspect
	Counts  [3]*uint64        // by Aspect; nil: not asked
	Only    [2]*[]cube.ItemID // by ReadAspect and WriteAspect: exactly these members have at least one cell; nil: not asked
	Refused []string          // why members may not be asked, such as an impersonation; it does not hold then
}

// Result is whether an expectation holds.
type Result struct {
	Name    string
	Pos     cube.Position
	OK      bool
	Message string       // what is otherwise, one line for each; "" where it holds
	Why     *Explanation // of a cell that is otherwise, where there is one
}

// Check says of each expectation whether it holds, in their order.
func Check(ctx context.Context, r *engine.Rights, tests []Expectation) ([]Result, error) {
	out := make([]Result, 0, len(tests))
	for _, t := range tests {
		c := checker{r: r, test: t, problems: slices.Clone(t.Refused)}
		if err := c.run(ctx); err != nil {
			return nil, fmt.Errorf("%q: %w", t.Name, err)
		}
		out = append(out, Result{t.Name, t.Pos, len(c.problems) == 0, strings.Join(c.problems, "\n"), c.why})
	}
	return out, nil
}

type checker struct {
	r        *engine.Rights
	test     Expectation
	problems []string
	why      *Explanation
}

func (c *checker) run(ctx context.Context) error {
	for _, m := range c.test.Members {
		v, err := m.Block(c.test.Ref)
		if err != nil {
			return err
		}
		for _, a := range []Aspect{ReadAspect, WriteAspect, LockedAspect} {
			if c.test.Expect[a] == AnyCells && c.test.Counts[a] == nil {
				continue
			}
			if err := c.aspect(ctx, v, a); err != nil {
				return err
			}
		}
	}
	for _, a := range []Aspect{ReadAspect, WriteAspect} {
		if want := c.test.Only[a]; want != nil {
			if err := c.only(ctx, a, *want); err != nil {
				return err
			}
		}
	}
	return nil
}

// aspect compares one aspect of one member's view with what is expected.
func (c *checker) aspect(ctx context.Context, v *engine.View, a Aspect) error {
	n, cells, err := c.count(ctx, v, a)
	if entangled(err) { // nothing holds that nobody can tell
		c.problems = append(c.problems, fmt.Sprintf("%s: %s: %s", v.Member().Name(), a, err))
		return nil
	}
	if err != nil {
		return err
	}
	if want := c.test.Expect[a]; !want.holds(n, cells) {
		c.problems = append(c.problems, fmt.Sprintf("%s: %s is %s (%d of %d cells), expected %s",
			v.Member().Name(), a, amountOf(n, cells), n, cells, want))
		if err := c.explain(ctx, v, a, want != NoCells && n < cells); err != nil {
			return err
		}
	}
	if want := c.test.Counts[a]; want != nil && *want != n {
		c.problems = append(c.problems, fmt.Sprintf("%s: %s counts %d of %d cells, expected %d", v.Member().Name(), a, n, cells, *want))
		return c.explain(ctx, v, a, n < *want)
	}
	return nil
}

func (a Amount) holds(n, of uint64) bool {
	switch a {
	case NoCells:
		return n == 0
	case SomeCells:
		return n > 0 && n < of
	case AllCells:
		return n == of
	}
	return true
}

func amountOf(n, of uint64) Amount {
	switch n {
	case 0:
		return NoCells
	case of:
		return AllCells
	}
	return SomeCells
}

// count is how many cells of the slice have an aspect, and how many cells there are.
func (c *checker) count(ctx context.Context, v *engine.View, a Aspect) (n, cells uint64, err error) {
	category := [...]engine.Category{engine.Readable, engine.Writable, engine.Unlocked}[a]
	for at := range products(c.test.Where) {
		granted, of, err := v.Count(category, at)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, 0, err
		}
		n, cells = n+granted, cells+of
	}
	if a == LockedAspect {
		n = cells - n
	}
	return n, cells, nil
}

// products are the slices that lists of items by dimension mean: one for each combination, NoItem where none are
// named. The slice yielded is reused.
func products(where [][]cube.ItemID) func(func([]cube.ItemID) bool) {
	return func(yield func([]cube.ItemID) bool) {
		at := make([]cube.ItemID, len(where))
		var step func(int) bool
		step = func(i int) bool {
			if i == len(where) {
				return yield(at)
			}
			if len(where[i]) == 0 {
				at[i] = cube.NoItem
				return step(i + 1)
			}
			for _, item := range where[i] {
				at[i] = item
				if !step(i + 1) {
					return false
				}
			}
			return true
		}
		step(0)
	}
}

// maxLooked is how many cells are looked at for an example of what is otherwise.
const maxLooked = 1 << 20

// explain finds a first cell without the aspect (or with it) and explains it.
func (c *checker) explain(ctx context.Context, v *engine.View, a Aspect, missing bool) error {
	if c.why != nil {
		return nil
	}
	looked := 0
	for at := range products(c.test.Where) {
		for cell := range cellsOf(v.Ref().Block, at) {
			if looked++; looked > maxLooked {
				return nil
			}
			d := v.Decide(cell...)
			if has := [...]bool{d.Read, d.Write, d.Locked}[a]; has != missing {
				e, err := Explain(ctx, v, slices.Clone(cell)...)
				c.why = &e
				return err
			}
		}
	}
	return nil
}

// cellsOf are the cells of a slice in cell order. The slice yielded is reused.
func cellsOf(b *cube.Block, at []cube.ItemID) func(func([]cube.ItemID) bool) {
	where := make([][]cube.ItemID, len(at))
	for i, item := range at {
		if item >= 0 {
			where[i] = []cube.ItemID{item}
			continue
		}
		where[i] = make([]cube.ItemID, b.Dims[i].Len())
		for k := range where[i] {
			where[i][k] = cube.ItemID(k)
		}
		if len(where[i]) == 0 {
			return func(func([]cube.ItemID) bool) {}
		}
	}
	return products(where)
}

// only compares the members who have at least one cell with those expected.
func (c *checker) only(ctx context.Context, a Aspect, want []cube.ItemID) error {
	has := map[cube.ItemID]bool{}
	for at := range products(c.test.Where) {
		ans, err := Who(ctx, c.r, c.test.Ref, at)
		if err != nil {
			return err
		}
		for _, m := range [...][]cube.ItemID{ans.ReadSome, ans.WriteSome}[a] {
			has[m] = true
		}
	}
	users := c.r.Workspace().Users
	var more, less []cube.ItemID
	for m := range cube.ItemID(users.Len()) {
		switch wanted := slices.Contains(want, m); {
		case has[m] && !wanted:
			more = append(more, m)
		case !has[m] && wanted:
			less = append(less, m)
		}
	}
	names := func(members []cube.ItemID) string {
		out := make([]string, len(members))
		for i, m := range members {
			out[i] = users.Item(m)
		}
		return strings.Join(out, ", ")
	}
	if len(more) > 0 {
		c.problems = append(c.problems, fmt.Sprintf("%ss too, and should not: %s", a, names(more)))
	}
	if len(less) > 0 {
		c.problems = append(c.problems, fmt.Sprintf("should %s, and does not: %s", a, names(less)))
	}
	example := slices.Concat(more, less)
	if len(example) == 0 {
		return nil
	}
	v, err := c.r.MemberAt(example[0]).Block(c.test.Ref)
	if err != nil {
		return err
	}
	return c.explain(ctx, v, a, len(more) == 0)
}
