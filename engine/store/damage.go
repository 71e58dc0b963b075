package store

import "fmt"

// DamageError says that bytes are not a rights file as Write makes it, where they stop being one: they were damaged,
// cut off or made up.
type DamageError struct {
	Section string // "header", "table", "names 3" …
	Offset  int64  // in the file: of the section, or of the very byte where that is known
	Err     error
}

// Error names the section, the place and what is wrong there.
func (e *DamageError) Error() string {
	return fmt.Sprintf("damaged rights file: %s, at byte %d: %v", e.Section, e.Offset, e.Err)
}

// Unwrap is what is wrong.
func (e *DamageError) Unwrap() error { return e.Err }

// VersionError says that a rights file was made by a newer Cubeward.
type VersionError struct{ Have, Know int }

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("a rights file of format %d; this program knows formats up to %d", e.Have, e.Know)
}
