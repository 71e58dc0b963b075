//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package main

// peakMemory is the most memory that the process has held so far, in bytes; 0 where nobody knows.
func peakMemory() int64 { return 0 }
