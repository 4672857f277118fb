// Arrow arrays into DuckDB vectors: fixed widths by memcpy, strings by reference, everything else by a small loop.
#include <string.h>

#include "frame.h"

static inline bool bit_at(const uint8_t *bits, int64_t i) { return bits[i >> 3] >> (i & 7) & 1; }

// sf_set_validity copies n validity bits from bit position bit into the vector's mask at position at.
void sf_set_validity(duckdb_vector vec, const uint8_t *bits, int64_t bit, int64_t n, int64_t at) {
	duckdb_vector_ensure_validity_writable(vec);
	uint64_t *mask = duckdb_vector_get_validity(vec);
	int64_t i = 0;
	if (at % 64 == 0) {
		uint64_t *to = mask + at / 64;
		int shift = (int)(bit & 7);
		for (; i + 64 <= n; i += 64) { // 64 bits from an odd position lie in 9 bytes at most, all of which the bitmap has
			const uint8_t *p = bits + ((bit + i) >> 3);
			uint64_t w;
			memcpy(&w, p, 8);
			if (shift)
				w = w >> shift | (uint64_t)p[8] << (64 - shift);
			*to++ = w;
		}
	}
	for (; i < n; i++) {
		uint64_t b = 1ULL << ((at + i) & 63);
		if (bit_at(bits, bit + i))
			mask[(at + i) >> 6] |= b;
		else
			mask[(at + i) >> 6] &= ~b;
	}
}

static void set_null(duckdb_vector vec, int64_t at) {
	duckdb_vector_ensure_validity_writable(vec);
	duckdb_vector_get_validity(vec)[at >> 6] &= ~(1ULL << (at & 63));
}

static inline bool is_valid(const sf_array *a, int64_t i) { return !a->valid || bit_at(a->valid, a->offset + i); }

static int64_t read_int(const void *p, int32_t width, int64_t i) {
	switch (width) {
	case 1:
		return ((const uint8_t *)p)[i];
	case -1:
		return ((const int8_t *)p)[i];
	case 2:
		return ((const uint16_t *)p)[i];
	case -2:
		return ((const int16_t *)p)[i];
	case 4:
		return ((const uint32_t *)p)[i];
	case -4:
		return ((const int32_t *)p)[i];
	}
	return ((const int64_t *)p)[i];
}

static const char *fill_scale(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	void *out = duckdb_vector_get_data(vec);
	for (int64_t i = 0; i < n; i++) {
		if (!is_valid(a, start + i))
			continue;
		int64_t v = read_int(a->buf[0], -a->width, a->offset + start + i), q = v;
		if (__builtin_mul_overflow(v, a->mul, &q))
			return "a time does not fit DuckDB's microseconds";
		if (q % a->div != 0)
			return "a time has nanoseconds, which DuckDB does not keep for times, durations and timestamps with a time zone; round to microseconds first";
		q /= a->div;
		switch (a->kind == SF_DURATION ? 16 : a->out_width) {
		case 4:
			((int32_t *)out)[at + i] = (int32_t)q;
			break;
		case 16:
			((duckdb_interval *)out)[at + i] = (duckdb_interval){0, 0, q};
			break;
		default:
			((int64_t *)out)[at + i] = q;
		}
	}
	return NULL;
}

static const char *fill_intervals(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	duckdb_interval *out = duckdb_vector_get_data(vec);
	for (int64_t i = 0; i < n; i++) {
		if (!is_valid(a, start + i))
			continue;
		const int32_t *w = (const int32_t *)((const char *)a->buf[0] + (a->offset + start + i) * a->width);
		if (a->kind == SF_MONTHS) {
			out[at + i] = (duckdb_interval){w[0], 0, 0};
		} else if (a->kind == SF_DAYTIME) {
			out[at + i] = (duckdb_interval){0, w[0], (int64_t)w[1] * 1000};
		} else {
			int64_t nanos;
			memcpy(&nanos, w + 2, 8);
			if (nanos % 1000)
				return "an interval has nanoseconds, which DuckDB does not keep; round to microseconds first";
			out[at + i] = (duckdb_interval){w[0], w[1], nanos / 1000};
		}
	}
	return NULL;
}

