package main

import (
	"cmp"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// valuesCommand is `cubeward values`: what a block holds or its formula computes (SPEC 6).
func valuesCommand(t *tool) *cobra.Command {
	var (
		model      modelFlags
		block, out string
	)
	cmd := &cobra.Command{
		Use:   "values -m MODEL -b BLOCK [-o FILE]",
		Short: "What a block holds or its formula computes, with the system's eyes",
		Long: `Lists the cells of a metric or property that are not BLANK, in cell order, with
their values. Nobody's rights are asked: this is for people who may see the
whole model.

A block is a metric (Receipts) or a property of a list (Account.Agency). A name of
several words stands in quotes where another follows: 'Fiscal year'.Status. Where
the workspace has several applications, write Application::Block or name one with
-a. A rights file holds values only of blocks that rights depend on.

The result is CSV on standard output: the block's dimensions, then one column
named as the block. With -o it goes to a file instead.
` + exitStatusHelp,
		Example: `  # The receipts of every account and fiscal year
  cubeward values -m examples/us-budget -b Receipts

  # The agency of each account
  cubeward values -m examples/us-budget -b Account.Agency`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(needFlags(cmd, "model", "block"), checkOut(out)); err != nil {
				return err
			}
			rights, err := model.compile(cmd.Context())
			if err != nil {
				return err
			}
			ref, err := model.find(rights, block)
			if err != nil {
				return err
			}
			if ref.Block.Kind == cube.ItemSet {
				return usage("%s is a list: it has items, no values; name a metric or a property", ref)
			}
			column, err := rights.Values(cmd.Context(), ref.Block)
			if err != nil {
				return err
			}
			schema, batches := valueBatches(ref, column)
			return t.writeBatches(cmd.Context(), out, schema, batches)
		},
	}
	model.registerEither(cmd, t)
	cmd.Flags().StringVarP(&block, "block", "b", "", "the block: `BLOCK` is Metric or List.Property, with Application:: before it where needed")
	model.registerApp(cmd)
	registerOut(cmd, &out)
	completeFrom(cmd, "block", &model, blockNames)
	return cmd
}

// valueBatches are the cells of a block that are not BLANK, with their values.
func valueBatches(ref engine.Ref, column *cube.Column) (*arrow.Schema, iter.Seq[arrow.RecordBatch]) {
	values := newValueColumn(column.Type())
	table := newCellTable(ref, arrow.Field{Name: ref.Block.Label(), Type: values.dataType()})
	return table.schema, func(yield func(arrow.RecordBatch) bool) {
		items := make([]cube.ItemID, len(column.Space().Dims()))
		for cell, v := range cellValues(column) {
			column.Space().At(cell, items)
			table.add(1, items...)
			values.add(v)
			if table.rows >= cellBatchRows && !yield(table.batch(values.array())) {
				return
			}
		}
		if table.rows > 0 {
			yield(table.batch(values.array()))
		}
	}
}

// valueColumn collects values of one type: numbers as float64, texts as utf8, booleans, dates as date32, items and
// access rights as numbers into a dictionary of their names.
type valueColumn struct {
	numbers    *array.Float64Builder
	texts      *array.StringBuilder
	booleans   *array.BooleanBuilder
	dates      *array.Date32Builder
	dictionary arrow.Array
	pointing   *arrow.DictionaryType
	at         []int32
}

func newValueColumn(t cube.Type) *valueColumn {
	c, mem := &valueColumn{}, memory.DefaultAllocator
	switch t.Kind {
	case cube.Number:
		c.numbers = array.NewFloat64Builder(mem)
	case cube.Boolean:
		c.booleans = array.NewBooleanBuilder(mem)
	case cube.Date:
		c.dates = array.NewDate32Builder(mem)
	case cube.Item:
		c.pointing, c.dictionary = itemDictionary(t.List)
	case cube.AccessRights:
		c.pointing, c.dictionary = dictionaryOf([]string{cube.Rights(0).String(), cube.Read.String(), cube.Write.String(), (cube.Read | cube.Write).String()})
	default:
		c.texts = array.NewStringBuilder(mem)
	}
	return c
}

func (c *valueColumn) dataType() arrow.DataType {
	switch {
	case c.numbers != nil:
		return arrow.PrimitiveTypes.Float64
	case c.booleans != nil:
		return arrow.FixedWidthTypes.Boolean
	case c.dates != nil:
		return arrow.FixedWidthTypes.Date32
	case c.pointing != nil:
		return c.pointing
	}
	return arrow.BinaryTypes.String
}

// add appends a value that is not BLANK.
func (c *valueColumn) add(v cube.Value) {
	switch v.Kind() {
	case cube.Number:
		c.numbers.Append(v.Float())
	case cube.Text:
		c.texts.Append(v.Str())
	case cube.Boolean:
		c.booleans.Append(v.True())
	case cube.Date:
		c.dates.Append(arrow.Date32(v.Days()))
	case cube.Item:
		c.at = append(c.at, int32(v.Item()))
	case cube.AccessRights:
		c.at = append(c.at, int32(v.Rights()))
	}
}

// array is the column of what was added since the last one.
func (c *valueColumn) array() arrow.Array {
	switch {
	case c.numbers != nil:
		return c.numbers.NewArray()
	case c.booleans != nil:
		return c.booleans.NewArray()
	case c.dates != nil:
		return c.dates.NewArray()
	case c.pointing != nil:
		a := pointInto(c.pointing, c.dictionary, c.at)
		c.at = c.at[:0]
		return a
	}
	return c.texts.NewArray()
}
