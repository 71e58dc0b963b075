package formula_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// lowered writes an Expr tree: the operation's number would say little, so it names what tests need.
func (w world) lowered(e *formula.Expr) string {
	names := map[formula.Op]string{
		formula.OpConst: "const", formula.OpBlock: "block", formula.OpList: "list", formula.OpProperty: "property",
		formula.OpFindItem: "find", formula.OpRound: "round", formula.OpCumulate: "cumulate", formula.OpRemove: "remove",
		formula.OpBroadcast: "broadcast", formula.OpSelect: "select", formula.OpShift: "shift", formula.OpFilter: "filter",
		formula.OpExclude: "exclude", formula.OpAggregate: "aggregate", formula.OpSpread: "spread", formula.OpGt: "gt", formula.OpEq: "eq",
	}
	parts := []string{names[e.Op]}
	for _, a := range e.Args {
		parts = append(parts, w.lowered(a))
	}
	if e.Block != nil {
		parts = append(parts, e.Block.Label())
	}
	if e.List != nil {
		parts = append(parts, e.List.Name)
	}
	if e.Lists != nil {
		parts = append(parts, fmt.Sprint(dimNames(e.Lists)))
	}
	switch e.Op {
	case formula.OpSelect:
		parts = append(parts, fmt.Sprint("#", e.Item))
	case formula.OpShift, formula.OpRound:
		parts = append(parts, fmt.Sprint(e.N))
	case formula.OpRemove, formula.OpAggregate:
		parts = append(parts, fmt.Sprint("method ", e.Method))
	case formula.OpConst:
		parts = append(parts, e.Type.Kind.String())
	}
	return "(" + strings.Join(parts, " ") + ")"
}

func dimNames(lists []*cube.List) []string {
	names := make([]string, len(lists))
	for i, l := range lists {
		names[i] = l.Name
	}
	return names
}

func TestCheckLowers(t *testing.T) {
	w := newWorld(t)
	for text, want := range map[string]string{
		"Pay":                              "(block Pay)",
		"Employee.Country.Area":            "(property (property (list Employee) Employee.Country) Country.Area)",
		"Country.\"Japan\"":                "(const list)",
		"ITEM(Note, Month)":                "(find (block Note) Month)",
		"ITEM(Pay, Country.Area)":          "(find (block Pay) Country.Area Country)",
		"CUMULATE(Cost, Month)":            "(cumulate (block Cost) Month)",
		"ROUND(Pay, -3)":                   "(round (block Pay) -3)",
		"ROUND(Pay, (2e0))":                "(round (block Pay) 2)",
		"ROUND(Pay)":                       "(round (block Pay) 0)",
		"ROUND(Pay, -1e99)":                "(round (block Pay) -2147483647)",
		"Cost[REMOVE: Month, Country]":     "(remove (block Cost) [Country Month] method 1)",
		"AR[KEEP ANY: User]":               "(remove (block AR) [Country] method 6)",
		"Cost[KEEP AVG: Month, Country]":   "(remove (block Cost) method 2)",
		"Start[REMOVE MIN: Country]":       "(remove (block Start) [Country] method 3)",
		"Pay[ADD: User, Month]":            "(broadcast (block Pay) [User Month])",
		`Cost[SELECT: Month."Feb"]`:        "(select (block Cost) Month #1)",
		"Cost[SELECT: Month - 2]":          "(shift (block Cost) Month -2)",
		"Cost[SELECT: Month + 5000000000]": "(shift (block Cost) Month 2147483647)",
		"Cost[SELECT: Month - 5000000000]": "(shift (block Cost) Month -2147483647)",
		"Pay[FILTER: CurrentValue > 1]":    "(filter (block Pay) (gt (block Pay) (const number)))",
		"Open[EXCLUDE: CurrentValue]":      "(exclude (block Open) (block Open))",
		"Cost[BY MAX: Country.Region]":     "(aggregate (block Cost) (property (list Country) Country.Region) Region [Country] method 4)",
		"Pay[BY: Employee -> Home]":        "(aggregate (block Pay) (block Home) Country [Employee] method 1)",
		"Pay[ADD: Month; BY ALL: Home]":    "error",
		"Cost[BY CONSTANT: Home]":          "(spread (block Cost) (block Home) Country)",
		"Start[BY COUNT: Country.Region; BY: Employee.Country.Region]": "(spread (aggregate (block Start) (property (list Country) Country.Region) Region [Country] method 5)" +
			" (property (property (list Employee) Employee.Country) Country.Region) Region)",
		"Open = IF(TRUE, BLANK)[ADD: Month][REMOVE ALL: Month]": "(eq (block Open) (remove (broadcast ( (const boolean) (const boolean)) [Month]) [Month] method 7))",
	} {
		e, err := w.check(text, anyTarget)
		if want == "error" {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, w.lowered(e), text)
	}
}

func TestCheckSharesCurrentValue(t *testing.T) {
	w := newWorld(t)
	e, err := w.check("Pay[FILTER: CurrentValue > Cost[EXCLUDE: CurrentValue = 1 AND 2 = 'Rate'[FILTER: CurrentValue = 3]] + CurrentValue]", anyTarget)
	require.NoError(t, err)
	greater := e.Args[1]
	require.Same(t, e.Args[0], greater.Args[0])
	exclude, again := greater.Args[1].Args[0], greater.Args[1].Args[1]
	require.Same(t, e.Args[0], again)
	and := exclude.Args[1]
	require.Same(t, exclude.Args[0], and.Args[0].Args[0])
	inner := and.Args[1].Args[1]
	require.Same(t, inner.Args[0], inner.Args[1].Args[0])

	// In the filtered expression itself it is that of the filter around.
	e, err = w.check("Pay[FILTER: CurrentValue[FILTER: CurrentValue > 2] > 1]", anyTarget)
	require.NoError(t, err)
	require.Same(t, e.Args[0], e.Args[1].Args[0].Args[0])

	// A type that the condition says is that of the filtered expression.
	e, err = w.check("BLANK[FILTER: CurrentValue = Start]", anyTarget)
	require.NoError(t, err)
	require.Equal(t, "date Country", w.signature(e))
	requireSound(t, e)
}

func TestCheckCurrentValueOutsideFiltersIsAName(t *testing.T) {
	w := newWorld(t)
	w.hr.AddMetric("CurrentValue", texts)
	for text, want := range map[string]string{
		"CurrentValue":                                               "text",
		"Pay[FILTER: CurrentValue = 1]":                              "number Employee",
		"Pay[FILTER: 'CurrentValue' = \"x\"]":                        "number Employee",
		"Pay[FILTER: HR::CurrentValue = \"x\"]":                      "number Employee",
		"Pay[FILTER: CurrentValue = 1] & CurrentValue":               "error",
		"CurrentValue & CurrentValue[FILTER: LEN(CurrentValue) = 1]": "text",
	} {
		e, err := w.check(text, anyTarget)
		if want == "error" {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, w.signature(e), text)
	}
}
