//go:build cgo

package dataframe

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
)

// An Option is a keyword argument. Each call says which options it takes; others are a mistake that it reports.
type Option struct {
	name  string
	apply func(*options)
}

// options are all keyword arguments. A call reads those that it takes.
type options struct {
	names     []string
	blockSize int64
	types     map[string]arrow.DataType
	dates     []string
	nulls     []string
	keepNulls *bool
	comma     byte
	quote     byte
	comment   byte
	noQuotes  bool
	noHeader  bool
	columns   []string
	skipRows  int
	sample    int
	strings   bool
	fileCol   string

	on, leftOn, rightOn []string
	how                 plan.How
	suffixes            [2]string
	strategy            plan.Strategy

	parts      int
	ddof       int
	last       bool
	schema     *arrow.Schema
	compress   string
	overwrite  bool
	singleFile bool
	rowGroup   int
	sorted     bool
	divisions  []any
	err        error
}

// use applies options, and complains about those that op does not take.
func use(op string, opts []Option, takes ...string) (*options, error) {
	o := &options{ddof: 1, how: plan.Inner, suffixes: [2]string{"_x", "_y"}, blockSize: -1}
	for _, x := range opts {
		if !slices.Contains(takes, x.name) {
			return nil, plan.Argument("%s is no option of %s, which takes %s", x.name, op, strings.Join(takes, ", "))
		}
		x.apply(o)
		o.names = append(o.names, x.name)
	}
	return o, o.err
}

// BlockSize is the number of bytes of a file that become one partition. Zero makes one partition a file.
func BlockSize[N int | int64 | float64](n N) Option {
	return Option{"BlockSize", func(o *options) {
		if o.blockSize = int64(n); n < 0 {
			o.err = plan.Argument("a block of %v bytes is not possible", n)
		}
	}}
}

// Types sets the type of a column of a text file instead of guessing it.
func Types(column string, t dtype.Type) Option {
	return Option{"Types", func(o *options) {
		a := plan.ArrowOf(t)
		if a == nil {
			o.err = plan.Argument("a column of a text file cannot be a %s; use TypesArrow", t)
		}
		o.setType(column, a)
	}}
}

// TypesArrow is Types with an Arrow type, such as decimal128(15, 2).
func TypesArrow(column string, t arrow.DataType) Option {
	return Option{"Types", func(o *options) { o.setType(column, t) }}
}

func (o *options) setType(column string, t arrow.DataType) {
	if o.types == nil {
		o.types = map[string]arrow.DataType{}
	}
	o.types[column] = t
}

// ParseDates names columns of a text file that are times.
func ParseDates(columns ...string) Option {
	return Option{"ParseDates", func(o *options) { o.dates = append(o.dates, columns...) }}
}

// NullValues are further texts that mean null.
func NullValues(texts ...string) Option {
	return Option{"NullValues", func(o *options) { o.nulls = append(o.nulls, texts...) }}
}

// KeepDefaultNulls says whether the usual texts mean null too; when false only those of [NullValues] do.
func KeepDefaultNulls(keep bool) Option {
	return Option{"KeepDefaultNulls", func(o *options) { o.keepNulls = &keep }}
}

// Separator is the character between fields; the default is a comma.
func Separator(c rune) Option {
	return Option{"Separator", func(o *options) { o.comma = oneByte(o, "Separator", c) }}
}

// Quote is the character around fields; the default is a double quote. 0 takes quotes as text.
func Quote(c rune) Option {
	return Option{"Quote", func(o *options) {
		if o.quote = oneByte(o, "Quote", c); c == 0 {
			o.noQuotes = true
		}
	}}
}

// Comment is the character with which lines begin that are skipped.
func Comment(c rune) Option {
	return Option{"Comment", func(o *options) { o.comment = oneByte(o, "Comment", c) }}
}

func oneByte(o *options, name string, c rune) byte {
	if c < 0 || c > 127 {
		o.err = plan.Argument("%s must be an ASCII character, not %q", name, c)
	}
	return byte(c)
}

// NoHeader says that the first line of a file is data. Columns are called 0, 1, … unless Names says otherwise.
func NoHeader() Option { return Option{"NoHeader", func(o *options) { o.noHeader = true }} }

// Names are the names of the columns of a text file, instead of those in its header.
func Names(columns ...string) Option {
	return Option{"Names", func(o *options) { o.columns = columns }}
}

