// CSV blocks into DuckDB vectors. 2048 records are cut into fields first, keeping only where the wanted ones lie; then each wanted column is
// converted in a loop of its own.
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "text.h"

enum { ROWS = 2048, QUOTED = 1u << 31, ESCAPED = 1u << 30, MISSING = 1u << 29, LENGTH = (1u << 29) - 1 };
enum { STOP_FULL, STOP_MORE, STOP_END, STOP_ERROR };

typedef struct {
	uint32_t start, len; // offset in the buffer; length and flags
} span;

typedef struct {
	sf_reader r;     // must be first
	int32_t *slot;   // file column → index of spans, -1: not wanted
	int32_t nslots;
	int32_t *column; // index of spans → file column
	span (*spans)[ROWS];
	int stop;
	uint64_t high; // a byte ≥ 0x80 was seen
	int64_t (*tokens)(void *, int64_t);
} csv_state;

static void csv_fail_at(csv_state *s, int code, int32_t column, int64_t at, const char *value, int64_t n) {
	while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	sf_fail(&s->r, code, column, s->r.base + at, value, n);
	s->stop = STOP_ERROR;
}

// csv_closing finds the quote that closes the field opened at p. -1: not in the buffer, or an error; s->stop says which.
static int64_t csv_closing(csv_state *s, int64_t p, uint32_t *flags) {
	sf_reader *r = &s->r;
	*flags = QUOTED;
	for (int64_t q = p + 1;;) {
		const char *c = q < r->len ? memchr(r->buf + q, r->text->quote, (size_t)(r->len - q)) : NULL;
		if (c)
			q = c - r->buf + 1;
		if (c && q < r->len) {
			if (r->buf[q] != (char)r->text->quote)
				return q - 1;
			*flags |= ESCAPED;
			q++;
			continue;
		}
		if (c && r->eof)
			return q - 1;
		if (r->eof)
			csv_fail_at(s, E_QUOTE_OPEN, -1, p, r->buf + p, r->len - p);
		else
			s->stop = STOP_MORE;
		return -1;
	}
}

#define SCALAR_MASKS(ptr, c, mask, high)                                                                                                                       \
	do {                                                                                                                                                       \
		const char *q_ = (ptr);                                                                                                                                \
		(mask) = 0;                                                                                                                                            \
		for (int i_ = 0; i_ < 64; i_++) {                                                                                                                      \
			(mask) |= (uint64_t)(q_[i_] == (c) || q_[i_] == '\n') << i_;                                                                                       \
			(high) |= (uint8_t)q_[i_] & 0x80;                                                                                                                  \
		}                                                                                                                                                      \
	} while (0)

#if defined(__x86_64__)
#define SSE2_MASKS(ptr, c, mask, high)                                                                                                                         \
	do {                                                                                                                                                       \
		const __m128i *q_ = (const __m128i *)(ptr);                                                                                                            \
		const __m128i c_ = _mm_set1_epi8(c), n_ = _mm_set1_epi8('\n');                                                                                         \
		(mask) = 0;                                                                                                                                            \
		for (int i_ = 0; i_ < 4; i_++) {                                                                                                                       \
			__m128i v_ = _mm_loadu_si128(q_ + i_);                                                                                                             \
			(mask) |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v_, c_), _mm_cmpeq_epi8(v_, n_))) << (16 * i_);                        \
			(high) |= (uint32_t)_mm_movemask_epi8(v_);                                                                                                         \
		}                                                                                                                                                      \
	} while (0)
#define AVX2_MASKS(ptr, c, mask, high)                                                                                                                         \
	do {                                                                                                                                                       \
		const __m256i *q_ = (const __m256i *)(ptr);                                                                                                            \
		const __m256i c_ = _mm256_set1_epi8(c), n_ = _mm256_set1_epi8('\n');                                                                                   \
		__m256i a_ = _mm256_loadu_si256(q_), b_ = _mm256_loadu_si256(q_ + 1);                                                                                  \
		(high) |= (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(a_, b_));                                                                                     \
		a_ = _mm256_or_si256(_mm256_cmpeq_epi8(a_, c_), _mm256_cmpeq_epi8(a_, n_));                                                                            \
		b_ = _mm256_or_si256(_mm256_cmpeq_epi8(b_, c_), _mm256_cmpeq_epi8(b_, n_));                                                                            \
		(mask) = (uint64_t)(uint32_t)_mm256_movemask_epi8(a_) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b_) << 32;                                            \
	} while (0)
