// DuckDB result chunks into Arrow buffers. The columns of some hundred chunks are measured first, so that Go can allocate every buffer
// once at its final size, and then filled.
#include <stdlib.h>
#include <string.h>

#include "frame.h"

static inline bool ok(const uint64_t *mask, int64_t i) { return !mask || (mask[i >> 6] >> (i & 63) & 1); }

static int64_t count_nulls(const uint64_t *mask, int64_t off, int64_t n) {
	if (!mask)
		return 0;
	int64_t nulls = 0, i = off, end = off + n;
	for (; i < end && i % 64; i++)
		nulls += !ok(mask, i);
	for (; i + 64 <= end; i += 64)
		nulls += 64 - __builtin_popcountll(mask[i >> 6]);
	for (; i < end; i++)
		nulls += !ok(mask, i);
	return nulls;
}

// A run over list rows visits their elements as few contiguous ranges of the child vector.
typedef const char *(*range_fn)(sf_out *node, duckdb_vector vec, int64_t off, int64_t n);

static const char *list_ranges(sf_out *child, duckdb_vector vec, const uint64_t *mask, int64_t off, int64_t n, range_fn visit) {
	const duckdb_list_entry *e = duckdb_vector_get_data(vec);
	int64_t from = 0, to = 0;
	for (int64_t i = off; i < off + n; i++) {
		if (!ok(mask, i) || e[i].length == 0)
			continue;
		if ((int64_t)e[i].offset != to) {
			const char *err = to > from ? visit(child, duckdb_list_vector_get_child(vec), from, to - from) : NULL;
			if (err)
				return err;
			from = (int64_t)e[i].offset;
		}
		to = (int64_t)(e[i].offset + e[i].length);
	}
	return to > from ? visit(child, duckdb_list_vector_get_child(vec), from, to - from) : NULL;
}

// pad measures or fills n nulls: the elements below a null fixed-size list.
static void pad_measure(sf_out *node, int64_t n) {
	node->rows += n;
	node->nulls += n;
	if (node->kind == SFO_STRUCT)
		for (int32_t c = 0; c < node->nchild; c++)
			pad_measure(&node->child[c], n);
	if (node->kind == SFO_FIXLIST)
		pad_measure(node->child, n * node->width);
}

static const char *measure(sf_out *node, duckdb_vector vec, int64_t off, int64_t n) {
	if (n == 0)
		return NULL;
	const uint64_t *mask = duckdb_vector_get_validity(vec);
	node->rows += n;
	node->nulls += node->kind == SFO_NULL ? n : count_nulls(mask, off, n);
	switch (node->kind) {
	case SFO_STR32:
	case SFO_STR64: {
		const sf_string *s = duckdb_vector_get_data(vec);
		int64_t bytes = 0;
		if (!mask)
			for (int64_t i = off; i < off + n; i++)
				bytes += s[i].length;
		else
			for (int64_t i = off; i < off + n; i++)
				bytes += ok(mask, i) ? s[i].length : 0;
		node->bytes += bytes;
		return NULL;
	}
	case SFO_LIST:
	case SFO_LIST64:
		return list_ranges(node->child, vec, mask, off, n, measure);
	case SFO_FIXLIST: {
		const duckdb_list_entry *e = duckdb_vector_get_data(vec);
		for (int64_t i = off; i < off + n; i++) {
			if (!ok(mask, i)) {
				pad_measure(node->child, node->width);
				continue;
			}
			if ((int64_t)e[i].length != node->width)
				return "a list does not have the length of the wanted fixed-size list";
			const char *err = measure(node->child, duckdb_list_vector_get_child(vec), (int64_t)e[i].offset, node->width);
			if (err)
				return err;
		}
		return NULL;
	}
	case SFO_STRUCT:
		for (int32_t c = 0; c < node->nchild; c++) {
			const char *err = measure(&node->child[c], duckdb_struct_vector_get_child(vec, (idx_t)c), off, n);
			if (err)
				return err;
		}
		return NULL;
	}
	return NULL;
}

