package cubeward_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// Theo moves from the Treasury to the Department of Labor. Readers of the old rights are not disturbed.
func Example_updating() {
	ctx := context.Background()
	ws, err := modelfile.Load("examples/us-budget", modelfile.Options{})
	if err != nil {
		log.Fatal(err)
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	next, err := rights.Update(ctx,
		engine.SetProperty{List: "User", Item: "theo@treasury.gov", Property: "Agency", Value: cube.TextValue("Department of Labor")})
	if err != nil {
		log.Fatal(err)
	}
	for _, agency := range []string{"Department of the Treasury", "Department of Labor"} {
		fmt.Printf("%s: %t, then %t\n", agency, theoReads(rights, agency), theoReads(next, agency))
	}
	for members, ref := range next.Changed() { // what a cache of masked tables drops
		for _, m := range members {
			fmt.Println(next.MemberAt(m).Name(), ref)
		}
	}

	_, err = next.Update(ctx,
		engine.SetRole{Member: "lena@hhs.gov", Role: "Director"},
		engine.SetRole{Member: "theo@treasury.gov", Role: "Directr"},
	)
	var mistakes cube.Errors
	fmt.Println(errors.As(err, &mistakes), err) // all or none: Lena's role is what it was
	// Output:
	// Department of the Treasury: true, then false
	// Department of Labor: false, then true
	// theo@treasury.gov US budget::Account
	// theo@treasury.gov US budget::Account.Account name
	// theo@treasury.gov US budget::Account.Agency
	// theo@treasury.gov US budget::Account.Bureau
	// theo@treasury.gov US budget::Account.Source category
	// theo@treasury.gov US budget::Account.On budget
	// theo@treasury.gov US budget::Receipts
	// theo@treasury.gov US budget::Receipts by agency
	// theo@treasury.gov US budget::Share of total
	// true change 2, the role of "theo@treasury.gov": unknown role "Directr" in US budget (did you mean "Director"?)
}

// theoReads says whether Theo reads any of an agency's receipts.
func theoReads(r *engine.Rights, agency string) bool {
	theo, err := r.Member("theo@treasury.gov")
	if err != nil {
		log.Fatal(err)
	}
	ref, err := r.Find("Receipts by agency", "") // names mean the same in every generation
	if err != nil {
		log.Fatal(err)
	}
	view, err := theo.Block(ref)
	if err != nil {
		log.Fatal(err)
	}
	item, _ := ref.Block.Dims[0].Find(agency)
	readable, _, err := view.Count(engine.Readable, []cube.ItemID{item, cube.NoItem})
	if err != nil {
		log.Fatal(err)
	}
	return readable > 0
}
