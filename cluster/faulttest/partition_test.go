//go:build linux

package faulttest

import (
	"context"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/cluster"
	"sheaf/internal/netns"
)

// lost is after which silence a worker of these tests is given up.
const lost = time.Second

// A pair is a scheduler with two agents of one worker each, near and far; between the scheduler and the far one stands a proxy.
type pair struct {
	*rig
	proxy *netns.Proxy
	far   *cluster.Agent
	sched *cluster.Scheduler
}

// proxyTo puts a proxy before the scheduler and returns the URL through it.
func proxyTo(t *testing.T, s *cluster.Scheduler) (*netns.Proxy, string) {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := netns.NewProxy(l, func() (net.Conn, error) { return net.Dial("tcp", u.Host) })
	t.Cleanup(func() { _ = p.Close() })
	return p, "nats://" + l.Addr().String()
}

func newPair(t *testing.T, conf cluster.SchedulerConfig) *pair {
	t.Helper()
	ctx := context.Background()
	conf.Heartbeat, conf.Lost, conf.Logger = 100*time.Millisecond, lost, logger()
	s, err := cluster.StartScheduler(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(ctx) })
	p, through := proxyTo(t, s)
	agent := func(name, url string) *cluster.Agent {
		a, err := cluster.StartAgent(ctx, cluster.AgentConfig{
			URL: url, Name: name, Security: s.Security(), Threads: 1, MemoryBytes: 1 << 30, Host: "127.0.0.1", Dir: t.TempDir(), Logger: logger(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close(ctx) })
		return a
	}
	agent("near", s.URL())
	far := agent("far", through)
	c, err := s.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.WaitForWorkers(within(t, 30*time.Second), 2); err != nil {
		t.Fatal(err)
	}
	return &pair{rig: &rig{t: t, c: c, marks: t.TempDir()}, proxy: p, far: far, sched: s}
}

// names returns the workers of both agents.
func (p *pair) names() (near, far string) {
	info, err := p.sched.Info(within(p.t, 10*time.Second))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range info.Workers {
		if name := info.Workers[i].Name; strings.HasPrefix(name, "near") {
			near = name
		} else {
			far = name
		}
	}
	return near, far
}

// cut cuts directions of the link for a time, while tasks run, and returns the executions by task.
func (p *pair) cut(d time.Duration, directions ...netns.Direction) map[string][]mark {
	p.t.Helper()
	fs := make([]*client.Future[int], 12)
	for i := range fs {
		fs[i] = p.c.Submit[int](slow, p.marks, i, 300*time.Millisecond)
	}
	until(p.t, 20*time.Second, "both work", func() bool {
		workers := map[string]bool{}
		for _, ms := range marksIn(p.t, p.marks) {
			workers[ms[0].worker] = true
		}
		return len(workers) == 2
	})
	for _, way := range directions {
		p.proxy.Stall(way, true)
	}
	time.Sleep(d)
	for _, way := range directions {
		p.proxy.Stall(way, false)
	}
	vs, err := p.c.Gather(within(p.t, 40*time.Second), fs)
	if err != nil {
		p.t.Fatal(err)
	}
	for i, v := range vs {
		if v != i*i {
			p.t.Errorf("task %d gave %d", i, v)
		}
	}
	near, far := p.names()
	if far == "" {
		until(p.t, 20*time.Second, "the far worker is back", func() bool { near, far = p.names(); return far != "" })
	}
	for _, name := range []string{near, far} { // both still work
		if v, err := p.c.Submit[int](square, 12, client.OnWorkers(name), client.Pure(false)).Result(within(p.t, 20*time.Second)); err != nil || v != 144 {
			p.t.Errorf("%s: %d, %v", name, v, err)
		}
	}
	return marksIn(p.t, p.marks)
}

// The link is cut for less than the grace: nothing runs again.
func TestCase12ShortPartition(t *testing.T) {
	t.Parallel()
	p := newPair(t, cluster.SchedulerConfig{})
	for name, runs := range p.cut(lost/2, netns.Up, netns.Down) {
		if len(runs) != 1 {
			t.Errorf("task %s ran %d times: %v", name, len(runs), runs)
		}
	}
	p.onceEach(12)
}

// onceEach checks that n results were committed.
func (r *rig) onceEach(n int) {
	r.t.Helper()
	records, err := r.c.TaskStream(within(r.t, 10*time.Second), time.Time{})
	if err != nil {
		r.t.Fatal(err)
	}
	commits := 0
	for _, k := range records {
		if strings.HasPrefix(k.Key, "slow") && !k.Failed {
			commits++
		}
	}
	if commits != n {
		r.t.Errorf("%d results were committed, want %d", commits, n)
	}
}

// The link is cut for longer: only what the far worker ran and held alone runs again, and its late words count for nothing.
func TestCase13LongPartition(t *testing.T) {
	t.Parallel()
	p := newPair(t, cluster.SchedulerConfig{})
	for name, runs := range p.cut(5*lost/2, netns.Up, netns.Down) {
		for i, m := range runs {
			if i > 0 && strings.HasPrefix(runs[0].worker, "near") {
				t.Errorf("task %s ran again although the near worker had it: %v", name, m)
			}
		}
		if len(runs) > 2 {
			t.Errorf("task %s ran %d times", name, len(runs))
		}
	}
}

