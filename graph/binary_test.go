package graph

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mappings(t testing.TB) []Mapping {
	axes, err := Blockwise([]int{2, 3}, []int{3, 1, 2}, []int{1, -1, 0})
	if err != nil {
		t.Fatal(err)
	}
	window, err := NewWindow([]int{2}, []int{5, 2}, []int{0, -1}, [][]Span{{{0, 3}, {3, 5}}, {{0, 2}}})
	if err != nil {
		t.Fatal(err)
	}
	return []Mapping{Each{}, All{7}, axes, window, Table{Start: []int32{0, 2, 3}, Index: []int32{9, 0, 4}}}
}

func TestMappingBytes(t *testing.T) {
	for _, m := range append(mappings(t), nil) {
		b := AppendMapping([]byte("x"), m)
		got, rest, err := ParseMapping(append(b[1:], "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Fatalf("%v: rest %q, err %v", m, rest, err)
		}
		if d := cmp.Diff(m, got, cmp.AllowUnexported(Axes{}, Window{})); d != "" {
			t.Errorf("%v (-want +got):\n%s", m, d)
		}
		for k := range len(b) - 1 {
			if _, rest, err := ParseMapping(b[1 : 1+k]); err == nil && rest == nil {
				t.Errorf("%v cut to %d bytes gave no error", m, k)
			}
		}
	}
}

func TestTokenBytes(t *testing.T) {
	want := NewHasher("x").Sum()
	b := want.AppendBytes(nil)
	if got := TokenFromBytes([TokenBytes]byte(b)); got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// TestAxesStrides checks that strides which do not belong to the input are refused and not followed.
func TestAxesStrides(t *testing.T) {
	b := AppendMapping(nil, mappings(t)[2])
	b[len(b)-1] += 20
	m, _, err := ParseMapping(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.check([]int{2, 3}, 6, []int{3, 1, 2}, 6); err == nil {
		t.Error("got no error")
	}
}

func FuzzParseMapping(f *testing.F) {
	for _, m := range mappings(f) {
		f.Add(AppendMapping(nil, m))
	}
	f.Add([]byte{'t', 200})
	f.Add([]byte{'w', 0, 0, 0, 1, 1, 254, 255, 255, 255, 15, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _, err := ParseMapping(b)
		if err != nil || m == nil {
			return
		}
		// Mappings that fit are followed without a panic and stay inside.
		in := &Layer{name: "in", space: []int{3, 2}, n: 6, op: aliasOp{}}
		l, err := New(Spec{Name: "l", Op: aliasOp{}, Space: []int{2, 3}, Edges: []Edge{{in, m}}})
		if err == nil {
			for i := range l.n {
				refs, _ := l.Deps(i, nil, nil)
				for _, r := range refs {
					if r.Index < 0 || int(r.Index) >= in.n {
						t.Fatalf("task %d needs task %d", i, r.Index)
					}
				}
			}
		}
		again := AppendMapping(nil, m)
		if back, _, err := ParseMapping(again); err != nil || !bytes.Equal(AppendMapping(nil, back), again) {
			t.Fatalf("%x: %v", again, err)
		}
	})
}
