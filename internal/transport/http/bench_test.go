package http

import (
	"io"
	"net"
	"testing"

	"sheaf/internal/wire"
	"sheaf/ndarray"
)

// BenchmarkLarge fetches 100 MB over the loopback interface. "tcp" is what the machine does without us: the same bytes into fresh memory.
func BenchmarkLarge(b *testing.B) {
	const n = 100_000_000
	x, err := ndarray.FromSlice(make([]float64, n/8), n/8)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("tcp", func(b *testing.B) { benchmarkTCP(b, n) })
	for _, c := range []struct {
		name string
		v    any
	}{{"bytes", make([]byte, n)}, {"float64", make([]float64, n/8)}, {"ndarray", x}} {
		b.Run(c.name, func(b *testing.B) {
			s := &shelf{values: map[wire.ID]any{id(1, 1): c.v}}
			server := serve(b, s, ServerConfig{Token: "t"})
			f := fetcher(b, FetcherConfig{Token: "t"})
			b.SetBytes(n)
			for b.Loop() {
				if all, err := collect(f, server.Addr(), id(1, 1)); err != nil || all[0].err != nil {
					b.Fatal(err, all[0].err)
				}
			}
		})
	}
	b.Run("put", func(b *testing.B) {
		s := &shelf{}
		server := serve(b, s, ServerConfig{Token: "t"})
		f := fetcher(b, FetcherConfig{Token: "t"})
		v := make([]byte, n)
		b.SetBytes(n)
		for b.Loop() {
			if err := f.Put(b.Context(), server.Addr(), id(1, 1), Value{Any: v, Bytes: n}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchmarkTCP(b *testing.B, n int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c, err := l.Accept()
		for src := make([]byte, 1<<20); err == nil; {
			_, err = c.Write(src)
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(n))
	for b.Loop() {
		if _, err := io.ReadFull(c, make([]byte, n)); err != nil {
			b.Fatal(err)
		}
	}
	_ = c.Close()
	<-ended
	_ = l.Close()
}

// BenchmarkTiny fetches small values, 10,000 in a request; the time is of one.
func BenchmarkTiny(b *testing.B) {
	const n = 10_000
	for _, c := range []struct {
		name string
		make func(i int) any
	}{
		{"int", func(i int) any { return i }},
		{"string", func(int) any { return "some text of thirty bytes, about" }},
		{"struct", func(i int) any { return record{"name", i, nil} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := &shelf{values: make(map[wire.ID]any)}
			ids := make([]wire.ID, n)
			for i := range ids {
				ids[i] = id(1, i)
				s.values[ids[i]] = c.make(i)
			}
			server := serve(b, s, ServerConfig{Token: "t"})
			f := fetcher(b, FetcherConfig{Token: "t"})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%n == 0 {
					if err := f.Get(b.Context(), server.Addr(), ids, func(_ wire.ID, _ any, err error) {
						if err != nil {
							b.Error(err)
						}
					}); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkOne fetches one small value: a round trip.
func BenchmarkOne(b *testing.B) {
	s := &shelf{values: map[wire.ID]any{id(1, 1): 5}}
	server := serve(b, s, ServerConfig{Token: "t"})
	f := fetcher(b, FetcherConfig{Token: "t"})
	for b.Loop() {
		if all, err := collect(f, server.Addr(), id(1, 1)); err != nil || all[0].err != nil {
			b.Fatal(err)
		}
	}
}
