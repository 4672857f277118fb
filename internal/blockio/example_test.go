package blockio_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sheaf/internal/blockio"
)

// quotes makes a file whose second record holds a newline.
func quotes() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "blockio"); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "quotes.csv"), []byte("who,said\nAnn,\"first line\nsecond line\"\nBob,nothing\n"), 0o600)
}

func ExampleCSVBlocks() {
	dir, err := quotes()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	files, err := blockio.Expand(filepath.Join(dir, "*.csv"))
	if err != nil {
		fmt.Println(err)
		return
	}
	blocks, err := blockio.CSVBlocks(ctx, blockio.Blocks(files, 16, "\n"), blockio.Dialect{Header: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range blocks {
		data, err := blockio.ReadBlock(ctx, b)
		fmt.Printf("[%d, %d) %q %v\n", b.Start, b.End, data, err)
	}
	// Output:
	// [0, 38) "who,said\nAnn,\"first line\nsecond line\"\n" <nil>
	// [38, 38) "" <nil>
	// [38, 50) "Bob,nothing\n" <nil>
}

func ExampleBlock() {
	files := []blockio.File{{Path: "big.json", Size: 1000, Compression: blockio.None}, {Path: "small.json.gz", Size: 900}}
	for _, b := range blockio.Blocks(files, 400, "\n") {
		fmt.Println(b.Path, b.Start, b.End, b.Compression)
	}
	// Output:
	// big.json 0 500 none
	// big.json 500 1000 none
	// small.json.gz 0 900 gzip
}

func ExampleFile() {
	dir, err := quotes()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	files, err := blockio.Expand(filepath.Join(dir, "{quotes,other}.*"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(filepath.Base(files[0].Path), files[0].Size, files[0].Compression)
	// Output: quotes.csv 50 none
}

func ExampleCompression() {
	c, err := blockio.ParseCompression("zst")
	fmt.Println(c, err, blockio.CompressionOf("trips.csv.bz2"))
	// Output: zstd <nil> bz2
}

func ExampleDialect() {
	// A file of a German spreadsheet: semicolons, two lines of title, comments after a hash.
	fmt.Printf("%+v\n", blockio.Dialect{Comma: ';', SkipRows: 2, Comment: '#', Header: true})
	// Output: {Comma:59 Quote:0 NoQuotes:false Comment:35 SkipRows:2 Header:true}
}
