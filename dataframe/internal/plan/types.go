package plan

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// TypeOf returns the element type of an Arrow type: what pandas calls the dtype. Dictionaries count as their values.
func TypeOf(t arrow.DataType) dtype.Type {
	switch t.ID() {
	case arrow.BOOL:
		return dtype.Bool
	case arrow.INT8:
		return dtype.Int8
	case arrow.INT16:
		return dtype.Int16
	case arrow.INT32:
		return dtype.Int32
	case arrow.INT64:
		return dtype.Int64
	case arrow.UINT8:
		return dtype.Uint8
	case arrow.UINT16:
		return dtype.Uint16
	case arrow.UINT32:
		return dtype.Uint32
	case arrow.UINT64:
		return dtype.Uint64
	case arrow.FLOAT16, arrow.FLOAT32:
		return dtype.Float32
	case arrow.FLOAT64:
		return dtype.Float64
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return dtype.String
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return dtype.Binary
	case arrow.DATE32, arrow.DATE64:
		return dtype.Date
	case arrow.TIMESTAMP:
		return dtype.Datetime
	case arrow.DURATION:
		return dtype.Timedelta
	case arrow.DECIMAL128, arrow.DECIMAL256, arrow.DECIMAL32, arrow.DECIMAL64:
		return dtype.Decimal
	case arrow.LIST, arrow.LARGE_LIST, arrow.FIXED_SIZE_LIST, arrow.MAP:
		return dtype.List
	case arrow.STRUCT:
		return dtype.Struct
	case arrow.NULL:
		return dtype.Null
	case arrow.DICTIONARY:
		return TypeOf(t.(*arrow.DictionaryType).ValueType)
	case arrow.EXTENSION:
		return TypeOf(t.(arrow.ExtensionType).StorageType())
	}
	return dtype.Invalid
}

var (
	boolean   = arrow.FixedWidthTypes.Boolean
	int32s    = arrow.PrimitiveTypes.Int32
	int64s    = arrow.PrimitiveTypes.Int64
	float64s  = arrow.PrimitiveTypes.Float64
	text      = arrow.BinaryTypes.String
	date      = arrow.FixedWidthTypes.Date32
	timestamp = &arrow.TimestampType{Unit: arrow.Microsecond}
	duration  = &arrow.DurationType{Unit: arrow.Microsecond}
)

// ArrowOf returns the Arrow type that stands for an element type: times are in microseconds, DuckDB's own unit. Types with
// parameters (decimals, lists, structs) have no such default and give nil.
func ArrowOf(t dtype.Type) arrow.DataType {
	switch t {
	case dtype.Bool:
		return boolean
	case dtype.Int8:
		return arrow.PrimitiveTypes.Int8
	case dtype.Int16:
		return arrow.PrimitiveTypes.Int16
	case dtype.Int32:
		return int32s
	case dtype.Int64:
		return int64s
	case dtype.Uint8:
		return arrow.PrimitiveTypes.Uint8
	case dtype.Uint16:
		return arrow.PrimitiveTypes.Uint16
	case dtype.Uint32:
		return arrow.PrimitiveTypes.Uint32
	case dtype.Uint64:
		return arrow.PrimitiveTypes.Uint64
	case dtype.Float32:
		return arrow.PrimitiveTypes.Float32
	case dtype.Float64:
		return float64s
	case dtype.String:
		return text
	case dtype.Binary:
		return arrow.BinaryTypes.Binary
	case dtype.Date:
		return date
	case dtype.Datetime:
		return timestamp
	case dtype.Timedelta:
		return duration
	case dtype.Null:
		return arrow.Null
	}
	return nil
}

