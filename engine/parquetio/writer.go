package parquetio

import (
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// groupRows is the number of rows in a row group but the last: one group is held in memory.
const groupRows = 256 << 10

// Writer writes batches to a Parquet file, compressed with Snappy, its Arrow schema stored beside. The same batches
// give the same bytes. It is for one goroutine.
type Writer struct {
	to *pqarrow.FileWriter
}

// NewWriter starts a Parquet file. It fails where Parquet has no form for a type of the schema: run-end encoded
// columns, views of lists and unions have none. w stays the caller's to close.
func NewWriter(w io.Writer, schema *arrow.Schema) (*Writer, error) {
	out := &Writer{}
	err := guard(func() (err error) {
		props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy), parquet.WithMaxRowGroupLength(groupRows))
		out.to, err = pqarrow.NewFileWriter(schema, writeOnly{w}, props, pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("parquetio: %w", err)
	}
	return out, nil
}

// writeOnly keeps a writer open that is its owner's to close.
type writeOnly struct{ io.Writer }

// Write appends the rows of a batch, whose schema is the writer's. After an error the file is of no use.
func (w *Writer) Write(b arrow.RecordBatch) error {
	if b.NumRows() == 0 {
		return nil
	}
	if err := guard(func() error { return w.to.WriteBuffered(b) }); err != nil {
		return fmt.Errorf("parquetio: %w", err)
	}
	return nil
}

// Close ends the file.
func (w *Writer) Close() error {
	if err := guard(w.to.Close); err != nil {
		return fmt.Errorf("parquetio: %w", err)
	}
	return nil
}
