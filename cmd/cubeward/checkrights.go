package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// rightsCheck is what check says of a rights file. The keys of its JSON are part of the interface.
type rightsCheck struct {
	File    string        `json:"file"`
	Current *bool         `json:"current"` // whether it is still the model's; null where no model is named
	Bytes   int64         `json:"bytes"`
	Members int           `json:"members"` // of the workspace
	Held    int           `json:"held"`    // those whose rights the file holds
	Shard   *string       `json:"shard"`
	Inputs  []inputReport `json:"inputs"`  // the files of the model that it was made of
	Changes []inputChange `json:"changes"` // those that are others now

	elsewhere bool // made by a cubeward whose answers may differ
}

// checkFile says whether all of a rights file is whole and, where a model is named, whether it is still that model's.
func (t *tool) checkFile(ctx context.Context, m *modelFlags, asJSON, stats bool) error {
	check, rights, err := t.examine(ctx, m, stats)
	switch {
	case err != nil && asJSON && statusOf(err) == statusInvalid:
		if err := writeJSON(t.stdout, invalidModel(err)); err != nil {
			return err
		}
		return &failure{status: statusInvalid}
	case err != nil:
		return err
	case asJSON:
		result := validModel(rights, stats)
		result.Rights = check
		err = writeJSON(t.stdout, result)
	default:
		_, err = io.WriteString(t.stdout, check.text(paintFor(t.stdout), m.path))
		err = failed(err)
		if err == nil && stats {
			err = t.writeStats(rights.Stats())
		}
	}
	if err == nil && check.Current != nil && !*check.Current {
		err = &failure{status: statusRefused}
	}
	return err
}

// examine reads every byte of a rights file, and where it shall be counted all that it holds.
func (t *tool) examine(ctx context.Context, m *modelFlags, stats bool) (*rightsCheck, *engine.Rights, error) {
	s := newStages(t.stderr, "check")
	defer s.close()
	s.begin("verify")
	f, err := t.openFile(m.file)
	if err != nil {
		return nil, nil, err
	}
	if err := f.Verify(ctx); err != nil {
		return nil, nil, ofRightsFile(m.file, err)
	}
	rights, err := f.Rights(ctx, engine.Options{})
	if err == nil && stats {
		err = rights.Load(ctx)
	}
	if err != nil {
		return nil, nil, ofRightsFile(m.file, err)
	}
	c := &rightsCheck{File: m.file, Bytes: f.size, Inputs: []inputReport{}, Changes: []inputChange{}, elsewhere: !f.Current()}
	c.Held, c.Members = f.Members()
	if i, of := f.Shard(); of > 0 {
		part := fmt.Sprintf("%d/%d", i, of)
		c.Shard = &part
	}
	for _, in := range f.Inputs() {
		c.Inputs = append(c.Inputs, inputReport{in.Path, in.Size, hex.EncodeToString(in.SHA256[:])})
	}
	if m.path == "" {
		return c, rights, nil
	}
	s.begin("load")
	now, err := modelfile.Inputs(m.path, loadOptions())
	if err != nil { // Load tells all that is wrong
		ws, inputs, err := modelfile.LoadInputs(m.path, loadOptions())
		if err != nil {
			return nil, nil, loadError(m.path, ws, err)
		}
		now = inputs
	}
	c.Changes = inputChanges(f.Inputs(), now)
	current := len(c.Changes) == 0 && !c.elsewhere
	c.Current = &current
	return c, rights, nil
}

// text is the answer for people.
func (c *rightsCheck) text(p paint, model string) string {
	var out strings.Builder
	switch {
	case c.Current == nil:
		fmt.Fprintf(&out, "%s: %s, %s\n", c.File, p.green("whole"), fileSize(c.Bytes))
	case *c.Current:
		fmt.Fprintf(&out, "%s: %s the model's, %s\n", c.File, p.green("still"), model)
	case len(c.Changes) == 0:
		fmt.Fprintf(&out, "%s: %s as the model's, %s: %s\n", c.File, p.red("not as good"), model, otherAnswers)
	default:
		fmt.Fprintf(&out, "%s: %s the model's, %s\n", c.File, p.red("no longer"), model)
	}
	out.WriteString(changesText(c.Changes))
	if c.Current != nil {
		return out.String()
	}
	g := grid{}
	if c.Shard != nil {
		g.add("part", *c.Shard)
	}
	held := plural(c.Held, "member")
	if c.Held != c.Members {
		held = count(c.Held) + " of " + plural(c.Members, "member")
	}
	g.add("holds", held)
	for i, in := range c.Inputs {
		g.add([]string{"made of", ""}[min(i, 1)], printable(in.Path), plural(in.Bytes, "byte"))
	}
	if c.elsewhere {
		g.add("note", otherAnswers)
	}
	g.left = map[int]bool{0: true, 1: true}
	out.WriteString(g.text("  "))
	return out.String()
}
