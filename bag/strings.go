package bag

import (
	"path"
	"strings"
)

// Strings are the methods of Python's str, for all elements of a bag: bag.Str(b).Upper().
//
// Same as dask.bag.Bag.str.
type Strings struct{ b *Bag[string] }

// Str returns the string methods of a bag.
func Str(b *Bag[string]) Strings { return Strings{b} }

// Lower maps to lower case.
func (s Strings) Lower() *Bag[string] { return s.b.Map(strings.ToLower) }

// Upper maps to upper case.
func (s Strings) Upper() *Bag[string] { return s.b.Map(strings.ToUpper) }

// Strip removes white space at both ends, or of the given characters.
func (s Strings) Strip(chars ...string) *Bag[string] {
	return stringOp(s, "strip", strings.TrimSpace, strings.Trim, chars)
}

// Lstrip removes white space in front, or of the given characters.
func (s Strings) Lstrip(chars ...string) *Bag[string] {
	return stringOp(s, "lstrip", trimLeft, strings.TrimLeft, chars)
}

// Rstrip removes white space at the end, or of the given characters.
func (s Strings) Rstrip(chars ...string) *Bag[string] {
	return stringOp(s, "rstrip", trimRight, strings.TrimRight, chars)
}

const spaces = " \t\n\v\f\r\u0085\u00a0"

func trimLeft(s string) string  { return strings.TrimLeft(s, spaces) }
func trimRight(s string) string { return strings.TrimRight(s, spaces) }

// stringOp applies plain, or with its argument when there is one.
func stringOp(s Strings, name string, plain func(string) string, with func(string, string) string, arg []string) *Bag[string] {
	if len(arg) == 0 {
		return s.b.Map(plain)
	}
	return then(s.b, name, stage[string](argStage[string]{s.b.in(), with, strings.Join(arg, "")}))
}

// argStage applies a function with an argument that is data, so that equal steps have equal keys.
type argStage[U any] struct {
	In  stage[string]
	F   func(s, arg string) U
	Arg string
}

func (s argStage[U]) each(p *part, yield func(U) bool) error {
	return s.In.each(p, func(v string) bool { return yield(s.F(v, s.Arg)) })
}

func (s argStage[U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// Split cuts each string at white space, or at the given separator.
func (s Strings) Split(sep ...string) *Bag[[]string] {
	if len(sep) == 0 {
		return s.b.Map(strings.Fields)
	}
	return then(s.b, "split", stage[[]string](argStage[[]string]{s.b.in(), strings.Split, strings.Join(sep, "")}))
}

// Replace replaces every old by new.
func (s Strings) Replace(old, new string) *Bag[string] {
	return then(s.b, "replace", stage[string](replaceStage{s.b.in(), old, new}))
}

type replaceStage struct {
	In       stage[string]
	Old, New string
}

func (s replaceStage) each(p *part, yield func(string) bool) error {
	return s.In.each(p, func(v string) bool { return yield(strings.ReplaceAll(v, s.Old, s.New)) })
}

func (s replaceStage) functions(visit func(any)) { s.In.functions(visit) }

// StartsWith tells for each string whether it begins with prefix.
func (s Strings) StartsWith(prefix string) *Bag[bool] {
	return then(s.b, "startswith", stage[bool](argStage[bool]{s.b.in(), strings.HasPrefix, prefix}))
}

// EndsWith tells for each string whether it ends with suffix.
func (s Strings) EndsWith(suffix string) *Bag[bool] {
	return then(s.b, "endswith", stage[bool](argStage[bool]{s.b.in(), strings.HasSuffix, suffix}))
}

// Len gives each string's length in bytes.
func (s Strings) Len() *Bag[int] { return s.b.Map(length) }

func length(s string) int { return len(s) }

// Match keeps the strings that match a pattern of *, ? and [a-z], in which * matches any text but a slash, as path.Match has it.
//
// Same as dask.bag.Bag.str.match, where * matches slashes too.
func (s Strings) Match(pattern string) *Bag[string] {
	if _, err := path.Match(pattern, ""); err != nil {
		return failed[string](mistake("Match", "%q is no pattern of *, ? and [a-z]", pattern))
	}
	return then(s.b, "match", stage[string](matchStage{s.b.in(), pattern}))
}

type matchStage struct {
	In      stage[string]
	Pattern string
}

func (s matchStage) each(p *part, yield func(string) bool) error {
	return s.In.each(p, func(v string) bool {
		ok, _ := path.Match(s.Pattern, v)
		return !ok || yield(v)
	})
}

func (s matchStage) functions(visit func(any)) { s.In.functions(visit) }
