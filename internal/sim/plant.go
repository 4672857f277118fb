package sim

import (
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// A plant is a bug on purpose, to see whether the auditor finds it: changes to what the machines hear and say, and to what workers
// serve. The functions that are nil change nothing.
type plant struct {
	name  string
	rule  Rule // that is broken by it
	about string

	extra []scheduler.Effect // to be done at the end of this step of the scheduler
	late  []scheduler.Effect // at the end of the next one

	hubHears  func(w *world, in scheduler.In) []scheduler.In
	hubSays   func(w *world, out scheduler.Effect) []scheduler.Effect
	nodeHears func(n *node, in worker.In) []worker.In
	nodeSays  func(n *node, out worker.Effect) []worker.Effect
	serves    func(from *node, id wire.ID, sum uint64) uint64
}

func (p *plant) scheduler(w *world, m schedulerMachine) schedulerMachine {
	if p.hubHears == nil && p.hubSays == nil {
		return m
	}
	return &planted{m, w, p}
}

func (p *plant) worker(n *node, m workerMachine) workerMachine {
	if p.nodeHears == nil && p.nodeSays == nil {
		return m
	}
	return &plantedNode{m, n, p}
}

func (p *plant) served(_ *world, from *node, id wire.ID, sum uint64) uint64 {
	if p.serves == nil {
		return sum
	}
	return p.serves(from, id, sum)
}

// planted is a scheduler with a bug.
type planted struct {
	schedulerMachine
	w *world
	p *plant
}

func (s *planted) Step(now time.Duration, in []scheduler.In) []scheduler.Effect {
	if s.p.hubHears != nil {
		var heard []scheduler.In
		for _, i := range in {
			heard = append(heard, s.p.hubHears(s.w, i)...)
		}
		in = heard
	}
	out := s.schedulerMachine.Step(now, in)
	if s.p.hubSays != nil {
		var said []scheduler.Effect
		for _, o := range out {
			said = append(said, s.p.hubSays(s.w, o)...)
		}
		out = said
	}
	out = append(out, s.p.extra...)
	s.p.extra, s.p.late = s.p.late, nil
	return out
}

// plantedNode is a worker with a bug.
type plantedNode struct {
	workerMachine
	n *node
	p *plant
}

func (s *plantedNode) Step(now time.Duration, in []worker.In) []worker.Effect {
	if s.p.nodeHears != nil {
		var heard []worker.In
		for _, i := range in {
			heard = append(heard, s.p.nodeHears(s.n, i)...)
		}
		in = heard
	}
	out := s.workerMachine.Step(now, in)
	if s.p.nodeSays != nil {
		var said []worker.Effect
		for _, o := range out {
			said = append(said, s.p.nodeSays(s.n, o)...)
		}
		out = said
	}
	return out
}
