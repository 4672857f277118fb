package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/internal/codec"
	"sheaf/internal/wire"
	"sheaf/ndarray"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a Source and a Sink.
type shelf struct {
	mu     sync.Mutex
	values map[wire.ID]any
	open   atomic.Int64 // values that were opened and not closed
	full   bool
}

func (s *shelf) Open(_ context.Context, id wire.ID) (Value, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[id]
	if !ok {
		return Value{}, ErrNotHere
	}
	s.open.Add(1)
	value := Value{Any: v, Bytes: codec.SizeOf(v), Close: func() { s.open.Add(-1) }}
	if frame, ok := v.(stored); ok {
		value.Any, value.Frame, value.Bytes = nil, bytes.NewReader(frame), int64(len(frame))
	}
	return value, nil
}

// stored is the frame of a value that lies on disk.
type stored []byte

func (s *shelf) Put(_ context.Context, id wire.ID, v any, _ int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("memory is full")
	}
	if s.values == nil {
		s.values = make(map[wire.ID]any)
	}
	s.values[id] = v
	return nil
}

func id(layer, index int) wire.ID {
	return wire.ID{Layer: wire.NewLayerID(3, uint64(layer)), Index: int32(index), Part: int32(index % 3)}
}

// serve starts a server for the length of the test and checks afterwards that every value was closed.
func serve(t testing.TB, s *shelf, conf ServerConfig) *Server {
	t.Helper()
	conf.Source, conf.Sink = s, s
	if conf.Token == "" {
		conf.Anonymous = true
	}
	server, err := Serve(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := s.open.Load(); n != 0 {
			t.Errorf("%d values were not closed", n)
		}
		if st := server.Stats(); st.Sending != 0 || st.InFlightBytes != 0 {
			t.Errorf("after the end: %+v", st)
		}
	})
	return server
}

func fetcher(t testing.TB, conf FetcherConfig) *Fetcher {
	f := NewFetcher(conf)
	t.Cleanup(func() {
		f.Close()
		if st := f.Stats(); st.Requests != 0 || st.InFlightBytes != 0 {
			t.Errorf("after the end: %+v", st)
		}
	})
	return f
}

// got is what a sink was given.
type got struct {
	id  wire.ID
	v   any
	err error
}

func collect(f *Fetcher, addr string, ids ...wire.ID) (all []got, err error) {
	err = f.Get(context.Background(), addr, ids, func(id wire.ID, v any, err error) { all = append(all, got{id, v, err}) })
	return all, err
}

type record struct {
	Name string
	n    int
	next *record
}

