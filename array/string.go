package array

import (
	"fmt"
	"slices"
	"strings"
)

// String describes x without computing it: shape, dtype, chunks, bytes, and a picture of the blocks.
func (x *Array) String() string {
	if x.err != nil {
		return "array with an error: " + x.err.Error()
	}
	m := x.node.about()
	shape := shapeOf(m.chunks)
	var b strings.Builder
	fmt.Fprintf(&b, "array %s %v", shapeText(shape), m.dt)
	if n := x.Nbytes(); n != unknown {
		fmt.Fprintf(&b, ", %s", bytesText(n))
	}
	fmt.Fprintf(&b, "\nchunks %s", chunksText(m.chunks))
	if n := product(spaceOf(m.chunks)); n == 1 {
		b.WriteString(", 1 block")
	} else {
		fmt.Fprintf(&b, ", %d blocks", n)
	}
	if n := largest(m.chunks); n != unknown {
		fmt.Fprintf(&b, " of up to %s", bytesText(n*m.dt.Size()))
	}
	b.WriteByte('\n')
	b.WriteString(picture(m.chunks))
	return strings.TrimRight(b.String(), "\n")
}

// chunksText prints the chunks as short as they allow: "1000 × 1000", "(3, 3, 1) × 5".
func chunksText(chunks [][]int) string {
	if len(chunks) == 0 {
		return "()"
	}
	parts := make([]string, len(chunks))
	for a, c := range chunks {
		if !slices.Contains(c, unknown) && slices.Equal(c, uniform(total(c), c[0])) {
			parts[a] = length(c[0])
		} else {
			parts[a] = lengths(c)
		}
	}
	return strings.Join(parts, " × ")
}

// largest returns the elements of the largest block.
func largest(chunks [][]int) int {
	n := 1
	for _, c := range chunks {
		if slices.Contains(c, unknown) {
			return unknown
		}
		n *= slices.Max(c)
	}
	return n
}

// bytesText prints a size with a binary unit.
func bytesText(n int) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	x, k := float64(n), 0
	for x >= 1024 && k < len(units)-1 {
		x /= 1024
		k++
	}
	if k == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.2f %s", x, units[k])
}

// The picture of blocks has at most this many characters along and lines across.
const (
	pictureWidth  = 40
	pictureHeight = 10
)

// picture draws the blocks of the last two axes to scale, the leading axes being said in a line above.
func picture(chunks [][]int) string {
	for _, c := range chunks {
		if n := total(c); n == unknown || n == 0 {
			return ""
		}
	}
	if len(chunks) == 0 {
		return ""
	}
	var b strings.Builder
	rows, cols := []int{1}, chunks[len(chunks)-1]
	if len(chunks) > 1 {
		rows = chunks[len(chunks)-2]
	}
	if lead := len(chunks) - 2; lead > 0 {
		fmt.Fprintf(&b, "%s of\n", strings.Join(counts(chunks[:lead]), " × "))
	}
	width, height := fit(total(rows), total(cols), len(chunks) == 1)
	xs, ys := marks(cols, width), marks(rows, height)
	for line := range ys {
		if line == 0 {
			continue
		}
		if line == 1 {
			b.WriteString(edge("┌", "┬", "┐", xs, width))
		}
		for range ys[line] - ys[line-1] - 1 {
			b.WriteString(edge("│", "│", "│", xs, width))
		}
		if line == len(ys)-1 {
			b.WriteString(edge("└", "┴", "┘", xs, width))
		} else {
			b.WriteString(edge("├", "┼", "┤", xs, width))
		}
	}
	return b.String()
}

func counts(chunks [][]int) []string {
	out := make([]string, len(chunks))
	for a, c := range chunks {
		out[a] = fmt.Sprint(len(c))
	}
	return out
}

// fit returns the size of the picture in characters, which are about twice as high as wide.
func fit(rows, cols int, flat bool) (width, height int) {
	if flat {
		return pictureWidth, 2
	}
	r := float64(cols) / float64(rows) * 2
	width, height = pictureWidth, int(float64(pictureWidth)/r+0.5)
	if height > pictureHeight {
		height = pictureHeight
		width = int(float64(height)*r + 0.5)
	}
	return min(max(width, 4), pictureWidth), max(height, 2)
}

// marks returns where the borders of blocks are drawn on a line of n characters; blocks that are too small share theirs.
func marks(blocks []int, n int) []int {
	all := total(blocks)
	out := []int{0}
	at := 0
	for _, l := range blocks {
		at += l
		p := int(float64(at)/float64(all)*float64(n) + 0.5)
		if p >= out[len(out)-1]+2 || at == all && p > out[len(out)-1] {
			out = append(out, p)
		}
	}
	if k := len(out); out[k-1] != n {
		if k > 1 && n-out[k-1] < 2 {
			out[k-1] = n
		} else {
			out = append(out, n)
		}
	}
	return out
}

// edge draws one line of the picture.
func edge(left, middle, right string, xs []int, width int) string {
	fill := "─"
	if middle == "│" {
		fill = " "
	}
	var b strings.Builder
	for x := 0; x <= width; x++ {
		switch {
		case x == 0:
			b.WriteString(left)
		case x == width:
			b.WriteString(right)
		case slices.Contains(xs, x):
			b.WriteString(middle)
		default:
			b.WriteString(fill)
		}
	}
	b.WriteByte('\n')
	return b.String()
}
