package codec_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"testing"

	"sheaf/internal/codec"
)

type person struct {
	ID      int64
	Name    string
	Balance float64
	Tags    []string
	Active  bool
}

func people(n int) []person {
	out := make([]person, n)
	for i := range out {
		out[i] = person{int64(i), fmt.Sprintf("name %d", i%26), float64(i) / 3, []string{"a", "bc"}, i%2 == 0}
	}
	return out
}

func benchValues() map[string]any {
	m := map[string]int{}
	for i := range 10_000 {
		m[fmt.Sprint(i)] = i
	}
	s := make([]string, 10_000)
	for i := range s {
		s[i] = fmt.Sprint("word", i)
	}
	return map[string]any{"float64s": make([]float64, 1<<20), "strings": s, "structs": people(10_000), "map": m, "small": person{Name: "x"}}
}

func BenchmarkEncode(b *testing.B) {
	for name, v := range benchValues() {
		b.Run(name+"/codec", func(b *testing.B) {
			var buf bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				buf.Reset()
				if err := codec.EncodeFrame(&buf, v); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(buf.Len()))
		})
		b.Run(name+"/gob", func(b *testing.B) {
			var buf bytes.Buffer
			for b.Loop() {
				buf.Reset()
				if err := gob.NewEncoder(&buf).Encode(v); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(buf.Len()))
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, v := range benchValues() {
		var buf bytes.Buffer
		if err := codec.EncodeFrame(&buf, v); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/codec", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(buf.Len()))
			for b.Loop() {
				if _, err := codec.DecodeFrame(bytes.NewReader(buf.Bytes())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
