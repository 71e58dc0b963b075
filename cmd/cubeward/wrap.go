package main

import (
	"strings"

	"github.com/rivo/uniseg"
)

// screenWidth is how wide texts for people are: that of the narrowest terminal in use, whatever the present one is, so
// that the same answer has the same bytes.
const screenWidth = 80

// wrapped is a text in lines of at most width places, broken at spaces; a word that is longer is broken where the line
// ends. There is at least one line.
func wrapped(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Split(text, " ") {
		n := uniseg.StringWidth(word)
		if used > 0 && used+1+n > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		for n > width-used {
			head, rest := splitAt(word, width-used)
			if rest == "" {
				break // one character that is wider than the line
			}
			lines = append(lines, line+head)
			line, used = "", 0
			word, n = rest, uniseg.StringWidth(rest)
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// splitAt cuts a word after the characters that fit into width places, at least one.
func splitAt(word string, width int) (head, rest string) {
	state, used, at := -1, 0, 0
	for s := word; s != ""; {
		var cluster string
		var w int
		cluster, s, w, state = uniseg.FirstGraphemeClusterInString(s, state)
		if at > 0 && used+w > width {
			break
		}
		used, at = used+w, at+len(cluster)
	}
	return word[:at], word[at:]
}

// padded is a text with spaces behind it up to a width.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-uniseg.StringWidth(text)))
}

// sheet is a table for people whose last column is wrapped at the screen's width; others are wrapped where they would
// take more than half of it.
type sheet struct {
	head  []string
	right map[int]bool // columns of numbers
	rows  [][]string
}

func (s *sheet) add(cells ...string) { s.rows = append(s.rows, cells) }

// text is the table, its head in bold.
func (s *sheet) text(p paint) string {
	const gap, most = 2, screenWidth / 2
	last := len(s.head) - 1
	widths, left := make([]int, len(s.head)), screenWidth
	for i := range widths {
		for _, row := range append([][]string{s.head}, s.rows...) {
			widths[i] = max(widths[i], uniseg.StringWidth(row[i]))
		}
		if i < last {
			widths[i] = min(widths[i], most)
			left -= widths[i] + gap
		}
	}
	widths[last] = min(widths[last], max(left, screenWidth/4))
	var out strings.Builder
	for r, row := range append([][]string{s.head}, s.rows...) {
		cells, height := make([][]string, len(row)), 0
		for i, cell := range row {
			cells[i] = wrapped(cell, widths[i])
			height = max(height, len(cells[i]))
		}
		for k := range height {
			line := ""
			for i, lines := range cells {
				text := ""
				if k < len(lines) {
					text = lines[k]
				}
				if s.right[i] {
					line += strings.Repeat(" ", widths[i]-uniseg.StringWidth(text)) + text
				} else {
					line += padded(text, widths[i])
				}
				if i < last {
					line += strings.Repeat(" ", gap)
				}
			}
			line = strings.TrimRight(line, " ")
			if r == 0 {
				line = p.bold(line)
			}
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}
