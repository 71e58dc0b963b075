package cube

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSuggest(t *testing.T) {
	candidates := []string{"Cost", "Country", "Cost centre", "Revenue", "FX", "Été", "A", "Users roles"}
	for name, want := range map[string]string{
		"Cots":        "Cost",    // swapped
		"Cst":         "Cost",    // left out
		"country":     "Country", // capitals
		"COUNTRY":     "Country",
		"Contry":      "Country",
		"Revenu":      "Revenue",
		"Reveneus":    "Revenue",
		"cost center": "Cost centre",
		"été":         "Été",
		"Fx":          "FX",
		"FY":          "FX",
		"User roles":  "Users roles",
		"a":           "A",
		"B":           "", // one letter in place of another says nothing
		"":            "",
		"Margin":      "",
		"Cost":        "", // what stands there already is no help
		"日本":          "",
	} {
		require.Equal(t, want, Suggest(name, candidates), name)
	}
}

func TestSuggestPrefersTheNearestThenTheFirst(t *testing.T) {
	require.Equal(t, "Prices", Suggest("Pricess", []string{"Pricey", "Prices", "Price"}))
	require.Equal(t, "Sales1", Suggest("Sales", []string{"Sales1", "Sales2"}))
	require.Equal(t, "sales", Suggest("Sales", []string{"Sale", "sales"}))
}

func TestSuggestPassesOverVeryLongNames(t *testing.T) {
	long := strings.Repeat("x", maxSuggestLength)
	require.Equal(t, long, Suggest(long[1:], []string{long}))
	require.Empty(t, Suggest(long, []string{long + "x"}))
	require.Empty(t, Suggest(long+"xx", []string{long}))
}

// plainDistance is the definition of distance, without rows or limits.
func plainDistance(a, b []rune) int {
	switch {
	case len(a) == 0:
		return len(b)
	case len(b) == 0:
		return len(a)
	}
	x, y := len(a)-1, len(b)-1
	d := plainDistance(a[:x], b[:y])
	if a[x] != b[y] {
		d++
	}
	d = min(d, plainDistance(a[:x], b)+1, plainDistance(a, b[:y])+1)
	if x > 0 && y > 0 && a[x] == b[y-1] && a[x-1] == b[y] {
		d = min(d, plainDistance(a[:x-1], b[:y-1])+1)
	}
	return d
}

func TestDistanceIsThePlainOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SliceOfN(rapid.SampledFrom([]rune("abç")), 0, 6)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		want := plainDistance(a, b)
		require.Equal(t, want, distance(a, b, math.MaxInt-1))
		limit := rapid.IntRange(0, 3).Draw(t, "limit")
		if got := distance(a, b, limit); want <= limit {
			require.Equal(t, want, got)
		} else {
			require.Greater(t, got, limit)
		}
	})
}
