package plan

import (
	"fmt"
	"strings"

	"sheaf/dtype"

	"github.com/apache/arrow-go/v18/arrow"
)

// spaces are what Python's strip takes away by default.
const spaces = " \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

// strFormats are functions of one string whose SQL is a pattern.
var strFormats = []struct {
	name, format string
	typ          arrow.DataType
}{
	{"str_len", "length(%s)", int64s},
	{"str_bytes", "strlen(%s)", int64s},
	{"str_lower", "lower(%s)", text},
	{"str_upper", "upper(%s)", text},
	{"str_capitalize", "(upper(%[1]s[1]) || lower(%[1]s[2:]))", text},
	{"str_title", `(CASE WHEN %[1]s IS NOT NULL THEN coalesce(array_to_string(list_transform(regexp_extract_all(%[1]s, '(?s)\pL+|\PL+'), lambda w: upper(w[1]) || lower(w[2:])), ''), '') END)`, text},
	{"str_swapcase", `(CASE WHEN %[1]s IS NOT NULL THEN coalesce(array_to_string(list_transform(regexp_extract_all(%[1]s, '(?s).'), lambda c: CASE WHEN c = lower(c) THEN upper(c) ELSE lower(c) END), ''), '') END)`, text},
	{"str_isalpha", `regexp_full_match(%s, '\pL+')`, boolean},
	{"str_isdecimal", `regexp_full_match(%s, '\p{Nd}+')`, boolean},
	{"str_isdigit", `regexp_full_match(%s, '[\p{Nd}²³¹⁰-⁹₀-₉]+')`, boolean},
	{"str_isnumeric", `regexp_full_match(%s, '\pN+')`, boolean},
	{"str_isalnum", `regexp_full_match(%s, '[\pL\pN]+')`, boolean},
	{"str_isspace", `regexp_full_match(%s, '[\s\v\pZ]+')`, boolean},
	{"str_isupper", "(%[1]s = upper(%[1]s) AND %[1]s <> lower(%[1]s))", boolean},
	{"str_islower", "(%[1]s = lower(%[1]s) AND %[1]s <> upper(%[1]s))", boolean},
	{"str_words", `regexp_extract_all(%s, '\S+')`, arrow.ListOf(text)},
}

// strPairs are functions of a string and constant or column strings.
var strPairs = []struct {
	name, format string
	args         int
	typ          arrow.DataType
}{
	{"str_contains", "contains(%s, %s)", 2, boolean},
	{"str_contains_i", "contains(lower(%s), lower(%s))", 2, boolean},
	{"str_matches", "regexp_matches(%s, %s)", 2, boolean},
	{"str_matches_i", "regexp_matches(%s, %s, 'i')", 2, boolean},
	{"str_fullmatch", "regexp_full_match(%s, %s)", 2, boolean},
	{"str_match", "regexp_matches(%s, '^(?:' || %s || ')')", 2, boolean},
	{"str_startswith", "starts_with(%s, %s)", 2, boolean},
	{"str_endswith", "ends_with(%s, %s)", 2, boolean},
	{"str_replace", "replace(%s, %s, %s)", 3, text},
	{"str_replace_regex", "regexp_replace(%s, %s, %s, 'g')", 3, text},
	{"str_find", "(instr(%s, %s) - 1)", 2, int64s},
	{"str_count", "len(regexp_extract_all(%s, %s))", 2, int64s},
	{"str_split", "string_split(%s, %s)", 2, arrow.ListOf(text)},
	{"str_strip", "trim(%s, %s)", 2, text},
	{"str_lstrip", "ltrim(%s, %s)", 2, text},
	{"str_rstrip", "rtrim(%s, %s)", 2, text},
	{"str_removeprefix", "(CASE WHEN starts_with(%[1]s, %[2]s) THEN %[1]s[length(%[2]s) + 1:] ELSE %[1]s END)", 2, text},
	{"str_removesuffix", "(CASE WHEN ends_with(%[1]s, %[2]s) THEN %[1]s[:length(%[1]s) - length(%[2]s)] ELSE %[1]s END)", 2, text},
}

func init() {
	for _, f := range strFormats {
		register(f.name, 1, 1, func(args []value) (value, error) {
			if err := needString(f.name, args[:1]); err != nil {
				return value{}, err
			}
			return result(f.typ, f.format, args[0].sql), nil
		})
	}
	for _, f := range strPairs {
		register(f.name, f.args, f.args, func(args []value) (value, error) {
			if err := needString(f.name, args); err != nil {
				return value{}, err
			}
			parts := make([]any, len(args))
			for i, a := range args {
				parts[i] = a.sql
			}
			return result(f.typ, f.format, parts...), nil
		})
	}
	register("str_slice", 3, 3, strSlice)
	register("str_get", 2, 2, strGet)
	register("str_extract", 3, 3, strExtract)
	register("str_pad", 4, 4, strPad)
	register("str_zfill", 2, 2, strZfill)
	register("str_repeat", 2, 2, strRepeat)
	register("str_join", 2, 2, strJoin)
	register("str_to_datetime", 3, 3, strToDatetime)
}

// Spaces returns the characters that strip takes away by default.
func Spaces() string { return spaces }

func needString(name string, args []value) error {
	for _, a := range args {
		if !isString(a.typ) && TypeOf(a.typ) != dtype.Null {
			name = strings.TrimPrefix(name, "str_")
			return typeError("Str() functions need strings: %s in %s", a.describe(), name)
		}
	}
	return nil
}

func constant(v value, what string) (int64, error) {
	if v.lit != nil {
		if n, ok := v.lit.Value.(int64); ok {
			return n, nil
		}
	}
	return 0, Argument("%s must be a constant integer", what)
}

