package zarr

import (
	"encoding/json"
)

// meta2 is a .zarray file.
type meta2 struct {
	Chunks     []int           `json:"chunks"`
	Compressor json.RawMessage `json:"compressor"`
	DType      json.RawMessage `json:"dtype"`
	Fill       json.RawMessage `json:"fill_value"`
	Filters    json.RawMessage `json:"filters"`
	Order      string          `json:"order"`
	Shape      []int           `json:"shape"`
	Format     int             `json:"zarr_format"`
	Separator  string          `json:"dimension_separator,omitempty"`
}

// Parse2 reads the metadata of version 2, a .zarray file.
func Parse2(text []byte) (*Meta, error) {
	var j meta2
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, bad("metadata: %v", err)
	}
	if j.Format != 2 {
		return nil, bad("zarr_format is %d, want 2", j.Format)
	}
	var code string
	if json.Unmarshal(j.DType, &code) != nil {
		return nil, unsupported("records of several fields (dtype %.60q)", j.DType)
	}
	e, err := elemOfCode(code)
	if err != nil {
		return nil, err
	}
	m := &Meta{Version: 2, Shape: j.Shape, Chunks: j.Chunks, DType: e.t, Text: text, stored: e, keys: keys{separator: "."}}
	if err := m.check(); err != nil {
		return nil, err
	}
	if m.Fill, err = parseFill(j.Fill, e); err != nil {
		return nil, err
	}
	switch j.Separator {
	case "", ".", "/":
		if j.Separator != "" {
			m.keys.separator = j.Separator
		}
	default:
		return nil, bad("dimension_separator is %.20q, want . or /", j.Separator)
	}
	switch j.Order {
	case "C", "":
	case "F":
		m.codecs.perm = reversed(len(m.Shape))
	default:
		return nil, bad("order is %.20q, want C or F", j.Order)
	}
	m.codecs.elem, m.codecs.shape = e, m.Chunks
	var filters []struct {
		ID string `json:"id"`
	}
	if len(j.Filters) > 0 && json.Unmarshal(j.Filters, &filters) != nil {
		return nil, bad("filters are %.60q", j.Filters)
	}
	if len(filters) > 0 {
		return nil, unsupported("the filter %.40q", filters[0].ID)
	}
	c, err := compressor2(j.Compressor)
	if c != nil {
		m.codecs.bytes = append(m.codecs.bytes, c)
	}
	return m, err
}

// compressor2 reads the compressor of version 2; none is nil.
func compressor2(raw json.RawMessage) (byteCodec, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var c struct {
		ID    string `json:"id"`
		Level *int   `json:"level"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, bad("compressor is %.60q", raw)
	}
	level := levelDefault
	if c.Level != nil {
		level = *c.Level
	}
	switch c.ID {
	case "gzip":
		return gzipCodec{level}, nil
	case "zlib":
		return zlibCodec{level}, nil
	case "zstd":
		return zstdCodec{level: level}, nil
	case "lz4":
		return lz4Codec{}, nil
	case "blosc":
		return bloscCodec{}, nil
	}
	return nil, unsupported("the compressor %.40q; blosc, gzip, lz4, zlib and zstd are known", c.ID)
}

// text2 writes the metadata of version 2.
func (m *Meta) text2(compression string, level int) ([]byte, error) {
	j := meta2{
		Chunks: m.Chunks, Compressor: json.RawMessage("null"), Fill: zeroFill(m.DType), Filters: json.RawMessage("null"),
		Order: "C", Shape: m.Shape, Format: 2, Separator: m.keys.separator,
	}
	code, err := json.Marshal(m.DType.Code())
	if err != nil {
		return nil, err
	}
	j.DType = code
	type leveled struct {
		ID    string `json:"id"`
		Level int    `json:"level"`
	}
	if compression != "none" {
		if j.Compressor, err = json.Marshal(leveled{compression, level}); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(j, "", "    ")
}
