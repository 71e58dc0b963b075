package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// whoCommand is `cubeward who`: the members who read and write a cell, a slice or a block (SPEC 6).
func whoCommand(t *tool) *cobra.Command {
	var (
		model       modelFlags
		cell        cellFlags
		block       string
		all, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "who -m MODEL -b BLOCK [--cell DIMENSION=ITEM …]",
		Short: "Which members read and write a cell, a slice or a block",
		Long: `Lists the members by their role, with how much each reads and writes: of a cell
yes or no; of a slice, where some dimensions have no item, or of the whole block
all, some or none.

` + blockHelp + `
With --json "read" and "write" are those who read and write all of the cells and,
where a dimension is left open, "read_some" are those who read any.
` + exitStatusHelp,
		Example: `  # Who reads and writes one cell
  cubeward who -m examples/us-budget -b Adjustment \
      --cell "Agency=Department of Labor" --cell "Fiscal year=2016"

  # Who reads how much of the receipts of 2016
  cubeward who -m examples/us-budget -b Receipts --cell "Fiscal year=2016"`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "model", "block"); err != nil {
				return err
			}
			answer, rights, err := whoAnswer(cmd.Context(), &model, block, &cell)
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(t.stdout, whoJSON(rights.Workspace(), &answer))
			}
			_, err = io.WriteString(t.stdout, whoText(paintFor(t.stdout), rights, &answer, all))
			return failed(err)
		},
	}
	model.registerEither(cmd, t)
	registerBlock(cmd, &block)
	cell.register(cmd, "the cell; a dimension that is left out means all its items")
	model.registerApp(cmd)
	cmd.Flags().BoolVar(&all, "all", false, fmt.Sprintf("name all members, not the first %d of those alike", maxNamed))
	registerJSON(cmd, &asJSON)
	completeFrom(cmd, "block", &model, blockNames)
	return cmd
}

func whoAnswer(ctx context.Context, model *modelFlags, block string, cell *cellFlags) (audit.Answer, *engine.Rights, error) {
	rights, err := model.compile(ctx)
	if err != nil {
		return audit.Answer{}, nil, err
	}
	ref, err := model.find(rights, block)
	if err != nil {
		return audit.Answer{}, nil, err
	}
	at, err := cell.find(ref)
	if err != nil {
		return audit.Answer{}, nil, err
	}
	answer, err := audit.Who(ctx, rights, ref, at)
	return answer, rights, err
}

// The JSON result of who. The keys are part of the interface (SPEC 6). "read_some" stands where a dimension is open.
type whoResult struct {
	Block    string     `json:"block"`
	Cell     cellObject `json:"cell"`
	Read     []string   `json:"read"`
	Write    []string   `json:"write"`
	ReadSome *[]string  `json:"read_some,omitempty"`
}

func whoJSON(ws *cube.Workspace, a *audit.Answer) whoResult {
	names := func(members []cube.ItemID) []string {
		out := make([]string, len(members))
		for i, m := range members {
			out[i] = ws.Users.Item(m)
		}
		return out
	}
	out := whoResult{Block: a.Ref.String(), Cell: cellIn(a.Ref, a.At), Read: names(a.Read), Write: names(a.Write)}
	if slices.Contains(a.At, cube.NoItem) {
		some := names(a.ReadSome)
		out.ReadSome = &some
	}
	return out
}

// maxNamed is how many members of one role and with the same answers a text names unless all are asked for.
const maxNamed = 20

// whoText is an answer for people: the members by role and by how much they read and write.
func whoText(p paint, rights *engine.Rights, a *audit.Answer, all bool) string {
	title := printable(a.Ref.String())
	cell := cellIn(a.Ref, a.At)
	if len(cell.names) > 0 {
		title += " at " + cell.text()
	}
	words := [...]string{audit.None: "none", audit.Partial: "some", audit.Full: "all"}
	if a.Cells == 1 && len(cell.names) == len(a.At) {
		words = [...]string{audit.None: "no", audit.Partial: "", audit.Full: "yes"}
	}
	app := namingApp(a.Ref)
	s := sheet{head: []string{"role", "read", "write", "members"}}
	last := cube.ItemID(-2)
	for _, g := range alike(rights, app, a) {
		role := ""
		if g.role != last {
			role, last = "(no role)", g.role
			if g.role >= 0 {
				role = printable(app.Roles[g.role].Name)
			}
		}
		names := make([]string, 0, len(g.members))
		for i, m := range g.members {
			if i == maxNamed && !all {
				names = append(names, fmt.Sprintf("and %s more (--all names them)", count(len(g.members)-i)))
				break
			}
			names = append(names, printable(rights.Workspace().Users.Item(m)))
		}
		s.add(role, words[g.read], words[g.write], strings.Join(names, ", "))
	}
	var out strings.Builder
	for _, line := range wrapped(title+": "+plural(a.Cells, "cell"), screenWidth) {
		out.WriteString(p.bold(line) + "\n")
	}
	return out.String() + "\n" + s.text(p)
}

// likeMembers are members of one role with the same answers.
type likeMembers struct {
	role        cube.ItemID
	read, write audit.Extent
	members     []cube.ItemID
}

// alike sorts the members: by role in the order of the model, those without one last, then who reads and writes more
// before who does less.
func alike(rights *engine.Rights, app *cube.Application, a *audit.Answer) []likeMembers {
	extents := make([][2]audit.Extent, rights.Workspace().Users.Len())
	for _, part := range []struct {
		members  []cube.ItemID
		category int
		extent   audit.Extent
	}{{a.ReadSome, 0, audit.Partial}, {a.WriteSome, 1, audit.Partial}, {a.Read, 0, audit.Full}, {a.Write, 1, audit.Full}} {
		for _, m := range part.members {
			extents[m][part.category] = part.extent
		}
	}
	var groups []likeMembers
	at := map[likeKey]int{}
	for m, e := range extents {
		key := likeKey{rights.RoleOf(app, cube.ItemID(m)), e}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, likeMembers{role: key.role, read: e[0], write: e[1]})
		}
		groups[i].members = append(groups[i].members, cube.ItemID(m))
	}
	slices.SortFunc(groups, func(x, y likeMembers) int {
		// NoItem is -1: as an unsigned number it comes last.
		return cmp.Or(cmp.Compare(uint32(x.role), uint32(y.role)), cmp.Compare(y.read, x.read), cmp.Compare(y.write, x.write))
	})
	return groups
}

type likeKey struct {
	role    cube.ItemID
	extents [2]audit.Extent
}
