package scheduler

import (
	"fmt"
	"strings"
	"time"

	"sheaf/internal/wire"
)

// A transition is a task's change of state, for whoever asks how it came to be as it is.
type transition struct {
	at       time.Duration
	id       wire.ID
	from, to status
	worker   int32
	attempt  uint32
}

func (t transition) String() string {
	text := fmt.Sprintf("%s %s %s -> %s", seconds(t.at), t.id, t.from, t.to)
	if t.worker > 0 {
		text += fmt.Sprintf(" worker %d", t.worker)
	}
	if t.attempt > 0 {
		text += fmt.Sprintf(" attempt %d", t.attempt)
	}
	return text
}

// A ring keeps the last things that were added to it.
type ring[T any] struct {
	items []T
	next  int // where the next one goes, when it is full
	max   int
	total int64
}

func (r *ring[T]) add(x T) {
	r.total++
	if len(r.items) < r.max {
		r.items = append(r.items, x)
		return
	}
	r.items[r.next] = x
	r.next++
	if r.next == len(r.items) {
		r.next = 0
	}
}

// each calls f with everything that is kept, oldest first.
func (r *ring[T]) each(f func(x *T)) {
	for k := range r.items {
		at := r.next + k
		if at >= len(r.items) {
			at -= len(r.items)
		}
		f(&r.items[at])
	}
}

// story is the last transitions of all tasks.
type story struct{ ring[transition] }

// of returns the transitions of tasks, a line each.
func (y *story) of(ids []wire.ID) string {
	want := make(map[wire.ID]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	var b strings.Builder
	y.each(func(t *transition) {
		if want[t.id] {
			b.WriteString(t.String() + "\n")
		}
	})
	return b.String()
}

// ended is one attempt that ended well or badly.
type ended struct {
	id     wire.ID
	kind   *kind
	worker int32
	thread int32
	start  int64
	nanos  int64
	bytes  int64
	failed bool
}

// stream is the last attempts that ended.
type stream struct{ ring[ended] }

// An event is a line of the cluster's history.
type event struct {
	at    time.Duration
	seq   int64
	topic string
	text  string
}

// eventsMax is how many events are remembered.
const eventsMax = 4096

type events struct {
	ring[event]
	seq int64
}

// event adds a line to the history, and to the log.
func (s *Scheduler) event(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.log("cluster", text)
	s.note(LevelInfo, text)
}

// log adds a line to the history of a topic.
func (s *Scheduler) log(topic, text string) {
	s.events.max = eventsMax
	s.events.seq++
	s.events.add(event{s.now, s.events.seq, topic, text})
	if s.observed {
		s.happened(Happening{What: Logged, Topic: topic, Text: text})
	}
}
