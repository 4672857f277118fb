package scheduler

// postHeap is a heap of posts that know their places in it.
type postHeap struct {
	posts []*post
	less  func(a, b *post) bool
	slot  int // which of a post's places
}

// lessLoad orders posts by how soon a new task would start, then by number.
func lessLoad(a, b *post) bool {
	if a.worker.load != b.worker.load {
		return a.worker.load < b.worker.load
	}
	return a.worker.number < b.worker.number
}

// moreBacklog orders posts by how much waits there, most first.
func moreBacklog(a, b *post) bool {
	x, y := a.nanos/int64(a.worker.threads), b.nanos/int64(b.worker.threads)
	if x != y {
		return x > y
	}
	return a.worker.number < b.worker.number
}

func (h *postHeap) push(p *post) {
	if p.at[h.slot] >= 0 {
		h.fix(p)
		return
	}
	h.posts = append(h.posts, p)
	p.at[h.slot] = len(h.posts) - 1
	h.up(len(h.posts) - 1)
}

func (h *postHeap) remove(p *post) {
	at := p.at[h.slot]
	if at < 0 {
		return
	}
	end := len(h.posts) - 1
	h.swap(at, end)
	h.posts[end] = nil
	h.posts = h.posts[:end]
	p.at[h.slot] = -1
	if at < end {
		h.up(at)
		h.down(at)
	}
}

func (h *postHeap) fix(p *post) {
	if at := p.at[h.slot]; at >= 0 {
		h.up(at)
		h.down(p.at[h.slot])
	}
}

func (h *postHeap) swap(i, j int) {
	p := h.posts
	p[i], p[j] = p[j], p[i]
	p[i].at[h.slot], p[j].at[h.slot] = i, j
}

func (h *postHeap) up(i int) {
	for i > 0 {
		up := (i - 1) / 2
		if !h.less(h.posts[i], h.posts[up]) {
			return
		}
		h.swap(i, up)
		i = up
	}
}

func (h *postHeap) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h.posts) {
			return
		}
		if c+1 < len(h.posts) && h.less(h.posts[c+1], h.posts[c]) {
			c++
		}
		if !h.less(h.posts[c], h.posts[i]) {
			return
		}
		h.swap(i, c)
		i = c
	}
}

// pushHeap and popHeap keep a slice as a heap.
func pushHeap[T any](h []T, x T, less func(a, b T) bool) []T {
	h = append(h, x)
	siftUp(h, len(h)-1, less)
	return h
}

func popHeap[T any](h []T, less func(a, b T) bool) ([]T, T) {
	top := h[0]
	return removeHeap(h, 0, less), top
}

// removeHeap removes the element at i.
func removeHeap[T any](h []T, i int, less func(a, b T) bool) []T {
	end := len(h) - 1
	h[i] = h[end]
	var zero T
	h[end] = zero
	h = h[:end]
	if i < end {
		siftUp(h, i, less)
		siftDown(h, i, less)
	}
	return h
}

func siftUp[T any](h []T, i int, less func(a, b T) bool) {
	for i > 0 {
		up := (i - 1) / 2
		if !less(h[i], h[up]) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func siftDown[T any](h []T, i int, less func(a, b T) bool) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && less(h[c+1], h[c]) {
			c++
		}
		if !less(h[c], h[i]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}
