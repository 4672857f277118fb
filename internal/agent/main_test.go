//go:build unix

package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/internal/wire"
)

// orders tell a worker of these tests what to do; they are its configuration.
type orders struct {
	Do   string
	Code int
	MiB  int
	Text string
}

// TestMain is the main of the workers of these tests too: copies of this binary.
func TestMain(m *testing.M) {
	switch os.Getenv("AGENT_TEST_MAIN") {
	case "runs to its end": // a main that forgot cluster.Init
		fmt.Println("hello from main")
		os.Exit(0)
	case "fails":
		os.Exit(3)
	case "goes on":
		time.Sleep(time.Hour)
	case "starts workers": // what would be a fork bomb
		_, err := Start(context.Background(), Config{})
		fmt.Println(err)
		time.Sleep(time.Hour)
	case "agent":
		agentMain()
		os.Exit(0)
	case "descendant":
		w, err := Child()
		fmt.Println(w == nil, err, IsWorker(), errors.Is(refuseNested(), ErrNested))
		os.Exit(0)
	}
	w, err := Child()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if w != nil {
		worker(w)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// worker obeys.
func worker(w *Worker) {
	var o orders
	if err := json.Unmarshal(w.Document, &o); err != nil {
		w.Fail(fmt.Errorf("orders: %w", err))
	}
	switch o.Do {
	case "fail":
		w.Fail(errors.New(o.Text))
	case "hang":
		time.Sleep(time.Hour)
	case "exit before ready":
		os.Exit(o.Code)
	}
	if err := w.Ready([]byte(fmt.Sprintf("pid %d", os.Getpid()))); err != nil {
		os.Exit(4)
	}
	w.Slots.Begin(wire.ID{Layer: wire.NewLayerID(2, 3), Index: 4}, 5)
	w.Slots.End(w.Slots.Begin(wire.ID{Layer: wire.NewLayerID(2, 3), Index: 9}, 1))
	switch o.Do {
	case "exit":
		fmt.Println(o.Text)
		os.Exit(o.Code)
	case "panic":
		var wait sync.WaitGroup
		for range 50 { // a long report
			go func() { wait.Wait(); select {} }()
		}
		panic(o.Text)
	case "environment":
		fmt.Printf("%q\n", os.Getenv(o.Text))
		os.Exit(0)
	case "segfault":
		syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		time.Sleep(time.Hour)
	case "take":
		var kept [][]byte
		for range o.MiB / 4 {
			b := make([]byte, 4<<20)
			for i := 0; i < len(b); i += 512 {
				b[i] = 1
			}
			kept = append(kept, b)
			time.Sleep(time.Millisecond)
		}
		runtime.KeepAlive(kept)
	case "stay":
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Hour)
	case "leave":
		w.Leave(o.Text)
		return
	case "descend":
		self, err := os.Executable()
		if err != nil {
			os.Exit(4)
		}
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "AGENT_TEST_MAIN=descendant", o.Text)
		cmd.Stdout = os.Stdout
		cmd.Run()
	case "sleeper": // a process that would outlive it
		cmd := exec.Command("sleep", "3600")
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			os.Exit(4)
		}
		fmt.Println("sleeper", cmd.Process.Pid)
		os.Exit(5)
	}
	<-w.Stop
	fmt.Println("ending in order")
}

// obey returns a configuration of workers with orders.
func obey(o orders) Config {
	return Config{
		Name: "w", Document: func(Identity) ([]byte, error) { return json.Marshal(o) },
		Policy: Policy{BackoffMin: time.Millisecond, BackoffMax: 5 * time.Millisecond, StartsMax: 3},
	}
}

// journal collects what an agent reports.
type journal struct {
	mu    sync.Mutex // guards what follows
	ready []Ready
	exits []*Exit
	gave  []*Exit
	out   bytes.Buffer
	exit  chan *Exit
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(b)
}

func (j *journal) output() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.String()
}

// begin starts an agent whose reports are kept, and stops it at the end of the test.
func begin(t *testing.T, c Config) (*Agent, *journal) {
	t.Helper()
	j := &journal{exit: make(chan *Exit, 1000)}
	c.Stdout, c.Stderr = j, j
	c.OnReady = func(r Ready) { j.mu.Lock(); defer j.mu.Unlock(); j.ready = append(j.ready, r) }
	c.OnExit = func(e *Exit) {
		j.mu.Lock()
		j.exits = append(j.exits, e)
		j.mu.Unlock()
		j.exit <- e
	}
	c.OnGiveUp = func(e *Exit) { j.mu.Lock(); defer j.mu.Unlock(); j.gave = append(j.gave, e) }
	a, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		a.Stop(ctx)
	})
	return a, j
}

// nextExit waits for a process to end.
func (j *journal) nextExit(t *testing.T) *Exit {
	t.Helper()
	select {
	case e := <-j.exit:
		return e
	case <-time.After(20 * time.Second):
		t.Fatalf("no process has ended; output:\n%s", j.output())
		return nil
	}
}

func ready(t *testing.T, a *Agent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := a.Ready(ctx); err != nil {
		t.Fatal(err)
	}
}

func stop(t *testing.T, a *Agent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// alive says whether a process runs; one that is dead and not waited for does not.
func alive(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return runtime.GOOS != "linux" && syscall.Kill(pid, 0) == nil
	}
	_, after, _ := bytes.Cut(data, []byte(") "))
	return len(after) > 0 && after[0] != 'Z' && after[0] != 'X'
}

// agentMain is an agent of two workers that is to be killed.
func agentMain() {
	a, err := Start(context.Background(), Config{
		Processes: 2, noDeathSignal: os.Getenv("AGENT_TEST_NO_SIGNAL") != "",
		Document: func(Identity) ([]byte, error) { return []byte(`{}`), nil },
		OnReady:  func(r Ready) { fmt.Println(r.PID) },
		Env:      []string{"AGENT_TEST_MAIN="},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(io.Discard, os.Stdin)
	a.Stop(context.Background())
}
