package frame

// #include <stdlib.h>
// #include "frame.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

// flat gives the DuckDB type that holds values of an Arrow type without children.
func flat(dt arrow.DataType) (C.duckdb_type, string) {
	switch dt.ID() {
	case arrow.NULL:
		return C.T_SQLNULL, `"NULL"`
	case arrow.BOOL:
		return C.T_BOOLEAN, "BOOLEAN"
	case arrow.INT8:
		return C.T_TINYINT, "TINYINT"
	case arrow.INT16:
		return C.T_SMALLINT, "SMALLINT"
	case arrow.INT32:
		return C.T_INTEGER, "INTEGER"
	case arrow.INT64:
		return C.T_BIGINT, "BIGINT"
	case arrow.UINT8:
		return C.T_UTINYINT, "UTINYINT"
	case arrow.UINT16:
		return C.T_USMALLINT, "USMALLINT"
	case arrow.UINT32:
		return C.T_UINTEGER, "UINTEGER"
	case arrow.UINT64:
		return C.T_UBIGINT, "UBIGINT"
	case arrow.FLOAT16, arrow.FLOAT32:
		return C.T_FLOAT, "FLOAT"
	case arrow.FLOAT64:
		return C.T_DOUBLE, "DOUBLE"
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return C.T_VARCHAR, "VARCHAR"
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return C.T_BLOB, "BLOB"
	case arrow.DATE32, arrow.DATE64:
		return C.T_DATE, "DATE"
	case arrow.TIME32, arrow.TIME64:
		return C.T_TIME, "TIME"
	case arrow.TIMESTAMP:
		return flatTimestamp(dt.(*arrow.TimestampType))
	case arrow.DURATION, arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO:
		return C.T_INTERVAL, "INTERVAL"
	}
	return 0, ""
}

func flatTimestamp(t *arrow.TimestampType) (C.duckdb_type, string) {
	if t.TimeZone != "" {
		return C.T_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"
	}
	switch t.Unit {
	case arrow.Second:
		return C.T_TIMESTAMP_S, "TIMESTAMP_S"
	case arrow.Millisecond:
		return C.T_TIMESTAMP_MS, "TIMESTAMP_MS"
	case arrow.Nanosecond:
		return C.T_TIMESTAMP_NS, "TIMESTAMP_NS"
	}
	return C.T_TIMESTAMP, "TIMESTAMP"
}

// decimalDigits is the precision and scale of a decimal DuckDB can hold.
func decimalDigits(dt arrow.DataType) (precision, scale int32, ok bool) {
	d, isDecimal := dt.(arrow.DecimalType)
	if !isDecimal || d.GetPrecision() > 38 || d.GetScale() < 0 || dt.ID() == arrow.DECIMAL256 {
		return 0, 0, false
	}
	return d.GetPrecision(), d.GetScale(), true
}

// decimalBytes is how wide DuckDB stores a decimal of that precision.
func decimalBytes(precision int32) int32 {
	switch {
	case precision <= 4:
		return 2
	case precision <= 9:
		return 4
	case precision <= 18:
		return 8
	}
	return 16
}

// SQLType spells the DuckDB type in which values of an Arrow type are computed: dictionaries as their values, dates of 64 bits as DATE,
// timestamps with a zone as TIMESTAMP WITH TIME ZONE. A type that DuckDB has no counterpart for is an error.
func SQLType(dt arrow.DataType) (string, error) {
	if _, name := flat(dt); name != "" {
		return name, nil
	}
	if p, s, ok := decimalDigits(dt); ok {
		return fmt.Sprintf("DECIMAL(%d,%d)", p, s), nil
	}
	switch t := dt.(type) {
	case *arrow.DictionaryType:
		return SQLType(t.ValueType)
	case arrow.ExtensionType:
		return SQLType(t.StorageType())
	case *arrow.StructType:
		parts := make([]string, t.NumFields())
		for i, f := range t.Fields() {
			s, err := SQLType(f.Type)
			if err != nil {
				return "", err
			}
			parts[i] = Quote(f.Name) + " " + s
		}
		if len(parts) > 0 {
			return "STRUCT(" + strings.Join(parts, ", ") + ")", nil
		}
	case *arrow.MapType:
		k, err := SQLType(t.KeyType())
		if err != nil {
			return "", err
		}
		v, err := SQLType(t.ItemType())
		return "MAP(" + k + ", " + v + ")", err
	case arrow.ListLikeType:
		s, err := SQLType(t.Elem())
		return s + "[]", err
	}
	return "", fmt.Errorf("frame: the type %v has no DuckDB counterpart", dt)
}

