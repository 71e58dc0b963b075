package mask

import (
	"os"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// guarded is memory between two pages that nobody may touch: who reads or writes a byte too far is found out.
type guarded struct {
	t     testing.TB
	inner []byte
}

func newGuarded(t testing.TB, size int) *guarded {
	t.Helper()
	page := os.Getpagesize()
	size = (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	require.NoError(t, syscall.Mprotect(all[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(all[page+size:], syscall.PROT_NONE))
	before := debug.SetPanicOnFault(true)
	t.Cleanup(func() {
		debug.SetPanicOnFault(before)
		require.NoError(t, syscall.Munmap(all))
	})
	return &guarded{t, all[page : page+size : page+size]}
}

// bytes are n bytes that end where the memory ends, or start where it starts.
func (g *guarded) bytes(n int, atEnd bool) []byte {
	if atEnd {
		return g.inner[len(g.inner)-n:]
	}
	return g.inner[:n:n]
}
