package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cubeward/cubeward/engine"
)

const (
	labelWidth  = 39
	columnWidth = 19
	hidden      = "·"
	lock        = "🔒" // two columns wide in a terminal
)

// line is one line of a table: a cell of a block, by the names of its items.
type line struct {
	label string
	block string
	items []string
}

var receiptLines = []line{
	{"2014  Individual income taxes", "Receipts", []string{"931-0-901-0-11050-99-on", "2014"}},
	{"2016  Individual income taxes", "Receipts", []string{"931-0-901-0-11050-99-on", "2016"}},
	{"2014  Federal Reserve earnings", "Receipts", []string{"937-0-15-0-65000-20-on", "2014"}},
	{"2016  Federal Reserve earnings", "Receipts", []string{"937-0-15-0-65000-20-on", "2016"}},
	{"2016  Old-age insurance (FICA)", "Receipts", []string{"933-5-16-0-800610-28-off", "2016"}},
	{"2016  Immigration reform (proposal)", "Receipts", []string{"938-0-901-0-901710-99-on", "2016"}},
}

const (
	treasury = "Department of the Treasury"
	ssa      = "Social Security Administration"
	general  = "Governmental Receipts"
	health   = "Department of Health and Human Services"
)

var otherLines = []line{
	{"Receipts by agency   Treasury", "Receipts by agency", []string{treasury, "2016"}},
	{"                     Social Security", "Receipts by agency", []string{ssa, "2016"}},
	{"                     general taxes", "Receipts by agency", []string{general, "2016"}},
	{"Total receipts", "Total receipts", []string{"2016"}},
	{"Share of total, %    Treasury", "Share of total", []string{treasury, "2016"}},
	{"Adjustment           Treasury", "Adjustment", []string{treasury, "2016"}},
	{"                     Health", "Adjustment", []string{health, "2016"}},
	{"Adjusted receipts    Treasury", "Adjusted receipts", []string{treasury, "2016"}},
	{"Published receipts   excise taxes, 2014", "Published receipts", []string{"Excise Taxes", "2014"}},
}

// printTables prints what each person gets, and how much of it is hidden and locked.
func printTables(out io.Writer, people []person, sheets []*sheet) error {
	w := &writer{out: out}
	w.head("Receipts, "+whole(len(sheets[0].cells))+" rows (million dollars)", people)
	w.lines(sheets, receiptLines)
	w.print("\n")
	w.head("Calculated and entered, 2016", people)
	w.lines(sheets, otherLines)
	w.print("\n%s hidden: the value is not in the person's copy   %s locked: may be read, not changed\n\n", hidden, lock)
	w.counts(people, sheets)
	w.print("\n")
	w.reasons(people, sheets)
	return w.err
}

// writer prints to out until the first failure.
type writer struct {
	out io.Writer
	err error
}

func (w *writer) print(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format, args...)
	}
}

// head prints a title and the people, each over a column.
func (w *writer) head(title string, people []person) {
	names, roles := left(title, labelWidth), left("", labelWidth)
	for _, p := range people {
		names += right(p.Name(), columnWidth-2) + "  "
		roles += right(p.role, columnWidth-2) + "  "
	}
	w.print("%s\n%s\n%s\n", strings.TrimRight(names, " "), strings.TrimRight(roles, " "), strings.Repeat("─", labelWidth+len(people)*columnWidth))
}

// lines prints each line's cell as it stands in each person's copy.
func (w *writer) lines(sheets []*sheet, lines []line) {
	for _, l := range lines {
		text := left(l.label, labelWidth)
		for _, s := range sheets {
			if s.block.Name != l.block {
				continue
			}
			row, ok := s.rows[key(l.items)]
			if !ok && w.err == nil {
				w.err = fmt.Errorf("the model has no cell %s of %s", strings.Join(l.items, ", "), l.block)
				return
			}
			for _, c := range s.copies {
				text += c.cell(row, l.block == "Share of total")
			}
		}
		w.print("%s\n", strings.TrimRight(text, " "))
	}
}

