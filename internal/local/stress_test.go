package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/event"
	"sheaf/internal/exec"
	"sheaf/internal/lower"
	"sheaf/internal/store"
)

// TestNoWakeUpIsLost starts and hands over tiny work in every way at once. A lost wake-up hangs it.
func TestNoWakeUpIsLost(t *testing.T) {
	for _, workers := range []int{1, 2} {
		e := New(Config{Workers: workers})
		one := numbers(1)
		var wg sync.WaitGroup
		done := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				for range 3000 {
					p, err := lower.Expand(graph.Of(one))
					if err != nil {
						t.Error(err)
						return
					}
					r := e.Start(context.Background(), p, exec.Options{})
					h := r.Handle(0, 0)
					next := graph.Held("h", graph.Token{}, []graph.Pending{h})
					if p, err = lower.Expand(graph.Of(sum(next))); err != nil {
						t.Error(err)
						return
					}
					s := e.Start(context.Background(), p, exec.Options{})
					if err := s.Wait(context.Background()); err != nil {
						t.Error(err)
					}
					s.Release()
					r.Release()
				}
			})
		}
		go func() { wg.Wait(); close(done) }()
		within(t, "a wake-up was lost", done)
	}
}

// cell is a value that says what it was made of, large enough to be spilled now and then.
type cell struct {
	Text string
	Pad  []byte
}

// randomGraph makes layers of all kinds of mappings over each other.
func randomGraph(rng *rand.Rand) []*graph.Layer {
	var layers []*graph.Layer
	for k := range 2 + rng.IntN(6) {
		n := 1 + rng.IntN(12)
		var edges []graph.Edge
		for range rng.IntN(3) {
			if k == 0 {
				break
			}
			from := layers[rng.IntN(k)]
			switch rng.IntN(3) {
			case 0:
				edges = append(edges, graph.Edge{From: from, Map: graph.All{N: from.Len()}})
			default:
				m := graph.Table{Start: make([]int32, n+1)}
				for i := range n {
					for range rng.IntN(4) {
						m.Index = append(m.Index, int32(rng.IntN(from.Len())))
					}
					m.Start[i+1] = int32(len(m.Index))
				}
				edges = append(edges, graph.Edge{From: from, Map: m})
			}
		}
		pad := []int{0, 0, 40 << 10, 300 << 10}[rng.IntN(4)]
		name := fmt.Sprintf("l%d", k)
		layers = append(layers, layer(name, n, func(_ context.Context, t *graph.Task) (any, error) {
			h := graph.NewHasher(name)
			h.Int(t.Index)
			for e := range t.Layer.Edges() {
				for _, v := range t.In(e) {
					h.String(v.(*cell).Text)
				}
				h.Int(e)
			}
			return &cell{h.Sum().String(), make([]byte, pad)}, nil
		}, edges...))
	}
	return layers
}

// evaluate computes a task the obvious way.
func evaluate(l *graph.Layer, i int, memo map[graph.Key]any) any {
	key := l.Key(i)
	if v, ok := memo[key]; ok {
		return v
	}
	refs, ends := l.Deps(i, nil, nil)
	in := make([]any, len(refs))
	for k, r := range refs {
		in[k] = evaluate(l.From(int(r.Edge)), int(r.Index), memo)
	}
	var t graph.Task
	t.Bind(l, i, in, ends)
	v, err := l.Op().Run(context.Background(), &t)
	if err != nil {
		panic(err)
	}
	memo[key] = v
	return v
}

