package progress

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
)

// linesMax is how many runs have a line at a time.
const linesMax = 4

// draw replaces the lines on the terminal; the caller holds mu.
func (d *Display) draw(now time.Time) {
	if d.conf.Plain {
		return
	}
	var b strings.Builder
	d.back(&b)
	width := d.conf.Width()
	for k, r := range d.shown {
		if k == linesMax {
			fmt.Fprintf(&b, "\x1b[2K… and %d more runs\n", len(d.shown)-k)
			d.lines++
			break
		}
		b.WriteString("\x1b[2K" + line(r.look(now), width) + "\n")
		d.lines++
	}
	if b.Len() > 0 {
		b.WriteString("\x1b[J")
		_, _ = io.WriteString(d.conf.Out, b.String())
	}
}

// erase clears the lines; the caller holds mu.
func (d *Display) erase() {
	var b strings.Builder
	if d.back(&b); b.Len() > 0 {
		_, _ = io.WriteString(d.conf.Out, b.String()+"\x1b[J")
	}
}

// back moves the cursor to the first of the lines on the terminal.
func (d *Display) back(b *strings.Builder) {
	if d.lines > 0 {
		fmt.Fprintf(b, "\r\x1b[%dA", d.lines)
	}
	d.lines = 0
}

// line describes a run in at most width cells: bars of the layers at work, then the whole. On narrow terminals there are
// fewer and shorter bars.
func line(l look, width int) string {
	tail := tailOf(l)
	for layers := 3; layers > 0; layers-- {
		for _, bar := range []int{13, 9, 5} {
			parts := make([]string, 0, layers+1)
			for _, g := range l.busiest(layers) {
				parts = append(parts, cell(g, bar))
			}
			text := strings.Join(append(parts, strings.Join(tail, "  ")), "      ")
			if runewidth.StringWidth(text) < width {
				return text
			}
		}
	}
	for len(tail) > 1 && runewidth.StringWidth(strings.Join(tail, "  ")) >= width {
		tail = tail[:len(tail)-1]
	}
	return runewidth.Truncate(strings.Join(tail, "  "), max(0, width-1), "")
}

// tailOf describes the whole run, the most important first.
func tailOf(l look) []string {
	switch {
	case l.failed:
		return []string{fmt.Sprintf("failed after %s", short(l.elapsed))}
	case l.ended:
		return []string{"100%", short(l.elapsed)}
	}
	tail := []string{fmt.Sprintf("%d%%", int(100*l.share)), short(l.elapsed)}
	if l.eta >= 0 {
		tail = append(tail, "ETA "+short(l.eta))
	}
	switch {
	case l.limit > 0:
		tail = append(tail, "mem "+shareBytes(l.used, l.limit))
	case l.used > 0:
		tail = append(tail, "mem "+bytesText(float64(l.used)))
	}
	if l.spilled > 0 {
		tail = append(tail, "spill "+bytesText(float64(l.spilled)))
	}
	return tail
}

// rateLeast is the rate in bytes a second below which it says nothing.
const rateLeast = 1e6

func cell(g groupLook, bar int) string {
	full := 0
	if g.total > 0 {
		full = bar * g.done / g.total
	}
	text := fmt.Sprintf("%s  %s%s %d/%d", runewidth.Truncate(g.name, 24, "…"), strings.Repeat("▓", full), strings.Repeat("░", bar-full), g.done, g.total)
	if g.rate >= rateLeast {
		text += "  " + bytesText(g.rate) + "/s"
	}
	return text
}

// short writes a duration as "0.8s", "42s", "4m12s" or "3h05m".
func short(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 9.95:
		return fmt.Sprintf("%.1fs", max(0, s))
	case s < 59.5:
		return fmt.Sprintf("%.0fs", s)
	case s < 3600:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	if d > 1000*time.Hour {
		return "very long"
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

var byteUnits = []string{"B", "kB", "MB", "GB", "TB", "PB"}

// scaleOf returns the unit in which n is between 1 and 1000.
func scaleOf(n float64) (float64, string) {
	scale := 1.0
	k := 0
	for ; n/scale >= 999.5 && k < len(byteUnits)-1; k++ {
		scale *= 1000
	}
	return scale, byteUnits[k]
}

func bytesText(n float64) string {
	scale, unit := scaleOf(n)
	return figure(n/scale) + " " + unit
}

// shareBytes writes "1.2/2.0 GB".
func shareBytes(part, whole int64) string {
	scale, unit := scaleOf(float64(whole))
	return figure(float64(part)/scale) + "/" + figure(float64(whole)/scale) + " " + unit
}

// figure writes two significant digits or all of the whole ones.
func figure(x float64) string {
	if math.Abs(x) < 9.95 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// attributes are what a log record says.
func attributes(l look) []any {
	var layers []string
	for _, g := range l.busiest(3) {
		layers = append(layers, fmt.Sprintf("%s %d/%d", g.name, g.done, g.total))
	}
	a := []any{"percent", int(100 * l.share), "done", l.done, "tasks", l.total, "elapsed", short(l.elapsed)}
	if l.eta >= 0 {
		a = append(a, "eta", short(l.eta))
	}
	a = append(a, "layers", strings.Join(layers, ", "))
	if l.limit > 0 {
		a = append(a, "memory", shareBytes(l.used, l.limit))
	}
	if l.spilled > 0 {
		a = append(a, "spilled", bytesText(float64(l.spilled)))
	}
	return a
}