// widest is the largest number of string bytes or list elements below a node, which 32-bit offsets must be able to count.
static int64_t widest(const sf_out *node) {
	int64_t w = node->bytes > node->rows ? node->bytes : node->rows;
	for (int32_t c = 0; c < node->nchild; c++) {
		int64_t v = widest(&node->child[c]);
		w = v > w ? v : w;
	}
	return w;
}

int sf_fetch(duckdb_result *result, sf_chunks *chunks, sf_out **columns, int64_t ncols, int64_t max_rows, int64_t max_bytes) {
	int64_t cap = 0;
	while (chunks->rows < max_rows) {
		duckdb_data_chunk chunk = duckdb_fetch_chunk(*result);
		if (!chunk) {
			chunks->done = 1;
			const char *err = duckdb_result_error(result);
			return err && *err ? 1 : 0;
		}
		if (chunks->n == cap) {
			cap = cap ? cap * 2 : 16;
			duckdb_data_chunk *more = realloc(chunks->chunks, (size_t)cap * sizeof *more);
			if (!more) {
				duckdb_destroy_data_chunk(&chunk);
				chunks->error = "out of memory";
				return 2;
			}
			chunks->chunks = more;
		}
		int64_t n = (int64_t)duckdb_data_chunk_get_size(chunk), widths = 0;
		chunks->chunks[chunks->n++] = chunk;
		chunks->rows += n;
		for (int64_t c = 0; c < ncols; c++) {
			if ((chunks->error = measure(columns[c], duckdb_data_chunk_get_vector(chunk, (idx_t)c), 0, n)))
				return 2;
			int64_t w = widest(columns[c]);
			widths = w > widths ? w : widths;
		}
		if (widths > max_bytes)
			break;
	}
	return 0;
}

void sf_free_chunks(sf_chunks *chunks) {
	for (int64_t i = 0; i < chunks->n; i++)
		duckdb_destroy_data_chunk(&chunks->chunks[i]);
	free(chunks->chunks);
	memset(chunks, 0, sizeof *chunks);
}

static void put_validity(sf_out *node, const uint64_t *mask, int64_t off, int64_t n) {
	if (!node->valid)
		return;
	int64_t i = 0, pos = node->pos;
	if (pos % 8 == 0 && off % 64 == 0)
		for (; i + 64 <= n; i += 64) {
			uint64_t w = mask ? mask[(off + i) >> 6] : ~0ULL;
			memcpy(node->valid + ((pos + i) >> 3), &w, 8);
		}
	for (; i < n; i++)
		if (ok(mask, off + i))
			node->valid[(pos + i) >> 3] |= (uint8_t)(1 << ((pos + i) & 7));
}

static void put_offset(sf_out *node, int64_t i, int64_t v) {
	if (node->kind == SFO_STR64 || node->kind == SFO_LIST64)
		((int64_t *)node->offsets)[i] = v;
	else
		((int32_t *)node->offsets)[i] = (int32_t)v;
}

static void fill_strings(sf_out *node, duckdb_vector vec, const uint64_t *mask, int64_t off, int64_t n) {
	const sf_string *s = duckdb_vector_get_data(vec);
	char *data = node->data;
	int64_t at = node->bytepos;
	for (int64_t i = 0; i < n; i++) {
		if (ok(mask, off + i)) {
			const sf_string *v = &s[off + i];
			if (v->length <= 12 && at + 12 <= node->bytes)
				memcpy(data + at, v->inlined, 12); // what is too much is overwritten by the next string
			else
				memcpy(data + at, v->length <= 12 ? v->inlined : v->ref.ptr, v->length);
			at += v->length;
		}
		put_offset(node, node->pos + i + 1, at);
	}
	node->bytepos = at;
}

static int64_t read_int(const void *p, int32_t width, int64_t i) {
	switch (width) {
	case 1:
		return ((const int8_t *)p)[i];
	case 2:
		return ((const int16_t *)p)[i];
	case 4:
		return ((const int32_t *)p)[i];
	}
	return ((const int64_t *)p)[i];
}

