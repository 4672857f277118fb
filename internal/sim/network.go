package sim

import (
	"bytes"
	"time"
)

// A Weather is how the network treats frames.
type Weather struct {
	Latency time.Duration // the least
	Jitter  time.Duration // on top, up to
	Drop    float64       // probability that a frame is lost,
	Repeat  float64       // arrives twice,
	Late    float64       // is overtaken: arrives up to a second later,
	Lost60  float64       // arrives a minute later,
	Flip    float64       // or has a bit flipped
}

// calm is a network on a good day.
var calm = Weather{Latency: 100 * time.Microsecond, Jitter: 200 * time.Microsecond}

// A network carries frames between processes.
type network struct {
	w       *world
	weather Weather
	cut     map[[2]int]int // pairs from, to between which nothing passes; how many partitions say so

	sent, dropped, repeated, late, flipped int
}

// send puts a frame on its way. It is copied.
func (n *network) send(from, to *proc, frame []byte) {
	r := n.w.rng
	n.sent++
	if n.isCut(from, to) || r.chance(n.weather.Drop) {
		n.dropped++
		return
	}
	frame = bytes.Clone(frame)
	if r.chance(n.weather.Flip) {
		n.flipped++
		k := r.intn(8 * len(frame))
		frame[k/8] ^= 1 << (k % 8)
	}
	n.arrive(from, to, frame)
	if r.chance(n.weather.Repeat) {
		n.repeated++
		n.arrive(from, to, frame)
	}
}

// arrive delivers a frame some time later. A cut that comes in between holds it up for good.
func (n *network) arrive(from, to *proc, frame []byte) {
	r := n.w.rng
	d := n.weather.Latency + r.span(0, n.weather.Jitter)
	switch {
	case r.chance(n.weather.Lost60):
		n.late++
		d += time.Minute
	case r.chance(n.weather.Late):
		n.late++
		d += r.span(0, time.Second)
	}
	n.w.at(n.w.now+d, func() {
		if n.isCut(from, to) {
			n.dropped++
			return
		}
		to.deliver(from, frame)
	})
}

func (n *network) isCut(from, to *proc) bool {
	return len(n.cut) > 0 && n.cut[[2]int{from.id, to.id}] > 0
}

// part cuts one direction between two processes, or with by = -1 takes one cut back.
func (n *network) part(from, to *proc, by int) {
	pair := [2]int{from.id, to.id}
	if n.cut[pair] += by; n.cut[pair] <= 0 {
		delete(n.cut, pair)
	}
}

// reachable reports whether two processes can have a conversation: both directions are open.
func (n *network) reachable(a, b *proc) bool { return !n.isCut(a, b) && !n.isCut(b, a) }