// One way only: what the far worker says arrives, what it is told does not.
func TestCase15OneWayPartition(t *testing.T) {
	t.Parallel()
	p := newPair(t, cluster.SchedulerConfig{})
	fs := make([]*client.Future[int], 12)
	for i := range fs {
		fs[i] = p.c.Submit[int](slow, p.marks, i, 200*time.Millisecond)
	}
	until(t, 20*time.Second, "two run", func() bool { return executions(t, p.marks) >= 2 })
	p.proxy.Stall(netns.Down, true)
	begun := time.Now()
	vs, err := p.c.Gather(within(t, 30*time.Second), fs) // while the link stays as it is
	if err != nil {
		t.Fatalf("after %v: %v", time.Since(begun), err)
	}
	for i, v := range vs {
		if v != i*i {
			t.Errorf("task %d gave %d", i, v)
		}
	}
	p.proxy.Stall(netns.Down, false)
}

// Workers cannot reach one another: what one has alone is made again elsewhere, or its user goes there.
func TestCase14WorkersCannotReachEachOther(t *testing.T) {
	t.Parallel()
	rs := newRelays(t)
	conf := quick(2)
	conf.Address = rs.address
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	a := r.c.Submit[[]byte](marked, r.marks, uint64(7), 1<<20)
	if _, _, err := r.c.Wait(ctx, []*client.Future[[]byte]{a}); err != nil {
		t.Fatal(err)
	}
	where, err := r.c.WhoHas(ctx, []*client.Future[[]byte]{a})
	if err != nil || len(where[0]) != 1 {
		t.Fatalf("the value is at %v, %v", where, err)
	}
	holder, other := where[0][0], "local-0"
	if holder == other {
		other = "local-1"
	}
	p := rs.to(holder)
	p.Refuse(true)
	p.Reset()
	begun := time.Now()
	got, err := r.c.Submit[uint64](digest, a, client.OnWorkers(other)).Result(ctx)
	if want := digest(block(7, 1<<20)); err != nil || got != want {
		t.Fatalf("got %x, %v, want %x", got, err, want)
	}
	t.Logf("%s had it, %s got it in %v", holder, other, time.Since(begun))
	if runs := marksIn(t, r.marks)["block7"]; len(runs) > 3 {
		t.Errorf("made %d times", len(runs))
	}
	p.Refuse(false)
	r.healthy()
}

// The client is away, and comes back within its lease: its futures are still good.
func TestCase16ClientComesBack(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.Scheduler.Lease = 20 * time.Second
	r := newRig(t, conf)
	p, through := proxyTo(t, r.Scheduler())
	away, err := client.Dial(context.Background(), through, client.Token(r.Security().Token))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = away.Close() }()
	ctx := within(t, 40*time.Second)
	done := away.Submit[[]byte](marked, r.marks, uint64(1), 1<<20)
	if _, _, err := away.Wait(ctx, []*client.Future[[]byte]{done}); err != nil {
		t.Fatal(err)
	}
	running := away.Submit[int](slow, r.marks, 5, 300*time.Millisecond)
	until(t, 10*time.Second, "it runs", func() bool { return len(marksIn(t, r.marks)["5"]) == 1 })
	p.Refuse(true)
	p.Reset()
	time.Sleep(3 * lost)
	p.Refuse(false)
	if v, err := running.Result(ctx); err != nil || v != 25 {
		t.Errorf("what ran meanwhile: %d, %v", v, err)
	}
	if b, err := done.Result(ctx); err != nil || digest(b) != digest(block(1, 1<<20)) {
		t.Errorf("what was done before: %v", err)
	}
	if n := executions(t, r.marks); n != 2 {
		t.Errorf("%d executions, want 2: %v", n, marksIn(t, r.marks))
	}
}

// The client stays away for longer than its lease: what it had is let go, and it is told so when it is back.
func TestCase16ClientStaysAway(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	conf.Scheduler.Lease = lost
	r := newRig(t, conf)
	p, through := proxyTo(t, r.Scheduler())
	away, err := client.Dial(context.Background(), through, client.Token(r.Security().Token))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = away.Close() }()
	ctx := within(t, 40*time.Second)
	f := away.Submit[[]byte](block, uint64(1), 1<<20)
	if _, _, err := away.Wait(ctx, []*client.Future[[]byte]{f}); err != nil {
		t.Fatal(err)
	}
	p.Refuse(true)
	p.Reset()
	r.settled()
	p.Refuse(false)
	_, err = f.Result(ctx)
	wantError(t, err, sheaf.ErrLost)
	until(t, 20*time.Second, "the client works again", func() bool {
		v, err := away.Submit[int](square, 6, client.Pure(false)).Result(ctx)
		return err == nil && v == 36
	})
}

// A worker is stopped for longer than the scheduler waits, and goes on later: nothing is committed twice.
func TestCase10StoppedWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	ctx := within(t, 40*time.Second)
	fs := make([]*client.Future[int], 8)
	for i := range fs {
		fs[i] = r.c.Submit[int](slow, r.marks, i, 300*time.Millisecond)
	}
	until(t, 10*time.Second, "two tasks run", func() bool { return executions(t, r.marks) >= 2 })
	r.signal("local-0", syscall.SIGSTOP)
	begun := time.Now()
	vs, err := r.c.Gather(ctx, fs)
	took := time.Since(begun)
	r.signal("local-0", syscall.SIGCONT)
	if err != nil {
		t.Fatalf("after %v: %v", took, err)
	}
	for i, v := range vs {
		if v != i*i {
			t.Errorf("task %d gave %d", i, v)
		}
	}
	t.Logf("done after %v", took)
	until(t, 20*time.Second, "both workers are there", func() bool { return len(r.info().Workers) == 2 })
	r.healthy()
	r.onceEach(8)
	for name, runs := range marksIn(t, r.marks) {
		if len(runs) > 2 {
			t.Errorf("task %s ran %d times", name, len(runs))
		}
	}
	r.c.Release(fs)
	r.settled()
	t.Logf("settled after %v", time.Since(begun))
}
