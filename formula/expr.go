package formula

import "github.com/cubeward/cubeward/cube"

// Op says what an Expr computes.
type Op uint8

// The operations. E is Args[0].
const (
	OpConst        Op = iota // Value
	OpBlock                  // the metric Block
	OpList                   // the current item of List
	OpProperty               // the property Block of the item E
	OpFindItem               // ITEM(E, List) or, where Block is set, ITEM(E, List.Block)
	OpNeg                    // -E
	OpNot                    // NOT E
	OpAdd                    // E + Args[1]; likewise below
	OpSub                    //
	OpMul                    //
	OpDiv                    //
	OpPow                    //
	OpConcat                 //
	OpEq                     //
	OpNe                     //
	OpLt                     //
	OpLe                     //
	OpGt                     //
	OpGe                     //
	OpAnd                    //
	OpOr                     //
	OpIn                     // E IN (Args[1:])
	OpIf                     // IF(Args): 2 or 3
	OpIfBlank                //
	OpIfDefined              // 2 or 3
	OpIsBlank                //
	OpIsDefined              //
	OpSwitch                 // x, v1, r1, …[, d]
	OpMin                    // 2 or more
	OpMax                    //
	OpAbs                    //
	OpRound                  // N is the number of digits
	OpLen                    //
	OpUpper                  //
	OpLower                  //
	OpContains               //
	OpStartsWith             //
	OpEndsWith               //
	OpYear                   //
	OpMonth                  //
	OpDay                    //
	OpAccessRights           // read, write
	OpReset                  // RESETACCESSRIGHTS(E)
	OpCumulate               // CUMULATE(E, List)
	OpRemove                 // E[REMOVE Method: Lists], and KEEP as the REMOVE of the others
	OpBroadcast              // E[ADD: Lists]
	OpSelect                 // E[SELECT: List."Item"]
	OpShift                  // E[SELECT: List + N] (N < 0 looks back)
	OpFilter                 // E where Args[1] is TRUE
	OpExclude                // E where Args[1] is not TRUE
	OpAggregate              // E[BY Method: m], m is Args[1]: Source disappears, List appears
	OpSpread                 // E[BY: m], m is Args[1]: List disappears, m's dimensions are joined
)

// Method is how values are aggregated.
type Method uint8

// The aggregation methods of SPEC 3.3.
const (
	NoMethod Method = iota
	Sum
	Avg
	Min
	Max
	Count
	Any
	All
)

// Expr is a checked expression: names are resolved, types and dimensions known. CurrentValue is the very *Expr that
// the FILTER or EXCLUDE around it filters, so trees share nodes. Exprs are immutable after Check.
type Expr struct {
	Op     Op
	Type   cube.Type    // Kind is NoKind only for a BLANK whose type nothing says
	Dims   []*cube.List // sorted by ListID, distinct
	Args   []*Expr
	Pos    Pos
	Value  cube.Value   // OpConst
	Block  *cube.Block  // OpBlock, OpProperty, OpFindItem
	List   *cube.List   // OpList, OpFindItem, OpCumulate, OpSelect, OpShift, OpAggregate (the target), OpSpread (the target)
	Lists  []*cube.List // OpRemove, OpBroadcast: the lists; OpAggregate: the source. Sorted by ListID
	Item   cube.ItemID  // OpSelect
	N      int          // OpShift, OpRound
	Method Method       // OpRemove, OpAggregate
}