static void fill_decimal(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	char *out = duckdb_vector_get_data(vec);
	for (int64_t i = 0; i < n; i++) { // little endian: narrowing takes the low bytes, which hold the value as the precision says so
		const char *p = (const char *)a->buf[0] + (a->offset + start + i) * a->width;
		char *q = out + (at + i) * a->out_width;
		memcpy(q, p, (size_t)(a->width < a->out_width ? a->width : a->out_width));
		if (a->out_width > a->width)
			memset(q + a->width, p[a->width - 1] < 0 ? 0xff : 0, (size_t)(a->out_width - a->width));
	}
}

static float half_to_float(uint16_t h) {
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, frac = h & 1023, bits;
	if (exp == 31) {
		bits = sign | 0x7f800000 | frac << 13;
	} else if (exp) {
		bits = sign | (exp + 112) << 23 | frac << 13;
	} else { // zero or subnormal: frac * 2^-24 is exact in float
		float f = (float)frac * 0x1p-24f;
		return sign ? -f : f;
	}
	float f;
	memcpy(&f, &bits, 4);
	return f;
}

static void fill_strings(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	sf_string *out = (sf_string *)duckdb_vector_get_data(vec) + at;
	const char *data = a->buf[1];
	for (int64_t i = 0; i < n; i++) {
		int64_t k = a->offset + start + i, from, to;
		if (a->kind == SF_STR32) {
			from = ((const int32_t *)a->buf[0])[k];
			to = ((const int32_t *)a->buf[0])[k + 1];
		} else if (a->kind == SF_STR64) {
			from = ((const int64_t *)a->buf[0])[k];
			to = ((const int64_t *)a->buf[0])[k + 1];
		} else {
			from = k * a->width;
			to = from + a->width;
		}
		sf_make_string(out + i, data + from, (uint32_t)(to - from));
	}
}

static void fill_views(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	sf_string *out = (sf_string *)duckdb_vector_get_data(vec) + at;
	for (int64_t i = 0; i < n; i++) {
		if (!is_valid(a, start + i))
			continue;
		const char *view = (const char *)a->buf[0] + (a->offset + start + i) * 16;
		int32_t w[4];
		memcpy(w, view, 16);
		sf_make_string(out + i, w[0] <= 12 ? view + 4 : (const char *)a->views[w[2]] + w[3], (uint32_t)w[0]);
	}
}

void sf_dictionary(sf_string *out, const int32_t *o32, const int64_t *o64, const char *data, int64_t n) {
	for (int64_t i = 0; i < n; i++) {
		int64_t from = o32 ? o32[i] : o64[i], to = o32 ? o32[i + 1] : o64[i + 1];
		sf_make_string(out + i, data + from, (uint32_t)(to - from));
	}
}

static const char *fill_dict(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	sf_string *out = duckdb_vector_get_data(vec);
	for (int64_t i = 0; i < n; i++) {
		if (!is_valid(a, start + i))
			continue;
		int64_t k = read_int(a->buf[0], a->width, a->offset + start + i);
		if (k < 0 || k >= a->mul) // mul holds the dictionary's length
			return "a dictionary index is out of range";
		if (a->kind == SF_DICTANY) {
			const char *err = sf_arrow_fill(vec, a->child, k, 1, at + i);
			if (err)
				return err;
		} else if (a->string_ok && !bit_at(a->string_ok, k)) {
			set_null(vec, at + i);
		} else {
			out[at + i] = a->strings[k];
		}
	}
	return NULL;
}

