package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sheaf/internal/wire"
)

// One goroutine brings what is into line with what shall be. What takes time — starting, handing over values, ending — is done by others, which
// say what became of it by a change of the member's phase, and wake it.

// reconcile makes steps until the cluster is closed.
func (c *SpecCluster) reconcile() {
	defer close(c.loop)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.wake:
		case <-timer.C:
		}
		var load map[string]int64
		if c.crowded() {
			load = c.loads()
		}
		timer.Reset(c.step(time.Now(), load))
	}
}

// idleMax is the longest time between two steps.
const idleMax = time.Hour

// step starts what is missing and ends what is too much. It returns when to make the next one without being woken. Load is that of the running
// members, nil if that is not known: then none of them is chosen to end.
func (c *SpecCluster) step(now time.Time, load map[string]int64) (next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next = idleMax
	later := func(at time.Time) bool {
		if wait := at.Sub(now); wait > 0 {
			next = min(next, wait)
			return true
		}
		return false
	}
	c.shrink(load)
	c.grow() // members that were kept back because their names were still taken
	if load == nil && c.excess() > 0 {
		later(now.Add(c.spec.LeaveEvery)) // ask for the loads again
	}
	var leaving []*member
	there := len(c.members)
	c.members = slices.DeleteFunc(c.members, func(m *member) bool { return !m.wanted && m.phase == Waiting })
	for _, m := range c.members {
		switch {
		case m.wanted && m.phase == Waiting && !later(m.retry):
			c.start(m)
		case !m.wanted && m.phase == Starting:
			m.cancel()
		case !m.wanted && m.phase == Running && !later(m.retry):
			m.phase = Leaving
			leaving = append(leaving, m)
		}
	}
	if len(c.members) < there || len(leaving) > 0 {
		c.show()
	}
	if len(leaving) > 0 {
		c.jobs.Go(func() { c.leave(leaving) })
	}
	return next
}

// grow adds members that are wanted and have no definition yet. The caller holds mu.
func (c *SpecCluster) grow() {
	for c.excess() < 0 {
		m := c.spec.fresh(func(name string) bool { return c.find(name) != nil })
		if m == nil {
			return // members that are ending have the last names
		}
		c.members = append(c.members, &member{Member: *m, wanted: true, phase: Waiting})
	}
}

// excess returns how many members more are wanted each by itself than in all. The caller holds mu.
func (c *SpecCluster) excess() int {
	n := 0
	for _, m := range c.members {
		if m.wanted {
			n++
		}
	}
	return n - c.target
}

// find returns the member with a name, nil if there is none. The caller holds mu.
func (c *SpecCluster) find(name string) *member {
	for _, m := range c.members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// crowded reports whether running members have to be chosen to end.
func (c *SpecCluster) crowded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	running := 0
	for _, m := range c.members {
		if m.wanted && m.phase == Running {
			running++
		}
	}
	return c.excess() > 0 && running > c.target
}

// shrink chooses who is not wanted any more: those that do not run yet, the last first, and then those with least to lose. The caller holds mu.
func (c *SpecCluster) shrink(load map[string]int64) {
	excess := c.excess()
	if excess <= 0 {
		return
	}
	var order []*member
	for _, m := range slices.Backward(c.members) {
		if m.wanted && m.phase != Running {
			order = append(order, m)
		}
	}
	if load != nil {
		var running []*member
		for _, m := range slices.Backward(c.members) {
			if m.wanted && m.phase == Running {
				running = append(running, m)
			}
		}
		slices.SortStableFunc(running, func(a, b *member) int { return int(min(max(load[a.Name]-load[b.Name], -1), 1)) })
		order = append(order, running...)
	}
	for _, m := range order[:min(excess, len(order))] {
		m.wanted = false
	}
}

// infoMax bounds how long the scheduler is waited for before a step.
const infoMax = 5 * time.Second

// loads returns what each member has to lose: bytes of values, with what its tasks are estimated to take at 100 MB/s. Nil without an answer.
func (c *SpecCluster) loads() map[string]int64 {
	ctx, cancel := context.WithTimeout(c.ctx, infoMax)
	defer cancel()
	info, err := c.control.info(ctx)
	if err != nil {
		c.spec.Logger.Warn("cannot choose members to end", "error", err)
		return nil
	}
	load := map[string]int64{}
	for i := range info.Workers {
		w := &info.Workers[i]
		load[w.Agent] += w.Beat.MemoryBytes + w.Beat.SpillBytes + w.OccupancyMS*100_000 + int64(w.Processing)
	}
	return load
}

