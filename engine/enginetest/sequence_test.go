package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// sequence is changes of a generated model, step by step.
type sequence struct {
	seed  uint64
	steps [][]engine.Change
}

// String is the sequence as Go would write it.
func (s sequence) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "seed %d\n", s.seed)
	for i, step := range s.steps {
		for _, c := range step {
			fmt.Fprintf(&out, "step %d: %#v\n", i+1, c)
		}
	}
	return out.String()
}

// sequenceTally is what sequences did.
type sequenceTally struct{ made, refused, changes, unclear int }

// compiledModel is the rights of a generated model.
func compiledModel(ctx context.Context, seed uint64) (*engine.Rights, error) {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := Generate(seed, sizeOf(seed)).Write(dir); err != nil {
		return nil, err
	}
	ws, err := modelfile.Load(dir, modelfile.Options{})
	if err != nil {
		return nil, err
	}
	return engine.Compile(ctx, ws, engine.Options{})
}

// run makes a sequence's steps, or so many random ones, which it notes, and compares each generation with the model
// after it. It says what is wrong, "" where nothing is.
func (s *sequence) run(ctx context.Context, random int, tally *sequenceTally) (wrong string, err error) {
	r, err := compiledModel(ctx, s.seed)
	if err != nil {
		return "", err
	}
	dice := rand.New(rand.NewPCG(s.seed, 0x5e9))
	for i := range max(random, len(s.steps)) {
		if random > 0 {
			now, err := r.Current()
			if err != nil {
				return "", err
			}
			s.steps = append(s.steps, RandomChanges(dice, now, 3))
		}
		next, err := r.Update(ctx, s.steps[i]...)
		var mistakes cube.Errors
		switch {
		case errors.As(err, &mistakes):
			tally.refused++
			continue
		case err != nil:
			return "", err
		}
		tally.made++
		if wrong, err := generation(ctx, r, next, s.seed, tally); wrong != "" || err != nil {
			return fmt.Sprintf("step %d: %s", i+1, wrong), err
		}
		r = next
	}
	return "", nil
}

// generation compares a generation of rights with the one before, with a new compilation of its model, and with the
// oracle.
func generation(ctx context.Context, before, r *engine.Rights, seed uint64, tally *sequenceTally) (wrong string, err error) {
	differences, _, err := CompareRights(r)
	if err != nil || len(differences) > 0 {
		return "the oracle says otherwise:\n" + strings.Join(differences, "\n"), err
	}
	now, err := r.Current()
	if err != nil {
		return "", err
	}
	fresh, err := engine.Compile(ctx, now, engine.Options{})
	if err != nil {
		return "", err
	}
	a, err := askEverything(ctx, r, seed)
	if err != nil {
		return "", err
	}
	b, err := askEverything(ctx, fresh, seed)
	if err != nil {
		return "", err
	}
	if differs := a.differs(b); differs != "" {
		return "compiled anew it answers otherwise: " + differs, nil
	}
	return difference(ctx, before, r, tally)
}

// difference compares what audit.Diff says of two generations with counting cells.
func difference(ctx context.Context, before, r *engine.Rights, tally *sequenceTally) (wrong string, err error) {
	var held [2]truth
	for i, rights := range []*engine.Rights{before, r} {
		if held[i], err = saidBy(rights); err != nil {
			return "", err
		}
	}
	d, err := audit.Diff(ctx, before, r, audit.DiffOptions{})
	if err != nil {
		return "", err
	}
	want, got := held[1].against(held[0]), map[string]turnover{}
	for _, c := range d.Changes {
		b := c.Block.New.Block
		if b == nil {
			b = c.Block.Old.Block
		}
		for _, m := range c.Members {
			got[m+"\x00"+blockName(b)] = turnover{c.ReadGained.Cells, c.ReadLost.Cells, c.WriteGained.Cells, c.WriteLost.Cells}
		}
		tally.changes++
		if slices.Contains(c.Why, audit.Why{}) {
			tally.unclear++
		}
	}
	for _, key := range slices.Concat(sortedKeys(want), sortedKeys(got)) {
		if want[key] != got[key] {
			return fmt.Sprintf("the difference of %q is %v, not %v", key, want[key], got[key]), nil
		}
	}
	return missed(r, want), nil
}