func TestGet(t *testing.T) {
	x, err := ndarray.Arange(0, 300_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	large := make([]byte, 5<<20)
	for i := range large {
		large[i] = byte(i * 7 >> 3)
	}
	var frame bytes.Buffer
	if err := codec.EncodeFrame(&frame, large); err != nil {
		t.Fatal(err)
	}
	values := map[wire.ID]any{
		id(1, 0): 42, id(1, 1): "text", id(1, 2): large, id(1, 3): nil, id(1, 4): record{"a", 1, &record{Name: "b"}},
		id(1, 5): x, id(1, 6): []string{"x", "y"}, id(1, 7): stored(frame.Bytes()), id(1, 8): 3.5,
	}
	s := &shelf{values: values}
	server := serve(t, s, ServerConfig{Token: "t"})
	f := fetcher(t, FetcherConfig{Token: "t"})
	for range 3 { // over a kept connection
		all, err := collect(f, server.Addr(), id(1, 0), id(1, 1), id(1, 2), id(1, 9), id(1, 3), id(1, 4), id(1, 5), id(1, 6), id(1, 7), id(1, 8))
		if err != nil || len(all) != 10 {
			t.Fatalf("got %d, %v", len(all), err)
		}
		for _, g := range all {
			want, ok := values[g.id]
			if _, onDisk := want.(stored); onDisk {
				want = large
			}
			switch {
			case !ok:
				if !errors.Is(g.err, ErrNotHere) {
					t.Errorf("%v: got %v, want ErrNotHere", g.id, g.err)
				}
			case g.err != nil:
				t.Errorf("%v: %v", g.id, g.err)
			case g.id == id(1, 5):
				if got := g.v.(*ndarray.Array); fmt.Sprint(got) != fmt.Sprint(x) || got.Size() != x.Size() {
					t.Errorf("%v: got another array", g.id)
				}
			case !reflect.DeepEqual(g.v, want):
				t.Errorf("%v: got %v, want %v", g.id, g.v, want)
			}
		}
	}
	if st := f.Stats(); st.Values != 27 || st.Broken != 0 {
		t.Errorf("got %+v, want 27 values", st)
	}
	if st := server.Stats(); st.ValuesSent != 27 || st.Malformed != 0 {
		t.Errorf("got %+v, want 27 values", st)
	}
}

func TestManyTiny(t *testing.T) {
	const n = 120_000 // more than one request
	s := &shelf{values: make(map[wire.ID]any)}
	ids := make([]wire.ID, n)
	for i := range ids {
		ids[i] = id(2, i)
		s.values[ids[i]] = i
	}
	server := serve(t, s, ServerConfig{})
	f := fetcher(t, FetcherConfig{})
	next := 0
	err := f.Get(t.Context(), server.Addr(), ids, func(id wire.ID, v any, err error) {
		if id != ids[next] || v != next || err != nil {
			t.Fatalf("got %v = %v (%v), want %v = %d", id, v, err, ids[next], next)
		}
		next++
	})
	if err != nil || next != n {
		t.Fatalf("got %d, %v", next, err)
	}
}

// bad cannot be encoded, worse not be decoded.
type (
	bad   struct{ C chan int }
	worse struct{ N int }
)

func (worse) MarshalBinary() ([]byte, error) { return []byte("x"), nil }
func (*worse) UnmarshalBinary([]byte) error  { return errors.New("no way") }

func TestOneBadValueHarmsNoOther(t *testing.T) {
	values := map[wire.ID]any{}
	var ids []wire.ID
	for i := range 100 {
		ids = append(ids, id(3, i))
		values[ids[i]] = i
	}
	values[id(3, 10)] = bad{make(chan int)}
	values[id(3, 50)] = worse{1}
	values[id(3, 51)] = append(make([]any, 0), make([]byte, 100_000), bad{make(chan int)}) // fails half-way
	values[id(3, 52)] = stored("SHF1 is not all of it")
	s := &shelf{values: values}
	server := serve(t, s, ServerConfig{})
	all, err := collect(fetcher(t, FetcherConfig{}), server.Addr(), ids...)
	if err != nil || len(all) != len(ids) {
		t.Fatalf("got %d, %v", len(all), err)
	}
	for i, g := range all {
		want := map[int]error{10: ErrValue, 50: ErrValue, 51: ErrValue, 52: ErrNotHere}[i]
		if g.id != ids[i] || !errors.Is(g.err, want) || want == nil && g.v != i {
			t.Errorf("%v: got %v, %v, want %v", g.id, g.v, g.err, want)
		}
		if ve, ok := errors.AsType[*ValueError](g.err); want != nil && (!ok || ve.ID != ids[i] || ve.Text == "") {
			t.Errorf("%v: got %v, want a ValueError with a text", g.id, g.err)
		}
	}
	if err := all[10].err; !strings.Contains(err.Error(), "C") { // the path of the field
		t.Errorf("got %v, want the field's name", err)
	}
}

func TestTooLarge(t *testing.T) {
	s := &shelf{values: map[wire.ID]any{id(1, 0): make([]byte, 1<<20), id(1, 1): 7}}
	server := serve(t, s, ServerConfig{})
	all, err := collect(fetcher(t, FetcherConfig{ValueBytesMax: 1000}), server.Addr(), id(1, 0), id(1, 1))
	if err != nil || !errors.Is(all[0].err, ErrTooLarge) || !strings.Contains(all[0].err.Error(), "at most 1000") || all[1].v != 7 {
		t.Errorf("got %+v, %v", all, err)
	}
}

// A value that is too large for the worker it is put on is not taken, its neighbours are.
func TestPutTooLarge(t *testing.T) {
	s := &shelf{}
	server := serve(t, s, ServerConfig{ValueBytesMax: 1 << 19})
	large := make([]byte, 1<<20)
	items := []Item{{id(1, 0), Value{Any: 1, Bytes: 8}}, {id(1, 1), Value{Any: large, Bytes: int64(len(large))}}, {id(1, 2), Value{Any: "x"}}}
	var errs []error
	f := fetcher(t, FetcherConfig{})
	if err := f.PutAll(t.Context(), server.Addr(), items, func(_ wire.ID, err error) { errs = append(errs, err) }); err != nil {
		t.Fatal(err)
	}
	if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], ErrTooLarge) || !strings.Contains(errs[1].Error(), "at most 524288") || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	if !reflect.DeepEqual(s.values, map[wire.ID]any{id(1, 0): 1, id(1, 2): "x"}) {
		t.Errorf("other values were put")
	}
}

