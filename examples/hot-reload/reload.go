package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// queries is the part of a query engine that masks results. Rights change while it works: each query is answered as of
// one generation of rights, the one that was current when it began.
type queries struct {
	schema *arrow.Schema
	audit  func(mask.Access)
	now    atomic.Pointer[generation]
	update sync.Mutex // one at a time changes rights; nobody who asks waits for it
}

// generation is one state of the rights with what was made from it. When it is replaced, the queries that still work
// with it are all that holds on to it.
type generation struct {
	number  int
	rights  *engine.Rights
	maskers sync.Map // by member: *mask.Masker. They stand on views of this generation and must not outlive it
}

func newQueries(rights *engine.Rights, schema *arrow.Schema, audit func(mask.Access)) *queries {
	q := &queries{schema: schema, audit: audit}
	q.now.Store(&generation{number: 1, rights: rights})
	return q
}

// run masks a result for a member and says as of which generation.
func (q *queries) run(member string, result arrow.RecordBatch) (arrow.RecordBatch, int, error) {
	g := q.now.Load() // once: the rest of the query looks at nothing else
	m, err := g.masker(member, q)
	if err != nil {
		return nil, g.number, err
	}
	out, err := m.Mask(result)
	return out, g.number, err
}

func (g *generation) masker(member string, q *queries) (*mask.Masker, error) {
	if m, ok := g.maskers.Load(member); ok {
		return m.(*mask.Masker), nil
	}
	who, err := g.rights.Member(member)
	if err != nil {
		return nil, err
	}
	m, err := mask.New(who, q.schema, mask.Options{Locks: true, Audit: q.audit})
	if err != nil {
		return nil, err
	}
	kept, _ := g.maskers.LoadOrStore(member, m)
	return kept.(*mask.Masker), nil
}

// apply makes changes and lets the queries that begin from now on see them. Where it fails nothing changes.
func (q *queries) apply(ctx context.Context, changes ...engine.Change) (int, error) {
	q.update.Lock()
	defer q.update.Unlock()
	old := q.now.Load()
	rights, err := old.rights.Update(ctx, changes...)
	if err != nil {
		return old.number, fmt.Errorf("rights stay as they were: %w", err)
	}
	q.now.Store(&generation{number: old.number + 1, rights: rights})
	return old.number + 1, nil
}
