package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/engine/audit"
)

// unbroken stands for a space at which no line is broken.
const unbroken = "\u00a0"

// lintText writes findings for people: file by file, each with its place, code and block, what it says, and what to do
// where that comes up first in the file.
func lintText(p paint, found []audit.Finding) string {
	var out strings.Builder
	for start := 0; start < len(found); {
		end := start
		for end < len(found) && found[end].Pos.File == found[start].Pos.File {
			end++
		}
		writeFindings(&out, p, found[start:end])
		start = end
	}
	if len(found) == 0 {
		return "no findings\n"
	}
	var counts []string
	for _, c := range findingsByCode(found) {
		counts = append(counts, count(c.n)+unbroken+c.code)
	}
	total := plural(len(found), "finding") + ": "
	lines := wrapped(strings.Join(counts, ", "), screenWidth-utf8.RuneCountInString(total))
	text := strings.ReplaceAll(strings.Join(lines, "\n"+strings.Repeat(" ", len(total))), unbroken, " ")
	fmt.Fprintf(&out, "%s%s\n", p.bold(total), text)
	return out.String()
}

func writeFindings(out *strings.Builder, p paint, found []audit.Finding) {
	file := found[0].Pos.File
	if file == "" {
		file = "(nowhere in a file)"
	}
	fmt.Fprintf(out, "%s\n", p.bold(printable(file)))
	places, width := make([]string, len(found)), 0
	for i, f := range found {
		if f.Pos.Line > 0 {
			places[i] = strconv.Itoa(f.Pos.Line) + ":" + strconv.Itoa(f.Pos.Column)
		}
		width = max(width, len(places[i]))
	}
	indent := strings.Repeat(" ", width+4)
	told := map[string]bool{}
	for i, f := range found {
		head := p.yellow(f.Code)
		if name := blockName(f.Block); name != "" {
			head += "  " + printable(name)
		}
		fmt.Fprintf(out, "  %*s  %s\n", width, places[i], head)
		for _, line := range wrapped(printableText(f.Message), screenWidth-len(indent)) {
			out.WriteString(indent + line + "\n")
		}
		if told[f.Remedy] {
			continue
		}
		told[f.Remedy] = true
		for k, line := range wrapped(printableText(f.Remedy), screenWidth-len(indent)-2) {
			mark := "→ "
			if k > 0 {
				mark = "  "
			}
			out.WriteString(indent + mark + line + "\n")
		}
	}
	out.WriteString("\n")
}

// printableText escapes what would move the cursor, and leaves the rest as it is.
func printableText(s string) string {
	var out strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			out.WriteRune(r)
		} else {
			out.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return out.String()
}
