package frame

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// encode makes a dictionary array of plain values; the dictionary lists them in order of appearance.
func encode(values arrow.Array, dt *arrow.DictionaryType, mem memory.Allocator) (arrow.Array, error) {
	b := array.NewDictionaryBuilder(mem, dt)
	defer b.Release()
	b.Reserve(values.Len())
	var err error
	switch v := values.(type) {
	case *array.String:
		err = appendEach(b.(*array.BinaryDictionaryBuilder), v, (*array.BinaryDictionaryBuilder).AppendString, v.Value)
	case *array.LargeString:
		err = appendEach(b.(*array.BinaryDictionaryBuilder), v, (*array.BinaryDictionaryBuilder).AppendString, v.Value)
	default:
		if err = b.AppendArray(values); err != nil {
			err = fmt.Errorf("a dictionary of %v: %w", values.DataType(), err)
		}
	}
	if err != nil {
		return nil, err
	}
	return b.NewArray(), nil
}

func appendEach[B interface{ AppendNull() }, T any](b B, values arrow.Array, add func(B, T) error, value func(int) T) error {
	for i := range values.Len() {
		if values.IsNull(i) {
			b.AppendNull()
		} else if err := add(b, value(i)); err != nil {
			return err
		}
	}
	return nil
}
