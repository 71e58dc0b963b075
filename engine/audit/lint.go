package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/formula"
	"github.com/cubeward/cubeward/inherit"
)

// Finding is something in a model that deserves a second look: not a mistake, or Load would have refused it, but often
// not what was meant.
type Finding struct {
	Code    string        // one of Codes
	Pos     cube.Position // where an ignore comment silences it: see LintOptions
	Block   engine.Ref    // the block that it is about; zero where it is about none
	Message string        // one sentence or two, without a full stop
	Remedy  string        // what to do about it, likewise
	scope   cube.Position // of the block or rule that Pos lies in: a comment there counts too
}

// LintOptions are the choices of Lint. The zero LintOptions are good.
type LintOptions struct {
	// Files are the texts of the model's YAML files, by their names as positions have them. Comments in them say which
	// findings are intended:
	//
	//	# cubeward:ignore CODE reason
	//
	// on the line of the finding, or of the block or rule that it is in, or in the lines of comments right above either.
	// A comment without a reason ignores nothing, and is itself a finding, as is one that names an unknown code or that
	// nothing answers to.
	Files map[string]string
	// MaxCells bounds the search for what readers of a block can work out: how many cells it looks at, for each block
	// and kind of member. 0 means 4 million. Where that is not enough members are counted as "at least".
	MaxCells int
}

// Validate reports what is wrong with the options.
func (o LintOptions) Validate() error {
	if o.MaxCells < 0 {
		return fmt.Errorf("audit: MaxCells is %d; it may not be negative", o.MaxCells)
	}
	return nil
}

const defaultMaxCells = 4 << 20

// Lint finds what of a model deserves a second look. The findings are sorted by place, then code; docs/lint.md has a
// page on each. It asks each kind of member once, and fails where a view cannot be worked out or ctx is done.
func Lint(ctx context.Context, r *engine.Rights, opt LintOptions) ([]Finding, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	opt.MaxCells = cmp.Or(opt.MaxCells, defaultMaxCells)
	l := &linter{ctx: ctx, r: r, ws: r.Workspace(), plan: r.Plan(), opt: opt, groups: r.Groups(), columns: map[*formula.Expr]*cube.Column{}}
	l.eval = formula.NewEvaluator(r.Values, formula.EvalOptions{MaxBytes: maxLintBytes})
	l.granting = formula.NewEvaluator(r.Values, formula.EvalOptions{MaxBytes: maxLintBytes, NoneIsBlank: true})
	l.given = map[*cube.Block]grants{}
	for _, check := range []func() error{
		l.settings, l.people, l.warnings, l.names, l.rules, l.rightsMetrics, l.blocks, l.formulas, l.blanks, l.resets,
	} {
		if err := errors.Join(check(), ctx.Err()); err != nil {
			return nil, err
		}
	}
	l.ignore()
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(a.Pos.Compare(b.Pos), strings.Compare(a.Code, b.Code))
	})
	return l.found, nil
}

// maxLintBytes is how much room the values of one expression may take that only Lint asks for.
const maxLintBytes = 1 << 28

// linter collects findings. Each of its checks adds those of some codes.
type linter struct {
	ctx      context.Context
	r        *engine.Rights
	ws       *cube.Workspace
	plan     *inherit.Plan
	opt      LintOptions
	groups   [][]cube.ItemID // members by kind, as engine.Rights.Groups has them
	eval     *formula.Evaluator
	granting *formula.Evaluator             // of access rights, for which none is as good as BLANK
	columns  map[*formula.Expr]*cube.Column // values of parts of formulas; nil where they take too much room
	given    map[*cube.Block]grants         // by access-rights metric
	found    []Finding
}

// add adds a finding about no block. Args are for the message.
func (l *linter) add(code string, pos cube.Position, remedy, format string, args ...any) {
	l.found = append(l.found, Finding{Code: code, Pos: pos, Message: fmt.Sprintf(format, args...), Remedy: remedy, scope: pos})
}

// addBlock adds a finding about a block; the zero pos means where the block stands.
func (l *linter) addBlock(code string, b *cube.Block, pos cube.Position, remedy, format string, args ...any) {
	if pos == (cube.Position{}) {
		pos = b.Pos
	}
	l.add(code, pos, remedy, format, args...)
	f := &l.found[len(l.found)-1]
	f.Block, f.scope = engine.Ref{App: b.App, Block: b}, b.Pos
}

// column is the values of a part of a formula, with the system's eyes; nil where they take too much room. They are
// remembered.
func (l *linter) column(e *formula.Expr) (*cube.Column, error) {
	if c, ok := l.columns[e]; ok {
		return c, nil
	}
	c, err := l.evaluate(l.eval, e)
	if err == nil {
		l.columns[e] = c
	}
	return c, err
}

// evaluate is what an evaluator makes of an expression; nil where that takes too much room.
func (l *linter) evaluate(ev *formula.Evaluator, e *formula.Expr) (*cube.Column, error) {
	c, err := ev.Eval(l.ctx, e)
	if err != nil {
		return nil, l.ctx.Err()
	}
	return c, nil
}

// hasRole says whether the members of a group have a role in an application.
func (l *linter) hasRole(app *cube.Application, group []cube.ItemID) bool {
	return l.r.RoleOf(app, group[0]) >= 0
}

// inhabited says whether anybody has a role in an application. Where nobody has, nobody reads or writes anything,
// which one finding says.
func (l *linter) inhabited(app *cube.Application) bool {
	return slices.ContainsFunc(l.groups, func(g []cube.ItemID) bool { return l.hasRole(app, g) })
}

// few names the first of some names, and counts the others.
func few(names []string) string {
	const most = 3
	if len(names) > most+1 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// memberNames names the first of some members.
func (l *linter) memberNames(members []cube.ItemID) string {
	slices.Sort(members)
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = l.ws.Users.Item(m)
	}
	return few(names)
}

// quoted is a block's name as a message about a block of app has it.
func quoted(b *cube.Block, app *cube.Application) string {
	if b.App == app || b.App == nil {
		return fmt.Sprintf("%q", b.Label())
	}
	return fmt.Sprintf("%q", b.String())
}

func quotedAll(bs []*cube.Block, app *cube.Application) string {
	names := make([]string, len(bs))
	for i, b := range bs {
		names[i] = quoted(b, app)
	}
	return few(names)
}

// plural is a count and what is counted.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
