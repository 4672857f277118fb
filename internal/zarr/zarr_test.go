package zarr_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf/dtype"
	"sheaf/internal/zarr"
)

func TestRoundTrip(t *testing.T) {
	raw := make([]byte, 6*8)
	for i := range raw {
		raw[i] = byte(i % 7)
	}
	for _, version := range []int{2, 3} {
		for _, codec := range []string{"", "gzip", "zstd", "zlib"} {
			if version == 3 && codec == "zlib" {
				continue
			}
			m := &zarr.Meta{
				Version: version, Shape: []int{5, 7}, Chunks: []int{2, 3}, Type: dtype.Float64, Fill: make([]byte, 8), Codec: codec, Level: 3,
				Separator: map[int]string{2: ".", 3: "/"}[version], CRC: version == 3,
			}
			b, err := m.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			parse := zarr.ParseV2
			if version == 3 {
				parse = zarr.ParseV3
			}
			back, err := parse(b)
			if err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			if diff := cmp.Diff(m, back); diff != "" {
				t.Errorf("version %d, codec %q (-want +got):\n%s", version, codec, diff)
			}
			enc, err := m.Encode(raw)
			if err != nil {
				t.Fatal(err)
			}
			dec, err := back.Decode(enc)
			if err != nil || !bytes.Equal(dec, raw) {
				t.Errorf("version %d, codec %q: got %v, %v", version, codec, dec, err)
			}
			if m.CRC {
				enc[0] ^= 1
				if _, err := back.Decode(enc); !errors.Is(err, zarr.ErrFormat) {
					t.Errorf("a damaged chunk: got error %v", err)
				}
			}
		}
	}
}

func TestFillValues(t *testing.T) {
	for _, c := range []struct {
		t    dtype.Type
		json string
	}{
		{dtype.Float64, `"NaN"`}, {dtype.Float32, `"-Infinity"`}, {dtype.Float64, `1.5`}, {dtype.Int8, `-3`}, {dtype.Uint64, `18446744073709551615`},
		{dtype.Bool, `true`}, {dtype.Complex64, `[1.0, "NaN"]`}, {dtype.Int16, `-32768`},
	} {
		text := fmt.Sprintf(`{"zarr_format":3,"node_type":"array","shape":[2],"data_type":%q,"chunk_grid":{"name":"regular","configuration":
			{"chunk_shape":[2]}},"chunk_key_encoding":{"name":"default"},"fill_value":%s,"codecs":[{"name":"bytes"}]}`, c.t, c.json)
		m, err := zarr.ParseV3([]byte(text))
		if err != nil {
			t.Errorf("%v %s: %v", c.t, c.json, err)
			continue
		}
		b, _ := m.Marshal()
		back, err := zarr.ParseV3(b)
		if err != nil || !bytes.Equal(back.Fill, m.Fill) {
			t.Errorf("%v %s: got %x, want %x, %v", c.t, c.json, back.Fill, m.Fill, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, text := range []string{
		``, `{}`, `{"zarr_format":2}`,
		`{"zarr_format":2,"shape":[4],"chunks":[2],"dtype":"<f8","compressor":{"id":"blosc"},"fill_value":0,"order":"C","filters":null}`,
		`{"zarr_format":2,"shape":[4],"chunks":[0],"dtype":"<f8","compressor":null,"fill_value":0,"order":"C","filters":null}`,
		`{"zarr_format":2,"shape":[4],"chunks":[2],"dtype":"<f8","compressor":null,"fill_value":0,"order":"C","filters":[{"id":"delta"}]}`,
		`{"zarr_format":2,"shape":[4,4],"chunks":[2],"dtype":"<f8","compressor":null,"fill_value":0,"order":"C","filters":null}`,
		`{"zarr_format":2,"shape":[4],"chunks":[2],"dtype":"|S3","compressor":null,"fill_value":0,"order":"C","filters":null}`,
		`{"zarr_format":2,"shape":[4000000000000],"chunks":[4000000000000],"dtype":"<f8","compressor":null,"fill_value":0,"order":"C","filters":null}`,
	} {
		if _, err := zarr.ParseV2([]byte(text)); !errors.Is(err, zarr.ErrFormat) {
			t.Errorf("%s: got error %v", text, err)
		}
	}
}

func FuzzMeta(f *testing.F) {
	f.Add([]byte(`{"zarr_format":2,"shape":[4],"chunks":[2],"dtype":">f8","compressor":{"id":"zstd","level":1},"fill_value":"NaN","order":"F","filters":null}`))
	f.Add([]byte(`{"zarr_format":3,"node_type":"array","shape":[2,2],"data_type":"int16","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,1]}},
		"chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":0,"codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"zstd"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, parse := range []func([]byte) (*zarr.Meta, error){zarr.ParseV2, zarr.ParseV3} {
			m, err := parse(b)
			if err != nil {
				if !errors.Is(err, zarr.ErrFormat) {
					t.Errorf("got error %v, which does not match ErrFormat", err)
				}
				continue
			}
			if m.ChunkSize() > 1<<16 {
				continue
			}
			if raw, err := m.Decode(b); err == nil && len(raw) != m.ChunkSize()*m.Type.Size() {
				t.Errorf("got %d bytes", len(raw))
			}
			if _, err := m.Marshal(); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
	})
}