// missed is a pair of a member and a block with other rights that Changed does not yield, "" where it yields all.
func missed(r *engine.Rights, differ map[string]turnover) string {
	yielded := map[string]bool{}
	for members, ref := range r.Changed() {
		for _, m := range members {
			yielded[r.Workspace().Users.Item(m)+"\x00"+blockName(ref.Block)] = true
		}
	}
	for _, key := range sortedKeys(differ) {
		member, _, _ := strings.Cut(key, "\x00")
		if _, still := r.Workspace().Users.Find(member); still && !yielded[key] {
			return fmt.Sprintf("Changed does not yield %q", key)
		}
	}
	return ""
}

// saidBy is what rights allow every member in every cell.
func saidBy(r *engine.Rights) (truth, error) {
	out := truth{map[string]map[string]cube.Rights{}}
	ws := r.Workspace()
	for id := range cube.ItemID(ws.Users.Len()) {
		for _, ref := range audit.Blocks(ws) {
			v, err := r.MemberAt(id).Block(ref)
			if err != nil {
				return out, err
			}
			held := map[string]cube.Rights{}
			err = cells(ref.Block, func(items []cube.ItemID) error {
				d := v.Decide(items...)
				held[placeName(ref.Block, items)] = rights(d.Read, d.Write)
				return nil
			})
			if err != nil {
				return out, err
			}
			out.cells[ws.Users.Item(id)+"\x00"+blockName(ref.Block)] = held
		}
	}
	return out, nil
}

// shrunk is the sequence without the steps and changes that do not matter to what is wrong.
func (s sequence) shrunk(ctx context.Context) sequence {
	still := func(steps [][]engine.Change) bool {
		wrong, err := (&sequence{s.seed, steps}).run(ctx, 0, &sequenceTally{})
		return wrong != "" || err != nil
	}
	for smaller := true; smaller; {
		smaller = false
		for i := len(s.steps) - 1; i >= 0; i-- {
			if less := slices.Delete(slices.Clone(s.steps), i, i+1); still(less) {
				s.steps, smaller = less, true
				continue
			}
			for k := len(s.steps[i]) - 1; k >= 0 && len(s.steps[i]) > 1; k-- {
				less := slices.Clone(s.steps)
				less[i] = slices.Delete(slices.Clone(less[i]), k, k+1)
				if still(less) {
					s.steps, smaller = less, true
				}
			}
		}
	}
	return s
}

// After every step of random sequences of changes, rights that were updated answer as those of the changed model do,
// compiled anew and by the oracle, their difference from the step before is what counting cells says, and Changed yields
// it. 20 sequences, or as many as CUBEWARD_SEQUENCES says, from seed CUBEWARD_FIRST on. What fails is printed with its seed and
// the changes that it takes.
func TestSequencesOfChanges(t *testing.T) {
	var total sequenceTally
	forEach(t, seeds(t, "CUBEWARD_SEQUENCES", 400_000, 20, 8), func(seed uint64) func() {
		s, tally := sequence{seed: seed}, sequenceTally{}
		wrong, err := s.run(t.Context(), 5, &tally)
		return func() {
			if wrong != "" || err != nil {
				t.Errorf("%s%v\n%s", s.shrunk(t.Context()), err, wrong)
			}
			total.made, total.refused = total.made+tally.made, total.refused+tally.refused
			total.changes, total.unclear = total.changes+tally.changes, total.unclear+tally.unclear
		}
	})
	t.Logf("%d updates made, %d refused; %d changes of rights, %d of them for reasons that are unclear", total.made, total.refused, total.changes, total.unclear)
	require.Greater(t, total.made, total.refused)
	require.Greater(t, total.changes, total.made)
	require.LessOrEqual(t, total.unclear, total.changes/20)
}
