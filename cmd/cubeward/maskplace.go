package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/mask"
)

// place is the options for a schema: the flags that are pairs of names taken apart, which columns that are placed
// twice are refused.
func (f *maskFlags) place(ws *cube.Workspace, schema *arrow.Schema) (mask.Options, error) {
	opt := f.options
	opt.Application = f.model.app
	opt.At, opt.Columns, opt.Dims, opt.DimIndex = map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	if opt.Application == "" && len(ws.Applications) > 1 {
		return opt, usage("the workspace has several applications: name one with -a")
	}
	placed := slices.Clone(opt.Pass)
	for _, p := range []struct {
		flag  string
		pairs []string
		known func(string) bool
		into  map[string]string
	}{
		{"--at", f.at, func(name string) bool { return isList(ws, name) }, opt.At},
		{"--column", f.column, schema.HasField, opt.Columns},
		{"--dim", f.dim, schema.HasField, opt.Dims},
		{"--dim-index", f.dimIndex, schema.HasField, opt.DimIndex},
	} {
		for _, pair := range p.pairs {
			left, right, err := splitPair(pair, p.known)
			_, twice := p.into[left]
			switch {
			case err != nil:
				return opt, usage("%s %w", p.flag, err)
			case left == "" || right == "":
				return opt, usage("%s %q: a name is empty", p.flag, pair)
			case twice:
				return opt, usage("%s: %q stands there twice", p.flag, left)
			case p.flag != "--at" && slices.Contains(placed, left):
				return opt, usage("column %q is placed by two flags", left)
			}
			if p.into[left] = right; p.flag != "--at" {
				placed = append(placed, left)
			}
		}
	}
	return opt, nil
}

// isList says whether a name is that of a list, alone or with its application.
func isList(ws *cube.Workspace, name string) bool {
	return slices.ContainsFunc(ws.Lists(), func(l *cube.List) bool { return l.Name == name || l.String() == name })
}

// placingHint helps with columns that stand for nothing.
const placingHint = "--column COLUMN=BLOCK and --dim COLUMN=LIST place columns, --at DIMENSION=ITEM fixes a dimension, --pass COLUMN lets one through"

// bindingError is an error of mask.New in the words of the command line.
func bindingError(err error) error {
	if unreadable(err) {
		return err
	}
	text := strings.Split(strings.TrimPrefix(err.Error(), "mask: "), "\n")
	for i, line := range text {
		for option, flag := range map[string]string{"Application: ": "-a: ", "At: ": "--at: ", "Dense: ": "--dense: "} {
			if rest, ok := strings.CutPrefix(line, option); ok {
				text[i] = flag + rest
			}
		}
	}
	return &failure{status: statusInvalid, err: errors.New(strings.Join(text, "\n")), hint: placingHint}
}
