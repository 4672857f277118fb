// The one table function through which DuckDB reads Arrow batches and text blocks, and the replacement scan which finds it by table name.
#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { MORSEL_ROWS = 2048 * 60, VECTOR_ROWS = 2048 };

// The tables of the query that this thread is binding. Binding happens inside sf_prepare and sf_execute, on the calling thread.
static _Thread_local sf_inputs *current;

static void replace(duckdb_replacement_scan_info info, const char *name, void *data) {
	(void)data;
	if (!current)
		return;
	for (int64_t i = 0; i < current->n; i++) {
		if (strcmp(current->names[i], name) == 0) {
			duckdb_value v = duckdb_create_uint64((uint64_t)i);
			duckdb_replacement_scan_set_function_name(info, "sheaf_scan");
			duckdb_replacement_scan_add_parameter(info, v);
			duckdb_destroy_value(&v);
			return;
		}
	}
}

static void bind(duckdb_bind_info info) {
	duckdb_value v = duckdb_bind_get_parameter(info, 0);
	uint64_t i = duckdb_get_uint64(v);
	duckdb_destroy_value(&v);
	if (!current || i >= (uint64_t)current->n) {
		duckdb_bind_set_error(info, "sheaf_scan is for the query's own tables only");
		return;
	}
	sf_input *in = current->inputs[i];
	for (int64_t f = 0; f < in->nfields; f++)
		duckdb_bind_add_result_column(info, in->fields[f].name, in->fields[f].type);
	duckdb_bind_set_cardinality(info, (idx_t)(in->rows < 0 ? -in->rows : in->rows), in->rows >= 0);
	duckdb_bind_set_bind_data(info, in, NULL);
}

static void free_scan(void *p) {
	sf_scan *s = p;
	free(s->columns);
	free(s);
}

static void init(duckdb_init_info info) {
	sf_scan *s = calloc(1, sizeof *s);
	if (!s) {
		duckdb_init_set_error(info, "out of memory");
		return;
	}
	s->input = duckdb_init_get_bind_data(info);
	s->ncols = (int64_t)duckdb_init_get_column_count(info);
	s->columns = calloc((size_t)(s->ncols ? s->ncols : 1), sizeof *s->columns);
	if (!s->columns) {
		free(s);
		duckdb_init_set_error(info, "out of memory");
		return;
	}
	for (int64_t c = 0; c < s->ncols; c++) {
		idx_t f = duckdb_init_get_column_index(info, (idx_t)c);
		s->columns[c] = f < (idx_t)s->input->nfields ? (int64_t)f : -1;
	}
	int64_t units = s->input->morsels;
	duckdb_init_set_max_threads(info, units > 0 ? (idx_t)units : 1);
	duckdb_init_set_init_data(info, s, free_scan);
}

// What one thread works on. The shared scan is found through the function info at the first call, as init_local cannot see it.
typedef struct {
	void *text;
	int64_t batch, row, end;
} local;

static void free_local(void *p) {
	local *l = p;
	if (l->text)
		sf_text_close(l->text);
	free(l);
}

static void init_local(duckdb_init_info info) {
	local *l = calloc(1, sizeof *l);
	if (!l) {
		duckdb_init_set_error(info, "out of memory");
		return;
	}
	duckdb_init_set_init_data(info, l, free_local);
}

// take claims the next morsel for l; false at the end.
static bool take(sf_scan *s, local *l) {
	sf_input *in = s->input;
	int64_t m = s->next++;
	if (m >= in->morsels)
		return false;
	int64_t lo = 0, hi = in->nbatches - 1;
	while (lo < hi) { // the last batch whose first morsel is not behind m
		int64_t mid = (lo + hi + 1) / 2;
		if (in->batches[mid].first_morsel <= m)
			lo = mid;
		else
			hi = mid - 1;
	}
	l->batch = lo;
	l->row = (m - in->batches[lo].first_morsel) * MORSEL_ROWS;
	l->end = l->row + MORSEL_ROWS;
	if (l->end > in->batches[lo].rows)
		l->end = in->batches[lo].rows;
	return true;
}

static void scan_arrow(duckdb_function_info info, sf_scan *s, local *l, duckdb_data_chunk out) {
	while (l->row >= l->end)
		if (!take(s, l)) {
			duckdb_data_chunk_set_size(out, 0);
			return;
		}
	int64_t n = l->end - l->row < VECTOR_ROWS ? l->end - l->row : VECTOR_ROWS;
	for (int64_t c = 0; c < s->ncols; c++) {
		if (s->columns[c] < 0)
			continue;
		const char *err = sf_arrow_fill(duckdb_data_chunk_get_vector(out, (idx_t)c), &s->input->batches[l->batch].columns[s->columns[c]],
		                                l->row, n, 0);
		if (err) {
			duckdb_function_set_error(info, err);
			return;
		}
	}
	l->row += n;
	duckdb_data_chunk_set_size(out, (idx_t)n);
}

static void scan(duckdb_function_info info, duckdb_data_chunk out) {
	sf_scan *s = duckdb_function_get_init_data(info);
	local *l = duckdb_function_get_local_init_data(info);
	if (s->input->kind == SF_ARROW) {
		scan_arrow(info, s, l, out);
		return;
	}
	if (!l->text && !(l->text = sf_text_open(s))) {
		duckdb_function_set_error(info, "out of memory");
		return;
	}
	int64_t n = sf_text_next(l->text, out);
	if (n < 0) {
		duckdb_function_set_error(info, "sheaf: a text block could not be read"); // Go puts the real message in its place
		return;
	}
	duckdb_data_chunk_set_size(out, (idx_t)n);
}

const char *sf_register(duckdb_database db, duckdb_connection con) {
	duckdb_table_function f = duckdb_create_table_function();
	duckdb_logical_type u64 = duckdb_create_logical_type(T_UBIGINT);
	duckdb_table_function_set_name(f, "sheaf_scan");
	duckdb_table_function_add_parameter(f, u64);
	duckdb_destroy_logical_type(&u64);
	duckdb_table_function_set_bind(f, bind);
	duckdb_table_function_set_init(f, init);
	duckdb_table_function_set_local_init(f, init_local);
	duckdb_table_function_set_function(f, scan);
	duckdb_table_function_supports_projection_pushdown(f, true);
	duckdb_state st = duckdb_register_table_function(con, f);
	duckdb_destroy_table_function(&f);
	if (st)
		return "cannot register the table function";
	if (duckdb_vector_size() != VECTOR_ROWS)
		return "this DuckDB was built with another vector size";
	duckdb_add_replacement_scan(db, replace, NULL, NULL);
	return NULL;
}

duckdb_state sf_prepare(duckdb_connection con, const char *sql, sf_inputs *in, duckdb_prepared_statement *out) {
	current = in;
	duckdb_state st = duckdb_prepare(con, sql, out);
	current = NULL;
	return st;
}

duckdb_state sf_execute(duckdb_prepared_statement statement, sf_inputs *in, duckdb_result *out) {
	current = in;
	duckdb_state st = duckdb_execute_prepared_streaming(statement, out);
	current = NULL;
	return st;
}
