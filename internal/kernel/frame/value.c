// Texts into numbers, dates and times.
#include <stdlib.h>
#include <string.h>

#include "text.h"

static inline bool digit(char c) { return (unsigned char)(c - '0') < 10; }

// sf_parse_int reads an optional sign and decimal digits.
int sf_parse_int(const char *p, int64_t n, int64_t *out) {
	const char *end = p + n;
	bool neg = false;
	if (p < end && (*p == '-' || *p == '+'))
		neg = *p++ == '-';
	if (p == end)
		return E_TYPE;
	uint64_t v = 0;
	const char *digits = p;
	for (; p < end; p++) {
		if (!digit(*p))
			return E_TYPE;
		if (p - digits >= 18 && (v > 922337203685477580ULL || (v == 922337203685477580ULL && *p - '0' > 7 + neg))) {
			for (; p < end; p++)
				if (!digit(*p))
					return E_TYPE;
			return E_RANGE;
		}
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*out = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

static int parse_uint(const char *p, int64_t n, uint64_t *out) {
	const char *end = p + n;
	if (p < end && *p == '+')
		p++;
	if (p == end)
		return E_TYPE;
	uint64_t v = 0;
	int bad = 0;
	for (; p < end; p++) {
		if (!digit(*p))
			return E_TYPE;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			bad = E_RANGE;
	}
	*out = v;
	return bad;
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool same(const char *p, int64_t n, const char *lower) { // ignoring case
	for (int64_t i = 0; i < n; i++)
		if ((p[i] | 0x20) != lower[i] || !lower[i])
			return false;
	return lower[n] == 0;
}

// sf_parse_double reads decimal numbers, inf, infinity and nan, with the nearest double as the result. Up to 15 digits and small exponents
// are exact by one division or multiplication; the rest goes to strtod, after the syntax has been checked here.
int sf_parse_double(const char *p, int64_t n, double *out) {
	const char *s = p, *end = p + n;
	bool neg = false;
	if (p < end && (*p == '-' || *p == '+'))
		neg = *p++ == '-';
	uint64_t m = 0;
	int64_t exp = 0;
	const char *first = p;
	while (p < end && digit(*p))
		m = m * 10 + (uint64_t)(*p++ - '0');
	int64_t digits = p - first;
	if (p < end && *p == '.') {
		const char *dot = ++p;
		while (p < end && digit(*p))
			m = m * 10 + (uint64_t)(*p++ - '0');
		exp = dot - p;
		digits += p - dot;
	}
	if (digits == 0) {
		n = end - first;
		if (same(first, n, "inf") || same(first, n, "infinity"))
			*out = neg ? -__builtin_inf() : __builtin_inf();
		else if (same(first, n, "nan"))
			*out = __builtin_nan("");
		else
			return E_TYPE;
		return 0;
	}
	if (p < end && (*p | 0x20) == 'e') {
		const char *q = p + 1;
		bool minus = false;
		if (q < end && (*q == '-' || *q == '+'))
			minus = *q++ == '-';
		if (q == end)
			return E_TYPE;
		int64_t e = 0;
		for (; q < end && digit(*q); q++)
			e = e < 100000 ? e * 10 + (*q - '0') : e;
		exp += minus ? -e : e;
		p = q;
	}
	if (p != end)
		return E_TYPE;
	if (digits <= 19 && m <= 1ULL << 53 && exp >= -22 && exp <= 22) {
		double d = (double)m;
		d = exp < 0 ? d / powers[-exp] : d * powers[exp];
		*out = neg ? -d : d;
		return 0;
	}
	char small[64], *text = end - s < 64 ? small : malloc((size_t)(end - s + 1));
	if (!text)
		return E_TYPE;
	memcpy(text, s, (size_t)(end - s));
	text[end - s] = 0;
	*out = strtod(text, NULL);
	if (text != small)
		free(text);
	return 0;
}

// two reads exactly two digits, -1 otherwise.
static inline int two(const char *p) { return digit(p[0]) && digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1; }

// days_of is the number of days from 1970-01-01 to a date of the proleptic Gregorian calendar, by counting from March.
static int64_t days_of(int64_t y, int m, int d) {
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

// parse_date reads yyyy-mm-dd or yyyy/mm/dd and tells how many bytes it took.
static int parse_date(const char *p, int64_t n, int64_t *days, int64_t *used) {
	if (n < 10)
		return E_TYPE;
	int hi = two(p), lo = two(p + 2), m = two(p + 5), d = two(p + 8);
	if ((hi | lo | m | d) < 0 || (p[4] != '-' && p[4] != '/') || p[7] != p[4])
		return E_TYPE;
	static const int8_t length[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y = hi * 100 + lo;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (m < 1 || m > 12 || d < 1 || d > length[m] + (m == 2 && leap))
		return E_TYPE;
	*days = days_of(y, m, d);
	*used = 10;
	return 0;
}

// parse_clock reads hh:mm, hh:mm:ss or hh:mm:ss.f… into nanoseconds.
static int parse_clock(const char *p, int64_t n, int64_t *nanos, int64_t *used) {
	if (n < 5)
		return E_TYPE;
	int h = two(p), m = two(p + 3), s = 0;
	if ((h | m) < 0 || p[2] != ':' || h > 23 || m > 59)
		return E_TYPE;
	int64_t at = 5, frac = 0;
	if (n >= 8 && p[5] == ':') {
		s = two(p + 6);
		if (s < 0 || s > 59)
			return E_TYPE;
		at = 8;
		if (n > 9 && (p[8] == '.' || p[8] == ',') && digit(p[9])) {
			int64_t unit = 100000000;
			for (at = 9; at < n && digit(p[at]); at++) {
				frac += unit * (p[at] - '0');
				unit /= 10; // digits behind the ninth count nothing
			}
		}
	}
	*nanos = ((int64_t)h * 3600 + m * 60 + s) * 1000000000 + frac;
	*used = at;
	return 0;
}

// parse_zone reads Z, +hh, +hhmm, +hh:mm or " UTC" to the end, in seconds east of UTC; an empty text is UTC too.
static int parse_zone(const char *p, int64_t n, int64_t *seconds, bool *present) {
	*seconds = 0;
	*present = n > 0;
	if (n > 0 && *p == ' ')
		p++, n--;
	if (n == 0)
		return *present ? E_TYPE : 0;
	if ((n == 1 && (*p | 0x20) == 'z') || same(p, n, "utc"))
		return 0;
	if (*p != '+' && *p != '-')
		return E_TYPE;
	int h = n >= 3 ? two(p + 1) : -1, m = 0;
	if (n == 5)
		m = two(p + 3);
	else if (n == 6 && p[3] == ':')
		m = two(p + 4);
	else if (n != 3)
		return E_TYPE;
	if (h < 0 || h > 15 || m < 0 || m > 59)
		return E_TYPE;
	*seconds = (h * 3600 + m * 60) * (*p == '-' ? -1 : 1);
	return 0;
}

// parse_ts reads a date, or a date and a time after a blank or T, into ticks of 10^-digits seconds. Digits beyond the unit are cut.
static int parse_ts(const char *p, int64_t n, int digits, bool zoned, int64_t *out) {
	int64_t days, nanos = 0, used, more, east = 0;
	bool zone = false;
	int err = parse_date(p, n, &days, &used);
	if (err)
		return err;
	if (n > 10) {
		if (p[10] != ' ' && (p[10] | 0x20) != 't')
			return E_TYPE;
		if ((err = parse_clock(p + 11, n - 11, &nanos, &more)) || (err = parse_zone(p + 11 + more, n - 11 - more, &east, &zone)))
			return err;
		if (zone && !zoned)
			return E_TYPE;
	}
	int64_t unit = 1000000000, ticks = 1; // nanoseconds of a tick, ticks of a second
	for (int i = 0; i < digits; i++)
		unit /= 10, ticks *= 10;
	int64_t seconds = days * 86400 - east;
	if (__builtin_mul_overflow(seconds, ticks, out) || __builtin_add_overflow(*out, nanos / unit, out))
		return E_RANGE;
	return 0;
}

static int parse_decimal(const char *p, int64_t n, int precision, int scale, __int128 *out) {
	const char *end = p + n;
	bool neg = false;
	if (p < end && (*p == '-' || *p == '+'))
		neg = *p++ == '-';
	__int128 v = 0;
	int whole = 0, frac = -1, seen = 0;
	for (; p < end; p++) {
		if (*p == '.' && frac < 0) {
			frac = 0;
			continue;
		}
		if (!digit(*p))
			return E_TYPE;
		seen = 1;
		if (frac >= scale) {
			if (*p != '0')
				return E_RANGE; // more digits than the type keeps
			continue;
		}
		if (frac >= 0)
			frac++;
		else if (v != 0 || *p != '0')
			whole++;
		if (whole > precision - scale)
			return E_RANGE;
		v = v * 10 + (*p - '0');
	}
	if (!seen)
		return E_TYPE;
	for (int i = frac < 0 ? 0 : frac; i < scale; i++)
		v *= 10;
	*out = neg ? -v : v;
	return 0;
}

static int store_int(const sf_value *v, void *data, int64_t i, int64_t x) {
	switch (v->width) {
	case 1:
		if (x != (int8_t)x)
			return E_RANGE;
		((int8_t *)data)[i] = (int8_t)x;
		return 0;
	case 2:
		if (x != (int16_t)x)
			return E_RANGE;
		((int16_t *)data)[i] = (int16_t)x;
		return 0;
	case 4:
		if (x != (int32_t)x)
			return E_RANGE;
		((int32_t *)data)[i] = (int32_t)x;
		return 0;
	}
	((int64_t *)data)[i] = x;
	return 0;
}

static int store_uint(const sf_value *v, void *data, int64_t i, uint64_t x) {
	switch (v->width) {
	case 1:
		if (x > UINT8_MAX)
			return E_RANGE;
		((uint8_t *)data)[i] = (uint8_t)x;
		return 0;
	case 2:
		if (x > UINT16_MAX)
			return E_RANGE;
		((uint16_t *)data)[i] = (uint16_t)x;
		return 0;
	case 4:
		if (x > UINT32_MAX)
			return E_RANGE;
		((uint32_t *)data)[i] = (uint32_t)x;
		return 0;
	}
	((uint64_t *)data)[i] = x;
	return 0;
}

int sf_store(const sf_value *v, void *data, int64_t i, const char *p, int64_t n) {
	int err;
	while (n > 0 && (*p == ' ' || *p == '\t'))
		p++, n--;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	switch (v->kind) {
	case V_INT: {
		int64_t x;
		err = sf_parse_int(p, n, &x);
		return err ? err : store_int(v, data, i, x);
	}
	case V_UINT: {
		uint64_t x;
		err = parse_uint(p, n, &x);
		return err ? err : store_uint(v, data, i, x);
	}
	case V_F64:
		return sf_parse_double(p, n, (double *)data + i);
	case V_F32: {
		double d;
		err = sf_parse_double(p, n, &d);
		((float *)data)[i] = (float)d;
		return err;
	}
	case V_BOOL:
		if (!same(p, n, "true") && !same(p, n, "false"))
			return E_TYPE;
		((uint8_t *)data)[i] = n == 4;
		return 0;
	case V_DATE: {
		int64_t days, used;
		if ((err = parse_date(p, n, &days, &used)))
			return err;
		if (used != n)
			return E_TYPE;
		((int32_t *)data)[i] = (int32_t)days;
		return 0;
	}
	case V_TIME: {
		int64_t nanos, used;
		if ((err = parse_clock(p, n, &nanos, &used)))
			return err;
		((int64_t *)data)[i] = nanos / 1000;
		return used == n ? 0 : E_TYPE;
	}
	case V_TS:
		return parse_ts(p, n, v->digits, false, (int64_t *)data + i);
	case V_TSTZ:
		return parse_ts(p, n, 6, true, (int64_t *)data + i);
	case V_DECIMAL: {
		__int128 x;
		if ((err = parse_decimal(p, n, v->precision, v->scale, &x)))
			return err;
		memcpy((char *)data + i * v->width, &x, (size_t)v->width); // little endian
		return 0;
	}
	}
	return E_TYPE;
}

enum { G_INT = 1, G_FLOAT = 2, G_BOOL = 4, G_DATE = 8, G_TIME = 16, G_ZONED = 32, G_NANOS = 64, G_WIDE = 128, G_FRACTION = 256 };

// sf_guess tells which types a text could be read as, by the same rules as sf_store.
int sf_guess(const char *p, int64_t n) {
	int64_t x, bits[2];
	int g = 0;
	const sf_value b = {.kind = V_BOOL}, d = {.kind = V_DATE}, f = {.kind = V_F64}, i = {.kind = V_INT, .width = 8};
	const sf_value t = {.kind = V_TS, .digits = 6}, z = {.kind = V_TSTZ};
	int err = sf_store(&i, &x, 0, p, n);
	if (!err)
		g |= G_INT;
	if (!sf_store(&f, bits, 0, p, n))
		g |= G_FLOAT | (err == E_RANGE ? G_WIDE : err ? G_FRACTION : 0);
	if (!sf_store(&b, bits, 0, p, n))
		g |= G_BOOL;
	if (!sf_store(&d, bits, 0, p, n))
		g |= G_DATE;
	if (!sf_store(&t, &x, 0, p, n))
		g |= G_TIME;
	else if (!sf_store(&z, &x, 0, p, n))
		g |= G_ZONED;
	if (g & G_TIME && n > 26 && p[19] == '.')
		g |= G_NANOS;
	return g;
}
