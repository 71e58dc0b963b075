package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// whatCommand is `cubeward what`: the blocks and items of which a member reads anything (SPEC 6).
func whatCommand(t *tool) *cobra.Command {
	var (
		model  modelFlags
		asker  askerFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "what -m MODEL -u USER",
		Short: "The blocks, and their items, of which a member reads anything",
		Long: `The reverse of who: every metric, property and list of which the member reads any
cell, with how many cells of it, and for each dimension the items that have such
a cell. The lists User and Role, which all members of an application read, are
left out.
` + exitStatusHelp,
		Example:               `  cubeward what -m examples/us-budget -u ines@treasury.gov`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "model", "user"); err != nil {
				return err
			}
			rights, err := model.compile(cmd.Context())
			if err != nil {
				return err
			}
			member, err := asker.member(rights, asker.user)
			if err != nil {
				return err
			}
			reach, err := audit.What(cmd.Context(), member)
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(t.stdout, whatJSON(member, reach))
			}
			_, err = io.WriteString(t.stdout, whatText(paintFor(t.stdout), member, reach))
			return failed(err)
		},
	}
	model.registerEither(cmd, t)
	asker.register(cmd)
	registerJSON(cmd, &asJSON)
	completeFrom(cmd, "user", &model, memberNames)
	completeFrom(cmd, "as", &model, memberNames)
	return cmd
}

// The JSON result of what. The keys are part of the interface (SPEC 6).
type (
	whatResult struct {
		Member string      `json:"member"`
		Blocks []whatBlock `json:"blocks"`
	}
	whatBlock struct {
		Block    string     `json:"block"`
		Cells    uint64     `json:"cells"`
		Readable uint64     `json:"readable"`
		AtMost   bool       `json:"at_most,omitempty"` // readable is the most that it can be
		Items    itemsByDim `json:"items"`
	}
)

// itemsByDim is an object of the items of each dimension, in the dimensions' order.
type itemsByDim struct {
	names []string
	items [][]string
}

// MarshalJSON writes the object.
func (d itemsByDim) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	out.WriteByte('{')
	for i, name := range d.names {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := e.Encode(name); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := e.Encode(d.items[i]); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func whatJSON(member *engine.Member, reach []audit.Reach) whatResult {
	out := whatResult{Member: member.Name(), Blocks: []whatBlock{}}
	for _, r := range reach {
		b := whatBlock{Block: r.Ref.String(), Cells: r.Cells, Readable: r.Readable, AtMost: r.AtMost, Items: itemsByDim{names: dimensionNames(r.Ref)}}
		for i, items := range r.Items {
			names := make([]string, len(items))
			for k, item := range items {
				names[k] = r.Ref.Block.Dims[i].Item(item)
			}
			b.Items.items = append(b.Items.items, names)
		}
		out.Blocks = append(out.Blocks, b)
	}
	return out
}

// maxItems is how many items of a dimension a text names; of more it gives the number.
const maxItems = 3

func whatText(p paint, member *engine.Member, reach []audit.Reach) string {
	var out strings.Builder
	apps := member.Rights().Workspace().Applications
	title := fmt.Sprintf("%s (%s) reads something of %s", printable(member.Name()), rolesText(member), plural(len(reach), "block"))
	for _, line := range wrapped(title, screenWidth) {
		out.WriteString(p.bold(line) + "\n")
	}
	if len(reach) == 0 {
		return out.String()
	}
	s := sheet{head: []string{"block", "readable", "of", "items"}, right: map[int]bool{1: true, 2: true}}
	for _, r := range reach {
		name := r.Ref.String()
		if len(apps) == 1 {
			name = r.Ref.Block.Label()
		}
		var items []string
		for i, dim := range dimensionNames(r.Ref) {
			items = append(items, itemsText(printable(dim), r.Ref.Block.Dims[i], r.Items[i]))
		}
		readable := count(r.Readable)
		if r.AtMost {
			readable = "≤" + readable
		}
		s.add(printable(name), readable, count(r.Cells), strings.Join(items, "; "))
	}
	return out.String() + "\n" + s.text(p)
}

// rolesText is the role of a member in each application.
func rolesText(member *engine.Member) string {
	var parts []string
	for _, app := range member.Rights().Workspace().Applications {
		role := "no role"
		if r := member.Role(app); r != nil {
			role = printable(r.Name)
		}
		parts = append(parts, role+" in "+printable(app.Name))
	}
	return strings.Join(parts, ", ")
}

func itemsText(dim string, l *cube.List, items []cube.ItemID) string {
	switch {
	case len(items) == l.Len():
		return "every " + dim
	case len(items) > maxItems:
		return fmt.Sprintf("%s of %s %s", count(len(items)), count(l.Len()), dim)
	}
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = printable(l.Item(item))
	}
	return dim + " " + strings.Join(names, ", ")
}
