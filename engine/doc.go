// Package engine compiles a workspace into immutable Rights and answers, for a member and a block, which cells the
// member reads and writes (SPEC 1 and 4).
package engine
