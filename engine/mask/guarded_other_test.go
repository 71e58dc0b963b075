//go:build !linux

package mask

import "testing"

// guarded is ordinary memory: only Linux is asked for pages that nobody may touch.
type guarded struct{ size int }

func newGuarded(_ testing.TB, size int) *guarded { return &guarded{size} }

func (g *guarded) bytes(n int, _ bool) []byte { return make([]byte, n) }
