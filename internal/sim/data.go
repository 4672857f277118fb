package sim

import (
	"slices"
	"time"

	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// store keeps a value, and spills others when the memory is full.
func (n *node) store(id wire.ID, sum uint64, bytes int64) {
	n.values[id] = &value{sum: sum, bytes: bytes}
	n.order = append(n.order, id)
	n.used += bytes
	n.spill()
	n.reportMemory()
}

// drop lets a value go.
func (n *node) drop(id wire.ID) {
	v := n.values[id]
	if v == nil {
		return
	}
	delete(n.values, id)
	if v.onDisk {
		n.spilled -= v.bytes
	} else {
		n.used -= v.bytes
	}
	if at := slices.Index(n.order, id); at >= 0 {
		n.order = slices.Delete(n.order, at, at+1)
	}
	n.reportMemory()
}

// spill writes the oldest values to disk while there is more in memory than seven tenths of the limit.
func (n *node) spill() {
	target := n.conf.Memory * 7 / 10
	for _, id := range n.order {
		if n.used <= target {
			break
		}
		v := n.values[id]
		if v.onDisk {
			continue
		}
		if n.diskFull {
			n.w.count("disk full")
			break
		}
		v.onDisk = true
		v.damaged = n.w.rng.chance(n.w.conf.SpillFlip)
		if v.damaged {
			n.w.count("bit flip on disk")
		}
		n.used -= v.bytes
		n.spilled += v.bytes
	}
	n.full = ""
	if n.used > target && n.diskFull {
		n.full = "no space left on device"
	}
}

// reportMemory tells the machine how the memory is, soon.
func (n *node) reportMemory() {
	if n.reports {
		return
	}
	n.reports = true
	n.after(20*time.Millisecond, func() {
		n.reports = false
		n.spill()
		n.tell(&worker.Memory{Used: n.used, Spilled: n.spilled, Limit: n.conf.Memory, Full: n.full})
	})
}

// damaged loses a value that cannot be read back.
func (n *node) damaged(id wire.ID) {
	n.w.count("checksum error")
	n.drop(id)
	n.broken[id] = true
	n.w.audit.unreadable(id, n.number)
	n.tell(&worker.Unstarted{Damaged: []wire.ID{id}})
}

// have returns a value that is here, and which part of it is to be taken: of a part that came alone, and of a whole value, all of it.
func (n *node) have(id wire.ID) (*value, int32) {
	if v := n.values[id]; v != nil {
		return v, 0
	}
	return n.values[id.Whole()], id.Part
}

// A part is what a transfer brings of one value.
type part struct {
	id    wire.ID
	sum   uint64
	bytes int64
}

// fetch gets values from another worker.
func (n *node) fetch(o *worker.Fetch) {
	n.getting++
	over := false
	if from := n.w.byNumber[o.Worker]; from != nil && from.alive && !n.w.net.reachable(n.proc, from.proc) {
		n.after(silentAfter, func() {
			if !over {
				n.tell(&worker.Unanswered{Worker: o.Worker, IDs: o.IDs})
			}
		})
	}
	n.w.transfer(n.proc, o.Worker, o.IDs, func(parts []part, reason string, gone bool) {
		n.getting--
		over = true
		var got []wire.Size
		var missing []wire.ID
		for _, id := range o.IDs {
			k := slices.IndexFunc(parts, func(p part) bool { return p.id == id })
			if k < 0 {
				missing = append(missing, id)
				continue
			}
			n.got[id] = value{sum: parts[k].sum, bytes: parts[k].bytes}
			got = append(got, wire.Size{ID: id, Bytes: parts[k].bytes})
		}
		if n.w.log != nil {
			n.w.logf("%s got %v from %d, not %v %s", n.name, got, o.Worker, missing, reason)
		}
		if len(got) > 0 {
			n.tell(&worker.Fetched{Worker: o.Worker, Values: got})
		}
		if len(missing) > 0 {
			if reason == "" {
				reason = "it does not have them"
			}
			n.tell(&worker.FetchFailed{Worker: o.Worker, IDs: missing, Reason: reason, Gone: gone})
		}
	})
}

const (
	bandwidth    = 1 << 30 // bytes a second between two processes
	transferWait = 5 * time.Second
	silentAfter  = 250 * time.Millisecond // without a connection
)

// transfer brings values from a worker to a process: after a while done is called there with what came, and why not all came.
func (w *world) transfer(to *proc, worker uint32, ids []wire.ID, done func(parts []part, reason string, gone bool)) {
	from := w.byNumber[worker]
	once := func(parts []part, reason string, gone bool) func() {
		return func() {
			if done != nil {
				f := done
				done = nil
				f(parts, reason, gone)
			}
		}
	}
	rtt := 2*w.net.weather.Latency + w.rng.span(0, 2*w.net.weather.Jitter)
	switch {
	case from == nil || !from.alive:
		to.after(rtt, once(nil, "connection refused", true))
		return
	case !w.net.reachable(to, from.proc):
		to.after(transferWait, once(nil, "timeout", false))
		return
	}
	to.after(transferWait+time.Duration(float64(w.sizeOn(from, ids))/bandwidth*float64(time.Second)*4), once(nil, "timeout", false))
	from.after(rtt/2, func() {
		var parts []part
		var bytes int64
		reason := ""
		for _, id := range ids {
			v, p := from.have(id)
			switch {
			case v == nil:
				continue
			case v.damaged && v.onDisk:
				if from.values[id] == nil {
					id = id.Whole()
				}
				from.damaged(id)
				reason = "checksum on disk does not match"
				continue
			case w.rng.chance(w.conf.TransferFlip):
				w.count("bit flip in transfer")
				reason = "checksum of the transfer does not match"
				continue
			}
			size := v.bytes
			if p != 0 {
				size = size/16 + 1
			}
			parts = append(parts, part{id, partOf(w.plant.served(w, from, id, v.sum), p), size})
			bytes += size
		}
		from.sending++
		took := rtt/2 + time.Duration(float64(bytes)/bandwidth*float64(time.Second))
		w.at(w.now+took, func() {
			from.sending--
			switch {
			case !from.alive:
				to.run(once(nil, "connection reset in the middle of a value", true))
			case from.paused == 0 && w.net.reachable(to, from.proc):
				to.run(once(parts, reason, false))
			}
		})
	})
}

func (w *world) sizeOn(from *node, ids []wire.ID) (bytes int64) {
	for _, id := range ids {
		if v, _ := from.have(id); v != nil {
			bytes += v.bytes
		}
	}
	return bytes
}

// push sends a small value straight to the client that wants it.
func (n *node) push(o *worker.Push) {
	c := n.w.clientByNumber[o.Client]
	v := n.values[o.ID]
	if c == nil || v == nil || !c.alive {
		return
	}
	sum, from := n.w.plant.served(n.w, n, o.ID, v.sum), n.number
	n.w.at(n.w.now+n.w.net.weather.Latency, func() {
		if n.w.net.reachable(n.proc, c.proc) {
			c.run(func() { c.pushed(o.ID, o.Attempt, from, sum) })
		}
	})
}
