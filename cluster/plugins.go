package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"sheaf/client"
	"sheaf/fn"
	"sheaf/internal/codec"
	"sheaf/internal/scheduler"
)

const (
	pluginEndMax         = 5 * time.Second // that plugins have when the scheduler ends
	pluginQueueMax       = 16 << 10
	pluginTransitionsMax = pluginQueueMax * 3 / 4
	pluginsMax           = 1000
)

// A PluginInfo says how a plugin of a scheduler keeps up.
type PluginInfo struct {
	Name   string
	Told   int64 // things that it was told
	Queued int   // that it is still to be told
	Missed int64 // that were lost because it was too slow
	Panics int64
}

// plugins are those of a scheduler.
type plugins struct {
	core *core

	mu     sync.Mutex // guards what follows
	all    []*plugin
	closed bool
}

// plugin is one with its queue and its goroutine.
type plugin struct {
	hooks SchedulerPlugin
	core  *core
	ctx   context.Context
	began chan error    // what Start has returned
	wake  chan struct{} // there is something in the queue
	done  chan struct{}

	mu     sync.Mutex // guards what follows
	queue  []scheduler.Happening
	head   int // those before it are taken
	marks  []mark
	taken  int64 // from the queue
	tasks  int   // transitions in the queue
	info   PluginInfo
	missed EventsMissed
	hook   string // that runs
	fun    any    // its function
}

// mark is something to do when everything before it has been told.
type mark struct {
	after int64
	do    func()
	last  bool
}

// register adds a plugin and waits until it has started.
func (x *plugins) register(ctx context.Context, name string, hooks SchedulerPlugin) error {
	p, err := x.add(name, hooks)
	if err != nil {
		return err
	}
	x.observe()
	return x.begin(ctx, p)
}

// add adds a plugin, which remembers what happens from now on.
func (x *plugins) add(name string, hooks SchedulerPlugin) (*plugin, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case name == "":
		return nil, errors.New("cluster: a plugin needs a name")
	case x.closed:
		return nil, fmt.Errorf("cluster: the plugin %q: the scheduler was closed", name)
	case len(x.all) >= pluginsMax:
		return nil, fmt.Errorf("cluster: the plugin %q: there are %d already", name, pluginsMax)
	case slices.ContainsFunc(x.all, func(o *plugin) bool { return o.info.Name == name }):
		return nil, fmt.Errorf("cluster: there is a plugin %q already; unregister it first", name)
	}
	p := &plugin{
		hooks: hooks, core: x.core, ctx: client.InScheduler(context.Background(), x.core.info),
		began: make(chan error, 1), wake: make(chan struct{}, 1), done: make(chan struct{}), info: PluginInfo{Name: name},
	}
	x.all = append(slices.Clip(x.all), p)
	return p, nil
}

// beginAll starts the plugins of a scheduler that begins.
func (x *plugins) beginAll(ctx context.Context) error {
	all := x.list()
	for k, p := range all {
		if err := x.begin(ctx, p); err != nil {
			for _, other := range all[k+1:] { // they have no goroutine
				x.remove(other)
			}
			return err
		}
	}
	return nil
}

// begin starts a plugin.
func (x *plugins) begin(ctx context.Context, p *plugin) error {
	go p.loop()
	select {
	case err := <-p.began:
		if err != nil {
			x.remove(p)
			return fmt.Errorf("cluster: the plugin %q does not start: %w", p.info.Name, err)
		}
		return nil
	case <-ctx.Done():
		x.remove(p)
		p.mark(func() {}, true)
		return fmt.Errorf("cluster: the plugin %q does not start: %s has not returned: %w", p.info.Name, p.place(), context.Cause(ctx))
	}
}

// unregister removes a plugin, after it was told what has happened so far.
func (x *plugins) unregister(ctx context.Context, name string) error {
	x.mu.Lock()
	k := slices.IndexFunc(x.all, func(p *plugin) bool { return p.info.Name == name })
	if k < 0 {
		x.mu.Unlock()
		return fmt.Errorf("cluster: there is no plugin %q", name)
	}
	p := x.all[k]
	x.mu.Unlock()
	x.remove(p)
	p.mark(p.close, true)
	return p.wait(ctx)
}

func (x *plugins) remove(p *plugin) {
	x.mu.Lock()
	x.all = slices.DeleteFunc(slices.Clone(x.all), func(o *plugin) bool { return o == p })
	x.mu.Unlock()
	x.observe()
}

func (x *plugins) list() []*plugin {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all
}

// wanted says what any plugin wants to be told.
func (x *plugins) wanted() (rare, tasks bool) {
	all := x.list()
	return len(all) > 0, slices.ContainsFunc(all, func(p *plugin) bool { return p.hooks.Transition != nil })
}

// observe tells the machine what to say.
func (x *plugins) observe() {
	_ = x.core.ask(context.Background(), func(time.Duration) { x.core.machine.Observe(x.wanted()) }) // if it is closed nothing happens any more
}

