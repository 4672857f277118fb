package cluster_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sheaf/client"
	"sheaf/cluster"
)

// observed runs a task on a cluster of one worker whose scheduler has a plugin, until the plugin was told everything.
func observed(p cluster.SchedulerPlugin) {
	ctx := context.Background()
	local, err := cluster.StartInProcess(ctx, cluster.Config{Workers: 1, Threads: 2, Scheduler: cluster.SchedulerConfig{
		Plugins: map[string]cluster.SchedulerPlugin{"example": p},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := local.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	f := c.Submit[int](inc, 1, client.Retries(3))
	if _, err := f.Result(ctx); err != nil {
		fmt.Println(err)
	}
	if err := c.LogEvent(ctx, "temperature", 21.5); err != nil {
		fmt.Println(err)
	}
	f.Release()
	for i, err := c.Info(ctx); err == nil && i.Graphs > 0; i, err = c.Info(ctx) {
		time.Sleep(time.Millisecond)
	}
	_ = c.Restart(ctx)
	_ = c.Close()
	_ = local.Close(ctx)
}

// A plugin that counts how many tasks come into memory.
func ExampleSchedulerPlugin() {
	done := 0
	observed(cluster.SchedulerPlugin{
		Transition: func(_ context.Context, e cluster.Transition) {
			if e.To == "memory" {
				done++
			}
		},
		Close: func(context.Context) { fmt.Println(done, "done") },
	})
	// Output: 1 done
}

func ExampleTransition() {
	observed(cluster.SchedulerPlugin{Transition: func(_ context.Context, e cluster.Transition) {
		name, _, _ := strings.Cut(e.Key, "-")
		fmt.Println(strings.TrimSpace(fmt.Sprintln(name, e.From, "->", e.To, e.Worker)))
	}})
	// Output:
	// inc queued -> processing worker-0
	// inc processing -> memory worker-0
	// inc memory -> released
}

func ExampleWorkerAdded() {
	observed(cluster.SchedulerPlugin{AddWorker: func(_ context.Context, e cluster.WorkerAdded) {
		fmt.Println(e.Worker.Name, e.Worker.Threads)
	}})
	// Output: worker-0 2
}

func ExampleWorkerRemoved() {
	observed(cluster.SchedulerPlugin{RemoveWorker: func(_ context.Context, e cluster.WorkerRemoved) {
		fmt.Println(e.Worker.Name, e.Reason != "")
	}})
	// Output: worker-0 true
}

func ExampleClientAdded() {
	observed(cluster.SchedulerPlugin{AddClient: func(_ context.Context, e cluster.ClientAdded) {
		fmt.Println(e.Client.Number, strings.Contains(e.Client.Process, ":"))
	}})
	// Output: 1 true
}

func ExampleClientRemoved() {
	observed(cluster.SchedulerPlugin{RemoveClient: func(_ context.Context, e cluster.ClientRemoved) {
		fmt.Println(e.Client.Number, e.Reason)
	}})
	// Output: 1 the client was closed
}

func ExampleGraphAdded() {
	observed(cluster.SchedulerPlugin{UpdateGraph: func(_ context.Context, e cluster.GraphAdded) {
		fmt.Println(e.Graph, e.Client.Number, e.Tasks, e.Retries)
	}})
	// Output: 1 1 1 3
}

func ExampleGraphLayer() {
	observed(cluster.SchedulerPlugin{UpdateGraph: func(_ context.Context, e cluster.GraphAdded) {
		for _, l := range e.Layers {
			fmt.Println(l.Name, l.Tasks)
		}
	}})
	// Output: inc 1
}

func ExampleGraphRemoved() {
	observed(cluster.SchedulerPlugin{RemoveGraph: func(_ context.Context, e cluster.GraphRemoved) { fmt.Println(e.Graph) }})
	// Output: 1
}

func ExampleRestarted() {
	observed(cluster.SchedulerPlugin{Restart: func(_ context.Context, e cluster.Restarted) { fmt.Println("by client", e.Client.Number) }})
	// Output: by client 1
}

func ExampleEventLogged() {
	observed(cluster.SchedulerPlugin{LogEvent: func(_ context.Context, e cluster.EventLogged) {
		if e.Client != nil {
			fmt.Println(e.Topic, e.Value)
		}
	}})
	// Output: temperature 21.5
}

func ExampleEventsMissed() {
	observed(cluster.SchedulerPlugin{
		Transition: func(context.Context, cluster.Transition) {},
		Missed:     func(_ context.Context, e cluster.EventsMissed) { fmt.Println("too slow:", e.Transitions+e.Others) },
		Close:      func(context.Context) { fmt.Println("closed") },
	})
	// Output: closed
}

func ExamplePluginInfo() {
	ctx := context.Background()
	s, err := cluster.StartScheduler(ctx, cluster.SchedulerConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(ctx)
	if err := s.Register(ctx, "idle", cluster.SchedulerPlugin{}); err != nil {
		fmt.Println(err)
	}
	names := []string{}
	for _, p := range s.Plugins() {
		names = append(names, p.Name)
	}
	fmt.Println(slices.Contains(names, "idle"), s.Plugins()[0].Missed)
	fmt.Println(s.Unregister(ctx, "idle"), len(s.Plugins()))
	// Output:
	// true 0
	// <nil> 0
}
