package audit_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/inherit"
)

// knower finds out cell by cell what a viewer may know.
type knower struct {
	t      *testing.T
	viewer *engine.Member
	memo   map[*cube.Block]bool
}

func (k *knower) ref(b *cube.Block) engine.Ref {
	ref := engine.Ref{App: b.App, Block: b}
	for _, app := range k.viewer.Rights().Workspace().Applications {
		if ref.App == nil && k.viewer.Role(app) != nil {
			ref.App = app
		}
	}
	if ref.App == nil {
		ref.App = k.viewer.Rights().Workspace().Applications[0]
	}
	return ref
}

// block says whether the viewer reads any cell of a block.
func (k *knower) block(b *cube.Block) bool {
	if may, ok := k.memo[b]; ok {
		return may
	}
	v, err := k.viewer.Block(k.ref(b))
	require.NoError(k.t, err)
	items := make([]cube.ItemID, len(b.Dims))
	may := false
	for cell := range v.Space().Len() {
		v.Space().At(cell, items)
		may = may || v.Read(items...)
	}
	k.memo[b] = may
	return may
}

func (k *knower) cell(dims []*cube.List, items []cube.ItemID) bool {
	for i, l := range dims {
		v, err := k.viewer.Block(k.ref(l.ItemSet))
		require.NoError(k.t, err)
		if items[i] >= 0 && !v.Read(items[i]) {
			return false
		}
	}
	return true
}

func (k *knower) rule(r *cube.Rule) bool {
	role := k.viewer.Role(r.Metric.App)
	return role != nil && role.Has(cube.DefineApplicationSecurity) && k.block(r.Metric)
}

func (k *knower) factor(f *audit.Factor) {
	require.NotNil(k.t, k.viewer.Role(f.Application))
	for _, r := range slices.Concat(f.Rules, f.CutBy) {
		require.True(k.t, k.rule(r))
	}
	for _, s := range f.Via {
		require.True(k.t, k.block(s.Block), "%s", s.Block)
		require.Empty(k.t, s.Operations)
	}
	for _, c := range f.At {
		require.True(k.t, k.cell(c.Dims, c.Items))
	}
	for _, n := range f.Needs {
		require.True(k.t, k.cell(n.Dims, n.Items))
	}
	require.True(k.t, f.CutAt == nil || k.block(f.CutAt))
}

// What is told to a viewer is what they may know, and still true: the decision is the decision, and for each no there is
// a reason, if only a hidden one. They are refused where they may not know what is asked.
func TestForTellsWhatTheViewerMayKnow(t *testing.T) {
	told, refused, hidden, visible := 0, 0, 0, 0
	for seed := range 15 {
		r := generated(t, seed)
		for id := range r.Workspace().Users.Len() {
			k := &knower{t, r.MemberAt(cube.ItemID(id)), map[*cube.Block]bool{}}
			n := 0
			cells(t, r, func(v *engine.View, items []cube.ItemID) {
				if n++; n%7 != 0 {
					return
				}
				all, err := audit.Explain(context.Background(), v, items...)
				require.NoError(t, err)
				e, err := all.For(context.Background(), k.viewer)
				may := k.block(v.Ref().Block) && k.cell(v.Ref().Block.Dims, items)
				var untold *audit.UntoldError
				require.Equal(t, !may, errors.As(err, &untold), "%v", err)
				if !may {
					refused++
					require.Empty(t, e.Factors)
					return
				}
				require.NoError(t, err)
				told++
				v1, h1 := checkTold(t, k, &all, &e)
				visible, hidden = visible+v1, hidden+h1
			})
		}
	}
	for _, n := range []int{told, refused, hidden, visible} {
		require.NotZero(t, n)
	}
}

func checkTold(t *testing.T, k *knower, all, e *audit.Explanation) (visible, hidden int) {
	t.Helper()
	require.Equal(t, []bool{all.Decision.Read, all.Decision.Write, all.Decision.Locked}, []bool{e.Decision.Read, e.Decision.Write, e.Decision.Locked})
	read, write := true, true
	for i, f := range e.Factors {
		read, write = read && f.Read != audit.No, write && f.Write != audit.No
		if f.Hidden {
			hidden++
			require.False(t, slices.ContainsFunc(e.Factors[i+1:], func(o audit.Factor) bool {
				return o.Hidden || o.Read == audit.No || f.Read != audit.No && o.Write == audit.No
			}), "one hidden factor, after the others that deny the same")
			require.Equal(t, audit.Factor{Hidden: true, Read: f.Read, Write: f.Write}, f)
			require.True(t, f.Denies() && f.Read != audit.Yes && f.Write != audit.Yes)
			continue
		}
		visible++
		k.factor(&f)
		require.Equal(t, inherit.NotCut, f.Cut)
	}
	require.Equal(t, e.Decision.Read, read)
	require.Equal(t, e.Decision.Write, read && write)
	for _, f := range e.Cut {
		require.False(t, f.Hidden)
		k.factor(&f)
	}
	if slices.Contains(e.Decision.Reasons, engine.ScenarioReadOnly) {
		require.True(t, slices.ContainsFunc(e.Factors, func(f audit.Factor) bool { return f.Kind == inherit.Scenario && f.Write == audit.No && !f.Hidden }))
	}
	if slices.ContainsFunc(all.Factors, func(f audit.Factor) bool { return f.Denies() }) {
		require.NotEmpty(t, append(e.Remedies(cube.Read), e.Remedies(cube.Write)...))
	}
	return visible, hidden
}