// see gives the plugins what has happened in a step. It does not wait.
func (x *plugins) see(hs []scheduler.Happening) {
	for _, p := range x.list() {
		p.see(hs)
	}
}

// beforeClose tells the plugins that the scheduler is about to end, and waits for them until ctx does.
func (x *plugins) beforeClose(ctx context.Context) {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range x.list() {
		if f := p.hooks.BeforeClose; f != nil {
			all.Go(func() {
				told := make(chan struct{})
				p.mark(func() {
					p.call("BeforeClose", f, func() { f(p.ctx) })
					close(told)
				}, false)
				select {
				case <-told:
				case <-p.done:
				case <-ctx.Done():
				}
			})
		}
	}
	all.Wait()
}

// close ends all plugins, and waits for them until ctx does.
func (x *plugins) close(ctx context.Context) error {
	all := x.list()
	for _, p := range all {
		p.mark(p.close, true)
	}
	var errs []error
	for _, p := range all {
		errs = append(errs, p.wait(ctx))
	}
	return errors.Join(errs...)
}

func (x *plugins) infos() []PluginInfo {
	var infos []PluginInfo
	for _, p := range x.list() {
		p.mu.Lock()
		i := p.info
		i.Queued = len(p.queue) - p.head
		p.mu.Unlock()
		infos = append(infos, i)
	}
	slices.SortFunc(infos, func(a, b PluginInfo) int { return cmp.Compare(a.Name, b.Name) })
	return infos
}

// wants reports whether the plugin has a hook for something.
func (p *plugin) wants(what scheduler.What) bool {
	h := &p.hooks
	switch what {
	case scheduler.WorkerJoined:
		return h.AddWorker != nil
	case scheduler.WorkerLeft:
		return h.RemoveWorker != nil
	case scheduler.ClientJoined:
		return h.AddClient != nil
	case scheduler.ClientLeft:
		return h.RemoveClient != nil
	case scheduler.GraphAdmitted:
		return h.UpdateGraph != nil
	case scheduler.GraphForgotten:
		return h.RemoveGraph != nil
	case scheduler.TaskMoved:
		return h.Transition != nil
	case scheduler.Restarted:
		return h.Restart != nil
	case scheduler.Logged:
		return h.LogEvent != nil
	}
	return false
}

// see queues what has happened, as far as there is room.
func (p *plugin) see(hs []scheduler.Happening) {
	p.mu.Lock()
	lost := p.info.Missed
	for k := range hs {
		task := hs[k].What == scheduler.TaskMoved
		switch {
		case !p.wants(hs[k].What):
		case task && p.tasks >= pluginTransitionsMax:
			p.missed.Transitions++
			p.info.Missed++
		case len(p.queue)-p.head >= pluginQueueMax:
			p.missed.Others++
			p.info.Missed++
		default:
			p.queue = append(p.queue, hs[k])
			if task {
				p.tasks++
			}
		}
	}
	missed := p.info.Missed
	p.mu.Unlock()
	if missed > 0 && lost == 0 || missed/10_000 > lost/10_000 {
		p.core.log.Warn("a plugin of the scheduler is too slow, and misses things", "plugin", p.info.Name, "missed", missed, "busy with", p.place())
	}
	p.kick()
}

// mark has something done when what is queued now has been told.
func (p *plugin) mark(do func(), last bool) {
	p.mu.Lock()
	p.marks = append(p.marks, mark{p.taken + int64(len(p.queue)-p.head), do, last})
	p.mu.Unlock()
	p.kick()
}

func (p *plugin) close() {
	if f := p.hooks.Close; f != nil {
		p.call("Close", f, func() { f(p.ctx) })
	}
}

// wait waits for the end.
func (p *plugin) wait(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("cluster: the plugin %q has not ended: %s has not returned: %w", p.info.Name, p.place(), context.Cause(ctx))
	}
}

func (p *plugin) kick() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// place is the hook that runs.
func (p *plugin) place() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hook == "" {
		return "no hook"
	}
	return p.hook + ", " + fn.SourceOf(p.fun).String() + ","
}

// loop tells the plugin what happens until it is removed.
func (p *plugin) loop() {
	defer close(p.done)
	if f := p.hooks.Start; f != nil {
		err := errPanic
		p.call("Start", f, func() { err = f(p.ctx) })
		p.began <- err
		if err != nil {
			return
		}
	} else {
		p.began <- nil
	}
	for range p.wake {
		for {
			todo, marks := p.next()
			if todo == nil && marks == nil {
				break
			}
			for k := range todo {
				p.tell(&todo[k])
			}
			for _, m := range marks {
				m.do()
				if m.last {
					return
				}
			}
		}
	}
}

var errPanic = errors.New("it panicked; the scheduler's log has the stack")

