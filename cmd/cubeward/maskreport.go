package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cubeward/cubeward/engine/mask"
)

// reportMasking says what was hidden: for people on standard error, or as JSON on standard output where the data does
// not go there. With --members the JSON is a list. What null still tells is said on standard error either way.
func (t *tool) reportMasking(f *maskFlags, work []*masking, rows int64) error {
	reports := make([]*mask.Report, len(work))
	note := ""
	for i, w := range work {
		reports[i] = w.masker.Report()
		note = max(note, reports[i].Note())
	}
	to := t.stdout
	if f.out == standardStream {
		to = t.stderr
	}
	var err error
	switch {
	case f.asJSON && f.members != "":
		err = writeJSON(to, reports)
	case f.asJSON:
		err = writeJSON(to, reports[0])
	case f.members != "":
		err = t.say(membersReport(work, reports, rows))
	default:
		err = t.say(memberReport(work[0], reports[0], rows))
	}
	if err != nil || note == "" {
		return err
	}
	return t.say(fmt.Sprintf("note: %s (--drop-rows --sort)\n", note))
}

func (t *tool) say(text string) error {
	_, err := io.WriteString(t.stderr, text)
	return failed(err)
}

// memberReport is the report on one member's mask, measures in the order of the columns.
func memberReport(w *masking, r *mask.Report, rows int64) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s read, %s written\n", printable(w.member), plural(rows, "row"), count(w.rows))
	measures := grid{}
	measures.add("measure", "cells", "hidden", "locked", "unplaced")
	dimensions := grid{}
	dimensions.add("dimension", "hidden")
	for _, field := range w.masker.Schema().Fields() {
		if m, ok := r.Block[field.Name]; ok {
			measures.add(printable(field.Name), count(m.Rows), count(m.Hidden), count(m.Locked), count(m.Unplaced))
		}
		if d, ok := r.Dimensions[field.Name]; ok {
			dimensions.add(printable(field.Name), count(d.Hidden))
		}
	}
	for _, g := range []grid{measures, dimensions} {
		if len(g.rows) > 1 {
			out.WriteString(g.text("  "))
		}
	}
	return out.String()
}

// membersReport is the report on many masks of one input, a line a member.
func membersReport(work []*masking, reports []*mask.Report, rows int64) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s read, %s\n", plural(rows, "row"), plural(len(work), "member"))
	g := grid{}
	g.add("member", "rows", "hidden", "locked", "unplaced", "names hidden")
	for i, r := range reports {
		var sum mask.MeasureReport
		names := uint64(0)
		for _, m := range r.Block {
			sum.Hidden, sum.Locked, sum.Unplaced = sum.Hidden+m.Hidden, sum.Locked+m.Locked, sum.Unplaced+m.Unplaced
		}
		for _, d := range r.Dimensions {
			names += d.Hidden
		}
		g.add(printable(work[i].member), count(work[i].rows), count(sum.Hidden), count(sum.Locked), count(sum.Unplaced), count(names))
	}
	out.WriteString(g.text("  "))
	return out.String()
}
