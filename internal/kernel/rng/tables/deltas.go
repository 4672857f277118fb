package main

// Where NumPy's tables differ from correctly rounded arithmetic, in units of the last place.
var (
	deltaExpW32 = map[int]int32{226: 1}
	deltaExpF32 = map[int]int32{128: -1, 154: 1, 171: -1}
)

// deltaNormalF is the layer whose density NumPy's tables have one unit larger; the layers below it follow from that.
const deltaNormalF = 38
