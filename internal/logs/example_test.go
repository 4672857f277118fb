package logs_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"sheaf/internal/logs"
)

func untimed(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func ExampleQueue() {
	q := logs.NewQueue()
	q.Put(logs.Record{Message: "loaded", Task: "load-1", Attrs: []logs.Attr{{Key: "rows", Kind: 'i', Text: "7"}}})
	q.Put(logs.Record{Message: "done"})
	b := q.Take("w1")
	fmt.Println(b.Worker, b.First, len(b.Records), q.Take("w1") == nil)
	// Output: w1 1 2 true
}

func ExampleReader() {
	r := logs.Reader{Handler: slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: untimed}), Level: slog.LevelInfo}
	sent := (&logs.Batch{Worker: "w1", First: 1, Records: []logs.Record{{Message: "loaded", Task: "load-1"}}}).Encode()
	b, err := logs.ParseBatch(sent)
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Read(context.Background(), b)
	r.Read(context.Background(), &logs.Batch{Worker: "w1", First: 5})
	// Output:
	// level=INFO msg=loaded worker=w1 key=load-1
	// level=WARN msg="log records of a worker were dropped: they came faster than they could be forwarded" worker=w1 dropped=3
}