static const char *fill_scale(sf_out *node, const void *src, const uint64_t *mask, int64_t off, int64_t n) {
	for (int64_t i = 0; i < n; i++) {
		if (!ok(mask, off + i))
			continue;
		int64_t v;
		if (node->kind == SFO_DURATION) {
			const duckdb_interval *d = (const duckdb_interval *)src + off + i;
			if (d->months)
				return "an interval of months has no fixed duration";
			if (__builtin_mul_overflow((int64_t)d->days, (int64_t)86400000000, &v) || __builtin_add_overflow(v, d->micros, &v))
				return "an interval does not fit a duration";
		} else {
			v = read_int(src, node->src_width, off + i);
		}
		if (__builtin_mul_overflow(v, node->mul, &v))
			return "a time does not fit the wanted unit";
		int64_t q = v / node->div;
		if (v % node->div < 0)
			q--;
		if (node->width == 4)
			((int32_t *)node->data)[node->pos + i] = (int32_t)q;
		else
			((int64_t *)node->data)[node->pos + i] = q;
	}
	return NULL;
}

static const char *fill_decimal(sf_out *node, const char *src, const uint64_t *mask, int64_t off, int64_t n) {
	const __int128 max = (__int128)1000000000000000000LL * 1000000000000000000LL * 100 - 1; // 38 nines
	for (int64_t i = 0; i < n; i++) {
		if (!ok(mask, off + i))
			continue;
		const char *p = src + (off + i) * node->src_width;
		char *q = (char *)node->data + (node->pos + i) * node->width;
		if (node->kind == SFO_HUGE) {
			__int128 v;
			memcpy(&v, p, 16);
			if (v > max || v < -max)
				return "a 128-bit integer has more than 38 digits";
		}
		memcpy(q, p, (size_t)(node->src_width < node->width ? node->src_width : node->width));
		if (node->width > node->src_width)
			memset(q + node->src_width, p[node->src_width - 1] < 0 ? 0xff : 0, (size_t)(node->width - node->src_width));
	}
	return NULL;
}

static uint16_t float_to_half(float f) {
	uint32_t x;
	memcpy(&x, &f, 4);
	uint32_t sign = x >> 16 & 0x8000, mag = x & 0x7fffffff;
	if (mag > 0x7f800000)
		return (uint16_t)(sign | 0x7e00);
	if (mag >= 0x477ff000) // rounds to 65536 or is more
		return (uint16_t)(sign | 0x7c00);
	if (mag < 0x38800000) { // subnormal in half: round to a multiple of 2^-24
		float r = __builtin_fabsf(f) * 0x1p24f;
		uint32_t k = (uint32_t)r;
		float rest = r - (float)k;
		k += rest > 0.5f || (rest == 0.5f && (k & 1));
		return (uint16_t)(sign | k);
	}
	uint32_t base = mag - 0x38000000, up = (base >> 13 & 1) + 0xfff;
	return (uint16_t)(sign | (base + up) >> 13);
}

static void pad_fill(sf_out *node, int64_t n) {
	if (node->kind == SFO_STRUCT)
		for (int32_t c = 0; c < node->nchild; c++)
			pad_fill(&node->child[c], n);
	if (node->kind == SFO_FIXLIST)
		pad_fill(node->child, n * node->width);
	if (node->kind == SFO_STR32 || node->kind == SFO_STR64)
		for (int64_t i = 0; i < n; i++)
			put_offset(node, node->pos + i + 1, node->bytepos);
	if (node->kind == SFO_LIST || node->kind == SFO_LIST64)
		for (int64_t i = 0; i < n; i++)
			put_offset(node, node->pos + i + 1, node->child->pos);
	node->pos += n;
}

static const char *fill(sf_out *node, duckdb_vector vec, int64_t off, int64_t n);

static const char *fill_list(sf_out *node, duckdb_vector vec, const uint64_t *mask, int64_t off, int64_t n) {
	const duckdb_list_entry *e = duckdb_vector_get_data(vec);
	if (node->kind == SFO_FIXLIST) {
		for (int64_t i = off; i < off + n; i++) {
			if (!ok(mask, i)) {
				pad_fill(node->child, node->width);
				continue;
			}
			const char *err = fill(node->child, duckdb_list_vector_get_child(vec), (int64_t)e[i].offset, node->width);
			if (err)
				return err;
		}
		return NULL;
	}
	int64_t at = node->child->pos;
	for (int64_t i = 0; i < n; i++) {
		if (ok(mask, off + i))
			at += (int64_t)e[off + i].length;
		put_offset(node, node->pos + i + 1, at);
	}
	return list_ranges(node->child, vec, mask, off, n, fill);
}

