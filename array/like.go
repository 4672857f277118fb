package array

import "sheaf/dtype"

// ZerosLike makes zeros of x's shape, chunks and dtype; [DType] and [Chunks] give others.
func ZerosLike(x *Array, opts ...Option) *Array { return like("zeros_like", x, 0, opts) }

// OnesLike makes ones of x's shape, chunks and dtype.
func OnesLike(x *Array, opts ...Option) *Array { return like("ones_like", x, 1, opts) }

// EmptyLike makes an array of x's shape, chunks and dtype whose values mean nothing.
func EmptyLike(x *Array, opts ...Option) *Array { return like("empty_like", x, 0, opts) }

// FullLike repeats a value in x's shape, chunks and dtype, to which the value is converted.
func FullLike(x *Array, value any, opts ...Option) *Array { return like("full_like", x, value, opts) }

func like(op string, x *Array, value any, opts []Option) *Array {
	if x.err != nil {
		return x
	}
	o, err := parseOptions(op, takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	t := o.dt
	if t == dtype.Invalid {
		t = x.DType()
	}
	if x.Size() == unknown { // only the data know how much
		same := x.Eq(x)
		return Where(same.LogicalOr(true), fill(op, value, t, []int{}, nil), fill(op, value, t, []int{}, nil))
	}
	spec := o.chunks
	if spec == nil {
		for _, c := range x.chunksOf() {
			spec = append(spec, c)
		}
	}
	shape := x.Shape()
	if len(shape) == 0 {
		spec = nil
	}
	return fill(op, value, t, shape, spec)
}
