package agent

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTail(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   string
		want []string
	}{
		{"few lines", "a\nb\n", []string{"a", "b"}},
		{"no end", "a\nb", []string{"a", "b"}},
		{"many lines", "a\nb\nc\nd\ne\n", []string{"c", "d", "e"}},
		{"windows", "a\r\n\r\n", []string{"a", ""}},
		{"a short panic", "x\npanic: no\n1\n", []string{"x", "panic: no", "1"}},
		{"a long panic", "x\ny\npanic: no\n" + lines(1, 20), []string{
			"panic: no", "1", "2", "3", "4", "5", "6", "7", "… 10 lines …", "18", "19", "20",
		}},
		{"a panic of middling length", "panic: no\n" + lines(1, 5), []string{"panic: no", "1", "2", "3", "4", "5"}},
		{"the last of two panics", "panic: no\n" + lines(1, 20) + "fatal error: all asleep\n" + lines(1, 3), []string{"fatal error: all asleep", "1", "2", "3"}},
		{"words that begin like a signal", "SIGNAL lost\na\nb\nc\n", []string{"a", "b", "c"}},
	} {
		for _, r := range []io.Reader{strings.NewReader(tc.in), iotest.OneByteReader(strings.NewReader(tc.in))} {
			tail := tail{max: 3}
			tail.follow(r, nil, nil, "")
			if diff := cmp.Diff(tc.want, tail.get()); diff != "" {
				t.Errorf("%s: %s", tc.name, diff)
			}
		}
	}
}

func lines(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// TestFollowKeepsAllText checks that nothing is lost however lines and reads are cut.
func TestFollowKeepsAllText(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(0, 5).Draw(r, "lines") {
			text.WriteString(strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 50, lineBytesMax - 1, lineBytesMax, lineBytesMax + 1, 3 * lineBytesMax}).Draw(r, "length")))
			text.WriteString("\n")
		}
		var out bytes.Buffer
		var lock sync.Mutex
		tail := tail{max: 100}
		tail.follow(iotest.HalfReader(strings.NewReader(text.String())), &out, &lock, "> ")
		strip := func(s string) string { return strings.NewReplacer("> ", "", "\n", "").Replace(s) }
		if strip(out.String()) != strip(text.String()) {
			r.Fatalf("got %d bytes, want %d", len(strip(out.String())), len(strip(text.String())))
		}
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, "> ") || len(line) > lineBytesMax+3 {
				r.Fatalf("got a line of %d bytes", len(line))
			}
		}
	})
}

func TestFrames(t *testing.T) {
	var buf bytes.Buffer
	for _, payload := range []string{"", "a", strings.Repeat("b", 1000)} {
		if err := writeFrame(&buf, frameReady, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		kind, got, err := readFrame(&buf, 1000)
		if kind != frameReady || string(got) != payload || err != nil {
			t.Errorf("got %q %q %v", kind, got, err)
		}
	}
	writeFrame(&buf, frameReady, make([]byte, 1001))
	if _, _, err := readFrame(&buf, 1000); err == nil || !strings.Contains(err.Error(), "more than 1000") {
		t.Errorf("got %v", err)
	}
}

// FuzzFrame reads whatever a program writes that was never meant to be a worker.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 'R', 'x'})
	f.Add([]byte{0, 0, 0, 9, 'R', 'x'})
	f.Add([]byte("\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, payload, err := readFrame(bytes.NewReader(data), reportBytesMax)
		if err == nil && (len(data) < 5+len(payload) || data[4] != kind || !bytes.Equal(payload, data[5:5+len(payload)])) {
			t.Errorf("got %q %q of %q", kind, payload, data)
		}
	})
}

// FuzzDocument reads a configuration that some other agent has made.
func FuzzDocument(f *testing.F) {
	good, err := document(Identity{"w-0", 0, 1}, []byte("config"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var w Worker
		if err := w.read(data); err == nil && len(w.Document) > len(data)-4 {
			t.Errorf("got %q of %q", w.Document, data)
		}
		if bytes.Equal(data, good) && (string(w.Document) != "config" || w.Name != "w-0" || w.Incarnation != 1) {
			t.Errorf("got %+v", w.Identity)
		}
	})
}

func TestMarker(t *testing.T) {
	m := marker{1, 3, 4, 5, 99}
	_, text, _ := strings.Cut(m.String(), "=")
	if got, ok := parseMarker(text); !ok || got != m {
		t.Errorf("got %+v, %v", got, ok)
	}
	if _, ok := parseMarker(text + ",later"); !ok {
		t.Error("a later protocol's marker was not read")
	}
	for _, bad := range []string{"", "1,2", "1,3,4,x,5", "1,3,-4,5,6"} {
		if _, ok := parseMarker(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}
