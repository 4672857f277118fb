package blockio

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readAll reads every block of one file's text.
func readAll(t testing.TB, text string, blocksize int64, delim string, split func([]Block) ([]Block, error)) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := Expand(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := Blocks(files, blocksize, delim)
	if split != nil {
		if blocks, err = split(blocks); err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	for _, b := range blocks {
		data, err := ReadBlock(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(data))
	}
	return out
}

// records cuts text behind every delimiter.
func records(text, delim string) []string {
	got := strings.SplitAfter(text, delim)
	if n := len(got); got[n-1] == "" {
		got = got[:n-1]
	}
	return got
}

func checkLines(t testing.TB, text string, blocksize int64, delim string) {
	t.Helper()
	want := records(text, delim)
	lines := func(b []Block) ([]Block, error) { return LineBlocks(t.Context(), b) }
	for _, split := range []func([]Block) ([]Block, error){nil, lines} {
		var got []string
		blocks := readAll(t, text, blocksize, delim, split)
		for _, b := range blocks {
			got = append(got, records(b, delim)...)
		}
		if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
			t.Errorf("text %q, blocksize %d, delimiter %q, blocks %q (-want +got)\n%s", text, blocksize, delim, blocks, diff)
		}
	}
}

func TestLineBlocks(t *testing.T) {
	long := strings.Repeat("x", scanChunk+10)
	for _, text := range []string{"", "a", "\n", "a\n", "a\nb", "\n\n\na\n\n", "a\r\nb\r\n", long + "\n" + long + "\nshort", "a||b||||c", "ab\n\n\nc\n\n\n\nd"} {
		for _, delim := range []string{"\n", "\r\n", "||", "\n\n", "aba"} {
			for _, size := range []int64{1, 2, 3, 7, scanChunk - 1, 1 << 30} {
				if int64(len(text))/size > 1000 {
					continue
				}
				checkLines(t, text, size, delim)
			}
		}
	}
}

func TestLineBlocksAnyText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab\n\r|"))).Draw(rt, "text")
		delim := rapid.SampledFrom([]string{"\n", "\r\n", "||", "\n\n", "aba", "aab", "abab"}).Draw(rt, "delim")
		checkLines(t, text, rapid.Int64Range(1, 20).Draw(rt, "blocksize"), delim)
	})
}

// reference cuts text into records by running the automaton over every byte from the beginning.
func reference(text string, d Dialect) []string {
	d = d.withDefaults()
	r := strings.NewReader(text)
	head, err := headEnd(r, int64(len(text)), d)
	if err != nil {
		panic(err)
	}
	out := []string{text[:head]}
	s, from := recordBegin, int(head)
	for i := int(head); i < len(text); i++ {
		if s = d.step(s, text[i]); s == recordBegin {
			out = append(out, text[from:i+1])
			from = i + 1
		}
	}
	if from < len(text) {
		out = append(out, text[from:])
	}
	return out
}

func checkCSV(t testing.TB, text string, blocksize int64, d Dialect) {
	t.Helper()
	blocks := readAll(t, text, blocksize, "", func(b []Block) ([]Block, error) { return CSVBlocks(t.Context(), b, d) })
	if got := strings.Join(blocks, ""); got != text {
		t.Fatalf("text %q, blocksize %d: blocks %q do not join to the text", text, blocksize, blocks)
	}
	// Every block's end is the end of a record.
	ends := map[int]bool{0: true}
	n := 0
	for _, r := range reference(text, d) {
		n += len(r)
		ends[n] = true
	}
	at := 0
	for _, b := range blocks {
		at += len(b)
		if !ends[at] {
			t.Fatalf("text %q, blocksize %d, %+v: block %q ends at %d inside a record; blocks %q", text, blocksize, d, b, at, blocks)
		}
	}
	compareWithEncodingCSV(t, text, blocks, blocksize, d)
}

// compareWithEncodingCSV reads the whole and the blocks with the standard library, where it accepts the text.
func compareWithEncodingCSV(t testing.TB, text string, blocks []string, blocksize int64, d Dialect) {
	t.Helper()
	if d.SkipRows > 0 || d.NoQuotes || d.withDefaults().Quote != '"' {
		return
	}
	parse := func(text string) ([][]string, error) {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.Comment, r.FieldsPerRecord = rune(d.withDefaults().Comma), rune(d.Comment), -1
		return r.ReadAll()
	}
	text = strings.TrimPrefix(text, "\xef\xbb\xbf")
	want, err := parse(text)
	if err != nil {
		return // bare quotes: the standard library refuses what pandas reads
	}
	var got [][]string
	for i, b := range blocks {
		if i == 0 {
			b = strings.TrimPrefix(b, "\xef\xbb\xbf")
		}
		rows, err := parse(b)
		if err != nil {
			t.Fatalf("text %q, blocksize %d, block %q: %v", text, blocksize, b, err)
		}
		got = append(got, rows...)
	}
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		t.Fatalf("text %q, blocksize %d, blocks %q (-want +got)\n%s", text, blocksize, blocks, diff)
	}
}