// start starts a member in the background. The caller holds mu.
func (c *SpecCluster) start(m *member) {
	ctx, cancel := context.WithTimeoutCause(c.ctx, c.spec.StartTimeout, fmt.Errorf("it did not join within %v", c.spec.StartTimeout))
	m.phase, m.cancel = Starting, cancel
	c.show()
	c.spec.Logger.Info("starts", "member", m.Name)
	c.jobs.Go(func() {
		defer cancel()
		p, err := m.Starter.Start(ctx, c.join(m.Name))
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.failed(m, err)
			return
		}
		c.spec.Logger.Info("runs", "member", m.Name)
		m.phase, m.process, m.began, m.retry = Running, p, time.Now(), time.Time{}
		c.tell()
		go c.watch(m, p)
	})
}

// watch waits for the end of a member's process.
func (c *SpecCluster) watch(m *member, p Process) {
	<-p.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.process != p {
		return // it was ended by us
	}
	m.process = nil
	err := p.Err()
	if err == nil {
		err = fmt.Errorf("cluster: %s has ended", m.Name)
	}
	if time.Since(m.began) > c.spec.BackoffMax {
		m.failures = 0
	}
	c.failed(m, err)
}

// failed sets when a member is started again. The caller holds mu.
func (c *SpecCluster) failed(m *member, err error) {
	if c.ctx.Err() == nil && m.wanted {
		m.err = err
		m.failures++
		wait := c.spec.BackoffMax
		if shift := m.failures - 1; shift < 16 {
			wait = min(wait, c.spec.Backoff<<shift)
		}
		m.retry = time.Now().Add(wait)
		c.spec.Logger.Warn("is not there", "member", m.Name, "failures", m.failures, "again in", wait, "error", err)
	}
	m.phase = Waiting
	c.tell()
}

// leave ends members after others have what only they hold. Those whose values nobody can take go on, and are asked again later.
func (c *SpecCluster) leave(members []*member) {
	stay, why := c.retire(members)
	for _, m := range members {
		c.mu.Lock()
		if p := m.process; stay[m.Name] && p != nil {
			m.phase, m.err, m.retry = Running, fmt.Errorf("cluster: it cannot leave: %w", why), time.Now().Add(c.spec.LeaveEvery)
			c.spec.Logger.Info("cannot leave", "member", m.Name, "error", why)
			c.tell()
			c.mu.Unlock()
			continue
		}
		p := m.process
		m.process = nil
		c.mu.Unlock()
		c.jobs.Go(func() {
			if p != nil {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), specCloseMax)
				defer cancel()
				if err := p.Close(ctx); err != nil {
					c.spec.Logger.Warn("did not end well", "member", m.Name, "error", err)
				}
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.spec.Logger.Info("has left", "member", m.Name)
			m.phase = Waiting // and not wanted: the next step forgets it
			c.tell()
		})
	}
}

// retire hands on what only the workers of some members hold. It returns the members that have to stay, and why.
func (c *SpecCluster) retire(members []*member) (stay map[string]bool, why error) {
	stay = map[string]bool{}
	info, err := c.control.info(c.ctx)
	if err != nil {
		for _, m := range members {
			stay[m.Name] = true
		}
		return stay, err
	}
	workers, ask := map[string]string{}, []string{}
	for i := range info.Workers {
		w := &info.Workers[i]
		if slices.ContainsFunc(members, func(m *member) bool { return belongs(w, m) }) {
			workers[w.Name] = w.Agent
			ask = append(ask, w.Name)
		}
	}
	if len(ask) == 0 {
		return stay, nil
	}
	gone, err := c.control.retire(c.ctx, ask)
	for _, name := range gone {
		delete(workers, name)
	}
	for _, agent := range workers {
		stay[agent] = true
	}
	if err == nil && len(stay) > 0 {
		err = fmt.Errorf("cluster: workers of it are being retired by somebody else: %s", strings.Join(ask, ", "))
	}
	return stay, err
}

func belongs(w *wire.WorkerInfo, m *member) bool { return w.Agent == m.Name }
