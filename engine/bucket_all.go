//go:build !cubeward_collide

package engine

// bucketBits are the bits of a view's hash that count: all of them.
const bucketBits = ^uint64(0)
