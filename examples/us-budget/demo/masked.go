package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/csv"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

const application = "US budget"

// The blocks that are shown: the first is a table with name columns, the others are dense.
var shown = []string{
	"Receipts", "Receipts by agency", "Total receipts", "Share of total", "Adjustment", "Adjusted receipts", "Published receipts",
}

// person is a member, with the role that the head of a column names.
type person struct {
	*engine.Member
	role string
}

// sheet is one block as an Arrow batch, and what each person's copy of it holds.
type sheet struct {
	block  *cube.Block
	ref    engine.Ref
	dense  bool
	batch  arrow.RecordBatch
	cells  [][]cube.ItemID // where each row's value stands
	rows   map[string]int  // the row of a cell, by the names of its items
	copies []copied
}

// copied is one person's copy of a sheet.
type copied struct {
	view  *engine.View
	batch arrow.RecordBatch // masked: what is hidden is not in it
	took  time.Duration     // the median of many times

	values           *array.Float64 // of batch, as the next two
	readable, locked *array.Boolean
}

// load makes a sheet of each block that is shown. The receipts are the file's own rows; what the others hold is
// calculated, with the system's eyes.
func load(ctx context.Context, rights *engine.Rights, model string) ([]*sheet, error) {
	sheets := make([]*sheet, len(shown))
	for i, name := range shown {
		ref, err := rights.Find(name, application)
		if err != nil {
			return nil, err
		}
		s := &sheet{block: ref.Block, ref: ref, dense: i > 0}
		if s.dense {
			err = s.calculate(ctx, rights)
		} else {
			err = s.readCSV(filepath.Join(model, "receipts.csv"))
		}
		if err != nil {
			return nil, err
		}
		s.index()
		sheets[i] = s
	}
	return sheets, nil
}

// readCSV reads a table with a column for each dimension, and one for the metric.
func (s *sheet) readCSV(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var fields []arrow.Field
	for _, d := range s.block.Dims {
		fields = append(fields, arrow.Field{Name: d.Name, Type: arrow.BinaryTypes.String})
	}
	fields = append(fields, arrow.Field{Name: s.block.Name, Type: arrow.PrimitiveTypes.Float64, Nullable: true})
	r := csv.NewReader(bytes.NewReader(text), arrow.NewSchema(fields, nil), csv.WithHeader(true), csv.WithChunk(-1))
	defer r.Release()
	if !r.Next() {
		return fmt.Errorf("%s: %w", file, r.Err())
	}
	s.batch = r.RecordBatch()
	s.batch.Retain()
	for row := range int(s.batch.NumRows()) {
		items := make([]cube.ItemID, len(s.block.Dims))
		for i, d := range s.block.Dims {
			name := s.batch.Column(i).(*array.String).Value(row)
			item, ok := d.Find(name)
			if !ok {
				return fmt.Errorf("%s: %q is not in the list %q", file, name, d.Name)
			}
			items[i] = item
		}
		s.cells = append(s.cells, items)
	}
	return nil
}

// calculate makes a batch of all cells of the block, in cell order.
func (s *sheet) calculate(ctx context.Context, rights *engine.Rights) error {
	values, err := rights.Values(ctx, s.block)
	if err != nil {
		return err
	}
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	space := values.Space()
	for cell := range space.Len() {
		if v := values.Value(cell); v.IsBlank() {
			b.AppendNull()
		} else {
			b.Append(v.Float())
		}
		items := make([]cube.ItemID, len(space.Dims()))
		space.At(cell, items)
		s.cells = append(s.cells, items)
	}
	column := b.NewArray()
	defer column.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: s.block.Name, Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
	s.batch = array.NewRecordBatch(schema, []arrow.Array{column}, -1)
	return nil
}

// index remembers which row each cell is.
func (s *sheet) index() {
	s.rows = make(map[string]int, len(s.cells))
	for row, items := range s.cells {
		names := make([]string, len(items))
		for i, item := range items {
			names[i] = s.block.Dims[i].Item(item)
		}
		s.rows[key(names)] = row
	}
}

// mask makes each person's copy of the sheet, with what may be read and what is locked beside the values. It does so
// some times over, to tell how long it takes.
func (s *sheet) mask(people []person, times int) error {
	opt := mask.Options{Application: application, Readable: true, Locks: true}
	if s.dense {
		opt.Dense = s.block.Name
	}
	for _, p := range people {
		view, err := p.Block(s.ref)
		if err != nil {
			return err
		}
		masker, err := mask.New(p.Member, s.batch.Schema(), opt)
		if err != nil {
			return err
		}
		c := copied{view: view}
		if c.batch, c.took, err = s.repeat(masker, times); err != nil {
			return err
		}
		measure := int(s.batch.NumCols()) - 1
		c.values = c.batch.Column(measure).(*array.Float64)
		c.readable = c.batch.Column(measure + 1).(*array.Boolean)
		c.locked = c.batch.Column(measure + 2).(*array.Boolean)
		s.copies = append(s.copies, c)
	}
	return nil
}

// repeat masks the batch some times, and returns the last result and the median of the times taken.
func (s *sheet) repeat(masker *mask.Masker, times int) (arrow.RecordBatch, time.Duration, error) {
	var out arrow.RecordBatch
	took := make([]time.Duration, times)
	for i := range took {
		if out != nil {
			out.Release()
		}
		started := time.Now()
		var err error
		if s.dense {
			out, err = masker.MaskAt(0, s.batch)
		} else {
			out, err = masker.Mask(s.batch)
		}
		if err != nil {
			return nil, 0, err
		}
		took[i] = time.Since(started)
	}
	slices.Sort(took)
	return out, took[len(took)/2], nil
}

// release gives back the memory of all batches.
func release(sheets []*sheet) {
	for _, s := range sheets {
		s.batch.Release()
		for _, c := range s.copies {
			c.batch.Release()
		}
	}
}
