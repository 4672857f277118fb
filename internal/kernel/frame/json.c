// JSON lines into DuckDB vectors: one object a line, its members in any order, nested lists and structs.
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "text.h"

enum { ROWS = 2048, DEPTH_MAX = 200 };

// A node writes the values of one column, list element or struct member.
typedef struct node {
	const sf_value *v;
	int32_t column; // of the file, for errors
	duckdb_vector vec;
	void *data;
	uint64_t *mask; // NULL until there is a null
	int64_t last;   // row written last; of a struct's members and the record's
	int64_t size, cap; // list: child elements
	struct node *child;
} node;

typedef struct {
	sf_reader r;  // must be first
	node *fields; // by file column; only those with wanted are written
	bool *wanted;
	const char *end; // of the record
	int depth;
} json_state;

static void free_children(node *n) {
	if (!n->child)
		return;
	for (int32_t i = 0; i < n->v->nchild; i++)
		free_children(&n->child[i]);
	free(n->child);
}

static bool make(node *n, const sf_value *v, int32_t column) {
	n->v = v;
	n->column = column;
	n->last = -1;
	if (v->nchild == 0)
		return true;
	n->child = calloc((size_t)v->nchild, sizeof *n->child);
	if (!n->child)
		return false;
	for (int32_t i = 0; i < v->nchild; i++)
		if (!make(&n->child[i], &v->child[i], column))
			return false;
	return true;
}

void *json_open(sf_scan *scan) {
	json_state *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	sf_text *t = scan->input->text;
	s->r.scan = scan;
	s->r.text = t;
	s->fields = calloc((size_t)t->ncols + 1, sizeof *s->fields);
	s->wanted = calloc((size_t)t->ncols + 1, sizeof *s->wanted);
	bool ok = s->fields && s->wanted;
	for (int32_t f = 0; ok && f < t->ncols; f++)
		ok = make(&s->fields[f], &t->columns[f], f);
	if (!ok) {
		json_close(s);
		return NULL;
	}
	for (int64_t c = 0; c < scan->ncols; c++)
		if (scan->columns[c] >= 0 && scan->columns[c] < t->ncols)
			s->wanted[scan->columns[c]] = true;
	return s;
}

void json_close(void *state) {
	json_state *s = state;
	for (int32_t f = 0; s->fields && f < s->r.text->ncols; f++)
		if (s->fields[f].v)
			free_children(&s->fields[f]);
	free(s->fields);
	free(s->wanted);
	free(s);
}

// aim points a node at a vector, again after every reserve.
static void aim(node *n, duckdb_vector vec) {
	n->vec = vec;
	n->data = duckdb_vector_get_data(vec);
	if (n->mask)
		n->mask = duckdb_vector_get_validity(vec);
	if (n->v->kind == V_STRUCT)
		for (int32_t i = 0; i < n->v->nchild; i++)
			aim(&n->child[i], duckdb_struct_vector_get_child(vec, (idx_t)i));
	if (n->v->kind == V_LIST)
		aim(n->child, duckdb_list_vector_get_child(vec));
}

// begin is aim for a new chunk.
static void begin(node *n) {
	n->mask = NULL;
	n->last = -1;
	n->size = 0;
	n->cap = 0;
	for (int32_t i = 0; i < n->v->nchild; i++)
		begin(&n->child[i]);
}

static void put_null(node *n, int64_t row) {
	if (!n->mask) {
		duckdb_vector_ensure_validity_writable(n->vec);
		n->mask = duckdb_vector_get_validity(n->vec);
	}
	n->mask[row >> 6] &= ~(1ULL << (row & 63));
	n->last = row;
	if (n->v->kind == V_STRUCT)
		for (int32_t i = 0; i < n->v->nchild; i++)
			put_null(&n->child[i], row);
	if (n->v->kind == V_LIST)
		((duckdb_list_entry *)n->data)[row] = (duckdb_list_entry){(uint64_t)n->size, 0};
}

// put_valid undoes a null when a key comes twice in an object: the last one counts.
static inline void put_valid(node *n, int64_t row) {
	if (n->mask)
		n->mask[row >> 6] |= 1ULL << (row & 63);
	n->last = row;
}

static const char *fail(json_state *s, int code, int32_t column, const char *at, int64_t len) {
	int64_t rest = s->end - at;
	if (len > rest || len < 0)
		len = rest;
	sf_fail(&s->r, code, column, s->r.base + (at - s->r.buf), at, len);
	return NULL;
}

static const char *malformed(json_state *s, const char *at) { return fail(s, E_JSON, -1, at, 24); }

