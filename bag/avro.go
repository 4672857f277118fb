package bag

import (
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/twmb/avro"
	"github.com/twmb/avro/ocf"

	"sheaf"
	"sheaf/internal/blockio"
)

// ReadAvro makes a bag of the records of Avro files, one partition a file. T is map[string]any, or a struct whose fields are named by avro
// tags. The path may be a glob, which is looked up now.
//
// Same as dask.bag.read_avro.
func ReadAvro[T any](path string) *Bag[T] {
	files, err := blockio.Expand(path)
	if err != nil {
		return failed[T](mistake("ReadAvro", "%w", err))
	}
	return &Bag[T]{name: "read_avro", stage: avroStage[T]{blockio.Blocks(files, 0, "")}, n: len(files)}
}

type avroStage[T any] struct{ Files []blockio.Block }

func (s avroStage[T]) each(p *part, yield func(T) bool) error {
	b := s.Files[p.index]
	if err := unchanged(b); err != nil {
		return err
	}
	f, err := blockio.Open(blockio.File{Path: b.Path, Size: b.Size, ModTime: b.ModTime, Compression: b.Compression})
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := ocf.NewReader(f)
	if err != nil {
		return fmt.Errorf("bag: read avro %s: %w", b.Path, err)
	}
	defer r.Close()
	for n := 1; ; n++ {
		if n%256 == 0 && p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		var v T
		err := r.Decode(&v)
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("bag: read avro %s: record %d: %w", b.Path, n, err)
		}
		if !yield(v) {
			return nil
		}
	}
}

func (avroStage[T]) functions(func(any)) {}

// ToAvro writes each partition to an Avro file of its own, with names as [ToTextFiles] makes them (0.avro and so on in a directory). The
// schema is JSON; when it is empty and T is a struct it is made from T's fields. Option: [AvroCodec].
//
// Same as dask.bag.Bag.to_avro.
func ToAvro[T any](b *Bag[T], path, schema string, opts ...Option) *sheaf.Action {
	o := apply(opts)
	if schema == "" {
		if reflect.TypeFor[T]().Kind() != reflect.Struct {
			return sheaf.NewAction(sheaf.ActionSpec{Err: mistake("ToAvro", "a schema is needed for elements of type %v", reflect.TypeFor[T]())})
		}
		s, err := avro.SchemaFor[T]()
		if err != nil {
			return sheaf.NewAction(sheaf.ActionSpec{Err: mistake("ToAvro", "%w", err)})
		}
		schema = s.String()
	}
	if _, err := avro.Parse(schema); err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: mistake("ToAvro", "schema: %w", err)})
	}
	if _, err := avroCodec(o.codec); err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: mistake("ToAvro", "%w", err)})
	}
	return write(b, "to_avro", path, ".avro", o, format[T](avroFormat[T]{schema, o.codec}))
}

func avroCodec(name string) (ocf.Codec, error) {
	switch name {
	case "", "null":
		return nil, nil
	case "deflate":
		return ocf.DeflateCodec(flate.DefaultCompression), nil
	case "snappy":
		return ocf.SnappyCodec(), nil
	case "zstandard", "zstd":
		return ocf.ZstdCodec(nil, nil)
	}
	return nil, fmt.Errorf("unknown Avro codec %q; use null, deflate, snappy or zstandard", name)
}

type avroFormat[T any] struct{ Schema, Codec string }

func (f avroFormat[T]) write(p *part, s stage[T], _ string, w io.Writer) error {
	schema, err := avro.Parse(f.Schema)
	if err != nil {
		return err
	}
	codec, err := avroCodec(f.Codec)
	if err != nil {
		return err
	}
	var opts []ocf.WriterOpt
	if codec != nil {
		opts = append(opts, ocf.WithCodec(codec))
	}
	out, err := ocf.NewWriter(w, schema, opts...)
	if err != nil {
		return err
	}
	n := 0
	var failure error
	err = s.each(p, func(v T) bool {
		n++
		if failure = out.Encode(&v); failure != nil {
			failure = fmt.Errorf("bag: write avro: record %d: %w", n, failure)
		}
		return failure == nil
	})
	return errors.Join(failure, err, out.Close())
}
