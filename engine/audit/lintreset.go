package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// resets reports every RESETACCESSRIGHTS (SPEC 6), and what readers of its block can work out by it.
func (l *linter) resets() error {
	for b, e := range l.calculated() {
		var resets []*formula.Expr
		for part := range parts(e) {
			if part.Op == formula.OpReset {
				resets = append(resets, part)
			}
		}
		if len(resets) == 0 {
			continue
		}
		if b.Type.Kind == cube.AccessRights {
			for _, r := range resets {
				l.addBlock(codeReset, b, b.Formula.Pos, "leave it out", "%s: formula %s: RESETACCESSRIGHTS has no effect, as an access-rights metric inherits nothing", b.Describe(), r.Pos)
			}
			continue
		}
		if err := l.resetsOf(b, e, resets); err != nil {
			return err
		}
	}
	for _, app := range l.ws.Applications {
		for _, r := range app.Rules {
			l.resetsOfRule(r)
		}
	}
	return nil
}

// resetsOfRule looks for RESETACCESSRIGHTS in mappings, which bring in no rights.
func (l *linter) resetsOfRule(r *cube.Rule) {
	for _, rep := range r.Replace {
		n, err := formula.Parse(rep.Formula.Text)
		if err != nil {
			continue
		}
		for part := range n.All() {
			if part.Kind == formula.NodeCall && part.Op == "RESETACCESSRIGHTS" {
				l.add(codeReset, rep.Formula.Pos, "leave it out", "rule %q: formula %s: RESETACCESSRIGHTS has no effect, as a replacement brings in no rights", r.Name, part.Pos)
				l.found[len(l.found)-1].scope = r.Pos
			}
		}
	}
}

// resetsOf reports what the formula of one block leaves behind.
func (l *linter) resetsOf(b *cube.Block, e *formula.Expr, resets []*formula.Expr) error {
	s := newSolver(l, b, e)
	if err := s.run(); err != nil {
		return err
	}
	effect := "today nobody reads more by it"
	if s.cutShort {
		effect = "in the cells looked at nobody reads more by it"
	}
	if n := len(s.lifted); n > 0 {
		effect = fmt.Sprintf("%s it where its sources are hidden from them (%s)", s.count(n, "member reads", "members read"), l.memberNames(s.lifted))
	}
	for _, r := range resets {
		var of []string
		for read := range formula.Blocks(r) {
			of = append(of, quoted(read, b.App))
		}
		what := "of what it reads"
		if len(of) > 0 {
			what = "of " + few(of)
		}
		l.addBlock(codeReset, b, b.Formula.Pos, "make sure that this is to be seen, and by whom; rules on the block itself still count",
			"%s: formula %s: RESETACCESSRIGHTS leaves the rights %s behind: %s", b.Describe(), r.Pos, what, effect)
	}
	for _, leak := range s.leaks {
		l.addBlock(codeResetGivesAway, b, b.Formula.Pos, leak.remedy(), "%s", s.message(leak))
	}
	return nil
}

// leak is a block whose values readers of another one can work out, though they may not read them.
type leak struct {
	block   *cube.Block
	members []cube.ItemID
	trail
}

// trail is how a value was worked out of another.
type trail struct {
	beside  []*cube.Block // what was read beside it, in the order of blocks
	solved  bool          // an operation was undone
	rest    bool          // all parts of a sum but one were known
	alone   bool          // a sum had one part
	example string        // a cell
	valued  bool          // it is not BLANK there, or the block holds no value at all
	rounded bool
	partly  bool // only where MIN or MAX took it
}

func (t trail) with(e *formula.Expr) trail {
	t.solved = true
	t.beside = slices.Clone(t.beside)
	for b := range formula.Blocks(e) {
		if !slices.Contains(t.beside, b) {
			t.beside = append(t.beside, b)
		}
	}
	slices.SortFunc(t.beside, func(a, b *cube.Block) int { return int(a.ID) - int(b.ID) })
	return t
}

func (s *solver) message(k *leak) string {
	app := s.block.App
	var how []string
	if len(k.beside) > 0 {
		how = append(how, "they also read "+quotedAll(k.beside, app)+", and the formula can be solved")
	} else if k.solved {
		how = append(how, "the formula can be undone")
	}
	switch {
	case k.rest:
		how = append(how, "they read all parts of a sum but one")
	case k.alone:
		how = append(how, "a sum has no other part")
	}
	if len(how) == 0 {
		how = append(how, "the formula passes it on as it is")
	}
	caveat := ""
	if k.rounded {
		caveat = ", to within rounding"
	}
	if k.partly {
		caveat += ", where MIN or MAX takes it"
	}
	return fmt.Sprintf("%s gives cells of %s away to %s who may not read them%s, such as %s: %s (%s)", s.block.Describe(), quoted(k.block, app),
		s.count(len(k.members), "member", "members"), caveat, k.example, strings.Join(how, "; "), s.memberNames(k.members))
}

func (k *leak) remedy() string {
	switch {
	case k.rest || k.alone:
		return "publish coarser sums, in which nobody knows all parts but one, or accept that the part is known"
	case len(k.beside) > 0:
		return "publish something coarser (a rank, a class, few digits), keep its readers from what they read beside it, or accept that they know both"
	}
	return "publish something coarser (a rank, a class, few digits), put a rule on it, or accept that they know it"
}

// count is how many members, "at least" where the search was cut short.
func (s *solver) count(n int, one, many string) string {
	if s.cutShort {
		return "at least " + plural(n, one, many)
	}
	return plural(n, one, many)
}
