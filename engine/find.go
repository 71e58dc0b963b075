package engine

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/formula"
)

// Ref is a block as somebody names it. App matters for the lists User and Role, whose only factor is the membership in
// the application that names them (SPEC 1.1); for other blocks it is their own.
type Ref struct {
	App   *cube.Application
	Block *cube.Block
}

// String is the block's name as results write it; User with the application that names it.
func (r Ref) String() string {
	if r.Block.App == nil && r.App != nil {
		return r.App.Name + "::" + r.Block.String()
	}
	return r.Block.String()
}

// Find is the block that ref names (SPEC 6, -b): a metric or list of exactly that name first, else in the syntax of
// formulas, List.Property too. App is the application of names that say none; "" is enough where the workspace has
// one application. It fails with an *UnknownError, and where the names of the block's items cannot be read.
func (r *Rights) Find(ref, app string) (Ref, error) {
	found, err := r.find(ref, app)
	if err != nil {
		return found, err
	}
	for _, l := range found.Block.Dims { // whose items are asked for next
		if err := l.Load(); err != nil {
			return Ref{}, err
		}
	}
	return found, nil
}

func (r *Rights) find(ref, app string) (Ref, error) {
	def, err := r.application(app)
	if err != nil {
		return Ref{}, err
	}
	if found, ok := r.exact(ref, def); ok {
		return found, nil
	}
	prefix, name, property, err := formula.ParseReference(ref)
	if err != nil {
		return Ref{}, &UnknownError{"block", ref, fmt.Sprintf("unknown block %q: neither a name nor a reference like 'My list'.Property (%s)", ref, err)}
	}
	in := def
	if prefix != "" {
		if in, err = r.application(prefix); err != nil {
			return Ref{}, err
		}
	}
	if in == nil {
		return Ref{}, &UnknownError{"application", "", fmt.Sprintf("block %q: the workspace has several applications; write Application::Block, or give one", ref)}
	}
	b := in.Block(name, property)
	if b == nil {
		return Ref{}, unknownBlock(in, ref, name, property)
	}
	return Ref{in, b}, nil
}

// application is the application of a name; for "" the only one there is, or nil.
func (r *Rights) application(name string) (*cube.Application, error) {
	if name == "" {
		if len(r.ws.Applications) == 1 {
			return r.ws.Applications[0], nil
		}
		return nil, nil
	}
	if a := r.ws.Application(name); a != nil {
		return a, nil
	}
	names := make([]string, len(r.ws.Applications))
	for i, a := range r.ws.Applications {
		names[i] = a.Name
	}
	return nil, &UnknownError{"application", name, fmt.Sprintf("unknown application %q%s", name, didYouMean(name, names))}
}

// exact finds a metric or list of exactly the name ref, or what follows Application:: in it.
func (r *Rights) exact(ref string, def *cube.Application) (Ref, bool) {
	if def != nil {
		if b := def.Block(ref, ""); b != nil {
			return Ref{def, b}, true
		}
	}
	if a, name := r.ws.Cut(ref); a != nil {
		if b := a.Block(name, ""); b != nil {
			return Ref{a, b}, true
		}
	}
	return Ref{}, false
}

func unknownBlock(app *cube.Application, ref, name, property string) error {
	var names []string
	l := app.List(name)
	if property != "" && l != nil {
		for _, p := range l.Properties {
			names = append(names, p.Name)
		}
		return &UnknownError{"block", ref, fmt.Sprintf("unknown block %q: the list %q has no property %q%s", ref, name, property, didYouMean(property, names))}
	}
	for _, m := range app.Metrics {
		names = append(names, m.Name)
	}
	for _, l := range app.Lists {
		names = append(names, l.Name)
	}
	return &UnknownError{"block", ref, fmt.Sprintf("unknown block %q in %s%s", ref, app.Name, didYouMean(name, names))}
}

func didYouMean(name string, names []string) string {
	if s := cube.Suggest(name, names); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}
