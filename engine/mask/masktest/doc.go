// Package masktest makes Arrow arrays of any type of which a part may not be seen, and searches what a mask leaves of
// them. It is for tests.
package masktest
