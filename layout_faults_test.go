package cubeward_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// The checks of layout_test.go find what they are for: each line of the want column comes from one file of a house full of faults.
func TestLayoutFindsFaults(t *testing.T) {
	house := fstest.MapFS{}
	for name, text := range map[string]string{
		"doc.go":                          "// Package cubeward.\npackage cubeward\n\nvar x int\n",
		"cube/a.go":                       "// Package cube.\npackage cube\n\nimport (\n\t\"log/slog\"\n\t\"github.com/cubeward/cubeward/formula\"\n\t\"unsafe\"\n)\n\nfunc init() {}\n\nfunc Bare() {}\n\ntype T struct{}\n\nfunc (T) M() {}\n",
		"cube/a_test.go":                  "package cube\n\nimport \"github.com/spf13/cobra\"\n",
		"formula/testdata/x/x.go":         "package broken !",
		"bitmap/b.go":                     "// Package bitmap.\npackage bitmap\n\nimport (\n\t\"github.com/RoaringBitmap/roaring/v2/roaring64\"\n\t\"github.com/RoaringBitmap/roaring\"\n)\n" + strings.Repeat("\nvar A = 1\n", 41),
		"engine/enginetest/o.go":          "// Package enginetest.\npackage enginetest\n\nimport (\n\t\"testing\"\n\t\"github.com/cubeward/cubeward/formula\"\n)\n\nvar _ = formula.Check\nvar _ = formula.Parse\n",
		"engine/mask/m.go":                "package mask\n\nimport \"github.com/apache/arrow-go/v18/arrow/ipc\"\n",
		"engine/types/t.go":               "// Package types.\npackage types\n",
		"cmd/cubeward/main.go":            "// Command cubeward.\npackage main\n\nimport \"github.com/spf13/cobra\"\n",
		"bench/peers/go.mod":              "module peers\n",
		"bench/peers/p.go":                "package util\n",
		"examples/us-budget/lists/l.go":   "// Command lists.\npackage main\n",
		"formula/f.go":                    "// Package formula.\npackage formula\n\n// Op is one.\ntype Op int\n\n// Ops.\nconst (\n\tOpA Op = iota\n\tOpB\n\tN = 3\n)\n",
		".hidden/h.go":                    "package hidden\n",
		"inherit/i.go":                    "// Package inherit.\npackage inherit\n\nimport \"testing\"\n",
		"engine/parquetio/p.go":           "// Package parquetio.\npackage parquetio\n\nimport \"github.com/apache/arrow-go/v18/parquet/pqarrow\"\n",
		"cube/modelfile/m.go":             "// Package modelfile.\npackage modelfile\n\nimport \"go.yaml.in/yaml/v4\"\n",
		"engine/e.go":                     "// Package engine.\npackage engine\n\nimport \"golang.org/x/sync/errgroup\"\n",
		"engine/audit/internal/more/a.go": "// Package more.\npackage more\n",
	} {
		house[name] = &fstest.MapFile{Data: []byte(text)}
	}
	pkgs, err := survey(house)
	require.NoError(t, err)
	var got []string
	for _, p := range pkgs {
		got = append(got, slices.Concat(importProblems(p), nameProblems(p), sizeProblems(p), docProblems(p))...)
		if p.dir == "formula" {
			require.Equal(t, []string{"Op", "N"}, exported(p))
		}
	}
	require.ElementsMatch(t, []string{
		"doc.go: the root holds a map of the house and no code",
		`cube/a.go: cube may not import "log/slog"`,
		`cube/a.go: cube may not import "github.com/cubeward/cubeward/formula"`,
		"cube/a.go: unsafe is only for files that are named for it",
		"cube/a.go: no init functions",
		"cube/a.go: Bare has no doc comment",
		"cube/a.go: T has no doc comment",
		"cube/a.go: M has no doc comment",
		`bitmap/b.go: bitmap may not import "github.com/RoaringBitmap/roaring"`,
		"bitmap exports 41 names, at most 40 are allowed",
		"engine/enginetest/o.go: the oracle may not use formula.Check",
		`engine/mask/m.go: engine/mask may not import "github.com/apache/arrow-go/v18/arrow/ipc"`,
		"engine/mask: no package comment",
		"engine/types: the import law of layout_test.go does not know this package: give it a place there",
		`engine/types: "types" says nothing about what the package is for`,
		`inherit/i.go: inherit may not import "testing"`,
		"engine/audit/internal/more: the import law of layout_test.go does not know this package: give it a place there",
	}, withoutRepeatedVars(got))

	_, err = survey(fstest.MapFS{"README.md": {}})
	require.ErrorContains(t, err, "nothing was examined")

	imports := map[string][]string{"a": {"b", "c"}, "b": {"c"}, "c": {"google.golang.org/grpc/codes"}, "d": {"google.golang.org/grpcfoo"}}
	require.Equal(t, []string{"a", "c", "google.golang.org/grpc/codes"}, linkProblem(imports, "a"))
	require.Nil(t, linkProblem(imports, "d"))
}

// withoutRepeatedVars drops the missing comments of the 41 variables that are there to be counted.
func withoutRepeatedVars(problems []string) []string {
	return slices.DeleteFunc(problems, func(p string) bool { return p == "bitmap/b.go: A has no doc comment" })
}
