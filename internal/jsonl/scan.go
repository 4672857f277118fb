package jsonl

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// skipSpace returns the index of the next byte that is not white space.
func skipSpace(s string, i int) int {
	if i < len(s) && s[i] > ' ' {
		return i
	}
	return skipSpaces(s, i)
}

func skipSpaces(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// scanString returns the index of the quote that ends the string whose text begins at s[i]. It is negative when the
// text is not plain: -1 for what is not allowed in a string, or no end; -2-k for a backslash at k.
func scanString(s string, i int) int {
	start := i
	for i+8 <= len(s) {
		w := load64(s, i)
		// The high bit of a byte is set when the byte is a backslash, not ASCII, or below 0x20 or a quote (a quote with its
		// bit 1 turned is a space, and a space is then a quote). A borrow may set it wrongly, but only above a byte that
		// is right.
		m := ((w ^ ones*0x02 - ones*0x21) | (w ^ ones*'\\' - ones) | w) & highs
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) / 8
		switch c := s[i]; {
		case c == '"':
			return i
		case c == '\\':
			return -2 - i
		case c < 0x20:
			return -1
		}
		return scanUnicode(s, start, i)
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i
		case c == '\\':
			return -2 - i
		case c < 0x20:
			return -1
		case c >= utf8.RuneSelf:
			return scanUnicode(s, start, i)
		}
	}
	return -1
}

// scanUnicode is scanString for a text from start that is not ASCII at i.
func scanUnicode(s string, start, i int) int {
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if !utf8.ValidString(s[start:i]) {
				return -1
			}
			return i
		case c == '\\':
			if !utf8.ValidString(s[start:i]) {
				return -1
			}
			return -2 - i
		case c < 0x20:
			return -1
		}
	}
	return -1
}

// parseString reads the string whose text begins at s[i], behind its quote, and returns the index behind the closing one, or -1.
func parseString(s string, i int) (string, int) {
	end := scanString(s, i)
	if end >= 0 {
		return s[i:end], end + 1
	}
	if end == -1 {
		return "", -1
	}
	var buf []byte
	for {
		slash := -2 - end
		buf = append(buf, s[i:slash]...)
		var r rune
		if r, i = parseEscape(s, slash); i < 0 {
			return "", -1
		}
		buf = utf8.AppendRune(buf, r)
		if end = scanString(s, i); end >= 0 {
			buf = append(buf, s[i:end]...)
			return unsafe.String(unsafe.SliceData(buf), len(buf)), end + 1
		}
		if end == -1 {
			return "", -1
		}
	}
}

// parseEscape reads the escape at s[i], a backslash, and returns its rune and the index behind it. Half a surrogate pair is -1.
func parseEscape(s string, i int) (rune, int) {
	if i+1 >= len(s) {
		return 0, -1
	}
	switch c := s[i+1]; c {
	case '"', '\\', '/':
		return rune(c), i + 2
	case 'b':
		return '\b', i + 2
	case 'f':
		return '\f', i + 2
	case 'n':
		return '\n', i + 2
	case 'r':
		return '\r', i + 2
	case 't':
		return '\t', i + 2
	case 'u':
		r := parseHex(s, i+2)
		i += 6
		if r < 0xd800 || r > 0xdfff {
			if r < 0 {
				return 0, -1
			}
			return r, i
		}
		if r >= 0xdc00 || i+1 >= len(s) || s[i] != '\\' || s[i+1] != 'u' {
			return 0, -1
		}
		low := parseHex(s, i+2)
		if low < 0xdc00 || low > 0xdfff {
			return 0, -1
		}
		return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, i + 6
	}
	return 0, -1
}

// parseHex reads four hexadecimal digits, or returns -1.
func parseHex(s string, i int) rune {
	if i+4 > len(s) {
		return -1
	}
	var r rune
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// foldName gives names that differ in case, dashes and underscores one form.
func foldName(name string) string {
	out := make([]byte, 0, len(name))
	for _, r := range name {
		if r == '_' || r == '-' {
			continue
		}
		for { // the smallest rune of those that fold to each other
			next := unicode.SimpleFold(r)
			if r, next = next, r; r <= next {
				break
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
