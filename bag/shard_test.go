package bag

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sheaf/internal/codec"
)

// sent returns what another process gets of a shard.
func sent(t interface{ Fatal(...any) }, s any) *shard {
	var buf bytes.Buffer
	if err := codec.EncodeFrame(&buf, s); err != nil {
		t.Fatal(err)
	}
	v, err := codec.DecodeFrame(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return v.(*shard)
}

func inBucket(t interface{ Fatal(...any) }, s *shard, bucket int) []string {
	var out []string
	err := elements(context.Background(), []piece{{s, bucket}}, func(v string) error { out = append(out, v); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBucketsSentOneByOne: a receiver that gets just its bucket of each shard groups what it would of whole shards, in their order,
// whether elements are in memory or in files, of the sender or of the receiver.
func TestBucketsSentOneByOne(t *testing.T) {
	long := strings.Repeat("x", 100<<10) // beyond what a receiver keeps in memory
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "buckets")
		var whole, received, again [][]*shard
		for range rapid.IntRange(0, 4).Draw(t, "senders") {
			sc := newScatter[string](n, "", 0)
			for range rapid.IntRange(0, 12).Draw(t, "elements") {
				v := rapid.StringN(0, 8, -1).Draw(t, "element")
				if rapid.IntRange(0, 5).Draw(t, "long") == 0 {
					v += long
				}
				if err := sc.add(rapid.IntRange(0, n-1).Draw(t, "bucket"), v); err != nil {
					t.Fatal(err)
				}
			}
			s, err := sc.finish()
			if err != nil {
				t.Fatal(err)
			}
			var all, parts, twice []*shard
			spilled := sent(t, s)
			for k := range n {
				one := sent(t, s.Only(k))
				all, parts, twice = append(all, s), append(parts, one), append(twice, sent(t, spilled.Only(k)))
				if _, err := one.at((k + 1) % n); err == nil && n > 1 {
					t.Fatal("a bucket that was not sent is there")
				}
			}
			whole, received, again = append(whole, all), append(received, parts), append(again, twice)
		}
		for k := range n {
			var want []string
			for _, s := range whole {
				want = append(want, inBucket(t, s[k], k)...)
			}
			for _, shards := range [][][]*shard{whole, received, again} {
				var mine []*shard
				for _, s := range shards {
					mine = append(mine, s[k])
				}
				m, err := merged(mine, k, n)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range []*shard{m, sent(t, m)} {
					if got := inBucket(t, s, k); !slices.Equal(got, want) {
						t.Fatalf("bucket %d: got %d elements, want %d, or in another order", k, len(got), len(want))
					}
				}
			}
		}
	})
}

// TestLargeBucketsStayOnDisk: neither sender nor receiver has the elements of a large bucket in memory, and damage to a sender's
// file is noticed by whoever reads that place.
func TestLargeBucketsStayOnDisk(t *testing.T) {
	sc := newScatter[string](4, t.TempDir(), 0)
	for i := range 64 {
		if err := sc.add(i%4, strings.Repeat(string(rune('a'+i%4)), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sc.finish()
	if err != nil {
		t.Fatal(err)
	}
	if s.SizeBytes() > 64<<10 {
		t.Errorf("64 MiB of elements take %d bytes of memory", s.SizeBytes())
	}
	leaving := s.Only(1).(*shard)
	if n := leaving.SizeBytes(); n < 16<<20 || n > 17<<20 {
		t.Errorf("a bucket of 16 MiB that is about to be sent says that it has %d bytes", n)
	}
	one := sent(t, leaving)
	for _, sp := range one.parts[0] {
		if limit, _, _ := shuffleSettings(context.Background()); sp.file == nil && sp.size > max(limit/spanShare, spanLeast) {
			t.Errorf("the receiver has %d bytes of a span in memory", sp.size)
		}
	}
	if got := inBucket(t, one, 1); len(got) != 16 || got[15][:3] != "bbb" {
		t.Errorf("got %d elements", len(got))
	}
	sp := s.parts[2][0]
	if _, err := sp.file.f.WriteAt([]byte("damage"), sp.offset+1000); err != nil {
		t.Fatal(err)
	}
	err = elements(context.Background(), []piece{{sent(t, s.Only(2)), 2}}, func(string) error { return nil })
	if !errors.Is(err, codec.ErrCorrupt) {
		t.Errorf("damage on disk: %v", err)
	}
	if got := inBucket(t, sent(t, s.Only(3)), 3); len(got) != 16 {
		t.Errorf("beside the damage: got %d elements", len(got))
	}
}

func FuzzReadShard(f *testing.F) {
	sc := newScatter[string](3, "", 1<<20)
	for i, v := range []string{"a", "bb", "ccc"} {
		if err := sc.add(i%2, v); err != nil {
			f.Fatal(err)
		}
	}
	s, err := sc.finish()
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range []any{s, s.Only(0), s.Only(2)} {
		var buf bytes.Buffer
		if err := writeShard(&buf, x.(*shard)); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readShard(bytes.NewReader(b))
		if err != nil {
			return
		}
		if err := writeShard(io.Discard, s); err != nil {
			t.Fatal(err)
		}
	})
}
