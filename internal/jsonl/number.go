package jsonl

import (
	"math"
	"strconv"
)

// digits reads decimal digits at s[i] into v. It returns the index behind them; v is right for up to 19.
func digits(s string, i int, v uint64) (uint64, int) {
	for i < len(s) {
		d := s[i] - '0'
		if d > 9 {
			break
		}
		v = v*10 + uint64(d)
		i++
	}
	return v, i
}

// parseUint reads an integer without sign. What is longer than 19 digits, or not an integer, is -1; so is a number that goes on with
// a fraction or an exponent, when the caller looks at what follows.
func parseUint(s string, i int) (uint64, int) {
	v, end := digits(s, i, 0)
	if n := end - i; n == 0 || n > 19 || n > 1 && s[i] == '0' {
		return 0, -1
	}
	if end < len(s) && (s[end] == '.' || s[end]|0x20 == 'e') {
		return 0, -1
	}
	return v, end
}

// parseInt reads an integer of 64 bits.
func parseInt(s string, i int) (int64, int) {
	if s[i] == '-' {
		v, end := parseUint(s, i+1)
		if end < 0 || v > math.MaxInt64+1 {
			return 0, -1
		}
		return -int64(v), end
	}
	v, end := parseUint(s, i)
	if end < 0 || v > math.MaxInt64 {
		return 0, -1
	}
	return int64(v), end
}

var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseFloat reads a number of 64 bits. Up to 15 digits with a small exponent are one exact division; the rest is strconv's.
func parseFloat(s string, i int) (float64, int) {
	start := i
	neg := s[i] == '-'
	if neg {
		i++
	}
	first := i
	v, end := digits(s, i, 0)
	n := end - first
	if n == 0 || n > 1 && s[first] == '0' {
		return 0, -1
	}
	scale := 0
	if end < len(s) && s[end] == '.' {
		point := end
		v, end = digits(s, point+1, v)
		scale = end - point - 1
		if scale == 0 {
			return 0, -1
		}
		n += scale
	}
	if n > 19 || v >= 1<<53 || scale > 22 || end < len(s) && s[end]|0x20 == 'e' {
		if end = skipNumber(s, start); end < 0 {
			return 0, -1
		}
		f, err := strconv.ParseFloat(s[start:end], 64)
		if err != nil {
			return 0, -1
		}
		return f, end
	}
	f := float64(v) / pow10[scale]
	if neg {
		f = -f
	}
	return f, end
}

// parseFloat32 reads a number of 32 bits.
func parseFloat32(s string, i int) (float32, int) {
	end := skipNumber(s, i)
	if end < 0 {
		return 0, -1
	}
	f, err := strconv.ParseFloat(s[i:end], 32)
	if err != nil {
		return 0, -1
	}
	return float32(f), end
}
