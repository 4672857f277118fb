package bag

import (
	"encoding/json/v2"

	"sheaf/internal/jsonl"
)

// JSON decodes a line of JSON into a T, for TryMap: bag.ReadText("*.json").TryMap(bag.JSON[Record]).
//
// It decodes about 1 GB/s a core into a struct with a few fields. The meaning is encoding/json/v2's, and names that do not match exactly may
// differ in case, dashes and underscores: "first_name" is FirstName. Members without a field are ignored. T may also be any
// or map[string]any. Strings refer to the line's memory where they have no escapes.
//
// Same as json.loads in a dask.bag.Bag.map.
func JSON[T any](line string) (T, error) { return jsonl.Decode[T](line) }

// EncodeJSON encodes a value as one line of JSON, for TryMap before [ToTextFiles].
func EncodeJSON[T any](v T) (string, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	return string(b), err
}
