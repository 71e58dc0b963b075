package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
)

// compileFlags are the flags of `cubeward compile`.
type compileFlags struct {
	model   modelFlags
	out     string
	since   string
	only    []string
	shard   shardFlag
	workers int
	memory  byteSize // 0: no limit
	report  reportFlags
}

// compileCommand is `cubeward compile`: the rights of a model as a file (SPEC 6).
func compileCommand(t *tool) *cobra.Command {
	var f compileFlags
	cmd := &cobra.Command{
		Use:   "compile -m MODEL -o FILE [flags]",
		Short: "The rights of a model as a file that other commands take in its place",
		Long: `Works out everyone's rights once and writes them into a rights file. Commands that
ask for rights take it as -r FILE in place of -m MODEL, and start at once, however
many members there are. "cubeward check -m MODEL -r FILE" says whether a rights
file is still the model's.

With --since OLD what did not change is taken over from an older rights file: where
every file of the model is the same as then, nothing is compiled at all. The
result is the same without.

With --shard I/N only one of N parts of the members is worked out. The parts may be
made on N machines at once, and "cubeward merge" makes of them, byte by byte, the
file of one run. With --only it is the members named. Such a file tells nothing of
the others: to ask for them is an error.

The file appears whole or not at all, whenever the work is interrupted. It is as
secret as the model: it is made for its owner alone (mode 0600), and never to be
given to members.
` + exitStatusHelp,
		Example: `  # Once a night; asked all day
  cubeward compile -m examples/us-budget -o budget.rights
  cubeward who -r budget.rights -b Receipts --cell "Fiscal year=2016"

  # Again after a change
  cubeward compile -m examples/us-budget -o budget.rights --since budget.rights

  # In two parts
  cubeward compile -m examples/us-budget --shard 1/2 -o part1.rights
  cubeward compile -m examples/us-budget --shard 2/2 -o part2.rights
  cubeward merge part1.rights part2.rights -o budget.rights`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.validate(cmd); err != nil {
				return err
			}
			return t.compile(cmd.Context(), &f)
		},
	}
	f.model.register(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "output", "o", "", "the rights file to make: `FILE`")
	flags.StringVar(&f.since, "since", "", "take over what did not change since the rights file `OLD` was made; it may be the one to make")
	flags.StringArrayVar(&f.only, "only", nil, "work out the rights of the member `USER` alone, or of those in a file as @FILE, one a line; repeatable")
	flags.Var(&f.shard, "shard", "work out part I of N of the members, as in 1/8; merge puts the parts together")
	flags.IntVar(&f.workers, "workers", 0, "how many processors to use at most: `N`; 0 for all")
	flags.Var(&f.memory, "memory", "give up (status 3) where more than this must be held in memory; no limit unless given")
	f.report.register(cmd)
	completeFrom(cmd, "only", &f.model, memberNames)
	return cmd
}

// validate refuses calls that cannot be meant.
func (f *compileFlags) validate(cmd *cobra.Command) error {
	if err := needFlags(cmd, "model", "output"); err != nil {
		return err
	}
	switch {
	case f.workers < 0:
		return usage("--workers %d: it may not be negative", f.workers)
	case slices.Contains(f.only, ""):
		return usage("--only is empty")
	case len(f.only) > 0 && f.shard.of > 0:
		return usage("--only and --shard exclude each other")
	}
	return checkRightsOut(f.out, &f.report)
}

// checkRightsOut refuses names that no rights file can have, and two outputs of one name.
func checkRightsOut(name string, report *reportFlags) error {
	switch {
	case name == standardStream:
		return usage("-o -: a rights file is not read from front to back, so it needs a name")
	case report.metrics != "" && filepath.Clean(report.metrics) == filepath.Clean(name):
		return usage("-o and --metrics name the same file")
	}
	return nil
}

// notAmong refuses to put the output in the place of a file that is read.
func notAmong(out string, inputs []string) error {
	b, err := os.Stat(out)
	if err != nil {
		return nil // there is none
	}
	for _, in := range inputs {
		if a, err := os.Stat(in); err == nil && os.SameFile(a, b) {
			return fileError(out, "the output would replace the input")
		}
	}
	return nil
}

// shardFlag is a part of all members: part i of as many, from 1.
type shardFlag struct{ i, of int }

// String is the part as it is written.
func (s *shardFlag) String() string {
	if s.of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.i, s.of)
}

// maxShards is how many parts there may be: more would have fewer members than anybody makes a file for.
const maxShards = 1 << 16

// Set reads I/N.
func (s *shardFlag) Set(text string) error {
	left, right, ok := strings.Cut(text, "/")
	i, errI := strconv.Atoi(left)
	of, errN := strconv.Atoi(right)
	switch {
	case !ok || errI != nil || errN != nil:
		return fmt.Errorf("%q is no part like 1/8", text)
	case of < 1 || of > maxShards:
		return fmt.Errorf("%q: there may be 1 to %d parts", text, maxShards)
	case i < 1 || i > of:
		return fmt.Errorf("%q: parts are counted from 1 to %d", text, of)
	}
	s.i, s.of = i, of
	return nil
}

// Type names the kind of value in help texts.
func (s *shardFlag) Type() string { return "I/N" }

// chosen are the members that --only names, in the order of the list, nil where it names none; whoever is unknown is
// reported, all at once.
func (f *compileFlags) chosen(ws *cube.Workspace) ([]cube.ItemID, error) {
	if len(f.only) == 0 {
		return nil, nil
	}
	var unknown cube.Errors
	var alone []error
	out := []cube.ItemID{}
	for _, name := range f.only {
		path, isFile := strings.CutPrefix(name, "@")
		if !isFile {
			m, ok := ws.Users.Find(name)
			if !ok {
				alone = append(alone, unknownMember(ws, name))
			}
			out = append(out, m)
			continue
		}
		named, err := readMembers(path)
		if err != nil {
			return nil, err
		}
		for _, n := range named {
			m, ok := ws.Users.Find(n.name)
			if !ok {
				unknown.Add(n.pos, "unknown member %q", n.name)
			}
			out = append(out, m)
		}
	}
	if err := errors.Join(append(alone, unknown.Err())...); err != nil {
		if len(alone) == 0 {
			return nil, unknown.Err()
		}
		return nil, errors.Join(alone...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func unknownMember(ws *cube.Workspace, name string) error {
	if near := cube.Suggest(name, ws.Users.Items()); near != "" {
		return usage("--only: unknown member %q (did you mean %q?)", name, near)
	}
	return usage("--only: unknown member %q", name)
}

// inputPaths are where the files of a model are, as this process reaches them.
func inputPaths(model string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = filepath.Join(modelFolder(model), filepath.FromSlash(name))
	}
	return out
}

// modelFolder is the folder of the file that -m means.
func modelFolder(model string) string {
	if info, err := os.Stat(model); err == nil && info.IsDir() {
		return model
	}
	return filepath.Dir(model)
}
