package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

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
	for _, w := range work {
		if err := w.out.finish(); err != nil {
			return err
		}
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

// maskAll masks every batch for every member; where the result is sorted, all rows as one batch. It returns the number
// of rows read.
func (t *tool) maskAll(ctx context.Context, in batchReader, work []*masking, sorted bool, limit int64) (int64, error) {
	bar := newProgress(t.stderr, "masking")
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
		rows += b.NumRows()
		b.Release()
		if err != nil {
			return 0, err
		}
		bar.add(b.NumRows())
	}
	for _, w := range work {
		if w.stream.Next(); w.stream.Err() != nil {
			return 0, maskingError(w.stream.Err(), rows)
		}
	}
	return rows, nil
}

func writeToAll(work []*masking, b arrow.RecordBatch, before int64) error {
	for _, w := range work {
		w.feed.next = b
		if !w.stream.Next() {
			return maskingError(w.stream.Err(), before)
		}
		if err := w.write(w.stream.RecordBatch()); err != nil {
			return err
		}
	}
	return nil
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

// readWhole is all rows of a table as one batch, nil where there is none.
func readWhole(ctx context.Context, in batchReader, limit int64, bar *progress) (arrow.RecordBatch, error) {
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	size := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		batches = append(batches, b)
		if size += batchBytes(b); size > limit {
			return nil, invalid(fmt.Errorf("--sort needs the whole table in memory, and it is larger than --memory %s; give more", sizeText(limit)))
		}
		bar.add(b.NumRows())
	}
	if len(batches) == 0 {
		return nil, nil
	}
	return concatenated(batches)
}

// concatenated is the rows of all batches as one.
func concatenated(batches []arrow.RecordBatch) (arrow.RecordBatch, error) {
	schema := batches[0].Schema()
	columns := make([]arrow.Array, schema.NumFields())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	rows := int64(0)
	for _, b := range batches {
		rows += b.NumRows()
	}
	for i, f := range schema.Fields() {
		parts := make([]arrow.Array, len(batches))
		for k, b := range batches {
			parts[k] = b.Column(i)
		}
		err := guard(func() (err error) {
			columns[i], err = array.Concatenate(parts, memory.DefaultAllocator)
			return err
		})
		if err != nil {
			return nil, invalid(fmt.Errorf("column %q: its batches cannot be put together, as --sort needs", f.Name))
		}
	}
	return array.NewRecordBatch(schema, columns, rows), nil
}

// feed hands the batches that it is given to a mask.Stream, one at a time: one input feeds the streams of many members.
// It is an array.RecordReader.
type feed struct {
	schema    *arrow.Schema
	next, cur arrow.RecordBatch // both belong to whoever reads the input
}

// Schema is the schema of the batches.
func (f *feed) Schema() *arrow.Schema { return f.schema }

// Next is false where no batch was given since the last one: that is the end.
func (f *feed) Next() bool {
	f.cur, f.next = f.next, nil
	return f.cur != nil
}

// RecordBatch is the batch that was given.
func (f *feed) RecordBatch() arrow.RecordBatch { return f.cur }

// Record is RecordBatch under its old name.
func (f *feed) Record() arrow.RecordBatch { return f.cur }

// Err is nil: whoever reads the input sees its errors.
func (f *feed) Err() error { return nil }

// Retain and Release do nothing: a feed owns nothing.
func (f *feed) Retain() {}

// Release does nothing.
func (f *feed) Release() {}
