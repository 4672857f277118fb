package scheduler

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// opsGraph packs a graph of layers with arithmetic edges.
func opsGraph(client uint32, serial *uint64, g graph.Graph) wire.Graph {
	layers, err := g.Layers()
	if err != nil {
		panic(err)
	}
	ids := map[graph.Token]wire.LayerID{}
	var w wire.Graph
	for _, l := range layers {
		*serial++
		id := wire.NewLayerID(client, *serial)
		ids[l.Token()] = id
		k := wire.Layer{
			ID: id, Kind: wire.LayerOps, Name: l.Name(), Token: l.Token(), Content: l.Content(), Space: l.Space(), OutBytes: -1,
			Segments: []wire.Segment{{Hi: int32(l.Len()), Bytes: []byte("op")}},
		}
		if l.IsAlias() {
			k.Kind = wire.LayerAlias
		}
		for _, e := range l.Edges() {
			k.Edges = append(k.Edges, wire.Edge{From: ids[e.From.Token()], Map: e.Map})
		}
		w.Layers = append(w.Layers, k)
	}
	for _, o := range g.Outputs {
		w.Outputs = append(w.Outputs, wire.Output{Layer: ids[o.Layer.Token()], All: o.Index == nil, Index: o.Index})
	}
	return w
}

func layerOf(name string, n int, edges ...graph.Edge) *graph.Layer {
	return graph.Must(graph.Spec{Name: name, Op: nop{name}, Space: []int{n}, Edges: edges})
}

// listGraph packs n independent tasks with keys of their own, as client.Map does.
func listGraph(client uint32, serial *uint64, n int) wire.Graph {
	*serial++
	l := wire.Layer{
		ID: wire.NewLayerID(client, *serial), Kind: wire.LayerList, Name: "list", Token: tokenOf(client, *serial), Content: tokenOf(client, *serial),
		Space: []int{n}, Edges: []wire.Edge{{}}, Names: []string{"inc"}, OutBytes: -1,
	}
	for lo := 0; lo < n; lo += wire.SegmentTasks {
		hi := min(lo+wire.SegmentTasks, n)
		m := hi - lo
		seg := wire.Segment{Lo: int32(lo), Hi: int32(hi), Bytes: make([]byte, 16*m), Start: make([]int32, m+1), NameOf: make([]uint16, m), Source: make([]uint16, m)}
		for k := range m {
			seg.Keys = append(seg.Keys, tokenOf(*serial, lo+k))
		}
		l.Segments = append(l.Segments, seg)
	}
	return wire.Graph{Layers: []wire.Layer{l}, Outputs: []wire.Output{{Layer: l.ID, All: true}}}
}

// crew is fake workers that end everything at once.
type crew struct {
	s     *Scheduler
	now   time.Duration
	in    []In
	spent time.Duration
	done  int
	nanos int64
	bytes int64
}

func newCrew(workers, threads int) *crew {
	c := &crew{s: New(Config{}), nanos: 1000, bytes: 8}
	c.in = append(c.in, In{From: "c", Msg: &wire.ClientHello{Version: wire.Version, Executable: "exe"}})
	for k := range workers {
		c.in = append(c.in, In{From: Peer(fmt.Sprint("w", k)), Msg: &wire.WorkerHello{Version: wire.Version, Name: fmt.Sprint("w", k), Threads: threads, Executable: "exe"}})
	}
	c.step()
	return c
}

