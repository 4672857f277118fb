package num

// The classes of Go types that loops are written for.
type (
	integer interface {
		int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
	}
	float     interface{ float32 | float64 }
	complexes interface{ complex64 | complex128 }
	ordered   interface{ integer | float }
	number    interface{ integer | float | complexes }
	equatable interface{ number }
	uint8only interface{ uint8 }
	int64only interface{ int64 }
)

// nat is "not a time", which makes every operation with it "not a time".
const nat = -1 << 63
