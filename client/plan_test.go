package client

import (
	"context"
	"errors"
	"testing"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// here and there are the plans of twofold collections.
var (
	here  = graph.Of(graph.Const("here", graph.Unique(), 1))
	there = graph.Of(graph.Const("there", graph.Unique(), 2))
)

// twofold is a collection with a plan for this process and one for others.
type twofold struct{}

func (twofold) Graph() (graph.Graph, error) { return here, nil }
func (twofold) Planner() sheaf.Planner      { return twofoldPlanner{} }

type twofoldPlanner struct{}

func (twofoldPlanner) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	return repeated(here, len(cs)), nil
}

func (twofoldPlanner) PlanDistributed(cs []sheaf.Collection, _ sheaf.Place) ([]graph.Graph, error) {
	return repeated(there, len(cs)), nil
}

func repeated(g graph.Graph, n int) []graph.Graph {
	gs := make([]graph.Graph, n)
	for i := range gs {
		gs[i] = g
	}
	return gs
}

// plain is a collection without a planner.
type plain struct{ err error }

func (p plain) Graph() (graph.Graph, error) { return here, p.err }

// What a cluster computes is planned for a cluster.
func TestPlanForThePlace(t *testing.T) {
	names := func(c *Client, vs ...sheaf.Collection) []string {
		gs, err := c.plan(vs)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, g := range gs {
			names = append(names, g.Outputs[0].Layer.Name())
		}
		return names
	}
	near, far := &Client{}, &Client{link: &link{}}
	for _, tc := range []struct {
		c    *Client
		vs   []sheaf.Collection
		want string
	}{
		{near, []sheaf.Collection{twofold{}, twofold{}}, "here"},
		{far, []sheaf.Collection{twofold{}, twofold{}}, "there"},
		{near, []sheaf.Collection{plain{}, plain{}}, "here"},
		{far, []sheaf.Collection{plain{}}, "here"},
	} {
		got := names(tc.c, tc.vs...)
		if len(got) != len(tc.vs) || got[0] != tc.want || got[len(got)-1] != tc.want {
			t.Errorf("distributed %v: %T became %v, want %s", tc.c.Distributed(), tc.vs[0], got, tc.want)
		}
	}
	wrong := errors.New("built wrongly")
	if _, err := far.plan([]sheaf.Collection{plain{wrong}}); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}

// A submitted collection runs by the plan for this process when the client is one of this process.
func TestSubmitPlans(t *testing.T) {
	c, err := Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	x, err := c.submit(twofold{}, settings{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	x.Notify(func() { close(done) })
	<-done
	if v, err := x.Value(context.Background()); v != 1 || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

// measured is a collection whose plan tells the memory for which it was made.
type measured struct{ told *sheaf.Place }

func (measured) Graph() (graph.Graph, error) { return here, nil }
func (m measured) Planner() sheaf.Planner    { return measuredPlanner(m) }

type measuredPlanner struct{ told *sheaf.Place }

func (measuredPlanner) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	return repeated(here, len(cs)), nil
}

func (p measuredPlanner) PlanDistributed(cs []sheaf.Collection, where sheaf.Place) ([]graph.Graph, error) {
	*p.told = where
	return repeated(there, len(cs)), nil
}

// TestPlanForTheSmallestWorker: plans are made for the memory of the smallest worker that is there.
func TestPlanForTheSmallestWorker(t *testing.T) {
	x := remote.New(remote.Config{Send: func(wire.Message) error { return nil }})
	defer x.Close(sheaf.ErrClosed)
	c := &Client{link: &link{x: x, conf: Connection{Memory: 20 << 30}}}
	for _, tc := range []struct {
		peers []wire.Peer
		want  int64
	}{
		{nil, 12 << 30},
		{[]wire.Peer{{Number: 1, MemoryBytes: 10 << 30}, {Number: 2}}, 6 << 30},
		{[]wire.Peer{{Number: 3, MemoryBytes: 5 << 30}}, 3 << 30},
		{[]wire.Peer{{Number: 3, MemoryBytes: 5 << 30, Gone: true}}, 6 << 30},
	} {
		x.Deliver([]wire.Message{&wire.Peers{Workers: tc.peers}})
		told := sheaf.Place{}
		if _, err := c.plan([]sheaf.Collection{measured{&told}}); err != nil {
			t.Fatal(err)
		}
		if want := (sheaf.Place{Distributed: true, MemoryBytes: tc.want}); told != want {
			t.Errorf("planned for %+v, want %+v", told, want)
		}
	}
}