static inline const char *blanks(const char *p, const char *end) {
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

// stops looks at STEP bytes from p: bit (or 8 bits) i of the result says that byte i is a quote, a backslash or a control character, high that
// some byte before the first of those is beyond ASCII. The read buffer may be read 64 bytes beyond its end.
#if defined(__x86_64__)
enum { STEP = 16, BITS = 1 };
static inline uint64_t stops(const char *p, bool *high) {
	const __m128i v = _mm_loadu_si128((const __m128i *)p);
	const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
	                                  _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
	const uint32_t m = (uint32_t)_mm_movemask_epi8(stop), h = (uint32_t)_mm_movemask_epi8(v);
	*high = h & (m ? (m & -m) - 1 : ~0u);
	return m;
}
#else
enum { STEP = 8, BITS = 8 };
static inline uint64_t stops(const char *p, bool *high) {
	const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
	uint64_t w;
	memcpy(&w, p, 8);
	const uint64_t q = w ^ (ones * '"'), b = w ^ (ones * '\\');
	// A borrow can mark bytes above the first true one only, and only the first is used.
	const uint64_t m = (((q - ones) & ~q) | ((b - ones) & ~b) | ((w - ones * 0x20) & ~w)) & tops;
	*high = w & tops & (m ? (m & -m) - 1 : ~0ULL);
	return m;
}
#endif

// string_end finds the closing quote of a string whose first byte is p. flags: 1 there are escapes, 2 bytes beyond ASCII.
static const char *string_end(json_state *s, const char *p, int *flags) {
	const char *end = s->end;
	*flags = 0;
	while (p < end) {
		bool high;
		const uint64_t m = stops(p, &high);
		if (high)
			*flags |= 2;
		if (!m) {
			p += STEP;
			continue;
		}
		p += __builtin_ctzll(m) / BITS;
		if (p >= end)
			break;
		if (*p == '"')
			return p;
		if (*p != '\\' || end - p < 2)
			return malformed(s, p);
		*flags |= 1;
		p += 2;
	}
	return malformed(s, end);
}

static int hex4(const char *p) {
	int v = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static char *put_rune(char *q, uint32_t c) {
	if (c < 0x80) {
		*q++ = (char)c;
	} else if (c < 0x800) {
		*q++ = (char)(0xc0 | c >> 6);
		*q++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*q++ = (char)(0xe0 | c >> 12);
		*q++ = (char)(0x80 | (c >> 6 & 63));
		*q++ = (char)(0x80 | (c & 63));
	} else {
		*q++ = (char)(0xf0 | c >> 18);
		*q++ = (char)(0x80 | (c >> 12 & 63));
		*q++ = (char)(0x80 | (c >> 6 & 63));
		*q++ = (char)(0x80 | (c & 63));
	}
	return q;
}

// unescape decodes [p, end) into scratch memory; a lone surrogate becomes U+FFFD. No escape is shorter than what it stands for.
static const char *unescape(json_state *s, const char *p, const char *end, int64_t *n) {
	char *out = sf_scratch(&s->r, end - p + 1), *q = out;
	if (!out)
		return NULL;
	while (p < end) {
		if (*p != '\\') {
			*q++ = *p++;
			continue;
		}
		static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
		const char *k = p[1] ? strchr(from, p[1]) : NULL;
		if (k) {
			*q++ = to[k - from];
			p += 2;
			continue;
		}
		int hi = p[1] == 'u' && end - p >= 6 ? hex4(p + 2) : -1;
		if (hi < 0)
			return malformed(s, p);
		p += 6;
		uint32_t c = (uint32_t)hi;
		if (hi >= 0xd800 && hi < 0xe000) {
			int lo = hi < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2) : -1;
			c = 0xfffd;
			if (lo >= 0xdc00 && lo < 0xe000) {
				c = 0x10000 + ((uint32_t)(hi - 0xd800) << 10) + (uint32_t)(lo - 0xdc00);
				p += 6;
			}
		}
		q = put_rune(q, c);
	}
	*n = q - out;
	return out;
}

// text reads the string that begins with a quote at p: its bytes in *at and *n, the position behind it as the result.
static const char *text(json_state *s, const char *p, int32_t column, const char **at, int64_t *n) {
	int flags;
	const char *close = string_end(s, p + 1, &flags);
	if (!close)
		return NULL;
	*at = p + 1;
	*n = close - p - 1;
	if ((flags & 2) && !sf_utf8(*at, *n))
		return fail(s, E_UTF8, column, *at, *n);
	if ((flags & 1) && !(*at = unescape(s, *at, close, n)))
		return NULL;
	return close + 1;
}

// number finds the end of a number by JSON's grammar.
static const char *number(json_state *s, const char *p) {
	const char *start = p, *end = s->end;
#define DIGITS(p) while (p < end && *p >= '0' && *p <= '9') p++
	if (p < end && *p == '-')
		p++;
	const char *d = p;
	DIGITS(p);
	if (p == d || (*d == '0' && p - d > 1))
		return malformed(s, start);
	if (p < end && *p == '.') {
		d = ++p;
		DIGITS(p);
		if (p == d)
			return malformed(s, start);
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		d = p;
		DIGITS(p);
		if (p == d)
			return malformed(s, start);
	}
#undef DIGITS
	return p;
}

static const char *word(json_state *s, const char *p, const char *w) {
	size_t n = strlen(w);
	return (size_t)(s->end - p) >= n && memcmp(p, w, n) == 0 ? p + n : malformed(s, p);
}

static const char *value(json_state *s, node *n, int64_t row, const char *p);

// find looks a member up, starting behind the previous one, as objects tend to repeat their order.
static int32_t find(char **names, const int32_t *lens, int32_t n, const char *key, int64_t len, int32_t hint) {
	for (int32_t k = 0; k < n; k++) {
		int32_t i = hint + k < n ? hint + k : hint + k - n;
		if (lens[i] == len && memcmp(names[i], key, (size_t)len) == 0)
			return i;
	}
	return -1;
}

// members reads an object whose brace is at p into nodes; nodes NULL skips it.
static const char *members(json_state *s, node *nodes, const bool *wanted, char **names, const int32_t *lens, int32_t n, int64_t row,
                           const char *p) {
	if (++s->depth > DEPTH_MAX)
		return malformed(s, p);
	p = blanks(p + 1, s->end);
	if (p < s->end && *p == '}') {
		p++;
	} else {
		for (int32_t hint = 0;;) {
			const char *key;
			int64_t len;
			if (p >= s->end || *p != '"')
				return malformed(s, p);
			if (!(p = text(s, p, -1, &key, &len)))
				return NULL;
			p = blanks(p, s->end);
			if (p >= s->end || *p != ':')
				return malformed(s, p);
			int32_t i = nodes ? find(names, lens, n, key, len, hint) : -1;
			if (i >= 0)
				hint = i + 1 < n ? i + 1 : 0;
			if (!(p = value(s, i >= 0 && (!wanted || wanted[i]) ? &nodes[i] : NULL, row, blanks(p + 1, s->end))))
				return NULL;
			p = blanks(p, s->end);
			if (p < s->end && *p == ',') {
				p = blanks(p + 1, s->end);
				continue;
			}
			if (p < s->end && *p == '}') {
				p++;
				break;
			}
			return malformed(s, p);
		}
	}
	for (int32_t i = 0; nodes && i < n; i++)
		if ((!wanted || wanted[i]) && nodes[i].last != row)
			put_null(&nodes[i], row);
	s->depth--;
	return p;
}

// elements reads an array whose bracket is at p into a list node; NULL skips it.
static const char *elements(json_state *s, node *n, int64_t row, const char *p) {
	if (++s->depth > DEPTH_MAX)
		return malformed(s, p);
	int64_t from = n ? n->size : 0;
	p = blanks(p + 1, s->end);
	if (p < s->end && *p == ']') {
		p++;
	} else {
		for (;;) {
			int64_t at = 0;
			if (n) {
				if (n->size == n->cap) {
					int64_t cap = n->cap ? n->cap * 2 : ROWS;
					if (duckdb_list_vector_reserve(n->vec, (idx_t)cap))
						return fail(s, E_MEMORY, n->column, p, 0);
					n->cap = cap;
					aim(n->child, duckdb_list_vector_get_child(n->vec));
				}
				at = n->size++;
			}
			if (!(p = value(s, n ? n->child : NULL, at, p)))
				return NULL;
			p = blanks(p, s->end);
			if (p < s->end && *p == ',') {
				p = blanks(p + 1, s->end);
				continue;
			}
			if (p < s->end && *p == ']') {
				p++;
				break;
			}
			return malformed(s, p);
		}
	}
	if (n) {
		((duckdb_list_entry *)n->data)[row] = (duckdb_list_entry){(uint64_t)from, (uint64_t)(n->size - from)};
		put_valid(n, row);
	}
	s->depth--;
	return p;
}

// skip passes over a value of any type and checks its grammar.
static const char *skip(json_state *s, const char *p) {
	if (p >= s->end)
		return malformed(s, p);
	int flags;
	switch (*p) {
	case '"': {
		const char *close = string_end(s, p + 1, &flags);
		return close ? close + 1 : NULL;
	}
	case '{':
		return members(s, NULL, NULL, NULL, NULL, 0, 0, p);
	case '[':
		return elements(s, NULL, 0, p);
	case 't':
		return word(s, p, "true");
	case 'f':
		return word(s, p, "false");
	case 'n':
		return word(s, p, "null");
	}
	return number(s, p);
}

static const char *scalar(json_state *s, node *n, int64_t row, const char *p) {
	const char *at = p, *next;
	int64_t len;
	const int32_t kind = n->v->kind;
	const bool quoted = *p == '"';
	if (quoted)
		next = text(s, p, n->column, &at, &len);
	else
		next = skip(s, p);
	if (!next)
		return NULL;
	if (!quoted)
		len = next - p;
	if (kind == V_STR) { // a value of another type is kept as its JSON text
		if (!quoted && !sf_utf8(at, len))
			return fail(s, E_UTF8, n->column, at, len);
		sf_make_string((sf_string *)n->data + row, at, (uint32_t)len);
		put_valid(n, row);
		return next;
	}
	const bool wants_text = kind == V_DATE || kind == V_TIME || kind == V_TS || kind == V_TSTZ;
	int err = quoted == wants_text ? sf_store(n->v, n->data, row, at, len) : E_TYPE;
	if (err)
		return fail(s, err == E_RANGE ? E_RANGE : E_JSON_TYPE, n->column, p, next - p);
	put_valid(n, row);
	return next;
}

// value reads the value at p into row of a node; NULL skips it. It returns the position behind it, or NULL after an error.
static const char *value(json_state *s, node *n, int64_t row, const char *p) {
	if (p >= s->end)
		return malformed(s, p);
	if (!n)
		return skip(s, p);
	if (*p == 'n') {
		put_null(n, row);
		return word(s, p, "null");
	}
	const sf_value *v = n->v;
	if (v->kind == V_STRUCT && *p == '{') {
		put_valid(n, row);
		for (int32_t i = 0; i < v->nchild; i++)
			n->child[i].last = -1;
		return members(s, n->child, NULL, v->names, v->name_len, v->nchild, row, p);
	}
	if (v->kind == V_LIST && *p == '[')
		return elements(s, n, row, p);
	if (v->kind == V_STRUCT || v->kind == V_LIST || v->kind == V_NULL) {
		const char *next = skip(s, p);
		return next ? fail(s, E_JSON_TYPE, n->column, p, next - p) : NULL;
	}
	return scalar(s, n, row, p);
}

static bool record(json_state *s, int64_t row, const char *p) {
	const sf_text *t = s->r.text;
	s->depth = 0;
	if (*p != '{') {
		malformed(s, p);
		return false;
	}
	p = members(s, s->fields, s->wanted, t->names, t->name_len, t->ncols, row, p);
	if (!p)
		return false;
	p = blanks(p, s->end);
	if (p != s->end)
		malformed(s, p);
	return p == s->end;
}

static void finish(node *n) {
	if (n->v->kind == V_LIST) {
		duckdb_list_vector_set_size(n->vec, (idx_t)n->size);
		finish(n->child);
	}
	if (n->v->kind == V_STRUCT)
		for (int32_t i = 0; i < n->v->nchild; i++)
			finish(&n->child[i]);
}

int64_t json_next(void *state, duckdb_data_chunk out) {
	json_state *s = state;
	sf_reader *r = &s->r;
	const sf_scan *scan = r->scan;
	for (int64_t c = 0; c < scan->ncols; c++) {
		int64_t f = scan->columns[c];
		if (f < 0 || f >= r->text->ncols)
			continue;
		begin(&s->fields[f]);
		aim(&s->fields[f], duckdb_data_chunk_get_vector(out, (idx_t)c));
	}
	int64_t rows = 0;
	while (rows < ROWS) {
		if (!r->open) {
			if (rows > 0) // strings of these rows lie in the buffer
				break;
			if (!sf_next_segment(r))
				return sf_failed(r) ? -1 : 0;
		}
		const char *p = r->buf + r->pos;
		const char *nl = r->pos < r->len ? memchr(p, '\n', (size_t)(r->len - r->pos)) : NULL;
		if (!nl && !r->eof) {
			if (rows > 0)
				break;
			if (!sf_refill(r))
				return -1;
			continue;
		}
		if (!nl && r->pos >= r->len) {
			if (rows > 0)
				break;
			sheafTextClose(r->reader);
			r->open = false;
			continue;
		}
		s->end = nl ? nl : r->buf + r->len;
		p = blanks(p, s->end);
		if (p < s->end && !record(s, rows++, p))
			return -1;
		r->pos = (nl ? nl + 1 : s->end) - r->buf;
	}
	for (int64_t c = 0; c < scan->ncols; c++) {
		int64_t f = scan->columns[c];
		if (f < 0)
			continue;
		if (f >= r->text->ncols)
			sf_put_path(r, duckdb_data_chunk_get_vector(out, (idx_t)c), rows);
		else
			finish(&s->fields[f]);
	}
	return rows;
}
