// Package progress shows how far runs have come: as lines on a terminal, or as log records elsewhere.
//
// It reads the event stream and nothing else. Counting costs a few nanoseconds for each batch of tasks; whatever is drawn is
// drawn by a goroutine that exists only while there is a run to show.
package progress

import (
	"cmp"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/term"

	"sheaf/internal/event"
)

// Config describes a display. The zero value shows on standard error.
type Config struct {
	Out      io.Writer     // nil means standard error
	Terminal bool          // draw lines; else write log records. With a nil Out it is found out.
	Width    func() int    // of the terminal in cells; nil means that of Out, or 100
	Refresh  time.Duration // between two drawings; 0 means 100 ms
	Interval time.Duration // between two log records; 0 means 30 s
	Log      *slog.Logger  // nil means the default one at the time
	Keep     bool          // leave the last line when a run ends instead of clearing it
	Plain    bool          // Out is no terminal: only the last lines are written
}

// A Display shows any number of runs.
type Display struct {
	conf Config

	mu      sync.Mutex // guards what follows
	shown   []*run     // longer than the delay, the oldest first
	running bool       // the drawing goroutine
	lines   int        // on the terminal now
	wake    chan struct{}
}

// New returns a display.
func New(c Config) *Display {
	if c.Out == nil {
		c.Out = os.Stderr
		c.Terminal = term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb"
	}
	if c.Width == nil {
		c.Width = widthOf(c.Out)
	}
	c.Refresh = cmp.Or(c.Refresh, 100*time.Millisecond)
	c.Interval = cmp.Or(c.Interval, 30*time.Second)
	return &Display{conf: c, wake: make(chan struct{}, 1)}
}

func widthOf(w io.Writer) func() int {
	return func() int {
		if f, ok := w.(*os.File); ok {
			if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
				return n
			}
		}
		return 100
	}
}

// Listener returns the reader of one run's events. The run is shown once it has taken longer than the delay.
func (d *Display) Listener(delay time.Duration) event.Listener { return &run{display: d, delay: delay} }

// run is what is known of one run.
type run struct {
	display *Display
	delay   time.Duration
	timer   *time.Timer
	number  uint64
	begin   time.Time

	mu      sync.Mutex // guards what follows
	groups  []group    // layers by name
	of      []int      // per layer: its group
	done    int
	total   int
	used    int64
	limit   int64
	spilled int64
	ended   bool
	failed  bool
	took    time.Duration
	percent float64 // as shown last: it does not go back
}

// group is all layers of one name.
type group struct {
	name        string
	done, total int
	busy        time.Duration
	bytes       int64
	last        time.Time // when a task of it was done
	rate        rate
}

// Handle counts.
func (r *run) Handle(e event.Event) {
	switch e.Kind {
	case event.RunStarted:
		r.start(e)
	case event.TasksDone:
		r.mu.Lock()
		for _, c := range e.Counts {
			g := &r.groups[r.of[c.Layer]]
			g.done += c.Tasks
			g.bytes += c.Bytes
			g.busy += c.Busy
			g.last = e.Time
			r.done += c.Tasks
		}
		r.mu.Unlock()
	case event.Memory:
		r.mu.Lock()
		r.used, r.limit, r.spilled = e.Used, e.Limit, e.Spilled
		r.mu.Unlock()
	case event.RunDone:
		if r.timer != nil {
			r.timer.Stop()
		}
		r.mu.Lock()
		r.ended, r.failed, r.took = true, e.Err != nil, e.Time.Sub(r.begin)
		r.mu.Unlock()
		r.display.end(r)
	}
}

func (r *run) start(e event.Event) {
	r.begin, r.number, r.total = e.Time, e.Run, e.Total
	r.of = make([]int, len(e.Layers))
	at := make(map[string]int, len(e.Layers))
	for k, l := range e.Layers {
		g, ok := at[l.Name]
		if !ok {
			g = len(r.groups)
			at[l.Name] = g
			r.groups = append(r.groups, group{name: l.Name})
		}
		r.groups[g].total += l.Tasks
		r.of[k] = g
	}
	if r.delay <= 0 {
		r.display.show(r)
		return
	}
	r.timer = time.AfterFunc(r.delay, func() { r.display.show(r) })
}

// show begins to draw a run.
func (d *Display) show(r *run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r.mu.Lock()
	ended := r.ended
	r.mu.Unlock()
	if ended {
		return
	}
	at, _ := slices.BinarySearchFunc(d.shown, r, func(a, b *run) int {
		return cmp.Or(a.begin.Compare(b.begin), cmp.Compare(a.number, b.number))
	})
	d.shown = slices.Insert(d.shown, at, r)
	if !d.running {
		d.running = true
		select { // an old signal is not for the new goroutine
		case <-d.wake:
		default:
		}
		go d.loop()
	}
}

// end stops drawing a run. On a terminal it returns when the run's line is gone, so that what the program prints next is not
// mixed with it.
func (d *Display) end(r *run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.Index(d.shown, r)
	if at < 0 {
		return
	}
	d.shown = slices.Delete(d.shown, at, at+1)
	if d.conf.Terminal {
		d.erase()
		if d.conf.Keep {
			_, _ = io.WriteString(d.conf.Out, line(r.look(time.Now()), d.conf.Width())+"\n")
		}
		d.draw(time.Now())
	}
	if len(d.shown) == 0 {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
}

// loop draws as long as there is something to show.
func (d *Display) loop() {
	tick := time.NewTimer(d.conf.Interval)
	defer tick.Stop()
	due := d.conf.Terminal
	for {
		d.mu.Lock()
		switch {
		case len(d.shown) == 0:
			d.running = false
			d.mu.Unlock()
			return
		case due && d.conf.Terminal:
			d.draw(time.Now())
		case due:
			d.record(time.Now())
			tick.Reset(d.conf.Interval)
		}
		if due && d.conf.Terminal {
			tick.Reset(d.conf.Refresh)
		}
		d.mu.Unlock()
		select {
		case <-tick.C:
			due = true
		case <-d.wake:
			due = false
		}
	}
}

// record writes a log record per run; the caller holds mu.
func (d *Display) record(now time.Time) {
	log := d.conf.Log
	if log == nil {
		log = slog.Default()
	}
	for _, r := range d.shown {
		log.Info("sheaf: progress", attributes(r.look(now))...)
	}
}
