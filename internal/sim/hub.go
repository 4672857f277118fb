package sim

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// A hub is the scheduler's process: sessions, and the machine behind them.
type hub struct {
	*proc
	machine  schedulerMachine
	sessions map[link.Epoch]*member // by the peer's epoch
	members  map[scheduler.Peer]*member
	ordered  []*member // in the order in which they came
	serial   int
	in       []scheduler.In
	planned  bool // a step is
	timer    *timer
	steps    int
	touched  []*member
}

// A member is a peer's session at the hub.
type member struct {
	*conversation
	name     scheduler.Peer // of the session, never used again
	patience time.Duration  // silence after which the session is given up; 0 as long as it is not welcome
}

const (
	stepDelay   = time.Millisecond // how long the scheduler's process collects messages at most before the machine steps
	silentEvery = time.Second      // how often it looks for sessions that are silent
)

func (w *world) newHub(m schedulerMachine) *hub {
	h := &hub{proc: w.newProc("scheduler"), machine: m, sessions: map[link.Epoch]*member{}, members: map[scheduler.Peer]*member{}}
	h.receive = h.frame
	h.timer = newTimer(h.proc, h.step)
	h.timer.set(h.local())
	h.after(silentEvery, h.listen)
	return h
}

func (h *hub) frame(from *proc, frame []byte) {
	kind, remote, to, err := link.PeekEpochs(frame)
	if err != nil {
		return
	}
	m := h.sessions[remote]
	switch {
	case kind == link.Hello:
		if m == nil {
			h.serial++
			m = &member{conversation: newConversation(h.proc, from, h.w.epoch(), remote)}
			m.name = scheduler.Peer(from.name + "/" + strconv.Itoa(h.serial))
			h.sessions[remote], h.members[m.name] = m, m
			h.ordered = append(h.ordered, m)
		}
		local, _ := m.s.Epochs()
		h.control(from, link.Control{Kind: link.Welcome, From: local, To: remote})
	case kind != link.Packet:
	case m == nil:
		h.control(from, link.Control{Kind: link.Reset, From: to, To: remote})
	default:
		for _, msg := range m.take(frame) {
			h.take(m, msg)
		}
	}
}

// take keeps a message for the next step.
func (h *hub) take(m *member, msg wire.Message) {
	in := scheduler.In{From: m.name, Msg: msg}
	if s, ok := msg.(*wire.Submit); ok && h.w.rng.chance(0.5) {
		if p, err := scheduler.Prepare(s); err == nil {
			in.Prepared = p
		}
	}
	h.in = append(h.in, in)
	if !h.planned {
		h.planned = true
		h.after(h.w.rng.span(0, stepDelay), h.step)
	}
}

// listen ends sessions that have been silent for too long.
func (h *hub) listen() {
	h.after(silentEvery, h.listen)
	now := h.local()
	for k := 0; k < len(h.ordered); k++ {
		m := h.ordered[k]
		patience := m.patience
		if patience == 0 {
			patience = time.Minute
		}
		silence, stalled := now-m.s.Heard(), m.s.Stalled(now)
		if m.ended || silence <= patience && stalled <= patience {
			continue
		}
		reason := fmt.Sprintf("not heard for %v", silence.Round(time.Millisecond))
		if stalled > patience {
			reason = fmt.Sprintf("has acknowledged nothing for %v", stalled.Round(time.Millisecond))
		}
		h.w.logf("scheduler gives %s up: %s", m.name, reason)
		h.close(m)
		k--
		h.take(m, &wire.Gone{Reason: reason})
	}
}

// close ends a session.
func (h *hub) close(m *member) {
	m.ended = true
	_, remote := m.s.Epochs()
	delete(h.sessions, remote)
	delete(h.members, m.name)
	kept := h.ordered[:0]
	for _, o := range h.ordered {
		if o != m {
			kept = append(kept, o)
		}
	}
	h.ordered = kept
}

func (h *hub) control(to *proc, c link.Control) {
	frame, err := c.Append(nil)
	if err != nil {
		h.w.audit.internal("%v", err)
		return
	}
	h.w.net.send(h.proc, to, frame)
}

// step gives the machine what has come and does what it wants.
func (h *hub) step() {
	in := h.in
	h.in, h.planned = nil, false
	h.w.audit.beforeStep(in)
	out := h.machine.Step(h.local(), in)
	h.steps++
	h.w.audit.afterStep(out)
	for _, o := range out {
		h.perform(o)
	}
	for k, m := range h.touched {
		m.flush()
		h.touched[k] = nil
	}
	h.touched = h.touched[:0]
	if every := h.w.conf.CheckEvery; every > 0 && h.steps%every == 0 {
		if err := h.machine.Check(); err != nil {
			h.w.audit.internal("the scheduler's check: %v", err)
		}
	}
	h.timer.set(h.machine.Next())
}

func (h *hub) perform(o scheduler.Effect) {
	switch o := o.(type) {
	case *scheduler.Send:
		m := h.members[o.To]
		if m == nil {
			return
		}
		if w, ok := o.Msg.(*wire.Welcome); ok {
			m.patience = time.Duration(w.LostMS) * time.Millisecond
			if h.w.audit.clientOf(o.To) != nil {
				m.patience = time.Duration(w.LeaseMS) * time.Millisecond
			}
		}
		if err := m.send(o.Msg); err != nil {
			h.w.audit.internal("scheduler cannot send %T to %s: %v", o.Msg, o.To, err)
			return
		}
		if n := len(h.touched); n == 0 || h.touched[n-1] != m {
			h.touched = append(h.touched, m)
		}
	case *scheduler.Drop:
		if m := h.members[o.Peer]; m != nil {
			h.w.logf("scheduler drops %s: %s", o.Peer, o.Reason)
			m.flush() // a last word
			h.close(m)
		}
	case *scheduler.Note:
		h.w.logf("scheduler notes: %s", o.Text)
	}
}

// messageText describes a message in a line of the log.
func messageText(m wire.Message) string {
	text := ""
	attempt := func(id wire.ID, n uint32) { text += " " + id.String() + "/" + strconv.Itoa(int(n)) }
	switch m := m.(type) {
	case *wire.Compute:
		for _, t := range m.Tasks {
			attempt(t.ID, t.Attempt)
			for _, l := range t.Links {
				text += "+" + l.ID.String()
			}
		}
		return "compute" + text
	case *wire.Done:
		for _, t := range m.Tasks {
			attempt(t.ID, t.Attempt)
		}
		return "done" + text
	case *wire.Failed:
		attempt(m.ID, m.Attempt)
		return "failed" + text + ": " + m.Cause.Message
	case *wire.Submit:
		return "submit #" + strconv.FormatUint(m.Request, 10)
	}
	return fmt.Sprintf("%T%+v", m, reflect.ValueOf(m).Elem().Interface())[len("*wire."):]
}
