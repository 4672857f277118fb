package graph

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"
)

// SVG draws g, inputs below their users: by Graphviz's dot program where that is installed, else by an own layout. What is
// drawn is as in [DOT].
func SVG(w io.Writer, g Graph) error { return SVGBy("auto", w, g) }

// SVGBy is [SVG] by a given engine: "dot", "builtin", or "auto" for the first of them that works.
func SVGBy(engine string, w io.Writer, g Graph) error {
	d, err := draw(g)
	if err != nil {
		return err
	}
	switch engine {
	case "builtin":
		return d.svg(w)
	case "dot", "auto":
	default:
		return fmt.Errorf("graph: svg: engine %q is not one of auto, dot, builtin", engine)
	}
	text, err := graphviz(g)
	switch {
	case err == nil:
		_, err = w.Write(text)
		return err
	case engine == "auto":
		return d.svg(w)
	}
	return fmt.Errorf("graph: svg: %w", err)
}

// dotPatience is how long the dot program may take; for large drawings it can take very long.
const dotPatience = 20 * time.Second

// graphviz asks the dot program.
func graphviz(g Graph) ([]byte, error) {
	path, err := exec.LookPath("dot")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dotPatience)
	defer cancel()
	var in, out, complaint bytes.Buffer
	if err := DOT(&in, g); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, "-Tsvg")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", path, err, strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), nil
}

// Sizes in pixels. A glyph is as wide as Helvetica's at font size 12 on average.
const (
	glyph   = 6.5
	rowStep = 62.0 // at least; wide drawings have room for flat arrows
	flat    = 22.0 // how many times wider than a step a drawing may be
	border  = 16.0
)

const svgStyle = `text{font:12px Helvetica,Arial,sans-serif;text-anchor:middle;fill:#222}
.d{font-size:10px;fill:#444}.l{font-size:9px;fill:#666;text-anchor:start}
.n{stroke:#555;stroke-width:.8}.o{stroke-width:2.2}.e{fill:none;stroke:#888;stroke-width:1}.bg{fill:#fff}
@media(prefers-color-scheme:dark){.bg{fill:#1e1f22}.e{stroke:#8a8f98}.l{fill:#a0a4ab}.n{stroke:#c8ccd2}}`

// svg draws with the own layout.
func (d *drawing) svg(w io.Writer) error {
	widths := make([]float64, len(d.nodes))
	for k, n := range d.nodes {
		widths[k] = max(44, glyph*float64(max(utf8.RuneCountInString(n.label), utf8.RuneCountInString(n.detail)))+22)
	}
	l := newLayout(widths, d.edges)
	step := min(max(rowStep, l.width/flat), 3*rowStep)
	width, height := l.width+2*border, step*float64(len(l.ranks)-1)+2*border+40
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(b, "<style>%s</style>\n", svgStyle)
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
		`<path d="M0,1 L8,4 L0,7 z" fill="#888"/></marker></defs>` + "\n")
	fmt.Fprintf(b, `<rect class="bg" width="%.0f" height="%.0f"/>`+"\n", width, height)
	y := func(rank int) float64 { return height - border - 20 - step*float64(rank) }
	for k, path := range l.paths {
		d.svgArrow(b, l, k, path, y)
	}
	fills := d.colours()
	for k, n := range d.nodes {
		svgNode(b, n, fills[k], border+l.points[k].x, y(l.points[k].rank), widths[k])
	}
	b.WriteString("</svg>\n")
	return b.Flush()
}

// svgArrow draws a smooth line through the points of a path; it leaves and arrives upright.
func (d *drawing) svgArrow(b *bufio.Writer, l *layout, k int, path []int, y func(int) float64) {
	var line strings.Builder
	px, py := 0.0, 0.0
	for i, at := range path {
		p := l.points[at]
		x, ay := border+p.x, y(p.rank)
		if i == 0 {
			ay -= 17
			fmt.Fprintf(&line, "M%.1f,%.1f", x, ay)
		} else {
			if i == len(path)-1 {
				ay += 18
			}
			mid := (py + ay) / 2
			fmt.Fprintf(&line, " C%.1f,%.1f %.1f,%.1f %.1f,%.1f", px, mid, x, mid, x, ay)
		}
		px, py = x, ay
	}
	fmt.Fprintf(b, `<path class="e" marker-end="url(#a)" d="%s"/>`+"\n", line.String())
	if label := d.edges[k].label; label != "" {
		from, to := l.points[path[0]], l.points[path[1]]
		fmt.Fprintf(b, `<text class="l" x="%.1f" y="%.1f">%s</text>`+"\n", border+(from.x+to.x)/2+4, (y(from.rank)+y(to.rank))/2+3, escape(label))
	}
}

func svgNode(b *bufio.Writer, n node, fill string, x, y, width float64) {
	class := "n"
	if n.output {
		class = "n o"
	}
	fmt.Fprintf(b, `<g><title>%s</title>`, escape(n.tip))
	radius := 17.0
	if n.data {
		radius = 3
	}
	fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="34" rx="%g" fill="%s"/>`, class, x-width/2, y-17, width, radius, fill)
	if n.detail == "" {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`, x, y+4, escape(n.label))
	} else {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text><text class="d" x="%.1f" y="%.1f">%s</text>`, x, y-2, escape(n.label), x, y+11, escape(n.detail))
	}
	b.WriteString("</g>\n")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
