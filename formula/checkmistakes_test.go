package formula_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

func TestCheckTarget(t *testing.T) {
	w := newWorld(t)
	country, month := w.hr.List("Country"), w.hr.List("Month")
	region := cube.Type{Kind: cube.Item, List: w.hr.List("Region")}
	for _, c := range []struct {
		text   string
		target formula.Target
		want   string // "" where it fits
	}{
		{"Revenue", formula.Target{Type: numbers, Dims: []*cube.List{month, country}}, ""},
		{"Rate", formula.Target{Type: numbers, Dims: []*cube.List{month}}, ""},
		{"BLANK", formula.Target{Type: rights}, ""},
		{"Country.Region", formula.Target{Type: region, AnyDims: true}, ""},
		{"Country.Region", formula.Target{Type: anyValue, Dims: []*cube.List{country}}, ""},
		{
			"Revenue",
			formula.Target{Type: numbers, Dims: []*cube.List{month}},
			`1:1: the formula has more dimensions than it may: "Country" (take them away with REMOVE, SELECT or BY)`,
		},
		{
			"1 + Revenue",
			formula.Target{Type: texts},
			"1:3: the formula gives a number, but text is needed\n" +
				`1:3: the formula has more dimensions than it may: "Country", "Month" (take them away with REMOVE, SELECT or BY)`,
		},
		{
			"Country",
			formula.Target{Type: region, AnyDims: true},
			`1:1: the formula gives an item of list "Country", but an item of list "Region" is needed`,
		},
		{"MAX(BLANK, BLANK)", formula.Target{Type: texts}, `1:1: the formula gives BLANK, but text is needed`},
		{
			"ACCESSRIGHTS(TRUE, TRUE)",
			formula.Target{Type: rights},
			`1:1: ACCESSRIGHTS stands only in formulas of metrics of type access_rights`,
		},
		{"ACCESSRIGHTS(TRUE, TRUE)", formula.Target{Type: rights, Rights: true}, ""},
		{"RESETACCESSRIGHTS(AR)", formula.Target{Type: rights, AnyDims: true}, ""},
	} {
		e, err := w.check(c.text, c.target)
		if c.want == "" {
			require.NoError(t, err, c.text)
			if c.target.Type.Kind != cube.NoKind {
				require.Equal(t, c.target.Type, e.Type, c.text)
			}
			continue
		}
		require.EqualError(t, err, c.want, c.text)
		require.Nil(t, e)
	}
}

