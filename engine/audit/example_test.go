package audit_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/audit"
)

// budget is the rights of the example model.
func budget() *engine.Rights {
	ws, err := modelfile.Load("../../examples/us-budget", modelfile.Options{})
	if err != nil {
		panic(err)
	}
	rights, err := engine.Compile(context.Background(), ws, engine.Options{})
	if err != nil {
		panic(err)
	}
	return rights
}

// cell is a member's view of a block, and a cell of it by names.
func cell(rights *engine.Rights, member, block string, items ...string) (*engine.View, []cube.ItemID) {
	m, err := rights.Member(member)
	if err != nil {
		panic(err)
	}
	ref, err := rights.Find(block, "")
	if err != nil {
		panic(err)
	}
	view, err := m.Block(ref)
	if err != nil {
		panic(err)
	}
	at := make([]cube.ItemID, len(items))
	for i, name := range items {
		at[i], _ = ref.Block.Dims[i].Find(name)
	}
	return view, at
}

// Why an auditor does not see the total: one of the accounts in it is embargoed.
func ExampleExplain() {
	view, at := cell(budget(), "grace@gao.gov", "Total receipts", "2016")
	e, err := audit.Explain(context.Background(), view, at...)
	if err != nil {
		panic(err)
	}
	fmt.Println("read:", e.Decision.Read)
	for _, f := range e.Denying(cube.Read) {
		fmt.Println("denied by", f.Rules[0].Name, "over", f.Via[0].Block.Label(), f.Via[0].Operations)
		fmt.Println("because of", f.At[0].Dims[0].Item(f.At[0].Items[0]))
	}
	for _, remedy := range e.Remedies(cube.Read) {
		fmt.Println(remedy)
	}
	// Output:
	// read: false
	// denied by Embargo over Receipts [REMOVE: Account]
	// because of 938-0-901-0-901710-99-on
	// the rule "Embargo" needs AR Category to hold read at User=grace@gao.gov, Source category=Legislative Proposals (a formula computes it from AR Embargo)
}

// The same question, answered for somebody who may not see the rules.
func ExampleExplanation_For() {
	rights := budget()
	view, at := cell(rights, "grace@gao.gov", "Receipts", "931-0-901-0-11050-99-on", "2016")
	e, err := audit.Explain(context.Background(), view, at...)
	if err != nil {
		panic(err)
	}
	hugo, err := rights.Member("hugo@gao.gov")
	if err != nil {
		panic(err)
	}
	told, err := e.For(context.Background(), hugo)
	if err != nil {
		panic(err)
	}
	fmt.Println("all:", len(e.Factors), "told:", len(told.Factors))
	fmt.Println(strings.Join(told.Remedies(cube.Write), "\n"))
	// Output:
	// all: 5 told: 2
	// let the role Auditor of US budget write by default, or give grace@gao.gov a role that does
}

// Who reads an agency's adjustment.
func ExampleWho() {
	rights := budget()
	view, at := cell(rights, "ada@omb.gov", "Adjustment", "Department of Labor", "2016")
	answer, err := audit.Who(context.Background(), rights, view.Ref(), at)
	if err != nil {
		panic(err)
	}
	for _, m := range answer.Read {
		fmt.Println(rights.Workspace().Users.Item(m))
	}
	// Output:
	// ada@omb.gov
	// dana@omb.gov
	// marcus@omb.gov
	// omar@dol.gov
	// grace@gao.gov
}

// What a citizen reads.
func ExampleWhat() {
	rights := budget()
	carol, err := rights.Member("carol@example.org")
	if err != nil {
		panic(err)
	}
	reach, err := audit.What(context.Background(), carol)
	if err != nil {
		panic(err)
	}
	for _, r := range reach {
		fmt.Println(r.Ref.Block.Label(), r.Readable, "of", r.Cells)
	}
	// Output:
	// Published receipts 480 of 480
	// Source category 8 of 8
	// Fiscal year 60 of 60
}

// How much of a block each kind of member reads.
func ExampleSummarize() {
	rights := budget()
	ref, err := rights.Find("Total receipts", "")
	if err != nil {
		panic(err)
	}
	readers := map[audit.Extent]int{}
	err = audit.Summarize(context.Background(), rights, nil, []engine.Ref{ref}, func(r audit.Row) error {
		readers[r.Read()] += len(r.Members)
		return nil
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("all of it:", readers[audit.Full], "some:", readers[audit.Partial], "nothing:", readers[audit.None])
	// Output: all of it: 2 some: 0 nothing: 11
}

// That something must hold, stated in Go.
func ExampleCheck() {
	rights := budget()
	view, _ := cell(rights, "nils@energy.gov", "Receipts")
	nothing := audit.Expectation{
		Name:    "no agency, no figures",
		Members: []*engine.Member{view.Member()},
		Ref:     view.Ref(),
		Where:   make([][]cube.ItemID, len(view.Ref().Block.Dims)),
	}
	nothing.Expect[audit.ReadAspect] = audit.NoCells
	everything := nothing
	everything.Expect[audit.ReadAspect] = audit.AllCells
	results, err := audit.Check(context.Background(), rights, []audit.Expectation{nothing, everything})
	if err != nil {
		panic(err)
	}
	for _, r := range results {
		fmt.Println(r.OK)
		if !r.OK {
			fmt.Println(r.Message)
		}
	}
	// Output:
	// true
	// false
	// nils@energy.gov: read is none (0 of 14220 cells), expected all
}

// What it would mean to lift the embargo: who reads more of which blocks, and why.
func ExampleDiff() {
	old := budget()
	next, err := old.Update(context.Background(), engine.RemoveRule{Name: "Embargo"})
	if err != nil {
		panic(err)
	}
	d, err := audit.Diff(context.Background(), old, next, audit.DiffOptions{Member: "grace@gao.gov"})
	if err != nil {
		panic(err)
	}
	for _, c := range d.Changes {
		fmt.Printf("%s +%d −%d, because %s\n", c.Block, c.ReadGained.Cells, c.ReadLost.Cells, c.Why[0])
	}
	// Output:
	// US budget::Receipts +60 −0, because the rule "Embargo" of US budget is gone
	// US budget::Total receipts +60 −0, because the rule "Embargo" of US budget is gone
}
