package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// An op is what the tasks of a layer do. Its bytes are the segment of the layer, which only workers read.
type op struct {
	Seed   uint64
	Micros int64 // how long a task runs, on average
	Bytes  int64 // how large its result is, on average

	// Shares of the tasks, in thousandths.
	Fails    int // fail once or twice and then succeed
	Breaks   int // fail always
	Poison   int // end their process, always
	Waits    int // give their thread back for a while
	Stubborn int // do not listen when they are interrupted
	Huge     int // have a result of more than the limit

	Sort  uint8   // of the failures; a user's error if 0
	Panic bool    // they are panics
	Parts bool    // of each input's value task i uses only part i
	Until wire.ID // all tasks wait until this value is there, with their thread given back; zero means none
}

// TakesParts reports whether the tasks of a layer take parts.
func (o op) TakesParts(int) bool { return o.Parts }

// Run is never called: the simulator computes values itself.
func (op) Run(context.Context, *graph.Task) (any, error) {
	return nil, errors.New("sim: operations are not run")
}

// opBytes is the length of an operation's bytes.
const opBytes = 13 * 8

func (o op) bytes() []byte {
	var b []byte
	flag := int64(0)
	if o.Panic {
		flag |= 1
	}
	if o.Parts {
		flag |= 2
	}
	for _, v := range []int64{
		int64(o.Seed), o.Micros, o.Bytes, int64(o.Fails), int64(o.Breaks), int64(o.Poison), int64(o.Waits), int64(o.Stubborn),
		int64(o.Huge), int64(o.Sort), flag, int64(o.Until.Layer), int64(o.Until.Index),
	} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func parseOp(b []byte) (op, bool) {
	if len(b) != opBytes {
		return op{}, false
	}
	var v [opBytes / 8]int64
	for k := range v {
		v[k] = int64(binary.LittleEndian.Uint64(b[8*k:]))
	}
	return op{
		Seed: uint64(v[0]), Micros: v[1], Bytes: v[2], Fails: int(v[3]), Breaks: int(v[4]), Poison: int(v[5]), Waits: int(v[6]),
		Stubborn: int(v[7]), Huge: int(v[8]), Sort: uint8(v[9]), Panic: v[10]&1 != 0, Parts: v[10]&2 != 0,
		Until: wire.ID{Layer: wire.LayerID(v[11]), Index: int32(v[12])},
	}, true
}

// A key is what a value is known by: equal keys mean equal values.
type key struct {
	token graph.Token
	index int32 // 0 in a list, whose tasks have tokens of their own
}

func (k key) hash() uint64 {
	var buf [graph.TokenBytes]byte
	b := k.token.AppendBytes(buf[:0])
	return mix(binary.LittleEndian.Uint64(b) ^ mix(binary.LittleEndian.Uint64(b[8:])+uint64(k.index)))
}

// A behaviour is what one task does.
type behaviour struct {
	run      time.Duration
	bytes    int64
	failures int // how often it fails before it succeeds; foreverFails for always
	poison   bool
	waits    time.Duration
	stubborn bool
	sort     uint8 // of the failures
	panics   bool
	parts    bool
	until    wire.ID
}

// foreverFails is more failures than any run has.
const foreverFails = 1 << 30

// of returns what the task with a key does: the same each time and everywhere.
func (o op) of(k key) behaviour {
	r := rng{k.hash() ^ o.Seed}
	b := behaviour{
		run:   r.exp(time.Duration(o.Micros)*time.Microsecond) + 10*time.Microsecond,
		bytes: 16 + int64(float64(o.Bytes)*2*r.float()),
		until: o.Until, sort: o.Sort, panics: o.Panic, parts: o.Parts,
	}
	if b.sort == wire.SortNone {
		b.sort = wire.SortUser
	}
	dice := func() int { return r.intn(1000) }
	if dice() < o.Fails {
		b.failures = r.between(1, 2)
	}
	if dice() < o.Breaks {
		b.failures = foreverFails
	}
	b.poison = dice() < o.Poison
	if dice() < o.Waits {
		b.waits = r.span(10*time.Millisecond, 2*time.Second)
	}
	b.stubborn = dice() < o.Stubborn
	if dice() < o.Huge {
		b.bytes = 5 << 30
	}
	return b
}

// partOf computes a part of a value: of what is whole, part 0 is all of it.
func partOf(sum uint64, part int32) uint64 {
	if part == 0 {
		return sum
	}
	return mix(sum + uint64(part)*0x9e3779b97f4a7c15)
}

// valueOf computes a task's value from its key and those of its inputs, in the order of the arguments.
func valueOf(k key, inputs []uint64) uint64 {
	v := k.hash()
	for n, in := range inputs {
		v = mix(v ^ mix(in+uint64(n)))
	}
	return v
}
