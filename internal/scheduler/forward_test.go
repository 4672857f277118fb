package scheduler

import (
	"fmt"
	"testing"

	"sheaf/internal/coord"
	"sheaf/internal/wire"
)

// said returns what workers were told of forwarding, and how many deliveries there were to clients.
func said(t *testing.T, s *Scheduler, in ...In) (told string, delivered, answered int) {
	t.Helper()
	var replies []In
	for _, e := range s.Step(s.now+1e6, in) {
		e, ok := e.(*Send)
		if !ok {
			continue
		}
		switch m := e.Msg.(type) {
		case *wire.Call:
			if f, ok := m.Body.(*wire.Forward); ok {
				told += fmt.Sprintf("%s:%v,%d;", e.To, f.On, f.Level)
				replies = append(replies, In{From: e.To, Msg: &wire.Reply{Request: m.Request, Body: &wire.Ran{}}})
			}
		case *wire.Delivery:
			delivered++
		case *wire.Reply:
			if _, ok := m.Body.(*wire.Text); ok {
				answered++
			}
		}
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if len(replies) > 0 {
		_, _, answered = said(t, s, replies...)
	}
	return told, delivered, answered
}

// TestForwarding: workers forward what the client wants that wants most, while it is there; a worker that comes later is told.
func TestForwarding(t *testing.T) {
	s := New(Config{Epoch: 7})
	hello := func(name string) In {
		return In{From: Peer(name), Msg: &wire.WorkerHello{Version: wire.Version, Name: name, Threads: 1, Executable: "exe"}}
	}
	join := func(name string) In {
		return In{From: Peer(name), Msg: &wire.ClientHello{Version: wire.Version, Executable: "exe", Process: name}}
	}
	forward := func(client string, request uint64, on bool, level int32) In {
		return In{From: Peer(client), Msg: &wire.Call{Request: request, Body: &wire.Forward{On: on, Level: level}}}
	}
	record := In{From: "w1", Msg: &wire.Log{Topic: wire.LogTopic, Time: 5, Value: []byte("{}")}}
	subscribe := In{From: "c1", Msg: &wire.Call{Request: 1, Body: &wire.Coord{Bytes: coord.AppendRequest(nil, coord.TopicSubscribe{Topic: wire.LogTopic})}}}
	for k, step := range []struct {
		in                  In
		told                string
		delivered, answered int
	}{
		{hello("w1"), "", 0, 0},
		{join("c1"), "", 0, 0},
		{join("c2"), "", 0, 0},
		{subscribe, "", 0, 0},
		{record, "", 0, 0}, // nobody wants it
		{forward("c1", 2, true, 4), "w1:true,4;", 0, 1},
		{record, "", 1, 0},
		{forward("c2", 1, true, 0), "w1:true,0;", 0, 1},
		{hello("w2"), "w2:true,0;", 0, 0},
		{forward("c1", 3, true, 0), "", 0, 1}, // they know
		{In{From: "c2", Msg: &wire.Gone{}}, "", 0, 0},
		{forward("c1", 4, true, 8), "w1:true,8;w2:true,8;", 0, 1},
		{In{From: "c1", Msg: &wire.Gone{}}, "w1:false,0;w2:false,0;", 0, 0}, // away: nothing is sent
		{record, "", 0, 0},
		{In{From: "c1 again", Msg: &wire.ClientHello{Version: wire.Version, Executable: "exe", Process: "c1", Was: 1, Epoch: 7}}, "w1:true,8;w2:true,8;", 0, 0},
		{In{From: "c1 again", Msg: &wire.Bye{}}, "w1:false,0;w2:false,0;", 0, 0},
		{hello("w3"), "w3:false,0;", 0, 0},
	} {
		told, delivered, answered := said(t, s, step.in)
		if told != step.told || delivered != step.delivered || answered != step.answered {
			t.Errorf("step %d: told %q, %d deliveries, %d answers; want %q, %d, %d", k, told, delivered, answered, step.told, step.delivered, step.answered)
		}
	}
}
