package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cubeward/cubeward/cube"
)

// answers is what a judge says to a question, line by line in the form of scripts.
func answers(ws *cube.Workspace, j judge, q Question) ([]string, error) {
	switch q.Ask {
	case "rights", "locks":
		return rightsLines(ws, j, q)
	case "values":
		return valueLines(ws, j, q)
	case "act":
		return actLines(ws, j, q)
	}
	return nil, fmt.Errorf("unknown question %q", q.Ask)
}

func member(ws *cube.Workspace, name string) (cube.ItemID, error) {
	id, ok := ws.Users.Find(name)
	if !ok {
		return cube.NoItem, fmt.Errorf("unknown member %q", name)
	}
	return id, nil
}

// only is the application of names that say none: the one there is.
func only(ws *cube.Workspace) *cube.Application {
	if len(ws.Applications) == 1 {
		return ws.Applications[0]
	}
	return nil
}

// rightsLines answers `rights MEMBER BLOCK [as ADMIN]` with rw, r or - a cell, and `locks …` with the reasons.
func rightsLines(ws *cube.Workspace, j judge, q Question) ([]string, error) {
	if len(q.Args) != 2 && (len(q.Args) != 4 || q.Args[2] != "as") {
		return nil, fmt.Errorf("%s takes a member and a block, then perhaps `as` and an admin", q.Ask)
	}
	who, err := member(ws, q.Args[0])
	if err != nil {
		return nil, err
	}
	admin := cube.NoItem
	if len(q.Args) == 4 {
		if admin, err = member(ws, q.Args[3]); err != nil {
			return nil, err
		}
	}
	app, b, err := findBlock(ws, only(ws), q.Args[1])
	if err != nil {
		return nil, err
	}
	var out []string
	err = cells(b, func(items []cube.ItemID) error {
		d, err := j.decide(admin, who, app, b, items)
		if err != nil {
			return err
		}
		answer := d.short()
		if q.Ask == "locks" {
			answer = strings.Join(d.Reasons, " ")
			if !d.Locked {
				answer = "free"
			}
		}
		out = append(out, cellLine(b, items, answer))
		return nil
	})
	return out, err
}

func (d Decision) short() string {
	switch {
	case d.Read && d.Write:
		return "rw"
	case d.Read:
		return "r"
	case d.Write:
		return "w"
	}
	return "-"
}

// cellLine writes a cell and an answer: `Spain, Q1: rw`; the answer alone where the block has no dimensions.
func cellLine(b *cube.Block, items []cube.ItemID, answer string) string {
	names := make([]string, len(items))
	for i, id := range items {
		names[i] = b.Dims[i].Item(id)
	}
	if len(names) == 0 {
		return answer
	}
	return strings.Join(names, ", ") + ": " + answer
}

// valueLines answers `values BLOCK` with the cells that are not BLANK.
func valueLines(ws *cube.Workspace, j judge, q Question) ([]string, error) {
	if len(q.Args) != 1 {
		return nil, fmt.Errorf("values takes a block")
	}
	_, b, err := findBlock(ws, only(ws), q.Args[0])
	if err != nil {
		return nil, err
	}
	var out []string
	err = cells(b, func(items []cube.ItemID) error {
		v, err := j.value(b, items)
		if err == nil && !v.IsBlank() {
			out = append(out, cellLine(b, items, show(b.Type, v)))
		}
		return err
	})
	return out, err
}

// actLines answers `act ADMIN MEMBER`: allowed or refused.
func actLines(ws *cube.Workspace, j judge, q Question) ([]string, error) {
	if len(q.Args) != 2 {
		return nil, fmt.Errorf("act takes an admin and a member")
	}
	admin, err := member(ws, q.Args[0])
	if err != nil {
		return nil, err
	}
	as, err := member(ws, q.Args[1])
	if err != nil {
		return nil, err
	}
	ok, err := j.mayAct(admin, as)
	if ok {
		return []string{"allowed"}, err
	}
	return []string{"refused"}, err
}

// expected is what a question expects, in the form of answers: spaces between columns count once, and a table with
// the last dimension across is written out.
func (q Question) expected() []string {
	var out []string
	var across []string
	for _, line := range q.Expect {
		line = strings.Join(strings.Fields(line), " ")
		if head, ok := strings.CutPrefix(line, "| "); ok { // | Q1 Q2
			across = splitWords(head)
			continue
		}
		cell, rest, ok := strings.Cut(line, ": ")
		if across == nil || !ok {
			out = append(out, line)
			continue
		}
		for i, answer := range strings.Fields(rest) {
			if i < len(across) {
				out = append(out, cell+", "+across[i]+": "+answer)
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "nothing" })
}
