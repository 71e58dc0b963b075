// Package modelfile reads a workspace from files: workspace.yaml, model.yaml and their tables in CSV and Arrow
// (SPEC 2). Every mistake has a place.
//
// Formulas are kept as text with their place; package inherit parses and checks them, and says which rules can govern
// what. Everything else of SPEC 2 is checked here.
//
// YAML is parsed by go.yaml.in/yaml/v4, whose tree keeps the text of every scalar as it stands, with its place, and
// whose cost is linear in the file; this package takes from it what a model may hold and refuses the rest.
package modelfile
