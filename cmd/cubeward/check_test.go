package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// SPEC 2.4: check counts the rows that on_unknown: skip leaves out, and the model is valid all the same.
func TestCheckCountsRowsThatAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"model.yaml": `cubeward: 1
application: A
members: {items: [ann, bob]}
lists: {Zone: {items: [North]}}
metrics: {Access: {type: access_rights, dimensions: [User, Zone], file: access.csv, on_unknown: skip}}
user_roles: {file: roles.csv, on_unknown: skip}
`,
		"access.csv": "User,Zone,Access\nann,North,rw\nann,South,rw\nzoe,North,r\n",
		"roles.csv":  "User,Role\nann,Admin\nzoe,Reader\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	got := call(t, "check", "-m", dir)
	require.Equal(t, statusDone, got.status, got.stderr)
	for _, want := range []string{
		"warning: " + filepath.Join(dir, "access.csv") + `: metric "Access": left out 2 rows that name an unknown member or item (on_unknown: skip)`,
		"warning: " + filepath.Join(dir, "roles.csv") + `: user_roles: left out 1 row that names an unknown member or item (on_unknown: skip)`,
	} {
		require.Contains(t, lines(got.stdout), want)
	}
	var result checkResult
	require.NoError(t, json.Unmarshal([]byte(call(t, "check", "-m", dir, "--json").stdout), &result))
	require.True(t, result.Valid)
	require.Len(t, result.Warnings, 2)
}
