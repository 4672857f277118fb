package cases

import (
	"context"
	"os"
	"slices"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/delayed"
)

// The cluster cases run on two single-threaded worker processes, which live as long as the process of the case.

func init() {
	ours["cluster_fan"], scale["cluster_fan"] = clusterFan, tasks/1e6
	ours["cluster_chain"], scale["cluster_chain"] = clusterChain, tasks/1e6
	ours["cluster_map_gather"], scale["cluster_map_gather"] = clusterMapGather, tasks/1e6
	ours["cluster_roundtrip"] = clusterTrips(0.5)
	ours["cluster_roundtrip_p99"] = clusterTrips(0.99)
	ours["cluster_transfer"] = clusterTransfer
	ours["cluster_seed"] = clusterSeed
	ours["cluster_log"] = clusterLog
}

// twoWorkers starts the cluster of the cases.
func twoWorkers(ctx context.Context, conf cluster.SchedulerConfig) (*client.Client, error) {
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 2, Threads: 1, Scheduler: conf})
	if err != nil {
		return nil, err
	}
	return l.Client(ctx)
}

func clusterFan(ctx context.Context, _ string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		total, err := fanValue().Compute(c.Context(ctx))
		return perN(total), err
	}, nil
}

func clusterChain(ctx context.Context, _ string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		v := delayed.Call[int](inc, 0)
		for range tasks - 1 {
			v = delayed.Call[int](inc, v)
		}
		n, err := v.Compute(c.Context(ctx))
		return Answer{Values: []float64{float64(n) / tasks}}, err
	}, nil
}

func clusterMapGather(ctx context.Context, _ string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) { return gathered(ctx, c) }, nil
}

// gathered submits one call per number and gathers all results.
func gathered(ctx context.Context, c *client.Client) (Answer, error) {
	xs := make([]int, tasks)
	for i := range xs {
		xs[i] = i
	}
	futures := c.Map[int](inc, xs, client.Pure(false))
	defer c.Release(futures)
	results, err := c.Gather(ctx, futures)
	return perN(sum(results)), err
}

// clusterTrips measures a quantile of the times of submit and result, one after the other.
func clusterTrips(quantile float64) Setup {
	const n = 2000
	return func(ctx context.Context, _ string) (Run, error) {
		c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (Answer, error) {
			times, total, err := trip(ctx, c, n)
			if err != nil {
				return Answer{}, err
			}
			return Answer{
				Values:   []float64{float64(total)/n - n/2},
				Measured: times[int(n*quantile)].Seconds() * 1e6,
			}, nil
		}, nil
	}
}

// trip makes n round trips and returns their times, sorted.
func trip(ctx context.Context, c *client.Client, n int) (times []time.Duration, total int, err error) {
	for i := range n {
		start := time.Now()
		f := c.Submit[int](inc, i, client.Pure(false))
		v, err := f.Result(ctx)
		if err != nil {
			return nil, 0, err
		}
		times = append(times, time.Since(start))
		f.Release()
		total += v
	}
	slices.Sort(times)
	return times, total, nil
}

func fill(value float64) []float64 {
	x := make([]float64, 12_500_000) // 100 MB
	for i := range x {
		x[i] = value
	}
	return x
}

func length(x []float64) int { return len(x) }

// clusterTransfer measures the seconds per GB of four values of 100 MB that go from one worker to the other.
func clusterTransfer(ctx context.Context, _ string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	const a, b = "local-0", "local-1"
	return func(ctx context.Context) (Answer, error) {
		var xs []*client.Future[[]float64]
		for i := range 4 {
			xs = append(xs, c.Submit[[]float64](fill, float64(i), client.Pure(false), client.OnWorkers(a)))
		}
		defer c.Release(xs)
		if _, _, err := c.Wait(ctx, xs); err != nil {
			return Answer{}, err
		}
		start := time.Now()
		var ns []*client.Future[int]
		for _, x := range xs {
			ns = append(ns, c.Submit[int](length, x, client.Pure(false), client.OnWorkers(b)))
		}
		lengths, err := c.Gather(ctx, ns)
		return Answer{Values: []float64{float64(sum(lengths))}, Measured: time.Since(start).Seconds() / 0.4}, err
	}, nil
}

func clusterSeed(ctx context.Context, _ string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		time.Sleep(500 * time.Millisecond) // until the result of the run before is released: an equal one that lives is not computed again
		start := time.Now()
		out, err := seedExpression(uniform(10)).Sum().Compute(c.Context(ctx))
		if err != nil {
			return Answer{}, err
		}
		took := time.Since(start).Seconds()
		values, err := whole(out)
		return Answer{Values: values, Measured: took}, err
	}, nil
}

// clusterLog measures how many times longer map and gather take when admissions and transitions are written to a synced log.
func clusterLog(ctx context.Context, _ string) (Run, error) {
	with, err := os.MkdirTemp("", "sheaf-bench-log-")
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = os.RemoveAll(with) })
	logged, err := twoWorkers(ctx, cluster.SchedulerConfig{StoreDir: with})
	if err != nil {
		return nil, err
	}
	plain, err := twoWorkers(ctx, cluster.SchedulerConfig{NoLog: true})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		best := map[*client.Client]time.Duration{}
		for range 5 {
			for _, c := range []*client.Client{logged, plain} {
				start := time.Now()
				if _, err := gathered(ctx, c); err != nil {
					return Answer{}, err
				}
				if d := time.Since(start); best[c] == 0 || d < best[c] {
					best[c] = d
				}
			}
		}
		return Answer{Values: []float64{0}, Measured: best[logged].Seconds() / best[plain].Seconds()}, nil
	}, nil
}
