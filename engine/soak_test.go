package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/enginetest"
)

// soakTime is how long a soak test runs: CUBEWARD_SOAK (such as 10m; make soak), or about a second.
func soakTime(t *testing.T) time.Duration {
	if text := os.Getenv("CUBEWARD_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		require.NoError(t, err)
		return d
	}
	return time.Second
}

// The office is a model of which each decision is known without the engine: who is of a country reads its figures,
// Admins read all, and nobody writes in a closed month. Members move about; a state is where they are.
const (
	officeMembers   = 48
	officeCountries = 9
	officeMonths    = 70
)

type officeState struct {
	country [officeMembers]int // -1: BLANK
	role    [officeMembers]int // -1: none; else 0 Admin, 4 Reader
}

func (s *officeState) scramble(r *rand.Rand) {
	for m := range s.country {
		s.country[m] = r.IntN(officeCountries+1) - 1
		s.role[m] = []int{-1, 0, 4, 4, 4}[r.IntN(5)]
	}
}

func officeMember(m int) string { return fmt.Sprintf("m%02d", m) }

func officeCountry(c int) string { return fmt.Sprintf("c%d", c) }

func office(t *testing.T, s *officeState) *cube.Workspace {
	ws := cube.NewWorkspace("Office")
	app := ws.AddApplication("A")
	country, month := app.AddList("Country"), app.AddList("Month")
	for c := range officeCountries {
		require.NoError(t, country.Append(officeCountry(c)))
	}
	closed := ws.AddProperty(month, "Closed", cube.Type{Kind: cube.Boolean})
	vec := cube.NewVector(cube.Boolean, officeMonths)
	for i := range officeMonths {
		require.NoError(t, month.Append(fmt.Sprint("t", i)))
		vec.Bytes[i] = uint8(i % 2)
	}
	closed.Input = cube.NewDense(closed.Type, space(t, month), vec)
	home := ws.AddProperty(ws.Users, "Country", cube.Type{Kind: cube.Item, List: country})
	homes := cube.NewVector(cube.Item, officeMembers)
	ws.Accounts = make([]cube.AccountType, officeMembers)
	ws.Accounts[0] = cube.PrimaryOwner
	for m := range officeMembers {
		require.NoError(t, ws.Users.Append(officeMember(m)))
		if s.country[m] >= 0 {
			homes.Ints[m] = int32(s.country[m])
		}
		if s.role[m] >= 0 {
			app.SetRoleOf(cube.ItemID(m), cube.ItemID(s.role[m]))
		}
	}
	home.Input = cube.NewDense(home.Type, space(t, ws.Users), homes)
	rights := func(name, text string, dims ...*cube.List) *cube.Block {
		m := app.AddMetric(name, cube.Type{Kind: cube.AccessRights}, append([]*cube.List{ws.Users}, dims...)...)
		m.Formula = &cube.Formula{Text: text, Author: cube.NoItem}
		return m
	}
	both := cube.Read | cube.Write
	app.Rules = []*cube.Rule{
		{Name: "home", Metric: rights("Home", "IF(User.Country = Country OR 'Users roles' = Role.\"Admin\", ACCESSRIGHTS(TRUE, TRUE))", country), Categories: both, Target: cube.OnDimensions, Dims: []*cube.List{country}},
		{Name: "open", Metric: rights("Open", "ACCESSRIGHTS(TRUE, NOT Month.Closed)", month), Categories: cube.Write, Target: cube.OnDimensions, Dims: []*cube.List{month}},
	}
	number := cube.Type{Kind: cube.Number}
	add := func(name, text string, dims ...*cube.List) {
		m := app.AddMetric(name, number, dims...)
		if text != "" {
			m.Formula, m.Overridable = &cube.Formula{Text: text, Author: cube.NoItem}, true
		}
	}
	add("Sales", "", country, month)
	add("More", "Sales * 2", country, month)
	add("Turned", "More + 1", month, country)
	add("Total", "Sales[REMOVE: Country]", month)
	add("First", "More[SELECT: Country.\"c0\"]", month)
	add("All", "Sales[REMOVE: Country, Month]")
	return ws
}

func space(t *testing.T, dims ...*cube.List) cube.Space {
	s, err := cube.NewSpace(dims...)
	require.NoError(t, err)
	return s
}

var officeBlocks = []string{"Sales", "More", "Turned", "Total", "First", "All"}

