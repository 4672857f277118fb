// Package zarr reads and writes chunked arrays in the Zarr format, versions 2 and 3, in a directory of files.
//
// [Open] reads the metadata of an array, [Meta.Read] any box of its elements from the chunks that overlap it. [New] describes
// an array to be written, [Meta.Create] writes the metadata and [Meta.Write] one chunk. Chunks that do not exist are made of
// the fill value, and chunks that consist of it are not written.
//
// Elements are bools, integers, floats, complex numbers and times, of both byte orders; order F and transpose codecs; blosc,
// gzip, zlib, zstd, lz4 and crc32c; sharding for reading. What is missing (strings, records, float16, filters such as delta)
// is an error that names it. Metadata and chunks are not trusted: sizes that they claim are held to the bytes that exist
// before memory is taken.
//
// Sources: https://zarr-specs.readthedocs.io (core 2 and 3) and, for frames of Blosc 1, README_CHUNK_FORMAT of c-blosc.
package zarr
