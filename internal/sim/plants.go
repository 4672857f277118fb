package sim

import (
	"slices"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// Plants lists the names of the bugs that can be planted, for [Config.Plant].
func Plants() []string {
	var names []string
	for _, p := range plants {
		names = append(names, p().name)
	}
	return names
}

// planting returns the plant of a name, or nil.
func planting(name string) *plant {
	for _, p := range plants {
		if p := p(); p.name == name {
			return p
		}
	}
	return nil
}

// plants are bugs of every kind, at least one for each rule.
var plants = []func() *plant{
	lostDone, lostFinished, wrongValue, mixedUp, doubleRun, staleDone, wrongAttempt, sameAttempt, lostStop, leakedClaim, leakedValue, leakedOperation,
	oversubscribed, forgottenSubmit, twoAnswers, forgottenPut, lockForTwo, lastReplica, rerun,
}

func lostDone() *plant {
	return &plant{
		name: "lost-done", rule: rule1, about: "the scheduler forgets that a task has ended",
		hubHears: func(w *world, in scheduler.In) []scheduler.In {
			if _, ok := in.Msg.(*wire.Done); ok && w.rng.chance(0.05) {
				return nil
			}
			return []scheduler.In{in}
		},
	}
}

func lostFinished() *plant {
	return &plant{
		name: "lost-finished", rule: rule1, about: "the scheduler does not tell clients that a value is there",
		hubSays: func(w *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok && w.rng.chance(0.05) {
				if _, ok := s.Msg.(*wire.Finished); ok {
					return nil
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

func wrongValue() *plant {
	return &plant{
		name: "wrong-value", rule: rule2, about: "a worker serves a value with a wrong bit",
		serves: func(from *node, _ wire.ID, sum uint64) uint64 {
			if from.w.rng.chance(0.02) {
				return sum ^ 1
			}
			return sum
		},
	}
}

func mixedUp() *plant {
	return &plant{
		name: "mixed-up", rule: rule2, about: "a task gets its inputs in the wrong order",
		hubSays: func(w *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok {
				if c, ok := s.Msg.(*wire.Compute); ok {
					for k := range c.Tasks {
						if len(c.Tasks[k].Inputs) > 1 && w.rng.chance(0.1) {
							c.Tasks[k].Inputs = slices.Clone(c.Tasks[k].Inputs)
							slices.Reverse(c.Tasks[k].Inputs)
						}
					}
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

// doubleRun hands a task to a second worker.
func doubleRun() *plant {
	return &plant{
		name: "double-run", rule: rule3, about: "a task is handed to two workers",
		hubSays: func(w *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok && w.rng.chance(0.1) {
				if c, ok := s.Msg.(*wire.Compute); ok {
					second := *c
					second.Tasks = slices.Clone(c.Tasks)
					for k := range second.Tasks {
						second.Tasks[k].Attempt++
					}
					for _, m := range w.hub.ordered {
						if m.peer.node != nil && m.name != s.To {
							return []scheduler.Effect{out, &scheduler.Send{To: m.name, Msg: &second}}
						}
					}
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

// staleDone takes the end of one attempt for that of another.
func staleDone() *plant {
	newest := map[wire.ID]uint32{}
	return &plant{
		name: "stale-done", rule: rule3, about: "the numbers of attempts are ignored",
		hubSays: func(_ *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok {
				if c, ok := s.Msg.(*wire.Compute); ok {
					for _, t := range c.Tasks {
						newest[t.ID] = t.Attempt
					}
				}
			}
			return []scheduler.Effect{out}
		},
		hubHears: func(w *world, in scheduler.In) []scheduler.In {
			f, ok := in.Msg.(*wire.Failed)
			if !ok || w.rng.chance(0.5) {
				return []scheduler.In{in}
			}
			return []scheduler.In{{From: in.From, Msg: &wire.Done{Tasks: []wire.DoneTask{{ID: f.ID, Attempt: newest[f.ID], Bytes: 8, Nanos: 1}}}}}
		},
	}
}

func wrongAttempt() *plant {
	return &plant{
		name: "wrong-attempt", rule: rule3, about: "clients are told of another attempt than the one that was committed",
		hubSays: func(w *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok && w.rng.chance(0.1) {
				if f, ok := s.Msg.(*wire.Finished); ok {
					f.Values[0].Attempt++
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

func sameAttempt() *plant {
	return &plant{
		name: "same-attempt", rule: rule4, about: "a task that is tried again keeps the number of its attempt",
		hubSays: func(_ *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok {
				if c, ok := s.Msg.(*wire.Compute); ok {
					for k := range c.Tasks {
						c.Tasks[k].Attempt = 1
					}
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

// lostStop is a scheduler that gives tasks up, and neither tells the worker nor takes note of their end.
func lostStop() *plant {
	given := map[wire.Attempt]bool{}
	return &plant{
		name: "lost-stop", rule: rule4, about: "an attempt that is not wanted is not ended",
		hubSays: func(_ *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok {
				if m, ok := s.Msg.(*wire.Stop); ok {
					for _, t := range m.Tasks {
						given[t] = true
					}
					return nil
				}
			}
			return []scheduler.Effect{out}
		},
		nodeSays: func(_ *node, out worker.Effect) []worker.Effect {
			if s, ok := out.(*worker.Send); ok {
				if m, ok := s.Msg.(*wire.Done); ok {
					m.Tasks = slices.DeleteFunc(m.Tasks, func(t wire.DoneTask) bool { return given[wire.Attempt{ID: t.ID, Attempt: t.Attempt}] })
				}
			}
			return []worker.Effect{out}
		},
	}
}

func leakedClaim() *plant {
	return &plant{
		name: "leaked-claim", rule: rule5, about: "a release is forgotten, and the end of its client too",
		hubHears: func(_ *world, in scheduler.In) []scheduler.In {
			switch in.Msg.(type) {
			case *wire.Release, *wire.Bye:
				return nil
			}
			return []scheduler.In{in}
		},
	}
}

func leakedValue() *plant {
	return &plant{
		name: "leaked-value", rule: rule5, about: "a worker keeps a value that nobody wants",
		nodeSays: func(n *node, out worker.Effect) []worker.Effect {
			if _, ok := out.(*worker.Free); ok && n.w.rng.chance(0.05) {
				return nil
			}
			return []worker.Effect{out}
		},
	}
}

func leakedOperation() *plant {
	return &plant{
		name: "leaked-operation", rule: rule5, about: "workers are not told to forget operations",
		hubSays: func(w *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok && w.rng.chance(0.2) {
				if _, ok := s.Msg.(*wire.Forget); ok {
					return nil
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

func oversubscribed() *plant {
	return &plant{
		name: "oversubscribed", rule: rule6, about: "the scheduler believes in more resources than a worker has",
		hubHears: func(_ *world, in scheduler.In) []scheduler.In {
			if h, ok := in.Msg.(*wire.WorkerHello); ok {
				h.Resources = slices.Clone(h.Resources)
				for k := range h.Resources {
					h.Resources[k].Amount *= 4
				}
			}
			return []scheduler.In{in}
		},
	}
}

func forgottenSubmit() *plant {
	p := &plant{name: "forgotten-submit", rule: rule7, about: "a graph is admitted and forgotten"}
	p.hubHears = func(w *world, in scheduler.In) []scheduler.In {
		if m, ok := in.Msg.(*wire.Submit); ok && w.rng.chance(0.1) {
			p.extra = append(p.extra, &scheduler.Send{To: in.From, Msg: &wire.Admitted{Request: m.Request, Tasks: 1}})
			return nil
		}
		return []scheduler.In{in}
	}
	return p
}

func twoAnswers() *plant {
	return &plant{
		name: "two-answers", rule: rule7, about: "a call is answered twice",
		hubSays: func(_ *world, out scheduler.Effect) []scheduler.Effect {
			if s, ok := out.(*scheduler.Send); ok {
				if _, ok := s.Msg.(*wire.Reply); ok {
					return []scheduler.Effect{out, out}
				}
			}
			return []scheduler.Effect{out}
		},
	}
}

// lastReplica lets go of a value as soon as it has been announced.
func lastReplica() *plant {
	p := &plant{name: "last-replica", rule: rule8, about: "the last replica of a value is let go"}
	p.hubSays = func(w *world, out scheduler.Effect) []scheduler.Effect {
		if s, ok := out.(*scheduler.Send); ok && w.rng.chance(0.2) {
			if f, ok := s.Msg.(*wire.Finished); ok && len(f.Values[0].Workers) == 1 {
				if at := w.audit.workers[f.Values[0].Workers[0]]; at != nil {
					p.extra = append(p.extra, &scheduler.Send{To: at.name, Msg: &wire.Free{IDs: []wire.ID{f.Values[0].Value}}})
				}
			}
		}
		return []scheduler.Effect{out}
	}
	return p
}

// rerun hands out again what was made.
func rerun() *plant {
	p := &plant{name: "rerun", rule: rule3, about: "what was made is made again"}
	sent := map[wire.ID]*scheduler.Send{}
	p.hubSays = func(_ *world, out scheduler.Effect) []scheduler.Effect {
		if s, ok := out.(*scheduler.Send); ok {
			if c, ok := s.Msg.(*wire.Compute); ok && len(c.Tasks) == 1 {
				sent[c.Tasks[0].ID] = s
			}
		}
		return []scheduler.Effect{out}
	}
	p.hubHears = func(w *world, in scheduler.In) []scheduler.In {
		if d, ok := in.Msg.(*wire.Done); ok && w.rng.chance(0.1) {
			for _, t := range d.Tasks {
				if s := sent[t.ID]; s != nil {
					again := *s.Msg.(*wire.Compute)
					again.Tasks = slices.Clone(again.Tasks)
					again.Tasks[0].Attempt++
					p.late = append(p.late, &scheduler.Send{To: s.To, Msg: &again})
					delete(sent, t.ID)
				}
			}
		}
		return []scheduler.In{in}
	}
	return p
}
