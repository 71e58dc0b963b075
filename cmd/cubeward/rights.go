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

// rightsCommand is `cubeward rights`: every cell of a block with read and write (SPEC 6).
func rightsCommand(t *tool) *cobra.Command {
	var (
		model      modelFlags
		asker      askerFlags
		block, out string
	)
	cmd := &cobra.Command{
		Use:   "rights -m MODEL -u USER -b BLOCK [-o FILE]",
		Short: "Every cell of a block, with whether a member reads and writes it",
		Long: `Lists the cells of a block in cell order (the last dimension fastest), and whether
the member reads and writes each.

` + blockHelp + `
The result is CSV on standard output: the block's dimensions, then read and
write. With -o it goes to a file instead.
` + exitStatusHelp,
		Example: `  # What Ines reads and writes of the receipts
  cubeward rights -m examples/us-budget -u ines@treasury.gov -b Receipts

  # Which accounts she knows of, as a Parquet table
  cubeward rights -m examples/us-budget -u ines@treasury.gov -b Account -o accounts.parquet`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(needFlags(cmd, "model", "user", "block"), checkOut(out)); err != nil {
				return err
			}
			view, err := viewOf(cmd, &model, &asker, block)
			if err != nil {
				return err
			}
			schema, batches := rightsBatches(view)
			return t.writeBatches(cmd.Context(), out, schema, batches)
		},
	}
	model.registerEither(cmd, t)
	asker.register(cmd)
	registerBlock(cmd, &block)
	model.registerApp(cmd)
	registerOut(cmd, &out)
	completeFrom(cmd, "user", &model, memberNames)
	completeFrom(cmd, "as", &model, memberNames)
	completeFrom(cmd, "block", &model, blockNames)
	return cmd
}

const blockHelp = `A block is a metric (Receipts), a property of a list (Account.Agency) or a list
itself (Account: who sees which items). A name of several words stands in quotes
where another follows: 'Fiscal year'.Status. Where the workspace has several
applications, write Application::Block or name one with -a.
`

func registerBlock(cmd *cobra.Command, block *string) {
	cmd.Flags().StringVarP(block, "block", "b", "", "the block: `BLOCK` is Metric, List.Property or List, with Application:: before it where needed")
}

func registerOut(cmd *cobra.Command, out *string) {
	cmd.Flags().StringVarP(out, "output", "o", "", "write to `FILE`: .csv, .arrow, .arrows or .parquet; - is an Arrow stream")
	_ = cmd.MarkFlagFilename("output", "csv", "arrow", "arrows", "parquet")
}

// checkOut refuses the name of a result's file before any work is done.
func checkOut(out string) error {
	if out == "" {
		return nil
	}
	_, err := formatOf(out)
	return err
}

// viewOf is the view of a block that the flags ask for.
func viewOf(cmd *cobra.Command, model *modelFlags, asker *askerFlags, block string) (*engine.View, error) {
	rights, err := model.compile(cmd.Context())
	if err != nil {
		return nil, err
	}
	member, err := asker.member(rights, asker.user)
	if err != nil {
		return nil, err
	}
	ref, err := model.find(rights, block)
	if err != nil {
		return nil, err
	}
	return member.Block(ref)
}

// rightsBatches are the cells of a view with read and write. Everything is decided before the first batch is asked for.
func rightsBatches(view *engine.View) (*arrow.Schema, iter.Seq[arrow.RecordBatch]) {
	yesNo := arrow.FixedWidthTypes.Boolean
	table := newCellTable(view.Ref(), arrow.Field{Name: "read", Type: yesNo}, arrow.Field{Name: "write", Type: yesNo})
	readable, writable := view.Tables(engine.Readable), view.Tables(engine.Writable)
	return table.schema, func(yield func(arrow.RecordBatch) bool) {
		read, write := array.NewBooleanBuilder(memory.DefaultAllocator), array.NewBooleanBuilder(memory.DefaultAllocator)
		defer read.Release()
		defer write.Release()
		items := make([]cube.ItemID, len(view.Space().Dims()))
		for run := range rightsRuns(view.Space(), readable, writable) {
			if n := copy(items, run.outer); n < len(items) {
				items[n] = run.first
			}
			table.add(len(run.read), items...)
			read.AppendValues(run.read, nil)
			write.AppendValues(run.write, nil)
			if table.rows >= cellBatchRows && !yield(table.batch(read.NewArray(), write.NewArray())) {
				return
			}
		}
		if table.rows > 0 {
			yield(table.batch(read.NewArray(), write.NewArray()))
		}
	}
}
