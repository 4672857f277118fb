//go:build unix

package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sheaf/internal/wire"
)

func TestStartAndStop(t *testing.T) {
	c := obey(orders{})
	c.Processes = 2
	a, j := begin(t, c)
	ready(t, a)
	for i, s := range a.Workers() {
		if s.Name != fmt.Sprintf("w-%d", i) || s.State != Running || !alive(s.PID) || s.Incarnation != 1 || s.Restarts != 0 {
			t.Errorf("got %+v", s)
		}
		if pgid, err := syscall.Getpgid(s.PID); err != nil || pgid != s.PID {
			t.Errorf("got group %d, %v; want its own, %d", pgid, err, s.PID)
		}
	}
	stop(t, a)
	select {
	case <-a.Done():
	default:
		t.Error("stopped, but not done")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.ready) != 2 || len(j.exits) != 2 || len(j.gave) != 0 {
		t.Fatalf("got %d ready, %d exits, %d given up", len(j.ready), len(j.exits), len(j.gave))
	}
	for _, r := range j.ready {
		if want := fmt.Sprintf("pid %d", r.PID); string(r.Payload) != want || r.Took <= 0 {
			t.Errorf("got %+v, want %s", r, want)
		}
	}
	for _, e := range j.exits {
		if e.Cause != CauseStopped || e.Code != 0 || e.Signal != "" || !e.Ready || e.Restart || alive(e.PID) {
			t.Errorf("got %+v", e)
		}
	}
	for _, want := range []string{"[w-0] ending in order\n", "[w-1] ending in order\n"} {
		if !strings.Contains(j.out.String(), want) {
			t.Errorf("output %q is missing in %q", want, j.out.String())
		}
	}
}

// TestKilledWorkerIsBlamedAndRestarted is case 1 of the contract, as the agent sees it.
func TestKilledWorkerIsBlamedAndRestarted(t *testing.T) {
	a, j := begin(t, obey(orders{}))
	ready(t, a)
	waitRunning(t, a) // the slot is entered after being ready
	pid := a.Workers()[0].PID
	syscall.Kill(pid, syscall.SIGKILL)
	e := j.nextExit(t)
	if e.PID != pid || e.Cause != CauseSignal || e.Signal != "SIGKILL" || e.Number != 9 || e.Code != -1 || !e.Ready || !e.Restart || e.OOMKilled {
		t.Errorf("got %+v", e)
	}
	want := []wire.Attempt{{ID: wire.ID{Layer: wire.NewLayerID(2, 3), Index: 4}, Attempt: 5}}
	if diff := cmp.Diff(want, e.Running); diff != "" || !e.Exact() {
		t.Error(diff)
	}
	if text := e.Error(); !strings.Contains(text, "was killed by signal 9 (SIGKILL) after ") || !strings.Contains(text, "it was running 2.3[4] (attempt 5)") {
		t.Errorf("got %q", text)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if s := a.Workers()[0]; s.State == Running && s.PID != pid && s.Incarnation == 2 && s.Restarts == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not restarted: %+v", a.Workers())
		}
	}
}

// waitRunning waits until each worker's table has its attempt.
func waitRunning(t *testing.T, a *Agent) {
	t.Helper()
	for _, k := range a.keepers {
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			k.mu.Lock()
			p := k.process
			k.mu.Unlock()
			if p != nil {
				if s, err := p.slots.Read(); err == nil && len(s.Running) == 1 {
					break
				}
			}
			if time.Now().After(deadline) {
				t.Fatal("nothing runs")
			}
		}
	}
}

