package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

var (
	// ErrColumn is matched by errors about columns that do not exist, or exist already.
	ErrColumn = errors.New("no such column")
	// ErrType is matched by errors about operations that the types of their operands do not have.
	ErrType = errors.New("wrong type")
	// ErrArgument is matched by errors about other unusable arguments.
	ErrArgument = errors.New("bad argument")
)

// A Mistake is an error with a hint for the person who made it.
type Mistake struct {
	Kind    error // a sentinel
	Message string
	Hint    string // what to look at or do, may be empty
}

func (m *Mistake) Error() string {
	if m.Hint == "" {
		return m.Message
	}
	return m.Message + " (" + m.Hint + ")"
}

func (m *Mistake) Unwrap() error { return m.Kind }

// NotFound returns the error about an unknown column, with the columns that there are and the nearest of them.
func NotFound(name string, s *arrow.Schema) error {
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	hint := "columns: " + shorten(names, nearest(name, names))
	if near := nearest(name, names); near != "" {
		hint += fmt.Sprintf("; did you mean %q?", near)
	}
	return &Mistake{ErrColumn, fmt.Sprintf("column %q not found", name), hint}
}

func typeError(format string, args ...any) error {
	return &Mistake{Kind: ErrType, Message: fmt.Sprintf(format, args...)}
}

// Argument returns an error about an unusable argument.
func Argument(format string, args ...any) error {
	return &Mistake{Kind: ErrArgument, Message: fmt.Sprintf(format, args...)}
}

const listMax = 12

// shorten lists names, and of many only the first ones and the one that matters.
func shorten(names []string, keep string) string {
	if len(names) == 0 {
		return "none"
	}
	if len(names) <= listMax {
		return strings.Join(names, ", ")
	}
	head := names[:listMax-2]
	if keep != "" && !slices.Contains(head, keep) {
		head = append(slices.Clone(head), keep)
	}
	return fmt.Sprintf("%s, … %d in all", strings.Join(head, ", "), len(names))
}

// nearest returns the name that was probably meant, or nothing.
func nearest(name string, names []string) string {
	best, least := "", len([]rune(name))/3+1
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n
		}
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d <= least && (best == "" || d < least) {
			best, least = n, d
		}
	}
	return best
}

// distance is the number of edits between two names (Levenshtein), neighbours swapped counting as one.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	before, prev, cur := rows[0], rows[1], rows[2]
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(y)]
}