func TestPut(t *testing.T) {
	s := &shelf{}
	server := serve(t, s, ServerConfig{Token: "t"})
	f := fetcher(t, FetcherConfig{Token: "t"})
	large := bytes.Repeat([]byte("0123456789"), 300_000)
	closed := 0
	items := []Item{{id(1, 0), Value{Any: 1, Bytes: 8}}, {id(1, 1), Value{Any: large, Bytes: int64(len(large))}}, {id(1, 2), Value{Any: bad{make(chan int)}}}, {id(1, 3), Value{Any: "x"}}}
	for i := range items {
		items[i].Value.Close = func() { closed++ }
	}
	var errs []error
	if err := f.PutAll(t.Context(), server.Addr(), items, func(_ wire.ID, err error) { errs = append(errs, err) }); err != nil {
		t.Fatal(err)
	}
	if closed != 4 || len(errs) != 4 || errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], ErrValue) || errs[3] != nil {
		t.Errorf("got %v, %d closed", errs, closed)
	}
	if !reflect.DeepEqual(s.values, map[wire.ID]any{id(1, 0): 1, id(1, 1): large, id(1, 3): "x"}) {
		t.Errorf("other values were put")
	}
	s.full = true
	if err := f.Put(t.Context(), server.Addr(), id(2, 0), Value{Any: 5}); !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), "memory is full") {
		t.Errorf("got %v, want that memory is full", err)
	}
	// Refused while the body is on its way: values are closed all the same.
	wrong := fetcher(t, FetcherConfig{Token: "wrong"})
	for i := range items {
		items[i].Value.Bytes = 1 << 20
	}
	closed = 0
	if err := wrong.PutAll(t.Context(), server.Addr(), items, func(_ wire.ID, err error) {}); !errors.Is(err, ErrRefused) || closed != 4 {
		t.Errorf("got %v with %d closed, want ErrRefused", err, closed)
	}
}

func TestReadOfOutgoing(t *testing.T) {
	items := []Item{{id(1, 0), Value{Any: "x"}}}
	var direct, read bytes.Buffer
	f := NewFetcher(FetcherConfig{})
	c := f.begin(t.Context())
	defer f.end(c)
	body := func() *outgoing { return &outgoing{items: items, c: c, done: make(chan struct{})} }
	a, b := body(), body()
	if _, err := a.WriteTo(&direct); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&read, struct{ io.Reader }{b}); err != nil {
		t.Fatal(err)
	}
	a.finish()
	b.finish()
	if !bytes.Equal(direct.Bytes(), read.Bytes()) {
		t.Error("Read gives other bytes than WriteTo")
	}
	if _, err := a.WriteTo(io.Discard); err == nil {
		t.Error("a body was written twice")
	}
}
