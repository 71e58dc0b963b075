package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// memberMark stands for the member's name in the name of an output file.
const memberMark = "{member}"

// namedMember is a member as a file names it.
type namedMember struct {
	name string
	pos  cube.Position
}

// readMembers reads a file of members, one name a line without its outer spaces; empty lines are skipped.
func readMembers(path string) ([]namedMember, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []namedMember
	first := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		pos := cube.Position{File: path, Line: number, Column: 1}
		name := strings.TrimSpace(lines.Text())
		switch line, twice := first[name]; {
		case name == "":
			continue
		case !utf8.ValidString(name):
			return nil, cube.Errorf(pos, "not UTF-8")
		case twice:
			return nil, cube.Errorf(pos, "the member stands here and in line %d", line)
		}
		first[name] = number
		out = append(out, namedMember{name, pos})
	}
	if err := lines.Err(); err != nil {
		return nil, cube.Errorf(cube.Position{File: path}, "a line is longer than 1 MiB")
	}
	if len(out) == 0 {
		return nil, cube.Errorf(cube.Position{File: path}, "names no member")
	}
	return out, nil
}

// outputFor is the name of a member's output file. What a name could do to a path, its separators and dots at the
// start among them, is written %XX, so that every member has a file of their own in the folder meant.
func outputFor(pattern, member string) string {
	return strings.ReplaceAll(pattern, memberMark, fileSafe(member))
}

func fileSafe(name string) string {
	var out strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case strings.IndexByte(`%/\:*?"<>|`, c) >= 0, c < ' ', c == 0x7f, c == '.' && i == 0:
			fmt.Fprintf(&out, "%%%02X", c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