func TestRandomGraphs(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		layers := randomGraph(rand.New(rand.NewPCG(seed, 1)))
		conf := Config{Workers: rapid.IntRange(1, 4).Draw(rt, "workers"), Synchronous: rapid.Bool().Draw(rt, "synchronous"), SizeOf: codec.SizeOf}
		if rapid.Bool().Draw(rt, "limited") {
			conf.Store = store.New(store.Config{LimitBytes: 1 << 20, Dir: dir, Codec: frames{}})
		}
		e := New(conf)
		defer e.Close()
		last := layers[len(layers)-1]
		r := e.Start(context.Background(), expand(t, last, layers[0]), exec.Options{})
		if err := r.Wait(context.Background()); err != nil {
			rt.Fatal(err)
		}
		memo := map[graph.Key]any{}
		for o, l := range []*graph.Layer{last, layers[0]} {
			for k := range l.Len() {
				v, err := r.Output(o, k)
				if err != nil {
					rt.Fatal(err)
				}
				if got, want := v.(*cell).Text, evaluate(l, k, memo).(*cell).Text; got != want {
					rt.Fatalf("%s: got %s, want %s", l.Key(k), got, want)
				}
			}
		}
		r.Release()
		if used, disk := e.Store().Used(), e.Store().OnDisk(); used != 0 || disk != 0 {
			rt.Fatalf("%d bytes in memory and %d on disk are left", used, disk)
		}
	})
}

// recorder keeps all events.
type recorder struct {
	mu     sync.Mutex
	events []event.Event
}

func (r *recorder) Handle(e event.Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
}

func (r *recorder) Detailed() {}

func TestEvents(t *testing.T) {
	e := New(Config{Workers: 3, SizeOf: codec.SizeOf})
	rec := &recorder{}
	in := layer("in", 500, func(_ context.Context, t *graph.Task) (any, error) {
		if t.Index%50 == 0 {
			time.Sleep(time.Millisecond)
		}
		return make([]byte, 100), nil
	})
	inc := layer("len", 500, func(_ context.Context, t *graph.Task) (any, error) { return len(t.In(0)[0].([]byte)), nil },
		graph.Edge{From: in, Map: graph.Each{}})
	run(t, e, exec.Options{Listeners: []event.Listener{rec}}, sum(inc))
	first, last := rec.events[0], rec.events[len(rec.events)-1]
	if first.Kind != event.RunStarted || first.Total != 1001 || len(first.Layers) != 3 || last.Kind != event.RunDone || last.Err != nil {
		t.Fatalf("got %+v … %+v", first, last)
	}
	counts, tasks, seen := map[string]int{}, 0, map[string]bool{}
	var bytes int64
	for _, ev := range rec.events {
		if ev.Version != event.Version || ev.Run != first.Run || ev.Time.Before(first.Time) {
			t.Fatalf("got %+v", ev)
		}
		for _, c := range ev.Counts {
			counts[first.Layers[c.Layer].Name] += c.Tasks
			if first.Layers[c.Layer].Name == "in" {
				bytes += c.Bytes
			}
		}
		for _, task := range ev.Tasks {
			tasks++
			key := task.Key()
			if seen[key.String()] || key.Name != first.Layers[task.Layer].Name {
				t.Fatalf("task %s stands twice or has the wrong layer", key)
			}
			seen[key.String()] = true
			if task.End < task.Start || task.Worker < 0 || task.Worker >= 3 {
				t.Fatalf("got %+v", task)
			}
		}
	}
	if counts["in"] != 500 || counts["len"] != 500 || counts["sum"] != 1 || tasks != 1001 {
		t.Errorf("got counts %v and %d tasks", counts, tasks)
	}
	if bytes < 500*100 {
		t.Errorf("layer in made %d bytes, want at least 50000", bytes)
	}
}

func BenchmarkFan(b *testing.B) {
	for _, listening := range []string{"none", "counts"} {
		b.Run(listening, func(b *testing.B) {
			e := New(Config{SizeOf: codec.SizeOf})
			l := sum(numbers(100_000))
			opt := exec.Options{}
			if listening == "counts" {
				opt.Listeners = []event.Listener{discard{}}
			}
			for b.Loop() {
				b.StopTimer()
				p := expand(b, l)
				b.StartTimer()
				r := e.Start(context.Background(), p, opt)
				if err := r.Wait(context.Background()); err != nil {
					b.Fatal(err)
				}
				r.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_001, "ns/task")
		})
	}
}

type discard struct{}

func (discard) Handle(event.Event) {}
