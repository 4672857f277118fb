package client_test

import (
	"context"
	"fmt"
	"log/slog"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
)

func ExampleSpanInfo() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()

	etl := sheaf.With(c.Context(ctx), sheaf.Span("etl"))
	_, _ = delayed.Call[int](inc, 1).Compute(sheaf.With(etl, sheaf.Span("load")))
	_, _ = c.Gather(ctx, c.Map[int](inc, []int{1, 2, 3}, client.Span("etl", "sum")))

	spans, err := c.Spans(ctx)
	for _, s := range spans.Find("etl").Spans {
		fmt.Println(s.Path, s.Tasks, s.Done, s.Failed, s.Run > 0)
	}
	fmt.Println(spans.Find("etl").Total().Tasks, err)
	// Output:
	// [etl load] 1 1 0 true
	// [etl sum] 3 3 0 true
	// 4 <nil>
}

func ExampleClient_ForwardLogging() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()

	records := make(chan string, 1)
	stop, err := c.ForwardLogging(ctx, slog.LevelInfo, slog.NewTextHandler(write(records), &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "key" {
				return slog.Attr{}
			}
			return a
		},
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	_, _ = c.Submit[int](func(ctx context.Context, n int) int {
		slog.InfoContext(ctx, "doubling", "n", n)
		return 2 * n
	}, 4).Result(ctx)
	fmt.Print(<-records)
	// Output: level=INFO msg=doubling n=4 worker=local
}

// write sends what is written to a channel.
type write chan string

func (w write) Write(b []byte) (int, error) {
	w <- string(b)
	return len(b), nil
}
