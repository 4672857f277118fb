//go:build cgo

package dataframe

import "sheaf/dataframe/internal/plan"

// Str gives the functions of text, as pandas' .str: positions count code points, null gives null. Regular expressions are RE2's.
func (e Expr) Str() StrExpr { return StrExpr{e} }

// StrExpr has the functions of text columns; see [Expr.Str].
type StrExpr struct{ e Expr }

// Len is the number of characters.
func (s StrExpr) Len() Expr { return call("str_len", s.e) }

// ByteLen is the number of bytes in UTF-8.
func (s StrExpr) ByteLen() Expr { return call("str_bytes", s.e) }

// Lower makes lower-case letters.
func (s StrExpr) Lower() Expr { return call("str_lower", s.e) }

// Upper makes upper-case letters.
func (s StrExpr) Upper() Expr { return call("str_upper", s.e) }

// Capitalize makes the first character upper and the rest lower case.
func (s StrExpr) Capitalize() Expr { return call("str_capitalize", s.e) }

// Title capitalizes every word.
func (s StrExpr) Title() Expr { return call("str_title", s.e) }

// SwapCase exchanges upper and lower case.
func (s StrExpr) SwapCase() Expr { return call("str_swapcase", s.e) }

// Strip removes the given characters from both ends, white space by default.
func (s StrExpr) Strip(chars ...string) Expr { return call("str_strip", s.e, charsOf(chars)) }

// LStrip removes characters from the left end.
func (s StrExpr) LStrip(chars ...string) Expr { return call("str_lstrip", s.e, charsOf(chars)) }

// RStrip removes characters from the right end.
func (s StrExpr) RStrip(chars ...string) Expr { return call("str_rstrip", s.e, charsOf(chars)) }

func charsOf(chars []string) string {
	if len(chars) == 0 {
		return plan.Spaces()
	}
	all := ""
	for _, c := range chars {
		all += c
	}
	return all
}

// Contains reports whether the text contains another, taken literally.
func (s StrExpr) Contains(part any) Expr { return call("str_contains", s.e, part) }

// ContainsFold is Contains without regard to case.
func (s StrExpr) ContainsFold(part any) Expr { return call("str_contains_i", s.e, part) }

// Matches reports whether a regular expression matches anywhere, as pandas' contains by default.
func (s StrExpr) Matches(regex string) Expr { return call("str_matches", s.e, regex) }

// MatchesFold is Matches without regard to case.
func (s StrExpr) MatchesFold(regex string) Expr { return call("str_matches_i", s.e, regex) }

// Match reports whether a regular expression matches at the beginning.
func (s StrExpr) Match(regex string) Expr { return call("str_match", s.e, regex) }

// FullMatch reports whether a regular expression matches the whole text.
func (s StrExpr) FullMatch(regex string) Expr { return call("str_fullmatch", s.e, regex) }

// StartsWith reports a beginning.
func (s StrExpr) StartsWith(prefix any) Expr { return call("str_startswith", s.e, prefix) }

// EndsWith reports an ending.
func (s StrExpr) EndsWith(suffix any) Expr { return call("str_endswith", s.e, suffix) }

// RemovePrefix removes a beginning.
func (s StrExpr) RemovePrefix(prefix any) Expr { return call("str_removeprefix", s.e, prefix) }

// RemoveSuffix removes an ending.
func (s StrExpr) RemoveSuffix(suffix any) Expr { return call("str_removesuffix", s.e, suffix) }

// Replace exchanges every occurrence of a text for another, taken literally.
func (s StrExpr) Replace(old, with any) Expr { return call("str_replace", s.e, old, with) }

// ReplaceRegex exchanges every match of a regular expression; \1 is its first group.
func (s StrExpr) ReplaceRegex(regex, with string) Expr {
	return call("str_replace_regex", s.e, regex, with)
}

// Find is the position of the first occurrence, from 0, and -1 without one.
func (s StrExpr) Find(part any) Expr { return call("str_find", s.e, part) }

// Count is the number of matches of a regular expression.
func (s StrExpr) Count(regex string) Expr { return call("str_count", s.e, regex) }

// Slice is Python's [start:stop] with negative positions from the end; nil is no bound.
func (s StrExpr) Slice(start, stop any) Expr { return call("str_slice", s.e, start, stop) }

// Get is the character at a position, or the element of a list; null outside.
func (s StrExpr) Get(i int) Expr { return call("str_get", s.e, i) }

// Split cuts the text at a separator, taken literally, into a list. Get takes one element of it.
func (s StrExpr) Split(sep any) Expr { return call("str_split", s.e, sep) }

// Words cuts the text at white space into a list.
func (s StrExpr) Words() Expr { return call("str_words", s.e) }

// Join joins a list of texts.
func (s StrExpr) Join(sep string) Expr { return call("str_join", s.e, sep) }

// Extract is a group of the first match of a regular expression, null without a match.
func (s StrExpr) Extract(regex string, group int) Expr { return call("str_extract", s.e, regex, group) }

// Pad fills up to a width: on the side left, right or both.
func (s StrExpr) Pad(width int, side, fill string) Expr {
	return call("str_pad", s.e, width, fill, side)
}

// LJust fills with spaces on the right.
func (s StrExpr) LJust(width int) Expr { return s.Pad(width, "right", " ") }

// RJust fills with spaces on the left.
func (s StrExpr) RJust(width int) Expr { return s.Pad(width, "left", " ") }

// Center fills with spaces on both sides.
func (s StrExpr) Center(width int) Expr { return s.Pad(width, "both", " ") }

// ZFill fills with zeros behind the sign.
func (s StrExpr) ZFill(width int) Expr { return call("str_zfill", s.e, width) }

// Repeat repeats the text.
func (s StrExpr) Repeat(n any) Expr { return call("str_repeat", s.e, n) }

// Cat appends texts, with a separator between.
func (s StrExpr) Cat(sep string, others ...any) Expr {
	e := s.e
	for _, o := range others {
		e = e.Add(sep).Add(o)
	}
	return e
}

// ToDatetime parses times by a format of C's strptime directives, or ISO 8601 if it is empty. What is no time is an error when
// the frame is computed.
func (s StrExpr) ToDatetime(format string) Expr {
	return call("str_to_datetime", s.e, format, false)
}

// TryToDatetime is ToDatetime with null for what is no time.
func (s StrExpr) TryToDatetime(format string) Expr {
	return call("str_to_datetime", s.e, format, true)
}

// IsAlpha reports texts of letters only; the empty text is none.
func (s StrExpr) IsAlpha() Expr { return call("str_isalpha", s.e) }

// IsAlnum reports texts of letters and digits only.
func (s StrExpr) IsAlnum() Expr { return call("str_isalnum", s.e) }

// IsDigit reports texts of digits only.
func (s StrExpr) IsDigit() Expr { return call("str_isdigit", s.e) }

// IsDecimal reports texts of decimal digits only.
func (s StrExpr) IsDecimal() Expr { return call("str_isdecimal", s.e) }

// IsNumeric reports texts of numeric characters only.
func (s StrExpr) IsNumeric() Expr { return call("str_isnumeric", s.e) }

// IsSpace reports texts of white space only.
func (s StrExpr) IsSpace() Expr { return call("str_isspace", s.e) }

// IsUpper reports texts with letters, all of them upper case.
func (s StrExpr) IsUpper() Expr { return call("str_isupper", s.e) }

// IsLower reports texts with letters, all of them lower case.
func (s StrExpr) IsLower() Expr { return call("str_islower", s.e) }
