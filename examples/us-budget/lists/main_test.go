package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The list files in the folder are the ones that the data gives.
func TestListsAreCurrent(t *testing.T) {
	files, err := generate("..")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%s is stale: run `go run ./lists` in examples/us-budget", name)
	}
}

func TestBureauOfTwoAgenciesIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "accounts.csv"), []byte("Account,Agency,Bureau\n1,A,X\n2,B,X\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "receipts.csv"), []byte("Fiscal year\n2000\n"), 0o600))
	require.ErrorContains(t, write(dir), `bureau "X" belongs to both "A" and "B"`)
}
