package formula_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/formula"
)

func TestCheckTypesAndDimensions(t *testing.T) {
	w := newWorld(t)
	for text, want := range map[string]string{
		"1.5":                           "number",
		`"x"`:                           "text",
		"TRUE":                          "boolean",
		"BLANK":                         "blank",
		"Revenue":                       "number Country Month",
		"'Rate'":                        "number",
		"HR::Revenue":                   "number Country Month",
		"'Fin & Co'::Revenue":           "number Country Fin & Co::Account",
		"Country":                       "list:Country Country",
		"User":                          "list:User User",
		"Role":                          "list:Role Role",
		"'Users roles'":                 "list:Role User",
		"'Fin & Co'::'Users roles'":     "list:Fin & Co::Role User",
		"'Fin & Co'::Role":              "list:Fin & Co::Role Fin & Co::Role",
		`Country."France"`:              "list:Country",
		`Country."France".Region.Zone`:  "list:Zone",
		"Employee.Country.Region":       "list:Region Employee",
		"User.Country.Area":             "number User",
		"Home.Code":                     "text Month Employee",
		"'Fin & Co'::Account.Home.Area": "number Fin & Co::Account",
		"-Pay + Rate * 2 ^ Revenue":     "number Country Month Employee",
		"Note & \"x\"":                  "text Country",
		"NOT Open AND TRUE OR Odd":      "boolean Country Not",
		"Revenue > Cost":                "boolean Country Month",
		"Start < BLANK":                 "boolean Country",
		"Home >= Country":               "boolean Country Month Employee",
		"Note = BLANK":                  "boolean Country",
		"AR = AR":                       "boolean User Country",
		`Home IN (Country."Japan", User.Country, BLANK)`: "boolean User Month Employee",
		"IF(Open, Pay)":                                      "number Country Employee",
		"IF(Open, BLANK, Start)":                             "date Country",
		"IF(Open, IF(TRUE, BLANK), AR)":                      "access_rights User Country",
		"IFBLANK(Note, Country.Code)":                        "text Country",
		"IFDEFINED(Pay, Country)":                            "list:Country Country Employee",
		"IFDEFINED(Pay, BLANK, Country)":                     "list:Country Country Employee",
		"ISBLANK(AR) = ISDEFINED(Month)":                     "boolean User Country Month",
		`SWITCH(Home, Country."Japan", 1, BLANK, Pay, Rate)`: "number Month Employee",
		"SWITCH(Pay, 1, BLANK, 2, Start)":                    "date Country Employee",
		"MIN(Start, Employee.Born, BLANK)":                   "date Country Employee",
		"MAX(1, 2, Pay)":                                     "number Employee",
		"ROUND(Pay, -2) + ROUND(Rate)":                       "number Employee",
		"ABS(Pay) + LEN(Note)":                               "number Country Employee",
		"UPPER(LOWER(Note))":                                 "text Country",
		`CONTAINS(Note, "x") = STARTSWITH(Note, "y") AND ENDSWITH(BLANK, "z")`: "boolean Country",
		"YEAR(Start) + MONTH(Start) + DAY(BLANK)":                              "number Country",
		"ITEM(Note, Month)":                                  "list:Month Country",
		"ITEM(Start, Employee.Born)":                         "list:Employee Country",
		"ITEM(Pay, HR::Country.Area)":                        "list:Country Employee",
		"ITEM(BLANK, 'Fin & Co'::Account.Home)":              "list:Fin & Co::Account",
		"CUMULATE(Revenue, Month)":                           "number Country Month",
		"ACCESSRIGHTS(Open, BLANK)":                          "access_rights Country",
		"RESETACCESSRIGHTS(AR)":                              "access_rights User Country",
		"Revenue[REMOVE: Country]":                           "number Month",
		"Revenue[REMOVE AVG: Country, Month]":                "number",
		"Start[REMOVE MAX: Country]":                         "date",
		"Open[REMOVE ANY: Country]":                          "boolean",
		"AR[KEEP ALL: User]":                                 "access_rights User",
		"AR[KEEP COUNT: User]":                               "number User",
		"Note[REMOVE COUNT: Country]":                        "number",
		"Revenue[KEEP: Month, Country]":                      "number Country Month",
		"Pay[ADD: Month, User]":                              "number User Month Employee",
		`Revenue[SELECT: Month."Jan"]`:                       "number Country",
		"Home[SELECT: Month - 1]":                            "list:Country Month Employee",
		"Pay[FILTER: Open]":                                  "number Country Employee",
		"Pay[EXCLUDE: CurrentValue > Rate]":                  "number Employee",
		"Pay[FILTER: currentVALUE > Revenue; REMOVE: Month]": "number Country Employee",
		"Note[FILTER: LEN(CurrentValue) > 2 AND Pay[FILTER: CurrentValue > 1] = 2]": "text Country Employee",
		"Revenue[BY: Country.Region]":                                              "number Region Month",
		"Revenue[BY MAX: Country.Region.Zone]":                                     "number Zone Month",
		"Revenue[BY: Country -> Country.Region]":                                   "number Region Month",
		"Pay[BY: Home]":                                                            "error",
		"Pay[ADD: Month][BY: Home]":                                                "number Country",
		"Pay[BY: Employee -> Home]":                                                "number Country Month",
		"Pay[BY: Employee -> Home; REMOVE: Month]":                                 "number Country",
		"Revenue[BY: Employee.Country]":                                            "number Month Employee",
		"Revenue[BY CONSTANT: Home]":                                               "number Month Employee",
		"Country.Area[BY: Home]":                                                   "number Month Employee",
		"Zone[BY: Zones]":                                                          "list:Zone Zone Employee",
		"Pay[BY: Employee.Country, Country.Region]":                                "number Region",
		"Pay[BY COUNT: (Employee.Country), Country.Region.Zone]":                   "number Zone",
		"Start[BY MIN: Country.Region]":                                            "date Region",
		"Note[BY COUNT: IFBLANK(Country.Region, Region.\"EMEA\")]":                 "number Region",
		"'Fin & Co'::Revenue[BY: 'Fin & Co'::Account -> 'Fin & Co'::Account.Home]": "error",
		"BLANK[ADD: Month]":                                                        "blank Month",
		"IF(TRUE, BLANK)[ADD: Month] + 1":                                          "number Month",
		"BLANK[ADD: Month][REMOVE: Month]":                                         "number",
		"BLANK[ADD: Month][REMOVE ANY: Month]":                                     "boolean",
		"Open = BLANK[ADD: Month][REMOVE ANY: Month]":                              "boolean Country",
		"MAX(BLANK, BLANK)":                                                        "number",
		"IFBLANK(MAX(BLANK, BLANK), Start)":                                        "date Country",
		"BLANK = BLANK":                                                            "boolean",
		"BLANK < BLANK":                                                            "boolean",
		"Odd":                                                                      "boolean Not",
		"'Not'":                                                                    "list:Not Not",
	} {
		e, err := w.check(text, anyTarget)
		if want == "error" {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, w.signature(e), text)
		requireSound(t, e)
	}
}

