package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

// checkWriteCommand is `cubeward check-write`: which proposed cells a member may not change, and why (SPEC 6).
func checkWriteCommand(t *tool) *cobra.Command {
	f := maskFlags{memory: defaultMemory}
	var out string
	cmd := &cobra.Command{
		Use:   "check-write -m MODEL -u USER -i CELLS [flags]",
		Short: "Which of the proposed cells a member may not change, and why",
		Long: `Reads a table of proposed changes and says which of its cells are locked for the
member, and why: no_membership, no_read, no_write, scenario_read_only, calculated,
impersonation. Each measure in each row is a proposed cell. One without a value is
one too: it empties the cell. Only the places count, not the values.

Columns are placed as for mask: one named as a dimension (Account) holds item names,
one named as a metric or a property (Receipts) proposes its values. A row whose
dimension value is missing or no item of its list is locked, and that value is
written as ? (null in JSON).

Rows count from 1, the first below the header. The text lists locked cells, the JSON
every cell. The status is 1 where any cell is locked.
` + exitStatusHelp,
		Example: `  # May Ines book these figures?
  cubeward check-write -m examples/us-budget -u ines@treasury.gov -i changes.csv

  # Figures of one year, in a column of another name
  cubeward check-write -m examples/us-budget -u ines@treasury.gov -i changes.csv \
      --at "Fiscal year=2016" --column amount=Receipts --json`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "model", "user", "input"); err != nil {
				return err
			}
			if _, err := formatOf(f.in); err != nil {
				return err
			}
			return t.checkWrite(cmd.Context(), &f, out)
		},
	}
	f.model.registerEither(cmd, t)
	f.asker.register(cmd)
	f.model.registerApp(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.in, "input", "i", "", "the proposed cells: `CELLS`, a table; - is an Arrow stream on standard input")
	flags.StringVarP(&out, "output", "o", "", "write to `FILE` instead of standard output")
	flags.StringArrayVar(&f.at, "at", nil, "all rows stand at this item: `DIMENSION=ITEM`; repeatable")
	flags.StringArrayVar(&f.column, "column", nil, "the column holds values of the block: `COLUMN=BLOCK`; repeatable")
	flags.StringArrayVar(&f.dim, "dim", nil, "the column holds names of items: `COLUMN=LIST`; repeatable")
	flags.StringArrayVar(&f.dimIndex, "dim-index", nil, "the column holds positions of items, from 0: `COLUMN=LIST`; repeatable")
	flags.StringArrayVar(&f.options.Pass, "pass", nil, "the `COLUMN` proposes nothing and is passed over; repeatable")
	flags.BoolVar(&f.options.TrustMetadata, "trust-metadata", false, "let metadata of the input place columns: its producer then chooses its rights")
	flags.Var(&f.memory, "memory", "the most that may be held in memory of one batch, and of the answer")
	registerJSON(cmd, &f.asJSON)
	return cmd
}

// checkWrite carries out the command.
func (t *tool) checkWrite(ctx context.Context, f *maskFlags, out string) error {
	rights, err := f.model.compile(ctx)
	if err != nil {
		return err
	}
	member, err := f.asker.member(rights, f.asker.user)
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
	masker, err := mask.New(member, in.Schema(), opt)
	if err != nil {
		return bindingError(err)
	}
	if len(masker.Report().Block) == 0 {
		return &failure{status: statusInvalid, err: errors.New("no column holds a measure: nothing is proposed"), hint: placingHint}
	}
	answer := writeAnswer{asJSON: f.asJSON, limit: int(f.memory), dims: map[engine.Ref][]string{}}
	if err := answer.ask(ctx, masker, in); err != nil {
		return err
	}
	if err := t.writeText(out, answer.text.Bytes()); err != nil {
		return err
	}
	if answer.locked > 0 {
		return &failure{status: statusRefused} // the answer said why
	}
	return nil
}

// writeText writes a result to a file, whole or not at all, or to standard output where no file is named.
func (t *tool) writeText(name string, text []byte) error {
	if name == "" {
		_, err := t.stdout.Write(text)
		return failed(err)
	}
	file, err := t.files.create(name, 0o666)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.publish()
}

