package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sameAnswer asks a model and its rights file the same, through the command itself: status, both outputs and every file
// must be the same, byte by byte.
func sameAnswer(t *testing.T, model, file string, args ...string) outcome {
	t.Helper()
	ask := func(flags ...string) (outcome, map[string]string) {
		dir := t.TempDir()
		call := append([]string{args[0]}, flags...)
		for _, a := range args[1:] {
			call = append(call, strings.ReplaceAll(a, "DIR/", dir+"/"))
		}
		got := callWith(t, nil, call...)
		made := map[string]string{}
		for _, name := range files(t, dir) {
			made[name] = readFile(t, filepath.Join(dir, name))
		}
		// What is to be called next names what was asked; a rights file names files from the model's folder.
		clean := strings.NewReplacer(dir+"/", "", strings.Join(flags, " "), "ASKED", model+"/", "")
		return outcome{got.status, clean.Replace(got.stdout), clean.Replace(got.stderr)}, made
	}
	want, wantFiles := ask("-m", model)
	got, gotFiles := ask("-r", file)
	require.Equal(t, want, got, "%q", args)
	for name := range gotFiles {
		if strings.HasSuffix(name, ".xml") {
			wantFiles[name] = strings.ReplaceAll(wantFiles[name], model+"/", "")
			gotFiles[name] = strings.ReplaceAll(gotFiles[name], model+"/", "")
		}
	}
	require.Equal(t, wantFiles, gotFiles, "%q", args)
	return want
}

func TestRightsFilesAnswerAsTheirModels(t *testing.T) {
	in := write(t, "in.csv", shopSales)
	members := write(t, "members.txt", "ann\nben\n")
	budget := "../../examples/us-budget"
	year := write(t, "changes.csv", "Agency,Fiscal year,Adjustment\nDepartment of Labor,2016,1\n")
	cell := []string{"--cell", "Market=Spain", "--cell", "Quarter=Q1"}
	for model, questions := range map[string][][]string{
		"testdata/shop": {
			{"rights", "-u", "ann", "-b", "Sales"},
			{"rights", "-u", "ann", "-b", "Sales", "-o", "DIR/x.parquet"},
			{"rights", "-u", "ann", "-b", "Market.Zone"},
			{"rights", "-u", "zoe", "-b", "Total", "--as", "ann"},
			{"rights", "-u", "nobody", "-b", "Sales"},
			{"rights", "-u", "ann", "-b", "Sale"},
			{"mask", "-u", "ann", "-i", in, "-o", "DIR/x.csv", "--pass", "note", "--locks", "--readable"},
			{"mask", "-u", "ann", "-i", in, "-o", "DIR/x.csv", "--pass", "note", "--refuse"},
			{"mask", "--members", members, "-i", in, "-o", "DIR/{member}.arrow", "--pass", "note", "--json"},
			{"check-write", "-u", "ann", "-i", in, "--pass", "note"},
			{"check-write", "-u", "ann", "-i", in, "--pass", "note", "--json"},
			append([]string{"explain", "-u", "ann", "-b", "Sales"}, cell...),
			append([]string{"explain", "-u", "ann", "-b", "Sales", "--json"}, cell...),
			append([]string{"explain", "-u", "ann", "-b", "Sales", "--for", "ben"}, cell...),
			{"who", "-b", "Sales"},
			append([]string{"who", "-b", "Sales", "--json"}, cell...),
			{"what", "-u", "ann"},
			{"summary"},
			{"summary", "--json"},
			{"summary", "-u", "ann", "-b", "Sales"},
		},
		"testdata/duo": {
			{"summary"},
			{"rights", "-u", "ben", "-b", "HR::User"},
			{"rights", "-u", "ben", "-b", "Money::'Users roles'"},
			{"rights", "-u", "ann", "-b", "Pay"},
			{"what", "-u", "ann", "--json"},
		},
		"testdata/why": {
			{"test", "testdata/tests/hold.yaml"},
			{"test", "testdata/tests/fail.yaml", "--junit", "DIR/x.xml"},
			{"test", "testdata/tests/fail.yaml", "--json"},
			{"test", "testdata/tests/unknown.yaml"},
			{"summary", "-o", "DIR/x.csv"},
		},
		budget: {
			{"test", budget + "/tests.yaml", "-v"},
			{"summary", "--per-member"},
			{"who", "-b", "Receipts", "--cell", "Fiscal year=2016", "--all"},
			{"rights", "-u", "ines@treasury.gov", "-b", "Receipts by agency"},
			{"mask", "-u", "ines@treasury.gov", "-i", budget + "/receipts.csv", "-o", "DIR/x.csv", "--locks", "--drop-rows", "--sort"},
			{"check-write", "-u", "ines@treasury.gov", "-i", year},
			{"explain", "-u", "grace@gao.gov", "-b", "Total receipts", "--cell", "Fiscal year=2016"},
			{"explain", "-u", "grace@gao.gov", "-b", "Total receipts", "--cell", "Fiscal year=2016", "--json"},
			{"what", "-u", "ines@treasury.gov"},
		},
	} {
		file := compiled(t, model)
		for _, q := range questions {
			t.Run(model+"/"+strings.Join(q[:min(len(q), 3)], " "), func(t *testing.T) { sameAnswer(t, model, file, q...) })
		}
	}
}

// Why a cell is decided as it is reads values: those of the model's mappings are in the file.
func TestRightsFilesExplainAsTheirModels(t *testing.T) {
	for _, model := range []string{"testdata/shop", "testdata/duo", "testdata/why"} {
		file := compiled(t, model)
		var rows []summaryLine
		require.NoError(t, json.Unmarshal([]byte(call(t, "summary", "-m", model, "--json").stdout), &rows))
		require.NotEmpty(t, rows)
		for _, r := range rows {
			cells := lines(call(t, "rights", "-m", model, "-u", r.Member, "-b", r.Block).stdout)
			args := []string{"explain", "-u", r.Member, "-b", r.Block, "--json"}
			last := strings.Split(cells[len(cells)-1], ",")
			for i, dim := range strings.Split(cells[0], ",")[:max(0, len(last)-2)] {
				args = append(args, "--cell", dim+"="+last[i])
			}
			sameAnswer(t, model, file, args...)
		}
	}
}

// The corpus' questions, asked of rights files.
func TestRightsFilesAnswerTheCorpus(t *testing.T) {
	needCorpus(t)
	indexes, err := filepath.Glob(filepath.Join(corpus, "*", "*", "expected", "index.json"))
	require.NoError(t, err)
	asked := 0
	for _, index := range indexes {
		dir := filepath.Dir(filepath.Dir(index))
		data, err := os.ReadFile(index)
		require.NoError(t, err)
		var calls []corpusCall
		require.NoError(t, json.Unmarshal(data, &calls))
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "x.rights")
			if got := call(t, "compile", "-m", dir, "-o", out); got.status != statusDone {
				require.Equal(t, call(t, "check", "-m", dir).status, got.status, got.stderr)
				return
			}
			require.Equal(t, statusDone, call(t, "check", "-m", dir, "-r", out).status)
			for i, c := range calls {
				args := c.args(dir, "DIR/out.csv")
				if c.Kind == "values" || c.Kind == "mask" && i%4 > 0 {
					continue
				}
				require.Equal(t, []string{"-m", dir}, args[1:3], fmt.Sprint(args))
				sameAnswer(t, dir, out, append(args[:1:1], args[3:]...)...)
				asked++
			}
			sameAnswer(t, dir, out, "summary", "--json")
		})
	}
	require.Positive(t, asked)
}
