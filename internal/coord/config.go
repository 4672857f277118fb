package coord

import (
	"cmp"
	"time"
)

// A Config has the bounds of a machine. What is zero has the default in parentheses.
type Config struct {
	NameBytes    int           // of a name, or all parts of a path (1 KiB)
	ValueBytes   int           // of one value's plain data (64 KiB)
	ValueIDs     int           // futures in one value (100,000)
	TotalBytes   int64         // of all values and messages that are kept (256 MiB)
	Objects      int           // locks, queues, … that exist at a time (100,000)
	PerSession   int           // waiting requests, leases, items taken and subscriptions of a session, each (10,000)
	QueueItems   int           // in one queue (1,000,000)
	Names        int           // in one MultiAcquire (1,000)
	BatchItems   int           // in one answer or delivery (1,024)
	BatchBytes   int           // of the values in one answer or delivery; one value is always let through (1 MiB)
	HistoryItems int           // messages that a topic remembers (1,000)
	HistoryBytes int           // of them (1 MiB)
	Window       int           // messages that a subscription is sent ahead of its acknowledgements (256)
	Replies      int           // answers of a session that are remembered until the session says that it has them (1,024)
	ReplyBytes   int           // of them (4 MiB)
	Lease        time.Duration // of who asks for none (30 s)
	LeaseMax     time.Duration // (24 h)
}

func (c Config) complete() Config {
	return Config{
		NameBytes:    cmp.Or(c.NameBytes, 1<<10),
		ValueBytes:   cmp.Or(c.ValueBytes, 64<<10),
		ValueIDs:     cmp.Or(c.ValueIDs, 100_000),
		TotalBytes:   cmp.Or(c.TotalBytes, 256<<20),
		Objects:      cmp.Or(c.Objects, 100_000),
		PerSession:   cmp.Or(c.PerSession, 10_000),
		QueueItems:   cmp.Or(c.QueueItems, 1_000_000),
		Names:        cmp.Or(c.Names, 1_000),
		BatchItems:   cmp.Or(c.BatchItems, 1_024),
		BatchBytes:   cmp.Or(c.BatchBytes, 1<<20),
		HistoryItems: cmp.Or(c.HistoryItems, 1_000),
		HistoryBytes: cmp.Or(c.HistoryBytes, 1<<20),
		Window:       cmp.Or(c.Window, 256),
		Replies:      cmp.Or(c.Replies, 1_024),
		ReplyBytes:   cmp.Or(c.ReplyBytes, 4<<20),
		Lease:        cmp.Or(c.Lease, 30*time.Second),
		LeaseMax:     cmp.Or(c.LeaseMax, 24*time.Hour),
	}
}
