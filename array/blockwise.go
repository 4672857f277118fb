package array

import (
	"slices"
	"strings"

	"sheaf/dtype"
)

// A Labeled is an operand of [Blockwise]: an array with a letter for each of its axes.
type Labeled struct {
	Array *Array
	Axes  string
}

// Indexed names the axes of an operand of [Blockwise], one letter each.
func Indexed(x *Array, axes string) Labeled { return Labeled{x, axes} }

// Blockwise applies a function to blocks that are chosen by letters, as in Einstein's notation: the block of the result at
// "ij" is made of those blocks of the operands whose letters have the same values. Operands with equal letters have equal
// lengths, or length 1, along them, and are brought to common blocks. Along letters that the result does not have, the
// blocks of an operand are joined to one before the function is called.
//
// The dtype is found as [Array.MapBlocks] does, and the blocks are those of the operands unless [Chunks] says otherwise: with
// it every block of the result has the given lengths, which is also how letters that no operand has get theirs, with one
// block each.
//
//	outer := array.Blockwise(multiply, "ij", []array.Labeled{array.Indexed(x, "i"), array.Indexed(y, "j")})
//
// Same as dask.array.blockwise with concatenate=True.
func Blockwise(f BlockFunc, out string, operands []Labeled, opts ...Option) *Array {
	if f == nil {
		return failed("blockwise", ErrValue, "the function is nil")
	}
	o, err := parseOptions("blockwise", takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	for i, l := range operands {
		if l.Array == nil {
			return failed("blockwise", ErrValue, "operand %d is nil", i)
		}
		if l.Array.err != nil {
			return l.Array
		}
	}
	n, err := blockwise(f, out, operands, o)
	if err != nil {
		return at("blockwise", err)
	}
	return wrap(n)
}

func blockwise(f BlockFunc, out string, operands []Labeled, o options) (node, error) {
	labels, blocks, err := labelBlocks(out, operands)
	if err != nil {
		return nil, err
	}
	kids, args := make([]node, len(operands)), make([][]int, len(operands))
	for i, l := range operands {
		have := l.Array.chunksOf()
		want := make([][]int, len(have))
		for a, r := range []rune(l.Axes) {
			k := slices.Index(labels, r)
			args[i] = append(args[i], k)
			if want[a] = blocks[k]; total(have[a]) == 1 && total(blocks[k]) != 1 {
				want[a] = have[a]
			}
		}
		if kids[i], err = rechunked(l.Array.node, want); err != nil {
			return nil, err
		}
	}
	space := make([]int, len(labels))
	ndim := len([]rune(out))
	in := make([][]int, ndim)
	for k := range labels {
		if blocks[k] == nil { // a letter that no operand has
			if o.chunks == nil {
				return nil, wrong(ErrChunks, "no operand has the letter %q; say how long its block is with Chunks", string(labels[k]))
			}
			blocks[k] = []int{unknown}
		}
		if space[k] = len(blocks[k]); k < ndim {
			in[k] = blocks[k]
		}
	}
	chunks, err := mappedChunks(o.chunks, in)
	if err != nil {
		return nil, err
	}
	t := o.dt
	if t == dtype.Invalid {
		if len(kids) == 0 {
			return nil, wrong(ErrDType, "no operands to tell the dtype; say array.DType(…)")
		}
		t = guessType(manyBlocks{f}, kids)
	}
	return newMap("blockwise", manyBlocks{f}, kids, args, space, t, chunks), nil
}

// labelBlocks returns the letters, those of the result first, and the common blocks along each.
func labelBlocks(out string, operands []Labeled) ([]rune, [][]int, error) {
	labels := []rune(out)
	for k, r := range labels {
		if slices.Contains(labels[:k], r) {
			return nil, nil, wrong(ErrAxis, "the letter %q stands twice in %q", string(r), out)
		}
	}
	divisions := map[rune][][]int{}
	for i, l := range operands {
		axes := []rune(l.Axes)
		have := l.Array.chunksOf()
		if len(axes) != len(have) {
			return nil, nil, wrong(ErrAxis, "operand %d has %d dimensions and the letters %q", i, len(have), l.Axes)
		}
		for a, r := range axes {
			if strings.Count(l.Axes, string(r)) > 1 {
				return nil, nil, wrong(ErrAxis, "the letter %q stands twice in %q", string(r), l.Axes)
			}
			if !slices.Contains(labels, r) {
				labels = append(labels, r)
			}
			divisions[r] = append(divisions[r], have[a])
		}
	}
	blocks := make([][]int, len(labels))
	for k, r := range labels {
		all := divisions[r]
		wide := slices.DeleteFunc(slices.Clone(all), func(c []int) bool { return total(c) == 1 })
		if len(wide) == 0 {
			wide = all
		}
		if len(wide) == 0 {
			continue
		}
		c, err := refine(wide)
		if err != nil {
			if shapeErr(err) {
				err = wrong(ErrShape, "operands differ along %q: %v", string(r), err)
			}
			return nil, nil, err
		}
		blocks[k] = c
	}
	return labels, blocks, nil
}