var csvTexts = []string{
	"", "a", "a,b\n", "a,b\n1,2", "a,b\r\n1,2\r\n", "\xef\xbb\xbf\"a\",b\n1,2\n",
	"a,b\n\"x\ny\",2\n3,\"\"\"\n\"\"\"\n", "\"a\"\"\nb\",c\nd,e\n", "\n\n\"\n\"\n\n", "5\" pipe,x\n6\" pipe,\"y\nz\"\n",
	"a,\"unterminated\nb,c\n", "#a \"comment\nb,c\n#\"\n\"d\n#\",e\n", "x;'a\n;b';y\nz\n", "\"\"\"\"\n\"\n\"",
}

func TestCSVBlocks(t *testing.T) {
	for _, text := range csvTexts {
		for _, d := range []Dialect{{}, {Comment: '#'}, {Comma: ';', Quote: '\''}, {SkipRows: 1}, {NoQuotes: true}, {Header: true}, {Header: true, Comment: '#', SkipRows: 1}} {
			for size := int64(1); size <= int64(len(text))+1; size++ {
				checkCSV(t, text, size, d)
			}
		}
	}
}

func TestCSVBlocksLongFields(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		b.WriteString("n,\"" + strings.Repeat("line\n\"\",", 7000*(i%3)) + "\",z\n")
	}
	for _, size := range []int64{1000, 100_003, 1 << 20} {
		checkCSV(t, b.String(), size, Dialect{})
	}
}

func TestCSVBlocksAnyText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("a\",\n\r#"))).Draw(rt, "text")
		d := Dialect{
			Comment:  rapid.SampledFrom([]byte{0, '#'}).Draw(rt, "comment"),
			SkipRows: rapid.IntRange(0, 2).Draw(rt, "skip"),
			Header:   rapid.Bool().Draw(rt, "header"),
		}
		checkCSV(t, text, rapid.Int64Range(1, 12).Draw(rt, "blocksize"), d)
	})
}

func TestCSVBlocksNeedsAllBlocks(t *testing.T) {
	dir := write(t, map[string]string{"a": "1\n2\n3\n4\n"})
	files, err := Expand(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CSVBlocks(t.Context(), Blocks(files, 2, "")[1:], Dialect{}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v, want an error about missing blocks", err)
	}
}

func FuzzCSVBlocks(f *testing.F) {
	for _, text := range csvTexts {
		f.Add(text, int64(3), byte(0), byte(0))
		f.Add(text, int64(1), byte('#'), byte(1))
	}
	f.Fuzz(func(t *testing.T, text string, blocksize int64, comment, skip byte) {
		if blocksize < 1 || len(text) > 1<<12 || comment == '"' || comment == ',' || comment == '\n' || comment == '\r' || comment >= 0x80 {
			t.Skip("not a dialect")
		}
		checkCSV(t, text, blocksize, Dialect{Comment: comment, SkipRows: int(skip % 3), Header: skip >= 128})
	})
}

func FuzzLineBlocks(f *testing.F) {
	f.Add("a\n\nb\n", int64(1), "\n\n")
	f.Add("abababa", int64(2), "aba")
	f.Fuzz(func(t *testing.T, text string, blocksize int64, delim string) {
		if blocksize < 1 || len(text) > 1<<12 || delim == "" || len(delim) > 8 {
			t.Skip("not a delimiter")
		}
		checkLines(t, text, blocksize, delim)
	})
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte(helloBz2))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range []Compression{Gzip, Zstd, Bzip2, XZ, LZ4} {
			r, err := Decompress(bytes.NewReader(data), c)
			if err != nil {
				continue
			}
			if _, err := io.CopyN(io.Discard, r, 1<<20); err == nil && len(data) == 0 {
				t.Errorf("%v made bytes of nothing", c)
			}
			if err := r.Close(); err != nil && errors.Is(err, os.ErrClosed) {
				t.Errorf("%v: %v", c, err)
			}
		}
	})
}

func BenchmarkCSVBlocks(b *testing.B) {
	text := strings.Repeat("2018-01-01 00:00:00.100,997,Alice,-0.53,0.123456\n", 1_000_000)
	path := filepath.Join(b.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	files, err := Expand(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := CSVBlocks(b.Context(), Blocks(files, 4<<20, ""), Dialect{}); err != nil {
			b.Fatal(err)
		}
	}
}
