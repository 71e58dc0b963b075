package formula_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/formula"
)

func TestBlocks(t *testing.T) {
	w := newWorld(t)
	for text, want := range map[string][]string{
		"1":                                nil,
		"Country":                          nil,
		`Country."Japan".Area`:             {"Country.Area"},
		"Revenue + Cost * Revenue":         {"Revenue", "Cost"},
		"ITEM(Pay, Country.Area)":          {"Pay", "Country.Area"},
		"ITEM(Note, Country)":              {"Note"},
		"Pay[BY: Employee.Country]":        {"Pay", "Employee.Country"},
		"Pay[FILTER: CurrentValue > Rate]": {"Pay", "Rate"},
	} {
		e, err := w.check(text, anyTarget)
		require.NoError(t, err, text)
		var got []string
		for b := range formula.Blocks(e) {
			got = append(got, b.Label())
		}
		require.Equal(t, want, got, text)
	}
	e, err := w.check("Revenue + Cost", anyTarget)
	require.NoError(t, err)
	for b := range formula.Blocks(e) {
		require.Equal(t, "Revenue", b.Label())
		break
	}
}

func TestUsesSecurity(t *testing.T) {
	for text, want := range map[string]bool{
		"1 + 2": false, "'ACCESSRIGHTS'": false, "AccessRights + RESETACCESSRIGHTS": false,
		"accessrights(a, b)": true, "1 + x[BY: (RESETACCESSRIGHTS(a))]": true, "x[FILTER: CurrentValue = ResetAccessRights(b)]": true,
		"IF(a, b, ITEM(RESETACCESSRIGHTS(a), L))": true,
	} {
		require.Equal(t, want, formula.UsesSecurity(parse(t, text)), text)
	}
}
