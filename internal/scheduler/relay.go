package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sheaf/internal/wire"
)

// A plugin is what clients want to have on all workers of their executable.
type plugin struct {
	executable string
	wire.Plugin
}

// chosen returns the workers of an executable that are named, all of them if none is.
func (s *Scheduler) chosen(executable string, names []string) []*worker {
	var ws []*worker
	for _, w := range s.live {
		if w.hello.Executable == executable && (len(names) == 0 || matches(w, names)) {
			ws = append(ws, w)
		}
	}
	return ws
}

// runEverywhere relays a function to workers and collects what they say.
func (s *Scheduler) runEverywhere(c *client, request uint64, m *wire.Run) {
	ws := s.chosen(c.hello.Executable, m.Workers)
	if len(ws) == 0 {
		s.deny(c, request, wire.SortNoWorkers, "there is no such worker that runs the client's executable")
		return
	}
	wt := s.newWait(c, request)
	wt.finish = func() (wire.Body, string, uint8) { return &wire.Ran{Results: wt.results}, "", 0 }
	for _, w := range ws {
		s.relay(w, wt, &wire.Run{Func: m.Func}, false)
	}
}

// plug installs a plugin on all workers, now and when they join, or removes it.
func (s *Scheduler) plug(c *client, request uint64, m *wire.Plugin) {
	s.plugins = slices.DeleteFunc(s.plugins, func(p plugin) bool { return p.executable == c.hello.Executable && p.Name == m.Name })
	if !m.Remove && len(s.plugins) >= pluginsMax {
		s.deny(c, request, wire.SortLimit, fmt.Sprintf("there are %d plugins", len(s.plugins)))
		return
	}
	if !m.Remove {
		s.plugins = append(s.plugins, plugin{c.hello.Executable, *m})
	}
	wt := s.newWait(c, request)
	wt.finish = func() (wire.Body, string, uint8) { return &wire.Ran{Results: wt.results}, "", 0 }
	for _, w := range s.chosen(c.hello.Executable, nil) {
		body := *m
		s.relay(w, wt, &body, false)
	}
}

// introduce gives a new worker the plugins of its executable.
func (s *Scheduler) introduce(w *worker) {
	for _, p := range s.plugins {
		if p.executable != w.hello.Executable {
			continue
		}
		body := p.Plugin
		s.serial++
		s.relayed[s.serial] = relay{worker: w, plugin: p.Name}
		w.out.say(&wire.Call{Request: s.serial, Body: &body})
	}
	if s.forwarding.told.Serial > 0 || w.hello.Epoch != 0 && w.hello.Epoch != s.conf.Epoch {
		s.tellForward(w)
	}
}

// introduced takes a new worker's word for a plugin: nobody waits for it, but who wonders finds why it is not there.
func (s *Scheduler) introduced(w *worker, plugin string, m *wire.Reply) {
	why := m.Err
	if r, ok := m.Body.(*wire.Ran); ok && len(r.Results) > 0 && r.Results[0].Err != nil {
		why = r.Results[0].Err.Message
	}
	if why != "" {
		s.event("worker %s has not set up the plugin %q: %s", w, plugin, firstLine(why))
	}
}

// workerLog takes a record of a worker's log, or an event that a task logs.
func (s *Scheduler) workerLog(w *worker, m *wire.Log) {
	if m.Topic == wire.LogTopic {
		s.publishLog(m)
		return
	}
	text := m.Text
	if len(m.Value) > 0 && text == "" {
		text = string(m.Value)
	}
	s.log(cmp.Or(m.Topic, "workers"), w.hello.Name+": "+text)
	if m.Topic == "" && Level(m.Level) >= LevelWarn {
		s.note(Level(m.Level), "worker "+w.hello.Name+": "+text)
	}
}

// dump answers with the scheduler's state and that of all workers.
func (s *Scheduler) dump(c *client, request uint64) {
	wt := s.newWait(c, request)
	wt.until = s.now + s.conf.Lost
	s.at(wt.until)
	own := s.text()
	wt.finish = func() (wire.Body, string, uint8) {
		var b strings.Builder
		b.WriteString(own)
		for _, r := range wt.results {
			b.WriteString("\n== worker " + r.Worker + "\n")
			if r.Err != nil {
				b.WriteString(r.Err.Message)
			}
			b.Write(r.Value)
		}
		return &wire.Text{Text: b.String()}, "", 0
	}
	for _, w := range s.live {
		s.relay(w, wt, &wire.Dump{}, false)
	}
}
