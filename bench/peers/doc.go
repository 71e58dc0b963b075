// Package peers does with other engines what Cubeward does, as their documentation advises, and checks that the answers
// are the same, cell by cell. Its benchmarks are named like Cubeward's, with the key peer.
//
// None of them does the same: each answers a part of the question. docs/performance.md says which.
package peers
