package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// diffFlags say what is compared and when the answer is no.
type diffFlags struct {
	app, user, block string
	failOn           string
	all, asJSON      bool
}

// diffCommand is `cubeward diff`: who gains and who loses what between two models (SPEC 6).
func diffCommand(t *tool) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff OLD NEW [-u USER] [-b BLOCK]",
		Short: "Who gains and who loses what, between two models or rights files",
		Long:  diffHelp + "\n" + blockHelp + diffStatusHelp,
		Example: `  # What merging a branch would let whom see
  cubeward diff examples/us-budget ../branch/examples/us-budget

  # In a pipeline: stop where anybody may read or write more than before
  cubeward diff OLD NEW --fail-on gained

  # Receipts alone, as JSON
  cubeward diff OLD NEW -b Receipts --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("name two models, OLD and NEW, not %d", len(args))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.diff(cmd.Context(), &f, args[0], args[1])
		},
	}
	cmd.Flags().StringVarP(&f.user, "user", "u", "", "only the member `USER`")
	cmd.Flags().StringVarP(&f.block, "block", "b", "", "only the block `BLOCK`: Metric, List.Property or List, with Application:: before it where needed")
	cmd.Flags().StringVarP(&f.app, "app", "a", "", "the application that names without one are of: `APP`; needed where there are several")
	cmd.Flags().StringVar(&f.failOn, "fail-on", failOnAny, "exit with 1 only where somebody `gained|lost|any`")
	cmd.Flags().BoolVar(&f.all, "members", false, fmt.Sprintf("name all members, not the first %d of those alike", maxDiffNamed))
	registerJSON(cmd, &f.asJSON)
	return cmd
}

const diffHelp = `Compares who may read and write which cells, by the names of members, blocks and
items. Members whose rights change for the same reasons stand together: with the
rules, formulas, roles or values that changed them, how many cells of each block
each of them may now read and write and could not before (+), or no longer (−),
and a cell for an example.

What one side lacks nobody reads there: an item, a block or a member that is new
counts as gained by whoever reads it, one that is gone as lost. The lists User
and Role, which all members of an application read, are left out unless -b names
them. So is what only locks: a metric that is calculated now.

