package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// stored is a metric of many given values, one for each of 2,000 employees in each of 5 months for each product, and
// the file that holds them.
type stored struct {
	Rows   int
	Format string // csv or arrow
}

const (
	storedEmployees = 2000
	storedMonths    = 5
	storedModel     = `cubeward: 1
application: Sales
members: {items: [member]}
lists: {Product: {file: products.csv}, Employee: {file: employees.csv}, Month: {file: months.csv}}
metrics: {Sold: {type: number, dimensions: [Product, Employee, Month], file: sold.%s}}
user_roles: {member: Admin}
`
)

// Load reads the metric from its file.
func (s stored) Load() Workload {
	return Workload{Name: fmt.Sprintf("Load/format=%s/rows=%s", s.Format, inDecimal(s.Rows)), Prepare: func(_ context.Context, stage *Stage) (*Op, error) {
		dir, err := stage.Folder()
		if err != nil {
			return nil, err
		}
		if err := s.write(dir); err != nil {
			return nil, err
		}
		op, err := loadOp(dir)
		if err == nil {
			op.Cells = int64(s.Rows)
		}
		return op, err
	}}
}

func (s stored) write(dir string) error {
	file := func(name string, write func(w *bufio.Writer) error) error {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(f, 1<<16)
		return errors.Join(write(w), w.Flush(), f.Close())
	}
	items := func(header string, n int, name func(int) string) func(w *bufio.Writer) error {
		return func(w *bufio.Writer) error {
			fmt.Fprintln(w, header)
			for i := range n {
				fmt.Fprintln(w, name(i))
			}
			return nil
		}
	}
	write := s.csv
	if s.Format == "arrow" {
		write = s.arrow
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "model.yaml"), fmt.Appendf(nil, storedModel, s.Format), 0o666),
		file("products.csv", items("Product", s.products(), article)),
		file("employees.csv", items("Employee", storedEmployees, employee)),
		file("months.csv", items("Month", storedMonths, month)),
		file("sold."+s.Format, write),
	)
}

func (s stored) products() int { return s.Rows / storedEmployees / storedMonths }

func article(i int) string  { return fmt.Sprintf("product-%05d", i) }
func employee(i int) string { return fmt.Sprintf("employee-%06d", i) }
func month(i int) string    { return fmt.Sprintf("2024-%02d", i+1) }

// each gives the rows of a product.
func (s stored) each(p int, dice dice, row func(product, employee, month string, sold float64)) {
	name := article(p)
	for e := range storedEmployees {
		of := employee(e)
		for m := range storedMonths {
			row(name, of, month(m), float64(dice.n(1_000_000))/100)
		}
	}
}

func (s stored) csv(w *bufio.Writer) error {
	fmt.Fprintln(w, "Product,Employee,Month,Sold")
	dice := newDice(0, 9)
	var line []byte
	for p := range s.products() {
		s.each(p, dice, func(product, employee, month string, sold float64) {
			line = append(line[:0], product...)
			line = append(append(line, ','), employee...)
			line = append(append(line, ','), month...)
			line = strconv.AppendFloat(append(line, ','), sold, 'f', 2, 64)
			_, _ = w.Write(append(line, '\n')) // Flush tells of errors
		})
	}
	return nil
}

func (s stored) arrow(w *bufio.Writer) error {
	text := arrow.BinaryTypes.String
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Product", Type: text}, {Name: "Employee", Type: text}, {Name: "Month", Type: text}, {Name: "Sold", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	f, err := ipc.NewFileWriter(struct{ io.Writer }{w}, ipc.WithSchema(schema))
	if err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	defer b.Release()
	dice := newDice(0, 9)
	for p := range s.products() {
		s.each(p, dice, func(product, employee, month string, sold float64) {
			for i, text := range []string{product, employee, month} {
				b.Field(i).(*array.StringBuilder).Append(text)
			}
			b.Field(3).(*array.Float64Builder).Append(sold)
		})
		batch := b.NewRecordBatch()
		err := f.Write(batch)
		batch.Release()
		if err != nil {
			return err
		}
	}
	return f.Close()
}
