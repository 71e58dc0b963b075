package audit

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComments(t *testing.T) {
	for text, want := range map[string][]string{ // for each line its comment
		"a: 1 # x":                                    {"# x"},
		"# x\n\t# y\n  # z":                           {"# x", "# y", "# z"},
		"a: b#c":                                      {""},
		"a: \"# no\" # yes":                           {"# yes"},
		"a: \"\\\"# no\" # yes":                       {"# yes"},
		"a: '# it''s no' # yes":                       {"# yes"},
		"a: it's # yes":                               {"# yes"},
		"[a, 'b # no', c] # yes":                      {"# yes"},
		"a: X[REMOVE: 'My list'] # yes":               {"# yes"},
		"a: \"two\n  # lines\" # yes":                 {"", "# yes"},
		"a: |\n  # no\n\n  # no\nb: 1 # yes":          {"", "", "", "", "# yes"},
		"a: |- # yes\n    # no\n  # yes\nb: c":        {"# yes", "", "# yes", ""},
		"- a: >2\n    # no\n  b: c # yes":             {"", "", "# yes"},
		"a: x |\n  # yes":                             {"", "# yes"},
		"- |\n  # no\n- b # yes":                      {"", "", "# yes"},
		"a: |\n# yes\nb: c":                           {"", "# yes", ""},
		"a: b\r\nc: d # yes\r\n":                      {"", "# yes", ""},
		"\ufeff# yes\ra: b # yes":                     {"# yes", "# yes"},
		"{a: \"x\", 'b': [\"#\", '#'], c: #yes\n  d}": {"#yes", ""},
	} {
		var got []string
		for _, c := range comments(text) {
			got = append(got, c.text)
		}
		require.Equal(t, want, got, "%q", text)
	}
}

func TestRemarks(t *testing.T) {
	for comment, want := range map[string]remark{
		"# cubeward:ignore public-block all may know": {code: "public-block", reason: "all may know"},
		"#cubeward:ignore no-rule: months":            {code: "no-rule", reason: "months"},
		"## cubeward:ignore no-rule -- months — yes ": {code: "no-rule", reason: "months — yes"},
		"# cubeward:ignore no-rule":                   {code: "no-rule"},
		"# cubeward:ignore no-rule -":                 {code: "no-rule"},
		"# cubeward:ignore":                           {},
	} {
		got, ok := parseRemark(comment)
		require.True(t, ok, comment)
		require.Equal(t, want, got, comment)
	}
	for _, comment := range []string{"# see cubeward:ignore no-rule x", "# cubeward:ignored no-rule x", "# cubeward: ignore no-rule x", "#"} {
		_, ok := parseRemark(comment)
		require.False(t, ok, comment)
	}
}

// A remark speaks about its own line, and where it stands alone about the first line after the comments.
func TestRemarkLines(t *testing.T) {
	text := strings.Join([]string{
		"# cubeward:ignore no-rule one", // 1
		"# other",
		"# cubeward:ignore public-block two",
		"a: 1 # cubeward:ignore names-alike three", // 4
		"# cubeward:ignore no-rule four",
		"",
		"b: 2", // 7
		"  # cubeward:ignore no-rule five",
		"  c: 3", // 9
	}, "\n")
	var lines [][]int
	for _, r := range remarks("m.yaml", text) {
		lines = append(lines, r.lines)
	}
	require.Equal(t, [][]int{{1, 4}, {3, 4}, {4}, {5, 6}, {8, 9}}, lines)
}

func TestAlike(t *testing.T) {
	for _, pair := range [][2]string{
		{"Cost", "cost"},
		{"Net sales", "Net\u00a0 sales"},
		{"Café", "Cafe\u0301"},
		{"Müller", "MU\u0308LLER"},
		{"Сost", "Cost"}, // a Cyrillic С
		{"ΑΒ", "AB"},     // Greek
		{"Q1", "Ql"},
		{"O2", "02"},
		{"ＡＢ", "AB"},
		{"it’s", "it's"},
		{"a–b", "a-b"},
		{"Net\u200bsales", "Netsales"},
		{"ёлка", "е\u0308лка"},
	} {
		require.Equal(t, [][2]int{{0, 1}}, alike(2, func(i int) string { return pair[i] }), "%q", pair)
		a, b := distinct(pair[0], pair[1]), distinct(pair[0], pair[0])
		require.NotEqual(t, a, b)
	}
	for _, pair := range [][2]string{
		{"Cost", "Costs"}, {"Côte", "Cote"}, {"10", "11"}, {"a b", "ab"}, {"A-B", "A B"}, {"ß", "ss"}, {"modern", "modem"}, {"", "x"},
	} {
		require.Empty(t, alike(2, func(i int) string { return pair[i] }), "%q", pair)
	}
}

func TestFew(t *testing.T) {
	require.Empty(t, few(nil))
	require.Equal(t, "a", few([]string{"a"}))
	require.Equal(t, "a and b", few([]string{"a", "b"}))
	require.Equal(t, "a, b, c and d", few([]string{"a", "b", "c", "d"}))
	require.Equal(t, "a, b, c and 2 more", few([]string{"a", "b", "c", "d", "e"}))
}
