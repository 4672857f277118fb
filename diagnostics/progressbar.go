package diagnostics

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"sheaf/internal/progress"
)

// A ProgressBar draws a line per run, as the default display does, to a writer of your choice, and leaves the last line when a
// run ends. The zero value draws on standard error, at once. It may follow several runs.
//
// Same as dask.diagnostics.ProgressBar; the bars are per layer, with rates and the time that is left.
type ProgressBar struct {
	Out     io.Writer     // nil means standard error
	Minimum time.Duration // runs that take less are not shown
	Width   int           // in cells; 0 means that of the terminal, or 100
	Refresh time.Duration // between two drawings; 0 means 100 ms

	once    sync.Once
	display *progress.Display
	runs    byRun[Listener]
}

// Handle counts and, now and then, has a line drawn.
func (p *ProgressBar) Handle(e Event) {
	p.once.Do(p.open)
	if e.Kind == RunStarted {
		p.runs.put(e.Run, p.display.Listener(p.Minimum))
	}
	if l := p.runs.get(e.Run); l != nil {
		l.Handle(e)
	}
	if e.Kind == RunDone {
		p.runs.drop(e.Run)
	}
}

func (p *ProgressBar) open() {
	c := progress.Config{Out: p.Out, Terminal: true, Keep: true, Refresh: p.Refresh}
	if c.Out == nil {
		c.Out = os.Stderr
	}
	if f, ok := c.Out.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		c.Plain = true
	}
	if p.Width > 0 {
		c.Width = func() int { return p.Width + 1 }
	}
	p.display = progress.New(c)
}
