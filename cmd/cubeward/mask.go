package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/engine/mask"
)

// maskFlags are the flags of `cubeward mask`.
type maskFlags struct {
	model   modelFlags
	asker   askerFlags
	members string
	in, out string
	asJSON  bool

	at, column, dim, dimIndex []string // pairs LEFT=RIGHT
	options                   mask.Options
	memory                    byteSize
}

// maskCommand is `cubeward mask`: data without what a member may not read (SPEC 5 and 6).
func maskCommand(t *tool) *cobra.Command {
	f := maskFlags{memory: defaultMemory}
	cmd := &cobra.Command{
		Use:   "mask -m MODEL -u USER -i IN -o OUT [flags]",
		Short: "Data without what a member may not read",
		Long: `Reads a table and writes it again, made for one member: what they may not read is
null (an empty field in CSV), and nothing of it is left in the file.

A column named as a dimension (Account) holds item names; one named as a metric
or a property (Receipts, Account.Agency) holds values, one cell a row. Place
columns of other names with --column and --dim, fix a dimension that no column
holds with --at, and let others through, unprotected, with --pass.

Null hides a value, not that its row exists, nor where it stands: --drop-rows
and --sort hide that too. IN and OUT end in .csv, .arrow (IPC file), .arrows
(IPC stream) or .parquet; - is an IPC stream on standard input or output.
Read one that - writes only where it has its end marker: without it the work
failed on the way.

A report goes to standard error, or with --json to standard output, unless the
table goes there (-o -).
` + exitStatusHelp,
		Example: `  # The receipts as Ines may see them
  cubeward mask -m examples/us-budget -u ines@treasury.gov \
      -i examples/us-budget/receipts.csv -o hers.csv

  # Without a trace of the rows that she may not see, what she may not change flagged
  cubeward mask -m examples/us-budget -u ines@treasury.gov \
      -i examples/us-budget/receipts.csv -o hers.parquet --drop-rows --sort --locks

  # A file for each of many members, from a table of accounts and the receipts of one year
  cubeward mask -m examples/us-budget --members members.txt -i 2016.csv -o out/{member}.csv \
      --at "Fiscal year=2016"`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.validate(cmd); err != nil {
				return err
			}
			return t.mask(cmd.Context(), &f)
		},
	}
	f.register(cmd, t)
	return cmd
}

func (f *maskFlags) register(cmd *cobra.Command, t *tool) {
	f.model.registerEither(cmd, t)
	f.asker.register(cmd)
	f.model.registerApp(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.members, "members", "", "in place of -u: a mask for each member in `FILE`, one a line; {member} in OUT is the name")
	flags.StringVarP(&f.in, "input", "i", "", "the table to mask: `IN`")
	flags.StringVarP(&f.out, "output", "o", "", "where the result goes: `OUT`")
	flags.StringArrayVar(&f.at, "at", nil, "all rows stand at this item: `DIMENSION=ITEM`; repeatable")
	flags.StringArrayVar(&f.column, "column", nil, "the column holds values of the block: `COLUMN=BLOCK`; repeatable")
	flags.StringArrayVar(&f.dim, "dim", nil, "the column holds names of items: `COLUMN=LIST`; repeatable")
	flags.StringArrayVar(&f.dimIndex, "dim-index", nil, "the column holds positions of items, from 0: `COLUMN=LIST`; repeatable")
	flags.StringArrayVar(&f.options.Pass, "pass", nil, "let `COLUMN` through as it is, unprotected; repeatable")
	flags.StringVar(&f.options.Dense, "dense", "", "the rows are all cells of `BLOCK` in cell order; there are no dimension columns")
	flags.BoolVar(&f.options.Locks, "locks", false, "add a column <measure>_locked for each measure: true where it may not be changed")
	flags.BoolVar(&f.options.Readable, "readable", false, "add a column <measure>_readable for each measure")
	flags.BoolVar(&f.options.DropRows, "drop-rows", false, "leave out rows without any readable measure")
	flags.BoolVar(&f.options.Sort, "sort", false, "put the rows in cell order of the first measure; the whole table is held in memory")
	flags.BoolVar(&f.options.Refuse, "refuse", false, "refuse (status 1) on the first value that would be hidden")
	flags.BoolVar(&f.options.TrustMetadata, "trust-metadata", false, "let metadata of the input place columns: its producer then chooses its rights")
	flags.StringArrayVar(&f.options.KeepMetadata, "keep-metadata", nil, "let metadata of this `KEY` through; repeatable")
	flags.Var(&f.memory, "memory", "the most that may be held in memory of one batch, or of the table with --sort")
	registerJSON(cmd, &f.asJSON)
}

// validate refuses calls that cannot be meant.
func (f *maskFlags) validate(cmd *cobra.Command) error {
	needed := []string{"model", "user", "input", "output"}
	if f.members != "" {
		if f.asker.user != "" {
			return usage("-u and --members exclude each other")
		}
		needed = slices.DeleteFunc(needed, func(s string) bool { return s == "user" })
	}
	if err := needFlags(cmd, needed...); err != nil {
		return err
	}
	for _, name := range []string{f.in, f.out} {
		if _, err := formatOf(name); err != nil {
			return err
		}
	}
	switch marked := strings.Contains(f.out, memberMark); {
	case f.members != "" && !marked:
		return usage("with --members, -o must hold %s, as in out/%s.csv", memberMark, memberMark)
	case f.members == "" && marked:
		return usage("-o holds %s, which only --members puts names in the place of", memberMark)
	}
	return nil
}
