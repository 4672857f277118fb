package scheduler

import (
	"cmp"
	"slices"

	"sheaf/internal/wire"
)

// An outbox collects what one step has to say to a peer, so that it is said in one message of each kind.
type outbox struct {
	peer   Peer
	filled *[]*outbox // where it is entered when there is something in it; nil if nobody will read it
	serial uint64     // the order of the boxes
	within bool       // it is entered

	first    []wire.Message // before everything else: Welcome
	peers    []wire.Peer
	forget   []wire.LayerID
	steal    []wire.Attempt
	stops    []stop
	frees    []wire.ID
	fetch    []wire.Place
	computes []*wire.Compute // full ones
	compute  *wire.Compute
	bytes    int       // about how large compute is
	inputs   []wire.ID // of its tasks, as are ends
	ends     []int32
	workers  []uint32 // of its places
	places   idSet
	finished []wire.Ready
	erred    []wire.Erred
	causes   []*wire.Failure // of erred
	restore  []wire.ID
	last     []wire.Message // in this order, after everything else
}

type stop struct {
	attempt wire.Attempt
	reason  string
}

// box returns the outbox of a peer.
func (s *Scheduler) box(p Peer) *outbox {
	o := s.boxes[p]
	if o == nil {
		s.boxSerial++
		o = &outbox{peer: p, filled: &s.filled, serial: s.boxSerial}
		s.boxes[p] = o
	}
	return o
}

// unbox forgets what was to be said to a peer that is gone.
func (s *Scheduler) unbox(p Peer) {
	if o := s.boxes[p]; o != nil {
		delete(s.boxes, p)
		o.peer, o.filled = "", nil
	}
}

// touch enters the box among those that have something to say. It is called before anything is put into it.
func (o *outbox) touch() {
	if !o.within && o.filled != nil {
		o.within = true
		*o.filled = append(*o.filled, o)
	}
}

func (o *outbox) free(id wire.ID) {
	o.touch()
	o.frees = append(o.frees, id)
}

func (o *outbox) stop(a wire.Attempt, reason string) {
	o.touch()
	o.stops = append(o.stops, stop{a, reason})
}

func (o *outbox) say(m wire.Message) {
	o.touch()
	o.last = append(o.last, m)
}

// flush turns what the outboxes hold into effects. It looks only at those that hold something: most peers are silent in most steps.
func (s *Scheduler) flush() {
	slices.SortFunc(s.filled, func(a, b *outbox) int { return cmp.Compare(a.serial, b.serial) })
	for k, o := range s.filled {
		s.filled[k] = nil
		o.within = false
		if o.peer != "" {
			s.flushBox(o)
		}
	}
	s.filled = s.filled[:0]
}

func (s *Scheduler) flushBox(o *outbox) {
	for _, m := range o.first {
		s.send1(o, m)
	}
	if len(o.peers) > 0 {
		s.send1(o, &wire.Peers{Workers: o.peers})
	}
	if len(o.steal) > 0 {
		s.send1(o, &wire.Steal{Tasks: o.steal})
	}
	for k := 0; k < len(o.stops); {
		m := &wire.Stop{Reason: o.stops[k].reason}
		for ; k < len(o.stops) && o.stops[k].reason == m.Reason; k++ {
			m.Tasks = append(m.Tasks, o.stops[k].attempt)
		}
		s.send1(o, m)
	}
	if len(o.frees) > 0 {
		s.send1(o, &wire.Free{IDs: o.frees})
	}
	if len(o.forget) > 0 {
		s.send1(o, &wire.Forget{Layers: o.forget})
	}
	if len(o.fetch) > 0 {
		s.send1(o, &wire.Fetch{Values: o.fetch})
	}
	for _, m := range o.computes {
		s.send1(o, m)
	}
	if o.compute != nil {
		s.send1(o, o.compute)
	}
	if len(o.finished) > 0 {
		s.send1(o, &wire.Finished{Values: o.finished})
	}
	for k := range o.erred {
		s.send1(o, &o.erred[k])
	}
	if len(o.restore) > 0 {
		s.send1(o, &wire.Restore{IDs: o.restore})
	}
	for _, m := range o.last {
		s.send1(o, m)
	}
	places := o.places
	places.clear()
	*o = outbox{peer: o.peer, filled: o.filled, serial: o.serial, places: places}
}

// computeBytes is about how large a message with tasks may get until the next one is begun.
const computeBytes = 4 << 20

// next returns the message to put the next task into.
func (o *outbox) next() *wire.Compute {
	if o.compute != nil && o.bytes > computeBytes {
		o.computes = append(o.computes, o.compute)
		o.compute, o.inputs, o.ends, o.workers, o.bytes = nil, nil, nil, nil, 0
		o.places.clear()
	}
	if o.compute == nil {
		o.touch()
		o.compute = &wire.Compute{}
	}
	return o.compute
}

func (s *Scheduler) send1(o *outbox, m wire.Message) {
	s.effects = append(s.effects, &Send{To: o.peer, Msg: m})
}

// idSet is a small set of ids, of one message.
type idSet map[wire.ID]struct{}

// add reports whether the id is new.
func (m *idSet) add(id wire.ID) bool {
	if *m == nil {
		*m = idSet{}
	}
	if _, ok := (*m)[id]; ok {
		return false
	}
	(*m)[id] = struct{}{}
	return true
}

func (m *idSet) clear() {
	if len(*m) > 1024 {
		*m = nil
	}
	clear(*m)
}
