package cases

import (
	"context"
	"errors"

	"sheaf"
	"sheaf/delayed"
)

// tasks is the N of the cases that count per task.
const tasks = 100_000

func init() {
	for name, setup := range map[string]Setup{"fan": fan, "fan_run": fanRun, "chain": chain} {
		ours[name] = setup
		scale[name] = tasks / 1e6
	}
}

func inc(x int) int { return x + 1 }

func sum(xs []int) int {
	total := 0
	for _, x := range xs {
		total += x
	}
	return total
}

// fanValue is N independent calls and one that takes all of them.
func fanValue() *delayed.Value[int] {
	xs := make([]*delayed.Value[int], tasks)
	for i := range xs {
		xs[i] = delayed.Call[int](inc, i)
	}
	return delayed.Call[int](sum, xs)
}

// perN is the answer of a fan: the mean of i + 1 less N/2, so that runs with different N agree.
func perN(total int) Answer { return Answer{Values: []float64{float64(total)/tasks - tasks/2}} }

func fan(context.Context, string) (Run, error) {
	return func(ctx context.Context) (Answer, error) {
		total, err := fanValue().Compute(ctx)
		return perN(total), err
	}, nil
}

// fanRun times the executor on a graph that is built.
func fanRun(context.Context, string) (Run, error) {
	g, err := fanValue().Graph()
	if err != nil {
		return nil, err
	}
	local, err := sheaf.NewLocal(sheaf.LocalConfig{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		run, err := local.Start(ctx, g, sheaf.RunOptions{})
		if err != nil {
			return Answer{}, err
		}
		defer run.Release()
		if err := run.Wait(ctx); err != nil {
			return Answer{}, err
		}
		v, err := run.Output(0, 0)
		if err != nil {
			return Answer{}, err
		}
		total, ok := v.(int)
		if !ok {
			return Answer{}, errors.New("the sum is no int")
		}
		return perN(total), nil
	}, nil
}

func chain(context.Context, string) (Run, error) {
	return func(ctx context.Context) (Answer, error) {
		v := delayed.Call[int](inc, 0)
		for range tasks - 1 {
			v = delayed.Call[int](inc, v)
		}
		n, err := v.Compute(ctx)
		return Answer{Values: []float64{float64(n) / tasks}}, err
	}, nil
}
