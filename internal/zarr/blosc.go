package zarr

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/zlib"
)

// bloscCodec reads frames of Blosc 1: a header of 16 bytes, the places of the blocks, and blocks that are shuffled by byte or
// bit and compressed with lz4, zstd, zlib or blosclz.
type bloscCodec struct{}

const (
	bloscByteShuffle = 1 << 0
	bloscCopied      = 1 << 1
	bloscBitShuffle  = 1 << 2
	bloscNoSplit     = 1 << 4
)

// bloscBlockMin is the length of the shortest blocks that are written, unless there is only one.
const bloscBlockMin = 128

// The formats in the three highest bits of the flags.
const (
	bloscLZ = iota
	bloscLZ4
	bloscSnappy
	bloscZlib
	bloscZstd
)

func (bloscCodec) name() string { return "blosc" }
func (bloscCodec) ratio() int   { return 1 << 15 } // of zstd

func (bloscCodec) encode([]byte) ([]byte, error) { return nil, unsupported("writing with blosc") }

// bloscFrame is a header.
type bloscFrame struct {
	flags     byte
	typesize  int
	size      int // decoded
	blockSize int
	data      []byte // the whole frame
}

func (bloscCodec) decode(dst, src []byte) ([]byte, error) {
	if len(src) < 16 {
		return nil, bad("blosc: %d bytes are no frame", len(src))
	}
	f := bloscFrame{flags: src[2], typesize: int(src[3]), data: src}
	f.size = int(binary.LittleEndian.Uint32(src[4:]))
	f.blockSize = int(binary.LittleEndian.Uint32(src[8:]))
	switch stored := int(binary.LittleEndian.Uint32(src[12:])); {
	case src[0] == 0 || src[0] > 2:
		return nil, unsupported("frames of Blosc's format %d", src[0])
	case stored > len(src):
		return nil, bad("blosc: %d bytes of a frame of %d", len(src), stored)
	case f.size > cap(dst):
		return nil, bad("blosc: %d bytes, want %d at most", f.size, cap(dst))
	case f.typesize == 0:
		return nil, bad("blosc: elements of 0 bytes")
	case f.size == 0:
		return dst, nil
	}
	dst = dst[:f.size]
	if f.flags&bloscCopied != 0 {
		if len(src) < 16+f.size {
			return nil, bad("blosc: %d bytes of data, want %d", len(src)-16, f.size)
		}
		copy(dst, src[16:])
		return dst, nil
	}
	if f.blockSize < min(bloscBlockMin, f.size) {
		return nil, bad("blosc: blocks of %d bytes", f.blockSize)
	}
	blocks := (f.size + f.blockSize - 1) / f.blockSize
	if len(src) < 16+4*blocks {
		return nil, bad("blosc: the places of %d blocks are missing", blocks)
	}
	var scratch []byte
	for i := range blocks {
		out := dst[i*f.blockSize : min((i+1)*f.blockSize, f.size)]
		work := out
		if f.flags&(bloscByteShuffle|bloscBitShuffle) != 0 && f.typesize > 1 || f.flags&bloscBitShuffle != 0 {
			if scratch == nil {
				scratch = make([]byte, min(f.blockSize, f.size))
			}
			work = scratch[:len(out)]
		}
		start := int(binary.LittleEndian.Uint32(src[16+4*i:]))
		if err := f.block(work, start, len(out) < f.blockSize); err != nil {
			return nil, err
		}
		switch {
		case f.flags&bloscBitShuffle != 0:
			bitUnshuffle(out, work, f.typesize)
		case f.flags&bloscByteShuffle != 0 && f.typesize > 1:
			byteUnshuffle(out, work, f.typesize)
		}
	}
	return dst, nil
}

