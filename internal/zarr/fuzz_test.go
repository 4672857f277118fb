package zarr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// FuzzParse reads metadata of both versions and then a corner of the array, of which no chunk exists.
func FuzzParse(f *testing.F) {
	dir, a := golden(f, "python.tar.xz")
	for name := range a.Python {
		for _, file := range []string{"zarr.json", ".zarray"} {
			if b, err := os.ReadFile(filepath.Join(dir, name, file)); err == nil {
				f.Add(b)
			}
		}
	}
	empty := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, parse := range []func([]byte) (*Meta, error){Parse, Parse2} {
			m, err := parse(text)
			if err != nil {
				continue
			}
			hi := make([]int, len(m.Shape))
			for i, n := range m.Shape {
				hi[i] = min(n, 2)
			}
			if len(hi) > 8 {
				continue
			}
			got, err := m.Read(t.Context(), empty, make([]int, len(hi)), hi)
			if err != nil || got.DType() != m.DType {
				t.Fatalf("%v: %v %v", m, got, err)
			}
		}
	})
}

// FuzzChunk decodes damaged chunks with every codec. The chunk has 4000 elements of 4 bytes.
func FuzzChunk(f *testing.F) {
	y := make([]byte, 16000)
	for i := range 4000 {
		binary.LittleEndian.PutUint32(y[4*i:], uint32(i/3))
	}
	for _, c := range []byteCodec{gzipCodec{5}, zstdCodec{level: 1}, crcCodec{}} {
		b, err := c.encode(y)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	dir, a := golden(f, "python.tar.xz")
	for name := range a.Python {
		if !strings.HasPrefix(name, "blosc-") && !strings.HasPrefix(name, "lz4") && !strings.HasPrefix(name, "zlib") && !strings.HasPrefix(name, "shards") {
			continue
		}
		for _, key := range []string{"0.0", "0", "c/0/0"} {
			if b, err := os.ReadFile(filepath.Join(dir, name, key)); err == nil {
				f.Add(b)
			}
		}
	}
	shards, err := Open(filepath.Join(dir, "shards-nested-v3"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range []byteCodec{gzipCodec{}, zlibCodec{}, zstdCodec{}, lz4Codec{}, bloscCodec{}, crcCodec{}} {
			p := pipeline{elem: elem{t: dtype.Uint32, unit: 1}, shape: []int{40, 100}, bytes: []byteCodec{c}}
			if got, err := p.decode(b, nil); err == nil && got.Size() != 4000 {
				t.Fatalf("%s: %v", c.name(), got.Shape())
			}
		}
		out, err := ndarray.Zeros(dtype.Float64, 12, 20)
		if err != nil {
			t.Fatal(err)
		}
		all := block{coords: []int{0, 0}, from: []int{0, 0}, lo: []int{0, 0}, hi: []int{12, 20}}
		_ = shards.codecs.readPart(bytes.NewReader(b), int64(len(b)), out, all, shards.Fill)
	})
}

// TestHostile has metadata and chunks claim sizes that do not exist.
func TestHostile(t *testing.T) {
	const grid = `{"zarr_format":3,"node_type":"array","shape":[%],"data_type":"float64","fill_value":0,"attributes":{},` +
		`"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[%]}},"chunk_key_encoding":{"name":"default"},"codecs":[#]}`
	meta := func(n, codecs string) []byte {
		return []byte(strings.ReplaceAll(strings.ReplaceAll(grid, "%", n), "#", codecs))
	}
	const endian = `{"name":"bytes","configuration":{"endian":"little"}}`
	for _, n := range []string{"9223372036854775807", "-1", "1152921504606846976,1152921504606846976", "1099511627776,1099511627776"} {
		if m, err := Parse(meta(n, endian)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v %v", n, m, err)
		}
	}
	for _, codec := range []string{"", `,"zstd"`, `,{"name":"gzip"}`, `,"blosc"`, `,{"name":"zstd"},{"name":"crc32c"}`, `,"gzip","gzip"`} {
		m, err := Parse(meta("100000000000", endian+codec))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "c"), 0o755); err != nil {
			t.Fatal(err)
		}
		data := []byte{2, 1, 0x21, 8, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0x20, 0, 0, 0, 20, 0, 0, 0}
		if err := os.WriteFile(filepath.Join(dir, "c", "0"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = m.Read(t.Context(), dir, []int{5}, []int{7})
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v", codec, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Errorf("%s: %d bytes of memory for %d bytes of data", codec, n, len(data))
		}
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		raw  string
		t    dtype.Type
		want any
	}{
		{`"0x7ff0000000000000"`, dtype.Float64, math.Inf(1)},
		{`"-Infinity"`, dtype.Float32, float32(math.Inf(-1))},
		{`18446744073709551615`, dtype.Uint64, uint64(math.MaxUint64)},
		{`3.0`, dtype.Int8, int8(3)},
		{`null`, dtype.Int8, int8(0)},
		{`["NaN", 1]`, dtype.Complex64, nil},
		{`"NaT"`, dtype.Datetime, nil},
		{`["0x3f800000", "Infinity"]`, dtype.Complex64, complex(float32(1), float32(math.Inf(1)))},
	} {
		got, err := parseFill([]byte(c.raw), elem{t: c.t, unit: 1})
		if err != nil {
			t.Errorf("%s: %v", c.raw, err)
			continue
		}
		if v, err := got.Item(); err != nil || c.want != nil && v != c.want {
			t.Errorf("%s: got %v (%T) %v, want %v", c.raw, v, v, err, c.want)
		}
	}
	for _, raw := range []string{`"x"`, `300`, `1.5`, `[1]`, `{}`, `"0x12"`, `true`, `1e30`} {
		if got, err := parseFill([]byte(raw), elem{t: dtype.Int8, unit: 1}); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v %v", raw, got, err)
		}
	}
}