#define TOKENS tokens_avx2
#define TARGET __attribute__((target("avx2,bmi,bmi2")))
#define MASKS AVX2_MASKS
#include "csv_tokens.h"
#undef TOKENS
#undef TARGET
#undef MASKS
#define TOKENS tokens_plain
#define TARGET
#define MASKS SSE2_MASKS
#include "csv_tokens.h"
static bool have_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"); }
#else
#define TOKENS tokens_plain
#define TARGET
#if defined(__aarch64__)
static inline uint64_t neon_mask(const uint8_t *p, uint8_t c, uint64_t *high) {
	static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	const uint8x16_t w = vld1q_u8(weights), vc = vdupq_n_u8(c), vn = vdupq_n_u8('\n');
	uint8x16_t m[4];
	for (int i = 0; i < 4; i++) {
		uint8x16_t v = vld1q_u8(p + 16 * i);
		*high |= vmaxvq_u8(v) & 0x80;
		m[i] = vandq_u8(vorrq_u8(vceqq_u8(v, vc), vceqq_u8(v, vn)), w);
	}
	uint8x16_t s = vpaddq_u8(vpaddq_u8(m[0], m[1]), vpaddq_u8(m[2], m[3]));
	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(s, s)), 0);
}
#define MASKS(ptr, c, mask, high) ((mask) = neon_mask((const uint8_t *)(ptr), (uint8_t)(c), &(high)))
#else
#define MASKS SCALAR_MASKS
#endif
#include "csv_tokens.h"
#define tokens_avx2 tokens_plain
static bool have_avx2(void) { return false; }
#endif

void *csv_open(sf_scan *scan) {
	csv_state *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	sf_text *t = scan->input->text;
	s->r.scan = scan;
	s->r.text = t;
	s->slot = malloc(sizeof *s->slot * (size_t)(t->ncols + 1));
	s->column = malloc(sizeof *s->column * (size_t)(t->ncols + 1));
	if (s->slot && s->column) {
		for (int32_t f = 0; f < t->ncols; f++)
			s->slot[f] = -1;
		for (int64_t c = 0; c < scan->ncols; c++) {
			int64_t f = scan->columns[c];
			if (f >= 0 && f < t->ncols && s->slot[f] < 0) {
				s->column[s->nslots] = (int32_t)f;
				s->slot[f] = s->nslots++;
			}
		}
		s->spans = malloc(sizeof *s->spans * (size_t)(s->nslots ? s->nslots : 1));
	}
	if (!s->spans) {
		csv_close(s);
		return NULL;
	}
	s->tokens = (int64_t (*)(void *, int64_t))(have_avx2() ? tokens_avx2 : tokens_plain);
	return s;
}

void csv_close(void *state) {
	csv_state *s = state;
	free(s->slot);
	free(s->column);
	free(s->spans);
	free(s);
}

static bool is_null(const sf_text *t, const char *p, uint32_t n) {
	if (n > 63 || !(t->null_lens >> n & 1) || (n && !t->null_first[(uint8_t)*p]))
		return false;
	for (int32_t i = 0; i < t->nnulls; i++)
		if ((uint32_t)t->null_len[i] == n && memcmp(t->nulls[i], p, n) == 0)
			return true;
	return false;
}

// unescape puts one quote in the place of two.
static const char *unescape(sf_reader *r, const char *p, uint32_t *n) {
	char *out = sf_scratch(r, *n), *q = out;
	const char *end = p + *n, quote = (char)r->text->quote;
	if (!out)
		return NULL;
	while (p < end) {
		if (*p == quote)
			p++;
		*q++ = *p++;
	}
	*n = (uint32_t)(q - out);
	return out;
}

static void null_at(duckdb_vector vec, uint64_t **mask, int64_t i) {
	if (!*mask) {
		duckdb_vector_ensure_validity_writable(vec);
		*mask = duckdb_vector_get_validity(vec);
	}
	(*mask)[i >> 6] &= ~(1ULL << (i & 63));
}

// padded_string is sf_make_string for text that lies in the read buffer, behind which 64 bytes may be read: no call of memcpy with a length that
// the branch predictor cannot know.
static inline void padded_string(sf_string *s, const char *p, uint32_t n) {
	if (n > 12) {
		sf_make_string(s, p, n);
		return;
	}
	uint64_t lo, hi = 0;
	uint32_t tail;
	memcpy(&lo, p, 8);
	memcpy(&tail, p + 8, 4);
	if (n < 8) {
		lo &= ~(~0ULL << (8 * n));
	} else {
		hi = tail & ~(~0ULL << (8 * (n - 8)));
	}
	uint64_t *w = (uint64_t *)s; // four bytes of length, twelve of text
	w[0] = n | lo << 32;
	w[1] = lo >> 32 | hi << 32;
}