// Quote writes a column or table name so that SQL takes it literally.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Literal writes a string as an SQL constant.
func Literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// logicalType builds the DuckDB type of an Arrow type, owned by the arena.
func (a *arena) logicalType(dt arrow.DataType) (C.duckdb_logical_type, error) {
	if id, _ := flat(dt); id != 0 {
		return a.own(C.duckdb_create_logical_type(id)), nil
	}
	if p, s, ok := decimalDigits(dt); ok {
		return a.own(C.duckdb_create_decimal_type(C.uint8_t(p), C.uint8_t(s))), nil
	}
	switch t := dt.(type) {
	case *arrow.DictionaryType:
		return a.logicalType(t.ValueType)
	case arrow.ExtensionType:
		return a.logicalType(t.StorageType())
	case *arrow.StructType:
		if t.NumFields() == 0 {
			break
		}
		types := slice[C.duckdb_logical_type](a, t.NumFields())
		names := slice[*C.char](a, t.NumFields())
		for i, f := range t.Fields() {
			c, err := a.logicalType(f.Type)
			if err != nil {
				return nil, err
			}
			types[i], names[i] = c, a.str(f.Name)
		}
		return a.own(C.duckdb_create_struct_type(&types[0], &names[0], C.idx_t(len(types)))), nil
	case *arrow.MapType:
		k, err := a.logicalType(t.KeyType())
		if err != nil {
			return nil, err
		}
		v, err := a.logicalType(t.ItemType())
		if err != nil {
			return nil, err
		}
		return a.own(C.duckdb_create_map_type(k, v)), nil
	case arrow.ListLikeType:
		c, err := a.logicalType(t.Elem())
		if err != nil {
			return nil, err
		}
		return a.own(C.duckdb_create_list_type(c)), nil
	}
	return nil, fmt.Errorf("frame: the type %v has no DuckDB counterpart", dt)
}

// natural is the Arrow type in which a DuckDB result column comes back when nothing else is wanted. The second result says that the column
// must first be cast to VARCHAR: DuckDB's own types without an Arrow layout here (UUID, ENUM, BIT, …).
func natural(t C.duckdb_logical_type) (dt arrow.DataType, asText bool) {
	switch C.duckdb_get_type_id(t) {
	case C.T_SQLNULL:
		return arrow.Null, false
	case C.T_BOOLEAN:
		return arrow.FixedWidthTypes.Boolean, false
	case C.T_TINYINT:
		return arrow.PrimitiveTypes.Int8, false
	case C.T_SMALLINT:
		return arrow.PrimitiveTypes.Int16, false
	case C.T_INTEGER:
		return arrow.PrimitiveTypes.Int32, false
	case C.T_BIGINT:
		return arrow.PrimitiveTypes.Int64, false
	case C.T_UTINYINT:
		return arrow.PrimitiveTypes.Uint8, false
	case C.T_USMALLINT:
		return arrow.PrimitiveTypes.Uint16, false
	case C.T_UINTEGER:
		return arrow.PrimitiveTypes.Uint32, false
	case C.T_UBIGINT:
		return arrow.PrimitiveTypes.Uint64, false
	case C.T_FLOAT:
		return arrow.PrimitiveTypes.Float32, false
	case C.T_DOUBLE:
		return arrow.PrimitiveTypes.Float64, false
	case C.T_HUGEINT:
		return &arrow.Decimal128Type{Precision: 38}, false
	case C.T_DECIMAL:
		return &arrow.Decimal128Type{Precision: int32(C.duckdb_decimal_width(t)), Scale: int32(C.duckdb_decimal_scale(t))}, false
	case C.T_VARCHAR:
		return arrow.BinaryTypes.String, false
	case C.T_BLOB:
		return arrow.BinaryTypes.Binary, false
	case C.T_DATE:
		return arrow.FixedWidthTypes.Date32, false
	case C.T_TIME:
		return arrow.FixedWidthTypes.Time64us, false
	case C.T_TIMESTAMP:
		return &arrow.TimestampType{Unit: arrow.Microsecond}, false
	case C.T_TIMESTAMP_S:
		return &arrow.TimestampType{Unit: arrow.Second}, false
	case C.T_TIMESTAMP_MS:
		return &arrow.TimestampType{Unit: arrow.Millisecond}, false
	case C.T_TIMESTAMP_NS:
		return &arrow.TimestampType{Unit: arrow.Nanosecond}, false
	case C.T_TIMESTAMP_TZ:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, false
	case C.T_INTERVAL:
		return arrow.FixedWidthTypes.MonthDayNanoInterval, false
	}
	return naturalNested(t)
}

func naturalNested(t C.duckdb_logical_type) (arrow.DataType, bool) {
	switch C.duckdb_get_type_id(t) {
	case C.T_LIST:
		c := C.duckdb_list_type_child_type(t)
		defer C.duckdb_destroy_logical_type(&c)
		if dt, asText := natural(c); !asText {
			return arrow.ListOf(dt), false
		}
	case C.T_MAP:
		k, v := C.duckdb_map_type_key_type(t), C.duckdb_map_type_value_type(t)
		defer C.duckdb_destroy_logical_type(&k)
		defer C.duckdb_destroy_logical_type(&v)
		kt, kText := natural(k)
		if vt, vText := natural(v); !kText && !vText {
			return arrow.MapOf(kt, vt), false
		}
	case C.T_STRUCT:
		var fields []arrow.Field
		for i := range C.duckdb_struct_type_child_count(t) {
			c := C.duckdb_struct_type_child_type(t, i)
			name := C.duckdb_struct_type_child_name(t, i)
			dt, asText := natural(c)
			fields = append(fields, arrow.Field{Name: C.GoString(name), Type: dt, Nullable: true})
			C.duckdb_free(unsafe.Pointer(name))
			C.duckdb_destroy_logical_type(&c)
			if asText {
				return arrow.BinaryTypes.String, true
			}
		}
		return arrow.StructOf(fields...), false
	}
	return arrow.BinaryTypes.String, true
}
