// Text blocks (CSV, JSON lines) parsed straight into DuckDB vectors.
#ifndef SHEAF_TEXT_H
#define SHEAF_TEXT_H

#include "frame.h"

// What a value is parsed into.
enum sf_value_kind {
	V_STR = 1,
	V_BOOL,
	V_INT,  // width bytes, signed
	V_UINT, // width bytes
	V_F32,
	V_F64,
	V_DATE,
	V_TIME,
	V_TS,   // digits: 0, 3, 6 or 9 of the second
	V_TSTZ, // microseconds since 1970 UTC
	V_DECIMAL, // width bytes, precision and scale
	V_LIST,   // JSON only
	V_STRUCT, // JSON only
	V_NULL,   // JSON only: nothing but null
};

typedef struct sf_value {
	int32_t kind, width, digits, precision, scale;
	int32_t nchild;
	struct sf_value *child;
	char **names; // V_STRUCT
	int32_t *name_len;
} sf_value;

typedef struct {
	int64_t start; // offset in the file of the first byte, decompressed
	const char *path;
	int32_t path_len;
} sf_segment;

typedef struct sf_text {
	uintptr_t handle; // of the Go side, which reads the bytes
	int64_t nsegments;
	sf_segment *segments;
	int32_t ncols;      // columns of the file
	sf_value *columns;  // their types; for JSON the members of a record
	char **names;       // JSON
	int32_t *name_len;  // JSON
	int32_t path_column; // field index of the path column, -1: none
	uint8_t comma, quote, comment, no_quotes;
	int32_t nnulls, numeric_nulls; // texts that mean null; numeric_nulls: one of them could be read as a number
	char **nulls;
	int32_t *null_len;
	uint64_t null_lens;      // bit n: a null text has n bytes
	uint8_t null_first[256]; // by first byte
	int64_t buffer; // bytes of a thread's read buffer
} sf_text;

enum {
	E_TYPE = 1,   // value is not of its column's type
	E_FIELDS,     // more fields than columns
	E_QUOTE_OPEN, // the file ends inside quotes
	E_QUOTE_END,  // text after a closing quote
	E_UTF8,
	E_READ,   // Go has the reason
	E_MEMORY,
	E_LONG,   // a record does not fit a gigabyte
	E_JSON,   // malformed
	E_JSON_TYPE, // value of another JSON type
	E_RANGE,  // a number that does not fit
};

// Implemented in Go.
extern uintptr_t sheafTextOpen(uintptr_t handle, int64_t segment, int64_t *start);
extern int64_t sheafTextRead(uintptr_t reader, char *buf, int64_t n);
extern void sheafTextClose(uintptr_t reader);

// The read buffer of one thread: bytes [pos, len) are unparsed; base is the file offset of buf[0]. 64 bytes behind len may be read.
typedef struct {
	sf_scan *scan;
	sf_text *text;
	char *buf;
	int64_t cap, len, pos, base;
	int64_t segment;
	uintptr_t reader;
	bool open, eof;
	void *arena[64]; // strings that had escapes, of the current chunk
	int32_t narena;
	int64_t arena_left;
	char *arena_at;
} sf_reader;

void sf_fail(sf_reader *r, int code, int32_t column, int64_t offset, const char *value, int64_t length);
bool sf_next_segment(sf_reader *r); // false at the end or on error
bool sf_refill(sf_reader *r);       // reads more behind [pos, len); false on error
char *sf_scratch(sf_reader *r, int64_t n);
bool sf_failed(sf_reader *r);
bool sf_utf8(const char *p, int64_t n);
void sf_put_path(sf_reader *r, duckdb_vector vec, int64_t n);

void *csv_open(sf_scan *scan);
int64_t csv_next(void *state, duckdb_data_chunk out);
void csv_close(void *state);
void *json_open(sf_scan *scan);
int64_t json_next(void *state, duckdb_data_chunk out);
void json_close(void *state);

// sf_store parses p[0, n) as v and writes it at row i. It returns 0, E_TYPE or E_RANGE. Not for V_STR, V_LIST, V_STRUCT.
int sf_store(const sf_value *v, void *data, int64_t i, const char *p, int64_t n);
int sf_parse_double(const char *p, int64_t n, double *out);
int sf_parse_int(const char *p, int64_t n, int64_t *out);

#endif