// decide is what the office's rules say: the engine is not asked.
func (s *officeState) decide(m int, block string, country, month int) (read, write bool) {
	if s.role[m] < 0 {
		return false, false
	}
	admin := s.role[m] == 0
	open := month%2 == 0
	sees := func(c int) bool { return admin || s.country[m] == c }
	all := admin // nobody else is of all countries
	switch block {
	case "Sales", "More", "Turned":
		read, write = sees(country), open
	case "Total":
		read, write = all, open
	case "First":
		read, write = sees(0), open
	case "All":
		read, write = all, false // of the months, some are closed
	}
	return read, read && write && admin // Readers write nowhere
}

// generation is rights and the state that they are of.
type generation struct {
	rights *engine.Rights
	state  officeState
}

// Many ask for views of all members and blocks, of several generations, from caches that hold next to nothing, while others
// update; some hold on to old views. Every answer is that of the member's own state: nobody is ever given an entry of
// another profile or generation. With the build tag cubeward_collide contents and views collide in every hash table.
func TestSoakOffice(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	first := &generation{}
	first.state.scramble(rand.New(rand.NewPCG(seed, 0)))
	var err error
	first.rights, err = engine.Compile(t.Context(), office(t, &first.state), engine.Options{ViewBytes: 6000, MemoBytes: 1})
	require.NoError(t, err)
	var now [3]atomic.Pointer[generation] // the newest, and two that are older
	for i := range now {
		now[i].Store(first)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked, updates, evicted atomic.Uint64
	var wg sync.WaitGroup
	work := func(id uint64, do func(*rand.Rand) error) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, id))
			for ctx.Err() == nil {
				if err := do(r); err != nil {
					t.Error(err)
					cancel()
					return
				}
			}
		})
	}
	for id := range uint64(8) {
		var kept []*soakView
		work(id+1, func(r *rand.Rand) error {
			asked.Add(1)
			v, err := askOffice(r, now[r.IntN(len(now))].Load())
			if err != nil {
				return err
			}
			if len(kept) < 32 {
				kept = append(kept, v)
			} else {
				kept[r.IntN(32)] = v
			}
			return kept[r.IntN(len(kept))].check(r)
		})
	}
	work(100, func(r *rand.Rand) error {
		old := now[0].Load()
		next, err := moveOffice(ctx, r, old)
		if err != nil || next == nil {
			return err
		}
		updates.Add(1)
		now[1+r.IntN(2)].Store(old)
		now[0].Store(next)
		return nil
	})
	work(200, func(*rand.Rand) error {
		s := now[0].Load().rights.Stats()
		evicted.Store(max(evicted.Load(), s.Views.Evictions))
		if s.Views.Bytes > s.Views.Budget || s.Views.Bytes < 0 {
			return fmt.Errorf("the cache holds %d bytes, of %d", s.Views.Bytes, s.Views.Budget)
		}
		time.Sleep(time.Millisecond)
		return nil
	})
	began, enough := time.Now(), soakTime(t)
	happened := func() bool { return asked.Load() > 0 && updates.Load() > 0 && evicted.Load() > 0 }
	for ctx.Err() == nil && (time.Since(began) < enough || !happened() && time.Since(began) < enough+time.Minute) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	wg.Wait()
	t.Logf("%d views, %d updates, at most %d evictions in a generation", asked.Load(), updates.Load(), evicted.Load())
	require.NotZero(t, asked.Load())
	require.NotZero(t, updates.Load())
	require.NotZero(t, evicted.Load())
}

// moveOffice is a new generation in which some members moved.
func moveOffice(ctx context.Context, r *rand.Rand, old *generation) (*generation, error) {
	next := &generation{state: old.state}
	var changes []engine.Change
	for range 1 + r.IntN(3) {
		m := r.IntN(officeMembers)
		if r.IntN(2) == 0 {
			next.state.country[m] = r.IntN(officeCountries+1) - 1
			to := cube.Value{}
			if c := next.state.country[m]; c >= 0 {
				to = cube.TextValue(officeCountry(c))
			}
			changes = append(changes, engine.SetProperty{List: "User", Item: officeMember(m), Property: "Country", Value: to})
		} else {
			next.state.role[m] = []int{-1, 0, 4}[r.IntN(3)]
			role := map[int]string{-1: "", 0: "Admin", 4: "Reader"}[next.state.role[m]]
			changes = append(changes, engine.SetRole{Member: officeMember(m), Role: role})
		}
	}
	var err error
	next.rights, err = old.rights.Update(ctx, changes...)
	if err != nil && ctx.Err() != nil {
		return nil, nil
	}
	return next, err
}

// soakView is a view, and what it must say.
type soakView struct {
	view   *engine.View
	state  *officeState
	member int
	block  string
}

