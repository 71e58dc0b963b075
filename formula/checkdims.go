package formula

import (
	"cmp"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Sets of dimensions are slices sorted by ListID, distinct, and never changed.

func orderLists(a, b *cube.List) int { return cmp.Compare(a.ID, b.ID) }

// sortDims is the set of distinct lists.
func sortDims(lists []*cube.List) []*cube.List {
	if slices.IsSortedFunc(lists, orderLists) {
		return lists
	}
	return slices.SortedFunc(slices.Values(lists), orderLists)
}

// unionDims is what stands in a or b.
func unionDims(a, b []*cube.List) []*cube.List {
	switch {
	case containsDims(a, b):
		return a
	case containsDims(b, a):
		return b
	}
	both := slices.Concat(a, b)
	slices.SortFunc(both, orderLists)
	return slices.Compact(both)
}

// withoutDims is what stands in a and not in b.
func withoutDims(a, b []*cube.List) []*cube.List {
	var rest []*cube.List
	for _, l := range a {
		if !slices.Contains(b, l) {
			rest = append(rest, l)
		}
	}
	return rest
}

// containsDims says whether all of b stand in a.
func containsDims(a, b []*cube.List) bool {
	for _, l := range b {
		if !slices.Contains(a, l) {
			return false
		}
	}
	return true
}
