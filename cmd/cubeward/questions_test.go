package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What who, what, summary and test say, and refuse.
func TestGoldenQuestions(t *testing.T) {
	for name, calls := range map[string][][]string{
		"who": {
			{"who", "-m", "testdata/why", "-b", "Plan::Revenue", "--cell", "Country=France", "--cell", "Month=Jan"},
			{"who", "-m", "testdata/why", "-b", "Plan::Revenue", "--cell", "Country=France", "--cell", "Month=Jan", "--json"},
			{"who", "-m", "testdata/why", "-b", "Plan::Revenue", "--cell", "Month=Jan"},
			{"who", "-m", "testdata/why", "-b", "Plan::Revenue", "--cell", "Month=Jan", "--json"},
			{"who", "-m", "testdata/why", "-b", "Plan::Cases"},
			{"who", "-m", "testdata/why", "-b", "Plan::Case"},
			{"who", "-m", "testdata/why", "-b", "Plan::Case", "--json"},
			{"who", "-m", "testdata/why", "-b", "Finance::Base", "-a", "Plan"},
			{"who", "-m", "testdata/why", "-b", "Finance::User"},
			{"who", "-m", "testdata/shop", "-b", "Nothing"},
			{"who", "-m", "testdata/shop", "-b", "Nothing", "--json"},
			{"who", "-m", "testdata/shop", "-b", "Market", "--cell", "Market=Korea, South"},
			{"who", "-m", "testdata/shop", "-b", "Market", "--cell", "Market=Korea"},
			{"who", "-m", "testdata/shop", "-b", "Market", "--cell", "Marked=Italy"},
			{"who", "-m", "testdata/shop", "-b", "Market", "--cell", "Quarter=Q1", "--cell", "Market"},
			{"who", "-m", "testdata/shop", "-b", "Market", "--cell", "Market=Italy", "--cell", "Market=Spain"},
			{"who", "-m", "testdata/shop", "-b", "Total", "--cell", "Market=Italy"},
			{"who", "-m", "testdata/why", "-b", "Revenue"},
			{"who", "-m", "testdata/why"},
			{"who", "x"},
		},
		"what": {
			{"what", "-m", "testdata/why", "-u", "bo"},
			{"what", "-m", "testdata/why", "-u", "dee", "--json"},
			{"what", "-m", "testdata/shop", "-u", "zoe"},
			{"what", "-m", "testdata/shop", "-u", "zoe", "--json"},
			{"what", "-m", "testdata/shop", "-u", "ben", "--as", "zoe"},
			{"what", "-m", "testdata/shop", "-u", "zoe", "--as", "ben"},
			{"what", "-m", "testdata/shop", "-u", "nobody"},
			{"what"},
		},
		"summary": {
			{"summary", "-m", "testdata/shop"},
			{"summary", "-m", "testdata/shop", "-b", "Sales"},
			{"summary", "-m", "testdata/shop", "-u", "ann"},
			{"summary", "-m", "testdata/shop", "-u", "ann", "--as", "zoe", "-b", "Sales"},
			{"summary", "-m", "testdata/shop", "-b", "Sales", "--per-member"},
			{"summary", "-m", "testdata/shop", "-b", "Sales", "--json"},
			{"summary", "-m", "testdata/shop", "-b", "Nothing", "-o", "OUT.csv"},
			{"summary", "-m", "testdata/why", "-u", "bo"},
			{"summary", "-m", "testdata/shop", "-b", "Sale"},
			{"summary", "-m", "testdata/shop", "--as", "zoe"},
			{"summary", "-m", "testdata/shop", "--json", "-o", "OUT.csv"},
			{"summary", "-m", "testdata/shop", "-o", "OUT.txt"},
			{"summary"},
		},
		"test": {
			{"test", "-m", "testdata/why", "testdata/tests/hold.yaml"},
			{"test", "-m", "testdata/why", "testdata/tests/hold.yaml", "-v"},
			{"test", "-m", "testdata/why", "testdata/tests/hold.yaml", "--json"},
			{"test", "-m", "testdata/why", "testdata/tests/fail.yaml"},
			{"test", "-m", "testdata/why", "testdata/tests/fail.yaml", "--json"},
			{"test", "-m", "testdata/why", "testdata/tests/unknown.yaml"},
			{"test", "-m", "testdata/why", "testdata/tests/mistakes.yaml"},
			{"test", "-m", "testdata/why", "testdata/tests/none.yaml"},
			{"test", "-m", "testdata/why", "testdata/tests"},
			{"test", "-m", "testdata/why"},
			{"test", "testdata/tests/hold.yaml"},
			{"test", "-m", "testdata/broken", "testdata/tests/hold.yaml"},
		},
		"help-questions": {{"explain", "--help"}, {"who", "--help"}, {"what", "--help"}, {"summary", "--help"}, {"test", "--help"}},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			for _, args := range calls {
				transcript(t, &text, args)
			}
			golden(t, name+".txt", text.String())
		})
	}
}

