package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// mergeCommand is `cubeward merge`: the parts of one rights file as one (SPEC 6).
func mergeCommand(t *tool) *cobra.Command {
	var (
		out    string
		report reportFlags
	)
	cmd := &cobra.Command{
		Use:   "merge SHARD… -o FILE",
		Short: "The parts that compile --shard made of a model, as one rights file",
		Long: `Puts the rights files of "cubeward compile --shard 1/N" to N/N together, in any
order. The result is, byte by byte, the file that one run would have made of the
same model. Every part must be there once and be made of the same files.

The file appears whole or not at all, and is for its owner alone (mode 0600).
` + exitStatusHelp,
		Example: `  cubeward compile -m examples/us-budget --shard 1/2 -o part1.rights
  cubeward compile -m examples/us-budget --shard 2/2 -o part2.rights
  cubeward merge part1.rights part2.rights -o budget.rights`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name the rights files of all parts")
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needFlags(cmd, "output"); err != nil {
				return err
			}
			if err := checkRightsOut(out, &report); err != nil {
				return err
			}
			return t.merge(cmd.Context(), args, out, &report)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the rights file to make: `FILE`")
	report.register(cmd)
	return cmd
}

// merge carries out the command.
func (t *tool) merge(ctx context.Context, shards []string, out string, flags *reportFlags) error {
	s := newStages(t.stderr, "merge")
	defer s.close()
	s.begin("load")
	r := compileReport{Output: out, Inputs: []inputReport{}}
	files := make([]*store.File, len(shards))
	for i, path := range shards {
		f, err := t.openFile(path)
		if err != nil {
			return err
		}
		files[i] = f.File
	}
	if err := checkParts(t.rightsFiles); err != nil {
		return err
	}
	if err := notAmong(out, shards); err != nil {
		return err
	}
	s.begin("merge")
	var err error
	r.Bytes, err = t.writeRights(ctx, out, func(w io.Writer) error { return store.Merge(ctx, w, files...) })
	if err != nil {
		return err
	}
	for _, in := range files[0].Inputs() {
		r.Inputs = append(r.Inputs, inputReport{in.Path, in.Size, hex.EncodeToString(in.SHA256[:])})
	}
	merged, err := t.openFile(out)
	if err != nil {
		return err
	}
	rights, err := merged.Rights(ctx, engine.Options{})
	if err != nil {
		return ofRightsFile(out, err)
	}
	if err := rights.Load(ctx); err != nil {
		return ofRightsFile(out, err)
	}
	r.count(rights.Stats())
	r.Held, _ = merged.Members()
	r.took(s)
	s.close()
	return t.tellRun(flags, &r)
}

// checkParts says which files are not the parts of one run, by their names. That all is there store.Merge makes sure
// of.
func checkParts(files []*rightsFile) error {
	var wrong cube.Errors
	first := map[int]string{}
	var lead *rightsFile // the first part: the others must fit to it
	for _, f := range files {
		at := cube.Position{File: f.path}
		part, of := f.Shard()
		if lead == nil && of > 0 {
			lead = f
		}
		switch {
		case !f.Current():
			wrong.Add(at, otherAnswers+": compile the parts again")
		case of == 0:
			wrong.Add(at, "no part: compile --shard makes parts")
		default:
			if misfit := lead.misfit(f, first[part]); misfit != "" {
				wrong.Add(at, "%s", misfit)
			}
			first[part] = f.path
		}
	}
	return wrong.Err()
}

// misfit says why a part and f are not parts of one run, or that the part that f is has stood there already, in the file
// before; empty where they fit.
func (lead *rightsFile) misfit(f *rightsFile, before string) string {
	part, of := f.Shard()
	i, parts := lead.Shard()
	changes := otherInputs(lead.Inputs(), f.Inputs())
	switch {
	case of != parts:
		return fmt.Sprintf("part %d of %d, but %s is part %d of %d", part, of, lead.path, i, parts)
	case before != "":
		return fmt.Sprintf("part %d of %d, which %s is too: every part is needed once", part, of, before)
	case len(changes) > 0:
		return fmt.Sprintf("made of other files than %s: %s", lead.path, strings.Join(changes, ", "))
	}
	return ""
}

// otherInputs are the paths of files of which two rights files were not made both.
func otherInputs(a, b []store.Input) []string {
	same := map[store.Input]int{}
	for _, in := range slices.Concat(a, b) {
		same[in]++
	}
	paths := map[string]bool{}
	for in, n := range same {
		if n < 2 {
			paths[in.Path] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}
