package zarr

import (
	"encoding/json"
	"strings"

	"sheaf/dtype"
)

// metaV2 is the content of .zarray.
type metaV2 struct {
	ZarrFormat int             `json:"zarr_format"`
	Shape      []int           `json:"shape"`
	Chunks     []int           `json:"chunks"`
	DType      json.RawMessage `json:"dtype"`
	Compressor *codecV2        `json:"compressor"`
	Fill       json.RawMessage `json:"fill_value"`
	Order      string          `json:"order"`
	Filters    []any           `json:"filters"`
	Separator  string          `json:"dimension_separator,omitempty"`
}

type codecV2 struct {
	ID    string `json:"id"`
	Level int    `json:"level"`
}

// ParseV2 reads the content of a .zarray file.
func ParseV2(b []byte) (*Meta, error) {
	var v metaV2
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, bad("%s is not valid JSON: %v", FileV2, err)
	}
	if v.ZarrFormat != 2 {
		return nil, bad("%s says zarr_format %d, want 2", FileV2, v.ZarrFormat)
	}
	if len(v.Filters) > 0 {
		return nil, bad("filters are not read")
	}
	m := &Meta{Version: 2, Shape: v.Shape, Chunks: v.Chunks, Separator: v.Separator}
	if m.Separator == "" {
		m.Separator = "."
	}
	switch v.Order {
	case "C":
	case "F":
		m.FortranC = true
	default:
		return nil, bad("order %q; want \"C\" or \"F\"", v.Order)
	}
	var name string
	if err := json.Unmarshal(v.DType, &name); err != nil {
		return nil, bad("elements are structures, which are not read")
	}
	var err error
	if m.Type, m.BigEndian, err = parseCode(name); err != nil {
		return nil, err
	}
	if v.Compressor != nil {
		switch v.Compressor.ID {
		case "gzip", "zlib", "zstd":
			m.Codec, m.Level = v.Compressor.ID, v.Compressor.Level
		default:
			return nil, bad("compressor %q is not read; gzip, zlib, zstd and none are", v.Compressor.ID)
		}
	}
	if m.Fill, err = parseFill(m.Type, v.Fill); err != nil {
		return nil, err
	}
	return m, m.Check()
}

// parseCode reads NumPy's type codes, of either byte order.
func parseCode(name string) (t dtype.Type, big bool, err error) {
	if strings.HasPrefix(name, ">") {
		big = true
		name = "<" + name[1:]
	}
	t, err = dtype.Parse(name)
	if err != nil || !t.IsArray() {
		return 0, false, bad("elements of type %q are not read", name)
	}
	return t, big && t.Size() > 1, nil
}

// marshalV2 writes .zarray.
func (m *Meta) marshalV2() ([]byte, error) {
	code, _ := json.Marshal(m.Type.Code())
	v := metaV2{
		ZarrFormat: 2, Shape: m.Shape, Chunks: m.Chunks, DType: code, Fill: formatFill(m.Type, m.Fill), Order: "C", Separator: m.Separator,
	}
	if m.Codec != "" {
		v.Compressor = &codecV2{ID: m.Codec, Level: m.Level}
	}
	return json.MarshalIndent(v, "", "  ")
}
