package num

import (
	"fmt"
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// check reports a distribution that cannot be drawn.
func (d Distribution) check() error {
	switch d.Kind {
	case DrawUniform, DrawNormal, DrawExponential:
		if d.Type.IsFloat() {
			return nil
		}
	case DrawIntegers:
		if d.Type.IsInteger() || d.Type == dtype.Bool {
			if d.Span>>(8*d.Type.Size()-1)>>1 != 0 {
				return fmt.Errorf("num: integers of %s cannot span %d", d.Type, d.Span)
			}
			return nil
		}
	default:
		if l := d.law(); l != nil {
			return l.check(d)
		}
		return fmt.Errorf("num: unknown distribution %d", d.Kind)
	}
	return fmt.Errorf("num: distribution %d has no draws of type %s", d.Kind, d.Type)
}

// draw fills the tile with random numbers, row after row.
func (r *runner) draw(in *Instr, d operand) {
	dist, g := &r.p.Draws[in.A.Index], r.args.Draws[in.A.Index]
	rows, cols := r.nr, r.nc
	if r.whole(d) {
		rows, cols = 1, rows*cols
	}
	for row := range rows {
		drawRow(dist, g, &r.carry[in.A.Index], unsafe.Add(d.p, row*d.rs*in.Out.Size()), cols)
	}
}

func drawRow(d *Distribution, g *rng.Generator, c *rng.Carry, p unsafe.Pointer, n int) {
	if l := d.law(); l != nil {
		l.fill(d, g, p, n)
		return
	}
	switch d.Type {
	case dtype.Float64:
		drawFloat64(d, g, unsafe.Slice((*float64)(p), n))
	case dtype.Float32:
		drawFloat32(d, g, unsafe.Slice((*float32)(p), n))
	case dtype.Bool:
		rng.FillBoolsPart(g, unsafe.Slice((*bool)(p), n), c)
	case dtype.Int8:
		drawIntegers[int8](d, g, c, p, n)
	case dtype.Int16:
		drawIntegers[int16](d, g, c, p, n)
	case dtype.Int32:
		drawIntegers[int32](d, g, c, p, n)
	case dtype.Int64:
		drawIntegers[int64](d, g, c, p, n)
	case dtype.Uint8:
		drawIntegers[uint8](d, g, c, p, n)
	case dtype.Uint16:
		drawIntegers[uint16](d, g, c, p, n)
	case dtype.Uint32:
		drawIntegers[uint32](d, g, c, p, n)
	case dtype.Uint64:
		drawIntegers[uint64](d, g, c, p, n)
	}
}

func drawIntegers[T rng.Integer](d *Distribution, g *rng.Generator, c *rng.Carry, p unsafe.Pointer, n int) {
	rng.FillIntegersPart(g, unsafe.Slice((*T)(p), n), rng.Bounds{Low: d.Low, Span: d.Span}, c)
}

func drawFloat64(d *Distribution, g *rng.Generator, v []float64) {
	switch a, b := d.Params[0], d.Params[1]; d.Kind {
	case DrawUniform:
		g.FillUniform(v, a, b)
	case DrawNormal:
		g.FillNormal(v)
		if a != 0 || b != 1 {
			p := unsafe.Pointer(unsafe.SliceData(v))
			binaryLoops[Mul][dtype.Float64].vs(p, p, unsafe.Pointer(&d.Params[1]), len(v))
			binaryLoops[Add][dtype.Float64].vs(p, p, unsafe.Pointer(&d.Params[0]), len(v))
		}
	case DrawExponential:
		g.FillExponential(v)
		if a != 1 {
			p := unsafe.Pointer(unsafe.SliceData(v))
			binaryLoops[Mul][dtype.Float64].vs(p, p, unsafe.Pointer(&d.Params[0]), len(v))
		}
	}
}

func drawFloat32(d *Distribution, g *rng.Generator, v []float32) {
	a, b := float32(d.Params[0]), float32(d.Params[1])
	switch d.Kind {
	case DrawUniform:
		g.FillFloat32(v)
		if a != 0 || b != 1 {
			for i, x := range v {
				y := float32((b - a) * x)
				v[i] = a + y
			}
		}
	case DrawNormal:
		g.FillNormal32(v)
		if a != 0 || b != 1 {
			for i, x := range v {
				y := float32(b * x)
				v[i] = a + y
			}
		}
	case DrawExponential:
		for i := range v {
			v[i] = a * g.StandardExponential32()
		}
	}
}
