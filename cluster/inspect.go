package cluster

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// Inspect asks the scheduler at a URL for the state of its cluster.
func Inspect(ctx context.Context, url, cluster string, s Security) (*Info, error) {
	c, err := dialControl(ctx, url, cluster, "inspect", s)
	if err != nil {
		return nil, err
	}
	defer c.close(context.WithoutCancel(ctx))
	return c.info(ctx)
}

// Describe writes the state of a cluster for people: its workers, clients, tasks and memory.
func Describe(c *Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %s, up %v: %d workers, %d clients, %d graphs\n", c.Name, milliseconds(c.UptimeMS), len(c.Workers), len(c.Clients), c.Graphs)
	b.WriteString("tasks:")
	for _, t := range c.Tasks {
		if t.Tasks > 0 {
			fmt.Fprintf(&b, " %d %s,", t.Tasks, t.State)
		}
	}
	fmt.Fprintf(&b, " %d done, %d failed, %d values lost and computed again\n", c.Done, c.Failed, c.Lost)
	for _, u := range c.Unrunable {
		fmt.Fprintf(&b, "  cannot run: %s\n", u)
	}
	for i := range c.Workers {
		if k := &c.Workers[i]; k.Beat.Reason != "" {
			fmt.Fprintf(&b, "  worker %s is %s: %s\n", k.Name, k.Status, k.Beat.Reason)
		}
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(c.Workers) > 0 {
		_, _ = fmt.Fprintln(w, "worker\tstatus\thost\tthreads\trunning\tassigned\tvalues\tmemory\tspilled\tprocess\theard")
	}
	for i := range c.Workers {
		k := &c.Workers[i]
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%v ago\n", k.Name, k.Status, k.Host, k.Threads, k.Beat.Executing,
			k.Processing, k.Beat.Stored, sizeText(k.Beat.MemoryBytes), sizeText(k.Beat.SpillBytes), sizeText(k.Beat.RSSBytes), milliseconds(k.SilentMS))
	}
	if len(c.Clients) > 0 {
		_, _ = fmt.Fprintln(w, "client\tprocess\tclaims\theard")
	}
	for _, k := range c.Clients {
		_, _ = fmt.Fprintf(w, "%d %s\t%s\t%d\t%v ago\n", k.Number, k.Name, k.Process, k.Claims, milliseconds(k.SilentMS))
	}
	_ = w.Flush()
	return b.String()
}

func milliseconds(ms int64) time.Duration {
	d := time.Duration(ms) * time.Millisecond
	if d > time.Minute {
		return d.Round(time.Second)
	}
	return d
}

func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
