package mask

import "unsafe"

// stringOf is b as text without a copy, for a lookup: nobody may keep it, nor write b while it is used.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// aligned64 says whether b starts at a multiple of 64 bytes, as stores past the caches must.
func aligned64(b []byte) bool { return uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63 == 0 }
