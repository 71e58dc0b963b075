package mask

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Options say what the columns of a schema are and how hidden cells come out. The zero Options place columns by their
// names and only null what may not be read.
type Options struct {
	// Application is where names without a prefix are looked up, and whose membership counts for items of User and
	// Role. It may be empty where the workspace has one application.
	Application string

	// Columns are measures by column: a block reference as in SPEC 6 (Metric, List.Property, App::Metric …).
	Columns map[string]string
	// Dims are dimension columns by column: the list whose item names they hold.
	Dims map[string]string
	// DimIndex are dimension columns by column: the list whose item positions, counted from 0, they hold.
	DimIndex map[string]string
	// At fixes dimensions that no column holds: the item by dimension, named as in the header of `cubeward rights`.
	At map[string]string
	// Pass are columns that go through unmasked. They are not protected.
	Pass []string
	// Dense is the block whose cells the rows are, in cell order; the schema then has no dimension columns.
	Dense string
	// TrustMetadata lets the schema's metadata place columns that the options do not. Only for producers who may
	// choose their own rights.
	TrustMetadata bool

	Readable bool // adds columns <measure>_readable
	Locks    bool // adds columns <measure>_locked
	DropRows bool // removes rows without a readable measure; without measures those with a hidden or null dimension value
	Sort     bool // puts the rows of a batch, which must be the whole table, in cell order of the first measure's dimensions; without measures, of the dimension columns
	Refuse   bool // fails with a *RefusedError where a value would be hidden

	KeepMetadata []string // keys of schema and field metadata that come through

	// Audit is told of every batch that was masked or refused, once for each measure and dimension column, by the goroutine
	// that masked it, before it gets the batch: at once from several where several mask. Nil costs nothing.
	Audit func(Access)

	Workers   int              // goroutines of one call; 0 is as many as the machine runs at once. Small batches use one
	Ahead     int              // batches that a Stream masks beside each other, reading ahead of who asks: for inputs that never wait for the output; 0 and 1 read none ahead
	Allocator memory.Allocator // of the output; nil reuses what the Masker's earlier batches let go when they were released
}

// Suffixes of the columns that Options.Readable and Options.Locks add.
const (
	readableSuffix = "_readable"
	lockedSuffix   = "_locked"
)

func (o Options) flags() []string {
	var suffixes []string
	if o.Readable {
		suffixes = append(suffixes, readableSuffix)
	}
	if o.Locks {
		suffixes = append(suffixes, lockedSuffix)
	}
	return suffixes
}

// Validate reports all that is wrong with the options by themselves, joined: columns placed twice, empty names, a
// dense block with dimension columns. New reports it too, with what is wrong with them for a schema and a member.
func (o Options) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Workers < 0 {
		problem("Workers: %d is negative", o.Workers)
	}
	if o.Ahead < 0 {
		problem("Ahead: %d is negative", o.Ahead)
	}
	places := map[string]int{}
	for _, p := range []struct {
		what string
		of   map[string]string
	}{{"Columns", o.Columns}, {"Dims", o.Dims}, {"DimIndex", o.DimIndex}, {"At", o.At}} {
		for _, name := range slices.Sorted(maps.Keys(p.of)) {
			if name == "" || p.of[name] == "" {
				problem("%s: an empty name", p.what)
			}
			if p.what != "At" {
				places[name]++
			}
		}
	}
	for i, name := range o.Pass {
		if !slices.Contains(o.Pass[:i], name) {
			places[name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if places[name] > 1 {
			problem("column %q: placed more than once; say one of Columns, Dims, DimIndex and Pass", name)
		}
	}
	if o.Dense != "" && len(o.Dims)+len(o.DimIndex)+len(o.At) > 0 {
		problem("Dense: the rows of a dense block have no dimension columns and no fixed dimensions")
	}
	return errors.Join(errs...)
}

// RefusedError says that a batch was not masked because a value in it would have been hidden (Options.Refuse).
type RefusedError struct {
	Column string // the first column with such a value
	Row    int    // its first such row in the batch, counted from 0
}

// Error names the column and the row, and nothing that they hold.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("mask: refused: column %q has a value in row %d that may not be read", e.Column, e.Row+1)
}
