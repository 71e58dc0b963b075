package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// masking is one member's output on its way.
type masking struct {
	member string
	path   string
	masker *mask.Masker
	out    *tableOut
	feed   *feed
	stream *mask.Stream // nil where the whole table is masked at once
	rows   int64        // written
}

// mask carries out the command. No file has its name before all are complete.
func (t *tool) mask(ctx context.Context, f *maskFlags) error {
	rights, err := f.model.compile(ctx)
	if err != nil {
		return withoutValues(err, f.model.path)
	}
	members, err := f.whose(rights)
	if err != nil {
		return err
	}
	in, err := openBatches(f.in, t.stdin, int64(f.memory))
	if err != nil {
		return err
	}
	defer in.Close()
	opt, err := f.place(rights.Workspace(), in.Schema())
	if err != nil {
		return err
	}
	work, err := t.startMasking(f, members, in, opt)
	if err != nil {
		return err
	}
	rows, err := t.maskAll(ctx, in, work, opt.Sort, int64(f.memory))
	if err != nil {
		return err
	}
	if err := forAll(work, syncsAtOnce, func(w *masking) error { return w.out.finish() }); err != nil {
		return err
	}
	for _, w := range work {
		if err := w.out.publish(); err != nil {
			return err
		}
	}
	return t.reportMasking(f, work, rows)
}

// whose are the members that the masks are for.
func (f *maskFlags) whose(rights *engine.Rights) ([]*engine.Member, error) {
	if f.members == "" {
		m, err := f.asker.member(rights, f.asker.user)
		return []*engine.Member{m}, err
	}
	named, err := readMembers(f.members)
	if err != nil {
		return nil, err
	}
	var out []*engine.Member
	var unknown cube.Errors
	for _, n := range named {
		m, err := f.asker.member(rights, n.name)
		var who *engine.UnknownError
		switch {
		case errors.As(err, &who) && who.Name == n.name:
			unknown.Add(n.pos, "unknown member") // names no value of the file
		case err != nil:
			return nil, err
		default:
			out = append(out, m)
		}
	}
	return out, unknown.Err()
}

// startMasking binds the columns for each member and starts the outputs.
func (t *tool) startMasking(f *maskFlags, members []*engine.Member, in batchReader, opt mask.Options) ([]*masking, error) {
	form := tableForm{limit: int64(f.memory)}
	if c, ok := in.(*csvReader); ok {
		form.header = c.Header()
	}
	var work []*masking
	for _, m := range members {
		masker, err := mask.New(m, in.Schema(), opt)
		if err != nil {
			return nil, bindingError(err)
		}
		w := &masking{member: m.Name(), path: outputFor(f.out, m.Name()), masker: masker, feed: &feed{schema: in.Schema()}}
		if !opt.Sort {
			if w.stream, err = masker.Stream(w.feed); err != nil {
				return nil, bindingError(err)
			}
		}
		work = append(work, w)
	}
	for _, w := range work {
		if err := notTheInput(f.in, w.path); err != nil {
			return nil, err
		}
		var err error
		if w.out, err = t.createTable(w.path, w.masker.Schema(), form); err != nil {
			return nil, err
		}
	}
	return work, nil
}

// notTheInput refuses to put the output in the place of the input (SPEC 5: the input is never changed).
func notTheInput(in, out string) error {
	a, err := os.Stat(in)
	if err != nil {
		return nil // standard input
	}
	if b, err := os.Stat(out); err == nil && os.SameFile(a, b) {
		return fileError(out, "the output would replace the input")
	}
	return nil
}

// largeBatch is from how many bytes on a batch costs more to keep than a collection takes.
const largeBatch = 16 << 20

// maskAll masks every batch for every member; where the result is sorted, all rows as one batch. It returns the number
// of rows read.
func (t *tool) maskAll(ctx context.Context, in batchReader, work []*masking, sorted bool, limit int64) (int64, error) {
	bar := newProgress(t.stderr, "masking", "rows")
	defer bar.done()
	if sorted {
		whole, err := readWhole(ctx, in, limit, bar)
		if err != nil || whole == nil {
			return 0, err
		}
		defer whole.Release()
		for _, w := range work {
			if err := w.whole(whole); err != nil {
				return 0, err
			}
		}
		return whole.NumRows(), nil
	}
	rows := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		b, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		err = writeToAll(work, b, rows)
		n, size := b.NumRows(), batchBytes(b)
		rows += n
		b.Release()
		if err != nil {
			return 0, err
		}
		if size >= largeBatch {
			runtime.GC() // else several batches that nobody uses any more would be held beside the next
		}
		bar.add(n)
	}
	for _, w := range work {
		if w.stream.Next(); w.stream.Err() != nil {
			return 0, maskingError(w.stream.Err(), rows)
		}
	}
	return rows, nil
}

// syncsAtOnce is how many files wait for the disk at once: it makes many last in about the time of one.
const syncsAtOnce = 16

// writeToAll masks a batch, which stands behind before rows, for every member.
func writeToAll(work []*masking, b arrow.RecordBatch, before int64) error {
	return forAll(work, runtime.GOMAXPROCS(0), func(w *masking) error { return w.next(b, before) })
}

// forAll does something for every member, for so many at once. Members do not wait for each other; the error is that of
// the first member who has one, whatever came first.
func forAll(work []*masking, atOnce int, do func(*masking) error) error {
	errs, panics := make([]error, len(work)), make([]any, len(work))
	var all errgroup.Group
	all.SetLimit(atOnce)
	for i, w := range work {
		all.Go(func() error {
			defer func() { panics[i] = recover() }()
			errs[i] = do(w)
			return nil
		})
	}
	_ = all.Wait()
	for i, err := range errs {
		if panics[i] != nil {
			panic(panics[i]) // the last resort is where it would have been without goroutines
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next masks and writes one batch.
func (w *masking) next(b arrow.RecordBatch, before int64) error {
	w.feed.next = b
	if !w.stream.Next() {
		return maskingError(w.stream.Err(), before)
	}
	return w.write(w.stream.RecordBatch())
}

// whole masks the whole table.
func (w *masking) whole(b arrow.RecordBatch) error {
	out, err := w.masker.Mask(b)
	if err != nil {
		return maskingError(err, 0)
	}
	defer out.Release()
	return w.write(out)
}

func (w *masking) write(b arrow.RecordBatch) error {
	w.rows += b.NumRows()
	return w.out.Write(b)
}

// maskingError is an error of a Masker whose batch stands behind before rows.
func maskingError(err error, before int64) error {
	var refused *mask.RefusedError
	if errors.As(err, &refused) {
		return &failure{status: statusRefused, err: fmt.Errorf("refused: column %q has a value in row %d that may not be read", refused.Column, before+int64(refused.Row)+1)}
	}
	if unreadable(err) {
		return err
	}
	return invalid(errors.New(strings.TrimPrefix(err.Error(), "mask: ")))
}

// withoutValues is an error in a model without its text, which may quote what the model holds: what mask says may
// reach its members (SPEC 1.4). Places stay.
func withoutValues(err error, path string) error {
	var many cube.Errors
	if !errors.As(err, &many) {
		return err
	}
	hint := fmt.Sprintf("cubeward check -m %s says why", path)
	places := make(cube.Errors, 0, len(many))
	for _, e := range many {
		places.Add(e.Pos, "the model is not valid here")
	}
	return &failure{status: statusInvalid, err: places.Err(), hint: hint}
}
