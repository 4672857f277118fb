package client

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// Info is the state of a cluster at a moment.
//
// Same as Client.scheduler_info.
type Info struct {
	Name     string
	Uptime   time.Duration
	Workers  []WorkerInfo
	Clients  []ClientInfo
	Tasks    map[string]int // live ones by state
	Graphs   int
	Done     int64 // tasks ever finished
	Failed   int64
	Lost     int64         // values that had to be computed again
	Refused  int64         // frames and peers that were refused
	Queued   time.Duration // estimated time to run what is known, on all threads
	NoWorker []string      // tasks that no worker may run, and why
}

// WorkerInfo is one worker at a moment.
type WorkerInfo struct {
	Name, Address, Host string
	PID, Threads        int
	Status              string
	Resources           map[string]float64
	Executing           int // tasks that run
	Processing          int // tasks that were given to it and are not done
	Stored              int // values
	MemoryBytes         int64
	SpilledBytes        int64
	LimitBytes          int64
	RSSBytes            int64
	CPUPercent          float64
	Occupancy           time.Duration // estimated time to run what it was given
	Silent              time.Duration // since it was last heard
}

// ClientInfo is one client at a moment.
type ClientInfo struct { //nolint:revive // Info is the cluster's
	Number  int
	Process string // host and process id
	Futures int    // values that it keeps
	Silent  time.Duration
}

// Info asks for the state of the cluster.
//
// Same as Client.scheduler_info.
func (c *Client) Info(ctx context.Context) (*Info, error) {
	if c.link == nil {
		return c.localInfo(), nil
	}
	m, err := remote.Ask[*wire.Cluster](ctx, c.link.x, &wire.Info{})
	if err != nil {
		return nil, err
	}
	return infoOf(m), nil
}

func infoOf(m *wire.Cluster) *Info {
	i := &Info{
		Name: m.Name, Uptime: ms(m.UptimeMS), Graphs: m.Graphs, Done: m.Done, Failed: m.Failed, Lost: m.Lost, Refused: m.Refused,
		Queued: ms(m.QueuedMS), NoWorker: m.Unrunable, Tasks: map[string]int{},
	}
	for _, s := range m.Tasks {
		i.Tasks[s.State] = s.Tasks
	}
	for k := range m.Workers {
		i.Workers = append(i.Workers, WorkerInfoOf(&m.Workers[k]))
	}
	for k := range m.Clients {
		i.Clients = append(i.Clients, ClientInfoOf(&m.Clients[k]))
	}
	return i
}

// WorkerInfoOf is what a scheduler says of a worker. Package cluster calls it.
func WorkerInfoOf(w *wire.WorkerInfo) WorkerInfo {
	info := WorkerInfo{
		Name: w.Name, Address: w.Address, Host: w.Host, PID: w.PID, Threads: w.Threads, Status: w.Status, Resources: map[string]float64{},
		Executing: w.Beat.Executing, Processing: w.Processing, Stored: w.Beat.Stored, MemoryBytes: w.Beat.MemoryBytes,
		SpilledBytes: w.Beat.SpillBytes, LimitBytes: w.Beat.LimitBytes, RSSBytes: w.Beat.RSSBytes, CPUPercent: w.Beat.CPUPercent,
		Occupancy: ms(w.OccupancyMS), Silent: ms(w.SilentMS),
	}
	for _, r := range w.Resources {
		info.Resources[r.Name] = r.Amount
	}
	return info
}

// ClientInfoOf is what a scheduler says of a client. Package cluster calls it.
func ClientInfoOf(k *wire.ClientInfo) ClientInfo { //nolint:revive // Info is the cluster's
	return ClientInfo{Number: int(k.Number), Process: k.Process, Futures: k.Claims, Silent: ms(k.SilentMS)}
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// LocalWorker is the name of the one worker of a client in this process.
const LocalWorker = "local"

func (c *Client) localInfo() *Info {
	host, _ := os.Hostname()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return &Info{
		Name: LocalWorker, Uptime: time.Since(c.began), Tasks: map[string]int{},
		Workers: []WorkerInfo{{
			Name: LocalWorker, Host: host, PID: os.Getpid(), Threads: c.threads, Status: "running", MemoryBytes: int64(m.HeapAlloc), RSSBytes: int64(m.Sys),
		}},
		Clients: []ClientInfo{{Process: fmt.Sprintf("%s:%d", host, os.Getpid())}},
	}
}

// Threads returns how many tasks run at a time on all workers.
func (i *Info) Threads() (n int) {
	for _, w := range i.Workers {
		n += w.Threads
	}
	return n
}

// String describes the cluster for people, in a few lines.
func (i *Info) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %s: %d workers, %d threads, %d clients, up %v\n", i.Name, len(i.Workers), i.Threads(), len(i.Clients), i.Uptime.Round(time.Second))
	fmt.Fprintf(&b, "tasks: %d done, %d failed, %d computed again", i.Done, i.Failed, i.Lost)
	for _, s := range slices.Sorted(maps.Keys(i.Tasks)) {
		fmt.Fprintf(&b, ", %d %s", i.Tasks[s], s)
	}
	b.WriteByte('\n')
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, x := range i.Workers {
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%d threads\t%d tasks\t%d values\t%s of %s\n",
			x.Name, x.Host, x.Status, x.Threads, x.Processing, x.Stored, bytesText(x.MemoryBytes), bytesText(x.LimitBytes))
	}
	_ = w.Flush()
	for _, s := range i.NoWorker {
		fmt.Fprintf(&b, "waits for a worker: %s\n", s)
	}
	return b.String()
}

func bytesText(n int64) string {
	switch {
	case n <= 0:
		return "0 B"
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// NThreads returns how many tasks each worker runs at a time, by its name.
//
// Same as Client.nthreads and Client.ncores.
func (c *Client) NThreads(ctx context.Context) (map[string]int, error) {
	i, err := c.Info(ctx)
	if err != nil {
		return nil, err
	}
	n := make(map[string]int, len(i.Workers))
	for _, w := range i.Workers {
		n[w.Name] = w.Threads
	}
	return n, nil
}

// WaitForWorkers waits until at least n workers are there.
//
// Same as Client.wait_for_workers.
func (c *Client) WaitForWorkers(ctx context.Context, n int) error {
	switch {
	case n <= 0:
		return fmt.Errorf("client: WaitForWorkers(%d): want a positive number", n)
	case c.link != nil:
		return c.link.x.WaitPeers(ctx, n)
	case n > 1:
		return fmt.Errorf("client: WaitForWorkers(%d): a client in this process has one worker with %d threads", n, c.threads)
	}
	return nil
}
