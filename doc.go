// Package cubeward is a map of the house; it holds no code.
//
// Cubeward decides, for each member of a planning workspace, which cells of which metrics, properties and lists they
// may read and write, and masks Arrow record batches accordingly. Its packages, from the ground up:
//
//	cube              what a model is: lists, spaces, columns of values, blocks, roles, rules
//	cube/modelfile    reads workspace.yaml, model.yaml and their tables into a cube.Workspace
//	formula           the formula language: parse, print, check, evaluate
//	bitmap            sets of cells: interned, immutable, compact
//	inherit           which access rights a formula brings into its block: the plan
//	engine            compiles a workspace into immutable Rights; a Member's View of a block
//	engine/audit      questions about rights: why, who, what
//	engine/store      keeps rights in files, whole or in shards
//	engine/mask       redacts and locks Arrow record batches for a member
//	engine/mask/masktest arrays of any Arrow type with hidden parts, for tests of masks
//	engine/parquetio  Parquet in and out, for programs: it links gRPC, which nothing else here does
//	engine/enginetest the naive oracle and the model generator that the engine is tested against
//	cmd/cubeward      the command
//	examples          runnable models, with a demonstration
//	adapters/arrow17  records of Arrow v17, there and back: a module of its own
//
// The straight line from files to a masked batch:
//
//	files ─ modelfile.Load ─▶ cube.Workspace ─ engine.Compile ─▶ engine.Rights
//	Rights.Member(name) ─▶ engine.Member ─ mask.New ─▶ mask.Masker ─ Mask(batch) ─▶ redacted batch, locks
//
// The example of this package is that line as a program. docs/architecture.md tells how the parts work together and
// why they are cut this way; layout_test.go checks who may import whom.
package cubeward