// writeAnswer is the result of check-write in the making: only a whole one is written.
type writeAnswer struct {
	asJSON        bool
	limit         int // of text, in bytes
	dims          map[engine.Ref][]string
	text          bytes.Buffer
	cells, locked int64
}

// proposalResult is one cell in the JSON result of check-write. The keys are part of the interface (SPEC 6).
type proposalResult struct {
	Column  string             `json:"column"`
	Row     int64              `json:"row"`  // from 1
	Cell    map[string]*string `json:"cell"` // null: the row holds no item of the dimension
	Locked  bool               `json:"locked"`
	Reasons []string           `json:"reasons"`
}

// ask checks every batch.
func (a *writeAnswer) ask(ctx context.Context, masker *mask.Masker, in batchReader) error {
	for rows := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := in.Next()
		if err == io.EOF {
			a.end()
			return nil
		}
		if err != nil {
			return err
		}
		proposals, err := masker.CheckWrite(0, b)
		n := b.NumRows()
		b.Release()
		if err != nil {
			return maskingError(err, rows)
		}
		for p := range proposals {
			if err := a.add(p, rows); err != nil {
				return err
			}
		}
		rows += n
	}
}

// add writes a proposal; before rows stand before its batch.
func (a *writeAnswer) add(p mask.Proposal, before int64) error {
	a.cells++
	if p.Locked {
		a.locked++
	}
	names := a.dims[p.Block]
	if names == nil {
		names = dimensionNames(p.Block)
		a.dims[p.Block] = names
	}
	row := before + int64(p.Row) + 1
	switch {
	case a.asJSON:
		if err := a.addJSON(p, row, names); err != nil {
			return err
		}
	case p.Locked:
		fmt.Fprintf(&a.text, "row %d, %s%s: %s\n", row, printable(p.Column), proposedAt(p, names), reasonsText(p.Reasons))
	}
	if a.text.Len() > a.limit {
		return invalid(fmt.Errorf("the answer is larger than --memory %s; give more, or ask with fewer rows", sizeText(int64(a.limit))))
	}
	return nil
}

// proposedAt is where a proposed cell stands.
func proposedAt(p mask.Proposal, names []string) string {
	items := make([]string, len(names))
	for i, l := range p.Block.Block.Dims {
		item := "?"
		if p.Cell[i] >= 0 {
			if item = printable(l.Item(p.Cell[i])); strings.ContainsAny(item, ",?") {
				item = strconv.Quote(item) // else it could be taken for more, or for none
			}
		}
		items[i] = printable(names[i]) + "=" + item
	}
	if len(items) == 0 {
		return ""
	}
	return " at " + strings.Join(items, ", ")
}

func reasonsText(reasons []engine.Reason) string {
	out := make([]string, len(reasons))
	for i, r := range reasons {
		out[i] = r.String()
	}
	return strings.Join(out, ", ")
}

func (a *writeAnswer) addJSON(p mask.Proposal, row int64, names []string) error {
	r := proposalResult{Column: p.Column, Row: row, Cell: map[string]*string{}, Locked: p.Locked, Reasons: []string{}}
	for i, l := range p.Block.Block.Dims {
		r.Cell[names[i]] = nil
		if p.Cell[i] >= 0 {
			name := l.Item(p.Cell[i])
			r.Cell[names[i]] = &name
		}
	}
	for _, reason := range p.Reasons {
		r.Reasons = append(r.Reasons, reason.String())
	}
	a.text.WriteString([]string{"[\n  ", ",\n  "}[min(a.cells-1, 1)])
	e := json.NewEncoder(&a.text)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return failed(err)
	}
	a.text.Truncate(a.text.Len() - 1) // its line feed
	return nil
}

// end writes what follows the last cell.
func (a *writeAnswer) end() {
	switch {
	case !a.asJSON:
		fmt.Fprintf(&a.text, "%s proposed, %s locked\n", plural(a.cells, "cell"), count(a.locked))
	case a.cells == 0:
		a.text.WriteString("[]\n")
	default:
		a.text.WriteString("\n]\n")
	}
}
