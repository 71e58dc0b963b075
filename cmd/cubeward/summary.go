package main

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// summaryCommand is `cubeward summary`: how much of each block each member reads and writes (SPEC 6).
func summaryCommand(t *tool) *cobra.Command {
	var (
		model             modelFlags
		asker             askerFlags
		block, out        string
		perMember, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "summary -m MODEL [-u USER] [-b BLOCK] [-o FILE]",
		Short: "How much of each block each member reads and writes",
		Long: `Says of each member and block whether the member reads, and writes, none, part or
all of it, and how many cells. Members whose rights are the same everywhere stand
together; with --per-member, with --json and in files each has lines of their own.
A count with ≤ ("at_most" in JSON and files) is of a block whose conditions are
too entangled to be counted in time: there are not more, and maybe none.

` + blockHelp + exitStatusHelp,
		Example: `  cubeward summary -m examples/us-budget

  cubeward summary -m examples/us-budget -b Receipts --per-member
  cubeward summary -m examples/us-budget -o summary.csv`,
		Args:                  noArguments,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(needFlags(cmd, "model"), checkOut(out)); err != nil {
				return err
			}
			switch {
			case asJSON && out != "":
				return usage("--json writes to standard output; leave it or -o out")
			case asker.as != "" && asker.user == "":
				return usage("--as needs -u USER, the member to act as")
			}
			s, err := summarize(cmd.Context(), &model, &asker, block)
			if err != nil {
				return err
			}
			switch {
			case out != "":
				schema, batches := s.batches()
				return t.writeBatches(cmd.Context(), out, schema, batches)
			case asJSON:
				return failed(writeRows(t.stdout, s.each()))
			case perMember:
				return failed(s.lines(t.stdout))
			}
			return failed(s.text(t.stdout))
		},
	}
	model.registerEither(cmd, t)
	asker.register(cmd)
	registerBlock(cmd, &block)
	model.registerApp(cmd)
	cmd.Flags().BoolVar(&perMember, "per-member", false, "a line for each member and block")
	registerOut(cmd, &out)
	registerJSON(cmd, &asJSON)
	completeFrom(cmd, "user", &model, memberNames)
	completeFrom(cmd, "as", &model, memberNames)
	completeFrom(cmd, "block", &model, blockNames)
	return cmd
}

// summaryOf is what was asked, and the answers. Everything is counted before the first line is written.
type summaryOf struct {
	rights *engine.Rights
	only   *engine.Member // nil: everyone
	refs   []engine.Ref   // none: all blocks
	groups []summaryGroup
}

// summaryGroup is members with the same rights, and a row for each block.
type summaryGroup struct {
	members []cube.ItemID
	rows    []audit.Row
}

// summarize counts what the flags ask for.
func summarize(ctx context.Context, model *modelFlags, asker *askerFlags, block string) (*summaryOf, error) {
	rights, err := model.compile(ctx)
	if err != nil {
		return nil, err
	}
	s := &summaryOf{rights: rights}
	if asker.user != "" {
		if s.only, err = asker.member(rights, asker.user); err != nil {
			return nil, err
		}
	}
	if block != "" {
		ref, err := model.find(rights, block)
		if err != nil {
			return nil, err
		}
		s.refs = []engine.Ref{ref}
	}
	err = audit.Summarize(ctx, rights, s.only, s.refs, func(r audit.Row) error {
		if n := len(s.groups); n == 0 || s.groups[n-1].members[0] != r.Members[0] {
			s.groups = append(s.groups, summaryGroup{members: r.Members})
		}
		g := &s.groups[len(s.groups)-1]
		g.rows = append(g.rows, r)
		return nil
	})
	return s, err
}

// summaryLine is one line of the result. The keys of its JSON are part of the interface (SPEC 6).
type summaryLine struct {
	Member   string `json:"member"`
	Block    string `json:"block"`
	Read     string `json:"read"`
	Write    string `json:"write"`
	Cells    uint64 `json:"cells"`
	Readable uint64 `json:"readable"`
	Writable uint64 `json:"writable"`
	AtMost   bool   `json:"at_most,omitempty"` // readable or writable is the most that it can be
}

// each are the lines, member by member in the order of the list, block by block.
func (s *summaryOf) each() iter.Seq[summaryLine] {
	users := s.rights.Workspace().Users
	of := make([]*summaryGroup, users.Len())
	for i := range s.groups {
		for _, m := range s.groups[i].members {
			of[m] = &s.groups[i]
		}
	}
	return func(yield func(summaryLine) bool) {
		for m, g := range of {
			if g == nil {
				continue
			}
			for _, r := range g.rows {
				line := summaryLine{users.Item(cube.ItemID(m)), r.Ref.String(), r.Read().String(), r.Write().String(), r.Cells, r.Readable, r.Writable, r.ReadAtMost || r.WriteAtMost}
				if !yield(line) {
					return
				}
			}
		}
	}
}

