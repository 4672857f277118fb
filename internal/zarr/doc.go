// Package zarr reads and writes the metadata and chunks of Zarr arrays, version 2 and 3, on the byte level: it knows nothing of
// files. Metadata from outside is checked; nothing in it makes a reader allocate more than the chunks that it describes.
//
// Chunks may be raw or compressed with gzip, zlib (version 2) or zstd, with a CRC-32C (version 3). Blosc, filters and sharding
// are refused with an error that says so.
package zarr
