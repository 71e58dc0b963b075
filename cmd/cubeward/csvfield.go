package main

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendField appends a CSV field, quoted exactly as encoding/csv's Writer quotes it.
func appendField(dst []byte, field string) []byte {
	if !needsQuotes(field) {
		return append(dst, field...)
	}
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(field, '"')
		if i < 0 {
			break
		}
		dst = append(dst, field[:i]...)
		dst = append(dst, `""`...)
		field = field[i+1:]
	}
	dst = append(dst, field...)
	return append(dst, '"')
}

func needsQuotes(field string) bool {
	if field == "" {
		return false
	}
	if field == `\.` {
		return true // the end of data for PostgreSQL
	}
	for i := range len(field) {
		switch field[i] {
		case '\n', '\r', '"', ',':
			return true
		}
	}
	if field[0] < utf8.RuneSelf {
		return unicode.IsSpace(rune(field[0]))
	}
	r, _ := utf8.DecodeRuneInString(field)
	return unicode.IsSpace(r)
}

// endRow ends the CSV row that starts at start in dst. A row of one empty field is written "" (SPEC 2.3), as an empty
// line would be skipped.
func endRow(dst []byte, start, fields int) []byte {
	if fields == 1 && len(dst) == start {
		dst = append(dst, `""`...)
	}
	return append(dst, '\n')
}

// appendNumber appends a finite number as encoding/json writes it, zero without a sign.
func appendNumber(dst []byte, f float64) []byte {
	if f == 0 {
		return append(dst, '0')
	}
	format := byte('f')
	if a := math.Abs(f); a < 1e-6 || a >= 1e21 {
		format = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n-start >= 4 && dst[n-4] == 'e' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 to e-9, and e+09 never is
		dst = dst[:n-1]
	}
	return dst
}
