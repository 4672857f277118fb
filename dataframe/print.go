//go:build cgo

package dataframe

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
)

const (
	printRows  = 20  // of longer tables the first and last 5 are shown
	printEdge  = 5   //
	printWidth = 100 // where there is no terminal
	cellWidth  = 40  // of a column that is not alone
)

// String prints the table fitted to the terminal, or to 100 characters elsewhere: names, types, and of long tables the first and
// last rows. Columns in the middle that do not fit are left out and counted.
func (t *Table) String() string { return t.Format(terminalWidth(), printRows) }

func terminalWidth() int {
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 20 {
		return w
	}
	return printWidth
}

// Format prints the table in so many characters and rows; of longer ones the first and last five rows.
func (t *Table) Format(width, rows int) string {
	p := printer{table: t}
	n := t.Len()
	for i := range n {
		if n > rows && i >= printEdge && i < n-printEdge {
			continue
		}
		p.rows = append(p.rows, i)
	}
	p.gap = n > rows
	for i := range int(t.NumCols()) {
		p.columns = append(p.columns, p.column(i))
	}
	p.fit(width)
	return p.text()
}

type printColumn struct {
	name, typ string
	cells     []string
	right     bool
	width     int
}

type printer struct {
	table   *Table
	rows    []int
	gap     bool
	columns []printColumn
	left    []printColumn // that fit, from the left
	last    []printColumn // and from the right
}

func (p *printer) column(i int) printColumn {
	f := p.table.Schema().Field(i)
	k := plan.TypeOf(f.Type)
	c := printColumn{name: clean(f.Name), typ: plan.Name(f.Type), right: k.IsNumeric() || k == dtype.Decimal || k == dtype.Timedelta}
	decimals := p.decimals(i)
	for _, row := range p.rows {
		arr, k := p.table.cell(i, row)
		c.cells = append(c.cells, cellText(arr, k, decimals))
	}
	c.width = max(runewidth.StringWidth(c.name), runewidth.StringWidth(c.typ))
	for _, s := range c.cells {
		c.width = max(c.width, runewidth.StringWidth(s))
	}
	if p.table.NumCols() > 1 {
		c.width = min(c.width, max(cellWidth, runewidth.StringWidth(c.name)))
	}
	return c
}

// decimals returns how many decimals the floats of a column need, 6 at most; -1 asks for scientific notation.
func (p *printer) decimals(column int) int {
	if !plan.TypeOf(p.table.Schema().Field(column).Type).IsFloat() {
		return 0
	}
	need, biggest, least := 1, 0.0, 1e300
	for _, row := range p.rows {
		arr, k := p.table.cell(column, row)
		v, ok := floatAt(arr, k)
		if !ok {
			continue
		}
		a := max(v, -v)
		if a > biggest {
			biggest = a
		}
		if a > 0 && a < least {
			least = a
		}
		s := strconv.FormatFloat(v, 'f', 6, 64)
		s = strings.TrimRight(s, "0")
		if _, frac, ok := strings.Cut(s, "."); ok {
			need = max(need, len(frac))
		}
	}
	if biggest >= 1e15 || biggest > 0 && biggest < 1e-4 || need == 6 && least < 1e-5 {
		return -1
	}
	return need
}

func floatAt(arr arrow.Array, i int) (float64, bool) {
	switch v := valueAt(arr, i).(type) {
	case float32:
		return float64(v), v-v == 0
	case float64:
		return v, v-v == 0
	}
	return 0, false
}

// cellText writes one cell.
func cellText(arr arrow.Array, i, decimals int) string {
	if isNull(arr, i) {
		return "null"
	}
	if plan.TypeOf(arr.DataType()) == dtype.Decimal {
		return arr.ValueStr(i)
	}
	switch v := valueAt(arr, i).(type) {
	case float32:
		return floatText(float64(v), decimals, 32)
	case float64:
		return floatText(v, decimals, 64)
	case string:
		return clean(v)
	case []byte:
		return fmt.Sprintf("%x", v)
	case time.Time:
		return timeText(v, arr.DataType())
	case []any:
		parts := make([]string, len(v))
		for k, x := range v {
			parts[k] = clean(fmt.Sprint(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

func floatText(v float64, decimals, bits int) string {
	switch {
	case v != v:
		return "NaN"
	case v-v != 0:
		return strconv.FormatFloat(v, 'g', -1, bits)
	case decimals < 0:
		return strconv.FormatFloat(v, 'e', 6, bits)
	}
	return strconv.FormatFloat(v, 'f', decimals, bits)
}

func timeText(v time.Time, t arrow.DataType) string {
	switch ts := t.(type) {
	case *arrow.TimestampType:
		s := v.Format("2006-01-02 15:04:05")
		if ns := v.Nanosecond(); ns != 0 {
			s = v.Format("2006-01-02 15:04:05.999999999")
		}
		if ts.TimeZone != "" {
			s += v.Format("-07:00")
		}
		return s
	}
	return v.Format("2006-01-02")
}

// clean makes text safe for one line of a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '⏎'
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return '�'
		}
		return r
	}, s)
}

// fit chooses the columns that fit: first and last ones in turn.
func (p *printer) fit(width int) {
	total := 0
	for _, c := range p.columns {
		total += c.width + 2
	}
	if total-2 <= width || len(p.columns) < 3 {
		p.left = p.columns
		return
	}
	room := width - len("  …")
	lo, hi := 0, len(p.columns)
	for fromLeft := true; lo < hi; fromLeft = !fromLeft {
		c := p.columns[lo]
		if !fromLeft {
			c = p.columns[hi-1]
		}
		if room -= c.width + 2; room < 0 && lo > 0 {
			break
		}
		if fromLeft {
			p.left = append(p.left, c)
			lo++
		} else {
			p.last = append([]printColumn{c}, p.last...)
			hi--
		}
	}
}

func (p *printer) text() string {
	var b strings.Builder
	t := p.table
	hidden := len(p.columns) - len(p.left) - len(p.last)
	line := func(cell func(c printColumn) string, dots string) {
		var parts []string
		for _, c := range p.left {
			parts = append(parts, c.pad(cell(c)))
		}
		if hidden > 0 {
			parts = append(parts, dots)
		}
		for _, c := range p.last {
			parts = append(parts, c.pad(cell(c)))
		}
		b.WriteString(strings.TrimRight(strings.Join(parts, "  "), " ") + "\n")
	}
	line(func(c printColumn) string { return c.name }, "…")
	line(func(c printColumn) string { return c.typ }, " ")
	for k := range p.rows {
		if p.gap && k == printEdge {
			line(func(c printColumn) string { return "…" }, "…")
		}
		line(func(c printColumn) string { return c.cells[k] }, "…")
	}
	fmt.Fprintf(&b, "[%s x %s]", counted(t.Len(), "row"), counted(int(t.NumCols()), "column"))
	if hidden > 0 {
		fmt.Fprintf(&b, ", %s not shown", counted(hidden, "column"))
	}
	return b.String()
}

func counted(n int, what string) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n != 1 {
		what += "s"
	}
	return s + " " + what
}

// pad brings a cell to the column's width, cutting what is too long.
func (c printColumn) pad(s string) string {
	if runewidth.StringWidth(s) > c.width {
		s = runewidth.Truncate(s, c.width, "…")
	}
	space := strings.Repeat(" ", c.width-runewidth.StringWidth(s))
	if c.right {
		return space + s
	}
	return s + space
}

// Print writes the table to w as String does.
func (t *Table) Print(w io.Writer) error {
	_, err := fmt.Fprintln(w, t.String())
	return err
}
