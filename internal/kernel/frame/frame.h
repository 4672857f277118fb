// What Go and the C side of this package share. All of these structures live in C memory, made by Go for one query and freed by it
// after the query's last chunk; pointers in them to Arrow buffers are pinned for that time.
#ifndef SHEAF_FRAME_H
#define SHEAF_FRAME_H

#include "duckdb_abi.h"

// DuckDB's 16-byte string: up to 12 bytes inline and zero padded, longer ones as prefix and pointer.
typedef union {
	struct {
		uint32_t length;
		char inlined[12];
	};
	struct {
		uint32_t length;
		char prefix[4];
		const char *ptr;
	} ref;
} sf_string;

// How an Arrow array is laid out, and what it becomes.
enum sf_kind {
	SF_NULL = 1,
	SF_BOOL,     // bits to bytes
	SF_COPY,     // width bytes, same on both sides
	SF_STR32,    // utf8 or binary, 32-bit offsets
	SF_STR64,    // the same, 64-bit offsets
	SF_STRVIEW,  // 16-byte views; buf[0] views, child's buf[0]… data buffers in views
	SF_FIXEDBIN, // width bytes to a blob
	SF_SCALE,    // integers of width bytes to out_width bytes, times mul, divided by div (exactly, or it is an error)
	SF_DAYS,     // date64: milliseconds to days
	SF_DECIMAL,  // two's complement of width bytes to out_width bytes
	SF_HALF,     // float16 to float
	SF_LIST32,
	SF_LIST64,
	SF_FIXLIST, // width elements each
	SF_STRUCT,
	SF_DICT,     // index of width bytes (negative: signed) into strings
	SF_DICTANY,  // the same into child[0] of any simple kind
	SF_DURATION, // to interval, by mul and div to microseconds
	SF_MONTHS,   // interval of months
	SF_DAYTIME,  // interval of days and milliseconds
	SF_MDN,      // interval of months, days, nanoseconds
};

typedef struct sf_array {
	int32_t kind, width, out_width;
	int32_t nchild;
	int64_t offset, length, mul, div;
	const uint8_t *valid; // NULL: no nulls
	const void *buf[2];
	const void **views; // SF_STRVIEW: data buffers
	sf_string *strings; // SF_DICT: the dictionary's values
	uint8_t *string_ok; // SF_DICT: which of them are not null; NULL: all
	struct sf_array *child;
} sf_array;

typedef struct {
	int64_t rows, first_morsel;
	sf_array *columns;
} sf_batch;

typedef struct {
	char *name;
	duckdb_logical_type type;
} sf_field;

// What went wrong while a text block was parsed; the first report wins.
typedef struct {
	int32_t code, segment, column;
	int32_t set;
	int64_t offset; // bytes from the beginning of the segment's file (decompressed)
	int64_t length; // of the value
	int64_t expected, seen; // field counts
	char value[128];
} sf_error;

struct sf_text;

enum { SF_ARROW = 1, SF_CSV, SF_JSON };

typedef struct sf_input {
	int32_t kind;
	int64_t nfields, rows; // rows < 0: unknown, about -rows
	sf_field *fields;
	int64_t nbatches, morsels; // SF_ARROW
	sf_batch *batches;
	struct sf_text *text; // SF_CSV, SF_JSON
	sf_error error;
} sf_input;

typedef struct {
	int64_t n;
	char **names;
	sf_input **inputs;
} sf_inputs;

// One scan of an input: which columns, and what has been handed out. Shared by the threads of the query.
typedef struct sf_scan {
	sf_input *input;
	int64_t ncols;
	int64_t *columns; // field index of each output column; -1: none needed (count(*))
	_Atomic int64_t next;
} sf_scan;

// sf_text_* implement SF_CSV and SF_JSON. next fills up to 2048 rows and returns their number, 0 at the end, -1 on error.
void *sf_text_open(sf_scan *scan);
int64_t sf_text_next(void *state, duckdb_data_chunk out);
void sf_text_close(void *state);

// sf_arrow_fill writes n rows of an array from start into a vector at position at. It returns NULL or an error message.
const char *sf_arrow_fill(duckdb_vector vec, const sf_array *a, int64_t start, int64_t n, int64_t at);
void sf_set_validity(duckdb_vector vec, const uint8_t *bits, int64_t bit, int64_t n, int64_t at);

// sf_dictionary makes the table of a dictionary's strings; exactly one of o32 and o64 is not NULL.
void sf_dictionary(sf_string *out, const int32_t *o32, const int64_t *o64, const char *data, int64_t n);

static inline void sf_make_string(sf_string *s, const char *p, uint32_t n) {
	uint64_t *w = (uint64_t *)s;
	w[0] = n;
	w[1] = 0;
	if (n <= 12) {
		__builtin_memcpy(s->inlined, p, n);
	} else {
		__builtin_memcpy(s->ref.prefix, p, 4);
		s->ref.ptr = p;
	}
}

// Databases and queries.
const char *sf_register(duckdb_database db, duckdb_connection con);
duckdb_state sf_prepare(duckdb_connection con, const char *sql, sf_inputs *in, duckdb_prepared_statement *out);
duckdb_state sf_execute(duckdb_prepared_statement statement, sf_inputs *in, duckdb_result *out);

// Results. A tree of sf_out stands for one result column: measured over some chunks, then filled.
enum sf_out_kind {
	SFO_NULL = 1,
	SFO_COPY,    // width bytes
	SFO_BOOL,    // bytes to bits
	SFO_STR32,   // strings and blobs, 32-bit offsets
	SFO_STR64,   // 64-bit offsets
	SFO_FIXEDBIN, // blobs of exactly width bytes
	SFO_SCALE,   // integers of src_width to width bytes, times mul, divided by div rounding down
	SFO_DECIMAL, // two's complement of src_width to width bytes
	SFO_HUGE,    // 128 bits, at most 38 digits
	SFO_HALF,    // float to float16
	SFO_LIST,    // 32-bit offsets, also maps
	SFO_LIST64,  // 64-bit offsets
	SFO_FIXLIST, // lists of exactly width elements
	SFO_STRUCT,
	SFO_INTERVAL, // to months, days, nanoseconds
	SFO_DURATION, // to units by mul and div; months are an error
};

typedef struct sf_out {
	int32_t kind, width, src_width, nchild;
	int64_t mul, div;
	int64_t rows, nulls, bytes; // measured
	int64_t pos, bytepos;       // filled
	uint8_t *valid;             // zeroed; NULL when there are no nulls
	void *data;
	void *offsets;
	struct sf_out *child;
} sf_out;

typedef struct {
	duckdb_data_chunk *chunks;
	int64_t n, rows;
	const char *error; // what the measuring found wrong
	int32_t done;
} sf_chunks;

// sf_fetch takes chunks until there are max_rows rows, a column has about max_bytes bytes, or the result ends; it measures the columns.
// It returns 0, 1 with the error in the result, or 2 with the error in the chunks.
int sf_fetch(duckdb_result *result, sf_chunks *chunks, sf_out **columns, int64_t ncols, int64_t max_rows, int64_t max_bytes);
// sf_fill writes the chunks into the columns' buffers. It returns NULL or an error message.
const char *sf_fill(sf_chunks *chunks, sf_out **columns, int64_t ncols);
void sf_free_chunks(sf_chunks *chunks);

#endif
