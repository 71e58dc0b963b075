package formula

import "github.com/cubeward/cubeward/cube"

// function is what the language says of a function (SPEC 3.2).
type function struct {
	name     string
	op       Op
	min, max int       // arguments; a max of 0 means any number
	param    cube.Kind // of all arguments; NoKind where the function has a rule of its own
	result   cube.Kind // NoKind likewise
}

// functions are all functions, in the order of SPEC 3.2. It is never written.
var functions = [...]function{
	{"IF", OpIf, 2, 3, cube.NoKind, cube.NoKind},
	{"IFBLANK", OpIfBlank, 2, 2, cube.NoKind, cube.NoKind},
	{"IFDEFINED", OpIfDefined, 2, 3, cube.NoKind, cube.NoKind},
	{"ISBLANK", OpIsBlank, 1, 1, cube.NoKind, cube.Boolean},
	{"ISDEFINED", OpIsDefined, 1, 1, cube.NoKind, cube.Boolean},
	{"SWITCH", OpSwitch, 3, 0, cube.NoKind, cube.NoKind},
	{"MIN", OpMin, 2, 0, cube.NoKind, cube.NoKind},
	{"MAX", OpMax, 2, 0, cube.NoKind, cube.NoKind},
	{"ABS", OpAbs, 1, 1, cube.Number, cube.Number},
	{"ROUND", OpRound, 1, 2, cube.NoKind, cube.Number},
	{"LEN", OpLen, 1, 1, cube.Text, cube.Number},
	{"UPPER", OpUpper, 1, 1, cube.Text, cube.Text},
	{"LOWER", OpLower, 1, 1, cube.Text, cube.Text},
	{"CONTAINS", OpContains, 2, 2, cube.Text, cube.Boolean},
	{"STARTSWITH", OpStartsWith, 2, 2, cube.Text, cube.Boolean},
	{"ENDSWITH", OpEndsWith, 2, 2, cube.Text, cube.Boolean},
	{"YEAR", OpYear, 1, 1, cube.Date, cube.Number},
	{"MONTH", OpMonth, 1, 1, cube.Date, cube.Number},
	{"DAY", OpDay, 1, 1, cube.Date, cube.Number},
	{"ITEM", OpFindItem, 1, 1, cube.NoKind, cube.Item},
	{"CUMULATE", OpCumulate, 1, 1, cube.Number, cube.Number},
	{"ACCESSRIGHTS", OpAccessRights, 2, 2, cube.Boolean, cube.AccessRights},
	{"RESETACCESSRIGHTS", OpReset, 1, 1, cube.NoKind, cube.NoKind},
}

// findFunction is the function of that name in capitals, nil where there is none.
func findFunction(name string) *function {
	for i := range functions {
		if functions[i].name == name {
			return &functions[i]
		}
	}
	return nil
}

func functionNames() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.name
	}
	return names
}
