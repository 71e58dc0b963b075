package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/cubeward/cubeward/bitmap"
	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/inherit"
)

// Options are the choices of Compile. The zero Options are good.
type Options struct {
	Workers   int   // how many goroutines work at once; 0 means one for each processor
	ViewBytes int64 // what the cache of views may hold, in bytes of tables; 0 means 256 MiB

	// MemoBytes is what may be remembered of the sets that lie between metrics and views, in bytes; 0 means 256 MiB.
	MemoBytes int64
	// Since are rights of an older state of the model, perhaps of another workspace value: what depends on nothing that
	// changed is taken over from them instead of being worked out. The result is the same without.
	Since *Rights
	// Members are the members whose rights are worked out; nil means all. The rights of the others are not told: asking
	// for them is a *NotHeldError.
	Members []cube.ItemID
	// Progress is told how far Compile is: by one goroutine at a time, and never after Compile returned. It should be
	// quick, as the work waits for it.
	Progress func(Progress)
}

// Validate reports what is wrong with the options, all of it.
func (o Options) Validate() error {
	var errs []error
	if o.Workers < 0 {
		errs = append(errs, fmt.Errorf("engine: Workers is %d; it may not be negative", o.Workers))
	}
	if o.ViewBytes < 0 {
		errs = append(errs, fmt.Errorf("engine: ViewBytes is %d; it may not be negative", o.ViewBytes))
	}
	if o.MemoBytes < 0 {
		errs = append(errs, fmt.Errorf("engine: MemoBytes is %d; it may not be negative", o.MemoBytes))
	}
	return errors.Join(errs...)
}

func (o Options) workers() int {
	if o.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return o.Workers
}

// Rights is what everyone may read and write in a workspace: the compiled model. It is immutable but for caches, and
// may be shared by all goroutines.
type Rights struct {
	ws       *cube.Workspace
	plan     *inherit.Plan
	pool     *bitmap.Pool
	values   *values
	mappings []mapping // by inherit.ExprID
	metrics  map[cube.BlockID]int
	cells    []uint64 // by metric: the cells of a row
	profiles []profile
	of       chunks[profileID] // by member; nobody where they are not held
	held     []bool            // by member; nil where all are held
	stored   *stored           // what restored rights have yet to read; nil for compiled ones
	memo     *memo
	read     readKinds     // only while compiling
	progress *progress     // likewise
	taking   *taking       // likewise: from Options.Since
	spare    chan struct{} // likewise, while rows are filled: one for each goroutine that may help
	views    *viewCache
	workers  int
	opt      Options                      // without Since and Progress
	inputs   map[cube.BlockID]*givenCells // of blocks over User whose given cells are not the workspace's any more
	line     *lineage
	steps    int64 // how many generations of the lineage lead to this one
	compact  sync.Once
	small    *Rights // the same in a smaller lineage, once that was needed
	work     work
	moves    []move  // the members whose profile is another than in the generation before, where that has the same lineage
	before   *Rights // the generation before, where it has another lineage; without what was before that
}

// Compile works out the rights of everyone in a workspace. A model's mistakes come as cube.Errors. The workspace must
// not change afterwards.
//
// What does not depend on members is worked out once; what a member's access-rights metrics hold is stored once for
// all members that hold the same. Views of blocks are worked out when somebody asks.
//
// As many goroutines work as Options.Workers says, at metrics and at the rows of metrics, and their number changes no
// byte of what comes out. Besides what the rights hold in the end, each metric that is being worked on takes a few bytes for
// each member and, for each kind of member, a few for each cell of its row, or for each given cell where few are given: no more
// metrics than Workers at once. (4,000 kinds of 20,000 members, 600 blocks: 6 MB in the end, at most 16 MB with one
// worker and 18 MB with eight.) It stops soon after ctx ends, with its error.
func Compile(ctx context.Context, ws *cube.Workspace, opt Options) (*Rights, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	progress := newProgress(opt.Progress)
	progress.begin("resolve", 1)
	plan, err := inherit.ResolveContext(ctx, ws)
	if err != nil {
		return nil, err
	}
	progress.add(1)
	r := &Rights{ws: ws, plan: plan, workers: opt.workers(), opt: opt}
	r.opt.Since, r.opt.Progress = nil, nil
	if r.held, err = opt.holding(ws.Users.Len()); err != nil {
		return nil, err
	}
	r.progress = progress
	r.begin()
	r.take(opt.Since)
	if err := r.mapItems(ctx); err != nil {
		return nil, err
	}
	r.read.by = map[int]func() kinds{}
	rows, err := r.fillRows(ctx)
	if err != nil {
		return nil, err
	}
	r.read = readKinds{}
	r.progress.begin("profiles", ws.Users.Len())
	if err := r.makeProfiles(ctx, rows); err != nil {
		return nil, err
	}
	r.progress.add(ws.Users.Len())
	r.progress = nil
	r.line.settle(r)
	return r, nil
}

// begin makes what rights fill and remember.
func (r *Rights) begin() {
	r.pool, r.metrics = bitmap.NewPool(), map[cube.BlockID]int{}
	r.values = newValues(r.plan)
	r.memo = newMemo(r.pool, r.plan.Len(), r.opt.MemoBytes)
	r.views = newViewCache(r.opt.ViewBytes)
}

// Workspace is the workspace that the rights are of.
func (r *Rights) Workspace() *cube.Workspace { return r.ws }

// Plan is what governs each block, without members.
func (r *Rights) Plan() *inherit.Plan { return r.plan }

// Values is what a block holds or its formula computes, with the system's eyes, over exactly the block's dimensions
// in their order. An item set has no values: asking for them is an error. The first call for a block evaluates it
// and what it reads; later ones return the same column. Restored rights do not hold all values: a *NotHeldError says so.
func (r *Rights) Values(ctx context.Context, b *cube.Block) (*cube.Column, error) {
	if err := r.readyToExplain(); err != nil {
		return nil, err
	}
	return r.values.of(ctx, b)
}
