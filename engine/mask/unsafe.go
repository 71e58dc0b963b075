package mask

import "unsafe"

// stringOf is b as text without a copy, for a lookup: nobody may keep it, nor write b while it is used.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// aligned64 says whether b starts at a multiple of 64 bytes, as stores past the caches must.
func aligned64(b []byte) bool { return uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63 == 0 }

// baseOf is where the bytes lie.
func baseOf(b []byte) *byte { return unsafe.SliceData(b) }

// textOf are the bytes [from,to) from base on, which must be there, as text without a copy and without checks.
func textOf(base *byte, from, to int) string {
	return unsafe.String((*byte)(unsafe.Add(unsafe.Pointer(base), from)), to-from)
}

// eight are the eight bytes of text from at on, which must be there, in the machine's order.
func eight(text string, at int) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.StringData(text)), at))
}

// four is eight for four bytes.
func four(text string, at int) uint64 {
	return uint64(*(*uint32)(unsafe.Add(unsafe.Pointer(unsafe.StringData(text)), at)))
}
