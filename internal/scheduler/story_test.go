package scheduler

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestStories reads testdata/stories/*.txt; -rewrite writes what is got into the files. A story is lines of what happens;
// after each, the whole state is checked.
//
//	client c1                       a client joins
//	join w1 threads=2               a worker joins
//	submit c1 a b<-a want=b         a graph; a' is another task with the key of a, @x is x of an earlier graph
//	finish w1 a                     w1 has run a
//	lose w1                         its session is gone
//	shuffle c1 3 2                  m0, m1, m2, and r0, r1 that take their parts of each
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var h *theatre
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "story" || h == nil {
				c := Config{}
				for _, a := range d.CmdArgs {
					switch a.Key {
					case "failures":
						d.ScanArgs(t, "failures", &c.AllowedFailures)
					case "noworkers":
						c.NoWorkers = duration(t, a.Vals[0])
					case "lease":
						c.Lease = duration(t, a.Vals[0])
					case "ahead":
						c.Ahead = duration(t, a.Vals[0])
					case "reduce":
						c.Reduce = duration(t, a.Vals[0])
					}
				}
				h = newTheatre(c)
				h.s.Observe(d.HasArg("observe"), d.HasArg("tasks"))
			}
			h.quiet = d.HasArg("quiet")
			var b strings.Builder
			for line := range strings.Lines(d.Input) {
				for part := range strings.SplitSeq(line, ";") {
					part = strings.TrimSpace(part)
					if part == "" || part[0] == '#' {
						continue
					}
					if out := h.special(part); out != "" {
						b.WriteString(out)
						continue
					}
					out := h.play(t, part)
					if out != "" || d.HasArg("verbose") {
						b.WriteString("> " + part + "\n" + out)
					}
				}
			}
			return b.String()
		})
	})
}

// special performs lines that are not one of the peers' messages.
func (h *theatre) special(line string) string {
	f := strings.Fields(line)
	switch f[0] {
	case "shuffle":
		senders, _ := strconv.Atoi(f[2])
		receivers, _ := strconv.Atoi(f[3])
		h.shuffle(f[1], senders, receivers)
		return "> " + line + "\n" + h.step()
	case "empty":
		if text := h.left(); text != "" {
			return "left over: " + text + "\n"
		}
		return "nothing is left\n"
	}
	return ""
}

// left says what a scheduler keeps that it should not when nobody claims anything.
func (h *theatre) left() string {
	s := h.s
	var b strings.Builder
	if n := len(s.runs) - 1 - len(s.slots); n > 0 {
		b.WriteString("graphs ")
	}
	if len(s.byLayer)+len(s.shared)+len(s.keys)+len(s.tables)+len(s.classes) > 0 {
		b.WriteString("names ")
	}
	for _, n := range s.counts {
		if n != 0 {
			b.WriteString("tasks ")
		}
	}
	for _, w := range s.live {
		if len(w.holds)+w.sent.live+len(w.known) > 0 || w.held != 0 || w.queuedNanos != 0 {
			b.WriteString("values ")
		}
	}
	return b.String()
}

func duration(t *testing.T, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
