// Package enginetest is where truth is told about rights. It holds
//
//   - the Oracle, a second evaluator written from SPEC.md and not from the engine, with maps and loops, one cell at a time;
//   - Generate, which makes whole models as files, as awkward as SPEC 2 and 3 allow;
//   - scripts: small cases in text files, worked out by hand, readable by someone who knows planning and no Go, each
//     naming the paragraphs of SPEC.md that it shows. See testdata/scripts/README.txt for how they are written.
//
// Its tests compare the engine with the oracle on generated models, after sequences of changes too, and what a model
// answers with what its rights file does; check laws that hold for every model, run the scripts through both, and fail
// where a paragraph of SPEC 1 to 4 is shown by no script.
package enginetest
