package zarr

import (
	"encoding/json"
	"slices"
)

// meta3 is a zarr.json file. Fields that are not known are refused unless they say that they need not be understood.
type meta3 struct {
	Shape        []int             `json:"shape"`
	DataType     json.RawMessage   `json:"data_type"`
	Grid         json.RawMessage   `json:"chunk_grid"`
	Keys         json.RawMessage   `json:"chunk_key_encoding"`
	Fill         json.RawMessage   `json:"fill_value"`
	Codecs       []json.RawMessage `json:"codecs"`
	Attributes   json.RawMessage   `json:"attributes"`
	Names        []*string         `json:"dimension_names,omitempty"`
	Format       int               `json:"zarr_format"`
	NodeType     string            `json:"node_type"`
	Transformers []json.RawMessage `json:"storage_transformers"`
}

var known3 = []string{
	"shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes", "dimension_names",
	"zarr_format", "node_type", "storage_transformers",
}

// Parse reads the metadata of version 3, a zarr.json file.
func Parse(text []byte) (*Meta, error) {
	var j meta3
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, bad("metadata: %v", err)
	}
	switch {
	case j.Format != 3:
		return nil, bad("zarr_format is %d, want 3", j.Format)
	case j.NodeType == "group":
		return nil, errGroup
	case j.NodeType != "array":
		return nil, bad("node_type is %.40q, want array", j.NodeType)
	case len(j.Transformers) > 0:
		return nil, unsupported("storage transformers")
	case len(j.Fill) == 0 || string(j.Fill) == "null":
		return nil, bad("there is no fill_value")
	}
	if err := unknown3(text); err != nil {
		return nil, err
	}
	e, err := elemOfName(j.DataType)
	if err != nil {
		return nil, err
	}
	m := &Meta{Version: 3, Shape: j.Shape, DType: e.t, Text: text}
	if err := m.parseGrid(j.Grid); err != nil {
		return nil, err
	}
	if err := m.parseKeys(j.Keys); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if m.Fill, err = parseFill(j.Fill, e); err != nil {
		return nil, err
	}
	if len(j.Names) > 0 && len(j.Names) != len(j.Shape) {
		return nil, bad("%d dimension names for %d dimensions", len(j.Names), len(j.Shape))
	}
	for _, n := range j.Names {
		if n == nil {
			n = new(string)
		}
		m.Names = append(m.Names, *n)
	}
	m.stored = e
	m.codecs, err = parseCodecs(j.Codecs, e, m.Chunks, 0)
	return m, err
}

// unknown3 refuses extensions that must be understood.
func unknown3(text []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return bad("metadata: %v", err)
	}
	for k, v := range all {
		var optional struct {
			Must *bool `json:"must_understand"`
		}
		if slices.Contains(known3, k) || json.Unmarshal(v, &optional) == nil && optional.Must != nil && !*optional.Must {
			continue
		}
		return unsupported("the extension %.40q of the metadata", k)
	}
	return nil
}

func (m *Meta) parseGrid(raw json.RawMessage) error {
	n, err := parseNamed(raw)
	if err != nil {
		return bad("chunk_grid is %.60q", raw)
	}
	if n.Name != "regular" {
		return unsupported("the chunk grid %.40q; only regular ones are", n.Name)
	}
	var c struct {
		Shape []int `json:"chunk_shape"`
	}
	err = n.configure(&c)
	m.Chunks = c.Shape
	return err
}

func (m *Meta) parseKeys(raw json.RawMessage) error {
	n, err := parseNamed(raw)
	if err != nil {
		return bad("chunk_key_encoding is %.60q", raw)
	}
	var c struct {
		Separator string `json:"separator"`
	}
	if err := n.configure(&c); err != nil {
		return err
	}
	switch n.Name {
	case "default":
		m.keys = keys{prefix: true, separator: "/"}
	case "v2":
		m.keys = keys{separator: "."}
	default:
		return unsupported("the chunk key encoding %.40q", n.Name)
	}
	switch c.Separator {
	case "":
	case "/", ".":
		m.keys.separator = c.Separator
	default:
		return bad("the separator of chunk keys is %.20q, want . or /", c.Separator)
	}
	return nil
}

// text3 writes the metadata of version 3.
func (m *Meta) text3(compression string, level int) ([]byte, error) {
	type config = map[string]any
	type entry struct {
		Name          string `json:"name"`
		Configuration any    `json:"configuration,omitempty"`
	}
	codec := entry{Name: "bytes"}
	if m.DType.Size() > 1 {
		codec.Configuration = config{"endian": "little"}
	}
	codecs := []entry{codec}
	switch compression {
	case "zstd":
		codecs = append(codecs, entry{"zstd", config{"level": level, "checksum": false}})
	case "gzip":
		codecs = append(codecs, entry{"gzip", config{"level": level}})
	}
	return json.MarshalIndent(struct {
		Shape        []int           `json:"shape"`
		DataType     any             `json:"data_type"`
		Grid         entry           `json:"chunk_grid"`
		Keys         entry           `json:"chunk_key_encoding"`
		Fill         json.RawMessage `json:"fill_value"`
		Codecs       []entry         `json:"codecs"`
		Attributes   config          `json:"attributes"`
		Format       int             `json:"zarr_format"`
		NodeType     string          `json:"node_type"`
		Transformers []any           `json:"storage_transformers"`
	}{
		m.Shape, m.stored.name(),
		entry{"regular", config{"chunk_shape": m.Chunks}},
		entry{"default", config{"separator": "/"}},
		zeroFill(m.DType), codecs,
		config{},
		3, "array",
		[]any{},
	}, "", "  ")
}