// next takes what is to be told up to the next mark, and the marks there.
func (p *plugin) next() (todo []scheduler.Happening, marks []mark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.queue) - p.head
	if len(p.marks) > 0 {
		n = int(p.marks[0].after - p.taken)
	}
	n = min(n, 256) // so that the count of those that wait is honest
	todo = slices.Clone(p.queue[p.head : p.head+n])
	clear(p.queue[p.head : p.head+n])
	p.head += n
	p.taken += int64(n)
	if p.head > pluginQueueMax/2 || p.head == len(p.queue) {
		rest := copy(p.queue, p.queue[p.head:])
		clear(p.queue[rest:])
		p.queue, p.head = p.queue[:rest], 0
	}
	for k := range todo {
		if todo[k].What == scheduler.TaskMoved {
			p.tasks--
		}
	}
	for len(p.marks) > 0 && p.marks[0].after == p.taken {
		marks = append(marks, p.marks[0])
		p.marks = p.marks[1:]
	}
	if n == 0 {
		todo = nil
	}
	return todo, marks
}

// call calls a hook. A panic is logged and goes no further.
func (p *plugin) call(hook string, f any, do func()) {
	p.mu.Lock()
	p.hook, p.fun = hook, f
	p.mu.Unlock()
	returned := false
	defer func() {
		v := recover()
		at := ""
		if !returned {
			at = p.place()
		}
		p.mu.Lock()
		p.hook, p.fun = "", nil
		p.info.Told++
		if !returned {
			p.info.Panics++
		}
		p.mu.Unlock()
		if !returned {
			p.core.log.Error("a plugin of the scheduler panics", "plugin", p.info.Name, "hook", at, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	do()
	returned = true
}

// tell calls the hook for one thing, and before it the one for those that were missed.
func (p *plugin) tell(h *scheduler.Happening) {
	p.mu.Lock()
	missed := p.missed
	p.missed = EventsMissed{}
	p.mu.Unlock()
	if f := p.hooks.Missed; f != nil && missed != (EventsMissed{}) {
		p.call("Missed", f, func() { f(p.ctx, missed) })
	}
	p.event(h, p.core.start.Add(h.At))
}

func (p *plugin) event(h *scheduler.Happening, at time.Time) {
	ctx := p.ctx
	switch hook := &p.hooks; h.What {
	case scheduler.WorkerJoined:
		p.call("AddWorker", hook.AddWorker, func() { hook.AddWorker(ctx, WorkerAdded{at, client.WorkerInfoOf(h.Worker)}) })
	case scheduler.WorkerLeft:
		p.call("RemoveWorker", hook.RemoveWorker, func() { hook.RemoveWorker(ctx, WorkerRemoved{at, client.WorkerInfoOf(h.Worker), h.Text}) })
	case scheduler.ClientJoined:
		p.call("AddClient", hook.AddClient, func() { hook.AddClient(ctx, ClientAdded{at, client.ClientInfoOf(h.Client)}) })
	case scheduler.ClientLeft:
		p.call("RemoveClient", hook.RemoveClient, func() { hook.RemoveClient(ctx, ClientRemoved{at, client.ClientInfoOf(h.Client), h.Text}) })
	case scheduler.GraphAdmitted:
		p.call("UpdateGraph", hook.UpdateGraph, func() { hook.UpdateGraph(ctx, graphAdded(h, at)) })
	case scheduler.GraphForgotten:
		p.call("RemoveGraph", hook.RemoveGraph, func() { hook.RemoveGraph(ctx, GraphRemoved{at, h.Graph}) })
	case scheduler.TaskMoved:
		p.call("Transition", hook.Transition, func() {
			hook.Transition(ctx, Transition{at, h.Graph, h.Key.String(), h.From, h.To, h.Place, int(h.Attempt)})
		})
	case scheduler.Restarted:
		p.call("Restart", hook.Restart, func() { hook.Restart(ctx, Restarted{at, client.ClientInfoOf(h.Client)}) })
	case scheduler.Logged:
		p.call("LogEvent", hook.LogEvent, func() { hook.LogEvent(ctx, eventLogged(h, at)) })
	}
}

func graphAdded(h *scheduler.Happening, at time.Time) GraphAdded {
	o := h.Options
	g := GraphAdded{
		Time: at, Graph: h.Graph, Client: client.ClientInfoOf(h.Client), Tasks: h.Tasks, Priority: int(o.Priority), Retries: int(o.Retries),
		Workers: slices.Clone(o.Workers), AllowOther: o.AllowOther, Resources: map[string]float64{}, Actor: o.Actor,
		TaskTimeout: time.Duration(o.TimeoutMS) * time.Millisecond, CopiesWanted: int(o.Replicas),
	}
	for _, l := range h.Layers {
		g.Layers = append(g.Layers, GraphLayer(l))
	}
	for _, r := range o.Resources {
		g.Resources[r.Name] = r.Amount
	}
	return g
}

func eventLogged(h *scheduler.Happening, at time.Time) EventLogged {
	e := EventLogged{Time: at, Topic: h.Topic, Value: h.Text}
	if h.Client != nil {
		c := client.ClientInfoOf(h.Client)
		e.Client = &c
		e.Time = time.Unix(0, h.SentAt)
		e.Value, e.Err = codec.Unmarshal(h.Value)
	}
	return e
}
