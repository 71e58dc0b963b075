// Package cube holds what a model is: lists of items, spaces (dimensions as dense cell numbers), columns of values,
// blocks, roles and rules. It knows nothing of files, formulas' meaning or rights: formulas are text here.
//
// A Workspace is built once (by cube/modelfile from files, or in Go), then only read: after it was handed to
// inherit.Resolve or engine.Compile nothing in it may change, and it may be shared by all goroutines.
package cube
