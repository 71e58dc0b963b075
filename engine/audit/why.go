package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// WhyKind is what sort of thing changed somebody's rights. The zero WhyKind names nothing.
type WhyKind uint8

// The things that change rights.
const (
	Unclear          WhyKind = iota // several things at once, none of which is enough by itself
	MemberChange                    // the members are on one side only
	BlockChange                     // the block Old, or New, is on one side only
	DimensionsChange                // the block has other dimensions
	ItemsChange                     // the cells have items of the list Old, or New, that are on one side only; both: formulas take in others
	RoleGiven                       // the members' role in Application was Old and is New, "" meaning none
	RoleDefined                     // what the role may do
	ScenariosChange                 // who may see or change which scenario of Application
	RuleChange                      // the rule Old, or New, of Application; both where it is another one of that name
	FormulaChange                   // the formula of a block
	ValuesChange                    // the values of a block, as given
	PublicChange                    // whether a metric is public: New where it is now, else Old
	SettingsChange                  // what formulas of Application inherit (SPEC 4.4)
)

// Why is one thing that changed somebody's rights. Old and New are its name on each side, "" on a side that lacks it;
// lists and blocks have their application in it.
type Why struct {
	Kind        WhyKind
	Application string // of roles, rules, scenarios and settings; "" elsewhere
	Old, New    string
}

// both is a Why of a thing that both sides have.
func both(kind WhyKind, app, name string) Why {
	return Why{Kind: kind, Application: app, Old: name, New: name}
}

// String says what changed: "the rule "By country" of HR is new".
func (w Why) String() string {
	of := ""
	if w.Application != "" {
		of = " of " + w.Application
	}
	switch w.Kind {
	case MemberChange:
		return pick(w, "the members are new", "the members are gone", "")
	case BlockChange:
		return pick(w, w.New+" is new", w.Old+" is gone", "")
	case DimensionsChange:
		return "the dimensions of " + w.New + " changed"
	case ItemsChange:
		return pick(w, "items of "+w.New+" are new", "items of "+w.Old+" are gone", "the items of "+w.New+" changed")
	case RoleGiven:
		if w.Application != "" {
			of = " in " + w.Application
		}
		return fmt.Sprintf("the role%s: %s, was %s", of, cmp.Or(w.New, "none"), cmp.Or(w.Old, "none"))
	case RoleDefined:
		return fmt.Sprintf("the role %q%s changed", w.New, of)
	case ScenariosChange:
		return "the access to scenarios" + of + " changed"
	case RuleChange:
		return pick(w, fmt.Sprintf("the rule %q%s is new", w.New, of), fmt.Sprintf("the rule %q%s is gone", w.Old, of), fmt.Sprintf("the rule %q%s changed", w.New, of))
	case FormulaChange:
		return "the formula of " + w.New + " changed"
	case ValuesChange:
		return "the values of " + w.New + " changed"
	case PublicChange:
		return pick(w, w.New+" is public", w.Old+" is no longer public", "")
	case SettingsChange:
		return "what formulas" + of + " inherit changed"
	}
	return "several changes together"
}

func pick(w Why, added, removed, changed string) string {
	switch {
	case w.Old == "":
		return added
	case w.New == "":
		return removed
	}
	return changed
}

// mergeWhy is what stands in either, sorted, each once.
func mergeWhy(a, b []Why) []Why {
	out := slices.Concat(a, b)
	slices.SortFunc(out, compareWhy)
	return slices.Compact(out)
}

// whyOf is a Why of a block that both sides have.
func whyOf(kind WhyKind, b *cube.Block) Why { return both(kind, "", b.String()) }
