package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// channel is a wire in one direction that mistreats frames.
type channel struct {
	rng                           *rand.Rand
	drop, repeat, corrupt, spread float64 // probabilities; spread in seconds
	cut                           bool
	frames                        []flying
}

type flying struct {
	at    time.Duration
	frame []byte
}

func (c *channel) put(now time.Duration, frame []byte) {
	copies := 1
	if c.rng.Float64() < c.repeat {
		copies = 2
	}
	for range copies {
		if c.cut || c.rng.Float64() < c.drop {
			continue
		}
		f := bytes.Clone(frame)
		if c.rng.Float64() < c.corrupt {
			f[c.rng.IntN(len(f))] ^= 1 << c.rng.IntN(8)
			if c.rng.IntN(4) == 0 {
				f = f[:c.rng.IntN(len(f))]
			}
		}
		delay := time.Millisecond + time.Duration(c.rng.Float64()*c.spread*float64(time.Second))
		c.frames = append(c.frames, flying{now + delay, f})
	}
}

// due takes the frames that arrive until now.
func (c *channel) due(now time.Duration) (out [][]byte) {
	rest := c.frames[:0]
	for _, f := range c.frames {
		if f.at <= now {
			out = append(out, f.frame)
		} else {
			rest = append(rest, f)
		}
	}
	c.frames = rest
	return out
}

func (c *channel) next() time.Duration {
	next := Never
	for _, f := range c.frames {
		next = min(next, f.at)
	}
	return next
}

// pair is two sessions, the wires between them and what each has received.
type pair struct {
	now  time.Duration
	end  [2]*Session
	wire [2]*channel // from end i
	got  [2][][]byte
	errs map[string]int
}

func newPair(conf Config, seed uint64) *pair {
	p := &pair{errs: make(map[string]int)}
	for i := range p.end {
		p.end[i] = New(conf, Epoch(10+i), Epoch(11-i), 0)
		p.wire[i] = &channel{rng: rand.New(rand.NewPCG(seed, uint64(i)))}
	}
	return p
}

// step lets everything happen that is due, and moves the clock to what is next, at most to limit.
func (p *pair) step(limit time.Duration) {
	for i, s := range p.end {
		for _, f := range p.wire[1-i].due(p.now) {
			msgs, err := s.Receive(p.now, f)
			if err != nil {
				p.errs[strings.SplitN(err.Error(), ":", 3)[1]]++
			}
			for _, m := range msgs {
				p.got[i] = append(p.got[i], m.Bytes())
			}
		}
	}
	for i, s := range p.end {
		for _, f := range s.Poll(p.now, nil) {
			p.wire[i].put(p.now, f)
		}
	}
	next := limit
	for i, s := range p.end {
		next = min(next, s.Next(p.now), p.wire[i].next())
	}
	p.now = max(next, p.now+time.Microsecond)
}

func (p *pair) until(limit time.Duration, done func() bool) bool {
	for p.now < limit && !done() {
		p.step(limit)
	}
	return done()
}

// message is one whose content tells its place and length.
func message(end, serial, size int) []byte {
	b := make([]byte, max(size, 12))
	binary.LittleEndian.PutUint32(b, uint32(end))
	binary.LittleEndian.PutUint64(b[4:], uint64(serial))
	for i := 12; i < len(b); i++ {
		b[i] = byte(i * (serial + 1))
	}
	return b
}

func TestExactlyOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		conf := Config{
			MTU: rapid.SampledFrom([]int{256, 300, 1500, 64 << 10}).Draw(t, "mtu"), WindowBytes: rapid.SampledFrom([]int{1000, 20_000, 4 << 20}).Draw(t, "window"),
			Resend: 20 * time.Millisecond,
		}
		p := newPair(conf, rapid.Uint64().Draw(t, "seed"))
		for _, w := range p.wire {
			w.drop = rapid.SampledFrom([]float64{0, 0.01, 0.3}).Draw(t, "drop")
			w.repeat = rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "repeat")
			w.corrupt = rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "corrupt")
			w.spread = rapid.SampledFrom([]float64{0, 0.001, 0.1}).Draw(t, "spread")
		}
		var sent [2][][]byte
		for range rapid.IntRange(1, 20).Draw(t, "bursts") {
			end := rapid.IntRange(0, 1).Draw(t, "end")
			size := rapid.SampledFrom([]int{0, 20, 150, 1000, 30_000}).Draw(t, "size")
			for range rapid.IntRange(1, 30).Draw(t, "messages") {
				m := message(end, len(sent[end]), size)
				if err := p.end[end].Send(m); err != nil {
					t.Fatal(err)
				}
				sent[end] = append(sent[end], m)
			}
			for range rapid.IntRange(0, 5).Draw(t, "steps") {
				p.step(Never)
			}
			for _, s := range p.end {
				if s.in.bytes > s.conf.WindowBytes || s.sent > windowPackets || s.flight > s.conf.WindowBytes+s.conf.MTU {
					t.Fatalf("held %d bytes, %d packets and %d bytes on their way, window %d", s.in.bytes, s.sent, s.flight, s.conf.WindowBytes)
				}
			}
		}
		quiet := func() bool {
			a, _ := p.end[0].Queued()
			b, _ := p.end[1].Queued()
			return a+b == 0
		}
		if !p.until(10*time.Hour, quiet) {
			t.Fatalf("not quiet after %v: got %d and %d messages, sent %d and %d", p.now, len(p.got[0]), len(p.got[1]), len(sent[0]), len(sent[1]))
		}
		for end := range sent {
			if err := same(p.got[1-end], sent[end]); err != nil {
				t.Fatal(err)
			}
			if s := p.end[end]; s.flight != 0 || s.bytes != 0 || s.msgs != 0 || s.lost != 0 || len(s.packets) != 0 || len(s.in.held) != 0 || s.in.bytes != 0 || s.in.parts != nil {
				t.Fatalf("something is left: %+v", s)
			}
		}
	})
}

