package scheduler

import (
	"slices"
	"time"

	"sheaf/internal/wire"
)

// A wait is a call that is answered when something has happened.
type wait struct {
	client  *client
	request uint64
	until   time.Duration // 0 for no limit

	retiring int      // workers that are still retiring
	names    []string // of workers that have
	failed   []string // why others have not

	calls   int // relayed to workers and not answered
	results []wire.RunResult

	poll   func() bool // whether it has happened; nil if it is the counts alone that matter
	finish func() (wire.Body, string, uint8)
	late   string // the answer when the time is over
}

// A relay is a call that a worker was asked on behalf of a wait.
type relay struct {
	wait   *wait
	worker *worker
	at     int    // in the wait's results
	whole  bool   // the worker's answer is the answer
	plugin string // that a new worker was given; there is no wait then
}

func (s *Scheduler) newWait(c *client, request uint64) *wait {
	w := &wait{client: c, request: request}
	s.waits = append(s.waits, w)
	return w
}

// answer replies to a call.
func (s *Scheduler) answer(c *client, request uint64, b wire.Body) {
	if !c.away {
		c.out.say(&wire.Reply{Request: request, Body: b})
	}
}

// deny replies to a call with an error.
func (s *Scheduler) deny(c *client, request uint64, sort uint8, why string) {
	if !c.away {
		c.out.say(&wire.Reply{Request: request, Err: why, Sort: sort})
	}
}

// tickWaits answers the calls that can be answered now.
func (s *Scheduler) tickWaits() {
	if len(s.waits) == 0 {
		return
	}
	kept := s.waits[:0]
	for _, w := range s.waits {
		if !s.settled(w) {
			kept = append(kept, w)
		}
	}
	clear(s.waits[len(kept):])
	s.waits = kept
}

func (s *Scheduler) settled(w *wait) bool {
	if w.client.gone {
		return true
	}
	if w.retiring > 0 || w.calls > 0 || w.poll != nil && !w.poll() {
		if w.until == 0 || s.now < w.until {
			return false
		}
		if w.late != "" {
			s.deny(w.client, w.request, wire.SortTimeout, w.late)
			return true
		}
	}
	body, err, sort := w.finish()
	if !w.client.away {
		w.client.out.say(&wire.Reply{Request: w.request, Body: body, Err: err, Sort: sort})
	}
	return true
}

// relay asks a worker on behalf of a wait.
func (s *Scheduler) relay(w *worker, wt *wait, b wire.Body, whole bool) {
	s.serial++
	s.relayed[s.serial] = relay{wait: wt, worker: w, at: len(wt.results), whole: whole}
	wt.results = append(wt.results, wire.RunResult{Worker: w.hello.Name})
	wt.calls++
	w.out.say(&wire.Call{Request: s.serial, Body: b})
}

// workerReply takes a worker's answer.
func (s *Scheduler) workerReply(w *worker, m *wire.Reply) {
	c, ok := s.relayed[m.Request]
	if !ok || c.worker != w {
		return
	}
	delete(s.relayed, m.Request)
	if c.wait == nil {
		s.introduced(w, c.plugin, m)
		return
	}
	c.wait.calls--
	if c.whole {
		c.wait.finish = func() (wire.Body, string, uint8) { return m.Body, m.Err, m.Sort }
		return
	}
	res := &c.wait.results[c.at]
	switch b := m.Body.(type) {
	case *wire.Ran:
		if len(b.Results) > 0 {
			res.Value, res.Err = b.Results[0].Value, b.Results[0].Err
		}
	case *wire.Text:
		res.Value = []byte(b.Text)
	}
	if m.Err != "" {
		res.Err = &wire.Failure{Sort: max(m.Sort, wire.SortUser), Worker: w.hello.Name, Message: m.Err}
	}
}

// noWorkerCalls answers what a worker that is gone was asked.
func (s *Scheduler) noWorkerCalls(w *worker, reason string) {
	var asked []uint64
	for n, c := range s.relayed {
		if c.worker == w && c.wait == nil {
			delete(s.relayed, n)
		} else if c.worker == w {
			asked = append(asked, n)
		}
	}
	slices.Sort(asked)
	for _, n := range asked {
		s.workerReply(w, &wire.Reply{Request: n, Err: "worker " + w.hello.Name + " is gone: " + reason, Sort: wire.SortKilled})
	}
}

// clientCalls drops the calls of a client that is gone.
func (s *Scheduler) clientCalls(c *client) {
	s.waits = slices.DeleteFunc(s.waits, func(w *wait) bool { return w.client == c })
}
