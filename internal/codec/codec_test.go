package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sheaf/internal/codec"
)

type inner struct {
	a int8
	b int64
	s string
}

type everything struct {
	Bool    bool
	I       int
	I8      int8
	u16     uint16
	F32     float32
	f64     float64
	C       complex128
	S       string
	bytes   []byte
	Ints    []int
	Strs    []string
	Inners  []inner
	Arr     [3]inner
	M       map[string]int
	m2      map[inner]*inner
	M3      map[int]any
	P       *int
	Any     any
	Err     fmt.Stringer
	T       time.Time
	Big     *big.Int
	Rat     big.Rat
	Addr    netip.Addr
	U       *url.URL
	Nested  struct{ X, y []float64 }
	Mu      sync.Mutex
	_       int
	Flags   []bool
	Empty   struct{}
	Empties []struct{}
	Cb      func()
	Ch      chan int
}

type name string

func (n name) String() string { return string(n) }

func full() *everything {
	seven := 7
	u, _ := url.Parse("https://example.org/a?b=c")
	return &everything{
		Bool: true, I: -5, I8: 3, u16: 65535, F32: 1.5, f64: math.Inf(-1), C: 2 + 3i, S: "héllo", bytes: []byte{1, 2},
		Ints: []int{1, 2, 3}, Strs: []string{"a", "", strings.Repeat("x", 1000)}, Inners: []inner{{1, 2, "x"}, {}},
		Arr: [3]inner{1: {5, 6, "y"}}, M: map[string]int{"k": 1, "": 2}, m2: map[inner]*inner{{s: "q"}: {a: 1}},
		M3: map[int]any{1: "s", 2: []any{1, 2.5, nil, map[string]any{"x": true}}}, P: &seven,
		Any: inner{9, 9, "any"}, Err: name("stringer"), T: time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC),
		Big: new(big.Int).Exp(big.NewInt(10), big.NewInt(50), nil), Rat: *big.NewRat(1, 3),
		Addr: netip.MustParseAddr("fe80::1%eth0"), U: u, Nested: struct{ X, y []float64 }{[]float64{1}, []float64{}},
		Flags: []bool{true, false}, Empties: make([]struct{}, 1000),
	}
}

var deep = []cmp.Option{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }),
	cmp.Comparer(func(a, b big.Rat) bool { return a.Cmp(&b) == 0 }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) && a.Location().String() == b.Location().String() }),
	cmp.Comparer(func(a, b reflect.Type) bool { return a == b }),
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
}

func roundTrip(t testing.TB, v any) any {
	t.Helper()
	data, err := codec.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	back, err := codec.Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	var frame bytes.Buffer
	if err := codec.EncodeFrame(&frame, v); err != nil {
		t.Fatal(err)
	}
	frame.WriteString("rest")
	again, err := codec.DecodeFrame(&frame)
	if err != nil {
		t.Fatal(err)
	}
	if frame.String() != "rest" {
		t.Fatalf("the frame's reader left %q, want %q", frame.String(), "rest")
	}
	if diff := cmp.Diff(back, again, deep...); diff != "" {
		t.Fatalf("frame and plain differ: %s", diff)
	}
	return back
}

func TestRoundTrip(t *testing.T) {
	for i, v := range []any{
		nil, true, 1, "x", []byte(nil),
		[]byte{},
		[]int64{1, 2},
		[]any{nil, 1, "x"},
		full(), *full(), &everything{},
		map[string][]int{"a": {1}},
		[2]*inner{nil, {a: 1}},
		struct{}{},
		[]struct{}{{}, {}},
		[0]int{},
		map[struct{}]int{{}: 1},
		map[bool]struct{}{true: {}},
		map[any]any{1: "one", "two": 2, inner{s: "k"}: nil},
		(*int)(nil),
		[]*int{nil},
		struct{ P *inner }{&inner{s: "one pointer"}},
		[1]map[string]int{{"a": 1}},
		name("n"),
		[]name{"a", "b"},
		map[name]name{"a": "b"},
		math.Copysign(0, -1),
		time.Time{},
		[]time.Time{{}},
		reflect.TypeFor[inner](),
		time.FixedZone("X", 3600),
		[]float32{1},
		make([]string, 5000),
		[][]string{{"a"}, nil, {}},
		new(new(1)),
	} {
		if diff := cmp.Diff(v, roundTrip(t, v), deep...); diff != "" {
			t.Errorf("case %d: %s", i, diff)
		}
	}
}