func same(got, want [][]byte) error {
	if len(got) != len(want) {
		return fmt.Errorf("got %d messages, want %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			return fmt.Errorf("message %d: got %d bytes, want %d of other content", i, len(got[i]), len(want[i]))
		}
	}
	return nil
}

// TestStory runs the stories of testdata. A wire is perfect, with 1 ms of delay, except where told.
func TestStory(t *testing.T) {
	datadriven.Walk(t, "testdata/story", func(t *testing.T, path string) {
		p := newPair(Config{MTU: 1000, Resend: 100 * time.Millisecond, Probe: time.Second, Stall: 3 * time.Second}, 1)
		var serial [2]int
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			end := 0
			if len(d.CmdArgs) > 0 && d.CmdArgs[0].Key == "b" {
				end = 1
			}
			switch d.Cmd {
			case "send":
				n, size := 1, 100
				d.MaybeScanArgs(t, "n", &n)
				d.MaybeScanArgs(t, "size", &size)
				for range n {
					if err := p.end[end].Send(message(end, serial[end], size)); err != nil {
						return err.Error()
					}
					serial[end]++
				}
			case "cut", "mend":
				p.wire[end].cut = d.Cmd == "cut"
			case "run":
				var ms int
				d.ScanArgs(t, "ms", &ms)
				narrate(p, time.Duration(ms)*time.Millisecond, &out)
			}
			for i, s := range p.end {
				msgs, bytes := s.Queued()
				fmt.Fprintf(&out, "%c: queued %d (%d B), got %d, %v, stalled %v, heard %v ago\n",
					'a'+i, msgs, bytes, len(p.got[i]), s.Health(p.now), s.Stalled(p.now), p.now-s.Heard())
			}
			return out.String()
		})
	})
}

// narrate runs the pair for d and writes what goes over the wires.
func narrate(p *pair, d time.Duration, out *strings.Builder) {
	limit := p.now + d
	for p.now < limit {
		p.now = min(p.now, limit)
		for i, s := range p.end {
			for _, f := range p.wire[1-i].due(p.now) {
				msgs, _ := s.Receive(p.now, f)
				for _, m := range msgs {
					p.got[i] = append(p.got[i], m.Bytes())
				}
			}
		}
		for i, s := range p.end {
			for _, f := range s.Poll(p.now, nil) {
				what := "ack"
				if seq := binary.LittleEndian.Uint64(f[28:]); seq > 0 {
					what = fmt.Sprintf("data %d", seq)
				} else if f[3]&flagProbe != 0 {
					what = "probe"
				}
				lost := ""
				if p.wire[i].cut {
					lost = " (lost)"
				}
				fmt.Fprintf(out, "%v %c: %s, wants %d, %d B%s\n", p.now, 'a'+i, what, binary.LittleEndian.Uint64(f[36:]), len(f), lost)
				p.wire[i].put(p.now, f)
			}
		}
		next := limit
		for i, s := range p.end {
			next = min(next, s.Next(p.now), p.wire[i].next())
		}
		p.now = min(limit, max(next, p.now+time.Millisecond))
	}
}

