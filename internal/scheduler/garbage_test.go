package scheduler

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// garbage are the messages that peers may send, in any form.
var garbage = []wire.Message{
	&wire.ClientHello{}, &wire.WorkerHello{}, &wire.AgentHello{}, &wire.Bye{}, &wire.Gone{}, &wire.Submit{}, &wire.Claim{}, &wire.Release{}, &wire.Cancel{},
	&wire.Retry{}, &wire.Scattered{}, &wire.Unreadable{}, &wire.Call{}, &wire.Done{}, &wire.Failed{}, &wire.Started{}, &wire.LongRunning{}, &wire.Missing{},
	&wire.Holding{}, &wire.Returned{}, &wire.Heartbeat{}, &wire.Drained{}, &wire.Log{}, &wire.Exited{}, &wire.Reply{}, &wire.Brought{}, &wire.Welcome{}, &wire.Compute{},
}

var garbageBodies = []wire.Body{
	&wire.WhoHas{}, &wire.HasWhat{}, &wire.Processing{}, &wire.Info{}, &wire.Rebalance{}, &wire.Replicate{}, &wire.Retire{}, &wire.Run{}, &wire.Plugin{},
	&wire.Events{}, &wire.Story{}, &wire.Dump{}, &wire.TaskStream{}, &wire.Coord{}, &wire.Actor{}, &wire.Restart{}, &wire.Ran{}, &wire.Shutdown{}, &wire.Spans{}, &wire.Forward{},
}

// litter sets v and everything in it to small values that chance chooses, which often name something that is there.
func litter(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[wire.LayerID]():
		v.SetUint(uint64(wire.NewLayerID(uint32(1+r.IntN(2)), uint64(1+r.IntN(4)))))
		return
	case reflect.TypeFor[graph.Token]():
		v.Set(reflect.ValueOf(tokenOf(r.IntN(4))))
		return
	case reflect.TypeFor[graph.Mapping]():
		v.Set(reflect.ValueOf([]graph.Mapping{graph.Each{}, graph.All{N: r.IntN(3)}, graph.Table{Start: []int32{0, 1}, Index: []int32{int32(r.IntN(3))}}}[r.IntN(3)]))
		return
	case reflect.TypeFor[wire.Body]():
		b := reflect.New(reflect.TypeOf(garbageBodies[r.IntN(len(garbageBodies))]).Elem())
		litter(r, b.Elem(), depth)
		v.Set(b)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case reflect.String:
		v.SetString([]string{"", "exe", "w1", "w2", "GPU", "x"}[r.IntN(6)])
	case reflect.Float64:
		v.SetFloat([]float64{0, 1, 0.1, -1, math.NaN(), math.Inf(1)}[r.IntN(6)])
	case reflect.Int, reflect.Int32, reflect.Int64:
		n := int64(r.IntN(5)) - 1
		if r.IntN(40) == 0 {
			n = math.MaxInt64 >> (64 - v.Type().Bits())
		}
		v.SetInt(n)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(r.IntN(4)))
	case reflect.Slice:
		if n := r.IntN(4); n > 0 && depth < 6 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				litter(r, v.Index(i), depth+1)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			litter(r, v.Field(i), depth)
		}
	}
}

// TestGarbage: whatever peers say, nothing panics and the state stays in order.
func TestGarbage(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	for seed := range rounds {
		h := newTheatre(Config{})
		for _, line := range []string{
			"client c1", "client c2", "agent n1", "join w1 threads=2 res=GPU:1 agent=n1", "join w2", "submit c1 a b<-a c<-a,b x y<-x want=c,x,y retries=1", "submit c2 a' d<-a' want=d need=GPU:0.1",
		} {
			h.play(t, line)
		}
		r := rand.New(rand.NewPCG(uint64(seed), 0))
		peers := []string{"c1", "c2", "w1", "w2", "n1"}
		var said []string
		for range 60 {
			m := reflect.New(reflect.TypeOf(garbage[r.IntN(len(garbage))]).Elem())
			litter(r, m.Elem(), 0)
			who := peers[r.IntN(len(peers))]
			if strings.Contains(m.Type().String(), "Hello") {
				m.Elem().FieldByName("Version").SetInt(wire.Version)
				h.peers[who] = Peer(fmt.Sprint(who, "#", r.IntN(1000)))
			}
			said = append(said, fmt.Sprintf("%s: %s %+v", who, m.Type(), m.Elem()))
			h.now += 1e6 << r.IntN(12)
			h.say(who, m.Interface().(wire.Message))
			h.tell(t, said)
		}
	}
}

// tell lets the scheduler take what was said, and shows it if the scheduler does not bear it.
func (h *theatre) tell(t *testing.T, said []string) {
	t.Helper()
	defer func() {
		if e := recover(); e != nil {
			t.Log(strings.Join(said, "\n"))
			panic(e)
		}
	}()
	h.s.Step(h.now, h.in)
	h.in = nil
	if err := h.s.Check(); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(said, "\n"))
	}
}

// TestLimits: what is too large, or means nothing, is refused and says why.
func TestLimits(t *testing.T) {
	layer := func(space ...int) wire.Layer {
		return wire.Layer{ID: wire.NewLayerID(1, 1), Kind: wire.LayerOps, Name: "x", Token: tokenOf("x"), Content: tokenOf("x"), Space: space, Segments: []wire.Segment{{Hi: 1}}}
	}
	all := layer(1 << 20)
	all.ID, all.Edges = wire.NewLayerID(1, 2), []wire.Edge{{From: wire.NewLayerID(1, 1), Map: graph.All{N: 1 << 20}}}
	for name, m := range map[string]*wire.Submit{
		"too many tasks":  {Graph: wire.Graph{Layers: []wire.Layer{layer(1<<40, 1<<40)}}},
		"too many inputs": {Graph: wire.Graph{Layers: []wire.Layer{layer(1 << 20), all}}},
		"negative":        {Graph: wire.Graph{Layers: []wire.Layer{layer(1)}}, Options: wire.Options{Resources: []wire.Resource{{Name: "GPU", Amount: -1}}}},
		"not a number":    {Graph: wire.Graph{Layers: []wire.Layer{layer(1)}}, Options: wire.Options{Resources: []wire.Resource{{Name: "GPU", Amount: math.NaN()}}}},
		"for ever":        {Graph: wire.Graph{Layers: []wire.Layer{layer(1)}}, Options: wire.Options{TimeoutMS: math.MaxInt64}},
	} {
		for k := range m.Graph.Layers {
			m.Graph.Outputs = append(m.Graph.Outputs, wire.Output{Layer: m.Graph.Layers[k].ID, All: true})
		}
		if _, err := Prepare(m); err == nil {
			t.Errorf("%s: no error", name)
		} else if s := sortOf(err); s != wire.SortLimit && s != wire.SortGraph {
			t.Errorf("%s: got sort %d of %v", name, s, err)
		}
	}
}
