package zarr

import (
	"encoding/json"

	"sheaf/dtype"
)

// metaV3 is the content of zarr.json.
type metaV3 struct {
	ZarrFormat int             `json:"zarr_format"`
	NodeType   string          `json:"node_type"`
	Shape      []int           `json:"shape"`
	DataType   json.RawMessage `json:"data_type"`
	Grid       named           `json:"chunk_grid"`
	Keys       named           `json:"chunk_key_encoding"`
	Fill       json.RawMessage `json:"fill_value"`
	Codecs     []named         `json:"codecs"`
	Attributes map[string]any  `json:"attributes"`
	Storage    []any           `json:"storage_transformers,omitempty"`
}

// named is an extension point: a name and its configuration.
type named struct {
	Name   string        `json:"name"`
	Config configuration `json:"configuration,omitzero"`
}

type configuration struct {
	ChunkShape []int  `json:"chunk_shape,omitempty"`
	Separator  string `json:"separator,omitempty"`
	Endian     string `json:"endian,omitempty"`
	Level      int    `json:"level,omitempty"`
	Checksum   *bool  `json:"checksum,omitempty"`
	Order      any    `json:"order,omitempty"`
	Unit       string `json:"unit,omitempty"`
	Scale      int    `json:"scale_factor,omitempty"`
}

// ParseV3 reads the content of a zarr.json file.
func ParseV3(b []byte) (*Meta, error) {
	var v metaV3
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, bad("%s is not what the format has: %v", FileV3, err)
	}
	switch {
	case v.ZarrFormat != 3:
		return nil, bad("%s says zarr_format %d, want 3", FileV3, v.ZarrFormat)
	case v.NodeType != "array":
		return nil, bad("this is a %s, not an array", v.NodeType)
	case v.Grid.Name != "regular":
		return nil, bad("chunk grid %q is not read; \"regular\" is", v.Grid.Name)
	case len(v.Storage) > 0:
		return nil, bad("storage transformers are not read")
	}
	m := &Meta{Version: 3, Shape: v.Shape, Chunks: v.Grid.Config.ChunkShape, Separator: v.Keys.Config.Separator}
	switch v.Keys.Name {
	case "default":
		if m.Separator == "" {
			m.Separator = "/"
		}
	case "v2":
		if m.V2Keys = true; m.Separator == "" {
			m.Separator = "."
		}
	default:
		return nil, bad("chunk key encoding %q is not read", v.Keys.Name)
	}
	var err error
	if m.Type, err = parseDataType(v.DataType); err != nil {
		return nil, err
	}
	if err := m.codecs(v.Codecs); err != nil {
		return nil, err
	}
	if m.Fill, err = parseFill(m.Type, v.Fill); err != nil {
		return nil, err
	}
	return m, m.Check()
}

// parseDataType reads the name of an element type, or the extension for times.
func parseDataType(b json.RawMessage) (dtype.Type, error) {
	var name string
	if json.Unmarshal(b, &name) == nil {
		t, err := dtype.Parse(name)
		if err != nil || !t.IsArray() || t.IsTemporal() || t.String() != name {
			return 0, bad("elements of type %q are not read", name)
		}
		return t, nil
	}
	var x named
	if err := json.Unmarshal(b, &x); err != nil || x.Config.Unit != "ns" || x.Config.Scale > 1 {
		return 0, bad("elements of type %s are not read", b)
	}
	switch x.Name {
	case "numpy.datetime64":
		return dtype.Datetime, nil
	case "numpy.timedelta64":
		return dtype.Timedelta, nil
	}
	return 0, bad("elements of type %q are not read", x.Name)
}

// codecs reads the chain of codecs: an optional transpose, bytes, an optional compression, an optional checksum.
func (m *Meta) codecs(chain []named) error {
	stage := 0
	for _, c := range chain {
		at := 0
		switch c.Name {
		case "transpose":
			at = 1
			if !m.reversed(c.Config.Order) {
				return bad("transposed chunks of order %v are not read; C and Fortran order are", c.Config.Order)
			}
		case "bytes":
			at = 2
			m.BigEndian = c.Config.Endian == "big" && m.Type.Size() > 1
		case "gzip", "zstd":
			at = 3
			m.Codec, m.Level = c.Name, c.Config.Level
		case "crc32c":
			at = 4
			m.CRC = true
		default:
			return bad("codec %q is not read; bytes, gzip, zstd and crc32c are", c.Name)
		}
		if at <= stage {
			return bad("codec %q stands at a wrong place", c.Name)
		}
		stage = at
	}
	if stage < 2 {
		return bad("no codec \"bytes\"")
	}
	return nil
}

// reversed reads the order of a transpose codec: it is Fortran's or C's, or false.
func (m *Meta) reversed(order any) bool {
	switch o := order.(type) {
	case string:
		m.FortranC = o == "F"
		return o == "F" || o == "C"
	case []any:
		up, down := true, true
		for i, v := range o {
			n, ok := v.(float64)
			if !ok {
				return false
			}
			up = up && int(n) == i
			down = down && int(n) == len(o)-1-i
		}
		m.FortranC = down && !up
		return up || down
	}
	return false
}

// marshalV3 writes zarr.json.
func (m *Meta) marshalV3() ([]byte, error) {
	v := metaV3{
		ZarrFormat: 3, NodeType: "array", Shape: m.Shape, Fill: formatFill(m.Type, m.Fill), Attributes: map[string]any{},
		Grid: named{"regular", configuration{ChunkShape: m.Chunks}}, Keys: named{"default", configuration{Separator: m.Separator}},
		Codecs: []named{{"bytes", configuration{Endian: "little"}}},
	}
	if m.Type.Size() == 1 {
		v.Codecs[0].Config = configuration{}
	}
	switch m.Type {
	case dtype.Datetime, dtype.Timedelta:
		name := "numpy.datetime64"
		if m.Type == dtype.Timedelta {
			name = "numpy.timedelta64"
		}
		v.DataType, _ = json.Marshal(named{name, configuration{Unit: "ns", Scale: 1}})
	default:
		v.DataType, _ = json.Marshal(m.Type.String())
	}
	no := false
	switch m.Codec {
	case "zstd":
		v.Codecs = append(v.Codecs, named{"zstd", configuration{Level: m.Level, Checksum: &no}})
	case "gzip":
		v.Codecs = append(v.Codecs, named{"gzip", configuration{Level: m.Level}})
	}
	if m.CRC {
		v.Codecs = append(v.Codecs, named{Name: "crc32c"})
	}
	return json.MarshalIndent(v, "", "  ")
}

// Marshal returns the content of the metadata file.
func (m *Meta) Marshal() ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.Version == 2 {
		return m.marshalV2()
	}
	return m.marshalV3()
}
