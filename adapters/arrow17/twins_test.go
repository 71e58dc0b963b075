package arrow17

import (
	"flag"
	"go/format"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the way to v17 anew")

// What leads to v17 is what leads from it, with the versions exchanged: it is written once, and the other made of it.
func TestTwins(t *testing.T) {
	for from, to := range map[string]string{"typefrom.go": "typeto.go", "datafrom.go": "datato.go"} {
		source, err := os.ReadFile(from)
		require.NoError(t, err)
		twin, err := exchanged(string(source))
		require.NoError(t, err, from)
		want := "// Code generated from " + from + " by go test -run TestTwins -update; DO NOT EDIT.\n\n" + twin
		if *update {
			require.NoError(t, os.WriteFile(to, []byte(want), 0o644))
		}
		have, err := os.ReadFile(to)
		require.NoError(t, err)
		require.Equal(t, want, string(have), "%s is stale: go test -run TestTwins -update", to)
	}
}

var (
	packages = regexp.MustCompile(`(?m)^\t(?:(\w+)17 "github\.com/apache/arrow/go/v17/(\S+)"|"github\.com/apache/arrow-go/v18/(\S+)")$`)
	names    = regexp.MustCompile(`\b(?:(arrow|array|memory)(17)?\.|(v17|v18)\b|(partsOf|storageOf)(V17)?\b|(\w*)(FromV17|ToV17)\b)`)
)

// exchanged is a source with v17 in the place of v18, and the other way round.
func exchanged(source string) (string, error) {
	head, body, _ := strings.Cut(source, "\n)\n")
	head = packages.ReplaceAllStringFunc(head, func(line string) string {
		m := packages.FindStringSubmatch(line)
		if m[1] != "" {
			return "\t\"github.com/apache/arrow-go/v18/" + m[2] + `"`
		}
		return "\t" + m[3][strings.LastIndexByte(m[3], '/')+1:] + `17 "github.com/apache/arrow/go/v17/` + m[3] + `"`
	})
	body = names.ReplaceAllStringFunc(body, func(name string) string {
		m := names.FindStringSubmatch(name)
		switch {
		case m[1] != "":
			return m[1] + other(m[2], "", "17") + "."
		case m[3] != "":
			return other(m[3], "v17", "v18")
		case m[4] != "":
			return m[4] + other(m[5], "", "V17")
		}
		return m[6] + other(m[7], "FromV17", "ToV17")
	})
	out, err := format.Source([]byte(head + "\n)\n" + body))
	return string(out), err
}

func other(have, a, b string) string {
	if have == a {
		return b
	}
	return a
}
