package progress_test

import (
	"os"
	"time"

	"sheaf/internal/event"
	"sheaf/internal/progress"
)

func ExampleDisplay() {
	d := progress.New(progress.Config{Out: os.Stdout, Terminal: true, Plain: true, Keep: true})
	r := d.Listener(0)
	now := time.Now()
	r.Handle(event.Event{Kind: event.RunStarted, Time: now, Layers: []event.Layer{{Name: "read", Tasks: 4}}, Total: 4})
	r.Handle(event.Event{Kind: event.TasksDone, Time: now, Counts: []event.Count{{Tasks: 4}}})
	r.Handle(event.Event{Kind: event.RunDone, Time: now.Add(3 * time.Second)})
	// Output: read  ▓▓▓▓▓▓▓▓▓▓▓▓▓ 4/4      100%  3.0s
}

func ExampleConfig() {
	c := progress.Config{Out: os.Stdout, Terminal: true, Plain: true, Keep: true, Width: func() int { return 30 }}
	r := progress.New(c).Listener(0)
	now := time.Now()
	r.Handle(event.Event{Kind: event.RunStarted, Time: now, Layers: []event.Layer{{Name: "read", Tasks: 4}}, Total: 4})
	r.Handle(event.Event{Kind: event.RunDone, Time: now.Add(time.Second)})
	// Output: 100%  1.0s
}
