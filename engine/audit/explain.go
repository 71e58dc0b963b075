package audit

import (
	"context"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/inherit"
)

// maxSources is how many source cells a factor of an explanation names (SPEC 6).
const maxSources = 20

// Explanation is why a member may, or may not, read and change a cell.
type Explanation struct {
	View     *engine.View
	Cell     []cube.ItemID // one for each dimension of the block
	Decision engine.Decision
	Factors  []Factor // that count: those that deny first, then as the plan has them
	Cut      []Factor // that do not count, and would otherwise
}

// Factor is one stated condition and what it says of the cell.
type Factor struct {
	Kind        inherit.NodeKind // Membership, RoleDefault, Permission, Scenario or Metric
	Application *cube.Application
	Metric      *cube.Block  // the access-rights metric, or Users roles; nil for the other kinds
	Rules       []*cube.Rule // that bring it; none for the implicit rule Users roles
	Source      *cube.Block  // the block that it is stated on
	Via         []*cube.Block
	At          []SourceCell // what decided: see SPEC 6; empty where it is direct
	Read, Write Say
	Items       bool // stated on a property by way of its list's item set (SPEC 1.1.5)
	Cut         inherit.Cut
	CutAt       *cube.Block
	CutBy       []*cube.Rule
	Hidden      bool // what it is may not be told: only Read and Write hold
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

// SourceCell is a cell of a factor's source, item by dimension.
type SourceCell struct {
	Dims  []*cube.List
	Items []cube.ItemID
}

// Explain says why a view's member may, or may not, read and change a cell. It follows every stated factor by itself,
// and so costs what the blocks below the view's block state, each factor carried along its own way. It panics where
// the number of items is not the block's number of dimensions, and fails as engine.View.Trace does.
func Explain(ctx context.Context, v *engine.View, cell ...cube.ItemID) (Explanation, error) {
	e := Explanation{View: v, Cell: cell, Decision: v.Decide(cell...)}
	t, err := v.Trace(ctx)
	if err != nil {
		return e, err
	}
	for i := range t.Factors {
		f := one(t, i, cell)
		to := &e.Factors
		if f.Cut != inherit.NotCut {
			to = &e.Cut
		}
		*to = merge(*to, f)
	}
	order(e.Factors)
	order(e.Cut)
	return e, nil
}

// one is factor i of a trace, at a cell.
func one(t *engine.Trace, i int, cell []cube.ItemID) Factor {
	tf := t.Factors[i]
	f := Factor{
		Kind: tf.Kind, Application: t.Origin(i), Rules: tf.Rules, Source: tf.Source, Via: tf.Via, Items: tf.Items,
		Cut: tf.Cut, CutAt: tf.CutAt, CutBy: tf.CutBy,
	}
	switch tf.Kind {
	case inherit.Metric:
		f.Metric = tf.Rules[0].Metric
	case inherit.RoleDefault:
		f.Metric = f.Application.UsersRoles
	}
	say := No
	if t.Holds(i, cell...) {
		say = Yes
	}
	if t.Category(i) == cube.Read {
		f.Read = say
	} else {
		f.Write = say
	}
	if len(tf.Via) > 0 {
		for _, items := range t.Sources(i, maxSources, cell...) {
			f.At = append(f.At, SourceCell{t.Dims(i), items})
		}
	}
	return f
}

// merge adds a factor, to the same one in the other category where that stands already. What a role gives is one
// condition in a whole application, however many blocks brought it: the nearest stands for all.
func merge(fs []Factor, f Factor) []Factor {
	for i := range fs {
		o := &fs[i]
		if o.Kind == f.Kind && o.Application == f.Application && o.Cut == f.Cut && f.ofRole() {
			if len(f.Via) < len(o.Via) {
				o.Via, o.Source, o.At, o.Items, o.CutAt, o.CutBy = f.Via, f.Source, f.At, f.Items, f.CutAt, f.CutBy
			}
			o.Read, o.Write = max(o.Read, f.Read), max(o.Write, f.Write)
			return fs
		}
		if !o.same(&f) {
			continue
		}
		if f.Read != Silent && o.Read == Silent || f.Write != Silent && o.Write == Silent {
			o.Read, o.Write = max(o.Read, f.Read), max(o.Write, f.Write)
			o.join(f.At)
			return fs
		}
	}
	return append(fs, f)
}

// ofRole says whether the factor is one answer for all cells of all blocks of its application.
func (f *Factor) ofRole() bool {
	return f.Kind == inherit.Membership || f.Kind == inherit.RoleDefault || f.Kind == inherit.Permission
}

func (f *Factor) same(o *Factor) bool {
	return f.Kind == o.Kind && f.Application == o.Application && f.Source == o.Source && f.Items == o.Items &&
		f.Cut == o.Cut && f.CutAt == o.CutAt && slices.Equal(f.Rules, o.Rules) && slices.Equal(f.Via, o.Via) && slices.Equal(f.CutBy, o.CutBy)
}

// join adds source cells, as many as an explanation names.
func (f *Factor) join(at []SourceCell) {
	for _, c := range at {
		known := slices.ContainsFunc(f.At, func(o SourceCell) bool {
			return slices.Equal(o.Dims, c.Dims) && slices.Equal(o.Items, c.Items)
		})
		if !known && len(f.At) < maxSources {
			f.At = append(f.At, c)
		}
	}
}

// order puts those that deny reading first, then those that deny writing, then nearer before farther ones.
func order(fs []Factor) {
	rank := func(f Factor) int {
		switch {
		case f.Read == No:
			return 0
		case f.Write == No:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(fs, func(a, b Factor) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if d := len(a.Via) - len(b.Via); d != 0 {
			return d
		}
		return int(a.Kind) - int(b.Kind)
	})
}
