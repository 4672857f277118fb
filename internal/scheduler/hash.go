package scheduler

import (
	"fmt"

	"github.com/zeebo/xxh3"
)

// Hash returns a hash of the state, for comparing a run with its replay. It takes time linear in the state.
func (s *Scheduler) Hash() uint64 {
	h := xxh3.New()
	fmt.Fprintln(h, s.now, s.counts, s.finished, s.erredTasks, s.lostValues, s.refused, s.served, s.story.total, s.events.seq)
	for _, w := range s.live {
		fmt.Fprintln(h, w.number, w.hello.Name, w.status, w.why, w.long, w.busy, w.load, w.held, w.free, len(w.zombies), len(w.fetching))
		for a := range w.sent.refs() {
			fmt.Fprint(h, a, " ")
		}
		fmt.Fprintln(h, w.holds)
	}
	for _, c := range s.clients {
		fmt.Fprintln(h, c.number, c.hello.Name, c.away, c.leaves, c.served, c.claims, c.graphs)
	}
	var buf []byte
	for _, r := range s.runs {
		if r == nil {
			continue
		}
		fmt.Fprintln(h, r.serial, r.slot, r.left, r.claimed, r.anchored, r.next, r.ready, r.frozen)
		for i := range r.tasks {
			t := &r.tasks[i]
			buf = append(buf[:0], byte(t.status), t.flags)
			for _, v := range [...]int64{t.size, int64(t.uses), int64(t.claims), int64(t.pins), int64(t.missing), int64(t.attempt), int64(t.at), int64(t.pos)} {
				for k := range 8 {
					buf = append(buf, byte(v>>(8*k)))
				}
			}
			_, _ = h.Write(buf)
		}
	}
	return h.Sum64()
}
