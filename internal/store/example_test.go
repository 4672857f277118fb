package store_test

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"math"

	"sheaf/internal/store"
)

// gobs is a codec for slices of bytes.
type gobs struct{}

func (gobs) Encode(w io.Writer, v any) error { return gob.NewEncoder(w).Encode(v) }

func (gobs) Decode(r io.Reader) (any, error) {
	var b []byte
	err := gob.NewDecoder(r).Decode(&b)
	return b, err
}

func ExampleStore() {
	s := store.New(store.Config{LimitBytes: 1000, Codec: gobs{}})
	defer s.Close()
	s.Add(900)
	e := s.Put(make([]byte, 900), 900, func() int64 { return math.MaxInt64 })

	ok, err := s.Reserve(context.Background(), 500) // the first value has to go
	fmt.Println(ok, err, e.InMemory(), s.Used())
	// Output: true <nil> false 500
}

func ExampleEntry() {
	s := store.New(store.Config{})
	s.Add(5)
	e := s.Put("value", 5, func() int64 { return 1 })
	v, err := e.Pin() // stays in memory until Unpin
	fmt.Println(v, err, e.Size())
	e.Unpin()
	e.Drop()
	fmt.Println(s.Used())
	// Output:
	// value <nil> 5
	// 0
}

func ExampleConfig() {
	fmt.Println(store.New(store.Config{LimitBytes: 100}).Fits(200), store.New(store.Config{}).Fits(200))
	// Output: false true
}

func ExampleCodec() {
	var c store.Codec = gobs{}
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(c.Encode(w, []byte("abc"))) }()
	v, err := c.Decode(r)
	fmt.Printf("%s %v\n", v, err)
	// Output: abc <nil>
}