func TestCheckMistakes(t *testing.T) {
	w := newWorld(t)
	for text, want := range map[string]string{
		"Cots":                    `1:1: unknown name "Cots" (did you mean "Cost"?)`,
		"country":                 `1:1: unknown name "country" (did you mean "Country"?)`,
		"'User roles'":            `1:1: unknown name "User roles" (did you mean "Users roles"?)`,
		"Xyzzy":                   `1:1: unknown name "Xyzzy"`,
		"CurrentValue":            `1:1: CurrentValue has a meaning only inside FILTER and EXCLUDE`,
		"HQ::Pay":                 `1:1: unknown application "HQ" (did you mean "HR"?)`,
		"Hr::Pay":                 `1:1: unknown application "Hr" (did you mean "HR"?)`,
		"'Fin & Co'::Revenu":      `1:1: unknown name "Revenu" in application "Fin & Co" (did you mean "Revenue"?)`,
		"HR::User":                `1:1: the list "User" is everyone's and has no application before it`,
		"HR::User.Country":        `1:1: the list "User" is everyone's and has no application before it`,
		`1 + Contry."x"`:          `1:5: unknown list "Contry" (did you mean "Country"?)`,
		`Pay."x"`:                 `1:1: a list is needed here, "Pay" is a metric`,
		`Country."Frnce"`:         `1:9: unknown item "Frnce" of list "Country" (did you mean "France"?)`,
		`'Fin & Co'::Account."x"`: `1:21: unknown item "x" of list "Fin & Co::Account"`,
		"Country.Regoin":          `1:9: unknown property "Regoin" of list "Country" (did you mean "Region"?)`,
		"Country.Area.Code":       `1:14: only items of lists have properties such as "Code", this is a number`,
		"BLANK.Code":              `1:7: only items of lists have properties such as "Code", this is BLANK`,
		"Pay.Country":             `1:5: only items of lists have properties such as "Country", this is a number`,

		"Pay + Note":                 `1:7: "+" needs a number on both sides, this is text; & joins texts`,
		"Start - TRUE":               "1:1: \"-\" needs a number on both sides, this is a date\n1:9: \"-\" needs a number on both sides, this is a boolean",
		"1 & \"x\"":                  `1:1: "&" needs text on both sides, this is a number`,
		"Open AND 1":                 `1:10: "AND" needs a boolean on both sides, this is a number`,
		"-Note":                      `1:2: what stands after "-" must be a number, this is text`,
		"NOT Pay":                    `1:5: what stands after NOT must be a boolean, this is a number`,
		"Pay = Note":                 `1:7: "=" compares values of one type, not a number with text`,
		`Country = "France"`:         `1:11: "=" compares values of one type, not an item of list "Country" with text; an item is written Country."item"`,
		`"x" <> 'Fin & Co'::Account`: `1:8: "<>" compares values of one type, not text with an item of list "Fin & Co::Account"; an item is written 'Fin & Co'::Account."item"`,
		"Country < Month":            `1:11: "<" compares values of one type, not an item of list "Country" with an item of list "Month"`,
		"Open < TRUE":                `1:1: what "<" compares must be numbers, dates, texts or items of one list, this is a boolean`,
		"AR >= BLANK":                `1:1: what ">=" compares must be numbers, dates, texts or items of one list, this is access_rights`,
		"Pay IN (1, Note, TRUE)":     "1:12: IN compares values of one type, not a number with text\n1:18: IN compares values of one type, not a number with a boolean",

		"IF(1, 2, Note)":                    "1:4: the condition of IF must be a boolean, this is a number\n1:10: IF gives values of one type, not a number here and text there",
		"IF(TRUE)":                          `1:1: IF takes 2 or 3 arguments, not 1`,
		"ISBLANK()":                         `1:1: ISBLANK takes 1 argument, not 0`,
		"IFBLANK(1)":                        `1:1: IFBLANK takes 2 arguments, not 1`,
		"SWITCH(1, 2)":                      `1:1: SWITCH takes 3 or more arguments, not 2`,
		"MIN(1)":                            `1:1: MIN takes 2 or more arguments, not 1`,
		"ROUND()":                           `1:1: ROUND takes 1 or 2 arguments, not 0`,
		"ROUND(1, 2, 3)":                    `1:1: ROUND takes 1 or 2 arguments, not 3`,
		"ABS(1, Cots)":                      "1:1: ABS takes 1 argument, not 2\n1:8: unknown name \"Cots\" (did you mean \"Cost\"?)",
		"IFBLANK(1, TRUE)":                  `1:12: IFBLANK gives values of one type, not a number here and a boolean there`,
		"IFDEFINED(1, TRUE, Note)":          `1:20: IFDEFINED gives values of one type, not a boolean here and text there`,
		"SWITCH(1, 2, TRUE, Note, 3)":       "1:20: SWITCH compares values of one type, not a number with text\n1:26: SWITCH gives values of one type, not a boolean here and a number there",
		"SWITCH(Cots, 2, TRUE, Note)":       "1:8: unknown name \"Cots\" (did you mean \"Cost\"?)\n1:23: SWITCH gives values of one type, not a boolean here and text there",
		"MIN(Note, 1)":                      `1:5: an argument of MIN must be a number or a date, this is text`,
		"MAX(Start, 1)":                     `1:12: MAX gives values of one type, not a date here and a number there`,
		"ROUND(Note)":                       `1:7: the first argument of ROUND must be a number, this is text`,
		"ROUND(1, 1.5)":                     `1:10: the second argument of ROUND must be a whole number as it stands, such as 2 or -3`,
		"ROUND(1, -(-1))":                   `1:10: the second argument of ROUND must be a whole number as it stands, such as 2 or -3`,
		"ROUND(Cots, Rate)":                 "1:7: unknown name \"Cots\" (did you mean \"Cost\"?)\n1:13: the second argument of ROUND must be a whole number as it stands, such as 2 or -3",
		"LEN(1) + YEAR(Note)":               "1:5: an argument of LEN must be text, this is a number\n1:15: an argument of YEAR must be a date, this is text",
		"ACCESSRIGHTS(1, TRUE)":             `1:14: an argument of ACCESSRIGHTS must be a boolean, this is a number`,
		"ITEM(Pay, Country)":                `1:6: the first argument of ITEM must be text, this is a number`,
		"ITEM(Note, Country.Area)":          `1:6: what ITEM looks for in property "Country.Area" must be a number, this is text`,
		"ITEM(Note, Country.X)":             `1:20: unknown property "X" of list "Country"`,
		"ITEM(Note, Pay)":                   `1:12: a list is needed here, "Pay" is a metric`,
		"CUMULATE(Pay, Month)":              `1:15: "Month" is no dimension here: there are "Employee"`,
		"CUMULATE(Rate, Month)":             `1:16: "Month" is no dimension here: there are none`,
		"CUMULATE(Note, Country)":           `1:10: the first argument of CUMULATE must be a number, this is text`,
		"CUMULATE(Revenue, Country.Region)": `1:27: CUMULATE runs along a list, not along a property`,

		"Pay[REMOVE: Month]":                 `1:13: "Month" is no dimension here: there are "Employee"`,
		"Cost[KEEP: Month, User, Mnth]":      "1:19: \"User\" is no dimension here: there are \"Country\", \"Month\"\n1:25: unknown list \"Mnth\" (did you mean \"Month\"?)",
		"Cost[REMOVE: Month, HR::Month]":     `1:21: list "Month" stands twice`,
		"Cost[REMOVE: Pay]":                  `1:14: a list is needed here, "Pay" is a metric`,
		"Open[REMOVE: Country]":              `1:6: values of type boolean have no default method: REMOVE needs one, ANY, ALL or COUNT`,
		"Start[KEEP: Country]":               `1:7: values of type date have no default method: KEEP needs one, MIN, MAX or COUNT`,
		"Note[BY: Country.Region]":           `1:6: values of type text have no default method: BY needs one, COUNT`,
		"Country[REMOVE MAX: Country]":       `1:9: values of type list cannot be aggregated with MAX, only with COUNT`,
		"Open[REMOVE SUM: Country]":          `1:6: values of type boolean cannot be aggregated with SUM, only with ANY, ALL or COUNT`,
		"AR[REMOVE MIN: User]":               `1:4: values of type access_rights cannot be aggregated with MIN, only with ANY, ALL or COUNT`,
		"Pay[REMOVE ALL: Employee]":          `1:5: values of type number cannot be aggregated with ALL, only with SUM, AVG, MIN, MAX or COUNT`,
		"Pay[REMOVE CONSTANT: Employee]":     `1:5: CONSTANT is no way to aggregate: it stands only in BY where values are spread`,
		"Cost[BY CONSTANT: Country.Region]":  `1:6: CONSTANT is no way to aggregate: it stands only in BY where values are spread`,
		"Pay[ADD: Month, Employee]":          `1:17: "Employee" is a dimension here already`,
		"Pay[ADD: Month, Month]":             `1:17: list "Month" stands twice`,
		`Pay[SELECT: Month."Jan"]`:           `1:13: "Month" is no dimension here: there are "Employee"`,
		`Cost[SELECT: Month."jan"]`:          `1:20: unknown item "jan" of list "Month" (did you mean "Jan"?)`,
		`Cost[SELECT: Mnth."jan"]`:           `1:14: unknown list "Mnth" (did you mean "Month"?)`,
		"Pay[SELECT: Month - 1]":             `1:13: "Month" is no dimension here: there are "Employee"`,
		"Pay[FILTER: CurrentValue]":          `1:13: the condition of FILTER must be a boolean, this is a number`,
		"Cots[EXCLUDE: CurrentValue = Rat]":  "1:1: unknown name \"Cots\" (did you mean \"Cost\"?)\n1:30: unknown name \"Rat\" (did you mean \"Rate\"?)",
		"Cots[BY: Country.Regin; ADD: Mnth]": "1:1: unknown name \"Cots\" (did you mean \"Cost\"?)\n1:18: unknown property \"Regin\" of list \"Country\" (did you mean \"Region\"?)\n1:30: unknown list \"Mnth\" (did you mean \"Month\"?)",

		"Pay[BY: Rate]":                                      `1:9: a mapping of BY must give items of a list, this is a number`,
		`Pay[BY: Country."Japan".Region]`:                    `1:9: a mapping of BY must have dimensions: this is the same item everywhere`,
		`Zone[BY: Country."Japan".Region.Zone]`:              `1:10: a mapping of BY must have dimensions: this is the same item everywhere`,
		"Pay[BY: BLANK]":                                     `1:9: a mapping of BY must give items of a list, this is BLANK`,
		"Pay[BY: Month -> Employee.Country]":                 `1:9: "Month" is no dimension of the mapping: there are "Employee"`,
		`Pay[BY: Month -> Country."Japan"]`:                  `1:9: "Month" is no dimension of the mapping: there are none`,
		"Pay[BY: Pay -> Employee.Country]":                   `1:9: a list is needed here, "Pay" is a metric`,
		"Pay[BY: Country.Region]":                            `1:9: BY does not fit: neither the mapping's source "Country" nor its target "Region" is a dimension here (there are "Employee")`,
		"Rate[BY: Country.Region]":                           `1:10: BY does not fit: neither the mapping's source "Country" nor its target "Region" is a dimension here (there are none)`,
		"Pay[BY: Home]":                                      `1:9: BY does not fit: neither the mapping's source "Month" nor its target "Country" is a dimension here (there are "Employee")`,
		"Pay[ADD: Country; BY: Employee.Country]":            `1:23: BY cannot give the dimension "Country": it is here already, as is the mapping's source "Employee"`,
		"Country.Area[BY: Country]":                          `1:18: BY cannot give the dimension "Country": it is here already, as is the mapping's source "Country"`,
		"Pay[BY: Employee -> Zones]":                         `1:21: BY cannot give the dimension "Zone": the mapping itself depends on it`,
		"Cost[BY SUM: Home]":                                 `1:6: BY takes no SUM here: it reads values at the items of "Country", which takes no method or CONSTANT`,
		"Pay[BY CONSTANT: Employee.Country, Country.Region]": `1:5: CONSTANT is no way to aggregate: it stands only in BY where values are spread`,

		"BLANK[FILTER: CurrentValue = 1 AND CurrentValue = \"x\"]":                 `1:51: "=" compares values of one type, not a number with text`,
		"IF(TRUE, BLANK[ADD: Month]) & BLANK[ADD: Month; REMOVE: Month]":           `1:31: "&" needs text on both sides, this is a number`,
		"MAX(BLANK, BLANK) = BLANK[ADD: Month; REMOVE ANY: Month]":                 `1:21: "=" compares values of one type, not BLANK with BLANK`,
		"BLANK[ADD: Month, User; REMOVE ANY: Month; REMOVE MAX: User]":             `1:44: values of type blank cannot be aggregated with MAX, only with COUNT`,
		"MIN(Cots, Rat) + Cots[REMOVE: Month]":                                     "1:5: unknown name \"Cots\" (did you mean \"Cost\"?)\n1:11: unknown name \"Rat\" (did you mean \"Rate\"?)\n1:18: unknown name \"Cots\" (did you mean \"Cost\"?)",
		"W0 + W1 + W2 + W3 + W4 + W5 + W6 + W7 + W8":                               `1:39: 18 dimensions come together here, more than 16`,
		"Pay[ADD: D0, D1, D2, D3, D4, D5, D6, D7, D8, E0, E1, E2, E3, E4, E5, E6]": `1:5: 17 dimensions come together here, more than 16`,
		"/* é */ x\n + /* 日本 */ (Cots)":                                            "1:9: unknown name \"x\"\n2:14: unknown name \"Cots\" (did you mean \"Cost\"?)",
	} {
		e, err := w.check(text, anyTarget)
		var errs formula.Errors
		require.ErrorAs(t, err, &errs, text)
		require.Equal(t, want, err.Error(), text)
		require.Nil(t, e, text)
	}
}

