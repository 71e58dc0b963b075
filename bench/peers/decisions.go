package peers

import (
	"fmt"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/cedar-policy/cedar-go"

	"github.com/cubeward/cubeward/cube"
)

// decider is a peer that is asked for each row. It keeps its answers, and the first error.
func decider(name string, q *question, allowed func(row int) (bool, error)) *peer {
	answers := make([]bool, len(q.values))
	return &peer{
		name: name, rows: len(q.values),
		do: func() error {
			for r := range answers {
				ok, err := allowed(r)
				if err != nil {
					return err
				}
				answers[r] = ok
			}
			return nil
		},
		readable: func() []bool { return answers },
	}
}

// cubewardDecide asks Cubeward for single cells, which is not how tables are masked.
func cubewardDecide(q *question) *peer {
	items := make([]cube.ItemID, len(q.lists))
	return decider("cubeward", q, func(r int) (bool, error) {
		for i := range items {
			items[i] = cube.ItemID(q.codes[i][r])
		}
		return q.view.Read(items...), nil
	})
}

// The model is the basic ACL of Casbin's documentation, over (member, object, action); a cell is readable where each of
// its items with a factor is.
const casbinModel = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
`

// casbins is Casbin, a policy for each readable item.
func casbins(q *question) (*peer, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	member := q.view.Member().Name()
	var policies [][]string
	for i, axis := range q.axes {
		for item, ok := range q.allows[i] {
			if ok {
				policies = append(policies, []string{member, q.lists[axis].Items()[item], "read"})
			}
		}
	}
	if _, err := e.AddPolicies(policies); err != nil {
		return nil, err
	}
	return decider("casbin", q, func(r int) (bool, error) {
		for _, axis := range q.axes {
			ok, err := e.Enforce(member, q.lists[axis].Items()[q.codes[axis][r]], "read")
			if !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	}), nil
}

// cedars is Cedar: one policy over attributes, the member's being the sets of readable items.
func cedars(q *question) (*peer, error) {
	text := "permit (principal, action == Action::\"read\", resource) when { true"
	attributes := cedar.RecordMap{}
	for i, axis := range q.axes {
		key := fmt.Sprintf("dim%d", axis)
		text += fmt.Sprintf(" && principal.%s.contains(resource.%s)", key, key)
		var items []cedar.Value
		for item, ok := range q.allows[i] {
			if ok {
				items = append(items, cedar.String(q.lists[axis].Items()[item]))
			}
		}
		attributes[cedar.String(key)] = cedar.NewSet(items...)
	}
	var policy cedar.Policy
	if err := policy.UnmarshalCedar([]byte(text + " };")); err != nil {
		return nil, err
	}
	set := cedar.NewPolicySet()
	set.Add("cells", &policy)
	member, cell := cedar.NewEntityUID("User", cedar.String(q.view.Member().Name())), cedar.NewEntityUID("Cell", "it")
	who := cedar.Entity{UID: member, Attributes: cedar.NewRecord(attributes)}
	action := cedar.NewEntityUID("Action", "read")
	return decider("cedar", q, func(r int) (bool, error) {
		at := cedar.RecordMap{}
		for _, axis := range q.axes {
			at[cedar.String(fmt.Sprintf("dim%d", axis))] = cedar.String(q.lists[axis].Items()[q.codes[axis][r]])
		}
		entities := cedar.EntityMap{member: who, cell: {UID: cell, Attributes: cedar.NewRecord(at)}}
		decision, diagnostic := cedar.Authorize(set, entities, cedar.Request{Principal: member, Action: action, Resource: cell})
		if len(diagnostic.Errors) > 0 {
			return false, fmt.Errorf("cedar: %v", diagnostic.Errors)
		}
		return decision == cedar.Allow, nil
	}), nil
}
