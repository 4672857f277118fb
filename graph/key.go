package graph

import (
	"fmt"
	"strconv"
	"strings"
)

// A Key names the value of one task: equal keys mean equal values, everywhere.
type Key struct {
	Name  string // for people
	Token Token
	Index int
	space string
	text  string // instead of everything else
}

// KeyText returns a key of which only the text is known, as [Key.String] gave it.
func KeyText(s string) Key { return Key{Name: s, text: s} }

// String returns "name-token" with the task's coordinates, such as "sum-1f2e3d4c(0, 3)".
func (k Key) String() string {
	if k.text != "" {
		return k.text
	}
	s := k.Name + "-" + k.Token.Short()
	if k.space == "" {
		return s
	}
	var space []int
	for f := range strings.SplitSeq(k.space, ",") {
		n, _ := strconv.Atoi(f)
		space = append(space, n)
	}
	parts := make([]string, len(space))
	for a, c := range Unravel(nil, k.Index, space) {
		parts[a] = strconv.Itoa(c)
	}
	return fmt.Sprintf("%s(%s)", s, strings.Join(parts, ", "))
}

// Same reports whether k and o name the same value, whatever they are called.
func (k Key) Same(o Key) bool { return k.Token == o.Token && k.Index == o.Index }

func spaceOf(space []int) string {
	if len(space) == 0 {
		return ""
	}
	var b strings.Builder
	for i, d := range space {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(d))
	}
	return b.String()
}
