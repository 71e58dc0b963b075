package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// event is one line of the feed: a change of who somebody is.
type event struct {
	Comment      string        `json:"comment"`
	SetRole      *setRole      `json:"set_role"`
	SetAttribute *setAttribute `json:"set_attribute"`
}

type setRole struct {
	Member string `json:"member"`
	Role   string `json:"role"` // "" takes the role away
}

type setAttribute struct {
	Member    string `json:"member"`
	Attribute string `json:"attribute"`
	Value     string `json:"value"` // "" is BLANK
}

// change is the event as the engine takes it.
func (e event) change() (engine.Change, error) {
	switch {
	case e.SetRole != nil && e.SetAttribute == nil:
		return engine.SetRole{Member: e.SetRole.Member, Role: e.SetRole.Role}, nil
	case e.SetAttribute != nil && e.SetRole == nil:
		a := e.SetAttribute
		v := cube.Value{}
		if a.Value != "" {
			v = cube.TextValue(a.Value)
		}
		return engine.SetProperty{List: cube.UserName, Item: a.Member, Property: a.Attribute, Value: v}, nil
	}
	return nil, errors.New("an event has one of set_role and set_attribute")
}

// follow applies the events of a feed, one line each, and tells of each what became of it. A real one would never end.
func (q *queries) follow(ctx context.Context, feed io.Reader, tell func(e event, generation int, err error) error) error {
	lines := json.NewDecoder(feed)
	for {
		var raw json.RawMessage
		if err := lines.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("feed: %w", err)
		}
		var e event
		strict := json.NewDecoder(bytes.NewReader(raw))
		strict.DisallowUnknownFields()
		err := strict.Decode(&e)
		var c engine.Change
		if err == nil {
			c, err = e.change()
		}
		number := q.now.Load().number
		if err == nil {
			number, err = q.apply(ctx, c)
		}
		if err := tell(e, number, err); err != nil {
			return err
		}
	}
}
