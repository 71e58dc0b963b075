//go:build !cubeward_collide

package bitmap

// hashBits are the bits of a content's hash that count: all of them.
const hashBits = ^uint64(0)
