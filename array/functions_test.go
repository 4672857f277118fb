package array_test

import (
	"math"
	"reflect"
	"testing"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/ndarray"
)

// TestEveryFunction compares every elementwise method with the ndarray method of the same name, whose values are NumPy's, for
// several dtypes, and checks that both refuse the same dtypes.
func TestEveryFunction(t *testing.T) {
	values := []float64{-3.5, -2, -1, -0.5, 0, 0.25, 1, 2, 3, 7.75, 30, 100}
	second := []float64{2, -3, 0.5, 1, 0, 4, -1, 2, 3, 7, 5, 1}
	mine, theirs := reflect.TypeFor[*array.Array](), reflect.TypeFor[*ndarray.Array]()
	anyType := reflect.TypeFor[any]()
	seen := 0
	for i := range mine.NumMethod() {
		m := mine.Method(i)
		n, ok := theirs.MethodByName(m.Name)
		if !ok || m.Type.NumOut() != 1 || m.Type.IsVariadic() || n.Type.NumOut() != 2 || n.Type.IsVariadic() || m.Name == "Index" {
			continue
		}
		binary := m.Type.NumIn() == 2 && m.Type.In(1) == anyType
		if !binary && m.Type.NumIn() != 1 || n.Type.NumIn() != m.Type.NumIn() {
			continue
		}
		switch m.Name {
		case "Dot", "MatMul", "Outer", "T", "Ravel", "Unique":
			continue // not elementwise
		}
		seen++
		for _, dt := range []dtype.Type{dtype.Float64, dtype.Float32, dtype.Int64, dtype.Uint8, dtype.Int16, dtype.Bool, dtype.Complex128, dtype.Timedelta} {
			nx, ny := typed(values, dt), typed(second, dt)
			in := []reflect.Value{reflect.ValueOf(nx)}
			ax := []reflect.Value{reflect.ValueOf(array.From(nx, array.Chunks(5)))}
			if binary {
				if m.Name == "Pow" && !dt.IsInexact() {
					ny = must(must(ny.Abs()).AsType(dt))
				}
				in, ax = append(in, reflect.ValueOf(ny)), append(ax, reflect.ValueOf(array.From(ny, array.Chunks(7))))
			}
			out := n.Func.Call(in)
			want, _ := out[0].Interface().(*ndarray.Array)
			err, _ := out[1].Interface().(error)
			got := m.Func.Call(ax)[0].Interface().(*array.Array)
			same(t, m.Name+" of "+dt.String(), got, want, err)
		}
	}
	if seen < 60 {
		t.Errorf("only %d functions were compared", seen)
	}
	t.Logf("%d functions", seen)
}

func typed(values []float64, dt dtype.Type) *ndarray.Array {
	v := append([]float64{}, values...)
	if dt.IsUnsigned() || dt == dtype.Bool {
		for i := range v {
			v[i] = math.Abs(v[i])
		}
	}
	x := must(ndarray.From(v))
	if dt == dtype.Timedelta {
		return must(must(x.AsType(dtype.Int64)).View(dt))
	}
	return must(x.AsType(dt))
}
