package client_test

import (
	"context"
	"fmt"

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