func TestCheckRefusesUnknownFunctions(t *testing.T) {
	w := newWorld(t)
	_, err := formula.Check(w.ws, w.hr, &formula.Node{Kind: formula.NodeCall, Op: "RONDE", Pos: formula.Pos{Line: 1, Col: 2}}, anyTarget)
	require.EqualError(t, err, `1:2: unknown function "RONDE" (did you mean "ROUND"?)`)
}

func TestCheckReportsABoundedNumberOfMistakesQuickly(t *testing.T) {
	w := newWorld(t)
	for i := range 20_000 {
		w.hr.AddMetric(fmt.Sprintf("Metric %d", i), numbers)
	}
	start := time.Now()
	_, err := w.check("Metrik"+strings.Repeat("+Metrik", 9000), anyTarget)
	var errs formula.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, cube.MaxErrors)
	require.Equal(t, "1:1: unknown name \"Metrik\"", errs[0].Error())
	require.Less(t, time.Since(start), 10*time.Second)
}

func TestCheckLongFormulas(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{
		"1" + strings.Repeat("^1", 32<<10-1),
		"Pay" + strings.Repeat("+1", 32000),
		"BLANK" + strings.Repeat("[FILTER:TRUE]", 5000) + "&\"x\"",
		"IFBLANK(BLANK" + strings.Repeat(",BLANK)[FILTER:TRUE]", 1),
		"BLANK" + strings.Repeat("=BLANK AND BLANK", 3000) + "=1",
		// A value used twice at each of many levels: a walk over paths would never end.
		"BLANK" + strings.Repeat("[FILTER: TRUE = IF(TRUE, CurrentValue, CurrentValue)", 150) + strings.Repeat("]", 150),
	} {
		e, err := w.check(text, anyTarget)
		require.NoError(t, err, "%.60s", text)
		require.NotNil(t, e)
		for range formula.Blocks(e) {
		}
	}
}