func TestLargeBulk(t *testing.T) {
	f := make([]float64, 3<<20)
	s := make([]string, 100_000)
	p := make([]*inner, 50_000)
	for i := range f {
		f[i] = float64(i)
	}
	for i := range s {
		s[i] = strings.Repeat("ab", i%300)
	}
	for i := range p {
		p[i] = &inner{int8(i), int64(i), "s"}
	}
	for _, v := range []any{f, s, p} {
		var buf bytes.Buffer
		if err := codec.EncodeFrame(&buf, v); err != nil {
			t.Fatal(err)
		}
		if got, err := codec.DecodeFrame(&buf); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%T came back different, %v", v, err)
		}
	}
}

type node struct {
	val  int
	next *node
	m    map[string]*node
}

func TestIdentity(t *testing.T) {
	a := &node{val: 1}
	a.next = &node{val: 2, next: a}
	a.m = map[string]*node{"self": a, "next": a.next}
	a.next.m = a.m
	b := roundTrip(t, a).(*node)
	if b.next.next != b || b.m["self"] != b || b.m["next"] != b.next {
		t.Error("the cycle is not the same cycle")
	}
	b.m["new"] = nil
	if _, shared := b.next.m["new"]; !shared {
		t.Error("the shared map became two maps")
	}
	self := map[string]any{}
	self["me"] = self
	got := roundTrip(t, []any{self}).([]any)[0].(map[string]any)
	got["mark"] = 1
	if got["me"].(map[string]any)["mark"] != 1 {
		t.Error("the map that contains itself became two maps")
	}
}

func TestLongListNeedsNoStack(t *testing.T) {
	var list *node
	for i := range 300_000 {
		list = &node{val: i, next: list}
	}
	data, err := codec.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	back, err := codec.Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for l := back.(*node); l != nil; l = l.next {
		n++
	}
	if n != 300_000 {
		t.Errorf("got %d nodes, want 300000", n)
	}
}

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	for _, loc := range []*time.Location{time.UTC, time.Local, berlin, time.FixedZone("CET", 7200), time.FixedZone("", -60)} {
		for _, v := range []time.Time{time.Date(2026, 7, 1, 2, 3, 4, 5, loc), time.Date(1, 1, 1, 0, 0, 0, 0, loc), time.Now().In(loc)} {
			got := roundTrip(t, v).(time.Time)
			gn, goff := got.Zone()
			wn, woff := v.Zone()
			if !got.Equal(v) || goff != woff || gn != wn && loc.String() != "" {
				t.Errorf("got %v, want %v", got, v)
			}
		}
	}
	if got := roundTrip(t, time.Time{}); got != any(time.Time{}) {
		t.Errorf("got %#v, want the zero time", got)
	}
}

type job struct {
	Name string
	cb   func()
	opts []*jobOpts
}

type jobOpts struct{ Done map[string]chan int }

func TestUnsupportedNamesThePath(t *testing.T) {
	c := make(chan int)
	loop := []any{nil}
	loop[0] = loop
	for _, tc := range []struct {
		v    any
		want string
		is   error
	}{
		{job{cb: func() { close(c) }}, "", codec.ErrUnsupported},
		{
			&job{opts: []*jobOpts{nil, {map[string]chan int{"x": c}}}},
			`codec: codec_test.job.opts[1].Done["x"]: cannot encode chan int: type has no encoding`, codec.ErrUnsupported,
		},
		{[]any{1, []any{c}}, "codec: []interface {}[1].([]interface {})[0].(chan int): cannot encode chan int: type has no encoding", codec.ErrUnsupported},
		{c, "codec: chan int: cannot encode chan int: type has no encoding", codec.ErrUnsupported},
		{loop, "", codec.ErrDepth},
		{&sync.Map{}, "codec: sync.Map: cannot encode sync.Map: type has no encoding: it belongs to the goroutines of one process", codec.ErrUnsupported},
	} {
		_, err := codec.Marshal(tc.v)
		if !errors.Is(err, tc.is) || tc.want != "" && err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}

type promoted struct {
	time.Time
	extra int
}

func TestPromotedMethodsDoNotHideFields(t *testing.T) {
	v := promoted{time.Unix(5, 0).UTC(), 42}
	if got := roundTrip(t, v).(promoted); got.extra != 42 || !got.Equal(v.Time) {
		t.Errorf("got %+v, want %+v", got, v)
	}
}

type table struct{ rows []int }

func init() {
	codec.Register(func(w io.Writer, v *table) error {
		_, err := fmt.Fprint(w, len(v.rows), strings.Repeat(" 1", len(v.rows)))
		return err
	}, func(r io.Reader) (*table, error) {
		var n int
		if _, err := fmt.Fscan(r, &n); err != nil {
			return nil, err
		}
		if n < 0 || n > 1<<20 {
			return nil, errors.New("bad count")
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return nil, err
		}
		return &table{make([]int, n)}, nil
	})
}

func TestRegister(t *testing.T) {
	a, b := &table{make([]int, 3)}, &table{make([]int, 70_000)}
	got := roundTrip(t, []any{a, b, a, (*table)(nil), []*table{b}}).([]any)
	if len(got[0].(*table).rows) != 3 || len(got[1].(*table).rows) != 70_000 || got[0] != got[2] || got[3] != (*table)(nil) ||
		got[4].([]*table)[0] != got[1] {
		t.Errorf("got %v", got)
	}
}

func TestDeterministic(t *testing.T) {
	m := map[string]map[int]any{}
	for i := range 50 {
		m[fmt.Sprint(i)] = map[int]any{i: 1, -i: "x", i + 1: map[inner]bool{{s: "a"}: true, {s: "b"}: false}}
	}
	var first []byte
	for range 5 {
		var buf bytes.Buffer
		e := codec.NewEncoder(&buf)
		e.Deterministic = true
		if err := e.Encode(m); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = buf.Bytes()
		} else if !bytes.Equal(first, buf.Bytes()) {
			t.Fatal("equal maps gave different bytes")
		}
		if back, err := codec.Decode(&buf); err != nil || !cmp.Equal(any(m), back, deep...) {
			t.Fatalf("got %v, %v", back, err)
		}
	}
}

