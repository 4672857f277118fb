package node

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// account is an actor whose two fields are equal between calls.
type account struct {
	A, B int
	Line chan int
}

// served runs one task as an actor, and serves its node over HTTP.
func served(t *testing.T, state *account, turn *sync.Mutex) (get func() (any, error), at wire.ID) {
	t.Helper()
	get, at, _ = servedBy(t, state, turn, nil)
	return get, at
}

// servedBy also returns the rig; ended is Config.Ended.
func servedBy(t *testing.T, state *account, turn *sync.Mutex, ended func(wire.ID)) (get func() (any, error), at wire.ID, r *rig) {
	t.Helper()
	r = newRig(t, func(c *Config) {
		c.Ended = ended
		c.Turn = func(context.Context, wire.ID) (func(), error) {
			turn.Lock()
			return turn.Unlock, nil
		}
	})
	made := r.layer(1, func(context.Context, *graph.Task) (any, error) { return state, nil })
	c := compute()
	c.Tasks = append(c.Tasks, wire.Task{ID: id(made, 0), Attempt: 1, Options: wire.TaskOptions{Actor: true}})
	r.tell(c)
	r.done(1)
	s, err := http.Serve(http.ServerConfig{Source: r.n, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	f := http.NewFetcher(http.FetcherConfig{})
	t.Cleanup(f.Close)
	return func() (v any, err error) {
		_ = f.Get(t.Context(), s.Addr(), []wire.ID{id(made, 0)}, func(_ wire.ID, got any, e error) { v, err = got, e })
		return v, err
	}, id(made, 0), r
}

// TestActorEnds: its state can be had until it is freed, and then whoever has turns for it is told.
func TestActorEnds(t *testing.T) {
	var turn sync.Mutex
	ended := make(chan wire.ID, 1)
	state := &account{A: 1}
	get, at, r := servedBy(t, state, &turn, func(id wire.ID) { ended <- id })
	if got, ok := r.n.Actor(at); !ok || got != state {
		t.Fatalf("got %v, %t", got, ok)
	}
	if _, err := get(); err != nil {
		t.Fatal(err)
	}
	if len(ended) > 0 {
		t.Fatal("it is said to have ended")
	}
	r.tell(&wire.Free{IDs: []wire.ID{at}})
	select {
	case id := <-ended:
		if id != at {
			t.Errorf("got the end of %v, want of %v", id, at)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody is told that it has ended")
	}
	if got, ok := r.n.Actor(at); ok {
		t.Errorf("got %v after the end", got)
	}
}

// TestActorIsReadBetweenCalls reads the state of an actor while its methods run.
func TestActorIsReadBetweenCalls(t *testing.T) {
	var turn sync.Mutex
	state := &account{}
	get, _ := served(t, state, &turn)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			turn.Lock()
			state.A++
			state.B++
			turn.Unlock()
		}
	}()
	for range 30 {
		v, err := get()
		if got, ok := v.(*account); err != nil || !ok || got.A != got.B {
			t.Errorf("got %+v, %v", v, err)
		}
	}
	close(stop)
	<-stopped
}

// TestActorThatCannotTravel: who asks for its state is told whose it is.
func TestActorThatCannotTravel(t *testing.T) {
	var turn sync.Mutex
	get, at := served(t, &account{Line: make(chan int)}, &turn)
	_, err := get()
	v, ok := errors.AsType[*http.ValueError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	f := travel.DecodeFailure(v.Detail)
	if f == nil || f.Task != at || f.Sort != wire.SortSerialize || !strings.Contains(f.Message, "account.Line") {
		t.Fatalf("got %+v", f)
	}
	if te, ok := errors.AsType[*exec.TaskError](travel.DecodeError(f)); !ok || te.Key.String() == "" || te.Worker == "" {
		t.Errorf("got %+v", te)
	}
}
