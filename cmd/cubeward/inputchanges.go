package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine/store"
)

// The states of a file of a model, seen from a rights file that was made of it.
const (
	inputChanged = "changed"
	inputNew     = "new"
	inputGone    = "gone"
)

// inputChange is a file of which a model and a rights file do not hold the same. Its keys are part of the interface.
type inputChange struct {
	Path  string `json:"path"`
	State string `json:"state"`
}

// inputChanges are the files that differ, by path. Both lists are sorted by it.
func inputChanges(old []store.Input, now []modelfile.Input) []inputChange {
	out := []inputChange{}
	for len(old) > 0 || len(now) > 0 {
		switch {
		case len(now) == 0 || len(old) > 0 && old[0].Path < now[0].Path:
			out = append(out, inputChange{old[0].Path, inputGone})
			old = old[1:]
		case len(old) == 0 || now[0].Path < old[0].Path:
			out = append(out, inputChange{now[0].Path, inputNew})
			now = now[1:]
		default:
			if old[0] != store.Input(now[0]) {
				out = append(out, inputChange{now[0].Path, inputChanged})
			}
			old, now = old[1:], now[1:]
		}
	}
	return out
}

// sameSizes says whether the files of which a rights file was made are all there, as large as then: else the model at
// path is another, unless it was read without them.
func sameSizes(old []store.Input, path string) bool {
	folder := modelFolder(path)
	return !slices.ContainsFunc(old, func(in store.Input) bool {
		info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(in.Path)))
		return err != nil || info.Size() != in.Size
	})
}

// sameInputs is how many of the files are the same as then.
func sameInputs(old []store.Input, now []modelfile.Input) int {
	n := len(now)
	for _, c := range inputChanges(old, now) {
		if c.State != inputGone {
			n--
		}
	}
	return n
}

// changesText names what differs, a line a file.
func changesText(changes []inputChange) string {
	var out strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&out, "  %-7s  %s\n", c.State, printable(c.Path))
	}
	return out.String()
}
