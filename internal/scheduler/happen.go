package scheduler

import (
	"time"

	"sheaf/graph"
	"sheaf/internal/coord"
	"sheaf/internal/wire"
)

// A Happening is one thing of which those who observe a scheduler are told.
type Happening struct {
	What What
	At   time.Duration

	Worker *wire.WorkerInfo // that joined or left
	Client *wire.ClientInfo // that joined, left, submitted a graph, restarted the cluster or logged an event; nil if the scheduler did

	Graph   uint64 // serial number
	Tasks   int    // of the graph
	Layers  []LayerTasks
	Options *wire.Options

	Task     wire.ID // that changed its state
	Key      graph.Key
	From, To string
	Place    string // the worker of the new state, empty for none
	Attempt  uint32

	Topic  string
	Text   string // of an event of the scheduler's own, and why a worker or a client has left
	Value  []byte // of an event that a client has logged, in the form of package codec
	SentAt int64  // when it was logged, in nanoseconds of the Unix epoch by the sender's clock
}

// LayerTasks is how many tasks of a name a layer of a graph has.
type LayerTasks struct {
	Name  string
	Tasks int
}

// What says what has happened.
type What uint8

// What can happen.
const (
	WhatInvalid What = iota
	WorkerJoined
	WorkerLeft
	ClientJoined
	ClientLeft
	GraphAdmitted
	GraphForgotten
	TaskMoved
	Restarted
	Logged
)

// Happened is an effect: what has happened in a step, in order.
type Happened struct{ List []Happening }

func (*Happened) effect() {}

// Observe says of what the following steps return [Happened]: of everything but tasks that change their state, and of these too. It costs
// nothing while nothing is observed.
func (s *Scheduler) Observe(rare, tasks bool) {
	s.observed, s.observedTasks = rare || tasks, tasks
}

// happened notes something for those who observe. The caller has looked whether anybody does.
func (s *Scheduler) happened(h Happening) {
	h.At = s.now
	s.happenings = append(s.happenings, h)
}

// tellHappened emits what has happened in this step.
func (s *Scheduler) tellHappened() {
	if len(s.happenings) > 0 {
		s.effects = append(s.effects, &Happened{s.happenings})
		s.happenings = nil
	}
}

func (s *Scheduler) workerHappened(what What, w *worker, reason string) {
	if s.observed {
		info := s.workerInfo(w)
		s.happened(Happening{What: what, Worker: &info, Text: reason})
	}
}

func (s *Scheduler) clientHappened(what What, c *client, reason string) {
	if s.observed {
		info := s.clientInfo(c)
		s.happened(Happening{What: what, Client: &info, Text: reason})
	}
}

func (s *Scheduler) graphHappened(r *run) {
	if !s.observed {
		return
	}
	info := s.clientInfo(r.client)
	opts := r.opts
	h := Happening{What: GraphAdmitted, Client: &info, Graph: r.serial, Tasks: r.plan.N, Options: &opts}
	type place struct {
		layer int32
		name  string
	}
	at := map[place]int{}
	for i := range r.tasks {
		p := place{r.plan.Layer[i], ""}
		l := r.layers[p.layer]
		name := l.Name
		if l.Kind == wire.LayerList { // its tasks have names of their own
			name = r.name(int32(i))
			p.name = name
		}
		k, ok := at[p]
		if !ok {
			k = len(h.Layers)
			at[p] = k
			h.Layers = append(h.Layers, LayerTasks{Name: name})
		}
		h.Layers[k].Tasks++
	}
	s.happened(h)
}

// taskHappened notes that a task has changed its state.
func (s *Scheduler) taskHappened(r *run, i int32, from, to status, worker int32) {
	h := Happening{What: TaskMoved, Graph: r.serial, Task: r.id(i), From: from.String(), To: to.String(), Attempt: r.tasks[i].attempt}
	if r.index != nil {
		h.Key = graph.KeyText(r.key(i))
	} else {
		h.Key = r.plan.Key(i)
	}
	if worker > 0 {
		h.Place = s.workers[worker].hello.Name
	}
	s.happened(h)
}

// published notes an event that a client has logged, unless it was refused.
func (s *Scheduler) published(c *client, m coord.TopicPublish, effects []coord.Effect) {
	for _, e := range effects {
		if r, ok := e.(coord.Reply); ok && r.Err != nil {
			return
		}
	}
	info := s.clientInfo(c)
	s.happened(Happening{What: Logged, Client: &info, Topic: m.Topic, Value: m.Message, SentAt: m.At})
}