// short_double reads [-]digits[.digits] of up to eight bytes in the read buffer, all bytes at once; false: not of that form. The digits make
// an integer below 1e8, so one division by a power of ten gives the nearest double.
static inline bool short_double(const char *p, uint32_t n, double *out) {
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
	const bool neg = n > 1 && *p == '-';
	p += neg;
	n -= neg;
	if (n - 1 > 7)
		return false;
	const uint64_t zeros = 0x3030303030303030ULL, tops = 0x8080808080808080ULL;
	uint64_t d;
	memcpy(&d, p, 8);
	if (n < 8) // the last digit into the highest byte, zeros before the first
		d = d << (64 - 8 * n) | zeros >> (8 * n);
	d ^= zeros;
	const uint64_t other = (((d & ~tops) + 0x7676767676767676ULL) | d) & tops;
	int frac = 0;
	if (other) {
		const int dot = __builtin_ctzll(other) >> 3;
		if ((other & (other - 1)) || (d >> (8 * dot) & 0xff) != ('.' ^ '0') || n == 1)
			return false;
		frac = 7 - dot;
		const uint64_t before = dot ? d & ~(~0ULL << (8 * dot)) : 0;
		d = before << 8 | (dot < 7 ? d >> (8 * (dot + 1)) << (8 * (dot + 1)) : 0);
	}
	d = d * 10 + (d >> 8);
	d = ((d & 0x000000ff000000ffULL) * 0x000f424000000064ULL + (d >> 16 & 0x000000ff000000ffULL) * 0x0000271000000001ULL) >> 32;
	const double v = (double)(uint32_t)d / powers[frac];
	*out = neg ? -v : v;
	return true;
}

static bool put_strings(csv_state *s, const span *sp, int64_t rows, int32_t column, duckdb_vector vec) {
	sf_reader *r = &s->r;
	sf_string *out = duckdb_vector_get_data(vec);
	uint64_t *mask = NULL;
	const bool utf8 = s->high != 0;
	for (int64_t i = 0; i < rows; i++) {
		const char *p = r->buf + sp[i].start;
		uint32_t n = sp[i].len & LENGTH;
		if ((sp[i].len & ESCAPED) && !(p = unescape(r, p, &n)))
			return false;
		if ((sp[i].len & MISSING) || is_null(r->text, p, n)) {
			null_at(vec, &mask, i);
			continue;
		}
		if (utf8 && !sf_utf8(p, n)) {
			csv_fail_at(s, E_UTF8, column, sp[i].start, p, n);
			return false;
		}
		if (sp[i].len & ESCAPED)
			sf_make_string(out + i, p, n);
		else
			padded_string(out + i, p, n);
	}
	return true;
}

static inline bool is_nan(const sf_value *v, const void *data, int64_t i) {
	return (v->kind == V_F64 && ((const double *)data)[i] != ((const double *)data)[i]) ||
	       (v->kind == V_F32 && ((const float *)data)[i] != ((const float *)data)[i]);
}

static bool put_values(csv_state *s, const span *sp, int64_t rows, int32_t column, duckdb_vector vec) {
	sf_reader *r = &s->r;
	const sf_value *v = &r->text->columns[column];
	void *out = duckdb_vector_get_data(vec);
	uint64_t *mask = NULL;
	const bool nulls_first = r->text->numeric_nulls;
	for (int64_t i = 0; i < rows; i++) {
		const char *p = r->buf + sp[i].start;
		const uint32_t n = sp[i].len & LENGTH;
		int err;
		if (v->kind == V_F64 && !nulls_first && short_double(p, n, (double *)out + i)) // the commonest
			continue;
		if (v->kind == V_F64 && !nulls_first)
			err = sf_parse_double(p, n, (double *)out + i) ? sf_store(v, out, i, p, n) : 0;
		else
			err = nulls_first && is_null(r->text, p, n) ? E_TYPE : sf_store(v, out, i, p, n);
		if (!err && !is_nan(v, out, i))
			continue;
		if (n == 0 || (sp[i].len & MISSING) || is_null(r->text, p, n)) { // also a nan that is listed as null
			null_at(vec, &mask, i);
		} else if (err) {
			csv_fail_at(s, err, column, sp[i].start, p, n);
			return false;
		}
	}
	return true;
}

int64_t csv_next(void *state, duckdb_data_chunk out) {
	csv_state *s = state;
	sf_reader *r = &s->r;
	int64_t rows = 0;
	while (rows == 0) {
		if (!r->open && !sf_next_segment(r))
			return sf_failed(r) ? -1 : 0;
		s->high = 0;
		if (r->len > r->pos || r->eof)
			rows = s->tokens(s, ROWS);
		else
			s->stop = STOP_MORE;
		if (s->stop == STOP_ERROR)
			return -1;
		if (rows > 0)
			break;
		if (s->stop == STOP_END && r->eof) {
			sheafTextClose(r->reader);
			r->open = false;
			continue;
		}
		if (!sf_refill(r))
			return -1;
	}
	for (int64_t c = 0; c < r->scan->ncols; c++) {
		const int64_t f = r->scan->columns[c];
		duckdb_vector vec = duckdb_data_chunk_get_vector(out, (idx_t)c);
		if (f < 0)
			continue;
		if (f >= r->text->ncols) {
			sf_put_path(r, vec, rows);
			continue;
		}
		const span *sp = s->spans[s->slot[f]];
		if (!(r->text->columns[f].kind == V_STR ? put_strings : put_values)(s, sp, rows, (int32_t)f, vec))
			return -1;
	}
	return rows;
}