static const char *fill_values(sf_out *node, duckdb_vector vec, const uint64_t *mask, int64_t off, int64_t n) {
	const char *src = duckdb_vector_get_data(vec);
	switch (node->kind) {
	case SFO_NULL:
		return NULL;
	case SFO_COPY:
		memcpy((char *)node->data + node->pos * node->width, src + off * node->width, (size_t)(n * node->width));
		return NULL;
	case SFO_BOOL:
		for (int64_t i = 0; i < n; i++)
			if (ok(mask, off + i) && src[off + i])
				((uint8_t *)node->data)[(node->pos + i) >> 3] |= (uint8_t)(1 << ((node->pos + i) & 7));
		return NULL;
	case SFO_STR32:
	case SFO_STR64:
		fill_strings(node, vec, mask, off, n);
		return NULL;
	case SFO_FIXEDBIN:
		for (int64_t i = 0; i < n; i++) {
			const sf_string *v = (const sf_string *)src + off + i;
			if (!ok(mask, off + i))
				continue;
			if ((int32_t)v->length != node->width)
				return "a blob does not have the length of the wanted fixed-size binary";
			memcpy((char *)node->data + (node->pos + i) * node->width, v->length <= 12 ? v->inlined : v->ref.ptr, v->length);
		}
		return NULL;
	case SFO_SCALE:
	case SFO_DURATION:
		return fill_scale(node, src, mask, off, n);
	case SFO_DECIMAL:
	case SFO_HUGE:
		return fill_decimal(node, src, mask, off, n);
	case SFO_HALF:
		for (int64_t i = 0; i < n; i++)
			((uint16_t *)node->data)[node->pos + i] = float_to_half(((const float *)src)[off + i]);
		return NULL;
	case SFO_INTERVAL:
		for (int64_t i = 0; i < n; i++) {
			const duckdb_interval *d = (const duckdb_interval *)src + off + i;
			int64_t nanos = 0;
			if (!ok(mask, off + i))
				continue;
			if (__builtin_mul_overflow(d->micros, (int64_t)1000, &nanos))
				return "an interval does not fit nanoseconds";
			char *q = (char *)node->data + (node->pos + i) * 16;
			memcpy(q, &d->months, 4);
			memcpy(q + 4, &d->days, 4);
			memcpy(q + 8, &nanos, 8);
		}
		return NULL;
	case SFO_LIST:
	case SFO_LIST64:
	case SFO_FIXLIST:
		return fill_list(node, vec, mask, off, n);
	case SFO_STRUCT:
		for (int32_t c = 0; c < node->nchild; c++) {
			const char *err = fill(&node->child[c], duckdb_struct_vector_get_child(vec, (idx_t)c), off, n);
			if (err)
				return err;
		}
		return NULL;
	}
	return "a result layout is unknown";
}

static const char *fill(sf_out *node, duckdb_vector vec, int64_t off, int64_t n) {
	if (n == 0)
		return NULL;
	const uint64_t *mask = duckdb_vector_get_validity(vec);
	put_validity(node, mask, off, n);
	const char *err = fill_values(node, vec, mask, off, n);
	node->pos += n;
	return err;
}

const char *sf_fill(sf_chunks *chunks, sf_out **columns, int64_t ncols) {
	for (int64_t k = 0; k < chunks->n; k++) {
		int64_t n = (int64_t)duckdb_data_chunk_get_size(chunks->chunks[k]);
		for (int64_t c = 0; c < ncols; c++) {
			const char *err = fill(columns[c], duckdb_data_chunk_get_vector(chunks->chunks[k], (idx_t)c), 0, n);
			if (err)
				return err;
		}
	}
	return NULL;
}
