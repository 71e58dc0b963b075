package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// testCommand is `cubeward test`: whether what must hold does (SPEC 7).
func testCommand(t *tool) *cobra.Command {
	var (
		model           modelFlags
		junit           string
		verbose, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "test -m MODEL TESTS.yaml",
		Short: "Whether expectations about who reads and writes what hold",
		Long:  testHelp + exitStatusHelp,
		Example: `  cubeward test -m examples/us-budget examples/us-budget/tests.yaml
  cubeward test -m examples/us-budget examples/us-budget/tests.yaml --junit report.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one test file, not %d", len(args))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needFlags(cmd, "model"); err != nil {
				return err
			}
			r, err := runTests(cmd.Context(), &model, args[0])
			if err != nil {
				return err
			}
			r.paint, r.verbose = paintFor(t.stdout), verbose
			if junit != "" {
				if err := t.writeJUnit(junit, r); err != nil {
					return err
				}
			}
			if asJSON {
				err = writeJSON(t.stdout, r.json())
			} else {
				err = r.write(t.stdout)
			}
			if err == nil && r.failures() > 0 {
				err = &failure{status: statusRefused}
			}
			return err
		},
	}
	model.registerEither(cmd, t)
	model.registerApp(cmd)
	cmd.Flags().StringVar(&junit, "junit", "", "also write a report in the form of JUnit to `FILE`")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "name the expectations that hold, too")
	registerJSON(cmd, &asJSON)
	return cmd
}

const testHelp = `Checks expectations, which a file states like this:

  cubeward_tests: 1
  tests:
    - name: Ines sees her own agency only
      member: ines@treasury.gov       # or members: [...]; as: ADMIN to impersonate
      block: Receipts                 # App::Block where needed
      where: {Fiscal year: 2016}      # items by dimension, one or a list; else all
      expect: {read: some, write: none}   # read, write, locked: all, some, none
    - name: The round has its members
      block: Adjustment
      only: {write: [ada@omb.gov]}    # exactly these read, write at least one cell

"some" is at least one cell, and not all. In place of expect, or beside it,
counts: {read: 12} says how many cells. An expectation that does not hold is
explained with a cell where it does not. At the end stands what of the model no
expectation exercises: its rules, roles and other conditions.
`

// runTests checks the expectations of a file.
func runTests(ctx context.Context, model *modelFlags, file string) (*testReport, error) {
	rights, err := model.compile(ctx)
	if err != nil {
		return nil, err
	}
	stated, err := modelfile.LoadTests(file)
	if err != nil {
		return nil, err
	}
	tests, err := resolveTests(rights, model, stated)
	if err != nil {
		return nil, err
	}
	results, err := audit.Check(ctx, rights, tests)
	return &testReport{file: file, model: model, tests: tests, results: results, covered: audit.Coverage(rights, tests)}, err
}

// resolveTests looks up the names in expectations, and reports all that the model does not have.
func resolveTests(rights *engine.Rights, model *modelFlags, stated []modelfile.Test) ([]audit.Expectation, error) {
	r := testResolver{rights: rights, app: model.app}
	out := make([]audit.Expectation, len(stated))
	for i := range stated {
		out[i] = r.test(&stated[i])
	}
	return out, r.errs.Err()
}

type testResolver struct {
	rights *engine.Rights
	app    string
	errs   cube.Errors
}

func (r *testResolver) test(t *modelfile.Test) audit.Expectation {
	out := audit.Expectation{Name: t.Name, Pos: t.Pos}
	for _, m := range t.Members {
		r.member(&out, t, m)
	}
	for aspect, name := range []string{audit.ReadAspect: "read", audit.WriteAspect: "write", audit.LockedAspect: "locked"} {
		out.Expect[aspect] = map[string]audit.Amount{"all": audit.AllCells, "some": audit.SomeCells, "none": audit.NoCells}[t.Expect[name].Text]
		if n, ok := t.Counts[name]; ok {
			out.Counts[aspect] = &n
		}
		if only, ok := t.Only[name]; ok {
			members := make([]cube.ItemID, 0, len(only))
			for _, w := range only {
				if m, err := r.rights.Member(w.Text); err != nil {
					r.errs.Add(w.Pos, "unknown member %q", w.Text)
				} else {
					members = append(members, m.ID())
				}
			}
			out.Only[aspect] = &members
		}
	}
	ref, err := r.rights.Find(t.Block.Text, r.app)
	var unknown *engine.UnknownError
	switch {
	case errors.As(err, &unknown) && unknown.Name == "":
		r.errs.Add(t.Block.Pos, "the workspace has several applications: write Application::Block, or name one with -a")
	case err != nil:
		r.errs.Add(t.Block.Pos, "%s", err)
	default:
		out.Ref, out.Where = ref, r.where(ref, t.Where)
	}
	return out
}

// member adds who is asked. An impersonation that is refused is an answer: the expectation does not hold.
func (r *testResolver) member(out *audit.Expectation, t *modelfile.Test, w modelfile.Word) {
	m, err := r.rights.Member(w.Text)
	if err != nil {
		r.errs.Add(w.Pos, "unknown member %q", w.Text)
		return
	}
	if t.As != nil {
		if _, err := r.rights.Member(t.As.Text); err != nil {
			r.errs.Add(t.As.Pos, "unknown member %q", t.As.Text)
			return
		}
		if m, err = r.rights.Impersonate(t.As.Text, w.Text); err != nil {
			out.Refused = append(out.Refused, err.Error())
			return
		}
	}
	out.Members = append(out.Members, m)
}

// where is the items of each dimension that an expectation is about.
func (r *testResolver) where(ref engine.Ref, stated []modelfile.TestSlice) [][]cube.ItemID {
	names := dimensionNames(ref)
	out := make([][]cube.ItemID, len(names))
	for _, s := range stated {
		i := slices.Index(names, s.Dimension.Text)
		if i < 0 {
			r.errs.Add(s.Dimension.Pos, "%s has no dimension %q%s", ref, s.Dimension.Text, orOneOf(s.Dimension.Text, names))
			continue
		}
		for _, w := range s.Items {
			item, ok := ref.Block.Dims[i].Find(w.Text)
			if !ok {
				r.errs.Add(w.Pos, "%q is no item of %s%s", w.Text, names[i], didYouMean(w.Text, ref.Block.Dims[i].Items()))
			}
			out[i] = append(out[i], item)
		}
	}
	return out
}

// The JSON result of test. The keys are part of the interface (SPEC 6).
type (
	testResult struct {
		Passed  int          `json:"passed"`
		Failed  int          `json:"failed"`
		Results []testAnswer `json:"results"`
	}
	testAnswer struct {
		Name    string `json:"name"`
		OK      bool   `json:"ok"`
		Message string `json:"message"`
	}
)

func (r *testReport) json() testResult {
	out := testResult{Passed: len(r.results) - r.failures(), Failed: r.failures(), Results: []testAnswer{}}
	for i := range r.results {
		out.Results = append(out.Results, testAnswer{r.results[i].Name, r.results[i].OK, r.message(&r.results[i])})
	}
	return out
}

// message is what is otherwise, and why, in lines.
func (r *testReport) message(res *audit.Result) string {
	lines := []string{}
	if res.Message != "" {
		lines = append(lines, res.Message)
	}
	if res.Why != nil {
		lines = append(lines, whyText(res.Why))
	}
	return strings.Join(lines, "\n")
}

// whyText is an explanation in a line: the cell, what was decided, and what denies.
func whyText(e *audit.Explanation) string {
	cell := cmp.Or(cellIn(e.View.Ref(), e.Cell).text(), "its only cell")
	verdict := fmt.Sprintf("such as %s: %s", cell, decisionText(e))
	w := explainWriter{e: e, several: len(e.View.Member().Rights().Workspace().Applications) > 1}
	var by []string
	for _, f := range e.Denying(cube.Write) {
		if title := w.title(&f); !slices.Contains(by, title) {
			by = append(by, title)
		}
	}
	if len(by) == 0 {
		return verdict + ", denied by nothing"
	}
	return verdict + ", denied by " + strings.Join(by, "; ")
}

func decisionText(e *audit.Explanation) string {
	yes := map[bool]string{true: "yes", false: "no"}
	out := "read " + yes[e.Decision.Read] + ", write " + yes[e.Decision.Write]
	if e.Decision.Locked {
		out += ", locked"
	}
	return out
}
