package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

const lintHelp = `Looks for what is no mistake in a model, but often not what was meant: blocks that
no rule governs, every RESETACCESSRIGHTS and what readers can work out by it, public
blocks, rules that do nothing, input that nobody can write, names that look alike …
docs/lint.md has a section on each kind of finding.

A comment in the model says that a finding is intended, and why. It stands on the
line of the finding or of its metric, list or rule, or right above:

  Published: # cubeward:ignore public-block everyone may know the total

A comment without a reason, for an unknown kind or for nothing is itself a finding.

The status is 1 where anything is found.
`

// lintCommand is `cubeward lint`: what of a model deserves a second look (SPEC 6).
func lintCommand(t *tool) *cobra.Command {
	var (
		model         modelFlags
		out           string
		asJSON, sarif bool
	)
	cmd := &cobra.Command{
		Use:   "lint -m MODEL [--json | --sarif] [-o FILE]",
		Short: "What of a model deserves a second look: what shows too much, or does nothing",
		Long:  lintHelp + exitStatusHelp,
		Example: `  cubeward lint -m examples/us-budget

  # For a code review: GitHub and others show SARIF beside the lines
  cubeward lint -m examples/us-budget --sarif -o lint.sarif`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if model.file != "" {
				return usage("-r: lint looks at the model as it is written, which a rights file does not hold; name the model with -m")
			}
			if err := needFlags(cmd, "model"); err != nil {
				return err
			}
			if asJSON && sarif {
				return usage("--json and --sarif are two forms of the result: choose one")
			}
			return t.lint(cmd.Context(), &model, out, func(w io.Writer, found []audit.Finding) error {
				switch {
				case asJSON:
					return writeJSON(w, lintResults(found))
				case sarif:
					return writeJSON(w, sarifLog(found))
				}
				_, err := io.WriteString(w, lintText(paintFor(w), found))
				return failed(err)
			})
		},
	}
	model.register(cmd)
	model.registerFile(cmd, t, "not here: `FILE`")
	_ = cmd.Flags().MarkHidden("rights")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to `FILE` instead of standard output")
	registerJSON(cmd, &asJSON)
	cmd.Flags().BoolVar(&sarif, "sarif", false, "the result as SARIF 2.1.0, for code review tools")
	return cmd
}

// lint carries out the command: form writes what was found.
func (t *tool) lint(ctx context.Context, model *modelFlags, out string, form func(io.Writer, []audit.Finding) error) error {
	rights, err := model.compile(ctx)
	if err != nil {
		return err
	}
	files, err := modelTexts(rights.Workspace())
	if err != nil {
		return err
	}
	found, err := audit.Lint(ctx, rights, audit.LintOptions{Files: files})
	if err != nil {
		return err
	}
	err = t.writeWhole(out, func(w io.Writer) error { return form(w, found) })
	if err == nil && len(found) > 0 {
		err = &failure{status: statusRefused}
	}
	return err
}

// writeWhole writes a text to a file, whole or not at all, or to standard output where no file is named.
func (t *tool) writeWhole(name string, write func(io.Writer) error) error {
	if name == "" {
		return write(t.stdout)
	}
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	file, err := t.files.create(name, 0o666)
	if err != nil {
		return err
	}
	if _, err := file.Write(text.Bytes()); err != nil {
		return err
	}
	return file.publish()
}

// modelTexts are the YAML files of a model, by their names as messages have them.
func modelTexts(ws *cube.Workspace) (map[string]string, error) {
	files := map[string]string{}
	add := func(pos cube.Position) {
		if pos.File != "" {
			files[pos.File] = ""
		}
	}
	for _, b := range ws.Blocks() {
		add(b.Pos)
	}
	for _, app := range ws.Applications {
		add(app.Pos)
		for _, r := range app.Roles {
			add(r.Pos)
		}
		for _, r := range app.Rules {
			add(r.Pos)
		}
	}
	for name := range maps.Keys(files) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files[name] = string(text)
	}
	return files, nil
}

// lintResult is one finding in the JSON result of lint. The keys are part of the interface (SPEC 6).
type lintResult struct {
	Code    string `json:"code"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Block   string `json:"block"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

func lintResults(found []audit.Finding) []lintResult {
	out := make([]lintResult, len(found))
	for i, f := range found {
		out[i] = lintResult{f.Code, f.Pos.File, f.Pos.Line, f.Pos.Column, blockName(f.Block), f.Message, f.Remedy}
	}
	return out
}

// blockName is a block as results write it, "" where there is none.
func blockName(ref engine.Ref) string {
	if ref.Block == nil {
		return ""
	}
	return ref.String()
}

// findingsByCode counts findings, the most frequent codes first.
func findingsByCode(found []audit.Finding) []codeCount {
	counts := map[string]int{}
	for _, f := range found {
		counts[f.Code]++
	}
	var out []codeCount
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, codeCount{code, counts[code]})
	}
	slices.SortStableFunc(out, func(a, b codeCount) int { return b.n - a.n })
	return out
}

type codeCount struct {
	code string
	n    int
}
