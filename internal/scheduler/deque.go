package scheduler

import "iter"

// A deque is the tasks sent to a worker, in the order of sending. Tasks know their places in it.
type deque struct {
	items []ref // none where a task was removed
	first int   // those before it are removed
	live  int
}

var none = ref{run: ^uint32(0)}

// push appends a task and returns its place.
func (d *deque) push(a ref) int32 {
	d.items = append(d.items, a)
	d.live++
	return int32(len(d.items) - 1)
}

// remove removes the task at a place.
func (d *deque) remove(at int32) {
	d.items[at] = none
	d.live--
	for d.first < len(d.items) && d.items[d.first] == none {
		d.first++
	}
	if d.live == 0 {
		d.items, d.first = d.items[:0], 0
		if cap(d.items) > 1024 {
			d.items = nil
		}
	}
}

// refs walks the tasks in the order of sending.
func (d *deque) refs() iter.Seq[ref] {
	return func(yield func(ref) bool) {
		for _, a := range d.items[min(d.first, len(d.items)):] {
			if a != none && !yield(a) {
				return
			}
		}
	}
}

// crowded reports whether much of the deque is places of removed tasks.
func (d *deque) crowded() bool { return len(d.items) == cap(d.items) && len(d.items) > 2*d.live+64 }

// compact gives the tasks new places, which it tells to move.
func (d *deque) compact(move func(a ref, at int32)) {
	kept := d.items[:0]
	for _, a := range d.items {
		if a != none {
			move(a, int32(len(kept)))
			kept = append(kept, a)
		}
	}
	d.items, d.first = kept, 0
}
