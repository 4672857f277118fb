// Package page writes the state of a cluster as a page of HTML for people: workers, tasks by state and by name, graphs, spans, clients,
// failures and events. Whatever comes from users is escaped; styles and script are files of this package, so that a browser can be told to
// trust nothing else.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

//go:embed page.html page.css page.js
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"bytes": bytesText, "ms": millisecondsText, "nanos": nanosText, "ago": ago, "join": strings.Join, "count": count, "percent": percent,
}).ParseFS(files, "page.html"))

// Policy is what the pages need of a browser: nothing but their own files. It is the value of the header Content-Security-Policy.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Most is how many lines each table has.
const Most = 100

// State is what a page shows.
type State struct {
	Cluster  *wire.Cluster
	Overview *scheduler.Overview
	Login    bool // there is a way to log out
}

// Write writes the whole page.
func Write(w io.Writer, s *State) error { return execute(w, "page", view(s)) }

// WriteBody writes only what changes, for the page's script.
func WriteBody(w io.Writer, s *State) error { return execute(w, "body", view(s)) }

// WriteLogin writes the form that asks for the token, with why it was refused before.
func WriteLogin(w io.Writer, cluster, refused string) error {
	return execute(w, "login", struct{ Cluster, Refused string }{cluster, refused})
}

// File returns a file that pages refer to, with its media type.
func File(name string) (content []byte, media string, ok bool) {
	switch name {
	case "page.css":
		media = "text/css; charset=utf-8"
	case "page.js":
		media = "text/javascript; charset=utf-8"
	default:
		return nil, "", false
	}
	content, err := files.ReadFile(name)
	return content, media, err == nil
}

// execute writes all or nothing.
func execute(w io.Writer, name string, data any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("cluster: page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// model is what the template shows.
type model struct {
	*State
	Threads, Executing, Processing, Stored int
	Memory, Limit, Spilled                 int64
	Workers                                []wire.WorkerInfo
	MoreWorkers, MoreClients, MoreSpans    int
	Clients                                []wire.ClientInfo
	Spans                                  []spanLine
}

// spanLine is a span, with how deep it is.
type spanLine struct {
	wire.Span
	Indent string
	Name   string
	Live   int
}

func view(s *State) *model {
	m := &model{State: s}
	for i := range s.Cluster.Workers {
		w := &s.Cluster.Workers[i]
		m.Threads += w.Threads
		m.Executing += w.Beat.Executing
		m.Processing += w.Processing
		m.Stored += w.Beat.Stored
		m.Memory += w.Beat.MemoryBytes
		m.Limit += w.Beat.LimitBytes
		m.Spilled += w.Beat.SpillBytes
	}
	m.Workers, m.MoreWorkers = first(s.Cluster.Workers)
	m.Clients, m.MoreClients = first(s.Cluster.Clients)
	m.Spans, m.MoreSpans = first(spansOf(s.Overview.Spans))
	return m
}

func first[T any](all []T) ([]T, int) {
	n := min(len(all), Most)
	return all[:n], len(all) - n
}

// spansOf sorts spans so that each stands below the one that it is in, which is there even if nothing ran in it itself.
func spansOf(spans []wire.Span) []spanLine {
	lines := make([]spanLine, 0, len(spans))
	known := make(map[string]bool, len(spans))
	for _, s := range spans {
		known[strings.Join(s.Path, "\x00")] = true
	}
	for _, s := range spans {
		for n := 1; n < len(s.Path); n++ {
			if key := strings.Join(s.Path[:n], "\x00"); !known[key] {
				known[key] = true
				lines = append(lines, lineOf(wire.Span{Path: s.Path[:n]}))
			}
		}
		if len(s.Path) > 0 {
			lines = append(lines, lineOf(s))
		}
	}
	slices.SortStableFunc(lines, func(a, b spanLine) int { return slices.Compare(a.Path, b.Path) })
	return lines
}

func lineOf(s wire.Span) spanLine {
	l := spanLine{Span: s, Indent: strings.Repeat("  ", len(s.Path)-1), Name: s.Path[len(s.Path)-1]}
	for _, st := range s.States {
		if st.State == "waiting" || st.State == "queued" || st.State == "processing" {
			l.Live += st.Tasks
		}
	}
	return l
}

func count(n any) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + " " + text[at:]
	}
	return text
}

// percent returns part of whole as a number from 0 to 100.
func percent(part, whole any) int {
	p, w := number(part), number(whole)
	if w <= 0 {
		return 0
	}
	return int(min(100, max(0, 100*p/w)))
}

func number(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	}
	return 0
}

func bytesText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, k := float64(n), 0
	for ; f >= 1024 && k < len(units)-1; k++ {
		f /= 1024
	}
	if k == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[k])
}

func millisecondsText(ms int64) string { return duration(time.Duration(ms) * time.Millisecond) }

func nanosText(n int64) string { return duration(time.Duration(n)) }

func ago(d time.Duration) string { return duration(d) + " ago" }

// duration rounds to what a person wants to know.
func duration(d time.Duration) string {
	for _, unit := range []time.Duration{time.Hour, time.Minute, time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			text := d.Round(max(unit/10, time.Microsecond)).String()
			if s, ok := strings.CutSuffix(text, "m0s"); ok {
				text = s + "m"
			}
			if s, ok := strings.CutSuffix(text, "h0m"); ok {
				text = s + "h"
			}
			return text
		}
	}
	return d.String()
}
