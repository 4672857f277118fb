package array_test

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"sheaf/array"
	"sheaf/dtype"
)

//go:embed testdata/golden.json
var goldenJSON []byte

// golden are Dask's answers, made by testdata/golden.py.
type golden struct {
	Normalize []struct {
		Chunks   []any
		Shape    []int
		Itemsize int
		Previous [][]int
		Want     [][]int
	}
}

func TestChunksLikeDask(t *testing.T) {
	var g golden
	if err := json.Unmarshal(goldenJSON, &g); err != nil {
		t.Fatal(err)
	}
	types := map[int]dtype.Type{1: dtype.Int8, 4: dtype.Float32, 8: dtype.Float64, 16: dtype.Complex128}
	for _, c := range g.Normalize {
		spec := make([]any, len(c.Chunks))
		for i, v := range c.Chunks {
			switch v := v.(type) {
			case float64:
				spec[i] = int(v)
			case string:
				spec[i] = v
			case []any:
				list := make([]int, len(v))
				for k := range v {
					list[k] = int(v[k].(float64))
				}
				spec[i] = list
			}
		}
		var x *array.Array
		if c.Previous == nil {
			x = array.Zeros(array.Size(c.Shape...), array.Chunks(spec...), array.DType(types[c.Itemsize]))
		} else {
			previous := make([]any, len(c.Previous))
			for i, p := range c.Previous {
				previous[i] = p
			}
			x = array.Zeros(array.Size(c.Shape...), array.Chunks(previous...)).Rechunk(spec...)
		}
		what := fmt.Sprintf("chunks %v of shape %v, %d bytes, before %v", spec, c.Shape, c.Itemsize, short(c.Previous))
		if c.Want == nil {
			if !errors.Is(x.Err(), array.ErrChunks) {
				t.Errorf("%s: got %v, want ErrChunks", what, x.Err())
			}
			continue
		}
		if x.Err() != nil || !reflect.DeepEqual(x.Chunks(), c.Want) {
			t.Errorf("%s: got %v %v, want %v", what, short(x.Chunks()), x.Err(), short(c.Want))
		}
	}
}

// short shortens long lists of blocks.
func short(chunks [][]int) string {
	s := ""
	for _, c := range chunks {
		if len(c) > 4 {
			s += fmt.Sprintf("(%d, %d … %d of them … %d) ", c[0], c[1], len(c), c[len(c)-1])
		} else {
			s += fmt.Sprint(c, " ")
		}
	}
	return s
}
