package bag

import (
	"context"

	"sheaf/internal/blockio"
	"sheaf/internal/config"
)

// An Option changes how a bag is made or reduced. Which ones a call takes is said there; others are ignored.
type Option struct{ apply func(*options) }

type options struct {
	partitions     int
	partitionSize  int
	blockSize      int64
	haveBlockSize  bool
	delimiter      string
	keepDelimiter  bool
	compression    blockio.Compression
	compressionErr error
	filesPer       int
	splitEvery     int
	ddof           int
	lastNewline    bool
	codec          string
}

func apply(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt.apply(&o)
	}
	return o
}

// Partitions sets the number of partitions. For [Bag.Take] it is the number of partitions that are looked at, -1 for all.
func Partitions(n int) Option { return Option{func(o *options) { o.partitions = n }} }

// PartitionSize sets how many elements a partition has.
func PartitionSize(n int) Option { return Option{func(o *options) { o.partitionSize = n }} }

// BlockSize sets how many bytes of a text file become one partition; 0 makes a partition of every file. The default is the setting
// bag.block-size.
func BlockSize(bytes int64) Option {
	return Option{func(o *options) { o.blockSize, o.haveBlockSize = bytes, true }}
}

// Delimiter sets what ends an element of a text file. The default is a newline, where a carriage return before it goes too.
func Delimiter(d string) Option { return Option{func(o *options) { o.delimiter = d }} }

// KeepDelimiter leaves the delimiter at the end of each line, as Dask does.
func KeepDelimiter() Option { return Option{func(o *options) { o.keepDelimiter = true }} }

// Compression names how files are compressed: "gzip", "zstd", "bz2", "xz", "lz4" or "none". The default is to tell from the file's name.
func Compression(name string) Option {
	return Option{func(o *options) { o.compression, o.compressionErr = blockio.ParseCompression(name) }}
}

// FilesPerPartition puts several files into one partition.
func FilesPerPartition(n int) Option { return Option{func(o *options) { o.filesPer = n }} }

// SplitEvery sets how many partitions one step of a tree reduction combines; the default is the setting bag.split-every.
func SplitEvery(n int) Option { return Option{func(o *options) { o.splitEvery = n }} }

// Ddof sets the degrees of freedom that are subtracted from the count in [Var] and [Std]; the default is 0.
func Ddof(n int) Option { return Option{func(o *options) { o.ddof = n }} }

// LastNewline ends files written by [ToTextFiles] with a newline, which Dask leaves out.
func LastNewline() Option { return Option{func(o *options) { o.lastNewline = true }} }

// AvroCodec names the compression inside of Avro files: "null" (the default), "deflate", "snappy" or "zstandard".
func AvroCodec(name string) Option { return Option{func(o *options) { o.codec = name }} }

// every returns how many partitions a step of a tree takes.
func (o options) every() (int, error) {
	if o.splitEvery != 0 {
		return o.splitEvery, nil
	}
	return config.BagSplitEvery.Get(context.Background())
}