func FuzzCheck(f *testing.F) {
	w := newWorld(f)
	for _, seed := range []string{
		"Revenue - Cost", "IF(User.Country = Country, ACCESSRIGHTS(TRUE, TRUE))", "Pay[BY: Employee -> Home; REMOVE: Month]",
		`SWITCH(Home, Country."Japan", 1, BLANK, Pay, Rate)`, "ITEM(Pay, Country.Area).Code & Note", "Open[FILTER: CurrentValue][REMOVE ANY: Country]",
		"'Fin & Co'::Revenue[BY: 'Fin & Co'::Account.Home]", "BLANK[ADD: Month][REMOVE: Month] ^ -2", "Zone[BY: Zones]", "MIN(BLANK, Start) < BLANK",
		"CUMULATE(Revenue[SELECT: Month - 1], Month) * ROUND(Rate, -2)", "Pay[KEEP COUNT: Employee] IN (1, BLANK)", typical,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := formula.Parse(text)
		if err != nil {
			return
		}
		e, err := formula.Check(w.ws, w.hr, n, anyTarget)
		printed, errPrinted := w.check(formula.Print(n), anyTarget)
		if err != nil {
			require.Nil(t, e)
			require.Error(t, errPrinted)
			return
		}
		require.NoError(t, errPrinted)
		require.Equal(t, w.signature(e), w.signature(printed))
		requireSound(t, e)
	})
}

func BenchmarkCheck(b *testing.B) {
	w := newWorld(b)
	n := parse(b, "IF(Revenue[SELECT: Month - 1] > 0, (Revenue - Cost) / Revenue[BY SUM: Country.Region; REMOVE: Month][BY: Country.Region], IFBLANK(Rate, BLANK))")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := formula.Check(w.ws, w.hr, n, anyTarget); err != nil {
			b.Fatal(err)
		}
	}
}
