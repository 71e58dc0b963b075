package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hiddenModel is a model whose hidden names all hold CANARY. vic may see no rules; sec may see rules, but not every
// deal. What is hidden from both of them differs with more: rules that deny and grant and their order, metrics that
// formulas read, items, an application.
func hiddenModel(t *testing.T, more bool) string {
	t.Helper()
	dir := t.TempDir()
	deals, regions, sums, rules := "[CANARY1, d2, d3]", "[S, S, N]", "", ""
	if more {
		deals, regions = "[CANARY0, CANARY1, CANARY1b, d2, CANARY2, d3, CANARY3]", "[S, S, S, S, S, N, S]"
		sums = " + 'CANARY too'[SELECT: Month - 1] + 'CANARY Base'[SELECT: Month - 2]"
		rules = `
  - {name: CANARY first, metric: CANARY AR, on: {metrics: [CANARY too]}, access: write}
  - {name: CANARY grants, metric: CANARY AR all, on: {dimensions: [Month]}}
  - {name: CANARY ignore, metric: CANARY AR all, scope: ignore, on: {metrics: [Open]}}`
	}
	files := map[string]string{
		"workspace.yaml": `cubeward: 1
members: {items: [vic, sec, sub]}
accounts: {sec: security_admin}
applications: {A: a.yaml, CANARYApp: c.yaml}
`,
		"c.yaml": `cubeward: 1
metrics: {CANARY Far: {type: number}, CANARY more: {type: number}}
user_roles: {sub: Admin}
`,
		"a.yaml": fmt.Sprintf(`cubeward: 1
roles:
  Looker: {read: true, write: false, permissions: [display_application]}
  Closed: {read: true, write: true, permissions: [display_application]}
user_roles: {vic: Looker, sec: Admin, sub: Closed}
lists:
  Month: {items: [Jan, Feb, Mar, Apr]}
  Region: {items: [N, S]}
  Deal: {items: %s, properties: {Region: {type: "list:Region", values: %s}, Code: {type: text}}}
metrics:
  Open: {type: number, dimensions: [Month]}
  CANARY Base: {type: number, dimensions: [Month]}
  CANARY too: {type: number, dimensions: [Month]}
  Asked: {type: number, dimensions: [Month], formula: "Open + 'CANARY Base'[SELECT: Month - 1]%s"}
  Deals: {type: number, dimensions: [Deal]}
  By region: {type: number, dimensions: [Region], formula: "Deals[BY: Deal.Region]"}
  CANARY AR: {type: access_rights, dimensions: [User, Month], cells: [[sec, Jan, rw]]}
  CANARY AR all: {type: access_rights, dimensions: [User], cells: [[vic, rw], [sec, rw], [sub, rw]]}
  AR Deal: {type: access_rights, dimensions: [User, Deal], cells: [[sec, d2, rw], [sec, d3, rw], [vic, d3, rw]]}
rules:%s
  - {name: CANARY rule, metric: CANARY AR, on: {metrics: [CANARY Base]}}
  - {name: deals, metric: AR Deal, on: {metrics: [Deals]}}
  - {name: names of deals, metric: AR Deal, on: {items: [Deal]}}
`, deals, regions, sums, rules),
	}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// Nothing that a viewer may not see is in what they are told, by name, by number or by order: the answers are the same
// bytes whatever is hidden. So are refusals, whether a name is hidden or there is none.
func TestForLeaksNothing(t *testing.T) {
	few, many := hiddenModel(t, false), hiddenModel(t, true)
	told := 0
	for _, question := range []struct {
		ask  string
		want string // in the text, where it is told
	}{
		{"-u sub -b A::Asked --cell Month=Feb --for vic", "a restriction you may not see"},
		{"-u sub -b A::Asked --cell Month=Mar --for vic", "a restriction you may not see"},
		{"-u sub -b A::Asked --cell Month=Jan --for vic", "a role in A"},
		{"-u vic -b A::Asked --cell Month=Apr --for vic", "a restriction you may not see"},
		{"-u sec -b A::Open --cell Month=Jan --for vic", "a role in A"},
		{"-u sub -b|A::By region|--cell Region=S --for sec", `rule "deals" of A: AR Deal`},
		{"-u sub -b|A::By region|--cell Region=N --for sec", "at Deal=d3"},
		{"-u vic -b|A::By region|--cell Region=S --for sec", "at Deal=d2"},
		{"-u vic -b|A::By region|--cell Region=S --for vic", "a restriction you may not see"},
		{"-u sub -b A::Deals --cell Deal=d2 --for sec", "needs AR Deal to hold read at User=sub, Deal=d2"},
		{"-u sub -b A::Deal.Code --cell Deal=d3 --for vic", "a restriction you may not see"},
		{"-u vic --as sec -b A::Open --cell Month=Jan --for vic", "with sec acting as them"},
		{"-u sub -b A::Deals --cell Deal=d2 --for vic", ""},
		{"-u sub -b A::Deals --cell Deal=CANARY1 --for sec", ""},
		{"-u sub -b A::Deals --cell Deal=none --for sec", ""},
		{"-u sub -b A::Nothing --cell Deal=d2 --for sec", ""},
		{"-u none -b A::Deals --cell Deal=d2 --for sec", ""},
		{"-u sub -b A::Deals --for sec", ""},
		{"-u sub -b|A::CANARY Base|--cell Month=Feb --for vic", ""},
		{"-u sub -b|A::CANARY AR|--cell User=vic --cell Month=Feb --for vic", ""},
		{"-u sub -b|CANARYApp::CANARY Far|--for sec", ""},
		{"-u sub -b Nowhere::Far --for sec", ""},
	} {
		for _, form := range []string{"", "--json"} {
			var answers []outcome
			for _, dir := range []string{few, many} {
				args := []string{"explain", "-m", dir}
				for i, part := range strings.Split(question.ask, "|") {
					if i == 1 {
						args = append(args, part)
						continue
					}
					args = append(args, strings.Fields(part)...)
				}
				answers = append(answers, call(t, append(args, strings.Fields(form)...)...))
			}
			require.Equal(t, answers[0], answers[1], question.ask)
			require.NotContains(t, strings.ToUpper(answers[1].stdout+answers[1].stderr), "CANARY", question.ask)
			switch {
			case question.want == "":
				viewer := question.ask[len(question.ask)-3:]
				require.Equal(t, outcome{statusRefused, "", "cubeward explain: \"" + viewer + "\" may not be told: there is no such cell or member, or they may not see the names in the question\n"}, answers[0], question.ask)
			case form == "":
				require.Contains(t, answers[0].stdout, question.want, question.ask)
				told++
			default:
				require.Equal(t, statusDone, answers[0].status)
			}
		}
	}
	require.Positive(t, told)
	// The canaries are there: whoever may see the whole model is told.
	require.Contains(t, call(t, "explain", "-m", few, "-u", "sub", "-b", "A::Asked", "--cell", "Month=Feb").stdout, "CANARY rule")
	require.Contains(t, call(t, "explain", "-m", many, "-u", "sub", "-b", "A::By region", "--cell", "Region=S").stdout, "CANARY1b")
}
