package main

import (
	"strings"
	"testing"
)

// A golden file for each kind of condition, stated on the block or inherited, and for each way in which one is cut: as
// text and as JSON.
func TestGoldenExplain(t *testing.T) {
	for name, call := range map[string]string{
		"membership":             "-u cy -b Plan::Revenue --cell Country=France --cell Month=Jan",
		"membership-inherited":   "-u cy -b Finance::Turnover --cell Plan::Month=Jan",
		"role_default":           "-u dee -b Plan::Cases --cell Scenario=Budget",
		"role_default-inherited": "-u dee -b Finance::Turnover --cell Plan::Month=Jan",
		"rule":                   "-u bo -b Plan::Revenue --cell Country=Japan --cell Month=Jan",
		"rule-inherited":         "-u bo -b Plan::Total --cell Month=Feb",
		"rule-by":                "-u bo -b|Plan::By region|--cell Region=APAC --cell Month=Feb",
		"rule-items":             "-u bo -b Plan::Country.Region --cell Country=Japan",
		"rule-blank":             "-u ada -b Plan::Country --cell Country=Peru",
		"scenario":               "-u eve -b Plan::Cases --cell Scenario=Budget",
		"scenario-none":          "-u bo -b Plan::Cases --cell Scenario=Secret",
		"scenario-readonly":      "-u bo -b Plan::Cases --cell Scenario=Actuals",
		"scenario-inherited":     "-u bo -b Plan::Case",
		"scenario-reduced":       "-u eve -b|Plan::Worst case",
		"permission":             "-u bo -b|Plan::AR Country|--cell User=bo --cell Country=France",
		"permission-inherited":   "-u bo -b|Plan::May see|--cell User=bo --cell Country=France",
		"cut-ignore":             "-u dee -b Plan::Lifted --cell Country=France",
		"cut-ignore-inherited":   "-u dee -b|Plan::Lifted too|--cell Country=France",
		"cut-public":             "-u bo -b Plan::Open --cell Country=Japan",
		"cut-reset":              "-u bo -b|Plan::Hidden share|--cell Month=Jan",
		"cut-reset-and-not":      "-u bo -b Plan::Share --cell Country=France --cell Month=Jan",
		"cut-option":             "-u bo -b|Finance::Twice the base|--cell Plan::Month=Jan",
		"granted":                "-u ada -b Plan::Revenue --cell Country=Japan --cell Month=Jan",
		"overridable":            "-u ada -b Plan::Input --cell Country=France",
		"impersonation":          "-u bo --as ada -b Plan::Cases --cell Scenario=Budget",
		"for":                    "-u dee -b Plan::Revenue --cell Country=France --cell Month=Jan --for bo",
		"for-self":               "-u eve -b Plan::Cases --cell Scenario=Budget --for eve",
		"for-admin":              "-u bo -b Plan::Total --cell Month=Feb --for ada",
		"for-refused":            "-u bo -b Plan::Total --cell Month=Feb --for eve",
		"long":                   "-u bo -b Finance::Base --cell Plan::Month=Jan",
	} {
		t.Run(name, func(t *testing.T) {
			var args []string
			for i, part := range strings.Split("explain -m testdata/why "+call, "|") {
				if i == 1 { // a name of several words
					args = append(args, part)
					continue
				}
				args = append(args, strings.Fields(part)...)
			}
			var text strings.Builder
			transcript(t, &text, args)
			transcript(t, &text, append(args, "--json"))
			golden(t, "explain/"+name+".txt", text.String())
		})
	}
}
