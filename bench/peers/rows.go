package peers

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/engine/mask"
)

// cubeward masks the batch.
func cubeward(q *question) (*peer, error) {
	m, err := mask.New(q.sheet.Member, q.sheet.Batch.Schema(), q.sheet.Options)
	if err != nil {
		return nil, err
	}
	var out arrow.RecordBatch
	return &peer{
		name: "cubeward", rows: len(q.values),
		do: func() error {
			if out != nil {
				out.Release()
			}
			out, err = m.Mask(q.sheet.Batch)
			return err
		},
		readable: func() []bool { return valid(out.Column(len(q.lists))) },
	}, nil
}

// valid says of each row whether it is not null.
func valid(a arrow.Array) []bool {
	out := make([]bool, a.Len())
	for i := range out {
		out[i] = a.IsValid(i)
	}
	return out
}

// rebuilt writes the values whose rows are readable, nulls for the others, as a Go programmer would.
func rebuilt(values []float64, readable func(row int) bool) arrow.Array {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(len(values))
	for r, v := range values {
		if readable(r) {
			b.UnsafeAppend(v)
		} else {
			b.UnsafeAppendBoolToBitmap(false)
		}
	}
	return b.NewArray()
}

// rowByRow is a peer that asks for each row.
func rowByRow(name string, q *question, readable func(row int) bool) *peer {
	var out arrow.Array
	return &peer{
		name: name, rows: len(q.values),
		do: func() error {
			if out != nil {
				out.Release()
			}
			out = rebuilt(q.values, readable)
			return nil
		},
		readable: func() []bool { return valid(out) },
	}
}

// goMaps keeps the names of readable items in a map for each factor.
func goMaps(q *question) *peer {
	sets := make([]map[string]struct{}, len(q.axes))
	names := make([]*array.String, len(q.axes))
	for i, axis := range q.axes {
		sets[i] = map[string]struct{}{}
		for item, ok := range q.allows[i] {
			if ok {
				sets[i][q.lists[axis].Items()[item]] = struct{}{}
			}
		}
		names[i] = q.dictionary(axis).Dictionary().(*array.String)
	}
	return rowByRow("gomap", q, func(r int) bool {
		for i, axis := range q.axes {
			if _, ok := sets[i][names[i].Value(int(q.codes[axis][r]))]; !ok {
				return false
			}
		}
		return true
	})
}

// roarings keeps the readable items in a bitmap for each factor, and asks it for each row.
func roarings(q *question) *peer {
	sets := make([]*roaring.Bitmap, len(q.axes))
	for i := range q.axes {
		sets[i] = roaring.New()
		for item, ok := range q.allows[i] {
			if ok {
				sets[i].Add(uint32(item))
			}
		}
		sets[i].RunOptimize()
	}
	return rowByRow("roaring", q, func(r int) bool {
		for i, axis := range q.axes {
			if !sets[i].Contains(uint32(q.codes[axis][r])) {
				return false
			}
		}
		return true
	})
}

// arrowMask is which rows are readable, by arrow-go's kernels: take from a lookup table for each factor, and.
func arrowMask(ctx context.Context, q *question, tables []arrow.Array) (arrow.Array, error) {
	var all arrow.Array
	for i, axis := range q.axes {
		got, err := compute.TakeArray(ctx, tables[i], q.dictionary(axis).Indices())
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = got
			continue
		}
		both, err := compute.CallFunction(ctx, "and", nil, compute.NewDatumWithoutOwning(all), compute.NewDatumWithoutOwning(got))
		all.Release()
		got.Release()
		if err != nil {
			return nil, err
		}
		all = both.(*compute.ArrayDatum).MakeArray()
		both.Release()
	}
	return all, nil
}

func lookupTables(q *question) []arrow.Array {
	var tables []arrow.Array
	for _, allow := range q.allows {
		b := array.NewBooleanBuilder(memory.DefaultAllocator)
		b.AppendValues(allow, nil)
		tables = append(tables, b.NewArray())
		b.Release()
	}
	return tables
}

// arrowCompute lays the mask over the values as their validity. The hidden values stay in the buffer.
func arrowCompute(ctx context.Context, q *question) *peer {
	tables := lookupTables(q)
	var out arrow.Array
	return &peer{
		name: "arrow-compute", rows: len(q.values),
		do: func() error {
			m, err := arrowMask(ctx, q, tables)
			if err != nil {
				return err
			}
			defer m.Release()
			if out != nil {
				out.Release()
			}
			data := array.NewData(q.measure().DataType(), m.Len(), []*memory.Buffer{m.Data().Buffers()[1], q.measure().Data().Buffers()[1]}, nil, array.UnknownNullCount, 0)
			defer data.Release()
			out = array.MakeFromData(data)
			return nil
		},
		readable: func() []bool { return valid(out) },
	}
}

// arrowFilter drops the hidden rows of the values.
func arrowFilter(ctx context.Context, q *question) *peer {
	tables := lookupTables(q)
	var kept, out arrow.Array
	return &peer{
		name: "arrow-filter", rows: len(q.values),
		do: func() error {
			if out != nil {
				out.Release()
				kept.Release()
			}
			var err error
			if kept, err = arrowMask(ctx, q, tables); err != nil {
				return err
			}
			out, err = compute.FilterArray(ctx, q.measure(), kept, *compute.DefaultFilterOptions())
			return err
		},
		// What is left are the values of the kept rows, in their order.
		readable: func() []bool {
			b, found := kept.(*array.Boolean), out.(*array.Float64).Float64Values()
			ok, next := make([]bool, b.Len()), 0
			for i := range ok {
				if b.Value(i) && next < len(found) && found[next] == q.values[i] {
					ok[i] = true
					next++
				}
			}
			return ok
		},
	}
}
