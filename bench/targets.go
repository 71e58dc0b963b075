package bench

// Targets are the targets of all tasks. Where one differs by the kernels that run, it stands there once for each.
func Targets() []Target { return append(rightsTargets(), maskTargets()...) }

// rightsTargets are what models cost: compiling, changing, storing and asking.
func rightsTargets() []Target {
	few, many, million := Company{Members: 10_000}, Company{Members: 100_000}, Company{Members: 1_000_000}
	return []Target{
		{
			Name: "compile 100,000 members of 300 kinds and materialize every kind, against the 300 kinds alone", AtMost: 3,
			Prepare: against(many.Materialize(), Company{Members: 300, Kinds: 300}.Materialize(), 1),
		},
		{
			Name: "compile 100,000 members of 300 kinds, with all views of a block of 3.6 M cells, against a roaring product for each member (1,000 made, scaled)", AtMost: 1.0 / 500,
			Prepare: againstProducts,
		},
		{
			Name: "compile 1,000,000 members of 3,000 kinds, against 100,000 of 300", AtMost: 12,
			Prepare: against2(million.Compile(), 1, many.Compile(), 3),
		},
		{
			Name: "one member's role changes, of 100,000 members of 300 kinds, against compiling", AtMost: 1.0 / 200,
			Prepare: against2(many.Update("role"), 500, many.Compile(), 1),
		},
		{
			Name: "one cell of a rights metric changes, of 100,000 members of 300 kinds, against compiling", AtMost: 1.0 / 200,
			Prepare: against2(many.Update("cell"), 500, many.Compile(), 1),
		},
		{
			Name: "one member's role changes, of 1,000,000 members against 10,000", AtMost: 2,
			Prepare: against(million.Update("role"), few.Update("role"), 500),
		},
		{
			Name: "one cell of a rights metric changes, of 1,000,000 members against 10,000", AtMost: 2,
			Prepare: against(million.Update("cell"), few.Update("cell"), 500),
		},
		{
			Name: "open a rights file of 100,000 members and ask the first question, against loading and compiling the model", AtMost: 1.0 / 50,
			Prepare: against2(many.First(), 3, many.FromFiles(), 1),
		},
		{
			Name: "a view put together anew, of 1,000,000 members against 10,000 of the same kinds", AtMost: 1.3,
			Prepare: against(Company{Members: 1_000_000, Kinds: 30}.View("none"), Company{Members: 10_000, Kinds: 30}.View("none"), 2000),
		},
		{
			Name: "a remembered view, of 100,000 members against 1,000", AtMost: 1.2,
			Prepare: against(Company{Members: 100_000, Kinds: 30}.View("hot"), Company{Members: 1000, Kinds: 30}.View("hot"), 5000),
		},
	}
}

// maskTargets are what tables cost.
func maskTargets() []Target {
	vectors := []Kernels{avx2, avx512}
	dense, placed := Table{Layout: Dense, Rows: 10_000_000, Hidden: 10}, Table{Rows: 10_000_000, Hidden: 10}
	hot := Table{Rows: 1 << 16, Hidden: 10}
	six := hot
	six.Factors = 6
	return []Target{
		{
			Name: "mask 10 M dense cells, 90 % readable, against Go's copy of the column", AtMost: 1 / 1.15, Kernels: []Kernels{avx512},
			Prepare: againstCopy(dense, 1),
		},
		{
			Name: "mask 10 M dense cells, 90 % readable, against Go's copy of the column, in plain Go", AtMost: 1 / 0.4, Kernels: []Kernels{plainGo},
			Prepare: againstCopy(dense, 1),
		},
		{
			Name: "mask 64 Ki dense cells in cache, against Go's copy of the column", AtMost: 1 / 0.65, Kernels: vectors,
			Prepare: againstCopy(Table{Layout: Dense, Rows: 1 << 16, Hidden: 10}, 30),
		},
		{
			Name: "nothing hidden, dense: decimals against int32, four times the bytes", AtMost: 1.1,
			Prepare: against(Table{Layout: Dense, Type: "decimal"}.Mask(), Table{Layout: Dense, Type: "int32"}.Mask(), 50),
		},
		{
			Name: "nothing hidden, by columns: decimals against int32, four times the bytes", AtMost: 1.1,
			Prepare: against(Table{Type: "decimal"}.Mask(), Table{Type: "int32"}.Mask(), 2),
		},
		{
			Name: "mask 10 M rows by 3 dimension columns, 2 factors, against Go's copy of the column", AtMost: 1.8, Kernels: []Kernels{avx512},
			Prepare: againstCopy(placed, 1),
		},
		{
			Name: "mask 10 M rows by 3 dimension columns, 2 factors, against Go's copy of the column, in plain Go", AtMost: 4, Kernels: []Kernels{plainGo},
			Prepare: againstCopy(placed, 1),
		},
		{
			Name: "decide 64 Ki hot rows by 3 dimension columns, 2 factors, and hand out the batch, against the plain loop over bits", AtMost: 1.0 / 10, Kernels: []Kernels{avx512},
			Short:   "deciding alone is met, and guarded in engine/mask; handing out the batch, its columns and dictionaries, takes as long again",
			Prepare: againstLoop(hot, 30),
		},
		{
			Name: "decide 64 Ki hot rows by 3 dimension columns, 6 factors, and hand out the batch, against the plain loop over bits", AtMost: 1.0 / 4, Kernels: vectors,
			Prepare: againstLoop(six, 10),
		},
		{
			Name: "mask 1 Ki rows for 1,000 members at once, against the loop over the members", AtMost: 1.0 / 6,
			Prepare: against(Crowd{Hidden: 10}.Fan(), Crowd{Hidden: 10}.Loop(), 1),
		},
	}
}
