package logs

import (
	"context"
	"log/slog"
	"time"
)

// A Reader hands forwarded records to a handler. It is for one goroutine.
type Reader struct {
	Handler slog.Handler
	Level   slog.Level
	next    map[string]uint64 // by worker: the number that its next record has
}

// Read handles the records of a batch, each with the worker and the key of its task, and says how many before them were dropped.
func (r *Reader) Read(ctx context.Context, b *Batch) {
	ctx = PassOn(ctx)
	missing := b.Dropped
	if next, ok := r.next[b.Worker]; ok && b.First > next {
		missing = b.First - next
	}
	if r.next == nil {
		r.next = map[string]uint64{}
	}
	r.next[b.Worker] = b.First + uint64(len(b.Records))
	if missing > 0 {
		lost := Record{Level: int(slog.LevelWarn), Message: "log records of a worker were dropped: they came faster than they could be forwarded"}
		if len(b.Records) > 0 {
			lost.Time = b.Records[0].Time
		}
		r.handle(ctx, &lost, slog.String("worker", b.Worker), slog.Uint64("dropped", missing))
	}
	for i := range b.Records {
		x := &b.Records[i]
		if x.Level < int(r.Level) {
			continue
		}
		more := []slog.Attr{slog.String("worker", b.Worker)}
		if x.Task != "" {
			more = append(more, slog.String("key", x.Task))
		}
		r.handle(ctx, x, more...)
	}
}

// End says that no more will come although somebody wants it.
func (r *Reader) End(err error) {
	x := Record{Time: time.Now().UnixNano(), Level: int(slog.LevelWarn), Message: "the log records of workers do not come any more"}
	r.handle(PassOn(context.Background()), &x, slog.Any("error", err))
}

func (r *Reader) handle(ctx context.Context, x *Record, more ...slog.Attr) {
	if r.Handler.Enabled(ctx, slog.Level(x.Level)) {
		_ = r.Handler.Handle(ctx, x.Slog(more...)) // there is nobody to tell
	}
}
