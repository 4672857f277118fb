package page

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// evil is what a name, a message or a host may be.
const evil = `</td><script>alert(1)</script>"'><img src=x onerror=alert(1)><a href="javascript:alert(1)">{{.}}</a>` + "`${alert(1)}`"

// spoil sets all texts in v to evil, all numbers to 7, and makes slices of two.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			spoil(v.Index(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		spoil(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			spoil(v.Field(i))
		}
	}
}

// harmless fails the test if a page has any script but its own, or anything else by which a text could do something.
func harmless(t *testing.T, what string, b []byte) (text string) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"html", "head", "meta", "title", "link", "noscript", "script", "body", "header", "h1", "h2", "main", "ul", "li", "b", "p", "div", "table", "thead", "tbody", "tr",
		"th", "td", "progress", "meter", "br", "span", "form", "label", "input", "button",
	}
	var all strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			all.WriteString(n.Data)
		case html.ElementNode:
			if !slices.Contains(allowed, n.Data) {
				t.Errorf("%s: there is an element <%s>", what, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.Contains(a.Val, "alert(") && a.Key != "value" {
					t.Errorf("%s: <%s %s=%q>", what, n.Data, a.Key, a.Val)
				}
			}
			if n.Data == "script" && (n.FirstChild != nil || len(n.Attr) == 0 || n.Attr[0].Key != "src" || n.Attr[0].Val != "page.js") {
				t.Errorf("%s: a script that is not the page's: %v", what, n.Attr)
			}
		}
	}
	return all.String()
}

// TestNothingFromUsersActs: texts from users, whatever they are, are texts on the page.
func TestNothingFromUsersActs(t *testing.T) {
	s := &State{}
	spoil(reflect.ValueOf(s).Elem())
	for what, write := range map[string]func(*bytes.Buffer) error{
		"page":  func(b *bytes.Buffer) error { return Write(b, s) },
		"body":  func(b *bytes.Buffer) error { return WriteBody(b, s) },
		"login": func(b *bytes.Buffer) error { return WriteLogin(b, evil, evil) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		text := harmless(t, what, b.Bytes())
		if n := strings.Count(text, evil); what != "login" && n < 40 || n < 2 {
			t.Errorf("%s: the text stands there %d times", what, n)
		}
	}
}

// TestPage looks for what a page is to show.
func TestPage(t *testing.T) {
	s := &State{
		Cluster: &wire.Cluster{
			Name: "mine", UptimeMS: 3_600_000, Done: 12345, Tasks: []wire.StateCount{{State: "processing", Tasks: 3}}, Unrunable: []string{"2 tasks need GPU=1"},
			Workers: []wire.WorkerInfo{{
				Peer: wire.Peer{Name: "w1", Host: "node7", Threads: 4}, Status: "paused", Processing: 5,
				Beat: wire.Heartbeat{MemoryBytes: 1 << 30, LimitBytes: 4 << 30, SpillBytes: 1 << 20, Reason: "memory", CPUPercent: 87.4},
			}},
			Clients: []wire.ClientInfo{{Number: 3, Name: "client", Process: "laptop:77", Claims: 9}},
		},
		Overview: &scheduler.Overview{
			Prefixes: []scheduler.Prefix{{Name: "inc", Tasks: 8, Done: 2, Processing: 1}},
			Graphs:   []scheduler.GraphState{{Serial: 4, Client: 3, Name: "sum", Span: []string{"etl", "load"}, Tasks: 8, Left: 6}},
			Spans: []wire.Span{
				{Path: []string{"etl", "load"}, Tasks: 8, Done: 2, Nanos: 1_500_000_000, MovedBytes: 2048, Functions: []string{"main.load (etl.go:7)"}},
				{Path: []string{"etl"}, Tasks: 1},
				{Path: []string{"a", "b"}},
			},
			Failures: []scheduler.Failure{{Ago: 90 * time.Second, Key: "load-1", Worker: "w1", Message: "no such file"}},
			Events:   []scheduler.Event{{Ago: time.Second, Topic: "cluster", Text: "worker w1 joined"}},
		},
	}
	var b bytes.Buffer
	if err := Write(&b, s); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(harmless(t, "page", b.Bytes())), " ")
	for _, want := range []string{
		"sheaf cluster mine", "12 345 tasks done", "3 processing", "Cannot run: 2 tasks need GPU=1", "w1", "paused (memory)", "25 %", "1.0 GiB of 4.0 GiB", "1.0 MiB", "87 %",
		"inc", "25 % 25 %", "etl / load", "load", "1.5s", "2.0 KiB", "main.load (etl.go:7)", "laptop:77", "1m30s ago", "no such file", "worker w1 joined", "1h",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	page := b.String()
	if !strings.Contains(page, `<noscript><meta http-equiv="refresh" content="5">`) || !strings.Contains(page, "width=device-width") || strings.Contains(page, "logout") ||
		strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("it does not work without script, or on a phone, or needs others")
	}
	etl, load := strings.Index(page, `class="pre">etl<`), strings.Index(page, `class="pre">  load<`)
	a, b2 := strings.Index(page, `class="pre">a<`), strings.Index(page, `class="pre">  b<`)
	if a < 0 || b2 < a || etl < b2 || load < etl {
		t.Errorf("spans are not in one another: %d, %d, %d, %d", a, b2, etl, load)
	}
	if err := Write(&b, &State{Cluster: &wire.Cluster{}, Overview: &scheduler.Overview{}}); err != nil {
		t.Errorf("of an empty cluster: %v", err)
	}
}

func TestFiles(t *testing.T) {
	for name, media := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"} {
		if b, m, ok := File(name); !ok || len(b) < 100 || m != media {
			t.Errorf("%s: %d bytes of %s", name, len(b), m)
		}
	}
	for _, name := range []string{"page.html", "page.go", "../page.css", ""} {
		if _, _, ok := File(name); ok {
			t.Errorf("%s is served", name)
		}
	}
}

func TestTexts(t *testing.T) {
	for want, got := range map[string]string{
		"0s": duration(0), "10s": duration(10 * time.Second), "1m": duration(time.Minute), "1h": duration(time.Hour), "1h6m": duration(time.Hour + 7*time.Minute),
		"1.2ms": duration(1234 * time.Microsecond), "1 234 567": count(1234567), "-12": count(-12), "-1 234": count(-1234), "999": count(999), "1.5 KiB": bytesText(1536), "12 B": bytesText(12),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if percent(1, 0) != 0 || percent(int64(3), 2) != 100 || percent(-1, 2) != 0 || percent(1, int64(3)) != 33 {
		t.Error("percentages")
	}
}
