package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sheaf/internal/wire"
)

// A Span is what became of the graphs that were submitted under one path of names; those of the spans within it are not counted. Programs read
// them as a tree from [sheaf/client.Client.Spans].
type Span = wire.Span

// InspectSpans asks the scheduler at a URL for its spans, in the order in which they began.
func InspectSpans(ctx context.Context, url, cluster string, s Security) ([]Span, error) {
	c, err := dialControl(ctx, url, cluster, "inspect", s)
	if err != nil {
		return nil, err
	}
	defer c.close(context.WithoutCancel(ctx))
	body, err := c.call(ctx, &wire.Spans{})
	if err != nil {
		return nil, err
	}
	list, ok := body.(*wire.SpanList)
	if !ok {
		return nil, fmt.Errorf("cluster: the scheduler answered with a %T", body)
	}
	return list.Spans, nil
}

// DescribeSpans writes spans for people, each below the one that it is in.
func DescribeSpans(spans []Span) string {
	if len(spans) == 0 {
		return "no spans\n"
	}
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b Span) int { return slices.Compare(a.Path, b.Path) })
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "span\tgraphs\ttasks\tdone\tto do\tfailed\tran\tresults\tfetched\tfor")
	for i := range spans {
		s := &spans[i]
		open := 0
		for _, st := range s.States {
			if st.State == "waiting" || st.State == "queued" || st.State == "processing" {
				open += st.Tasks
			}
		}
		var over time.Duration
		if s.Start > 0 {
			over = time.Duration(s.End - s.Start).Round(time.Millisecond)
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%v\t%s\t%s in %v\t%v\n", strings.Join(s.Path, " / "), s.Graphs, s.Tasks, s.Done, open, s.Failed,
			cmp.Or(time.Duration(s.Nanos).Round(time.Millisecond), time.Duration(s.Nanos)), sizeText(s.Bytes), sizeText(s.MovedBytes),
			time.Duration(s.MovedNanos).Round(time.Microsecond), over)
	}
	_ = w.Flush()
	return b.String()
}
