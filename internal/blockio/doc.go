// Package blockio finds input files, cuts them into byte-range blocks and reads a block back as whole records.
//
// The walk of a reader is
//
//	files, err := blockio.Expand("2018-*-*.csv")        // globs, one stat a file
//	blocks := blockio.Blocks(files, 64<<20, "\n")       // byte ranges; nothing is read
//	blocks, err = blockio.CSVBlocks(ctx, blocks, blockio.Dialect{})   // CSV only: exact record boundaries
//	data, err := blockio.ReadBlock(ctx, blocks[7])      // whole records, decompressed
//
// Every record of a file is in exactly one of its blocks, in order, for any block size of one byte or more: a block owns the
// records which start inside its byte range. For lines this is decided from the neighbourhood of the range's two
// ends; for CSV, where a newline may stand inside quotes, the quote state at each range start is computed exactly (see
// [CSVBlocks]). A compressed file is always one block, as its middle cannot be found without decoding its beginning.
package blockio
