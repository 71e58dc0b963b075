package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const shopSales = `Market,Quarter,Sales,note
Spain,Q1,1.5,a
Italy,Q2,777001,"b, c"
"Korea, South",Q1,777002,
Spain,Q2,0,d
Mars,Q1,777003,e
`

// The words that a command says are part of it: each golden file holds command lines with what they answer.
func TestGolden(t *testing.T) {
	in := func(text string) string { return write(t, "in.csv", text) }
	shop, part := compiled(t, "testdata/shop"), compiled(t, "testdata/shop", "--shard", "1/2")
	for name, calls := range map[string][][]string{
		"check": {
			{"check", "-m", "testdata/shop"},
			{"check", "-m", "testdata/duo"},
			{"check", "-m", "testdata/duo", "--json"},
			{"check", "-m", "testdata/duo", "--stats"},
			{"check", "-m", "testdata/duo", "--stats", "--json"},
			{"check", "-m", "testdata/broken"},
			{"check", "-m", "testdata/broken", "--json"},
			{"check", "-m", "testdata/none", "--json"},
		},
		"rights": {
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Market.Zone"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Total"},
			{"rights", "-m", "testdata/shop", "-u", "zoe", "-b", "Total"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Nothing"},
			{"rights", "-m", "testdata/shop", "-u", "d'Arc, the 3rd", "-b", "Market"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales", "--as", "zoe"},
			{"rights", "-m", "testdata/duo", "-u", "ann", "-b", "Cost", "-a", "Money"},
			{"rights", "-m", "testdata/duo", "-u", "ben", "-b", "HR::Pay"},
			{"rights", "-m", "testdata/duo", "-u", "ben", "-b", "HR::User"},
			{"rights", "-m", "testdata/duo", "-u", "ben", "-b", "Money::'Users roles'"},
		},
		"values": {
			{"values", "-m", "testdata/shop", "-b", "Sales"},
			{"values", "-m", "testdata/shop", "-b", "Total"},
			{"values", "-m", "testdata/shop", "-b", "Text"},
			{"values", "-m", "testdata/shop", "-b", "Nothing"},
			{"values", "-m", "testdata/shop", "-b", "Best market"},
			{"values", "-m", "testdata/shop", "-b", "Access"},
			{"values", "-m", "testdata/shop", "-b", "Market.Since"},
			{"values", "-m", "testdata/shop", "-b", "Market.Open"},
			{"values", "-m", "testdata/shop", "-b", "Market.Note"},
			{"values", "-m", "testdata/shop", "-b", "Users roles"},
			{"values", "-m", "testdata/duo", "-b", "Money::Cost"},
		},
		"mask": {
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--pass", "note"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--pass", "note", "--locks", "--readable", "--json"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--pass", "note", "--drop-rows", "--sort"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--pass", "note", "--refuse"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in("Market,was\nItaly,5\n"), "-o", "OUT.csv", "--at", "Quarter=Q2", "--column", "was=Sales"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in("Sales\n1\n2\n3\n4\n5\n6\n"), "-o", "OUT.csv", "--dense", "Sales", "--locks"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(" Market ,Quarter,\"Sales\"\r\nSpain,Q1,\"a \"\"b\"\"\"\r\n"), "-o", "OUT.csv"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in("Market,Quarter,Sales\n"), "-o", "OUT.csv", "--sort"},
		},
		"mistakes": {
			{"chek"},
			{"check"},
			{"check", "x", "-m", "y"},
			{"rights", "--wrong"},
			{"rights"},
			{"rights", "-m"},
			{"check", "-m", "testdata/none"},
			{"check", "-m", "testdata/golden"},
			{"rights", "-m", "testdata/shop", "-u", "nobody", "-b", "Sales"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sale"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Market.Zon"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "1 +"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales", "-o", "x.txt"},
			{"rights", "-m", "testdata/shop", "-u", "zoe", "-b", "Sales", "--as", "ann"},
			{"rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales", "-a", "Shp"},
			{"rights", "-m", "testdata/duo", "-u", "ann", "-b", "Pay"},
			{"rights", "-m", "testdata/broken", "-u", "ann", "-b", "Sales"},
			{"values", "-m", "testdata/shop", "-b", "Market"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "--members", "x", "-i", "x.csv", "-o", "y.csv"},
			{"mask", "-m", "testdata/shop", "--members", "x", "-i", "x.csv", "-o", "y.csv"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", "none.csv", "-o", "OUT.csv"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", "testdata/x.csv", "-o", "OUT.xls"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--at", "Quarter=Q9", "--dim", "note=Quarter", "--at", "Year=1"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--pass", "note", "--column", "note=Sales"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv", "--column", "note"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in("Sales\n1\n2\n"), "-o", "OUT.csv", "--dense", "Sales"},
			{"mask", "-m", "testdata/shop", "-u", "ann", "-i", in("Sales\n1\n2\n"), "-o", "OUT.csv", "--memory", "lots"},
			{"mask", "-m", "testdata/broken", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv"},
			{"mask", "-m", "testdata/duo", "-u", "ann", "-i", in(shopSales), "-o", "OUT.csv"},
		},
		"rightsfile": {
			{"compile", "-m", "testdata/broken", "-o", "OUT"},
			{"compile", "-m", "testdata/shop"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--shard", "3/2"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--shard", "1"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--shard", "1/2", "--only", "ann"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--only", "an"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--workers", "-1"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--memory", "1KiB", "--since", "none.rights"},
			{"compile", "-m", "testdata/shop", "-o", "OUT", "--since", "testdata/shop/model.yaml"},
			{"merge", "-o", "OUT"},
			{"merge", "testdata/shop/model.yaml"},
			{"merge", shop},
			{"merge", shop, "-o", "OUT"},
			{"merge", part, "-o", "OUT"},
			{"merge", part, part, "-o", "OUT"},
			{"check", "-r", shop},
			{"check", "-r", part},
			{"check", "-r", shop, "-m", "testdata/shop"},
			{"check", "-r", shop, "-m", "testdata/duo"},
			{"check", "-r", shop, "-m", "testdata/duo", "--json"},
			{"check", "-r", "testdata/shop/model.yaml"},
			{"check", "-r", "testdata/shop/model.yaml", "--json"},
			{"rights", "-r", shop, "-m", "testdata/shop", "-u", "ann", "-b", "Sales"},
			{"rights", "-r", shop, "-u", "ann", "-b", "Sales"},
			{"rights", "-r", part, "-u", "zoe", "-b", "Sales"},
			{"who", "-r", part, "-b", "Sales"},
			{"values", "-r", shop, "-b", "Sales"},
		},
		"help": {
			{"check", "--help"},
			{"compile", "--help"},
			{"merge", "--help"},
			{"rights", "--help"},
			{"values", "--help"},
			{"mask", "--help"},
			{"check-write", "--help"},
			{"version", "--help"},
		},
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

func TestRootHelp(t *testing.T) {
	got := call(t)
	require.Equal(t, statusDone, got.status)
	require.Equal(t, got, call(t, "--help"))
	require.Equal(t, got, call(t, "help"))
	require.Equal(t, call(t, "mask", "--help"), call(t, "help", "mask"))
	require.Equal(t, outcome{statusInvalid, "", "cubeward help: unknown command \"msk\" (did you mean \"mask\"?)\n  \"cubeward help --help\" shows how it is called\n"}, call(t, "help", "msk"))
	for _, c := range newRoot(&tool{}).Commands() {
		require.Contains(t, got.stdout, "  "+c.Name()+" ")
		require.Contains(t, got.stdout, c.Short)
		require.NotContains(t, got.stdout, "[flags]")
	}
}

// rightsSize is the size of a rights file, which what is packed into it decides.
var rightsSize = regexp.MustCompile(`(: whole, )[\d.,]+ (?:bytes|KB)(\n)|("bytes": )\d+(,\n\s+"members")`)

// transcript is a command line, what it says and the file that it makes, if any.
func transcript(t *testing.T, out *strings.Builder, args []string) {
	t.Helper()
	dir := t.TempDir()
	real := make([]string, len(args))
	shown := make([]string, len(args))
	for i, a := range args {
		real[i] = strings.ReplaceAll(a, "OUT", filepath.Join(dir, "OUT"))
		shown[i] = a
		if name := filepath.Base(a); strings.HasSuffix(a, "/in.csv") || filepath.IsAbs(a) && strings.HasSuffix(a, ".rights") {
			shown[i] = name
		}
		if strings.ContainsAny(shown[i], " ,'") {
			shown[i] = fmt.Sprintf("%q", shown[i])
		}
	}
	got := call(t, real...)
	folders := []string{dir + "/", ""}
	for _, a := range real {
		if filepath.IsAbs(a) && filepath.Ext(a) == ".rights" {
			folders = append(folders, filepath.Dir(a)+"/", "")
		}
	}
	clean := func(text string) string {
		return rightsSize.ReplaceAllString(strings.NewReplacer(folders...).Replace(text), "${1}${3}SIZE${2}${4}")
	}
	fmt.Fprintf(out, "$ cubeward %s\n%s", strings.Join(shown, " "), clean(got.stdout))
	for _, line := range lines(clean(got.stderr)) {
		if line != "" {
			fmt.Fprintf(out, "! %s\n", line)
		}
	}
	for _, name := range files(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		fmt.Fprintf(out, "> %s\n%s", name, data)
	}
	fmt.Fprintf(out, "= %d\n\n", got.status)
	if got.status != statusDone {
		require.Empty(t, files(t, dir))
		answers := got.status == statusRefused && slices.Contains([]string{"test", "diff", "check"}, args[0]) // what does not hold, what differs
		require.True(t, got.stdout == "" || answers || strings.Contains(strings.Join(args, " "), "--json"), "%q", args)
	}
}