func (c *crew) step() {
	c.now += 100 * time.Microsecond
	began := time.Now()
	effects := c.s.Step(c.now, c.in)
	c.spent += time.Since(began)
	c.in = nil
	for _, e := range effects {
		e, ok := e.(*Send)
		if !ok {
			continue
		}
		m, ok := e.Msg.(*wire.Compute)
		if !ok {
			continue
		}
		d := &wire.Done{Tasks: make([]wire.DoneTask, len(m.Tasks))}
		for k := range m.Tasks {
			d.Tasks[k] = wire.DoneTask{ID: m.Tasks[k].ID, Attempt: m.Tasks[k].Attempt, Bytes: c.bytes, Nanos: c.nanos}
			c.done += 1 + len(m.Tasks[k].Links)
		}
		c.in = append(c.in, In{From: e.To, Msg: d})
		if len(m.Where) > 0 {
			h := &wire.Holding{}
			for _, p := range m.Where {
				h.Values = append(h.Values, wire.Size{ID: p.ID, Bytes: p.Bytes})
			}
			c.in = append(c.in, In{From: e.To, Msg: h})
		}
	}
}

// run submits a graph and steps until nothing is left to do.
func (c *crew) run(g wire.Graph) {
	m := &wire.Submit{Request: uint64(c.now), Graph: g}
	p, err := Prepare(m)
	if err != nil {
		panic(err)
	}
	c.in = append(c.in, In{From: "c", Msg: m, Prepared: p})
	c.step()
	for len(c.in) > 0 {
		c.step()
	}
}

func (c *crew) release(g wire.Graph) {
	for _, o := range g.Outputs {
		for _, l := range g.Layers {
			if l.ID != o.Layer {
				continue
			}
			m := &wire.Release{}
			n := 1
			for _, d := range l.Space {
				n *= d
			}
			for i := range n {
				m.IDs = append(m.IDs, wire.ID{Layer: l.ID, Index: int32(i)})
			}
			c.in = append(c.in, In{From: "c", Msg: m})
		}
	}
	c.step()
}