// SQLType returns DuckDB's name of an Arrow type.
func SQLType(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "TIMESTAMPTZ"
		}
		return [...]string{"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"}[t.Unit]
	case arrow.DecimalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", min(t.GetPrecision(), 38), t.GetScale())
	case *arrow.DictionaryType:
		return SQLType(t.ValueType)
	case arrow.ListLikeType:
		return SQLType(t.Elem()) + "[]"
	case *arrow.StructType:
		s := "STRUCT("
		for i, f := range t.Fields() {
			if i > 0 {
				s += ", "
			}
			s += Quote(f.Name) + " " + SQLType(f.Type)
		}
		return s + ")"
	}
	names := [...]string{
		dtype.Bool: "BOOLEAN", dtype.Int8: "TINYINT", dtype.Int16: "SMALLINT", dtype.Int32: "INTEGER", dtype.Int64: "BIGINT",
		dtype.Uint8: "UTINYINT", dtype.Uint16: "USMALLINT", dtype.Uint32: "UINTEGER", dtype.Uint64: "UBIGINT",
		dtype.Float32: "FLOAT", dtype.Float64: "DOUBLE", dtype.Timedelta: "INTERVAL", dtype.String: "VARCHAR",
		dtype.Binary: "BLOB", dtype.Date: "DATE", dtype.Null: "INTEGER",
	}
	if k := TypeOf(t); int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	switch t.ID() {
	case arrow.TIME32, arrow.TIME64:
		return "TIME"
	}
	return "VARCHAR"
}

// Name returns the name of a type as people read it in a table's head and in messages.
func Name(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return "string"
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "datetime[" + t.Unit.String() + ", " + t.TimeZone + "]"
		}
		return "datetime[" + t.Unit.String() + "]"
	case *arrow.DurationType:
		return "timedelta[" + t.Unit.String() + "]"
	case *arrow.BooleanType:
		return "bool"
	case *arrow.Date32Type, *arrow.Date64Type:
		return "date"
	case arrow.DecimalType:
		return fmt.Sprintf("decimal(%d,%d)", t.GetPrecision(), t.GetScale())
	case *arrow.DictionaryType:
		return "category"
	case arrow.ListLikeType:
		return "list[" + Name(t.Elem()) + "]"
	}
	if k := TypeOf(t); k != dtype.Invalid {
		return k.String()
	}
	return t.String()
}

func isNumber(t arrow.DataType) bool {
	k := TypeOf(t)
	return k.IsNumeric() || k == dtype.Decimal
}

func isInteger(t arrow.DataType) bool { return TypeOf(t).IsInteger() }

func isFloat(t arrow.DataType) bool { return TypeOf(t).IsFloat() }

func isString(t arrow.DataType) bool { return TypeOf(t) == dtype.String }

func isBool(t arrow.DataType) bool { return TypeOf(t) == dtype.Bool }

func isTime(t arrow.DataType) bool {
	k := TypeOf(t)
	return k == dtype.Datetime || k == dtype.Date
}

func zoneOf(t arrow.DataType) string {
	if ts, ok := t.(*arrow.TimestampType); ok {
		return ts.TimeZone
	}
	return ""
}

// plain returns the type in which results are kept: dictionaries and views become what they stand for.
func plain(t arrow.DataType) arrow.DataType {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return plain(t.ValueType)
	case *arrow.StringViewType, *arrow.LargeStringType:
		return text
	case *arrow.Float16Type:
		return arrow.PrimitiveTypes.Float32
	case *arrow.Date64Type:
		return date
	}
	return t
}

// digits returns the precision and scale of a number as a decimal, and false for floats.
func digits(t arrow.DataType) (p, s int32, ok bool) {
	if d, is := t.(arrow.DecimalType); is {
		return min(d.GetPrecision(), 38), d.GetScale(), true
	}
	switch TypeOf(t) {
	case dtype.Int8, dtype.Uint8:
		return 3, 0, true
	case dtype.Int16, dtype.Uint16:
		return 5, 0, true
	case dtype.Int32, dtype.Uint32:
		return 10, 0, true
	case dtype.Int64:
		return 19, 0, true
	case dtype.Uint64:
		return 20, 0, true
	}
	return 0, 0, false
}

func decimalType(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }

// Plain returns the type in which a frame holds a column of a file: the values of dictionaries, and strings instead of views.
func Plain(t arrow.DataType) arrow.DataType { return plain(t) }
