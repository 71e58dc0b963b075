package formula

import (
	"context"
	"fmt"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Broadcast is c over space, whose dimensions hold those of c, in any order: the same value along those that c lacks.
// The form stays, but a sparse column whose values fill a quarter of a larger space becomes dense. It shares memory
// with c where nothing moves. It fails where space lacks a dimension of c, or has too many cells (see EvalOptions).
func Broadcast(c *cube.Column, space cube.Space) (*cube.Column, error) {
	if !containsDims(space.Dims(), c.Space().Dims()) {
		return nil, fmt.Errorf("the space %s lacks dimensions of %s", space, c.Space())
	}
	if slices.Equal(c.Space().Dims(), space.Dims()) {
		return c, nil
	}
	s := NewEvaluator(nil, EvalOptions{}).session(context.Background())
	if c.Form() == cube.Sparse {
		return s.broadcastSparse(c, space)
	}
	in, err := importColumn(c)
	if err != nil {
		return nil, err
	}
	return s.export(in, c.Type(), space.Dims())
}

// broadcastSparse goes by way of sorted dimensions, which all work on sparse columns wants.
func (s *session) broadcastSparse(c *cube.Column, space cube.Space) (*cube.Column, error) {
	in, err := importColumn(c)
	if err != nil {
		return nil, err
	}
	sorted, err := sortedSpace(space.Dims())
	if err != nil {
		return nil, err
	}
	out, err := s.export(in, c.Type(), sorted.Dims())
	if err != nil || out.Form() != cube.Sparse {
		if err == nil && !slices.Equal(sorted.Dims(), space.Dims()) {
			return Broadcast(out, space)
		}
		return out, err
	}
	cells, order := recode(out.Cells(), sorted, space)
	vals := laneOf(out.Vector())
	if order != nil {
		vals = vals.keep(order)
	}
	return cube.NewSparse(c.Type(), space, cells, vectorOf(c.Type().Kind, vals, out.Vector().Dict, len(cells))), nil
}

// Overlay is over where that is not BLANK, else under. Both have the same type and the same dimensions in the same
// order, and so has the result; it fails where they have not.
func Overlay(over, under *cube.Column) (*cube.Column, error) {
	space := over.Space()
	if over.Type() != under.Type() || !slices.Equal(space.Dims(), under.Space().Dims()) {
		return nil, fmt.Errorf("values of type %s over %s cannot lie over values of type %s over %s", over.Type(), space, under.Type(), under.Space())
	}
	s := NewEvaluator(nil, EvalOptions{}).session(context.Background())
	a, err := importColumn(over)
	if err != nil {
		return nil, err
	}
	b, err := importColumn(under)
	if err != nil {
		return nil, err
	}
	c, err := s.ifBlank(a, b)
	if err != nil {
		return nil, err
	}
	sorted, err := sortedSpace(space.Dims())
	if err != nil {
		return nil, err
	}
	out, err := s.export(c, over.Type(), sorted.Dims())
	if err != nil {
		return nil, err
	}
	return Broadcast(out, space)
}