static const char *fill_list(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n) {
	duckdb_list_entry *out = duckdb_vector_get_data(vec);
	int64_t first = 0, size = 0, k = a->offset + start;
	if (a->kind == SF_FIXLIST) {
		first = k * a->width;
		size = n * a->width;
		for (int64_t i = 0; i < n; i++)
			out[i] = (duckdb_list_entry){(uint64_t)(i * a->width), (uint64_t)a->width};
	} else {
		const int32_t *o32 = a->buf[0];
		const int64_t *o64 = a->buf[0];
#define OFFSET(i) (a->kind == SF_LIST32 ? (int64_t)o32[i] : o64[i])
		first = OFFSET(k);
		size = OFFSET(k + n) - first;
		for (int64_t i = 0; i < n; i++)
			out[i] = (duckdb_list_entry){(uint64_t)(OFFSET(k + i) - first), (uint64_t)(OFFSET(k + i + 1) - OFFSET(k + i))};
#undef OFFSET
	}
	if (duckdb_list_vector_reserve(vec, (idx_t)size) || duckdb_list_vector_set_size(vec, (idx_t)size))
		return "out of memory for a list column";
	return sf_arrow_fill(duckdb_list_vector_get_child(vec), a->child, first, size, 0);
}

const char *sf_arrow_fill(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at) {
	if (n == 0)
		return NULL;
	if (a->kind == SF_NULL) {
		for (int64_t i = 0; i < n; i++)
			set_null(vec, at + i);
		return NULL;
	}
	if (a->valid)
		sf_set_validity(vec, a->valid, a->offset + start, n, at);
	const int64_t from = a->offset + start;
	switch (a->kind) {
	case SF_COPY:
		memcpy((char *)duckdb_vector_get_data(vec) + at * a->width, (const char *)a->buf[0] + from * a->width, (size_t)(n * a->width));
		return NULL;
	case SF_BOOL: {
		uint8_t *out = (uint8_t *)duckdb_vector_get_data(vec) + at;
		for (int64_t i = 0; i < n; i++)
			out[i] = bit_at(a->buf[0], from + i);
		return NULL;
	}
	case SF_HALF: {
		float *out = (float *)duckdb_vector_get_data(vec) + at;
		for (int64_t i = 0; i < n; i++)
			out[i] = half_to_float(((const uint16_t *)a->buf[0])[from + i]);
		return NULL;
	}
	case SF_DAYS: {
		int32_t *out = (int32_t *)duckdb_vector_get_data(vec) + at;
		for (int64_t i = 0; i < n; i++) {
			int64_t ms = ((const int64_t *)a->buf[0])[from + i], day = ms / 86400000;
			out[i] = (int32_t)(ms % 86400000 < 0 ? day - 1 : day);
		}
		return NULL;
	}
	case SF_STR32:
	case SF_STR64:
	case SF_FIXEDBIN:
		fill_strings(vec, a, start, n, at);
		return NULL;
	case SF_STRVIEW:
		fill_views(vec, a, start, n, at);
		return NULL;
	case SF_DECIMAL:
		fill_decimal(vec, a, start, n, at);
		return NULL;
	case SF_SCALE:
	case SF_DURATION:
		return fill_scale(vec, a, start, n, at);
	case SF_MONTHS:
	case SF_DAYTIME:
	case SF_MDN:
		return fill_intervals(vec, a, start, n, at);
	case SF_DICT:
	case SF_DICTANY:
		return fill_dict(vec, a, start, n, at);
	case SF_LIST32:
	case SF_LIST64:
	case SF_FIXLIST:
		return fill_list(vec, a, start, n);
	case SF_STRUCT:
		for (int32_t c = 0; c < a->nchild; c++) {
			const char *err = sf_arrow_fill(duckdb_struct_vector_get_child(vec, (idx_t)c), &a->child[c], start, n, 0);
			if (err)
				return err;
		}
		return NULL;
	}
	return "an Arrow layout is unknown to the scan";
}
