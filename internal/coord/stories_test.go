package coord

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestStories plays testdata/*.txt: who asks for what, and what the machine does.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			c := Config{}
			for _, a := range d.CmdArgs {
				switch a.Key {
				case "history":
					a.Scan(t, 0, &c.HistoryItems)
				case "window":
					a.Scan(t, 0, &c.Window)
				case "batch":
					a.Scan(t, 0, &c.BatchBytes)
				case "replies":
					a.Scan(t, 0, &c.Replies)
				case "objects":
					a.Scan(t, 0, &c.Objects)
				case "total":
					a.Scan(t, 0, &c.TotalBytes)
				case "value":
					a.Scan(t, 0, &c.ValueBytes)
				case "session":
					a.Scan(t, 0, &c.PerSession)
				default:
					t.Fatalf("unknown setting %s", a.Key)
				}
			}
			s := newStage(c)
			var b strings.Builder
			for line := range strings.Lines(d.Input) {
				line = strings.TrimSpace(line)
				b.WriteString(line + "\n" + s.play(t, line))
			}
			return b.String()
		})
	})
}
