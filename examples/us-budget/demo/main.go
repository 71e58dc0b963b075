// Command demo masks the U.S. budget for three people and shows side by side what each of them gets: the table of
// receipts, placed by its columns, and calculated metrics as dense blocks. It is also an example of the library: the
// straight line from a model's files to masked batches is all in masked.go.
//
//	go run ./examples/us-budget/demo -m examples/us-budget
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

func main() {
	model := flag.String("m", "examples/us-budget", "the folder of the model")
	who := flag.String("members", "dana@omb.gov,grace@gao.gov,ines@treasury.gov", "three members, with commas between")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *model, strings.Split(*who, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run compiles the model, masks its tables for the members and prints what comes out.
func run(ctx context.Context, out io.Writer, model string, names []string) error {
	ws, err := modelfile.Load(model, modelfile.Options{})
	if err != nil {
		return err
	}
	started := time.Now()
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return err
	}
	compiled := time.Since(started)
	people, err := find(rights, names)
	if err != nil {
		return err
	}
	sheets, err := load(ctx, rights, model)
	if err != nil {
		return err
	}
	defer release(sheets)
	for _, s := range sheets {
		if err := s.mask(people, 101); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "U.S. budget: %d members, %d accounts × %d fiscal years, rights compiled in %s\n\n",
		ws.Users.Len(), sheets[0].block.Dims[0].Len(), sheets[0].block.Dims[1].Len(), compiled.Round(time.Microsecond))
	if err := printTables(out, people, sheets); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return printSpeed(out, people, sheets)
}

// find is the members of these names, with their roles.
func find(rights *engine.Rights, names []string) ([]person, error) {
	app := rights.Workspace().Application(application)
	if app == nil {
		return nil, fmt.Errorf("the model has no application %q", application)
	}
	people := make([]person, len(names))
	for i, name := range names {
		m, err := rights.Member(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		people[i] = person{Member: m, role: "no role"}
		if role := m.Role(app); role != nil {
			people[i].role = role.Name
		}
	}
	return people, nil
}
