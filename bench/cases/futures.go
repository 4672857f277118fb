package cases

import (
	"context"
	"time"

	"sheaf/client"
)

// trips is how many round trips one run makes.
const trips = 10_000

func init() {
	ours["roundtrip"] = roundtrip
	ours["map_gather"], scale["map_gather"] = mapGather, tasks/1e6
}

// roundtrip submits and waits, one call after the other. The client lives as long as the process.
func roundtrip(ctx context.Context, _ string) (Run, error) {
	c, err := client.Local(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		start := time.Now()
		total := 0
		for i := range trips {
			v, err := c.Submit[int](inc, i, client.Pure(false)).Result(ctx)
			if err != nil {
				return Answer{}, err
			}
			total += v
		}
		us := time.Since(start).Seconds() / trips * 1e6
		return Answer{Values: []float64{float64(total)/trips - trips/2}, Measured: us}, nil
	}, nil
}

// mapGather submits one call per number and gathers all results.
func mapGather(ctx context.Context, _ string) (Run, error) {
	c, err := client.Local(ctx)
	if err != nil {
		return nil, err
	}
	xs := make([]int, tasks)
	for i := range xs {
		xs[i] = i
	}
	return func(ctx context.Context) (Answer, error) {
		results, err := c.Gather(ctx, c.Map[int](inc, xs, client.Pure(false)))
		return perN(sum(results)), err
	}, nil
}