func TestLimits(t *testing.T) {
	s := New(Config{MTU: 1000, MessageBytesMax: 5000, QueueBytesMax: 12_000}, 1, 2, 0)
	if err := s.Send(make([]byte, 5001)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	for range 2 {
		if err := s.Send(make([]byte, 5000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Send(make([]byte, 5000)); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	// A peer that allows more is found out.
	peer := New(Config{MTU: 1000}, 2, 1, 0)
	if err := peer.Send(make([]byte, 6000)); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, f := range peer.Poll(0, nil) {
		_, last = s.Receive(0, f)
	}
	if !errors.Is(last, ErrBroken) || !errors.Is(s.Send(nil), ErrBroken) || s.Poll(0, nil) != nil || s.Next(0) != Never {
		t.Errorf("got %v, want a broken session", last)
	}
}

func TestForeignAndMalformed(t *testing.T) {
	s := New(Config{}, 1, 2, 0)
	for _, c := range []struct{ local, remote Epoch }{{3, 1}, {2, 3}} {
		other := New(Config{}, c.local, c.remote, 0)
		if err := other.Send([]byte("hi")); err != nil {
			t.Fatal(err)
		}
		frame := other.Poll(0, nil)[0]
		_, err := s.Receive(time.Second, frame)
		foreign, ok := errors.AsType[*ForeignError](err)
		if !ok || !errors.Is(err, ErrForeign) || foreign.From != c.local || foreign.To != c.remote {
			t.Errorf("got %v, want a ForeignError of %v→%v", err, c.local, c.remote)
		}
		if kind, from, to, err := PeekEpochs(frame); kind != Packet || from != c.local || to != c.remote || err != nil {
			t.Errorf("got %v %v %v %v", kind, from, to, err)
		}
	}
	// An acknowledgement of what was never sent, and records beyond their packet, in frames that are sound otherwise.
	ack := appendHeader(nil, Packet, 2, 1)
	binary.LittleEndian.PutUint64(ack[36:], 7)
	seal(ack)
	torn := append(appendHeader(nil, Packet, 2, 1), 200)
	binary.LittleEndian.PutUint64(torn[28:], 1)
	binary.LittleEndian.PutUint64(torn[36:], 1)
	seal(torn)
	hello, err := Control{Kind: Hello, From: 2}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range [][]byte{nil, []byte("SL"), ack, torn, hello, bytes.Repeat([]byte{7}, 100)} {
		if _, err := s.Receive(time.Second, f); !errors.Is(err, ErrMalformed) {
			t.Errorf("%x: got %v, want ErrMalformed", f, err)
		}
	}
	if st := s.Stats(); st.Foreign != 2 || st.Malformed != 6 || s.Heard() != 0 {
		t.Errorf("got %+v, heard %v", st, s.Heard())
	}
}

func TestControl(t *testing.T) {
	c := Control{Kind: Welcome, From: 5, To: 6, Payload: []byte("who")}
	frame, err := c.Append([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseControl(frame[len("before"):])
	if err != nil || got.Kind != c.Kind || got.From != 5 || got.To != 6 || string(got.Payload) != "who" {
		t.Errorf("got %+v %v", got, err)
	}
	if _, err := (Control{Kind: Hello, Payload: make([]byte, ControlBytesMax+1)}).Append(nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	if _, err := (Control{Kind: Packet}).Append(nil); err == nil {
		t.Error("a packet passed for a control frame")
	}
	frame[len(frame)-1]++
	if _, err := ParseControl(frame[len("before"):]); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
}

// FuzzReceive gives a session anything, with right checksums and epochs so that the bytes get far.
func FuzzReceive(f *testing.F) {
	peer := New(Config{MTU: 300}, 2, 1, 0)
	for i := range 5 {
		_ = peer.Send(message(0, i, 200*i))
	}
	for _, frame := range peer.Poll(0, nil) {
		f.Add(frame)
	}
	f.Add(peer.acknowledgement(true))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := New(Config{MTU: 300, MessageBytesMax: 1000, WindowBytes: 2000}, 1, 2, 0)
		for i := range 4 {
			if err := s.Send(message(0, i, 300)); err != nil {
				t.Fatal(err)
			}
		}
		s.Poll(0, nil)
		for now := time.Duration(1); len(data) > 0; now++ {
			n := min(len(data), 150)
			frame := append(make([]byte, 0, 200), data[:n]...)
			data = data[n:]
			_, _ = s.Receive(now, frame)
			if len(frame) >= headerPacket {
				copy(frame, magic)
				frame[2] = byte(Packet)
				binary.LittleEndian.PutUint64(frame[12:], 2)
				binary.LittleEndian.PutUint64(frame[20:], 1)
				seal(frame)
				_, _ = s.Receive(now, frame)
			}
			s.Poll(now, nil)
			if s.in.bytes > 2000 || s.in.size > 1000 || len(s.in.held) > windowPackets {
				t.Fatalf("held %d bytes in %d, part of %d", s.in.bytes, len(s.in.held), s.in.size)
			}
		}
	})
}
