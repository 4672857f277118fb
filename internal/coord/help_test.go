package coord

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf/internal/wire"
)

// stage plays stories and keeps the driver's side of them.
type stage struct {
	m    *Machine
	now  time.Duration
	ids  map[Session]uint64
	sent map[string]Request // by session and id, to repeat
}

func newStage(c Config) *stage {
	return &stage{m: New(c), ids: map[Session]uint64{}, sent: map[string]Request{}}
}

// play performs one line: "at 5s", "gone alice silent", "alice again 3" or "alice LockAcquire Name=x Wait=forever".
func (s *stage) play(t *testing.T, line string) string {
	f := strings.Fields(line)
	var out []Effect
	switch {
	case f[0] == "at":
		d, err := time.ParseDuration(f[1])
		if err != nil {
			t.Fatal(err)
		}
		s.now = d
		out = s.m.Tick(d)
	case f[0] == "next":
		at, ok := s.m.Next()
		return fmt.Sprintf("  at %v %v\n", at, ok)
	case f[0] == "state":
		return s.state()
	case f[0] == "restart":
		m, err := Restore(s.m.conf, 1000*time.Second+s.now, s.m.Snapshot(s.now))
		if err != nil {
			t.Fatal(err)
		}
		s.m, s.now = m, 1000*time.Second+s.now
	case f[0] == "gone":
		how := Closed
		if len(f) > 2 && f[2] == "silent" {
			how = Silent
		}
		out = s.m.Gone(s.now, Session(f[1]), how)
	case f[1] == "again":
		id, _ := strconv.ParseUint(f[2], 10, 64)
		out = s.m.Handle(s.now, Session(f[0]), id, s.sent[f[0]+f[2]])
	default:
		name := Session(f[0])
		s.ids[name]++
		r := parse(t, f[1:])
		s.sent[f[0]+strconv.FormatUint(s.ids[name], 10)] = r
		out = s.m.Handle(s.now, name, s.ids[name], r)
	}
	if err := s.m.Check(); err != nil {
		t.Fatalf("after %q: %v", line, err)
	}
	var b strings.Builder
	for _, e := range out {
		fmt.Fprintf(&b, "  %s\n", show(e))
	}
	return b.String()
}

// state sums up what there is.
func (s *stage) state() string {
	return fmt.Sprintf("  %d sessions, %d objects, %d bytes, %d timers, holds %v\n",
		len(s.m.sessions), s.m.objects, s.m.bytes, len(s.m.timers), s.m.Held())
}

// parse reads a request: its type and fields.
func parse(t *testing.T, f []string) Request {
	for _, r := range blank[1:] {
		v := reflect.New(reflect.TypeOf(r)).Elem()
		if v.Type().Name() != f[0] {
			continue
		}
		for _, arg := range f[1:] {
			name, text, _ := strings.Cut(arg, "=")
			field := v.FieldByName(name)
			if !field.IsValid() {
				t.Fatalf("%s has no field %s", f[0], name)
			}
			field.Set(reflect.ValueOf(parseField(t, field.Interface(), text)))
		}
		return v.Interface().(Request)
	}
	t.Fatalf("unknown request %s", f[0])
	return nil
}

func parseField(t *testing.T, zero any, text string) any {
	n, bad := strconv.Atoi(text)
	switch zero.(type) {
	case string:
		return text
	case []byte:
		return []byte(text)
	case int:
		return n
	case int64:
		return int64(n)
	case uint64:
		return uint64(n)
	case bool:
		return text == "true"
	case []string:
		return strings.Split(text, ",")
	case []uint64:
		var out []uint64
		for _, p := range strings.Split(text, ",") {
			n, _ := strconv.ParseUint(p, 10, 64)
			out = append(out, n)
		}
		return out
	case time.Duration:
		if text == "forever" {
			return Forever
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	case Space:
		return Space(slices.Index(spaceNames[:], text))
	case Value:
		return parseValue(text)
	case []Leaf:
		var out []Leaf
		for _, p := range strings.Split(text, ",") {
			path, value, _ := strings.Cut(p, ":")
			l := Leaf{Bytes: []byte(value)}
			if path != "" {
				l.Path = strings.Split(path, "/")
			}
			out = append(out, l)
		}
		return out
	}
	t.Fatalf("cannot parse %q as %T: %v", text, zero, bad)
	return nil
}

// parseValue reads "text" or "@7,8", the futures 1.0[7] and 1.0[8].
func parseValue(text string) (v Value) {
	ids, futures := strings.CutPrefix(text, "@")
	if !futures {
		return Value{Bytes: []byte(text)}
	}
	for _, p := range strings.Split(ids, ",") {
		n, _ := strconv.Atoi(p)
		v.IDs = append(v.IDs, wire.ID{Layer: wire.NewLayerID(1, 0), Index: int32(n)})
	}
	return v
}

func show(e Effect) string {
	switch e := e.(type) {
	case Reply:
		if e.Err != nil {
			return fmt.Sprintf("%s %d: error %d %s", e.Session, e.Request, e.Err.Code, e.Err.Text)
		}
		return fmt.Sprintf("%s %d:%s", e.Session, e.Request, showResult(e.Result))
	case Deliver:
		return fmt.Sprintf("%s gets of %s (%d):%s", e.Session, e.Topic, e.Subscription, showMessages(e.Messages))
	case Hold:
		return fmt.Sprintf("hold %v", e.IDs)
	case Drop:
		return fmt.Sprintf("drop %v", e.IDs)
	}
	return "?"
}

func showMessages(ms []Message) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, " %d=%s", m.Seq, m.Data)
	}
	return b.String()
}

func showValue(v Value) string {
	if len(v.IDs) > 0 {
		return fmt.Sprint(v.IDs)
	}
	return string(v.Bytes)
}

func showResult(r Result) string {
	var b strings.Builder
	if !r.OK {
		b.WriteString(" no")
	}
	if r.Token > 0 {
		fmt.Fprintf(&b, " token %d", r.Token)
	}
	if r.Tokens != nil {
		fmt.Fprintf(&b, " not held %v", r.Tokens)
	}
	if r.Count > 0 {
		fmt.Fprintf(&b, " count %d", r.Count)
	}
	if r.Seq > 0 {
		fmt.Fprintf(&b, " seq %d", r.Seq)
	}
	if r.Names != nil {
		fmt.Fprintf(&b, " names %v", r.Names)
	}
	if r.Value.size() > 0 {
		fmt.Fprintf(&b, " value %s", showValue(r.Value))
	}
	for _, i := range r.Items {
		fmt.Fprintf(&b, " item %d=%s", i.Seq, showValue(i.Value))
	}
	for _, l := range r.Leaves {
		fmt.Fprintf(&b, " %s=%s", strings.Join(l.Path, "/"), l.Bytes)
	}
	b.WriteString(showMessages(r.Messages))
	if b.Len() == 0 {
		return " ok"
	}
	return b.String()
}
