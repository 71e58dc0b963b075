// Package formula is the formula language of SPEC 3: Parse reads text into a Node tree, Print writes it back, Check
// resolves names and works out types and dimensions (an Expr tree), Evaluator computes columns of values.
//
// Parse knows no model. Check knows a workspace and the application whose formula it is. Evaluation is always with
// the system's eyes: rights are the business of package inherit, which walks the same Expr tree.
package formula
