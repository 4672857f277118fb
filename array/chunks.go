package array

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// unknown is the length of a block, and of an axis, that only the data tell.
const unknown = -1

// Chunks says how an array is divided into blocks. One value is for all axes; else there is one value per axis:
//
//   - an int n: blocks of length n, the last one shorter
//   - -1: the whole axis in one block
//   - []int: the lengths of the blocks, which must add up to the axis
//   - "auto": such that blocks have about 128 MiB
//   - "64MiB" and the like: as "auto" with another limit
//
// Same as the chunks argument of Dask.
func Chunks(chunks ...any) Option {
	return Option{func(o *options) { o.chunks = append([]any{}, chunks...) }}
}

// blockBytes is the size of blocks that "auto" aims at.
const blockBytes = 128 << 20

// normalize returns the lengths of the blocks of each axis. itemsize is for "auto"; previous are the present chunks when an
// array is divided anew, else nil.
func normalize(spec []any, shape []int, itemsize int, previous [][]int) ([][]int, error) {
	if len(spec) == 0 {
		spec = []any{"auto"}
	}
	if m, ok := spec[0].(map[int]any); ok && len(spec) == 1 {
		return normalizeSome(m, shape, itemsize, previous)
	}
	if len(spec) == 1 && len(shape) != 1 {
		if _, list := spec[0].([]int); !list || len(shape) > 0 {
			spec = slices.Repeat(spec, len(shape))
		}
	}
	if len(spec) != len(shape) {
		return nil, wrong(ErrChunks, "%d chunks given for %d dimensions", len(spec), len(shape))
	}
	p := chunkPlan{shape: shape, itemsize: max(1, itemsize), limit: blockBytes, axes: make([]axisPlan, len(shape))}
	limited := ""
	for a, c := range spec {
		if s, ok := c.(string); ok && s != "auto" {
			if limited != "" && limited != s {
				return nil, wrong(ErrChunks, "two different limits of block sizes, %q and %q", limited, s)
			}
			limited = s
		}
		if err := p.parse(a, c); err != nil {
			return nil, err
		}
	}
	if err := p.auto(previous); err != nil {
		return nil, err
	}
	out := make([][]int, len(shape))
	for a := range p.axes {
		out[a] = p.axes[a].blocks
		if out[a] == nil {
			out[a] = uniform(shape[a], p.axes[a].size)
		}
	}
	return out, nil
}

// normalizeSome is normalize for chunks that are given for some axes only.
func normalizeSome(m map[int]any, shape []int, itemsize int, previous [][]int) ([][]int, error) {
	spec := make([]any, len(shape))
	for a := range spec {
		spec[a] = -1
		if previous != nil {
			spec[a] = previous[a]
		}
	}
	for a, c := range m {
		axis, err := normAxis(a, len(shape))
		if err != nil {
			return nil, err
		}
		spec[axis] = c
	}
	return normalize(spec, shape, itemsize, previous)
}

// chunkPlan is what is known about each axis while chunks are worked out.
type chunkPlan struct {
	shape    []int
	itemsize int
	limit    float64 // bytes
	axes     []axisPlan
}

type axisPlan struct {
	auto   bool
	size   int   // of the blocks
	given  int   // the same before it was limited to the axis, which is what "auto" on other axes reckons with
	blocks []int // their lengths, when they are given
}

func (p *chunkPlan) parse(a int, c any) error {
	n, axis := p.shape[a], &p.axes[a]
	switch c := c.(type) {
	case int:
		if n == unknown {
			return wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		}
		if c < -1 || c == 0 && n > 0 {
			return wrong(ErrChunks, "blocks of length %d along axis %d", c, a)
		}
		if c == -1 {
			c = n
		}
		axis.size, axis.given = min(c, n), c
	case nil:
		axis.size, axis.given = n, n
	case []int:
		return p.explicit(a, c)
	case string:
		axis.auto = true
		if n == unknown {
			return wrong(ErrUnknownChunks, "automatic chunks need known sizes, those along axis %d are not; %s", a, cure)
		}
		if c != "auto" {
			limit, err := parseBytes(c)
			if err != nil {
				return err
			}
			p.limit = limit
		}
	default:
		return wrong(ErrChunks, "chunks along axis %d are a %T; want an int, []int, \"auto\" or a limit such as \"64MiB\"", a, c)
	}
	return nil
}

func (p *chunkPlan) explicit(a int, c []int) error {
	n := p.shape[a]
	if len(c) == 0 {
		return wrong(ErrChunks, "no blocks along axis %d; an axis of length 0 has one block of length 0", a)
	}
	sum := 0
	for _, l := range c {
		if l < 0 && (l != unknown || n != unknown) {
			return wrong(ErrChunks, "a block of length %d along axis %d", l, a)
		}
		sum += l
	}
	if n != unknown && sum != n {
		return wrong(ErrChunks, "chunks %s along axis %d add up to %d, the axis has %d", lengths(c), a, sum, n)
	}
	p.axes[a].blocks = slices.Clone(c)
	return nil
}

// uniform cuts an axis of n into blocks of size; the last one may be shorter.
func uniform(n, size int) []int {
	if n <= 0 {
		return []int{0}
	}
	size = max(1, min(size, n))
	out := make([]int, 0, (n+size-1)/size)
	for at := 0; at < n; at += size {
		out = append(out, min(size, n-at))
	}
	return out
}

// parseBytes reads sizes such as "128MiB", "1.5 GB" and "1000".
func parseBytes(s string) (float64, error) {
	t := strings.TrimSpace(s)
	k := len(t)
	for k > 0 && (t[k-1] < '0' || t[k-1] > '9') && t[k-1] != '.' {
		k--
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(t[:k]), 64)
	unit, ok := byteUnits[strings.ToLower(strings.TrimSpace(t[k:]))]
	if err != nil || !ok || n <= 0 || math.IsInf(n, 0) {
		return 0, wrong(ErrChunks, "%q is no size in bytes; write it as \"128MiB\"", s)
	}
	return math.Trunc(n * unit), nil
}

var byteUnits = map[string]float64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
}

// lengths prints the blocks of one axis, long lists shortened.
func lengths(c []int) string {
	if len(c) <= 8 {
		parts := make([]string, len(c))
		for i, n := range c {
			parts[i] = length(n)
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	return fmt.Sprintf("(%s, %s, %s, … %d in all … %s)", length(c[0]), length(c[1]), length(c[2]), len(c), length(c[len(c)-1]))
}

func length(n int) string {
	if n == unknown {
		return "?"
	}
	return strconv.Itoa(n)
}

// total returns the length of an axis, unknown if that of a block is.
func total(blocks []int) int {
	n := 0
	for _, b := range blocks {
		if b == unknown {
			return unknown
		}
		n += b
	}
	return n
}

// shapeOf returns the shape of an array with the given blocks.
func shapeOf(chunks [][]int) []int {
	shape := make([]int, len(chunks))
	for a, c := range chunks {
		shape[a] = total(c)
	}
	return shape
}

// starts returns where each block of an axis begins, and the axis' length as the last element.
func starts(blocks []int) []int {
	out := make([]int, len(blocks)+1)
	for i, n := range blocks {
		out[i+1] = out[i] + n
	}
	return out
}

// spaceOf returns the numbers of blocks along each axis: the index space of the array's tasks.
func spaceOf(chunks [][]int) []int {
	space := make([]int, len(chunks))
	for a, c := range chunks {
		space[a] = len(c)
	}
	return space
}

func product(ns []int) int {
	p := 1
	for _, n := range ns {
		p *= n
	}
	return p
}
