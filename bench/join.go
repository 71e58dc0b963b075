package bench

import (
	"context"
	"fmt"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine"
)

// join is User × Employee by equality: each member reads the employees of their own team of ten, so that a metric over
// Members times Members cells has ten for each member, and every team is a kind.
type join struct{ Members int }

// Compile compiles it.
func (j join) Compile() Workload {
	return Workload{Name: fmt.Sprintf("Compile/shape=join/members=%s", inDecimal(j.Members)), Prepare: func(context.Context, *Stage) (*Op, error) {
		ws, err := j.workspace()
		if err != nil {
			return nil, err
		}
		return compileOp(ws, engine.Options{}), nil
	}}
}

func (j join) workspace() (*cube.Workspace, error) {
	ws := cube.NewWorkspace("Join")
	b := &companyBuilder{Company: Company{Members: j.Members}, ws: ws, app: ws.AddApplication("HR"), dice: newDice(0, 8)}
	b.grow(ws.Users, "member-%08d@example.com", j.Members)
	modeler, _ := b.app.RoleList.Find("Modeler")
	for m := range j.Members {
		b.app.SetRoleOf(cube.ItemID(m), modeler)
	}
	team, employee := b.list("Team", "team-%07d", (j.Members+9)/10), b.list("Employee", "employee-%08d", j.Members)
	of := func(i int) cube.Value { return cube.ItemValue(cube.ItemID(i / 10)) }
	b.property(ws.Users, "Team", itemOf(team), of)
	b.property(employee, "Team", itemOf(team), of)
	pay := b.ws.AddProperty(employee, "Pay", cube.Type{Kind: cube.Number})
	m := b.rightsMetric("Own team", employee)
	m.Formula = &cube.Formula{Text: "IF(User.Team = Employee.Team, ACCESSRIGHTS(TRUE, TRUE))", Author: cube.NoItem}
	b.app.Rules = append(b.app.Rules, &cube.Rule{
		Name: "Own team", Metric: m, Categories: cube.Read | cube.Write, Target: cube.OnProperties, Blocks: []*cube.Block{pay},
	})
	return ws, b.err
}
