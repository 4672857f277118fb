// The part of DuckDB's stable C interface that this package calls, declared by hand: the header of the Go driver's static library is not on
// a cgo include path that another module could name. The symbols come from that library at link time; Open checks that its version is
// the one these declarations were written for.
#ifndef SHEAF_DUCKDB_ABI_H
#define SHEAF_DUCKDB_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t idx_t;
typedef int duckdb_state; // 0 is success
typedef int duckdb_type;
typedef int duckdb_error_type;

#define DUCKDB_OPAQUE(name) typedef struct name##_s { void *p; } *name
DUCKDB_OPAQUE(duckdb_database);
DUCKDB_OPAQUE(duckdb_connection);
DUCKDB_OPAQUE(duckdb_config);
DUCKDB_OPAQUE(duckdb_prepared_statement);
DUCKDB_OPAQUE(duckdb_logical_type);
DUCKDB_OPAQUE(duckdb_data_chunk);
DUCKDB_OPAQUE(duckdb_vector);
DUCKDB_OPAQUE(duckdb_value);
DUCKDB_OPAQUE(duckdb_table_function);
DUCKDB_OPAQUE(duckdb_bind_info);
DUCKDB_OPAQUE(duckdb_init_info);
DUCKDB_OPAQUE(duckdb_function_info);
DUCKDB_OPAQUE(duckdb_replacement_scan_info);

typedef struct {
	idx_t column_count, row_count, rows_changed; // not used since 1.0
	void *columns;
	char *error_message;
	void *internal;
} duckdb_result;

typedef struct {
	uint64_t offset, length;
} duckdb_list_entry;
typedef struct {
	int32_t months, days;
	int64_t micros;
} duckdb_interval;

enum {
	T_BOOLEAN = 1, T_TINYINT, T_SMALLINT, T_INTEGER, T_BIGINT, T_UTINYINT, T_USMALLINT, T_UINTEGER, T_UBIGINT, T_FLOAT, T_DOUBLE,
	T_TIMESTAMP, T_DATE, T_TIME, T_INTERVAL, T_HUGEINT, T_VARCHAR, T_BLOB, T_DECIMAL, T_TIMESTAMP_S, T_TIMESTAMP_MS, T_TIMESTAMP_NS,
	T_ENUM, T_LIST, T_STRUCT, T_MAP, T_UUID, T_UNION, T_BIT, T_TIME_TZ, T_TIMESTAMP_TZ, T_UHUGEINT, T_ARRAY, T_ANY, T_BIGNUM, T_SQLNULL,
	T_STRING_LITERAL, T_INTEGER_LITERAL, T_TIME_NS
};

const char *duckdb_library_version(void);
void duckdb_free(void *ptr);
duckdb_state duckdb_create_config(duckdb_config *out);
duckdb_state duckdb_set_config(duckdb_config config, const char *name, const char *option);
void duckdb_destroy_config(duckdb_config *config);
duckdb_state duckdb_open_ext(const char *path, duckdb_database *out, duckdb_config config, char **error);
void duckdb_close(duckdb_database *database);
duckdb_state duckdb_connect(duckdb_database database, duckdb_connection *out);
void duckdb_disconnect(duckdb_connection *connection);
void duckdb_interrupt(duckdb_connection connection);

duckdb_state duckdb_prepare(duckdb_connection connection, const char *query, duckdb_prepared_statement *out);
const char *duckdb_prepare_error(duckdb_prepared_statement statement);
void duckdb_destroy_prepare(duckdb_prepared_statement *statement);
idx_t duckdb_prepared_statement_column_count(duckdb_prepared_statement statement);
const char *duckdb_prepared_statement_column_name(duckdb_prepared_statement statement, idx_t col);
duckdb_logical_type duckdb_prepared_statement_column_logical_type(duckdb_prepared_statement statement, idx_t col);
duckdb_state duckdb_execute_prepared_streaming(duckdb_prepared_statement statement, duckdb_result *out);
duckdb_state duckdb_execute_prepared(duckdb_prepared_statement statement, duckdb_result *out);
const char *duckdb_result_error(duckdb_result *result);
duckdb_error_type duckdb_result_error_type(duckdb_result *result);
duckdb_data_chunk duckdb_fetch_chunk(duckdb_result result);
void duckdb_destroy_result(duckdb_result *result);

