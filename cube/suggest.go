package cube

import (
	"strings"
	"unicode/utf8"
)

// maxTypos is how many slips Suggest forgives in a long name.
const maxTypos = 3

// maxSuggestLength is the longest name, in bytes, that Suggest compares: the comparison is quadratic.
const maxSuggestLength = 200

// Suggest is the candidate that somebody who wrote name most likely meant: the same but for capitals, else the
// nearest by letters inserted, left out, changed or swapped, where that is few for the length of the name; the first
// of equals; "" where none is near. It costs one comparison a candidate, most of them cut short by length.
func Suggest(name string, candidates []string) string {
	if name == "" || len(name) > maxSuggestLength {
		return ""
	}
	folded := []rune(strings.ToLower(name))
	nearest := ""
	limit := min((len(folded)+1)/3, maxTypos, len(folded)-1)
	for _, c := range candidates {
		if c == name || len(c) > maxSuggestLength {
			continue
		}
		if n := utf8.RuneCountInString(c); n > len(folded)+limit || n < len(folded)-limit {
			continue
		}
		d := distance(folded, []rune(strings.ToLower(c)), limit)
		if d == 0 {
			return c
		}
		if d <= limit {
			nearest, limit = c, d-1
		}
	}
	return nearest
}

// distance counts the letters to insert, leave out, change or swap with their neighbour to make b of a (optimal string
// alignment). Where that is more than limit, it may stop early with any number above limit.
func distance(a, b []rune, limit int) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			d := row[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, row[j]+1, next[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			next[j] = d
			least = min(least, d)
		}
		// A swap reaches back two rows, but never below the least of the row before it plus one.
		if least > limit+1 {
			return least
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