// The report in the form of JUnit is well-formed, says what the others say, and stands there though tests fail.
func TestJUnit(t *testing.T) {
	for file, want := range map[string][2]int{"hold": {9, 0}, "fail": {5, 5}} {
		report := filepath.Join(t.TempDir(), "report.xml")
		got := call(t, "test", "-m", "testdata/why", "testdata/tests/"+file+".yaml", "--junit", report)
		require.Equal(t, want[1] > 0, got.status == statusRefused, got.stderr)
		text, err := os.ReadFile(report)
		require.NoError(t, err)
		golden(t, "junit-"+file+".xml", string(text))
		var suites junitSuites
		require.NoError(t, xml.Unmarshal(text, &suites))
		require.Equal(t, want, [2]int{suites.Tests, suites.Failures})
		failures := 0
		for _, c := range suites.Suite.Cases {
			if c.Failure != nil {
				failures++
			}
		}
		require.Equal(t, want, [2]int{len(suites.Suite.Cases), failures})
	}
	got := call(t, "test", "-m", "testdata/why", "testdata/tests/hold.yaml", "--junit", filepath.Join(t.TempDir(), "no", "report.xml"))
	require.Equal(t, statusFailed, got.status, got.stderr)
	require.Empty(t, got.stdout)
}

// The call that a failure offers is one that works: blocks of every kind and names that shells and formulas quote.
func TestOfferedCallsWork(t *testing.T) {
	tests := write(t, "tests.yaml", `cubeward_tests: 1
tests:
  - {name: a, member: ines@treasury.gov, block: "Account.'Source category'", expect: {read: none}}
  - {name: b, member: ines@treasury.gov, block: "Total receipts", expect: {read: some}}
  - {name: c, member: ines@treasury.gov, as: sam@omb.gov, block: Source category, expect: {write: some}}
  - {name: d, member: ines@treasury.gov, block: User, expect: {read: none}}
`)
	got := call(t, "test", "-m", "../../examples/us-budget", tests)
	require.Equal(t, statusRefused, got.status, got.stderr)
	offered := 0
	for line := range strings.Lines(got.stdout) {
		_, command, ok := strings.Cut(line, "the whole: cubeward ")
		if !ok {
			continue
		}
		offered++
		again := call(t, posixWords(command)...)
		require.Equal(t, statusDone, again.status, "%s%s", line, again.stderr)
	}
	require.Equal(t, 4, offered)
	require.Equal(t, []string{"it's", "a b", "c"}, posixWords(`'it'\''s' 'a b' c`))
	for _, word := range []string{"", "it's", "a b", "ada@omb.gov", "$HOME", "'", "Taux d'été"} {
		require.Equal(t, []string{word}, posixWords(shellWord(word)))
	}
}

// posixWords splits a command line as a shell does, as far as shellWord quotes.
func posixWords(line string) []string {
	var words []string
	word, in, quoted := "", false, false
	line = strings.TrimSpace(line)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted, in = !quoted, true
		case c == '\\' && !quoted:
			i++
			word, in = word+line[i:i+1], true
		case c == ' ' && !quoted:
			if in {
				words = append(words, word)
			}
			word, in = "", false
		default:
			word, in = word+line[i:i+1], true
		}
	}
	if in {
		words = append(words, word)
	}
	return words
}

// Text for people keeps to the width of a screen, but for names that are longer and commands to be copied.
func TestTextsFitTheScreen(t *testing.T) {
	for _, folder := range []string{"testdata/golden/explain", "testdata/golden"} {
		for _, name := range files(t, folder) {
			if !strings.Contains("who.txt what.txt summary.txt test.txt", name) && folder == "testdata/golden" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, name))
			require.NoError(t, err)
			for line := range strings.Lines(string(text)) {
				if strings.ContainsAny(line[:1], "$!{ }") && !strings.HasPrefix(line, "  ") || strings.Contains(line, "\"") || strings.Contains(line, "the whole: ") || strings.Contains(line, "  read none") || strings.Contains(line, "  read partial") {
					continue
				}
				require.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), screenWidth, "%s: %s", name, line)
			}
		}
	}
}

func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"a bc def", 5, []string{"a bc", "def"}},
		{"abcdefghij kl", 4, []string{"abcd", "efgh", "ij", "kl"}},
		{"ab abcdef", 4, []string{"ab", "abcd", "ef"}},
		{"日本語 の", 4, []string{"日本", "語", "の"}}, // two places each
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"日", 1, []string{"日"}},
	} {
		require.Equal(t, c.want, wrapped(c.text, c.width), c.text)
	}
	s := sheet{head: []string{"n", "name"}, right: map[int]bool{0: true}}
	s.add("1", "一二三")
	s.add("1,000", strings.Repeat("x ", 50))
	require.Equal(t, "    n  name\n    1  一二三\n1,000  "+strings.TrimSpace(strings.Repeat("x ", 37))+"\n       "+strings.TrimSpace(strings.Repeat("x ", 13))+"\n", s.text(paint{}))
}
