// Package mask removes from Arrow record batches what a member may not read (SPEC 5).
//
// New binds the columns of a schema to the blocks and lists of a model, once; the Masker it returns is immutable and
// masks batches of that schema for any number of goroutines. What it hands out is built anew, type by type, so that
// nothing hidden is left behind a null: not in values, offsets, children, dictionaries or view buffers. Where nothing
// is hidden the input's memory is shared instead, never wider than the rows of the batch. A type without a redaction
// of its own is refused when the schema is seen.
//
// The work has two halves. The decision (lanes, codes, dense) turns each row's dimension values into item numbers and
// the rights of the blocks into lookup tables, and leaves one bit a row and question. The redaction (redact and the
// files named for layouts) carries those bits through arrays of any depth.
//
// Loops over rows are free functions over slices. With AVX2 or AVX-512 they hand whole words of 64 rows to assembly,
// which tools/kernels writes; the build tag purego leaves all to plain Go.
package mask
