//go:build cgo

package dataframe

import (
	"bytes"
	"cmp"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// compareValues orders value i of a and value j of b as the kernel sorts: NaN is the largest number. Both have one type and are
// not null.
func compareValues(a arrow.Array, i int, b arrow.Array, j int) int {
	switch x := a.(type) {
	case *array.Int8:
		return cmp.Compare(x.Value(i), b.(*array.Int8).Value(j))
	case *array.Int16:
		return cmp.Compare(x.Value(i), b.(*array.Int16).Value(j))
	case *array.Int32:
		return cmp.Compare(x.Value(i), b.(*array.Int32).Value(j))
	case *array.Int64:
		return cmp.Compare(x.Value(i), b.(*array.Int64).Value(j))
	case *array.Uint8:
		return cmp.Compare(x.Value(i), b.(*array.Uint8).Value(j))
	case *array.Uint16:
		return cmp.Compare(x.Value(i), b.(*array.Uint16).Value(j))
	case *array.Uint32:
		return cmp.Compare(x.Value(i), b.(*array.Uint32).Value(j))
	case *array.Uint64:
		return cmp.Compare(x.Value(i), b.(*array.Uint64).Value(j))
	case *array.Float32:
		return compareFloats(float64(x.Value(i)), float64(b.(*array.Float32).Value(j)))
	case *array.Float64:
		return compareFloats(x.Value(i), b.(*array.Float64).Value(j))
	case *array.String:
		return cmp.Compare(x.Value(i), b.(*array.String).Value(j))
	case *array.LargeString:
		return cmp.Compare(x.Value(i), b.(*array.LargeString).Value(j))
	case *array.StringView:
		return cmp.Compare(x.Value(i), b.(*array.StringView).Value(j))
	case *array.Binary:
		return bytes.Compare(x.Value(i), b.(*array.Binary).Value(j))
	case *array.Date32:
		return cmp.Compare(x.Value(i), b.(*array.Date32).Value(j))
	case *array.Date64:
		return cmp.Compare(x.Value(i), b.(*array.Date64).Value(j))
	case *array.Timestamp:
		return cmp.Compare(x.Value(i), b.(*array.Timestamp).Value(j))
	case *array.Duration:
		return cmp.Compare(x.Value(i), b.(*array.Duration).Value(j))
	case *array.Time32:
		return cmp.Compare(x.Value(i), b.(*array.Time32).Value(j))
	case *array.Time64:
		return cmp.Compare(x.Value(i), b.(*array.Time64).Value(j))
	case *array.Decimal128:
		return x.Value(i).Cmp(b.(*array.Decimal128).Value(j))
	case *array.Boolean:
		return cmp.Compare(bit(x.Value(i)), bit(b.(*array.Boolean).Value(j)))
	case *array.Dictionary:
		y := b.(*array.Dictionary)
		return compareValues(x.Dictionary(), x.GetValueIndex(i), y.Dictionary(), y.GetValueIndex(j))
	}
	return 0
}

func compareFloats(x, y float64) int {
	switch nx, ny := math.IsNaN(x), math.IsNaN(y); {
	case nx && ny:
		return 0
	case nx:
		return 1
	case ny:
		return -1
	}
	return cmp.Compare(x, y)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