// strSlice is Python's s[start:stop]; a null bound is none.
func strSlice(args []value) (value, error) {
	if err := needString("str_slice", args[:1]); err != nil {
		return value{}, err
	}
	lo, hi := "", ""
	if l := args[1].lit; l == nil || l.Value != nil {
		n, err := constant(args[1], "the start of a slice")
		if err != nil {
			return value{}, err
		}
		if n >= 0 {
			n++
		}
		lo = fmt.Sprint(n)
	}
	if l := args[2].lit; l == nil || l.Value != nil {
		n, err := constant(args[2], "the stop of a slice")
		if err != nil {
			return value{}, err
		}
		if n < 0 {
			n--
		}
		hi = fmt.Sprint(n)
		if n == 0 {
			return result(text, "(CASE WHEN %s IS NOT NULL THEN '' END)", args[0].sql), nil
		}
	}
	if lo == "" && hi == "" {
		return args[0], nil
	}
	if strings.HasPrefix(lo, "-") { // DuckDB gives nothing when the start lies before the string
		lo = fmt.Sprintf("greatest(length(%s) + %s, 1)", args[0].sql, "1"+lo)
	}
	return result(text, "%s[%s:%s]", args[0].sql, lo, hi), nil
}

// strGet is the element at a position of a string or list, null outside of it.
func strGet(args []value) (value, error) {
	n, err := constant(args[1], "the position")
	if err != nil {
		return value{}, err
	}
	if n >= 0 {
		n++
	}
	if l, ok := plain(args[0].typ).(arrow.ListLikeType); ok {
		return result(l.Elem(), "%s[%d]", args[0].sql, n), nil
	}
	if err := needString("str_get", args[:1]); err != nil {
		return value{}, err
	}
	return result(text, "nullif(%s[%d], '')", args[0].sql, n), nil
}

// strExtract is a group of the first match of a regular expression, null without a match.
func strExtract(args []value) (value, error) {
	if err := needString("str_extract", args[:2]); err != nil {
		return value{}, err
	}
	n, err := constant(args[2], "the group")
	if err != nil {
		return value{}, err
	}
	return result(text, "(CASE WHEN regexp_matches(%[1]s, %[2]s) THEN regexp_extract(%[1]s, %[2]s, %[3]d) END)", args[0].sql, args[1].sql, n), nil
}

// strPad fills a string up to a width with a character on a side: left, right or both.
func strPad(args []value) (value, error) {
	if err := needString("str_pad", []value{args[0], args[2], args[3]}); err != nil {
		return value{}, err
	}
	n, err := constant(args[1], "the width")
	if err != nil {
		return value{}, err
	}
	x, fill := args[0].sql, args[2].sql
	side, _ := args[3].lit.Value.(string)
	sql := ""
	switch side {
	case "left":
		sql = fmt.Sprintf("lpad(%s, %d, %s)", x, n, fill)
	case "right":
		sql = fmt.Sprintf("rpad(%s, %d, %s)", x, n, fill)
	case "both": // Python puts the odd character left when the width is odd
		left := fmt.Sprintf("((%[1]d - length(%[2]s)) // 2 + ((%[1]d - length(%[2]s)) & %[1]d & 1))", n, x)
		sql = fmt.Sprintf("rpad(lpad(%[1]s, (length(%[1]s) + %[2]s)::INTEGER, %[3]s), %[4]d, %[3]s)", x, left, fill, n)
	default:
		return value{}, Argument("a string is padded on the side left, right or both, not %q", side)
	}
	return result(text, "(CASE WHEN length(%[1]s) >= %[2]d THEN %[1]s ELSE %[3]s END)", x, n, sql), nil
}

// strZfill fills with zeros behind the sign.
func strZfill(args []value) (value, error) {
	if err := needString("str_zfill", args[:1]); err != nil {
		return value{}, err
	}
	n, err := constant(args[1], "the width")
	if err != nil {
		return value{}, err
	}
	return result(text, `(CASE WHEN length(%[1]s) >= %[2]d THEN %[1]s WHEN %[1]s[1] IN ('+', '-') `+
		`THEN %[1]s[1] || lpad(%[1]s[2:], %[3]d, '0') ELSE lpad(%[1]s, %[2]d, '0') END)`, args[0].sql, n, n-1), nil
}

func strRepeat(args []value) (value, error) {
	if err := needString("str_repeat", args[:1]); err != nil {
		return value{}, err
	}
	if !isInteger(args[1].typ) {
		return value{}, typeError("a string is repeated a whole number of times: %s", args[1].describe())
	}
	return result(text, "repeat(%s, %s)", args[0].sql, args[1].sql), nil
}

// strJoin joins the strings of a list.
func strJoin(args []value) (value, error) {
	if l, ok := plain(args[0].typ).(arrow.ListLikeType); !ok || !isString(l.Elem()) {
		return value{}, typeError("join needs lists of strings: %s", args[0].describe())
	}
	return result(text, "(CASE WHEN %[1]s IS NOT NULL THEN coalesce(array_to_string(%[1]s, %[2]s), '') END)", args[0].sql, args[1].sql), nil
}

// strToDatetime parses times by a format of C's directives, or ISO 8601 when it is empty. The last argument says whether
// what is no time becomes null.
func strToDatetime(args []value) (value, error) {
	if err := needString("str_to_datetime", args[:2]); err != nil {
		return value{}, err
	}
	lenient := args[2].lit != nil && args[2].lit.Value == true
	if args[1].lit != nil && args[1].lit.Value == "" {
		return cast(args[0], timestamp, lenient)
	}
	fn := "strptime"
	if lenient {
		fn = "try_strptime"
	}
	return result(timestamp, "%s(%s, %s)", fn, args[0].sql, args[1].sql), nil
}