// TestHowWorkersEnd goes through the ends that a worker can come to after it was ready (cases 6, 8 and 44).
func TestHowWorkersEnd(t *testing.T) {
	for _, tc := range []struct {
		name   string
		orders orders
		limit  int64
		cause  Cause
		want   string // in the text
	}{
		{"os.Exit", orders{Do: "exit", Code: 7, Text: "last words"}, 0, CauseExited, "exited with code 7 after"},
		{"os.Exit(0)", orders{Do: "exit", Text: "last words"}, 0, CauseExited, "last log lines:\n    last words"},
		{"panic", orders{Do: "panic", Text: "at the disco"}, 0, CauseExited, "exited with code 2 after"},
		{"first line of a long panic", orders{Do: "panic", Text: "at the disco"}, 0, CauseExited, "last log lines:\n    panic: at the disco"},
		{"segmentation fault", orders{Do: "segfault"}, 0, CauseExited, "SIGSEGV: segmentation violation"},
		{"memory", orders{Do: "take", MiB: 2000}, 64 << 20, CauseMemory, "was killed by signal 9 (SIGKILL) after"},
		{"memory limit", orders{Do: "take", MiB: 2000}, 64 << 20, CauseMemory, "memory limit 64 MiB reached"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := obey(tc.orders)
			c.MemoryBytes, c.Policy = tc.limit, Policy{BackoffMin: time.Minute, BackoffMax: time.Minute}
			c.Env = []string{"GOTRACEBACK=all"}
			a, j := begin(t, c)
			e := j.nextExit(t)
			if e.Cause != tc.cause || !e.Ready || !e.Restart || e.RestartAfter != time.Minute || e.OOMKilled != (tc.cause == CauseMemory) {
				t.Errorf("got %+v", e)
			}
			if len(e.Running) != 1 || e.Running[0].Attempt != 5 {
				t.Errorf("got running %v", e.Running)
			}
			if e.PeakBytes <= 0 {
				t.Errorf("got a peak of %d bytes", e.PeakBytes)
			}
			if text := e.Error(); !strings.Contains(text, tc.want) {
				t.Errorf("got %q, want …%s…", text, tc.want)
			}
			if w := e.Wire(); w.Worker != "w-0" || w.PID != e.PID || !w.Exact || w.OutOfMem != e.OOMKilled || !strings.HasPrefix(w.Cause, e.How()) {
				t.Errorf("got %+v", w)
			}
			if s := a.Workers()[0]; s.State != Waiting || s.PID != 0 {
				t.Errorf("got %+v, want waiting", s)
			}
		})
	}
}

// TestMemoryByControlGroup needs a control group that is the test's to divide: SHEAF_TEST_CGROUP names one.
func TestMemoryByControlGroup(t *testing.T) {
	c := obey(orders{Do: "take", MiB: 2000})
	if c.Cgroup = os.Getenv("SHEAF_TEST_CGROUP"); c.Cgroup == "" {
		t.Skip("SHEAF_TEST_CGROUP names no control group that may be divided")
	}
	c.MemoryBytes = 64 << 20
	a, j := begin(t, c)
	if m := a.Memory(); !strings.Contains(m, "held by the kernel") {
		t.Errorf("got %q", m)
	}
	for range 2 { // the second one is in a group of its own too
		e := j.nextExit(t)
		if e.Cause != CauseMemory || !e.OOMKilled || e.Signal != "SIGKILL" || len(e.Running) != 1 || e.PeakBytes < 60<<20 || e.PeakBytes > 80<<20 {
			t.Errorf("got %+v", e)
		}
		if !strings.Contains(e.Error(), "memory limit 64 MiB reached, killed by the kernel") {
			t.Errorf("got %q", e.Error())
		}
	}
}

// TestStartsThatFail goes through the ends before a worker was ready.
func TestStartsThatFail(t *testing.T) {
	for _, tc := range []struct {
		name    string
		orders  orders
		main    string
		timeout time.Duration
		starts  int
		cause   Cause
		want    string
	}{
		{"an error", orders{Do: "fail", Text: "no route to the scheduler"}, "", 0, 3, CauseStartFailed, "did not become ready; no route to the scheduler"},
		{"a death", orders{Do: "exit before ready", Code: 9}, "", 0, 3, CauseStartFailed, "it exited with code 9 before it was ready"},
		{"a hang", orders{Do: "hang"}, "", 30 * time.Millisecond, 3, CauseStartFailed, "it was not ready 30ms after cluster.Init() was called"},
		{"no Init, and an end", orders{}, "runs to its end", 0, 1, CauseNotInitialised, "it ran to its end, with code 0: the program does not call cluster.Init(); call it at the top of main"},
		{"no Init, and a bad end", orders{}, "fails", 0, 3, CauseStartFailed, "it exited with code 3 before cluster.Init() was called"},
		{"no Init, and no end", orders{}, "goes on", 30 * time.Millisecond, 1, CauseNotInitialised, "nothing was heard of it for 30ms: the program does not call cluster.Init()"},
		{"no Init, and workers of its own", orders{}, "starts workers", 0, 1, CauseNotInitialised, "it went on to start workers itself: the program does not call cluster.Init()"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := obey(tc.orders)
			c.Env = []string{"AGENT_TEST_MAIN=" + tc.main}
			if tc.orders.Do == "hang" {
				c.ReadyTimeout = tc.timeout
			} else {
				c.InitTimeout = tc.timeout
			}
			a, j := begin(t, c)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := a.Ready(ctx)
			if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, ErrNotInitialised) != (tc.cause == CauseNotInitialised) {
				t.Errorf("got %v, want …%s…", err, tc.want)
			}
			j.mu.Lock()
			defer j.mu.Unlock()
			if len(j.exits) != tc.starts || len(j.gave) != 1 {
				t.Errorf("got %d starts and gave up %d times, want %d and once", len(j.exits), len(j.gave), tc.starts)
			}
			for _, e := range j.exits {
				if e.Cause != tc.cause || e.Ready {
					t.Errorf("got %+v", e)
				}
			}
			if s := a.Workers()[0]; s.State != Ended {
				t.Errorf("got %+v, want ended", s)
			}
		})
	}
}