func TestStream(t *testing.T) {
	var buf bytes.Buffer
	e := codec.NewEncoder(&buf)
	shared := &inner{s: "shared"}
	for i := range 1000 {
		if err := e.Encode(map[string]any{"i": i, "p": []*inner{shared, shared}}); err != nil {
			t.Fatal(err)
		}
		if err := codec.EncodeTo(e, inner{b: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	d := codec.NewDecoder(&buf)
	for i := range 1000 {
		v, err := d.Decode()
		if err != nil || v.(map[string]any)["i"] != i {
			t.Fatalf("value %d: got %v, %v", i, v, err)
		}
		if p := v.(map[string]any)["p"].([]*inner); p[0] != p[1] || p[0].s != "shared" {
			t.Fatalf("value %d: got %v", i, p)
		}
		if s, err := codec.DecodeFrom[inner](d); err != nil || s.b != int64(i) {
			t.Fatalf("value %d: got %v, %v", i, s, err)
		}
	}
	if _, err := d.Decode(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v at the end, want io.EOF", err)
	}
}

func TestTypedMismatch(t *testing.T) {
	var buf bytes.Buffer
	if err := codec.EncodeAs(&buf, []int{1}); err != nil {
		t.Fatal(err)
	}
	_, err := codec.DecodeAs[[]string](&buf)
	if err == nil || !strings.Contains(err.Error(), "the data is a []int, not a []string") {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ left int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	for _, left := range []int{0, 4, 100, 70_000} {
		err := codec.EncodeFrame(&failingWriter{left}, []any{"x", make([]float64, 1<<20)})
		if err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("got %v, want disk full", err)
		}
	}
}

func TestEveryDamageIsNoticed(t *testing.T) {
	var buf bytes.Buffer
	if err := codec.EncodeFrame(&buf, full()); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		if _, err := codec.DecodeFrame(bytes.NewReader(bad)); !errors.Is(err, codec.ErrCorrupt) && !errors.Is(err, codec.ErrTruncated) {
			t.Fatalf("bit flipped at %d of %d: got %v", i, len(data), err)
		}
		if _, err := codec.DecodeFrame(bytes.NewReader(data[:i])); i > 0 && !errors.Is(err, codec.ErrTruncated) {
			t.Fatalf("cut at %d of %d: got %v", i, len(data), err)
		}
	}
	if _, err := codec.DecodeFrame(bytes.NewReader(nil)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want io.EOF", err)
	}
}

func TestSwappedBlocksAreNoticed(t *testing.T) {
	var one, two bytes.Buffer
	w := codec.NewFrameWriter(&one)
	block := make([]byte, 60<<10)
	for i := range 2 {
		block[0] = byte(i)
		w.Write(block)
		w.Write(block[:40<<10])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := one.Bytes()
	n := 12 + 60<<10
	two.Write(b[:4])
	two.Write(b[4+n : 4+n+12+40<<10])
	two.Write(b[4 : 4+n])
	_, err := io.ReadAll(codec.NewFrameReader(&two))
	if !errors.Is(err, codec.ErrChecksum) {
		t.Errorf("got %v, want a checksum error", err)
	}
}

func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genValue(t, 4)
		data, err := codec.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []io.Reader{bytes.NewReader(data), oneByte{bytes.NewReader(data)}} {
			back, err := codec.Decode(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, back, deep...); diff != "" {
				t.Fatal(diff)
			}
		}
		cut := rapid.IntRange(0, len(data)-1).Draw(t, "cut")
		if _, err := codec.Unmarshal(data[:cut]); err == nil {
			t.Fatalf("%d of %d bytes decoded", cut, len(data))
		}
	})
}

