package logs

import "sync"

// Bounds of a queue.
const (
	queueRecords = 1000
	queueBytes   = 1 << 20
	batchBytes   = 32 << 10 // a record may have more by itself
)

// A Queue is the records of one worker that wait to be forwarded. What comes when it is full is dropped and counted.
type Queue struct {
	mu      sync.Mutex // guards what follows
	items   []item
	bytes   int
	number  uint64 // of the last record, dropped or not
	dropped uint64 // since the last one that was taken in
	wake    chan struct{}
}

// item is a record, and what came before it.
type item struct {
	Record
	number  uint64
	dropped uint64
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{wake: make(chan struct{}, 1)} }

// Put takes a record in, and reports whether there was room. It does not wait.
func (q *Queue) Put(r Record) bool {
	n := r.size()
	q.mu.Lock()
	q.number++
	ok := len(q.items) < queueRecords && q.bytes+n <= queueBytes
	if ok {
		q.items = append(q.items, item{r, q.number, q.dropped})
		q.bytes += n
		q.dropped = 0
	} else {
		q.dropped++
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return ok
}

// Ready is sent to when there may be something to take.
func (q *Queue) Ready() <-chan struct{} { return q.wake }

// Take returns the next records, nil if there is nothing to say.
func (q *Queue) Take(worker string) *Batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := &Batch{Worker: worker}
	if len(q.items) == 0 {
		if q.dropped == 0 {
			return nil
		}
		b.First, b.Dropped, q.dropped = q.number+1, q.dropped, 0
		return b
	}
	b.First, b.Dropped = q.items[0].number, q.items[0].dropped
	n, bytes := 0, 0
	for n < len(q.items) && (n == 0 || q.items[n].dropped == 0 && bytes+q.items[n].size() <= batchBytes) {
		bytes += q.items[n].size()
		b.Records = append(b.Records, q.items[n].Record)
		n++
	}
	clear(q.items[:n])
	if q.items = q.items[n:]; len(q.items) == 0 {
		q.items = nil
	}
	q.bytes -= bytes
	return b
}