Cells that several things changed together stand where all of them are named: no
cell is counted twice. A count with ≤ is of a block whose conditions are too
entangled to be counted in time: there are not more, and maybe none.
`

const diffStatusHelp = `
Exit status: 0 no difference, 1 differences (--fail-on says which ones), 2 the
call or an input is invalid, 3 it could not be carried out.`

// The values of --fail-on.
const (
	failOnGained = "gained"
	failOnLost   = "lost"
	failOnAny    = "any"
)

// diff compares two models, writes what differs and says whether that is what --fail-on means.
func (t *tool) diff(ctx context.Context, f *diffFlags, old, new string) error {
	if !slices.Contains([]string{failOnGained, failOnLost, failOnAny}, f.failOn) {
		return usage("--fail-on %q: it is gained, lost or any", f.failOn)
	}
	d, err := t.compare(ctx, f, old, new)
	if err != nil {
		return err
	}
	if f.asJSON {
		err = writeDiffJSON(t.stdout, d)
	} else {
		w := &diffWriter{Difference: d, paint: paintFor(t.stdout), names: [2]string{old, new}, all: f.all}
		_, err = io.WriteString(t.stdout, w.text())
	}
	if err == nil && fails(d, f.failOn) {
		err = &failure{status: statusRefused}
	}
	return failed(err)
}

// fails says whether a difference is one that --fail-on means. Where it is not known whether there is one, for a block is
// too entangled to be counted, there is.
func fails(d *audit.Difference, on string) bool {
	return slices.ContainsFunc(d.Changes, func(c audit.Change) bool {
		return on != failOnLost && c.ReadGained.Cells+c.WriteGained.Cells > 0 || on != failOnGained && c.ReadLost.Cells+c.WriteLost.Cells > 0
	})
}

// compare works out what differs.
func (t *tool) compare(ctx context.Context, f *diffFlags, old, new string) (*audit.Difference, error) {
	var sides [2]*engine.Rights
	var errs [2]error
	for i, path := range []string{old, new} {
		sides[i], errs[i] = t.openRights(ctx, path, "")
	}
	switch {
	case errs[0] != nil && errs[1] != nil: // told at once: whoever mends one has to mend the other too
		status := t.report("cubeward diff", errs[0])
		return nil, &failure{status: max(status, statusOf(errs[1])), err: errs[1]}
	case errs[0] != nil || errs[1] != nil:
		return nil, cmp.Or(errs[0], errs[1])
	}
	opt := audit.DiffOptions{Member: f.user}
	if f.block != "" {
		pair, err := pairOf(sides, f)
		if err != nil {
			return nil, err
		}
		opt.Blocks = []audit.BlockPair{pair}
	} else if f.app != "" && sides[0].Workspace().Application(f.app) == nil {
		if ws := sides[1].Workspace(); ws.Application(f.app) == nil {
			return nil, unknownApplication(ws, f.app)
		}
	}
	p := newProgress(t.stderr, "comparing", "blocks")
	defer p.done()
	last := 0
	opt.Progress = func(done, _ int) {
		p.add(int64(done - last))
		last = done
	}
	return audit.Diff(ctx, sides[0], sides[1], opt)
}

// pairOf is the block that -b names, on the sides that have it.
func pairOf(sides [2]*engine.Rights, f *diffFlags) (audit.BlockPair, error) {
	var refs [2]engine.Ref
	var errs [2]error
	for i, r := range sides {
		refs[i], errs[i] = (&modelFlags{app: f.app}).find(r, f.block)
	}
	if errs[0] != nil && errs[1] != nil {
		return audit.BlockPair{}, errs[1]
	}
	return audit.BlockPair{Old: refs[0], New: refs[1]}, nil
}

// shown is the side whose names a change is told with: the new one where it has the block.
func shown(p audit.BlockPair) engine.Ref {
	if p.New.Block != nil {
		return p.New
	}
	return p.Old
}

// exampleCell is an example's cell, as the new side calls it where it has it.
func exampleCell(p audit.BlockPair, e audit.Example) cellObject {
	if e.New != nil {
		return cellIn(p.New, e.New)
	}
	return cellIn(p.Old, e.Old)
}

// diffRow is one row of the result, but for "member", which stands before the others. The keys of its JSON are part of
// the interface (SPEC 6).
type diffRow struct {
	Block       string        `json:"block"`
	ReadGained  uint64        `json:"read_gained"`
	ReadLost    uint64        `json:"read_lost"`
	WriteGained uint64        `json:"write_gained"`
	WriteLost   uint64        `json:"write_lost"`
	AtMost      bool          `json:"at_most,omitempty"` // some of the counts are the most that they can be
	Examples    []diffExample `json:"examples"`
	Because     []diffBecause `json:"because"`
}

// diffBecause is how many of the cells just these reasons changed. The counts of a row add up to the row's.
type diffBecause struct {
	Reasons     []string `json:"reasons"`
	ReadGained  uint64   `json:"read_gained"`
	ReadLost    uint64   `json:"read_lost"`
	WriteGained uint64   `json:"write_gained"`
	WriteLost   uint64   `json:"write_lost"`
}

type diffExample struct {
	Cell cellObject `json:"cell"`
	From string     `json:"from"`
	To   string     `json:"to"`
}

// inexact says whether any count of a change is the most that it can be.
func inexact(c audit.Change) bool {
	return c.ReadGained.AtMost || c.ReadLost.AtMost || c.WriteGained.AtMost || c.WriteLost.AtMost
}

func rowOf(c audit.Change) diffRow {
	row := diffRow{
		Block: c.Block.String(), ReadGained: c.ReadGained.Cells, ReadLost: c.ReadLost.Cells, WriteGained: c.WriteGained.Cells, WriteLost: c.WriteLost.Cells,
		AtMost: inexact(c), Examples: []diffExample{},
	}
	for _, p := range c.Parts {
		part := diffBecause{ReadGained: p.ReadGained.Cells, ReadLost: p.ReadLost.Cells, WriteGained: p.WriteGained.Cells, WriteLost: p.WriteLost.Cells}
		for _, why := range p.Why {
			part.Reasons = append(part.Reasons, why.String())
		}
		row.Because = append(row.Because, part)
	}
	for _, e := range c.Examples {
		row.Examples = append(row.Examples, diffExample{exampleCell(c.Block, e), e.From.String(), e.To.String()})
	}
	return row
}

// writeDiffJSON writes a row for each member and block as an array, member by member in the order of the new list, then
// of the old one. What members have in common is encoded once.
func writeDiffJSON(w io.Writer, d *audit.Difference) error {
	of := map[string][][]byte{}
	for _, c := range d.Changes {
		row, err := encoded(rowOf(c))
		if err != nil {
			return err
		}
		for _, m := range c.Members {
			of[m] = append(of[m], row)
		}
	}
	members := slices.Clip(d.New.Workspace().Users.Items())
	for _, m := range d.OnlyOld.Members {
		members = append(members, d.Old.Workspace().Users.Item(m))
	}
	var failed error
	err := writeArray(w, func(yield func([]byte) bool) {
		for _, member := range members {
			var name, line []byte
			if name, failed = encoded(member); failed != nil {
				return
			}
			for _, row := range of[member] {
				line = append(append(append(line[:0], `{"member":`...), name...), ',')
				if !yield(append(line, row[1:]...)) {
					return
				}
			}
		}
	})
	return cmp.Or(failed, err)
}
