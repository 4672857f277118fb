package jsonl

// maxDepth is how deep ignored values may be nested here; deeper ones are left to encoding/json/v2, which has its own limit.
const maxDepth = 200

// skipValue checks the syntax of the value at s[i] and returns the index behind it, or -1.
func skipValue(s string, i, depth int) int {
	if i >= len(s) || depth > maxDepth {
		return -1
	}
	switch c := s[i]; c {
	case '"':
		return skipString(s, i+1)
	case '{':
		return skipObject(s, i, depth)
	case '[':
		return skipArray(s, i, depth)
	case 't':
		return literal(s, i, "true")
	case 'f':
		return literal(s, i, "false")
	case 'n':
		return literal(s, i, "null")
	}
	return skipNumber(s, i)
}

func literal(s string, i int, word string) int {
	if len(s)-i >= len(word) && s[i:i+len(word)] == word {
		return i + len(word)
	}
	return -1
}

// skipString returns the index behind the string whose text begins at s[i].
func skipString(s string, i int) int {
	for {
		end := scanString(s, i)
		if end >= 0 {
			return end + 1
		}
		if end == -1 {
			return -1
		}
		if _, i = parseEscape(s, -2-end); i < 0 {
			return -1
		}
	}
}

func skipArray(s string, i, depth int) int {
	if i = skipSpace(s, i+1); i < len(s) && s[i] == ']' {
		return i + 1
	}
	for {
		if i < len(s) && s[i] == '"' {
			i = skipString(s, i+1)
		} else {
			i = skipValue(s, i, depth+1)
		}
		if i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case ']':
			return i + 1
		case ',':
			i = skipSpace(s, i+1)
		default:
			return -1
		}
	}
}

func skipObject(s string, i, depth int) int {
	if i = skipSpace(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(s) || s[i] != '"' {
			return -1
		}
		if i = skipString(s, i+1); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) || s[i] != ':' {
			return -1
		}
		if i = skipSpace(s, i+1); i < len(s) && s[i] == '"' {
			i = skipString(s, i+1)
		} else {
			i = skipValue(s, i, depth+1)
		}
		if i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case '}':
			return i + 1
		case ',':
			i = skipSpace(s, i+1)
		default:
			return -1
		}
	}
}

// skipNumber returns the index behind the number at s[i], or -1.
func skipNumber(s string, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i >= len(s) {
		return -1
	}
	switch c := s[i]; {
	case c == '0':
		i++
	case '1' <= c && c <= '9':
		i = skipDigits(s, i)
	default:
		return -1
	}
	if i < len(s) && s[i] == '.' {
		if i = skipDigits(s, i+1); i < 0 {
			return -1
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return skipDigits(s, i)
	}
	return i
}

// skipDigits returns the index behind at least one digit, or -1.
func skipDigits(s string, i int) int {
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