// cell is a value as it stands in a masked copy: nothing here can know what is hidden.
func (c copied) cell(row int, share bool) string {
	text := hidden
	switch {
	case !c.readable.Value(row):
	case c.values.IsNull(row):
		text = "–"
	case share:
		text = strconv.FormatFloat(100*c.values.Value(row), 'f', 2, 64)
	default:
		text = whole(int(math.Round(c.values.Value(row) / 1000)))
	}
	if c.readable.Value(row) && c.locked.Value(row) {
		return right(text, columnWidth-2) + lock
	}
	return right(text, columnWidth-2) + "  "
}

// counts prints how many cells of each block are hidden, locked and open for each person.
func (w *writer) counts(people []person, sheets []*sheet) {
	w.print("%s\n", left("", 27)+heads(people))
	w.print("%s%s\n", left("Cells", 20)+right("all", 7), strings.Repeat("  hidden  locked    open", len(people)))
	w.print("%s\n", strings.Repeat("─", 27+24*len(people)))
	for _, s := range sheets {
		text := left(s.block.Name, 20) + right(whole(len(s.cells)), 7)
		for _, c := range s.copies {
			n := c.count()
			text += right(whole(n.hidden), 8) + right(whole(n.locked), 8) + right(whole(n.open), 8)
		}
		w.print("%s\n", text)
	}
}

// count is how many cells of a copy are hidden, readable but locked, and open.
type count struct{ hidden, locked, open int }

func (c copied) count() count {
	var n count
	for row := range c.values.Len() {
		switch {
		case !c.readable.Value(row):
			n.hidden++
		case c.locked.Value(row):
			n.locked++
		default:
			n.open++
		}
	}
	return n
}

// reasons prints why cells are locked, by the main reason of each.
func (w *writer) reasons(people []person, sheets []*sheet) {
	why := make([]map[engine.Reason]int, len(people))
	for i := range people {
		why[i] = map[engine.Reason]int{}
		for _, s := range sheets {
			for _, items := range s.cells {
				_, reason := s.copies[i].view.Locked(items...)
				why[i][reason]++
			}
		}
	}
	w.print("%s\n", left("Cells locked because", 27)+heads(people))
	w.print("%s\n", strings.Repeat("─", 27+24*len(people)))
	for _, r := range []struct {
		reason engine.Reason
		text   string
	}{
		{engine.NoMembership, "no_membership: no role"},
		{engine.NoRead, "no_read: hidden"},
		{engine.NoWrite, "no_write: closed, read-only"},
		{engine.Calculated, "calculated: by a formula"},
	} {
		text := left(r.text, 27)
		for i := range people {
			text += right(whole(why[i][r.reason]), 24)
		}
		w.print("%s\n", text)
	}
}

// printSpeed prints how long masking took. Nothing depends on it.
func printSpeed(out io.Writer, people []person, sheets []*sheet) error {
	w := &writer{out: out}
	w.print("%s\n", left("Masked, with locks", 27)+heads(people))
	w.print("%s\n", strings.Repeat("─", 27+24*len(people)))
	for _, s := range sheets[:2] {
		text := left(s.block.Name, 20) + right(whole(len(s.cells)), 7)
		for _, c := range s.copies {
			rate := float64(len(s.cells)) / c.took.Seconds() / 1e6
			text += right(fmt.Sprintf("%v  %.0f M cells/s", c.took.Round(time.Microsecond), rate), 24)
		}
		w.print("%s\n", text)
	}
	return w.err
}

func heads(people []person) string {
	text := ""
	for _, p := range people {
		name, _, _ := strings.Cut(p.Name(), "@")
		text += right(name, 24)
	}
	return text
}

// key joins the names of items to one.
func key(names []string) string { return strings.Join(names, "\x00") }

func left(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func right(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
}

// whole is a number with commas between thousands.
func whole(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