// block decodes one block, which has a part for each byte of an element where that was of use.
func (f *bloscFrame) block(out []byte, at int, last bool) error {
	parts := 1
	if f.flags&bloscNoSplit == 0 && !last && f.typesize <= 16 && f.blockSize/f.typesize >= 128 && f.blockSize%f.typesize == 0 {
		parts = f.typesize
	}
	size := len(out) / parts
	for p := range parts {
		if at < 0 || at+4 > len(f.data) {
			return bad("blosc: a block begins outside of the frame")
		}
		n := int(binary.LittleEndian.Uint32(f.data[at:]))
		at += 4
		if n > len(f.data)-at {
			return bad("blosc: a block ends outside of the frame")
		}
		if err := f.part(out[p*size:(p+1)*size], f.data[at:at+n]); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func (f *bloscFrame) part(out, src []byte) error {
	if len(src) == len(out) { // did not become smaller
		copy(out, src)
		return nil
	}
	var got []byte
	var err error
	switch f.flags >> 5 {
	case bloscLZ:
		got, err = blosclz(out, src)
	case bloscLZ4:
		got, err = lz4Block(out, src)
	case bloscZlib:
		r, e := zlib.NewReader(bytes.NewReader(src))
		if e != nil {
			return bad("blosc: zlib: %v", e)
		}
		got, err = fill(out[:0:len(out)], r, "blosc: zlib")
	case bloscZstd:
		got, err = zstdCodec{}.decode(out[:0:len(out)], src)
	case bloscSnappy:
		return unsupported("blosc with snappy")
	default:
		return unsupported("blosc with the compressor of number %d", f.flags>>5)
	}
	if err == nil && len(got) != len(out) {
		err = bad("blosc: a block of %d bytes, want %d", len(got), len(out))
	}
	return err
}

// byteUnshuffle puts the bytes of elements together, which are stored as all first bytes, all second bytes and so on. What
// does not fill an element is at the end as it is.
func byteUnshuffle(dst, src []byte, size int) {
	n := len(src) / size
	for k := range size {
		plane := src[k*n : (k+1)*n]
		for i, v := range plane {
			dst[i*size+k] = v
		}
	}
	copy(dst[n*size:], src[n*size:])
}

// bitUnshuffle is byteUnshuffle by bit: all first bits, then all second bits, for as many elements as fill whole bytes.
func bitUnshuffle(dst, src []byte, size int) {
	n := len(src) / size
	n -= n % 8
	row := n / 8
	for k := range size {
		for r := range row {
			// eight bytes, each with one bit of the byte k of eight elements
			var x uint64
			for b := range 8 {
				x |= uint64(src[(k*8+b)*row+r]) << (8 * b)
			}
			x = transpose8(x)
			for i := range 8 {
				dst[(r*8+i)*size+k] = byte(x >> (8 * i))
			}
		}
	}
	copy(dst[n*size:], src[n*size:])
}

// transpose8 transposes a matrix of 8×8 bits (Hacker's Delight, section 7-3).
func transpose8(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

// blosclz decodes Blosc's own codec, which is FastLZ of level 2 with other limits: literals in runs of up to 32, matches of a
// length and a distance, far ones with 16 more bits.
func blosclz(out, src []byte) ([]byte, error) {
	const near = 8191
	damaged := bad("blosc: damaged blosclz block")
	if len(src) == 0 {
		return nil, damaged
	}
	op, ip := 0, 1
	ctrl := int(src[0] & 31)
	for {
		if ctrl >= 32 {
			length, distance := ctrl>>5-1, (ctrl&31)<<8
			if length == 6 {
				for {
					if ip >= len(src) {
						return nil, damaged
					}
					c := src[ip]
					ip++
					length += int(c)
					if c != 255 {
						break
					}
				}
			}
			if ip >= len(src) {
				return nil, damaged
			}
			c := src[ip]
			ip++
			length += 3
			back := distance + int(c)
			if c == 255 && distance == 31<<8 {
				if ip+1 >= len(src) {
					return nil, damaged
				}
				back = int(src[ip])<<8 + int(src[ip+1]) + near
				ip += 2
			}
			from := op - back - 1
			if from < 0 || op+length > len(out) {
				return nil, damaged
			}
			for i := range length { // may overlap
				out[op+i] = out[from+i]
			}
			op += length
		} else {
			ctrl++
			if op+ctrl > len(out) || ip+ctrl > len(src) {
				return nil, damaged
			}
			op += copy(out[op:op+ctrl], src[ip:])
			ip += ctrl
		}
		if ip >= len(src) {
			return out[:op], nil
		}
		ctrl = int(src[ip])
		ip++
	}
}