func TestExecutableThatCannotRun(t *testing.T) {
	text := t.TempDir() + "/text"
	if err := os.WriteFile(text, []byte("not a program"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := obey(orders{})
	c.Executable = text
	a, j := begin(t, c)
	err := a.Ready(t.Context())
	if err == nil || !strings.Contains(err.Error(), "could not be started") || !strings.Contains(err.Error(), "exec format error") {
		t.Errorf("got %v", err)
	}
	if e := j.nextExit(t); e.Cause != CauseNotStarted || e.PID != 0 || e.GaveUp == "" || !errors.Is(e, syscall.ENOEXEC) {
		t.Errorf("got %+v", e)
	}
	if _, err := Start(t.Context(), Config{Executable: "/nowhere"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestStopKillsWhoStays(t *testing.T) {
	c := obey(orders{Do: "stay"})
	c.Grace = 50 * time.Millisecond
	a, j := begin(t, c)
	ready(t, a)
	waitRunning(t, a)
	time.Sleep(20 * time.Millisecond) // it ignores SIGTERM after having entered its attempt
	err := a.Stop(t.Context())
	if err == nil || !strings.Contains(err.Error(), "worker w-0 did not end when it was asked to, and was killed") {
		t.Errorf("got %v", err)
	}
	e := j.nextExit(t)
	if e.Cause != CauseStopped || e.Signal != "SIGKILL" || e.Restart || !strings.Contains(e.Error(), "it did not end within 50ms of being asked to") {
		t.Errorf("got %+v", e)
	}
}

func TestStopInAHurry(t *testing.T) {
	c := obey(orders{Do: "stay"})
	c.Grace = time.Hour
	a, _ := begin(t, c)
	ready(t, a)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := a.Stop(ctx); time.Since(began) > 10*time.Second {
		t.Errorf("took %v, %v", time.Since(began), err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Errorf("a second stop: got %v", err)
	}
}

func TestLeaveEndsAWorkerForGood(t *testing.T) {
	a, j := begin(t, obey(orders{Do: "leave", Text: "retired by the scheduler"}))
	e := j.nextExit(t)
	if e.Cause != CauseLeft || e.Restart || e.GaveUp != "" || e.Reason != "retired by the scheduler" {
		t.Errorf("got %+v", e)
	}
	if !strings.Contains(e.Error(), "left after") {
		t.Errorf("got %q", e.Error())
	}
	stop(t, a)
}

func TestKill(t *testing.T) {
	a, j := begin(t, obey(orders{}))
	ready(t, a)
	if err := a.Kill("w-0", "its task was cancelled and did not stop"); err != nil {
		t.Fatal(err)
	}
	if e := j.nextExit(t); e.Cause != CauseKilled || !e.Restart || !strings.Contains(e.Error(), "its task was cancelled and did not stop") {
		t.Errorf("got %+v", e)
	}
	if err := a.Kill("w-7", ""); err == nil {
		t.Error("killed nobody")
	}
}

func TestScale(t *testing.T) {
	a, j := begin(t, obey(orders{}))
	ready(t, a)
	a.Scale(3)
	ready(t, a)
	if n := len(a.Workers()); n != 3 {
		t.Errorf("got %d workers, want 3", n)
	}
	a.Scale(1)
	for range 2 {
		if e := j.nextExit(t); e.Cause != CauseStopped || e.Index == 0 {
			t.Errorf("got %+v", e)
		}
	}
	a.Scale(2)
	ready(t, a)
	if s := a.Workers()[1]; s.Name != "w-3" {
		t.Errorf("got %s, want a new name", s.Name)
	}
	stop(t, a)
}

// TestWhatAWorkerLeavesBehindIsKilled starts a process that outlives its worker and holds its output open.
func TestWhatAWorkerLeavesBehindIsKilled(t *testing.T) {
	c := obey(orders{Do: "sleeper"})
	c.Policy = Policy{BackoffMin: time.Minute, BackoffMax: time.Minute}
	_, j := begin(t, c)
	e := j.nextExit(t)
	var pid int
	if len(e.LogTail) != 1 {
		t.Fatalf("got %+v", e)
	}
	if _, err := fmt.Sscanf(e.LogTail[0], "sleeper %d", &pid); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("it lives")
		}
	}
}

func TestWorkersStartNoWorkers(t *testing.T) {
	for _, tc := range []struct {
		env, want string
	}{
		{"X=1", "true <nil> false false"},                  // what a task runs is not the agent's, and may start workers
		{markerVar + "=1,3,4,5,1", "true <nil> true true"}, // unless it has the marker, which is another's
	} {
		c := obey(orders{Do: "descend", Text: tc.env})
		a, j := begin(t, c)
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(j.output(), "\n"); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing was printed")
			}
		}
		if got, _, _ := strings.Cut(j.output(), "\n"); got != "[w-0] "+tc.want {
			t.Errorf("%s: got %q, want %q", tc.env, got, tc.want)
		}
		stop(t, a)
	}
}

func TestHiddenEnvironment(t *testing.T) {
	for name, want := range map[string]string{"AGENT_TEST_HIDDEN": `""`, tokenVar: `""`, "AGENT_TEST_SEEN": `"value"`} {
		t.Setenv(name, "value")
		c := obey(orders{Do: "environment", Text: name})
		c.HideEnv = []string{"AGENT_TEST_HIDDEN"}
		_, j := begin(t, c)
		if e := j.nextExit(t); len(e.LogTail) != 1 || e.LogTail[0] != want {
			t.Errorf("%s: got %q, want %s", name, e.LogTail, want)
		}
	}
}

// TestExecutableFromTheCache runs copies that were fetched, and fetches again what another process has removed.
func TestExecutableFromTheCache(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	c := obey(orders{})
	c.Executable, c.Hash, c.CacheDir = "/nowhere", self.Hash, t.TempDir()+"/cache"
	fetched := 0
	c.Fetch = func(_ context.Context, hash string) (io.ReadCloser, error) {
		fetched++
		return os.Open(self.Path)
	}
	a, j := begin(t, c)
	ready(t, a)
	if got, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", a.Workers()[0].PID)); err == nil && got != c.CacheDir+"/"+self.Hash {
		t.Errorf("runs %s", got)
	}
	if err := os.Remove(c.CacheDir + "/" + self.Hash); err != nil {
		t.Fatal(err)
	}
	if err := a.Kill("w-0", "to start again"); err != nil {
		t.Fatal(err)
	}
	if e := j.nextExit(t); !e.Restart {
		t.Errorf("got %v", e)
	}
	for deadline := time.Now().Add(10 * time.Second); a.Workers()[0].State != Running || a.Workers()[0].Incarnation != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("got %+v", a.Workers())
		}
	}
	stop(t, a)
	if fetched != 2 {
		t.Errorf("fetched %d times, want twice", fetched)
	}
}

// TestManyAgentsOfOneProcess starts and stops agents at once, which fork while others write executables.
func TestManyAgentsOfOneProcess(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() + "/cache"
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			c := obey(orders{})
			c.Processes = 2
			if i%2 == 0 {
				c.Executable, c.Hash, c.CacheDir = "/nowhere", self.Hash, dir
				c.Fetch = func(context.Context, string) (io.ReadCloser, error) { return os.Open(self.Path) }
			}
			a, err := Start(t.Context(), c)
			if err != nil {
				t.Error(err)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := a.Ready(ctx); err != nil {
				t.Error(err)
			}
			if err := a.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
