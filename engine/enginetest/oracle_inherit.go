package enginetest

import (
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// inherited is T of the block's formula (SPEC 4.1). Access-rights metrics inherit nothing (1.1).
func (o *Oracle) inherited(b *cube.Block) []*factor {
	formula := o.formulas[b]
	if formula == nil || b.Type.Kind == cube.AccessRights {
		return nil
	}
	var fs []*factor
	for _, f := range o.brings(formula) {
		// 4.4: without inheritance within the application, every reference brings in only what comes from others.
		if b.App.InheritWithin || f.origin != b.App {
			fs = append(fs, f)
		}
	}
	return fs
}

// brings is T(e), the table of SPEC 4.1.
func (o *Oracle) brings(e *term) []*factor {
	if !e.known {
		e.inherits, e.known = distinct(o.table(e)), true
	}
	return e.inherits
}

func (o *Oracle) table(e *term) []*factor {
	switch e.op {
	case opConstant:
		return nil
	case opMetric:
		return o.reference(e, e.block)
	case opList:
		return o.reference(e, e.list.ItemSet)
	case opProperty: // T(e), and each factor of property P read at the item that e has there
		of := e.args[0]
		return slices.Concat(o.brings(of), o.readAt(o.reference(e, e.block), e.list, of))
	case opFind: // T(e), and each factor of L's item set (of property P) read at the item found
		read := e.list.ItemSet
		if e.block != nil {
			read = e.block
		}
		return slices.Concat(o.brings(e.args[0]), o.readAt(o.reference(e, read), e.list, e))
	case opReset:
		return o.reset(e)
	case opAdd:
		return o.brings(e.args[0])
	case opFilter, opExclude:
		return slices.Concat(o.brings(e.args[0]), o.brings(e.args[1]))
	case opRemove:
		return each(o.brings(e.args[0]), e.lists, func(f *factor) *factor { return reduce(f, e.lists) })
	case opAggregate:
		source := slices.Concat(o.brings(e.args[0]), o.brings(e.args[1]))
		return each(source, e.lists, func(f *factor) *factor { return o.reduceBy(f, e) })
	case opSpread:
		return slices.Concat(o.readAt(o.brings(e.args[0]), e.list, e.args[1]), o.brings(e.args[1]))
	case opSlice:
		return each(o.brings(e.args[0]), dimSet(e.list), func(f *factor) *factor {
			return f.derive(minus(f.dims, dimSet(e.list)), func(member cube.ItemID, p place) cube.Rights {
				return f.at(member, p.with(e.list, e.item))
			})
		})
	case opShift: // true past the ends
		return each(o.brings(e.args[0]), dimSet(e.list), func(f *factor) *factor {
			return f.derive(f.dims, func(member cube.ItemID, p place) cube.Rights {
				to := int(p[e.list.ID]) + e.number
				if to < 0 || to >= e.list.Len() {
					return all
				}
				return f.at(member, p.with(e.list, cube.ItemID(to)))
			})
		})
	case opCumulate: // AND-reduced over the items up to the current one
		return each(o.brings(e.args[0]), dimSet(e.list), func(f *factor) *factor {
			return f.derive(f.dims, func(member cube.ItemID, p place) cube.Rights {
				r := all
				for i := range p[e.list.ID] + 1 {
					r &= f.at(member, p.with(e.list, i))
				}
				return r
			})
		})
	}
	// Operators, functions, IF, SWITCH, IN …: the union over all operands, whatever their values.
	var fs []*factor
	for _, a := range e.args {
		fs = append(fs, o.brings(a)...)
	}
	return fs
}

// reference is the factors of a block that a formula names, direct and inherited.
func (o *Oracle) reference(e *term, b *cube.Block) []*factor {
	var fs []*factor
	for _, f := range o.factorsOf(e.app, b) {
		fs = append(fs, f.brought())
	}
	return fs
}

// brought is a direct factor as other blocks have it; always the same one, so that repeated ones are seen.
func (f *factor) brought() *factor {
	if !f.direct {
		return f
	}
	if f.elsewhere == nil {
		f.elsewhere = f.derive(f.dims, f.at)
	}
	return f.elsewhere
}

// reset is SPEC 4.3: only what comes from another application than the formula's, and not even that where the
// workspace says so.
func (o *Oracle) reset(e *term) []*factor {
	if o.ws.ResetAcrossApplications {
		return nil
	}
	var fs []*factor
	for _, f := range o.brings(e.args[0]) {
		if f.origin != e.app {
			fs = append(fs, f)
		}
	}
	return fs
}

// derive is a factor of the same origin over other dimensions.
func (f *factor) derive(dims []*cube.List, allows func(cube.ItemID, place) cube.Rights) *factor {
	return &factor{kind: f.kind, origin: f.origin, dims: dims, allows: allows}
}

// each changes the factors that have one of the dimensions that an operation works along. One that has none is
// unchanged, even where nothing maps, past the ends, or at BLANK.
func each(fs []*factor, along []*cube.List, change func(*factor) *factor) []*factor {
	var out []*factor
	for _, f := range fs {
		if f.has(along...) {
			f = change(f)
		}
		out = append(out, f)
	}
	return out
}

// readAt reads factors along list at the item that mapping gives; where that is BLANK they are true.
func (o *Oracle) readAt(fs []*factor, list *cube.List, mapping *term) []*factor {
	return each(fs, dimSet(list), func(f *factor) *factor {
		dims := union(minus(f.dims, dimSet(list)), mapping.dims)
		return f.derive(dims, func(member cube.ItemID, p place) cube.Rights {
			item := o.eval(mapping, p)
			if item.IsBlank() {
				return all
			}
			return f.at(member, p.with(list, item.Item()))
		})
	})
}

// reduce is the AND of a factor over all items of those of the dimensions that it has.
func reduce(f *factor, lists []*cube.List) *factor {
	return f.derive(minus(f.dims, lists), func(member cube.ItemID, p place) cube.Rights {
		r := all
		p.every(shared(f.dims, lists), func(q place) { r &= f.at(member, q) })
		return r
	})
}

// reduceBy is BY aggregate: F becomes (F ∖ S) ∪ {T} ∪ (dims(m) ∖ S); its value at t is the AND over all source items
// that are mapped to t, true over none.
func (o *Oracle) reduceBy(f *factor, e *term) *factor {
	source, m := e.lists, e.args[1]
	dims := union(union(minus(f.dims, source), dimSet(e.list)), minus(m.dims, source))
	return f.derive(dims, func(member cube.ItemID, p place) cube.Rights {
		r := all
		o.mapped(e, p, func(q place) { r &= f.at(member, q) })
		return r
	})
}

// distinct drops repeated factors: a name that stands twice in a formula brings its factors in once.
func distinct(fs []*factor) []*factor {
	seen := map[*factor]bool{}
	var out []*factor
	for _, f := range fs {
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	return out
}
