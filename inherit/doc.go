// Package inherit works out which factors govern each block and how they got there: the plan (SPEC 1.1, 2.7 and 4).
//
// A plan knows no members and no bits. It is a graph of nodes: leaves are the conditions that a model states (role
// defaults, rules' metrics, scenarios …), the others carry a condition to where a formula takes it (gather, reduce,
// prefix …). A block's rights are the AND of a few nodes, one for each distinct set of dimensions, origin and
// category, so that the size of a plan follows the number of dimension sets, never the number of paths.
package inherit
