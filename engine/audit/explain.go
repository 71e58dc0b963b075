package audit

import (
	"context"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// maxSources is how many source cells a factor of an explanation names (SPEC 6).
const maxSources = 20

// Explanation is why a member may, or may not, read and change a cell.
type Explanation struct {
	View     *engine.View
	Viewer   *engine.Member // whom it is made for (For); nil: somebody who may see the whole model
	Cell     []cube.ItemID  // one for each dimension of the block
	Decision engine.Decision
	Factors  []Factor // that count: those that deny first, then nearer before farther ones
	Cut      []Factor // that do not count, and would otherwise
}

// Factor is one stated condition and what it says of the cell.
type Factor struct {
	Kind        inherit.NodeKind // Membership, RoleDefault, Permission, Scenario or Metric
	Application *cube.Application
	Metric      *cube.Block  // the access-rights metric, or Users roles; nil for the other kinds
	Rules       []*cube.Rule // that bring it; none for the implicit rule Users roles
	Source      *cube.Block  // the block that it is stated on
	Via         []Step       // the blocks that brought it, nearest first, Source last; none where it is direct
	At          []SourceCell // that decide: where it denies those that deny, else those looked at; none where it is direct
	Needs       []Need       // of a rule that denies: what its metric would have to hold
	More        bool         // there are, or may be, more cells than At and Needs name
	Read, Write Say
	Items       bool         // stated on a property by way of its list's item set (SPEC 1.1.5)
	Cut         inherit.Cut  // why it does not count; NotCut where it does
	CutAt       *cube.Block  // where it was cut
	CutBy       []*cube.Rule // the `ignore` rules that cut it
	Hidden      bool         // what it is may not be told: only Read and Write hold
}

// Denies says whether the factor denies a category.
func (f *Factor) Denies() bool { return f.Read == No || f.Write == No }

// Say is what a factor says in one category. The zero Say is Silent.
type Say uint8

// The answers of a factor.
const (
	Silent Say = iota
	No
	Yes
)

// Step is one block on the way of a factor.
type Step struct {
	Block *cube.Block
	// Operations are what the formula that reads the block does there to move the factor, in the order in which it
	// does it and as formulas write it: "BY: Account.Agency", "REMOVE: Account", "at Employee.Country".
	Operations []string
}

// SourceCell is a cell of a factor's source, item by dimension.
type SourceCell struct {
	Dims  []*cube.List
	Items []cube.ItemID
}

// Need is what a cell of an access-rights metric lacks. An item that is NoItem stands where the rule's replacement is
// BLANK: there is no such cell, whatever the metric holds.
type Need struct {
	SourceCell
	Rights cube.Rights
}

// Explain says why a view's member may, or may not, read and change a cell. It follows every stated factor by itself,
// and so costs what the blocks below the view's block state, each factor carried along its own way; nothing that is
// remembered for views is asked but the decision itself. It panics where the number of items is not the block's number
// of dimensions, and fails as engine.View.Trace does.
func Explain(ctx context.Context, v *engine.View, cell ...cube.ItemID) (Explanation, error) {
	x := explainer{Explanation: Explanation{View: v, Cell: cell, Decision: v.Decide(cell...)}}
	if err := x.run(ctx); err != nil {
		return Explanation{}, err
	}
	return x.Explanation, nil
}

// explainer works out an explanation, for the viewer whose eyes these are, if any.
type explainer struct {
	Explanation
	trace *engine.Trace
	eyes  *eyes
}

func (x *explainer) run(ctx context.Context) (err error) {
	if x.trace, err = x.View.Trace(ctx); err != nil {
		return err
	}
	var all, hidden []Factor
	for i := range x.trace.Factors {
		f := x.one(i)
		if f.Hidden {
			hidden = append(hidden, f)
			continue
		}
		all = append(all, f)
	}
	for _, f := range pair(nearest(all)) {
		if f.Cut == inherit.NotCut {
			x.Factors = append(x.Factors, f)
		} else {
			x.Cut = append(x.Cut, f)
		}
	}
	order(x.Factors)
	order(x.Cut)
	if x.eyes != nil {
		x.hide(hidden)
	}
	return ctx.Err()
}

// one is factor i of the trace: what it says in its one category.
func (x *explainer) one(i int) Factor {
	t := x.trace
	tf := t.Factors[i]
	f := Factor{
		Kind: tf.Kind, Application: t.Origin(i), Rules: tf.Rules, Source: tf.Source, Items: tf.Items,
		Cut: tf.Cut, CutAt: tf.CutAt, CutBy: tf.CutBy,
	}
	switch tf.Kind {
	case inherit.Metric:
		f.Metric = tf.Rules[0].Metric
	case inherit.RoleDefault:
		f.Metric = f.Application.UsersRoles
	}
	say := No
	if t.Holds(i, x.Cell...) {
		say = Yes
	}
	category := t.Category(i)
	if category == cube.Read {
		f.Read = say
	} else {
		f.Write = say
	}
	opt := engine.CauseOptions{Limit: maxSources}
	if x.eyes != nil {
		opt.Block, opt.Cell = x.eyes.block, x.eyes.cell
	}
	cause, ok := t.Cause(i, opt, x.Cell...)
	if !ok || x.eyes != nil && !x.eyes.factor(&f) {
		f.Hidden = true
		return f
	}
	// For a viewer only what is named counts: that a search was given up would tell of cells which are not.
	f.Via, f.More = x.steps(cause.Way), cause.More && (x.eyes == nil || max(len(cause.Cells), len(cause.Asked)) == maxSources)
	if len(f.Via) > 0 {
		for _, items := range cause.Cells {
			f.At = append(f.At, SourceCell{t.Dims(i), items})
		}
	}
	for _, items := range cause.Asked {
		f.Needs = append(f.Needs, Need{SourceCell{f.Metric.Dims, items}, category})
	}
	return f
}
