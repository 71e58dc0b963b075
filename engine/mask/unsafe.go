package mask

import "unsafe"

// stringOf is b as text without a copy, for a lookup: nobody may keep it, nor write b while it is used.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
