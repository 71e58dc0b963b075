package audit

import (
	"cmp"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// ofRole says whether the factor is one answer for all cells of all blocks of its application.
func (f *Factor) ofRole() bool {
	return f.Kind == inherit.Membership || f.Kind == inherit.RoleDefault || f.Kind == inherit.Permission
}

// sameCondition says whether two factors of roles are one condition: what a role gives in an application is the same
// however many blocks bring it.
func (f *Factor) sameCondition(o *Factor) bool {
	return f.ofRole() && f.Kind == o.Kind && f.Application == o.Application && f.Cut == o.Cut && (f.Read == Silent) == (o.Read == Silent)
}

// nearest keeps of each condition of a role the factor that came the shortest way. The factors are of one category
// each.
func nearest(fs []Factor) []Factor {
	var out []Factor
	for _, f := range fs {
		i := slices.IndexFunc(out, func(o Factor) bool { return o.sameCondition(&f) })
		switch {
		case i < 0:
			out = append(out, f)
		case len(f.Via) < len(out[i].Via):
			out[i] = f
		}
	}
	return out
}

// pair makes one factor of what the same one says in each category.
func pair(fs []Factor) []Factor {
	var out []Factor
	for _, f := range fs {
		i := slices.IndexFunc(out, func(o Factor) bool {
			return o.same(&f) && (f.Read == Silent) == (o.Write == Silent) && (f.Write == Silent) == (o.Read == Silent)
		})
		if i < 0 {
			out = append(out, f)
			continue
		}
		out[i].join(f)
	}
	return out
}

// same says whether two factors are one that came the same way.
func (f *Factor) same(o *Factor) bool {
	return f.Kind == o.Kind && f.Application == o.Application && f.Source == o.Source && f.Items == o.Items &&
		f.Cut == o.Cut && f.CutAt == o.CutAt && slices.Equal(f.Rules, o.Rules) && slices.Equal(f.CutBy, o.CutBy) &&
		slices.EqualFunc(f.Via, o.Via, func(a, b Step) bool { return a.Block == b.Block && slices.Equal(a.Operations, b.Operations) })
}

// join adds what the factor says in the other category. Where only one of the two denies, its cells decide.
func (f *Factor) join(o Factor) {
	if o.Denies() && !f.Denies() {
		f.At, f.More = nil, false
	}
	if o.Denies() || !f.Denies() {
		for _, c := range o.At {
			switch {
			case slices.ContainsFunc(f.At, c.equal):
			case len(f.At) < maxSources:
				f.At = append(f.At, c)
			default:
				f.More = true
			}
		}
		f.More = f.More || o.More
		slices.SortFunc(f.At, func(a, b SourceCell) int { return slices.Compare(a.Items, b.Items) })
	}
	f.Read, f.Write = max(f.Read, o.Read), max(f.Write, o.Write)
	f.need(o.Needs)
}

// need adds what a metric lacks.
func (f *Factor) need(needs []Need) {
	for _, n := range needs {
		if i := slices.IndexFunc(f.Needs, func(m Need) bool { return m.equal(n.SourceCell) }); i >= 0 {
			f.Needs[i].Rights |= n.Rights
			continue
		}
		f.Needs = append(f.Needs, n)
	}
}

func (c SourceCell) equal(o SourceCell) bool {
	return slices.Equal(c.Dims, o.Dims) && slices.Equal(c.Items, o.Items)
}

func hiddenLast(f Factor) int {
	if f.Hidden {
		return 1
	}
	return 0
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
		if d := cmp.Or(rank(a)-rank(b), hiddenLast(a)-hiddenLast(b)); d != 0 {
			return d
		}
		return cmp.Or(len(a.Via)-len(b.Via), int(a.Kind)-int(b.Kind))
	})
}

// Denying are the factors that count and deny a category, cube.Read or cube.Write. Whoever may not read a cell may not
// write it: for cube.Write those that deny reading are among them.
func (e *Explanation) Denying(category cube.Rights) []Factor {
	var out []Factor
	for _, f := range e.Factors {
		if f.Read == No || category == cube.Write && f.Write == No {
			out = append(out, f)
		}
	}
	return out
}
