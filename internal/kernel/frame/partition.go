package frame

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"
)

// Partition deals the rows of a batch out to n batches by the hash of the keys, keeping their order. Rows with equal keys come to the
// same place in every process, on every machine; see [HashRows] for what is equal.
//
// The batches own their memory, so that one can be sent and freed without the others; those without rows are there too.
func Partition(batch arrow.RecordBatch, keys []string, n int) ([]arrow.RecordBatch, error) {
	if n < 1 {
		return nil, fmt.Errorf("frame: partition: %d parts", n)
	}
	hashes, err := HashRows(batch, keys)
	if err != nil {
		return nil, err
	}
	to := make([]uint32, len(hashes))
	ends := make([]int, n+1)
	for i, h := range hashes {
		part, _ := bits.Mul64(h, uint64(n)) // the high bits choose, so that tables keyed by the low ones stay even
		to[i] = uint32(part)
		ends[part+1]++
	}
	for p := range n {
		ends[p+1] += ends[p]
	}
	order := make([]int, len(hashes))
	at := append([]int(nil), ends[:n]...)
	for i, p := range to {
		order[at[p]] = i
		at[p]++
	}
	out := make([]arrow.RecordBatch, n)
	for p := range out {
		if out[p], err = TakeRows(batch, order[ends[p]:ends[p+1]], memory.DefaultAllocator); err != nil {
			for _, b := range out[:p] {
				b.Release()
			}
			return nil, err
		}
	}
	return out, nil
}

// HashRows hashes the key columns of every row to 64 bits.
//
// Equal values have equal hashes whatever their integer width, string or dictionary encoding; all nulls are alike, so are all NaNs, and 0.0
// and -0.0. Timestamps are equal when type and ticks are. The function is part of no file format but must not change while a cluster runs.
func HashRows(batch arrow.RecordBatch, keys []string) ([]uint64, error) {
	if len(keys) == 0 {
		return nil, errors.New("frame: partition: no keys")
	}
	out := make([]uint64, batch.NumRows())
	column := make([]uint64, batch.NumRows())
	for k, key := range keys {
		at := batch.Schema().FieldIndices(key)
		if len(at) != 1 {
			return nil, fmt.Errorf("frame: partition: there are %d columns %q", len(at), key)
		}
		if err := hashColumn(column, batch.Column(at[0])); err != nil {
			return nil, fmt.Errorf("frame: partition: column %s: %w", key, err)
		}
		if k == 0 {
			copy(out, column)
			continue
		}
		for i, h := range column {
			out[i] = mix(out[i]*31 ^ h)
		}
	}
	return out, nil
}

const nullHash = 0x9e3779b97f4a7c15

// mix is the finaliser of SplitMix64: every input bit reaches every output bit.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

func hashInts[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | arrow.Date32 | arrow.Date64 | arrow.Time32 | arrow.Time64 | arrow.Timestamp | arrow.Duration](out []uint64, values []T) {
	for i, v := range values {
		out[i] = mix(uint64(v) + 1)
	}
}

func hashFloats[T float32 | float64](out []uint64, values []T) {
	for i, v := range values {
		x := float64(v)
		switch {
		case x == 0:
			x = 0 // no minus
		case x != x:
			x = math.NaN()
		}
		out[i] = mix(math.Float64bits(x) + 1)
	}
}

func hashBytes(out []uint64, value func(int) []byte) {
	for i := range out {
		out[i] = xxh3.Hash(value(i))
	}
}

func hashColumn(out []uint64, col arrow.Array) error {
	switch a := col.(type) {
	case *array.Null:
	case *array.Boolean:
		for i := range out {
			out[i] = mix(1)
			if a.Value(i) {
				out[i] = mix(2)
			}
		}
	case *array.Int8:
		hashInts(out, a.Int8Values())
	case *array.Int16:
		hashInts(out, a.Int16Values())
	case *array.Int32:
		hashInts(out, a.Int32Values())
	case *array.Int64:
		hashInts(out, a.Int64Values())
	case *array.Uint8:
		hashInts(out, a.Uint8Values())
	case *array.Uint16:
		hashInts(out, a.Uint16Values())
	case *array.Uint32:
		hashInts(out, a.Uint32Values())
	case *array.Uint64:
		hashInts(out, a.Uint64Values())
	case *array.Date32:
		hashInts(out, a.Date32Values())
	case *array.Date64:
		hashInts(out, a.Date64Values())
	case *array.Time32:
		hashInts(out, a.Time32Values())
	case *array.Time64:
		hashInts(out, a.Time64Values())
	case *array.Timestamp:
		hashInts(out, a.TimestampValues())
	case *array.Duration:
		hashInts(out, a.DurationValues())
	case *array.Float32:
		hashFloats(out, a.Float32Values())
	case *array.Float64:
		hashFloats(out, a.Float64Values())
	case *array.String:
		for i := range out {
			out[i] = xxh3.HashString(a.Value(i))
		}
	case *array.LargeString:
		for i := range out {
			out[i] = xxh3.HashString(a.Value(i))
		}
	case *array.StringView:
		for i := range out {
			out[i] = xxh3.HashString(a.Value(i))
		}
	case *array.Binary:
		hashBytes(out, a.Value)
	case *array.LargeBinary:
		hashBytes(out, a.Value)
	case *array.FixedSizeBinary:
		hashBytes(out, a.Value)
	case *array.Decimal128:
		for i, v := range a.Values() {
			out[i] = mix(v.LowBits() ^ mix(uint64(v.HighBits())+1))
		}
	case *array.Dictionary:
		return hashDictionary(out, a)
	case array.ExtensionArray:
		return hashColumn(out, a.Storage())
	default:
		return fmt.Errorf("values of type %v cannot be keys", col.DataType())
	}
	if col.NullN() > 0 || col.DataType().ID() == arrow.NULL {
		for i := range out {
			if isNull(col, i) {
				out[i] = nullHash
			}
		}
	}
	return nil
}

// hashDictionary hashes each distinct value once.
func hashDictionary(out []uint64, a *array.Dictionary) error {
	values := make([]uint64, a.Dictionary().Len())
	if err := hashColumn(values, a.Dictionary()); err != nil {
		return err
	}
	for i := range out {
		out[i] = nullHash
		if a.IsValid(i) {
			out[i] = values[a.GetValueIndex(i)]
		}
	}
	return nil
}
