//go:build purego

package bench

const purego = true
