package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A dimension may have its own application before it (SPEC 2), and stands once under both names.
func TestCellNamesItsApplication(t *testing.T) {
	who := func(cells ...string) outcome {
		args := []string{"who", "-m", "testdata/why", "-b", "Plan::Revenue"}
		for _, c := range cells {
			args = append(args, "--cell", c)
		}
		return call(t, args...)
	}
	plain := who("Month=Jan")
	require.Equal(t, statusDone, plain.status)
	require.Equal(t, plain, who("Plan::Month=Jan"))
	require.Contains(t, who("Plan::Month=Jan", "Month=Jan").stderr, `"Month" stands there twice`)
}
