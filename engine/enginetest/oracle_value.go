package enginetest

import (
	"github.com/cubeward/cubeward/cube"
)

// blockValue is what a block holds or its formula computes (SPEC 2.3, 2.4): inputs win over a formula where they are
// not BLANK.
func (o *Oracle) blockValue(b *cube.Block, p place) cube.Value {
	switch {
	case b.Kind == cube.ItemSet:
		return cube.ItemValue(p[b.List.ID])
	case b.App != nil && b == b.App.UsersRoles: // SPEC 2.5: BLANK for members without a role
		return cube.ItemValue(b.App.RoleOf(p[o.ws.Users.ID]))
	}
	key := p.key(b.Dims)
	if v, ok := o.values[b][key]; ok {
		return v
	}
	var v cube.Value
	if b.Input != nil {
		items := make([]cube.ItemID, len(b.Dims))
		for i, d := range b.Dims {
			items[i] = p[d.ID]
		}
		v = b.Input.Value(b.Input.Space().Cell(items))
	}
	if f := o.formulas[b]; f != nil && v.IsBlank() {
		v = o.eval(f, p)
	}
	if o.values[b] == nil {
		o.values[b] = map[uint64]cube.Value{}
	}
	o.values[b][key] = v
	return v
}

// eval is the value of a term at a place that has an item of each of its dimensions.
func (o *Oracle) eval(t *term, p place) cube.Value {
	key := p.key(t.dims)
	if v, ok := t.memo[key]; ok {
		return v
	}
	v := o.compute(t, p)
	if t.memo == nil {
		t.memo = map[uint64]cube.Value{}
	}
	t.memo[key] = v
	return v
}

func (o *Oracle) compute(t *term, p place) cube.Value {
	switch t.op {
	case opConstant:
		return t.value
	case opMetric:
		return o.blockValue(t.block, p)
	case opList:
		return cube.ItemValue(p[t.list.ID])
	case opProperty: // BLANK if e is
		e := o.eval(t.args[0], p)
		if e.IsBlank() {
			return e
		}
		return o.blockValue(t.block, p.with(t.list, e.Item()))
	case opFind:
		return o.find(t, o.eval(t.args[0], p))
	case opCumulate:
		return o.cumulate(t, p)
	case opRemove:
		var values []cube.Value
		p.every(t.lists, func(q place) { values = append(values, o.eval(t.args[0], q)) })
		return aggregate(t.method, values)
	case opAdd, opReset:
		return o.eval(t.args[0], p)
	case opSlice:
		return o.eval(t.args[0], p.with(t.list, t.item))
	case opShift: // BLANK past the ends
		to := int(p[t.list.ID]) + t.number
		if to < 0 || to >= t.list.Len() {
			return cube.Value{}
		}
		return o.eval(t.args[0], p.with(t.list, cube.ItemID(to)))
	case opFilter, opExclude:
		if o.eval(t.args[1], p).True() == (t.op == opFilter) {
			return o.eval(t.args[0], p)
		}
		return cube.Value{}
	case opAggregate: // e over the source items that m maps to the target's item
		var values []cube.Value
		o.mapped(t, p, func(q place) { values = append(values, o.eval(t.args[0], q)) })
		return aggregate(t.method, values)
	case opSpread: // e at the item that m gives, BLANK where m is BLANK
		m := o.eval(t.args[1], p)
		if m.IsBlank() {
			return m
		}
		return o.eval(t.args[0], p.with(t.list, m.Item()))
	}
	args := make([]cube.Value, len(t.args))
	for i, a := range t.args {
		args[i] = o.eval(a, p)
	}
	return apply(t, args)
}

// mapped visits the source items that the mapping of an aggregate maps to the target's item at p.
func (o *Oracle) mapped(t *term, p place, visit func(place)) {
	to := p[t.list.ID]
	p.every(t.lists, func(q place) {
		if m := o.eval(t.args[1], q); !m.IsBlank() && m.Item() == to {
			visit(q)
		}
	})
}

// find is ITEM(v, L) and ITEM(v, L.P): the first item of L whose name, or whose P, equals v.
func (o *Oracle) find(t *term, v cube.Value) cube.Value {
	if v.IsBlank() {
		return v
	}
	for i := range t.list.Len() {
		id := cube.ItemID(i)
		candidate := cube.TextValue(t.list.Item(id))
		if t.block != nil {
			candidate = o.blockValue(t.block, o.at(t.block.Dims, []cube.ItemID{id}))
		}
		if equal(candidate, v).True() {
			return cube.ItemValue(id)
		}
	}
	return cube.Value{}
}

// cumulate is the running sum, BLANK until the first value.
func (o *Oracle) cumulate(t *term, p place) cube.Value {
	var values []cube.Value
	for i := range p[t.list.ID] + 1 {
		values = append(values, o.eval(t.args[0], p.with(t.list, i)))
	}
	return aggregate("SUM", values)
}

// aggregate passes over BLANK and gives BLANK over nothing, COUNT too (SPEC 3.3).
func aggregate(method string, values []cube.Value) cube.Value {
	var known []cube.Value
	for _, v := range values {
		if !v.IsBlank() {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return cube.Value{}
	}
	n := float64(len(known))
	switch method {
	case "COUNT":
		return cube.NumberValue(n)
	case "SUM":
		return cube.NumberValue(sum(known))
	case "AVG":
		return cube.NumberValue(sum(known) / n)
	case "MIN", "MAX":
		return extreme(method, known)
	case "ANY", "ALL":
		return anyAll(method, known)
	}
	refuse("unknown aggregation method %q", method)
	return cube.Value{}
}

func sum(values []cube.Value) float64 {
	var s float64
	for _, v := range values {
		s += v.Float()
	}
	return s
}

// extreme is the smallest or largest of some numbers or dates, none BLANK.
func extreme(method string, values []cube.Value) cube.Value {
	best := values[0]
	for _, v := range values[1:] {
		if less(v, best) == (method == "MIN") && v != best {
			best = v
		}
	}
	return best
}

// anyAll is OR and AND of booleans, and bit by bit of access rights.
func anyAll(method string, values []cube.Value) cube.Value {
	if values[0].Kind() == cube.AccessRights {
		or, and := cube.Rights(0), all
		for _, v := range values {
			or, and = or|v.Rights(), and&v.Rights()
		}
		if method == "ANY" {
			return cube.RightsValue(or)
		}
		return cube.RightsValue(and)
	}
	trues := 0
	for _, v := range values {
		if v.True() {
			trues++
		}
	}
	if method == "ANY" {
		return cube.BooleanValue(trues > 0)
	}
	return cube.BooleanValue(trues == len(values))
}
