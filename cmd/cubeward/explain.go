package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
	"github.com/cubeward/cubeward/inherit"
)

// explainCommand is `cubeward explain`: why a member may or may not read and change a cell (SPEC 6).
func explainCommand(t *tool) *cobra.Command {
	var (
		q      whyQuestion
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "explain -m MODEL -u USER -b BLOCK --cell DIMENSION=ITEM … [--for VIEWER]",
		Short: "Why a member may or may not read and change a cell",
		Long: `Says what is decided for a member and a cell, and by which conditions: those that
deny first, each with the rule and metric it comes from, the blocks and
operations that brought it, and the cells where it decides. Then the conditions
that are cut and would otherwise count, and what would have to change for a yes.
Name an item for each dimension of the block.

` + blockHelp + `
With --for the explanation is made for a member who may not see everything: what
VIEWER may not read stays unnamed, as "a restriction you may not see". Where they
may not even know of the cell, or there is none, the answer is refused.
` + exitStatusHelp,
		Example: `  # Why Grace does not see the total
  cubeward explain -m examples/us-budget -u grace@gao.gov -b "Total receipts" \
      --cell "Fiscal year=2016"

  # The same, as Hugo may be told it
  cubeward explain -m examples/us-budget -u grace@gao.gov -b Receipts --for hugo@gao.gov \
      --cell Account=931-0-901-0-11050-99-on --cell "Fiscal year=2016"`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "model", "user", "block"); err != nil {
				return err
			}
			e, err := q.ask(cmd.Context())
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(t.stdout, explainJSON(&e))
			}
			return t.writeExplanation(&e)
		},
	}
	q.model.registerEither(cmd, t)
	q.asker.register(cmd)
	registerBlock(cmd, &q.block)
	q.cell.register(cmd, "the cell")
	q.model.registerApp(cmd)
	cmd.Flags().StringVar(&q.viewer, "for", "", "as `VIEWER`, a member, may be told it")
	registerJSON(cmd, &asJSON)
	completeFrom(cmd, "user", &q.model, memberNames)
	completeFrom(cmd, "as", &q.model, memberNames)
	completeFrom(cmd, "for", &q.model, memberNames)
	completeFrom(cmd, "block", &q.model, blockNames)
	return cmd
}

// whyQuestion is what is to be explained, and to whom.
type whyQuestion struct {
	model  modelFlags
	asker  askerFlags
	cell   cellFlags
	block  string
	viewer string // "" for somebody who may see the whole model
}

// ask is the explanation. For a viewer it is one answer that something which the question names does not exist, and
// that the viewer may not know of it: else they could find out which names exist.
func (q *whyQuestion) ask(ctx context.Context) (audit.Explanation, error) {
	rights, err := q.model.compile(ctx)
	if err != nil {
		return audit.Explanation{}, err
	}
	if q.viewer == "" {
		return q.explain(ctx, rights)
	}
	viewer, err := rights.Member(q.viewer)
	if err != nil {
		return audit.Explanation{}, err
	}
	e, err := q.explain(ctx, rights)
	if err == nil {
		e, err = e.For(ctx, viewer)
	}
	var untold *audit.UntoldError
	if err == nil || !errors.As(err, &untold) && (statusOf(err) == statusFailed || unreadable(err)) {
		return e, err
	}
	return e, &failure{status: statusRefused, err: fmt.Errorf("%q may not be told: there is no such cell or member, or they may not see the names in the question", q.viewer)}
}

func (q *whyQuestion) explain(ctx context.Context, rights *engine.Rights) (audit.Explanation, error) {
	member, err := q.asker.member(rights, q.asker.user)
	if err != nil {
		return audit.Explanation{}, err
	}
	ref, err := q.model.find(rights, q.block)
	if err != nil {
		return audit.Explanation{}, err
	}
	at, err := q.cell.whole(ref)
	if err != nil {
		return audit.Explanation{}, err
	}
	view, err := member.Block(ref)
	if err != nil {
		return audit.Explanation{}, err
	}
	return audit.Explain(ctx, view, at...)
}

// The JSON result of explain. The keys are part of the interface (SPEC 6).
type (
	explainResult struct {
		Member  string         `json:"member"`
		Block   string         `json:"block"`
		Cell    cellObject     `json:"cell"`
		Read    bool           `json:"read"`
		Write   bool           `json:"write"`
		Locked  bool           `json:"locked"`
		Reasons []string       `json:"reasons"`
		Factors []factorResult `json:"factors"`
	}
	factorResult struct {
		Kind        string       `json:"kind"`
		Application *string      `json:"application"`
		Metric      *string      `json:"metric"`
		Rules       []string     `json:"rules"`
		Via         []string     `json:"via"`
		At          []cellObject `json:"at"`
		Read        *bool        `json:"read"`
		Write       *bool        `json:"write"`
	}
)

// hiddenKind is the kind of the one factor that stands for all that a viewer may not be told.
const hiddenKind = "hidden"

func explainJSON(e *audit.Explanation) explainResult {
	out := explainResult{
		Member: e.View.Member().Name(), Block: e.View.Ref().String(), Cell: cellIn(e.View.Ref(), e.Cell),
		Read: e.Decision.Read, Write: e.Decision.Write, Locked: e.Decision.Locked, Reasons: []string{}, Factors: []factorResult{},
	}
	for _, r := range e.Decision.Reasons {
		out.Reasons = append(out.Reasons, r.String())
	}
	for _, f := range e.Factors {
		out.Factors = append(out.Factors, factorJSON(&f))
	}
	return out
}

func factorJSON(f *audit.Factor) factorResult {
	out := factorResult{Kind: hiddenKind, Rules: []string{}, Via: []string{}, At: []cellObject{}, Read: sayJSON(f.Read), Write: sayJSON(f.Write)}
	if f.Hidden {
		return out
	}
	out.Kind = [...]string{
		inherit.Membership: "membership", inherit.RoleDefault: "role_default", inherit.Permission: "permission",
		inherit.Scenario: "scenario", inherit.Metric: "rule",
	}[f.Kind]
	out.Application = &f.Application.Name
	if f.Metric != nil {
		name := f.Metric.String()
		out.Metric = &name
	}
	for _, r := range f.Rules {
		out.Rules = append(out.Rules, r.Name)
	}
	if f.Kind == inherit.RoleDefault {
		out.Rules = append(out.Rules, cube.UsersRolesName) // the implicit rule (SPEC 1.1.2)
	}
	for _, s := range f.Via {
		out.Via = append(out.Via, refOf(s.Block, f.Application).String())
	}
	for _, c := range f.At {
		out.At = append(out.At, newCell(c.Dims, c.Items, namingApp(refOf(f.Source, f.Application))))
	}
	return out
}

// refOf is a block as a factor of app names it.
func refOf(b *cube.Block, app *cube.Application) engine.Ref {
	if b.App != nil {
		app = b.App
	}
	return engine.Ref{App: app, Block: b}
}

func sayJSON(s audit.Say) *bool {
	if s == audit.Silent {
		return nil
	}
	yes := s == audit.Yes
	return &yes
}