// oneByte returns one byte a read, as a slow network may.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func genValue(t *rapid.T, depth int) any {
	kinds := 9
	if depth == 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return rapid.Int64().Draw(t, "i")
	case 1:
		return rapid.String().Draw(t, "s")
	case 2:
		return rapid.SliceOf(rapid.Int16()).Draw(t, "i16s")
	case 3:
		return inner{rapid.Int8().Draw(t, "a"), rapid.Int64().Draw(t, "b"), rapid.String().Draw(t, "s")}
	case 4:
		return rapid.MapOf(rapid.String(), rapid.Int()).Draw(t, "m")
	case 5:
		return rapid.SliceOf(rapid.String()).Draw(t, "strs")
	case 6:
		return nil
	case 7:
		v := make([]any, rapid.IntRange(0, 4).Draw(t, "n"))
		for i := range v {
			v[i] = genValue(t, depth-1)
		}
		return v
	case 8:
		return map[string]any{"k": genValue(t, depth-1), "l": genValue(t, depth-1)}
	default:
		return &node{val: 3, m: map[string]*node{"x": {val: rapid.Int().Draw(t, "v")}}}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, v := range []any{
		nil, 1, "x", full(),
		[]any{1, "a", map[string]any{"x": nil}},
		map[any]any{inner{}: 1},
		&table{},
		[]string{"a"},
		[3]bool{true},
		&node{m: map[string]*node{}}, time.Now(), reflect.TypeFor[int](),
	} {
		data, err := codec.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := codec.Unmarshal(data)
		w, err2 := codec.Decode(bytes.NewReader(data))
		if err == nil && err2 != nil {
			t.Fatalf("from bytes %v, from a reader %v", v, err2)
		}
		if err == nil && w != nil {
			if _, err := codec.Marshal(w); err != nil && !errors.Is(err, codec.ErrDepth) {
				t.Fatalf("what was decoded cannot be encoded: %v", err)
			}
		}
	})
}

func FuzzFrame(f *testing.F) {
	var buf bytes.Buffer
	if err := codec.EncodeFrame(&buf, full()); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = codec.DecodeFrame(bytes.NewReader(data))
	})
}

func TestFrameAbort(t *testing.T) {
	var buf bytes.Buffer
	fw := codec.NewFrameWriter(&buf)
	if _, err := fw.Write(make([]byte, 3<<20)); err != nil {
		t.Fatal(err)
	}
	if err := fw.Abort("the disk is gone"); err != nil {
		t.Fatal(err)
	}
	end := buf.Len()
	if err := codec.EncodeFrame(&buf, 42); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	r := bytes.NewReader(data)
	_, err := io.Copy(io.Discard, codec.NewFrameReader(r))
	if abort, ok := errors.AsType[*codec.AbortError](err); !ok || abort.Reason != "the disk is gone" {
		t.Errorf("got %v, want an AbortError", err)
	}
	if v, err := codec.DecodeFrame(r); v != 42 || err != nil {
		t.Errorf("the frame behind it: got %v %v, want 42", v, err)
	}
	// Damage to the reason, to the mark before it or to a block is damage.
	for _, at := range []int{end - 1, end - 30, 100} {
		damaged := bytes.Clone(data[:end])
		damaged[at]++
		if _, err := io.Copy(io.Discard, codec.NewFrameReader(bytes.NewReader(damaged))); !errors.Is(err, codec.ErrCorrupt) {
			t.Errorf("byte %d: got %v, want ErrCorrupt", at, err)
		}
	}
}

func TestExpect(t *testing.T) {
	var buf bytes.Buffer
	want := make([]int32, 10<<20)
	for i := range want {
		want[i] = int32(i * i)
	}
	if err := codec.Encode(&buf, want); err != nil {
		t.Fatal(err)
	}
	for _, expect := range []int64{0, 40 << 20, -1} {
		d := codec.NewDecoder(struct{ io.Reader }{bytes.NewReader(buf.Bytes())})
		d.Expect(expect)
		got, err := d.Decode()
		if err != nil || !slices.Equal(got.([]int32), want) {
			t.Errorf("expecting %d: got other values, %v", expect, err)
		}
	}
	d := codec.NewDecoderBytes(append(marshal(t, 1), marshal(t, 2)...))
	if a, err := d.Decode(); a != 1 || err != nil {
		t.Errorf("got %v %v, want 1", a, err)
	}
}

func marshal(t *testing.T, v any) []byte {
	b, err := codec.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