idx_t duckdb_vector_size(void);
duckdb_vector duckdb_data_chunk_get_vector(duckdb_data_chunk chunk, idx_t col);
idx_t duckdb_data_chunk_get_column_count(duckdb_data_chunk chunk);
idx_t duckdb_data_chunk_get_size(duckdb_data_chunk chunk);
void duckdb_data_chunk_set_size(duckdb_data_chunk chunk, idx_t size);
void duckdb_destroy_data_chunk(duckdb_data_chunk *chunk);
void *duckdb_vector_get_data(duckdb_vector vector);
uint64_t *duckdb_vector_get_validity(duckdb_vector vector);
void duckdb_vector_ensure_validity_writable(duckdb_vector vector);
duckdb_vector duckdb_list_vector_get_child(duckdb_vector vector);
idx_t duckdb_list_vector_get_size(duckdb_vector vector);
duckdb_state duckdb_list_vector_set_size(duckdb_vector vector, idx_t size);
duckdb_state duckdb_list_vector_reserve(duckdb_vector vector, idx_t capacity);
duckdb_vector duckdb_struct_vector_get_child(duckdb_vector vector, idx_t index);
duckdb_vector duckdb_array_vector_get_child(duckdb_vector vector);

duckdb_logical_type duckdb_create_logical_type(duckdb_type type);
duckdb_logical_type duckdb_create_decimal_type(uint8_t width, uint8_t scale);
duckdb_logical_type duckdb_create_list_type(duckdb_logical_type child);
duckdb_logical_type duckdb_create_map_type(duckdb_logical_type key, duckdb_logical_type value);
duckdb_logical_type duckdb_create_struct_type(duckdb_logical_type *types, const char **names, idx_t n);
void duckdb_destroy_logical_type(duckdb_logical_type *type);
duckdb_type duckdb_get_type_id(duckdb_logical_type type);
uint8_t duckdb_decimal_width(duckdb_logical_type type);
uint8_t duckdb_decimal_scale(duckdb_logical_type type);
duckdb_logical_type duckdb_list_type_child_type(duckdb_logical_type type);
duckdb_logical_type duckdb_array_type_child_type(duckdb_logical_type type);
idx_t duckdb_array_type_array_size(duckdb_logical_type type);
duckdb_logical_type duckdb_map_type_key_type(duckdb_logical_type type);
duckdb_logical_type duckdb_map_type_value_type(duckdb_logical_type type);
idx_t duckdb_struct_type_child_count(duckdb_logical_type type);
char *duckdb_struct_type_child_name(duckdb_logical_type type, idx_t index);
duckdb_logical_type duckdb_struct_type_child_type(duckdb_logical_type type, idx_t index);

duckdb_table_function duckdb_create_table_function(void);
void duckdb_destroy_table_function(duckdb_table_function *function);
void duckdb_table_function_set_name(duckdb_table_function function, const char *name);
void duckdb_table_function_add_parameter(duckdb_table_function function, duckdb_logical_type type);
void duckdb_table_function_set_bind(duckdb_table_function function, void (*bind)(duckdb_bind_info));
void duckdb_table_function_set_init(duckdb_table_function function, void (*init)(duckdb_init_info));
void duckdb_table_function_set_local_init(duckdb_table_function function, void (*init)(duckdb_init_info));
void duckdb_table_function_set_function(duckdb_table_function function, void (*scan)(duckdb_function_info, duckdb_data_chunk));
void duckdb_table_function_supports_projection_pushdown(duckdb_table_function function, bool pushdown);
duckdb_state duckdb_register_table_function(duckdb_connection connection, duckdb_table_function function);
void duckdb_bind_add_result_column(duckdb_bind_info info, const char *name, duckdb_logical_type type);
duckdb_value duckdb_bind_get_parameter(duckdb_bind_info info, idx_t index);
void duckdb_bind_set_bind_data(duckdb_bind_info info, void *data, void (*destroy)(void *));
void duckdb_bind_set_cardinality(duckdb_bind_info info, idx_t cardinality, bool exact);
void duckdb_bind_set_error(duckdb_bind_info info, const char *error);
void *duckdb_init_get_bind_data(duckdb_init_info info);
void duckdb_init_set_init_data(duckdb_init_info info, void *data, void (*destroy)(void *));
idx_t duckdb_init_get_column_count(duckdb_init_info info);
idx_t duckdb_init_get_column_index(duckdb_init_info info, idx_t column);
void duckdb_init_set_max_threads(duckdb_init_info info, idx_t threads);
void duckdb_init_set_error(duckdb_init_info info, const char *error);
void *duckdb_function_get_init_data(duckdb_function_info info);
void *duckdb_function_get_local_init_data(duckdb_function_info info);
void duckdb_function_set_error(duckdb_function_info info, const char *error);

void duckdb_add_replacement_scan(duckdb_database database, void (*scan)(duckdb_replacement_scan_info, const char *, void *), void *data,
                                 void (*destroy)(void *));
void duckdb_replacement_scan_set_function_name(duckdb_replacement_scan_info info, const char *name);
void duckdb_replacement_scan_add_parameter(duckdb_replacement_scan_info info, duckdb_value parameter);
duckdb_value duckdb_create_uint64(uint64_t value);
uint64_t duckdb_get_uint64(duckdb_value value);
void duckdb_destroy_value(duckdb_value *value);

#endif