func benchmark(b *testing.B, workers, threads, tasks int, build func(serial *uint64) wire.Graph) {
	c := newCrew(workers, threads)
	var serial uint64
	for b.Loop() {
		g := build(&serial)
		c.run(g)
		c.release(g)
	}
	if left := len(c.s.runs) - 1 - len(c.s.slots); left > 0 {
		b.Fatalf("%d graphs are left", left)
	}
	b.ReportMetric(float64(c.spent.Nanoseconds())/float64(b.N*tasks), "ns/task")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkIndependent(b *testing.B) {
	const n = 200_000
	for _, w := range []int{2, 100} {
		b.Run(fmt.Sprint("layer/workers=", w), func(b *testing.B) {
			benchmark(b, w, 4, n, func(serial *uint64) wire.Graph { return opsGraph(1, serial, graph.Of(layerOf("x", n))) })
		})
		b.Run(fmt.Sprint("list/workers=", w), func(b *testing.B) {
			benchmark(b, w, 4, n, func(serial *uint64) wire.Graph { return listGraph(1, serial, n) })
		})
	}
}

func BenchmarkTree(b *testing.B) {
	const n = 1 << 17
	for _, w := range []int{2, 100} {
		b.Run(fmt.Sprint("workers=", w), func(b *testing.B) {
			benchmark(b, w, 4, 2*n, func(serial *uint64) wire.Graph {
				l, err := graph.Tree(layerOf("x", n), graph.TreeSpec{Name: "s", Axes: []int{0}, Every: 2, Combine: nop{"c"}, Aggregate: nop{"a"}})
				if err != nil {
					b.Fatal(err)
				}
				return opsGraph(1, serial, graph.Of(l))
			})
		})
	}
}

func BenchmarkBlockwise(b *testing.B) {
	const side = 300
	for _, w := range []int{2, 100} {
		b.Run(fmt.Sprint("workers=", w), func(b *testing.B) {
			benchmark(b, w, 4, 2*side*side, func(serial *uint64) wire.Graph {
				x := graph.Must(graph.Spec{Name: "x", Op: nop{"x"}, Space: []int{side, side}})
				m, err := graph.Blockwise([]int{side, side}, []int{side, side}, []int{1, 0})
				if err != nil {
					b.Fatal(err)
				}
				y := graph.Must(graph.Spec{Name: "y", Op: nop{"y"}, Space: []int{side, side}, Edges: []graph.Edge{{From: x, Map: graph.Each{}}, {From: x, Map: m}}})
				s := graph.Must(graph.Spec{Name: "s", Op: nop{"s"}, Space: []int{1}, Edges: []graph.Edge{{From: y, Map: graph.All{N: side * side}}}})
				return opsGraph(1, serial, graph.Of(s))
			})
		})
	}
}

// BenchmarkShuffle is all to all: each of the second layer's tasks needs all of the first's.
func BenchmarkShuffle(b *testing.B) {
	const n = 300
	benchmark(b, 20, 4, 2*n, func(serial *uint64) wire.Graph {
		x := layerOf("x", n)
		y := layerOf("y", n, graph.Edge{From: x, Map: graph.All{N: n}})
		return opsGraph(1, serial, graph.Of(y))
	})
}

// BenchmarkAdmit is the time until a graph of a million tasks is admitted, and what it weighs.
func BenchmarkAdmit(b *testing.B) {
	const n = 1_000_000
	for name, build := range map[string]func(serial *uint64) wire.Graph{
		"layer": func(serial *uint64) wire.Graph { return opsGraph(1, serial, graph.Of(layerOf("x", n))) },
		"list":  func(serial *uint64) wire.Graph { return listGraph(1, serial, n) },
		"pairs": func(serial *uint64) wire.Graph {
			x := layerOf("x", n/2)
			return opsGraph(1, serial, graph.Of(x, layerOf("y", n/2, graph.Edge{From: x, Map: graph.Each{}})))
		},
	} {
		b.Run(name, func(b *testing.B) {
			var prepare, admit time.Duration
			var bytes float64
			for b.Loop() {
				c := newCrew(0, 1)
				var serial uint64
				var before, after runtime.MemStats
				g := build(&serial)
				runtime.GC()
				runtime.ReadMemStats(&before)
				m := &wire.Submit{Request: 1, Graph: g}
				began := time.Now()
				p, err := Prepare(m)
				if err != nil {
					b.Fatal(err)
				}
				prepare += time.Since(began)
				began = time.Now()
				c.s.Step(1, []In{{From: "c", Msg: m, Prepared: p}})
				admit += time.Since(began)
				p = nil //nolint:ineffassign // for the collector
				runtime.GC()
				runtime.ReadMemStats(&after)
				bytes += float64(after.HeapAlloc) - float64(before.HeapAlloc)
				runtime.KeepAlive(c)
				runtime.KeepAlive(g)
			}
			b.ReportMetric(prepare.Seconds()/float64(b.N), "prepare-s")
			b.ReportMetric(admit.Seconds()/float64(b.N), "admit-s")
			b.ReportMetric(bytes/float64(b.N)/n, "B/task")
		})
	}
}

// BenchmarkHeartbeats is what a second of 10,000 idle workers costs.
func BenchmarkHeartbeats(b *testing.B) {
	const n = 10_000
	c := newCrew(n, 4)
	beats := make([]In, n)
	for k := range beats {
		beats[k] = In{From: Peer(fmt.Sprint("w", k)), Msg: &wire.Heartbeat{Status: wire.StatusRunning}}
	}
	var spent time.Duration
	for b.Loop() {
		for range 2 {
			for lo := 0; lo < n; lo += 100 { // they come in small groups
				c.now += 5 * time.Millisecond
				began := time.Now()
				c.s.Step(c.now, beats[lo:lo+100])
				spent += time.Since(began)
			}
		}
	}
	b.ReportMetric(spent.Seconds()/float64(b.N), "cores")
}

// BenchmarkSubmits is graphs of one task each, as single calls make them, admission included.
func BenchmarkSubmits(b *testing.B) {
	const n = 20_000
	c := newCrew(2, 4)
	var serial uint64
	var prepare time.Duration
	for b.Loop() {
		for range n / 100 {
			var gs []wire.Graph
			for range 100 {
				g := listGraph(1, &serial, 1)
				m := &wire.Submit{Request: serial, Graph: g}
				began := time.Now()
				p, err := Prepare(m)
				if err != nil {
					b.Fatal(err)
				}
				prepare += time.Since(began)
				gs = append(gs, g)
				c.in = append(c.in, In{From: "c", Msg: m, Prepared: p})
			}
			for len(c.in) > 0 {
				c.step()
			}
			for _, g := range gs {
				c.in = append(c.in, In{From: "c", Msg: &wire.Release{IDs: []wire.ID{{Layer: g.Layers[0].ID}}}})
			}
		}
	}
	c.step()
	if left := len(c.s.runs) - 1 - len(c.s.slots); left > 0 {
		b.Fatalf("%d graphs are left", left)
	}
	b.ReportMetric(float64(c.spent.Nanoseconds())/float64(b.N*n), "ns/task")
	b.ReportMetric(float64(prepare.Nanoseconds())/float64(b.N*n), "prepare-ns/task")
}

// BenchmarkFan is one value that many graphs need, and one graph that needs values of many graphs.
func BenchmarkFan(b *testing.B) {
	const n = 20_000
	c := newCrew(2, 4)
	var serial uint64
	external := func(ids ...wire.ID) wire.Graph {
		serial += 2
		ext := wire.Layer{
			ID: wire.NewLayerID(1, serial), Kind: wire.LayerExternal, Name: "ext", Token: tokenOf("ext", serial), Content: tokenOf("ext", serial),
			Space: []int{len(ids)}, External: ids,
		}
		use := wire.Layer{
			ID: wire.NewLayerID(1, serial+1), Kind: wire.LayerOps, Name: "use", Token: tokenOf("use", serial), Content: tokenOf("use", serial), Space: []int{1},
			Edges: []wire.Edge{{From: ext.ID, Map: graph.All{N: len(ids)}}}, Segments: []wire.Segment{{Hi: 1}},
		}
		serial++
		return wire.Graph{Layers: []wire.Layer{ext, use}, Outputs: []wire.Output{{Layer: use.ID, All: true}}}
	}
	submit := func(g wire.Graph) wire.ID {
		c.in = append(c.in, In{From: "c", Msg: &wire.Submit{Request: serial, Graph: g}})
		return wire.ID{Layer: g.Outputs[0].Layer}
	}
	settle := func() {
		for len(c.in) > 0 {
			c.step()
		}
	}
	for b.Loop() {
		one := submit(listGraph(1, &serial, 1))
		c.step()
		ids := []wire.ID{one}
		for range n {
			ids = append(ids, submit(external(one)))
		}
		settle()
		all := submit(external(ids...))
		settle()
		for _, id := range append(ids, all) {
			c.in = append(c.in, In{From: "c", Msg: &wire.Release{IDs: []wire.ID{id}}})
		}
		settle()
	}
	if left := len(c.s.runs) - 1 - len(c.s.slots); left > 0 {
		b.Fatalf("%d graphs are left", left)
	}
	b.ReportMetric(float64(c.spent.Nanoseconds())/float64(b.N*n), "ns/task")
}

// BenchmarkOverview is what the page asks, of many graphs and of a large one.
func BenchmarkOverview(b *testing.B) {
	for name, graphs := range map[string]func(c *crew, serial *uint64){
		"graphs=100000": func(c *crew, serial *uint64) {
			for range 100_000 {
				g := listGraph(1, serial, 1)
				c.in = append(c.in, In{From: "c", Msg: &wire.Submit{Request: *serial, Graph: g, Options: wire.Options{Span: []string{"a"}}}})
			}
		},
		"tasks=1000000": func(c *crew, serial *uint64) {
			c.in = append(c.in, In{From: "c", Msg: &wire.Submit{Request: 1, Graph: listGraph(1, serial, 1_000_000)}})
		},
	} {
		b.Run(name, func(b *testing.B) {
			c := newCrew(2, 4)
			var serial uint64
			graphs(c, &serial)
			c.step()
			for b.Loop() {
				c.s.Overview(100)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
		})
	}
}
