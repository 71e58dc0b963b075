package audit

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// parts are an expression and everything below it, each once, an operation before its operands.
func parts(e *formula.Expr) iter.Seq[*formula.Expr] {
	return func(yield func(*formula.Expr) bool) {
		seen := map[*formula.Expr]bool{}
		var walk func(*formula.Expr) bool
		walk = func(e *formula.Expr) bool {
			if seen[e] {
				return true
			}
			seen[e] = true
			if !yield(e) {
				return false
			}
			for _, a := range e.Args {
				if !walk(a) {
					return false
				}
			}
			return true
		}
		walk(e)
	}
}

// calculated are the blocks with a formula, as the workspace numbers them.
func (l *linter) calculated() iter.Seq2[*cube.Block, *formula.Expr] {
	return func(yield func(*cube.Block, *formula.Expr) bool) {
		for _, b := range l.ws.Blocks() {
			if e := l.plan.Formula(b); e != nil && !yield(b, e) {
				return
			}
		}
	}
}

// formulas looks for ways to write a formula that would need fewer rights.
func (l *linter) formulas() error {
	for b, e := range l.calculated() {
		if b.Type.Kind == cube.AccessRights {
			continue // it inherits nothing
		}
		for part := range parts(e) {
			if part.Op == formula.OpRemove && part.Method != formula.Count {
				l.filterRemove(b, part)
			}
		}
	}
	return nil
}

// filterRemove looks for x[FILTER: D = D."i"][REMOVE: D], which needs all of D read where x[SELECT: D."i"], with the
// same values, needs i (SPEC 4.2).
func (l *linter) filterRemove(b *cube.Block, remove *formula.Expr) {
	for f := remove.Args[0]; f.Op == formula.OpFilter; f = f.Args[0] {
		for cond := range conjuncts(f.Args[1]) {
			list, item := oneItem(cond)
			if list == nil || !slices.Contains(remove.Lists, list) {
				continue
			}
			name := formulaName(list.NameIn(b.App))
			sel := fmt.Sprintf("[SELECT: %s.\"%s\"]", name, strings.ReplaceAll(list.Item(item), `"`, `""`))
			l.addBlock(codeFilterRemove, b, b.Formula.Pos, "write "+sel+" in place of the filter, and take "+name+" out of REMOVE",
				"%s: formula %s: the filter leaves one item of %q, which is then removed: readable only by who may read all items, where SELECT needs this one",
				b.Describe(), remove.Pos, list.NameIn(b.App))
		}
	}
}

// formulaName is a list's name as formulas write it.
func formulaName(name string) string {
	parts := strings.Split(name, "::")
	for i, p := range parts {
		if n, err := formula.Parse(p); err != nil || n.Kind != formula.NodeName {
			parts[i] = "'" + strings.ReplaceAll(p, "'", "''") + "'"
		}
	}
	return strings.Join(parts, "::")
}

// conjuncts are the operands of AND, or the expression itself.
func conjuncts(e *formula.Expr) iter.Seq[*formula.Expr] {
	return func(yield func(*formula.Expr) bool) {
		var walk func(*formula.Expr) bool
		walk = func(e *formula.Expr) bool {
			if e.Op == formula.OpAnd {
				return walk(e.Args[0]) && walk(e.Args[1])
			}
			return yield(e)
		}
		walk(e)
	}
}

// oneItem is the list and item of D = D."i", D."i" = D or D IN (D."i"); nil for other conditions.
func oneItem(e *formula.Expr) (*cube.List, cube.ItemID) {
	if e.Op != formula.OpEq && e.Op != formula.OpIn || len(e.Args) != 2 {
		return nil, 0
	}
	for i, a := range e.Args {
		if v := e.Args[1-i]; a.Op == formula.OpList && v.Op == formula.OpConst && !v.Value.IsBlank() {
			return a.List, v.Value.Item()
		}
	}
	return nil, 0
}
