package main

import (
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitPair(t *testing.T) {
	known := func(names ...string) func(string) bool {
		return func(s string) bool { return slices.Contains(names, s) }
	}
	for _, c := range []struct{ pair, left, right string }{
		{"a=b", "a", "b"}, {"a=", "a", ""}, {"=b", "", "b"}, {"a=b=c", "a", "b=c"}, {"k=1=b=c", "k=1", "b=c"}, {"x=y=z", "x", "y=z"},
	} {
		left, right, err := splitPair(c.pair, known("k=1", "a"))
		require.NoError(t, err)
		require.Equal(t, []string{c.left, c.right}, []string{left, right}, c.pair)
	}
	_, _, err := splitPair("a", known())
	require.Error(t, err)
}

// An empty --as or --for is no call without one, which would answer with other eyes.
func TestEmptyFlags(t *testing.T) {
	for _, flag := range []string{"--as", "--for", "--app", "--output"} {
		got := call(t, "explain", "-m", "testdata/why", "-u", "bo", "-b", "Plan::Revenue", "--cell", "Country=France", "--cell", "Month=Jan", flag, "")
		require.Equal(t, statusInvalid, got.status, flag)
		require.Empty(t, got.stdout)
	}
	got := call(t, "rights", "-m", "testdata/shop", "-u", "ann", "-b", "Sales", "--as=")
	require.Equal(t, statusInvalid, got.status)
	require.Contains(t, got.stderr, "--as is empty")
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "17B": 17, "1KiB": 1024, "1KB": 1000, "512MiB": 512 << 20, "1GiB": 1 << 30, "2 GB": 2e9, "3TiB": 3 << 40} {
		var b byteSize
		require.NoError(t, b.Set(text), text)
		require.EqualValues(t, want, b, text)
	}
	for _, text := range []string{"", "0", "-1", "GiB", "1.5GiB", "1XB", "9999999999TiB", "1GiBGiB"} {
		var b byteSize
		require.Error(t, b.Set(text), text)
	}
	for n, want := range map[int64]string{1 << 30: "1GiB", 1536 << 20: "1536MiB", 1000: "1000B", 5 << 40: "5TiB", 2048: "2KiB"} {
		require.Equal(t, want, sizeText(n))
	}
}

func TestFileSafe(t *testing.T) {
	for name, want := range map[string]string{
		"ada@acme.com": "ada@acme.com", "../../etc/passwd": "%2E.%2F..%2Fetc%2Fpasswd", "..": "%2E.", ".": "%2E", ".x": "%2Ex",
		"a/b": "a%2Fb", `a\b`: "a%5Cb", "a%2Fb": "a%252Fb", "a\x00b\n": "a%00b%0A", "Cyd, the 3rd": "Cyd, the 3rd", "日本": "日本",
	} {
		require.Equal(t, "out/"+want+".csv", outputFor("out/{member}.csv", name))
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		require.Equal(t, want, count(n))
	}
	require.Equal(t, "1 row", plural(1, "row"))
	require.Equal(t, "1,000 rows", plural(1000, "row"))
}

func TestPrintable(t *testing.T) {
	require.Equal(t, "Taux d'été", printable("Taux d'été"))
	require.Equal(t, `"a\x1b[31mb\n"`, printable("a\x1b[31mb\n"))
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	info.Main.Version = "v1.2.3"
	require.Regexp(t, `^cubeward v1\.2\.3\ncommit   abc with changes\ngo1\.\S+ \w+/\w+\n$`, versionText(info))
	require.Contains(t, versionText(&debug.BuildInfo{}), "cubeward (devel)\ncommit   unknown\n")
	got := call(t, "version")
	require.Equal(t, statusDone, got.status)
	require.True(t, strings.HasPrefix(got.stdout, "cubeward "))
}

func TestNoColourWhereNobodyLooks(t *testing.T) {
	require.NotContains(t, call(t, "check", "-m", "testdata/shop").stdout, "\x1b")
	require.Equal(t, "\x1b[32mx\x1b[0m", paint{on: true}.green("x"))
	require.Equal(t, "x", paint{}.green("x"))
}
