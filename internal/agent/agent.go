package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"sheaf/internal/cgroup"
)

// An Agent keeps worker processes running. Its methods may be called by several goroutines at once.
type Agent struct {
	config  Config
	release func() // what is held of the cache; guarded by mu
	path    string // of the executable; guarded by mu
	limiter *cgroup.Limiter
	spawner *spawner
	outputs sync.Mutex // held while writing to Config.Stdout or Config.Stderr
	calls   sync.Mutex // held while calling back
	running sync.WaitGroup
	done    chan struct{}

	mu      sync.Mutex       // guards what follows
	keepers []*keeper        // those that are wanted, by index
	serial  int              // the index of the next one; none is used twice
	live    map[*keeper]bool // those that have not ended
	closed  bool
	changed chan struct{} // closed and replaced when a worker became ready or was given up
}

// Start starts the workers and returns without waiting until they are ready; see [Agent.Ready]. ctx bounds the fetching of the
// executable only: the agent works until [Agent.Stop]. Fails with [ErrNested] in a process that was itself started by an agent.
func Start(ctx context.Context, config Config) (*Agent, error) {
	if err := refuseNested(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	config = config.withDefaults()
	limiter, err := cgroup.New(config.Cgroup)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	path, release, err := config.executable(ctx)
	if err != nil {
		return nil, err
	}
	a := &Agent{
		config: config, path: path, release: release, limiter: limiter, spawner: newSpawner(),
		live: map[*keeper]bool{}, done: make(chan struct{}), changed: make(chan struct{}),
	}
	a.Scale(config.Processes)
	return a, nil
}

// executable returns the path to run. A file of the cache that another process has removed is fetched again.
func (a *Agent) executable() (string, error) {
	a.mu.Lock()
	path := a.path
	a.mu.Unlock()
	if _, err := os.Stat(path); err == nil || a.config.Hash == "" {
		return path, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), a.config.ReadyTimeout)
	defer cancel()
	path, release, err := a.config.executable(ctx)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.release()
	a.path, a.release = path, release
	return path, nil
}

// Size returns how many workers there are that have not left, been retired or been given up.
func (a *Agent) Size() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.purge()
	return len(a.keepers)
}

// purge forgets workers that have ended for good; the caller holds mu.
func (a *Agent) purge() {
	a.keepers = slices.DeleteFunc(a.keepers, func(k *keeper) bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.state == Ended && k.gaveUp == nil
	})
}

// Scale changes how many workers there are. The last ones are stopped, in the background, if they are too many. New ones have new
// names.
func (a *Agent) Scale(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	n = max(n, 0)
	a.purge()
	for _, k := range a.keepers[min(n, len(a.keepers)):] {
		k.stop()
	}
	a.keepers = a.keepers[:min(n, len(a.keepers))]
	for len(a.keepers) < n {
		k := newKeeper(a, a.serial)
		a.serial++
		a.keepers = append(a.keepers, k)
		a.live[k] = true
		a.running.Go(func() {
			k.run()
			a.ended(k)
		})
	}
}

// ended counts a keeper out. The last one of a closed agent ends it.
func (a *Agent) ended(k *keeper) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.live, k)
	a.finish()
}

// finish is called under mu.
func (a *Agent) finish() {
	if len(a.live) == 0 && a.closed {
		select {
		case <-a.done:
		default:
			a.spawner.close()
			a.release()
			close(a.done)
		}
	}
}

// Ready waits until every worker was ready once. It fails with the [*Exit] of the first worker that was given up.
func (a *Agent) Ready(ctx context.Context) error {
	for {
		a.mu.Lock()
		changed, waiting := a.changed, 0
		var failed *Exit
		for _, k := range a.keepers {
			ready, gaveUp := k.outcome()
			if gaveUp != nil && failed == nil {
				failed = gaveUp
			}
			if !ready {
				waiting++
			}
		}
		closed := a.closed
		a.mu.Unlock()
		switch {
		case failed != nil:
			return fmt.Errorf("agent: %w", failed)
		case waiting == 0:
			return nil
		case closed:
			return errStopped
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("agent: %d of %d workers are not ready: %w", waiting, len(a.Workers()), context.Cause(ctx))
		}
	}
}

// tell wakes those who wait in Ready.
func (a *Agent) tell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.changed)
	a.changed = make(chan struct{})
}

// Stop asks every worker to end, kills those that have not after the grace, or when ctx ends, and waits for all. No worker is
// started any more. It fails if some had to be killed.
func (a *Agent) Stop(ctx context.Context) error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.changed)
		a.changed = make(chan struct{})
	}
	keepers := slices.SortedFunc(maps.Keys(a.live), func(x, y *keeper) int { return x.index - y.index })
	for _, k := range keepers {
		k.stop()
	}
	a.finish()
	a.mu.Unlock()
	select {
	case <-a.done:
	case <-ctx.Done():
		for _, k := range keepers {
			k.hurry()
		}
		<-a.done
	}
	a.running.Wait()
	var errs []error
	for _, k := range keepers {
		if k.killedAtStop() {
			errs = append(errs, fmt.Errorf("agent: worker %s did not end when it was asked to, and was killed", k.name))
		}
	}
	return errors.Join(errs...)
}

// Done is closed when the agent was stopped and nothing runs any more.
func (a *Agent) Done() <-chan struct{} { return a.done }

// Kill kills the process of a worker; the policy starts it again. The cause, a phrase, becomes the Reason of its Exit.
func (a *Agent) Kill(name, cause string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.keepers {
		if k.name == name {
			if !k.kill(cause) {
				return fmt.Errorf("agent: killing %s: no process of it is running", name)
			}
			return nil
		}
	}
	return fmt.Errorf("agent: killing %s: there is no such worker", name)
}

// Memory says in a sentence how the memory limit is held.
func (a *Agent) Memory() string {
	if a.config.MemoryBytes <= 0 {
		return "there is no memory limit"
	}
	return a.limiter.Method().String()
}

// A Status is what is known of a worker now.
type Status struct {
	Identity
	State    State
	PID      int // 0 if no process runs
	Since    time.Time
	Memory   cgroup.Usage
	Restarts int
}

// A State is that of a worker.
type State uint8

// The states of a worker.
const (
	_        State = iota
	Starting       // its process was started
	Running        // and is ready
	Waiting        // before the next start
	Stopping       // it was asked to end
	Ended          // stopped, left or given up
)

func (s State) String() string {
	if s >= Starting && s <= Ended {
		return [...]string{"starting", "running", "waiting", "stopping", "ended"}[s-1]
	}
	return "invalid"
}

// Workers returns the state of each worker.
func (a *Agent) Workers() []Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]Status, len(a.keepers))
	for i, k := range a.keepers {
		all[i] = k.status()
	}
	return all
}
