package num

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
	"unsafe"

	"sheaf/dtype"
)

// ulpLimits are the errors that the documentation promises for the vector functions, and what Go's library gives for
// the others.
var ulpLimits = map[string]float64{
	"exp": 1, "expm1": 1.5, "log": 1, "log2": 1.5, "log10": 1.5, "sin": 1, "cos": 1, "tanh": 2.5, "power": 1,
	"log1p": 1.5, "cbrt": 1, "exp2": 1.5, "tan": 2.5, "arctan": 2, "arcsin": 2.5, "sinh": 4, "cosh": 3, "arcsinh": 3,
}

// Values from mpmath, see testdata/accuracy.py.
func TestAccuracy(t *testing.T) {
	data, err := os.ReadFile("testdata/accuracy.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string][][]any
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	parse := func(v any) float64 {
		u, err := strconv.ParseUint(v.(string), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return math.Float64frombits(u)
	}
	for name, rows := range cases {
		op, err := ParseOp(name)
		if err != nil {
			t.Fatal(err)
		}
		x, got := make([]float64, len(rows)), make([]float64, len(rows))
		for i, r := range rows {
			x[i] = parse(r[0])
		}
		if op == Pow {
			y := make([]float64, len(rows))
			for i, r := range rows {
				y[i] = parse(r[3])
			}
			binaryLoops[op][dtype.Float64].vv(unsafe.Pointer(&got[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0]), len(x))
		} else {
			unaryLoops[op][dtype.Float64](unsafe.Pointer(&got[0]), unsafe.Pointer(&x[0]), len(x))
		}
		worst, at := 0.0, 0
		for i, r := range rows {
			hi, lo := parse(r[1]), r[2].(float64)
			ulp := math.Abs(math.Nextafter(hi, math.Inf(1)) - hi)
			if e := math.Abs((got[i]-hi)-lo) / ulp; !(e <= worst) {
				worst, at = e, i
			}
		}
		t.Logf("%-8s %.3f ulp at %v", name, worst, x[at])
		if !(worst <= ulpLimits[name]) {
			t.Errorf("%s(%v): got %v want %v, %.2f ulp off; the limit is %v", name, x[at], got[at], parse(rows[at][1]), worst, ulpLimits[name])
		}
	}
}
