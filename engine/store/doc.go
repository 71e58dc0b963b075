// Package store keeps rights in files: worked out once, opened anywhere (docs/rights-file.md says how they look).
//
// A rights file is as secret as the model: it holds the names and values that rights depend on. Its checksums are
// against damage, and not against somebody who may write it.
package store
