// What CSV and JSON lines have in common: the read buffer, the segments, error reports.
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { PAD = 64 };
static const int64_t RECORD_MAX = (int64_t)1 << 28; // bytes, fewer than a span can count

void *sf_text_open(sf_scan *scan) { return scan->input->kind == SF_CSV ? csv_open(scan) : json_open(scan); }

// A state begins with its sf_reader, and that with the scan, so the kind can be told from the state.
int64_t sf_text_next(void *state, duckdb_data_chunk out) {
	sf_reader *r = state;
	for (int32_t i = 0; i < r->narena; i++)
		free(r->arena[i]);
	r->narena = 0;
	r->arena_left = 0;
	return r->scan->input->kind == SF_CSV ? csv_next(state, out) : json_next(state, out);
}

void sf_text_close(void *state) {
	sf_reader *r = state;
	if (r->open)
		sheafTextClose(r->reader);
	for (int32_t i = 0; i < r->narena; i++)
		free(r->arena[i]);
	free(r->buf);
	if (r->scan->input->kind == SF_CSV)
		csv_close(state);
	else
		json_close(state);
}

void sf_fail(sf_reader *r, int code, int32_t column, int64_t offset, const char *value, int64_t length) {
	sf_error *e = &r->scan->input->error;
	if (!__sync_bool_compare_and_swap(&e->set, 0, 1))
		return;
	e->code = code;
	e->segment = (int32_t)r->segment;
	e->column = column;
	e->offset = offset;
	e->length = length;
	if (value) {
		int64_t n = length < (int64_t)sizeof e->value ? length : (int64_t)sizeof e->value;
		memcpy(e->value, value, (size_t)n);
	}
}

bool sf_failed(sf_reader *r) { return r->scan->input->error.set; }

bool sf_next_segment(sf_reader *r) {
	if (r->open) {
		sheafTextClose(r->reader);
		r->open = false;
	}
	r->segment = r->scan->next++;
	if (r->segment >= r->text->nsegments)
		return false;
	r->base = r->text->segments[r->segment].start;
	r->reader = sheafTextOpen(r->text->handle, r->segment, &r->base);
	if (!r->reader) {
		sf_fail(r, E_READ, -1, 0, NULL, 0);
		return false;
	}
	r->open = true;
	r->pos = r->len = 0;
	r->eof = false;
	return true;
}

bool sf_refill(sf_reader *r) {
	int64_t rest = r->len - r->pos;
	if (rest > 0 && r->pos > 0)
		memmove(r->buf, r->buf + r->pos, (size_t)rest);
	r->base += r->pos;
	r->pos = 0;
	r->len = rest;
	if (rest > r->cap / 2 || !r->buf) {
		int64_t cap = r->buf ? r->cap * 2 : r->text->buffer;
		if (cap > RECORD_MAX) {
			sf_fail(r, E_LONG, -1, r->base, NULL, 0);
			return false;
		}
		char *more = realloc(r->buf, (size_t)(cap + PAD));
		if (!more) {
			sf_fail(r, E_MEMORY, -1, r->base, NULL, 0);
			return false;
		}
		r->buf = more;
		r->cap = cap;
	}
	int64_t n = sheafTextRead(r->reader, r->buf + r->len, r->cap - r->len);
	if (n < 0) {
		sf_fail(r, E_READ, -1, r->base + r->len, NULL, 0);
		return false;
	}
	r->eof = n == 0;
	r->len += n;
	memset(r->buf + r->len, 0, PAD);
	return true;
}

char *sf_scratch(sf_reader *r, int64_t n) {
	if (n > r->arena_left) {
		int64_t size = n > 1 << 16 ? n : (int64_t)1 << (16 + r->narena / 4); // grows, so that 64 pieces hold any chunk
		if (size < n)
			size = n;
		char *p = r->narena < 64 ? malloc((size_t)size) : NULL;
		if (!p) {
			sf_fail(r, E_MEMORY, -1, r->base + r->pos, NULL, 0);
			return NULL;
		}
		r->arena[r->narena++] = p;
		r->arena_at = p;
		r->arena_left = size;
	}
	char *p = r->arena_at;
	r->arena_at += n;
	r->arena_left -= n;
	return p;
}

void sf_put_path(sf_reader *r, duckdb_vector vec, int64_t n) {
	const sf_segment *s = &r->text->segments[r->segment];
	sf_string *out = duckdb_vector_get_data(vec);
	for (int64_t i = 0; i < n; i++)
		sf_make_string(out + i, s->path, (uint32_t)s->path_len);
}

// sf_utf8 accepts exactly the byte sequences of the Unicode standard's table 3-7.
bool sf_utf8(const char *s, int64_t n) {
	const uint8_t *p = (const uint8_t *)s, *end = p + n;
	while (p < end) {
		if (end - p >= 8) {
			uint64_t w;
			memcpy(&w, p, 8);
			if (!(w & 0x8080808080808080ULL)) {
				p += 8;
				continue;
			}
		}
		uint8_t c = *p++;
		if (c < 0x80)
			continue;
		int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		if (c < 0xc2 || c > 0xf4 || end - p < more)
			return false;
		uint8_t lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
		if (*p < lo || *p > hi)
			return false;
		for (p++; --more; p++)
			if ((*p & 0xc0) != 0x80)
				return false;
	}
	return true;
}
