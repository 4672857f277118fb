package ndarray

import (
	"slices"
	"strings"

	"sheaf/dtype"
)

// PrintOptions say how arrays are printed; the zero value of a field is NumPy's default.
type PrintOptions struct {
	Precision int  // digits after the point at most, 8; use -1 for none
	Threshold int  // arrays with more elements are abbreviated, 1000
	EdgeItems int  // elements shown at each end of an abbreviated axis, 3
	LineWidth int  // characters of a line, 75
	Suppress  bool // no scientific notation for small numbers
}

func (o PrintOptions) withDefaults() PrintOptions {
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	set(&o.Precision, 8)
	set(&o.Threshold, 1000)
	set(&o.EdgeItems, 3)
	set(&o.LineWidth, 75)
	o.Precision = max(o.Precision, 0)
	return o
}

// String prints the elements as NumPy's str: nested brackets, columns of equal width, long arrays abbreviated.
func (a *Array) String() string { return a.Text(PrintOptions{}) }

// Text prints the elements as String does, with options.
func (a *Array) Text(opts PrintOptions) string {
	if len(a.shape) == 0 {
		return scalarText(a)
	}
	return a.text(opts.withDefaults(), " ", "", "")
}

// Repr prints the array as NumPy's repr: "array([1., 2.], dtype=float32)"; the type is left out when it is implied.
func (a *Array) Repr() string {
	const prefix, suffix = "array(", ")"
	o := PrintOptions{}.withDefaults()
	text := "[]"
	if a.Size() > 0 || len(a.shape) == 1 {
		text = a.text(o, ", ", prefix, suffix)
	}
	var extras []string
	if n := a.Size(); n == 0 && len(a.shape) != 1 || n > o.Threshold {
		extras = append(extras, "shape="+ShapeString(a.shape))
	}
	switch implied := a.dt == dtype.Bool || a.dt == dtype.Int64 || a.dt == dtype.Float64 || a.dt == dtype.Complex128; {
	case a.dt.IsTemporal():
		extras = append(extras, "dtype='"+a.dt.String()+"'")
	case !implied || a.Size() == 0:
		extras = append(extras, "dtype="+a.dt.String())
	}
	if len(extras) == 0 {
		return prefix + text + suffix
	}
	extra, body := strings.Join(extras, ", ")+suffix, prefix+text+","
	last := len(body) - (strings.LastIndexByte(body, '\n') + 1)
	if last+len(extra)+1 > o.LineWidth {
		return body + "\n" + strings.Repeat(" ", len(prefix)) + extra
	}
	return body + " " + extra
}

// text prints the brackets and elements; prefix and suffix are what surrounds them on their lines.
func (a *Array) text(o PrintOptions, separator, prefix, suffix string) string {
	if a.Size() == 0 {
		return "[]"
	}
	p := printer{o: o, separator: separator, summary: a.Size() > o.Threshold}
	shown := a
	if p.summary {
		shown = edges(a, o.EdgeItems)
	}
	p.format = elementFormat(shown, o)
	return p.print(a, strings.Repeat(" ", len(prefix)+1), o.LineWidth-len(suffix))
}

// edges returns the corners of an array, the elements that an abbreviated print shows.
func edges(a *Array, edge int) *Array {
	for axis, n := range a.shape {
		if n <= 2*edge {
			continue
		}
		keep := make([]int, 0, 2*edge)
		for i := range edge {
			keep = append(keep, i)
		}
		for i := n - edge; i < n; i++ {
			keep = append(keep, i)
		}
		if t, err := a.Take(keep, axis); err == nil { // in range by construction
			a = t
		}
	}
	return a
}

// printer lays elements out in lines.
type printer struct {
	o         PrintOptions
	separator string
	summary   bool
	format    func(a *Array, at int) string
}

