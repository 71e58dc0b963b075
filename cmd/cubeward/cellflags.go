package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// cellFlags name a cell, or a slice of cells, item by dimension.
type cellFlags struct{ pairs []string }

func (c *cellFlags) register(cmd *cobra.Command, what string) {
	cmd.Flags().StringArrayVar(&c.pairs, "cell", nil, what+": `DIMENSION=ITEM`, once for each")
}

// find is the item of each dimension of a block, NoItem where none is named.
func (c *cellFlags) find(ref engine.Ref) ([]cube.ItemID, error) {
	names := dimensionNames(ref)
	index := func(name string) int { // the own application may stand before a name
		return slices.IndexFunc(ref.Block.Dims, func(d *cube.List) bool { return name == d.NameIn(namingApp(ref)) || name == d.String() })
	}
	at := slices.Repeat([]cube.ItemID{cube.NoItem}, len(names))
	for _, pair := range c.pairs {
		name, item, err := splitPair(pair, func(s string) bool { return index(s) >= 0 })
		if err != nil {
			return nil, usage("--cell %w", err)
		}
		i := index(name)
		switch {
		case len(names) == 0:
			return nil, usage("--cell %s: %s has no dimensions", pair, ref)
		case i < 0:
			return nil, usage("--cell: %s has no dimension %q%s", ref, name, orOneOf(name, names))
		case at[i] >= 0:
			return nil, usage("--cell: %q stands there twice", name)
		}
		id, ok := ref.Block.Dims[i].Find(item)
		if !ok {
			return nil, usage("--cell: %q is no item of %s%s", item, names[i], didYouMean(item, ref.Block.Dims[i].Items()))
		}
		at[i] = id
	}
	return at, nil
}

// whole is find for one cell: every dimension needs an item.
func (c *cellFlags) whole(ref engine.Ref) ([]cube.ItemID, error) {
	at, err := c.find(ref)
	if err != nil {
		return nil, err
	}
	var missing []string
	for i, name := range dimensionNames(ref) {
		if at[i] < 0 {
			missing = append(missing, fmt.Sprintf("--cell %q", name+"=ITEM"))
		}
	}
	if len(missing) > 0 {
		return nil, usage("%s: a cell of it needs %s too", ref, strings.Join(missing, " and "))
	}
	return at, nil
}

func didYouMean(name string, names []string) string {
	if near := cube.Suggest(name, names); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// orOneOf is didYouMean, or names the few that there are.
func orOneOf(name string, names []string) string {
	if s := didYouMean(name, names); s != "" {
		return s
	}
	if len(names) == 0 {
		return "; it has none"
	}
	return "; it has " + strings.Join(names, ", ")
}

// cellObject is a cell in JSON: an object whose keys are dimensions, in their order.
type cellObject struct{ names, items []string }

// newCell is the cell at items, without the dimensions where these are NoItem, as app names the dimensions.
func newCell(dims []*cube.List, items []cube.ItemID, app *cube.Application) cellObject {
	var c cellObject
	for i, d := range dims {
		if items[i] >= 0 {
			c.names, c.items = append(c.names, d.NameIn(app)), append(c.items, d.Item(items[i]))
		}
	}
	return c
}

// cellIn is a cell, or a slice of cells, of a block.
func cellIn(ref engine.Ref, items []cube.ItemID) cellObject {
	return newCell(ref.Block.Dims, items, namingApp(ref))
}

// namingApp is the application that says how the dimensions of a block are called.
func namingApp(ref engine.Ref) *cube.Application {
	if ref.Block.App != nil {
		return ref.Block.App
	}
	return ref.App
}

// MarshalJSON writes the object.
func (c cellObject) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	out.WriteByte('{')
	for i := range c.names {
		if i > 0 {
			out.WriteByte(',')
		}
		for k, s := range []string{c.names[i], c.items[i]} {
			if k > 0 {
				out.WriteByte(':')
			}
			if err := e.Encode(s); err != nil {
				return nil, err
			}
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// text is the cell for people.
func (c cellObject) text() string {
	parts := make([]string, len(c.names))
	for i := range c.names {
		parts[i] = printable(c.names[i]) + "=" + printable(c.items[i])
	}
	return strings.Join(parts, ", ")
}
