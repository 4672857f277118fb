package client

import "time"

// coordSettings are the options of locks, queues and the like.
type coordSettings struct {
	lease    time.Duration
	noRenew  bool
	any      int
	max      int
	override bool
	from     uint64
}

func coordOptions(opts []Option) (s settings) {
	for _, o := range opts {
		o.apply(&s)
	}
	return s
}

// LeaseTime sets how long a [Lock], [MultiLock] or [Semaphore] stays held when its holder is not heard of; the default is 30
// seconds. Holders renew it three times in that time.
func LeaseTime(d time.Duration) Option { return Option{func(s *settings) { s.coord.lease = d }} }

// NoRenew lets the lease of a [Lock], [MultiLock] or [Semaphore] end after its [LeaseTime], whatever the holder does.
func NoRenew() Option { return Option{func(s *settings) { s.coord.noRenew = true }} }

// Any makes a [MultiLock] take n of its locks, whichever are free first.
func Any(n int) Option { return Option{func(s *settings) { s.coord.any = n }} }

// MaxLen bounds the length of a [Queue]: putting waits while it is full.
func MaxLen(n int) Option { return Option{func(s *settings) { s.coord.max = n }} }

// Override makes [Client.PublishDataset] replace a dataset of the same name.
func Override() Option { return Option{func(s *settings) { s.coord.override = true }} }

// From makes [Client.Subscribe] and [Client.Events] begin with the message of a number; the first one of a topic is 1.
func From(seq uint64) Option { return Option{func(s *settings) { s.coord.from = seq }} }