// print returns a part of the array in brackets. indent is that of its lines but the first.
func (p *printer) print(a *Array, indent string, width int) string {
	if len(a.shape) == 0 {
		return p.format(a, a.offset)
	}
	n := a.shape[0]
	edge := n
	if p.summary && 2*p.o.EdgeItems < n {
		edge = p.o.EdgeItems
	}
	var b strings.Builder
	if len(a.shape) == 1 {
		p.printRow(&b, a, edge, indent, width)
	} else {
		sep := strings.TrimRight(p.separator, " ") + strings.Repeat("\n", len(a.shape)-1)
		for i := range n {
			if edge < n && i == edge {
				b.WriteString(indent + "..." + sep)
			}
			if edge < n && i >= edge && i < n-edge {
				continue
			}
			b.WriteString(indent + p.print(a.row(i), indent+" ", width-1))
			if i < n-1 {
				b.WriteString(sep)
			}
		}
	}
	return "[" + strings.TrimPrefix(b.String(), indent) + "]"
}

// row returns position i of the first axis as a view.
func (a *Array) row(i int) *Array {
	return a.like(a.shape[1:], a.strides[1:], a.offset+i*a.strides[0])
}

// printRow writes the elements of a 1-d array, wrapped to the width.
func (p *printer) printRow(b *strings.Builder, a *Array, edge int, indent string, width int) {
	width -= max(len(strings.TrimRight(p.separator, " ")), 1)
	line := indent
	extend := func(word string) {
		if len(line)+len(word) > width && len(line) > len(indent) {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word
	}
	n := a.shape[0]
	for i := range n {
		if edge < n && i == edge {
			extend("...")
			line += p.separator
		}
		if edge < n && i >= edge && i < n-edge {
			continue
		}
		extend(p.format(a, a.offset+i*a.strides[0]))
		if i < n-1 {
			line += p.separator
		}
	}
	b.WriteString(line)
}

// padded returns a format that aligns the texts of all elements to the right.
func padded(shown *Array, text func(a *Array, at int) string) func(a *Array, at int) string {
	width := 0
	for at := range shown.positions() {
		width = max(width, len(text(shown, at)))
	}
	return func(a *Array, at int) string { return padLeft(text(a, at), width) }
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-len(s))) + s
}

// elementFormat returns the function that prints an element of the array, or of one that the shown elements are
// part of, at a position of its buffer.
func elementFormat(shown *Array, o PrintOptions) func(a *Array, at int) string {
	switch shown.dt {
	case dtype.Bool:
		if len(shown.shape) == 0 {
			return boolText
		}
		return func(a *Array, at int) string { return padLeft(boolText(a, at), len("False")) }
	case dtype.Float32, dtype.Float64:
		f := newFloatFormat(floats(shown, false), shown.dt.Size()*8, o, false)
		return func(a *Array, at int) string { return f.text(floatAt(a, at)) }
	case dtype.Complex64, dtype.Complex128:
		bits := shown.dt.Size() * 4
		re, im := newFloatFormat(floats(shown, false), bits, o, false), newFloatFormat(floats(shown, true), bits, o, true)
		return func(a *Array, at int) string {
			c := complexAt(a, at)
			i := im.text(imag(c))
			digits := len(strings.TrimRight(i, " "))
			return re.text(real(c)) + i[:digits] + "j" + i[digits:]
		}
	case dtype.Datetime:
		return padded(shown, func(a *Array, at int) string { return "'" + datetimeText(buffer[int64](a)[at]) + "'" })
	}
	return padded(shown, func(a *Array, at int) string {
		if s := integerText(a, at); s != "NaT" {
			return s
		}
		return "'NaT'"
	})
}

// floats returns the elements of a float array, or the real or imaginary parts of a complex one.
func floats(a *Array, imaginary bool) []float64 {
	out := make([]float64, 0, a.Size())
	for at := range a.positions() {
		switch {
		case !a.dt.IsComplex():
			out = append(out, floatAt(a, at))
		case imaginary:
			out = append(out, imag(complexAt(a, at)))
		default:
			out = append(out, real(complexAt(a, at)))
		}
	}
	return slices.Clip(out)
}
