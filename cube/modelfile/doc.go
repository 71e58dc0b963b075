// Package modelfile reads a workspace from files: workspace.yaml, model.yaml and their tables in CSV and Arrow
// (SPEC 2). Every mistake has a place.
//
// Formulas are kept as text with their place; package inherit parses and checks them, and says which rules can govern
// what. Everything else of SPEC 2 is checked here.
//
// YAML is read by a parser of this package: of YAML 1.2 it takes what a model may hold, in time and memory linear in
// the file, and keeps the text of every scalar as it stands. The parser of github.com/goccy/go-yaml serves the tests as
// its twin; it needs a stack frame for each key of a block mapping and copies all the keys before, which takes a quarter of a
// minute for 100,000 keys and ends the process at a few million.
package modelfile
