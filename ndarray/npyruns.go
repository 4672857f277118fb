package ndarray

import (
	"io"
)

// runs walks over the bytes of a box of an array in a file, in C order, as runs that lie together.
type runs struct {
	at, length int64 // the run, after next
	left       int64 // runs from this one on
	shape      []int // of the axes before a run
	steps      []int64
	index      []int
	begun      bool
}

// newRuns makes the walk of the box [lo, hi) of an array of a shape whose elements of size bytes begin at offset.
func newRuns(offset, size int64, shape, lo, hi []int) *runs {
	steps := make([]int64, len(shape))
	step, at := size, offset
	for i := len(shape) - 1; i >= 0; i-- {
		steps[i] = step
		at += step * int64(lo[i])
		step *= int64(shape[i])
	}
	k := len(shape) // axes from k on are part of a run
	r := &runs{at: at, length: size, left: 1}
	for k > 0 {
		k--
		r.length = steps[k] * int64(hi[k]-lo[k])
		if lo[k] != 0 || hi[k] != shape[k] {
			break
		}
	}
	for i := range k {
		r.shape = append(r.shape, hi[i]-lo[i])
		r.left *= int64(hi[i] - lo[i])
	}
	if r.length == 0 {
		r.left = 0
	}
	r.steps, r.index = steps[:k], make([]int, k)
	return r
}

// stride returns the distance of neighbouring runs, 0 if there is only one.
func (r *runs) stride() int64 {
	if len(r.steps) == 0 {
		return 0
	}
	return r.steps[len(r.steps)-1]
}

// next goes to the first run, then to the following one, and reports whether there is one.
func (r *runs) next() bool {
	if !r.begun {
		r.begun = true
		return r.left > 0
	}
	if r.left--; r.left <= 0 {
		return false
	}
	for i := len(r.index) - 1; i >= 0; i-- {
		r.index[i]++
		r.at += r.steps[i]
		if r.index[i] < r.shape[i] {
			break
		}
		r.at -= r.steps[i] * int64(r.shape[i])
		r.index[i] = 0
	}
	return true
}

// Runs that are nearer to each other than strideMax are read together, gaps and all, windowBytes at a time: copying a gap is
// cheaper than another read.
const (
	strideMax   = 16 << 10
	windowBytes = 256 << 10
)

// boxReader reads the bytes of a box one run after the other.
type boxReader struct {
	r      io.ReaderAt
	runs   *runs
	done   int64 // bytes of the run that were read
	left   int64 // bytes of all runs
	window []byte
	from   int64 // where the window begins in the file
	end    int64 // of the last run
	ahead  bool  // whether runs are read together
}

func newBoxReader(r io.ReaderAt, offset, size int64, shape, lo, hi []int) *boxReader {
	b := &boxReader{r: r, runs: newRuns(offset, size, shape, lo, hi)}
	b.left = b.runs.left * b.runs.length
	b.ahead = b.runs.left > 1 && b.runs.stride() <= strideMax
	b.end = b.runs.at + b.runs.length
	for i, n := range b.runs.shape {
		b.end += b.runs.steps[i] * int64(n-1)
	}
	b.runs.next()
	return b
}

// Len returns the bytes that are left, so that memory can be taken at once when the file has them.
func (b *boxReader) Len() int { return int(b.left) }

// Read implements io.Reader.
func (b *boxReader) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.done == b.runs.length {
		b.runs.next()
		b.done = 0
	}
	at := b.runs.at + b.done
	p = p[:min(int64(len(p)), b.runs.length-b.done)]
	var n int
	var err error
	if b.ahead {
		n, err = b.fromWindow(p, at)
	} else {
		n, err = b.r.ReadAt(p, at)
	}
	if n > 0 {
		err = nil
	}
	b.done += int64(n)
	b.left -= int64(n)
	return n, err
}

// fromWindow copies from the window, which is moved when the bytes at at are not in it.
func (b *boxReader) fromWindow(p []byte, at int64) (int, error) {
	if at < b.from || at >= b.from+int64(len(b.window)) {
		if b.window == nil {
			b.window = make([]byte, windowBytes)
		}
		b.window = b.window[:min(windowBytes, b.end-at)]
		n, err := b.r.ReadAt(b.window, at)
		b.window, b.from = b.window[:n], at
		if n == 0 {
			return 0, err
		}
	}
	return copy(p, b.window[at-b.from:]), nil
}
