package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShellCompletion(t *testing.T) {
	complete := func(args ...string) []string {
		got := call(t, append([]string{"__complete"}, args...)...)
		require.Equal(t, statusDone, got.status, got.stderr)
		rows := lines(got.stdout)
		return rows[:len(rows)-1] // the last one tells the shell what else to do
	}
	require.Equal(t, []string{"ann", "ben", "d'Arc, the 3rd", "zoe"}, complete("rights", "-m", "testdata/shop", "-u", ""))
	require.Equal(t, []string{"HR", "Money"}, complete("values", "-m", "testdata/duo", "-a", ""))
	require.Equal(t, []string{"HR::Pay", "HR::Person", "Money::Cost", "Money::Pay"}, complete("rights", "-m", "testdata/duo", "-b", ""))
	blocks := complete("values", "-m", "testdata/shop", "-b", "")
	require.Subset(t, blocks, []string{"Sales", "Best market", "Market", "Market.Zone"})
	require.Empty(t, complete("rights", "-m", "testdata/none", "-u", ""))
}
