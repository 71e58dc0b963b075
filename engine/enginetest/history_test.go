package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// history is generations of a model's rights, made in all the ways that there are to make some of others: by changes,
// and by compiling anew since any older ones, which may be of some members only, from a file, or of another model.
type history struct {
	*rand.Rand
	historyTally
	ctx     context.Context
	options engine.Options
	all     []*engine.Rights // that can be updated
	others  []*engine.Rights // that can be compiled since
	notes   []string
}

type historyTally struct{ updated, refused, since int }

func (h *history) note(format string, args ...any) {
	h.notes = append(h.notes, fmt.Sprintf(format, args...))
}

func pickOf[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// newHistory is a model's rights, of all members or some, with caches of some size.
func newHistory(ctx context.Context, seed uint64) (*history, error) {
	first, err := compiledModel(ctx, seed)
	if err != nil {
		return nil, err
	}
	other, err := compiledModel(ctx, seed+1)
	if err != nil {
		return nil, err
	}
	h := &history{Rand: rand.New(rand.NewPCG(seed, 0x415)), ctx: ctx, others: []*engine.Rights{other}}
	switch seed % 4 {
	case 1:
		h.options = engine.Options{ViewBytes: 1, MemoBytes: 1, Workers: 1}
	case 2:
		h.options = engine.Options{ViewBytes: 5000, Workers: 3}
	}
	ws := first.Workspace()
	if h.IntN(3) == 0 {
		h.options.Members = h.some(ws)
	}
	r, err := engine.Compile(ctx, ws, h.options)
	if err != nil {
		return nil, err
	}
	h.all = []*engine.Rights{r}
	return h, h.keep(r)
}

// some are some of a workspace's members, maybe none.
func (h *history) some(ws *cube.Workspace) []cube.ItemID {
	out := []cube.ItemID{}
	for id := range cube.ItemID(ws.Users.Len()) {
		if h.IntN(2) == 0 {
			out = append(out, id)
		}
	}
	return out
}

// held are the members whose rights are held.
func held(r *engine.Rights) []cube.ItemID {
	out := []cube.ItemID{}
	for id := range cube.ItemID(r.Workspace().Users.Len()) {
		if r.Holds(id) {
			out = append(out, id)
		}
	}
	return out
}

// step makes another generation, mostly of the last one, and says what is wrong with it.
func (h *history) step() (wrong string, err error) {
	r := h.all[len(h.all)-1]
	if h.IntN(4) == 0 {
		r = pickOf(h.Rand, h.all)
	}
	now, err := r.Current()
	if err != nil {
		return "", err
	}
	var next *engine.Rights
	if h.IntN(4) > 0 {
		changes := RandomChanges(h.Rand, now, 4)
		next, err = r.Update(h.ctx, changes...)
		var mistakes cube.Errors
		if errors.As(err, &mistakes) {
			h.refused++
			return "", nil
		}
		h.updated++
		for _, c := range changes {
			h.note("generation %d: %#v", len(h.all), c)
		}
	} else {
		opt, older := h.options, slices.Concat(h.all, h.others)
		at := h.IntN(len(older))
		opt.Since, opt.Members = older[at], nil
		if h.IntN(3) == 0 {
			opt.Members = h.some(now)
		}
		next, err = engine.Compile(h.ctx, now, opt)
		h.since++
		h.note("generation %d: compiled since %d of %d, for %v", len(h.all), at, len(h.all), opt.Members)
	}
	if err != nil {
		return "", err
	}
	h.all = append(h.all, next)
	if h.IntN(3) == 0 {
		if err := h.keep(next); err != nil {
			return "", err
		}
	}
	return h.check(next)
}

// keep keeps a generation as a file has it, or what others would compile of it: a shard, maybe one of more than there are
// members, and its file.
func (h *history) keep(r *engine.Rights) error {
	if h.IntN(2) == 0 {
		now, err := r.Current()
		if err != nil {
			return err
		}
		n := 1 + h.IntN(2*now.Users.Len()+1)
		r, err = engine.Compile(h.ctx, now, engine.Options{Members: store.ShardMembers(1+h.IntN(n), n, now.Users.Len())})
		if err != nil {
			return err
		}
		h.others = append(h.others, r)
	}
	opened, file, err := filed(h.ctx, r, store.WriteOptions{})
	if err != nil {
		return err
	}
	h.others = append(h.others, opened)
	return h.part(r, file)
}

// part compares what rights from a file answer about some members, out of tiny caches, with the oracle.
func (h *history) part(r *engine.Rights, file []byte) error {
	now, err := r.Current()
	if err != nil {
		return err
	}
	f, err := store.New(bytes.NewReader(file), int64(len(file)), store.OpenOptions{})
	if err != nil {
		return err
	}
	opened, err := f.Rights(h.ctx, engine.Options{ViewBytes: 1, MemoBytes: 1, Members: h.some(now)})
	if err != nil {
		return err
	}
	for id := range cube.ItemID(now.Users.Len()) {
		if opened.Holds(id) && !r.Holds(id) {
			return fmt.Errorf("a file holds member %d, whom the rights did not", id)
		}
	}
	differences, _, err := CompareModel(now, opened)
	if err == nil && len(differences) > 0 {
		err = errors.New("from a file: " + strings.Join(differences, "\n"))
	}
	return err
}

// check compares a generation with the oracle, and with rights that nothing was taken over into.
func (h *history) check(r *engine.Rights) (wrong string, err error) {
	differences, _, err := CompareRights(r)
	if err != nil || len(differences) > 0 {
		return "the oracle says otherwise:\n" + strings.Join(differences, "\n"), err
	}
	now, err := r.Current()
	if err != nil {
		return "", err
	}
	fresh, err := engine.Compile(h.ctx, now, engine.Options{Members: held(r)})
	if err != nil {
		return "", err
	}
	var files [2][]byte
	for i, x := range []*engine.Rights{r, fresh} {
		if _, files[i], err = filed(h.ctx, x, store.WriteOptions{}); err != nil {
			return "", err
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		return "its file is not that of its model", nil
	}
	return "", nil
}

// run makes some generations. The first one answers afterwards as it did before.
func (h *history) run(steps int, seed uint64) (wrong string, err error) {
	before, err := askEverything(h.ctx, h.all[0], seed)
	if err != nil {
		return "", err
	}
	for range steps {
		if wrong, err := h.step(); wrong != "" || err != nil {
			return wrong, err
		}
	}
	after, err := askEverything(h.ctx, h.all[0], seed)
	if err != nil {
		return "", err
	}
	return before.differs(after), nil
}

// Whatever rights were made of, by changes or since any others, they are those of their model: the oracle says so, and
// their file is byte by byte that of rights made of nothing. 30 histories, or as many as CUBEWARD_SEQUENCES says, from
// seed CUBEWARD_FIRST on.
func TestHistories(t *testing.T) {
	var total historyTally
	forEach(t, seeds(t, "CUBEWARD_SEQUENCES", 500_000, 30, 8), func(seed uint64) func() {
		h, err := newHistory(t.Context(), seed)
		wrong := ""
		if err == nil {
			wrong, err = h.run(8, seed)
		}
		return func() {
			if h == nil {
				h = &history{}
			}
			if wrong != "" || err != nil {
				t.Errorf("seed %d: %v\n%s\n%s", seed, err, strings.Join(h.notes, "\n"), wrong)
			}
			total.updated, total.refused, total.since = total.updated+h.updated, total.refused+h.refused, total.since+h.since
		}
	})
	t.Logf("%d updates, %d refused, %d compiled since others", total.updated, total.refused, total.since)
	require.Greater(t, total.updated, total.refused)
	require.Greater(t, total.since, total.updated/8)
}
