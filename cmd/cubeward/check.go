package main

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// checkCommand is `cubeward check`: whether a model is valid (SPEC 6).
func checkCommand(t *tool) *cobra.Command {
	var (
		model  modelFlags
		asJSON bool
		stats  bool
	)
	cmd := &cobra.Command{
		Use:   "check -m MODEL | -r FILE | -m MODEL -r FILE [--stats] [--json]",
		Short: "Whether a model is valid, or a rights file whole and still the model's",
		Long:  checkHelp + exitStatusHelp,
		Example: `  cubeward check -m examples/us-budget
  cubeward check -m examples/us-budget --stats
  cubeward check -m examples/us-budget/model.yaml --json

  # Compile only where that is needed
  cubeward check -m examples/us-budget -r budget.rights ||
      cubeward compile -m examples/us-budget -o budget.rights`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if model.file != "" {
				return t.checkFile(cmd.Context(), &model, asJSON, stats)
			}
			if model.path == "" {
				return usage("-m PATH or -r FILE is missing")
			}
			rights, err := model.compile(cmd.Context())
			switch {
			case err != nil && asJSON && statusOf(err) == statusInvalid:
				if err := writeJSON(t.stdout, invalidModel(err)); err != nil {
					return err
				}
				return &failure{status: statusInvalid}
			case err != nil:
				return err
			case asJSON:
				return writeJSON(t.stdout, validModel(rights, stats))
			}
			if err := t.writeSummary(model.path, rights); err != nil || !stats {
				return err
			}
			return t.writeStats(rights.Stats())
		},
	}
	model.register(cmd)
	cmd.Flags().BoolVar(&stats, "stats", false, "also count what the compiled rights hold")
	model.registerFile(cmd, t, "whether the rights `FILE` is whole and, with -m, still the model's")
	registerJSON(cmd, &asJSON)
	return cmd
}

const checkHelp = `Reads a model, checks every formula and rule, and works out its rights.

A valid model gets a summary: what each application holds, and how many blocks
each rule governs. Otherwise every mistake found (at most 20) is told with its
place, FILE:LINE:COLUMN, and the status is 2.

With -r alone every byte of a rights file is read and held to its checksum.
With -m and -r it also says whether the file is still the model's: made of files
that are the same now. Otherwise those that changed, are new or gone are named,
and the status is 1. Tables are hashed for that, nothing is compiled.

--stats counts what the compiled rights hold. With --json it is the key "stats":

  members, applications, profiles   members of one profile have equal rights
  kinds      [{metric, kinds}]: kinds of members that a rights metric tells apart
  nodes, mappings, sets             conditions, expressions, distinct sets
  bytes      {sets, profiles, plan, mappings, values, views, memo, inputs, names}
  views, memo  {hits, misses, evictions, entries, bytes, budget}: the caches
`

func registerJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "the result as JSON")
}

// The JSON result of check. The keys are part of the interface (SPEC 6).
type (
	checkResult struct {
		Valid        bool               `json:"valid"`
		Errors       []placedMessage    `json:"errors"`
		Warnings     []placedMessage    `json:"warnings"`
		Applications []applicationCount `json:"applications"`
		Stats        *engine.Stats      `json:"stats,omitempty"`
		Rights       *rightsCheck       `json:"rights,omitempty"` // with -r
	}
	placedMessage struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
	}
	applicationCount struct {
		Name    string `json:"name"`
		Lists   int    `json:"lists"`
		Metrics int    `json:"metrics"`
		Rules   int    `json:"rules"`
		Members int    `json:"members"`
	}
)

func placedMessages(errs []*cube.Error) []placedMessage {
	out := make([]placedMessage, len(errs))
	for i, e := range errs {
		out[i] = placedMessage{e.Pos.File, e.Pos.Line, e.Pos.Column, e.Message}
	}
	return out
}

// invalidModel is the result for a model that cannot be used.
func invalidModel(err error) checkResult {
	var (
		many cube.Errors
		one  *cube.Error
		path *fs.PathError
	)
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = cube.Errors{one}
	case errors.As(err, &path):
		many.Add(cube.Position{File: path.Path}, "%s", plainCause(path.Err))
	default:
		many.Add(cube.Position{}, "%v", err)
	}
	return checkResult{Errors: placedMessages(many), Warnings: []placedMessage{}, Applications: []applicationCount{}}
}

// validModel is the result for a model that was compiled.
func validModel(rights *engine.Rights, stats bool) checkResult {
	ws := rights.Workspace()
	out := checkResult{Valid: true, Errors: []placedMessage{}, Warnings: placedMessages(ws.Warnings), Applications: []applicationCount{}}
	for _, a := range ws.Applications {
		out.Applications = append(out.Applications, applicationCount{a.Name, len(a.Lists), len(a.Metrics), len(a.Rules), membersOf(rights, a)})
	}
	if stats {
		s := rights.Stats()
		out.Stats = &s
	}
	return out
}

// membersOf is how many members have a role in an application.
func membersOf(rights *engine.Rights, a *cube.Application) int {
	n := 0
	for i := range rights.Workspace().Users.Len() {
		if rights.RoleOf(a, cube.ItemID(i)) >= 0 {
			n++
		}
	}
	return n
}