// Columns are the columns to keep.
func Columns(columns ...string) Option {
	return Option{"Columns", func(o *options) { o.columns = columns }}
}

// SkipRows is the number of lines at the top of every file to pass over.
func SkipRows(n int) Option { return Option{"SkipRows", func(o *options) { o.skipRows = n }} }

// SampleRows is the number of rows from which types are guessed.
func SampleRows(n int) Option { return Option{"SampleRows", func(o *options) { o.sample = n }} }

// AllStrings guesses nothing: columns without a type are strings.
func AllStrings() Option { return Option{"AllStrings", func(o *options) { o.strings = true }} }

// IncludePath adds a column with the path of the file that a row comes from.
func IncludePath(column string) Option {
	return Option{"IncludePath", func(o *options) { o.fileCol = column }}
}

// NPartitions is the number of partitions to make.
func NPartitions(n int) Option {
	return Option{"NPartitions", func(o *options) {
		if o.parts = n; n < 1 {
			o.err = plan.Argument("%d partitions are not possible", n)
		}
	}}
}

// SplitOut is the number of partitions of a result that otherwise has one.
func SplitOut(n int) Option {
	return Option{"SplitOut", func(o *options) {
		if o.parts = n; n < 1 {
			o.err = plan.Argument("%d partitions are not possible", n)
		}
	}}
}

// DDof is what is subtracted from the number of values in the divisor of variances; the default is 1.
func DDof(n int) Option { return Option{"DDof", func(o *options) { o.ddof = n }} }

// KeepLast keeps the last of equal rows instead of the first.
func KeepLast() Option { return Option{"KeepLast", func(o *options) { o.last = true }} }

// On names the columns, the same in both tables, that must be equal in a merge.
func On(columns ...string) Option { return Option{"On", func(o *options) { o.on = columns }} }

// LeftOn names the columns of the left table that must equal those of [RightOn].
func LeftOn(columns ...string) Option {
	return Option{"LeftOn", func(o *options) { o.leftOn = columns }}
}

// RightOn names the columns of the right table that must equal those of [LeftOn].
func RightOn(columns ...string) Option {
	return Option{"RightOn", func(o *options) { o.rightOn = columns }}
}

// Suffixes are appended to the names of columns that both tables of a merge have and that are no keys; the default is _x and _y.
func Suffixes(left, right string) Option {
	return Option{"Suffixes", func(o *options) { o.suffixes = [2]string{left, right} }}
}

// How says which rows a merge keeps: inner, left, right, outer, semi, anti or cross.
func How(how string) Option {
	return Option{"How", func(o *options) {
		h, ok := plan.ParseHow(how)
		if !ok {
			o.err = plan.Argument("%q is no merge; use inner, left, right, outer, semi, anti or cross", how)
		}
		o.how = h
	}}
}

// Broadcast sends the smaller table of a merge whole to every partition of the other, whatever their sizes.
func Broadcast() Option {
	return Option{"Broadcast", func(o *options) { o.strategy = plan.Broadcast }}
}

// Shuffle cuts both tables of a merge by the hash of their keys, whatever their sizes.
func Shuffle() Option { return Option{"Shuffle", func(o *options) { o.strategy = plan.Shuffle }} }

// Schema gives the columns of a result that cannot be known otherwise.
func Schema(s *arrow.Schema) Option { return Option{"Schema", func(o *options) { o.schema = s }} }

// Compression of written files: snappy, zstd, gzip, lz4 or none.
func Compression(name string) Option {
	return Option{"Compression", func(o *options) { o.compress = name }}
}

// Overwrite replaces the files of a directory instead of refusing to write beside them.
func Overwrite() Option { return Option{"Overwrite", func(o *options) { o.overwrite = true }} }

// SingleFile writes all partitions into one file.
func SingleFile() Option { return Option{"SingleFile", func(o *options) { o.singleFile = true }} }

// RowGroupRows is the number of rows of a row group of a Parquet file.
func RowGroupRows(n int) Option { return Option{"RowGroupRows", func(o *options) { o.rowGroup = n }} }

// Sorted promises that the rows are sorted by the column already.
func Sorted() Option { return Option{"Sorted", func(o *options) { o.sorted = true }} }

// Divisions are the bounds of an index: one more than partitions, in ascending order.
func Divisions(bounds ...any) Option {
	return Option{"Divisions", func(o *options) { o.divisions = bounds }}
}