// lines writes a line of text for each member and block.
func (s *summaryOf) lines(w io.Writer) error {
	users := s.rights.Workspace().Users
	member, block := 0, 0
	for _, g := range s.groups {
		for _, m := range g.members {
			member = max(member, len([]rune(printable(users.Item(m)))))
		}
		for _, r := range g.rows {
			block = max(block, len([]rune(printable(r.Ref.String()))))
		}
	}
	buf := bufio.NewWriterSize(w, outBufferSize)
	for l := range s.each() {
		line := padded(printable(l.Member), member) + "  " + padded(printable(l.Block), block) + "  read " + padded(l.Read, 7) + "  write " + padded(l.Write, 7) +
			"  " + count(l.Readable) + " and " + count(l.Writable) + " of " + plural(l.Cells, "cell")
		if l.AtMost {
			line += ", at most"
		}
		line += "\n"
		if _, err := buf.WriteString(line); err != nil {
			return err
		}
	}
	return buf.Flush()
}

// text is a table of blocks for each group of members; where there is one block a single table of groups.
func (s *summaryOf) text(w io.Writer) error {
	p, text := paintFor(w), s.blocksText
	if len(s.refs) == 1 {
		text = s.blockText
	}
	_, err := io.WriteString(w, text(p)+s.bounds())
	return err
}

// bounds says what ≤ means, where it stands anywhere.
func (s *summaryOf) bounds() string {
	for _, g := range s.groups {
		if slices.ContainsFunc(g.rows, func(r audit.Row) bool { return r.ReadAtMost || r.WriteAtMost }) {
			return "\n≤: too entangled to be counted in time; there are not more cells than that, and\nmaybe none\n"
		}
	}
	return ""
}

func (s *summaryOf) blocksText(p paint) string {
	var out strings.Builder
	several := len(s.rights.Workspace().Applications) > 1
	if len(s.groups) > 1 {
		members := 0
		for _, g := range s.groups {
			members += len(g.members)
		}
		out.WriteString(p.bold(plural(members, "member")+", with "+count(len(s.groups))+" different rights to "+plural(len(s.groups[0].rows), "block")) + "\n\n")
	}
	for i, g := range s.groups {
		if i > 0 {
			out.WriteByte('\n')
		}
		for _, line := range wrapped(s.title(g), screenWidth) {
			out.WriteString(p.bold(line) + "\n")
		}
		t := sheet{head: []string{"block", "cells", "read", "", "write", ""}, right: map[int]bool{1: true, 3: true, 5: true}}
		for _, r := range g.rows {
			name := r.Ref.Block.Label()
			if several {
				name = r.Ref.String()
			}
			t.add(printable(name), count(r.Cells), r.Read().String(), partOf(r.Read(), r.Readable, r.ReadAtMost), r.Write().String(), partOf(r.Write(), r.Writable, r.WriteAtMost))
		}
		out.WriteString(t.text(paint{}))
	}
	return out.String()
}

func (s *summaryOf) blockText(p paint) string {
	title, t := "", sheet{head: []string{"read", "", "write", "", "members"}, right: map[int]bool{1: true, 3: true}}
	for _, g := range s.groups {
		r := g.rows[0]
		title = printable(r.Ref.String()) + ": " + plural(r.Cells, "cell")
		t.add(r.Read().String(), partOf(r.Read(), r.Readable, r.ReadAtMost), r.Write().String(), partOf(r.Write(), r.Writable, r.WriteAtMost), s.names(g))
	}
	return p.bold(title) + "\n\n" + t.text(p)
}

// title is the members of a group: how many, and the first of them.
func (s *summaryOf) title(g summaryGroup) string {
	if len(g.members) == 1 {
		return s.names(g)
	}
	return plural(len(g.members), "member") + ": " + s.names(g)
}

// maxSummed is how many members with the same rights a summary names; --per-member has them all.
const maxSummed = 5

// names are the members of a group, the first of many.
func (s *summaryOf) names(g summaryGroup) string {
	var names []string
	for k, m := range g.members {
		if k == maxSummed {
			names = append(names, "and "+count(len(g.members)-k)+" more")
			break
		}
		names = append(names, printable(s.rights.Workspace().Users.Item(m)))
	}
	return strings.Join(names, ", ")
}

// partOf is a number of cells where it tells something.
func partOf(e audit.Extent, n uint64, atMost bool) string {
	switch {
	case atMost:
		return "≤" + count(n)
	case e == audit.Partial:
		return count(n)
	}
	return ""
}

// batches are the lines as a table.
func (s *summaryOf) batches() (*arrow.Schema, iter.Seq[arrow.RecordBatch]) {
	text, number := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "member", Type: text},
		{Name: "block", Type: text},
		{Name: "read", Type: text},
		{Name: "write", Type: text},
		{Name: "cells", Type: number},
		{Name: "readable", Type: number},
		{Name: "writable", Type: number},
		{Name: "at_most", Type: arrow.FixedWidthTypes.Boolean},
	}, nil)
	return schema, func(yield func(arrow.RecordBatch) bool) {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		defer b.Release()
		rows := 0
		for l := range s.each() {
			for i, v := range []string{l.Member, l.Block, l.Read, l.Write} {
				b.Field(i).(*array.StringBuilder).Append(v)
			}
			for i, v := range []uint64{l.Cells, l.Readable, l.Writable} {
				b.Field(4 + i).(*array.Int64Builder).Append(int64(v))
			}
			b.Field(7).(*array.BooleanBuilder).Append(l.AtMost)
			if rows++; rows == cellBatchRows {
				if !yield(b.NewRecordBatch()) {
					return
				}
				rows = 0
			}
		}
		if rows > 0 {
			yield(b.NewRecordBatch())
		}
	}
}
