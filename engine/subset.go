package engine

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// NotHeldError says that rights do not tell something that the model does: the rights of a member whom Options.Members
// left out, or values that a rights file does not keep. It is no answer: the member may well read and write.
type NotHeldError struct {
	What string // "member", "values", "everyone" or "update"
	Name string // of the member or the block
}

// Error says what is missing, and how to get it.
func (e *NotHeldError) Error() string {
	switch e.What {
	case "member":
		return fmt.Sprintf("these rights do not hold the member %q: they were worked out for others; ask those of the whole model", e.Name)
	case "everyone":
		return "these rights do not hold every member: they were worked out for some; ask those of the whole model"
	case "values":
		return fmt.Sprintf("a rights file does not hold the values of %s; ask the model", e.Name)
	}
	return "a rights file does not hold what an update needs; compile the model"
}

// Complete says whether the rights hold every member; else it is a *NotHeldError. Who asks about all members asks this
// first: those who are missing would count as having no rights.
func (r *Rights) Complete() error {
	if r.held != nil {
		return &NotHeldError{What: "everyone"}
	}
	return nil
}

// Holds says whether the rights hold a member.
func (r *Rights) Holds(member cube.ItemID) bool {
	return member >= 0 && int(member) < r.of.len() && r.of.at(int(member)) >= 0
}

// holding is for each member whether Options.Members has them, nil where it has all.
func (o Options) holding(members int) ([]bool, error) {
	if o.Members == nil {
		return nil, nil
	}
	held := make([]bool, members)
	n := 0
	for _, m := range o.Members {
		if m < 0 || int(m) >= members {
			return nil, fmt.Errorf("engine: Members has %d, of %d members", m, members)
		}
		if !held[m] {
			held[m] = true
			n++
		}
	}
	if n == members {
		return nil, nil
	}
	return held, nil
}

// nobody is the profile, or the kind, of members who are not held.
const nobody = -1

// only keeps the kinds of members who are held, numbered by the first of them; nil holds all.
func (k kinds) only(held []bool) kinds {
	if held == nil {
		return k
	}
	out := kinds{of: make([]int32, len(k.of))}
	number := make([]int32, k.len()) // one more than the new number: zero is not known
	for m, kind := range k.of {
		if !held[m] {
			out.of[m] = nobody
			continue
		}
		if number[kind] == 0 {
			out.first = append(out.first, int32(m))
			number[kind] = int32(len(out.first))
		}
		out.of[m] = number[kind] - 1
	}
	return out
}
