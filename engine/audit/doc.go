// Package audit answers questions about rights: why a cell is hidden or locked (Explain), who reads it (Who), what a
// member reads (What), how much everyone reads (Summarize), who gains and who loses what between two states of a model
// (Diff), what of a model deserves a second look (Lint), and whether what must hold does (Check).
//
// Answers are made with the system's eyes and are for people who may see the whole model (SPEC 1.4); only
// Explanation.For is for a member. They are sorted, and the same for the same model. What is costly takes a context.
package audit