// askOffice asks a generation for the view of a member.
func askOffice(r *rand.Rand, g *generation) (*soakView, error) {
	m, name := r.IntN(officeMembers), officeBlocks[r.IntN(len(officeBlocks))]
	member, err := g.rights.Member(officeMember(m))
	if err == nil && m > 0 && r.IntN(8) == 0 {
		member, err = g.rights.Impersonate(officeMember(0), officeMember(m))
	}
	if err != nil {
		return nil, err
	}
	ref, err := g.rights.Find(name, "")
	if err != nil {
		return nil, err
	}
	v, err := member.Block(ref)
	return &soakView{v, &g.state, m, name}, err
}

// check asks a view in one of the ways there are.
func (s *soakView) check(r *rand.Rand) error {
	dims := s.view.Space().Dims()
	category := categories[r.IntN(len(categories))]
	want := func(items []cube.ItemID) bool {
		country, month := 0, 0
		for i, d := range dims {
			if d.Name == "Country" {
				country = int(items[i])
			} else {
				month = int(items[i])
			}
		}
		read, write := s.state.decide(s.member, s.block, country, month)
		if category == engine.Readable {
			return read
		}
		return write && s.view.Member().Admin() == ""
	}
	var tables []engine.Table
	ask := func(items []cube.ItemID) bool { return granted(s.view, category, items) }
	if r.IntN(2) == 0 {
		tables = s.view.Tables(category)
		ask = func(items []cube.ItemID) bool { return inTables(s.view, tables, items) }
	}
	items := make([]cube.ItemID, len(dims))
	whole := r.IntN(16) == 0
	n := uint64(0)
	for cell := range s.view.Space().Len() {
		if !whole {
			cell = r.Uint64N(s.view.Space().Len())
		}
		s.view.Space().At(cell, items)
		right := want(items)
		if ask(items) != right {
			return fmt.Errorf("%s, %s, category %d at %v: %t is wrong", s.view.Member().Name(), s.block, category, items, !right)
		}
		if right {
			n++
		}
		if !whole && cell&15 == 0 {
			return nil
		}
	}
	if !whole {
		return nil
	}
	if got, _, err := s.view.Count(category, nil); err != nil || got != n {
		return fmt.Errorf("%s, %s, category %d: counted %d, not %d (%v)", s.view.Member().Name(), s.block, category, got, n, err)
	}
	return nil
}

// Generated models, asked by many from caches that hold next to nothing, answer as they do when asked by one from caches
// that hold everything.
func TestSoakModels(t *testing.T) {
	deadline := time.Now().Add(soakTime(t))
	evictions := uint64(0)
	for seed := uint64(0); seed < 3 || time.Now().Before(deadline); seed++ {
		dir := t.TempDir()
		require.NoError(t, enginetest.Generate(seed+9000, enginetest.Medium()).Write(dir))
		ws, err := modelfile.Load(dir, modelfile.Options{})
		require.NoError(t, err)
		calm, err := engine.Compile(t.Context(), ws, engine.Options{Workers: 1})
		require.NoError(t, err)
		truth := map[soakKey]string{}
		var keys []soakKey
		for _, app := range ws.Applications {
			for _, b := range ws.Blocks() {
				if b.App != app && b.App != nil {
					continue
				}
				for m := range ws.Users.Len() {
					key := soakKey{cube.ItemID(m), engine.Ref{App: app, Block: b}}
					truth[key] = decisions(t, calm, key)
					keys = append(keys, key)
				}
			}
		}
		busy, err := engine.Compile(t.Context(), ws, engine.Options{Workers: 4, ViewBytes: 3000, MemoBytes: 1})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for g := range uint64(8) {
			order := slices.Clone(keys)
			r := rand.New(rand.NewPCG(seed, g))
			wg.Go(func() {
				r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				for _, key := range order[:min(len(order), 400)] {
					if decisions(t, busy, key) != truth[key] {
						t.Errorf("seed %d: %s, member %d", seed, key.ref, key.member)
						return
					}
				}
			})
		}
		wg.Wait()
		s := busy.Stats()
		require.LessOrEqual(t, s.Views.Bytes, s.Views.Budget)
		evictions += s.Views.Evictions
		if t.Failed() {
			return
		}
	}
	require.NotZero(t, evictions)
}

type soakKey struct {
	member cube.ItemID
	ref    engine.Ref
}

// decisions is all that the tables of a view say, written out.
func decisions(t *testing.T, r *engine.Rights, key soakKey) string {
	v, err := r.MemberAt(key.member).Block(key.ref)
	if err != nil {
		t.Error(err)
		return ""
	}
	return fmt.Sprint(v.Tables(engine.Readable), v.Tables(engine.Writable), v.Tables(engine.Unlocked))
}
