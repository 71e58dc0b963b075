// Command hot-reload is a query engine in small, whose rights change while it answers: an atomic pointer to the current
// engine.Rights, a feed of changes that makes one generation after the other, and queries that mask their results
// with the generation that was current when they began.
//
//	go run ./examples/hot-reload
//	go run ./examples/hot-reload -feed - < changes.jsonl
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/mask"
)

func main() {
	model := flag.String("m", "examples/hot-reload", "the model")
	feed := flag.String("feed", "", "the changes, one JSON object a line; - is standard input (default feed.jsonl of the model)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *model, *feed); err != nil {
		fmt.Fprintln(os.Stderr, "hot-reload:", err)
		os.Exit(1)
	}
}

// run follows a feed, and shows what everybody sees after each of its events.
func run(ctx context.Context, out io.Writer, model, feed string) error {
	q, err := open(ctx, model, nil)
	if err != nil {
		return err
	}
	in := io.ReadCloser(os.Stdin)
	switch feed {
	case "-":
	case "":
		feed = filepath.Join(model, "feed.jsonl")
		fallthrough
	default:
		if in, err = os.Open(feed); err != nil {
			return err
		}
		defer in.Close()
	}
	result := sales(q.schema)
	defer result.Release()
	if err := q.show(out, result); err != nil {
		return err
	}
	return q.follow(ctx, in, func(e event, _ int, err error) error {
		fmt.Fprintf(out, "\n%s\n", e.Comment)
		if err != nil {
			fmt.Fprintf(out, "  %s\n", err)
			return nil
		}
		return q.show(out, result)
	})
}

// open compiles the model for queries over its sales.
func open(ctx context.Context, model string, audit func(mask.Access)) (*queries, error) {
	ws, err := modelfile.Load(model, modelfile.Options{})
	if err != nil {
		return nil, err
	}
	rights, err := engine.Compile(ctx, ws, engine.Options{})
	if err != nil {
		return nil, err
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Store", Type: arrow.BinaryTypes.String},
		{Name: "Month", Type: arrow.BinaryTypes.String},
		{Name: "Sales", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	return newQueries(rights, schema, audit), nil
}

// sales is the result of a query, before anybody may see it.
func sales(schema *arrow.Schema) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, store := range []string{"Lyon", "Nice", "Oslo"} {
		for k, month := range []string{"Jan", "Feb"} {
			b.Field(0).(*array.StringBuilder).Append(store)
			b.Field(1).(*array.StringBuilder).Append(month)
			b.Field(2).(*array.Int64Builder).Append(int64(10*(i+1) + k))
		}
	}
	return b.NewRecordBatch()
}

// show writes what everybody sees of a result: hidden figures as -, those that may be changed with a *.
func (q *queries) show(out io.Writer, result arrow.RecordBatch) error {
	for _, member := range []string{"ada", "bo", "cy"} {
		masked, number, err := q.run(member, result)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  generation %d, %-3s %s\n", number, member, line(masked))
		masked.Release()
	}
	return nil
}

// line is the figures of a masked result.
func line(masked arrow.RecordBatch) string {
	figures, locked := masked.Column(2).(*array.Int64), masked.Column(3).(*array.Boolean)
	var text []string
	for i := range figures.Len() {
		switch {
		case figures.IsNull(i):
			text = append(text, " - ")
		case locked.Value(i):
			text = append(text, fmt.Sprint(figures.Value(i), " "))
		default:
			text = append(text, fmt.Sprint(figures.Value(i), "*"))
		}
	}
	return strings.TrimRight(strings.Join(text, " "), " ")
}
