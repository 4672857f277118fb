package wire

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf/graph"
)

// fill sets v and everything in it to something that chance chooses.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[graph.Token]():
		h := graph.NewHasher("test")
		h.Int(r.Int())
		v.Set(reflect.ValueOf(h.Sum()))
		return
	case reflect.TypeFor[graph.Mapping]():
		ms := []graph.Mapping{nil, graph.Each{}, graph.All{N: r.IntN(9)}, graph.Table{Start: []int32{0, 1}, Index: []int32{4}}}
		if m := ms[r.IntN(len(ms))]; m != nil {
			v.Set(reflect.ValueOf(m))
		}
		return
	case reflect.TypeFor[Body]():
		b := reflect.New(reflect.TypeOf(bodyTypes[r.IntN(len(bodyTypes))]).Elem())
		fill(r, b.Elem(), depth)
		v.Set(b)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case reflect.String:
		v.SetString(fmt.Sprint(r.IntN(1000)))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> (64 - v.Type().Bits() + r.IntN(v.Type().Bits())))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits() + r.IntN(v.Type().Bits())))
	case reflect.Slice:
		if n := r.IntN(4); n > 0 && depth < 6 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(r, v.Index(i), depth+1)
			}
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), depth)
		}
	default:
		panic(v.Type())
	}
}

func TestEveryMessageComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		for _, m := range messages {
			v := reflect.New(reflect.TypeOf(m).Elem())
			fill(r, v.Elem(), 0)
			if f := v.Elem().FieldByName("Version"); f.IsValid() && f.Kind() == reflect.Int { // of a hello; see TestHellosOfOtherVersions
				f.SetInt(Version)
			}
			want := v.Interface().(Message)
			b, err := Append(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(b)
			if err != nil {
				t.Fatalf("round %d: %T: %v", round, m, err)
			}
			if d := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); d != "" {
				t.Fatalf("round %d: %T (-want +got):\n%s", round, m, d)
			}
			if n := r.IntN(len(b)); n > 0 { // no truncated message passes
				if _, err := Parse(b[:n]); !errors.Is(err, ErrMalformed) {
					t.Fatalf("%T cut to %d of %d bytes: got %v, want ErrMalformed", m, n, len(b), err)
				}
			}
		}
	}
}

// TestKindsAreComplete: every kind has a message, so that no peer can crash another by a number.
func TestKindsAreComplete(t *testing.T) {
	for k := Kind(1); k < kindEnd; k++ {
		if codecs[k].dec == nil {
			t.Errorf("no message has kind %d", k)
		}
	}
	for k := BodyKind(1); k < bodyEnd; k++ {
		if bodies[k].dec == nil {
			t.Errorf("no body has kind %d", k)
		}
	}
}

func TestBatchesAreSmall(t *testing.T) {
	m := &Done{}
	for i := range int32(1000) {
		m.Tasks = append(m.Tasks, DoneTask{ID: ID{Layer: NewLayerID(3, 7), Index: i}, Attempt: 1, Bytes: 8, Start: 0, Nanos: 900})
	}
	b, err := Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	if per := len(b) / len(m.Tasks); per > 9 {
		t.Errorf("got %d bytes for a finished task, want at most 9", per)
	}
}

func TestRefusesNilAndForgedLengths(t *testing.T) {
	if _, err := Append(nil, (*Done)(nil)); err == nil {
		t.Error("a nil message was encoded")
	}
	forged := []byte{byte(KindDone), 0xff, 0xff, 0xff, 0xff, 0x0f}
	if _, err := Parse(forged); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
}

// A hello of another version may have more fields or fewer. Its version is read all the same, so that its sender hears of both.
func TestHellosOfOtherVersions(t *testing.T) {
	for _, m := range []Message{
		&ClientHello{Version: Version + 1, Name: "c"}, &WorkerHello{Version: Version + 1, Name: "w"}, &AgentHello{Version: Version + 1, Name: "a"},
	} {
		whole, err := Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"a field more": append(whole[:len(whole):len(whole)], 7, 7), "fewer fields": whole[:len(whole)-2]} {
			got, err := Parse(b)
			if err != nil {
				t.Errorf("%T with %s: %v", m, name, err)
				continue
			}
			if v := reflect.ValueOf(got).Elem(); v.Type() != reflect.TypeOf(m).Elem() || v.FieldByName("Version").Int() != Version+1 || v.FieldByName("Name").String() != "" {
				t.Errorf("%T with %s: got %+v", m, name, got)
			}
		}
	}
	own, err := Append(nil, &ClientHello{Version: Version})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(append(own, 7)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a malformed hello of this version: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, m := range messages {
		v := reflect.New(reflect.TypeOf(m).Elem())
		fill(r, v.Elem(), 0)
		b, _ := Append(nil, v.Interface().(Message))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(again); err != nil {
			t.Fatalf("%T: what was parsed cannot be parsed again: %v", m, err)
		}
	})
}

func BenchmarkDone(b *testing.B) {
	m := &Done{}
	for i := range int32(1000) {
		m.Tasks = append(m.Tasks, DoneTask{ID: ID{Layer: NewLayerID(3, 7), Index: i}, Attempt: 1, Bytes: 8, Start: 1 << 60, Nanos: 900})
	}
	var buf []byte
	for b.Loop() {
		buf, _ = Append(buf[:0], m)
		if _, err := Parse(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/task")
}
