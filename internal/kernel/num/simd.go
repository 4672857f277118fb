package num

import "os"

// Level is a set of vector instructions that the kernels use.
type Level uint8

// The levels, each including the ones before.
const (
	Portable Level = iota
	AVX2           // with FMA and BMI2
	AVX512         // F, DQ, BW and VL
)

// String returns the name that SHEAF_SIMD takes.
func (l Level) String() string { return [...]string{"off", "avx2", "avx512"}[l] }

// wanted returns the highest level that the environment allows.
func wanted() Level {
	switch os.Getenv("SHEAF_SIMD") {
	case "off":
		return Portable
	case "avx2":
		return AVX2
	}
	return AVX512
}

// level is the level in use.
var level Level

// SIMD returns the level of the kernels in use.
func SIMD() Level { return level }
