package main

import (
	"os"
	"path/filepath"
	"strings"
)

// Temporary files have names that nobody gives to results, and that shells do not list.
const (
	unfinishedPrefix = ".cubeward-"
	unfinishedSuffix = ".part"
)

func unfinishedName(random string) string { return unfinishedPrefix + random + unfinishedSuffix }

func isUnfinishedName(name string) bool {
	return strings.HasPrefix(name, unfinishedPrefix) && strings.HasSuffix(name, unfinishedSuffix)
}

// sweep removes the temporary files that processes left in a folder which were killed: those that nobody has a lock on.
// Where the file system knows no locks they stay, as they may be somebody's. It is done once a folder, and what
// cannot be done is left.
func (s *fileSet) sweep(dir string) {
	if s.swept[dir] {
		return
	}
	if s.swept == nil {
		s.swept = map[string]bool{}
	}
	s.swept[dir] = true
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1 << 10)
		for _, name := range names {
			if isUnfinishedName(name) {
				removeStale(filepath.Join(dir, name))
			}
		}
		if err != nil {
			return
		}
	}
}
