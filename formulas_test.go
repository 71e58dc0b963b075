package cubeward_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
)

// exampleRow is a row of a table of examples: the formula, then what it gives.
var exampleRow = regexp.MustCompile("^\\| `(.+)` \\| (.*)\\|$")

// TestFormulasDocument runs the examples of docs/formulas.md against the model that stands there.
func TestFormulasDocument(t *testing.T) {
	path := filepath.Join("docs", "formulas.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, model, ok := strings.Cut(string(text), "```yaml\n")
	require.True(t, ok)
	model, _, _ = strings.Cut(model, "```")
	run := newFormulaRunner(t, model)
	lines := strings.Split(string(text), "\n")
	heading, examples := "", 0
	for i, line := range lines {
		switch m := exampleRow.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "| example"):
			heading = line
		case !strings.HasPrefix(line, "|"):
			heading = ""
		case heading != "" && m != nil:
			examples++
			got := run.answer(m[1], strings.Contains(heading, "access_rights"))
			lines[i] = "| `" + m[1] + "` | " + got + " |"
			if !*update {
				require.Equal(t, lines[i], line, "line %d; run `make golden`", i+1)
			}
		}
	}
	require.Greater(t, examples, 70)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
	}
}

type formulaRunner struct {
	t      *testing.T
	rights *engine.Rights
	eval   *formula.Evaluator
}

func newFormulaRunner(t *testing.T, model string) *formulaRunner {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "model.yaml"), []byte(model), 0o644))
	ws, err := modelfile.Load(dir, modelfile.Options{})
	require.NoError(t, err)
	r, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	return &formulaRunner{t, r, formula.NewEvaluator(r.Values, formula.EvalOptions{})}
}

// answer is the cells that a formula gives, or its first mistake.
func (f *formulaRunner) answer(text string, rights bool) string {
	ws := f.rights.Workspace()
	n, err := formula.Parse(text)
	var e *formula.Expr
	if err == nil {
		e, err = formula.Check(ws, ws.Applications[0], n, formula.Target{AnyDims: true, Rights: rights})
	}
	var mistakes formula.Errors
	if errors.As(err, &mistakes) {
		return mistakes[0].Error()
	}
	require.NoError(f.t, err)
	col, err := f.eval.Eval(context.Background(), e)
	require.NoError(f.t, err)
	return cells(col)
}

func cells(col *cube.Column) string {
	var out []string
	space := col.Space()
	items := make([]cube.ItemID, len(space.Dims()))
	for c := range space.Len() {
		v := col.Value(c)
		if v.IsBlank() {
			continue
		}
		space.At(c, items)
		var words []string
		for i, d := range space.Dims() {
			words = append(words, d.Item(items[i]))
		}
		out = append(out, strings.Join(append(words, show(v, col.Type())), " "))
	}
	if len(out) == 0 {
		return "—"
	}
	return strings.Join(out, ", ")
}

func show(v cube.Value, t cube.Type) string {
	switch v.Kind() {
	case cube.Number:
		b, _ := json.Marshal(v.Float())
		return string(b)
	case cube.Text:
		return `"` + v.Str() + `"`
	case cube.Boolean:
		return strings.ToUpper(map[bool]string{true: "true", false: "false"}[v.True()])
	case cube.Date:
		return cube.FormatDate(v.Days())
	case cube.AccessRights:
		return v.Rights().String()
	}
	return t.List.Item(v.Item())
}
