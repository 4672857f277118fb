package array

import (
	"math"
	"strings"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/ufunc"
)

// apply is every elementwise operation: it converts the arguments, finds the dtype of the loop, and brings the operands to
// common blocks.
func apply(op num.Op, args ...any) *Array {
	x, err := tryApply(op, args...)
	if err != nil {
		if passed(err, args) {
			return &Array{err: err}
		}
		return at(op.String(), err)
	}
	return wrap(x)
}

// passed reports whether err is what one of the operands carries, so that it keeps the place where it was made.
func passed(err error, args []any) bool {
	for _, a := range args {
		if x, ok := a.(*Array); ok && x != nil && x.err == err { //nolint:errorlint // the very same one
			return true
		}
	}
	return false
}

func tryApply(op num.Op, args ...any) (node, error) {
	os, err := operands(args...)
	if err != nil {
		return nil, err
	}
	if op == num.Pow && len(os) == 2 && os[0].node != nil && !os[0].node.about().dt.IsInexact() {
		if n, ok := os[1].weak.(int); ok && n < 0 {
			return nil, wrong(ErrValue, "integers to negative integer powers are no integers; convert to float64 first")
		}
	}
	kids, err := settle(op, os)
	if err != nil {
		return nil, err
	}
	return elementwise(op, kids...)
}

// elementwise makes the node of an operation; operands are converted inside of the tasks as NumPy would.
func elementwise(op num.Op, kids ...node) (node, error) {
	all, types := make([][][]int, len(kids)), make([]dtype.Type, len(kids))
	for i, k := range kids {
		all[i], types[i] = k.about().chunks, k.about().dt
	}
	sig, err := ufunc.Resolve(op, types...)
	if err != nil {
		return nil, wrong(ErrDType, "%s", strings.TrimPrefix(err.Error(), op.String()+": "))
	}
	chunks, err := broadcastChunks(op.String(), all...)
	if err != nil {
		return nil, err
	}
	for i, k := range kids {
		if kids[i], err = divided(k, chunks); err != nil {
			return nil, err
		}
	}
	return newUfunc(op, sig.Out, chunks, kids...), nil
}

// divided returns n with the blocks of a result that it broadcasts to.
func divided(n node, chunks [][]int) (node, error) {
	have := n.about().chunks
	want := make([][]int, len(have))
	lead := len(chunks) - len(have)
	for a, c := range have {
		want[a] = chunks[lead+a]
		if total(c) == 1 && total(want[a]) != 1 {
			want[a] = []int{1}
		}
	}
	return rechunked(n, want)
}

func floatBits(t interface{ Size() int }, bits uint64) float64 {
	if t.Size() == 4 {
		return float64(math.Float32frombits(uint32(bits)))
	}
	return math.Float64frombits(bits)
}
