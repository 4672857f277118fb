package scheduler

import (
	"testing"

	"sheaf/internal/wire"
)

// TestLargeMessagesAreSplit: what a worker is given at once stays far below what a message may hold.
func TestLargeMessagesAreSplit(t *testing.T) {
	c := newCrew(1, 1)
	c.s.kindOf("inc").measured(1)
	var serial uint64
	g := listGraph(1, &serial, 8*wire.SegmentTasks)
	for k := range g.Layers[0].Segments {
		g.Layers[0].Segments[k].Bytes = make([]byte, 3<<20)
	}
	messages, segments, tasks := 0, 0, 0
	for _, e := range c.s.Step(c.now+1, []In{{From: "c", Msg: &wire.Submit{Request: 1, Graph: g}}}) {
		send, _ := e.(*Send)
		if send == nil {
			continue
		}
		m, ok := send.Msg.(*wire.Compute)
		if !ok {
			continue
		}
		messages++
		bytes := 0
		for _, l := range m.Layers {
			for _, s := range l.Segments {
				segments++
				bytes += len(s.Bytes)
			}
		}
		if bytes > computeBytes+3<<20 {
			t.Errorf("a message has %d bytes of operations", bytes)
		}
		tasks += len(m.Tasks)
	}
	if messages < 2 || segments*wire.SegmentTasks < tasks || tasks < 1000 {
		t.Errorf("got %d tasks and %d segments in %d messages", tasks, segments, messages)
	}
}
