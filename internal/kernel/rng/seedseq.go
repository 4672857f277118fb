package rng

import (
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/big"
)

// poolWords is the size of the entropy pool in 32-bit words, NumPy's default.
const poolWords = 4

// The constants of O'Neill's seed_seq_fe, as NumPy's SeedSequence uses them.
const (
	hashInitA  uint32 = 0x43b0d7e5
	hashMultA  uint32 = 0x931e8875
	hashInitB  uint32 = 0x8b51f9dd
	hashMultB  uint32 = 0x58f38ded
	mixMultL   uint32 = 0xca01f9dd
	mixMultR   uint32 = 0x4973f715
	hashXShift        = 16
)

// SeedSequence turns entropy of any length into well mixed seeds, and spawns children whose seeds do not overlap.
//
// It gives the same words as numpy.random.SeedSequence(entropy, spawn_key=key) with the default pool of 128 bits.
// Entropy and Key are its whole identity: two sequences with the same fields give the same words on any machine.
type SeedSequence struct {
	Entropy []uint32 // little-endian 32-bit words of the seed
	Key     []uint32 // path of spawned children, the root has none
	Spawned uint32   // children spawned so far
}

// NewSeedSequence returns the sequence of a seed, as SeedSequence(seed) does for a non-negative int.
func NewSeedSequence(seed uint64) *SeedSequence {
	words := []uint32{uint32(seed)}
	if hi := uint32(seed >> 32); hi != 0 {
		words = append(words, hi)
	}
	return &SeedSequence{Entropy: words}
}

// SeedSequenceBig is [NewSeedSequence] for a seed of any size. A negative seed is an error, as in NumPy.
func SeedSequenceBig(seed *big.Int) (*SeedSequence, error) {
	if seed.Sign() < 0 {
		return nil, fmt.Errorf("random: seed %s is negative; seeds are integers from 0", seed)
	}
	words := []uint32{}
	for v, mask := new(big.Int).Set(seed), big.NewInt(1<<32-1); v.Sign() > 0; v.Rsh(v, 32) {
		words = append(words, uint32(new(big.Int).And(v, mask).Uint64()))
	}
	if len(words) == 0 {
		words = []uint32{0}
	}
	return &SeedSequence{Entropy: words}, nil
}

// RandomSeedSequence returns a sequence with 128 bits of entropy from the operating system.
func RandomSeedSequence() *SeedSequence {
	var b [4 * poolWords]byte
	_, _ = crand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	s := &SeedSequence{Entropy: make([]uint32, poolWords)}
	for i := range s.Entropy {
		s.Entropy[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return s
}

// Child returns child number i: the sequence that the i-th element of Spawn is, without spawning the others.
func (s *SeedSequence) Child(i uint32) *SeedSequence {
	key := make([]uint32, len(s.Key)+1)
	copy(key, s.Key)
	key[len(s.Key)] = i
	return &SeedSequence{Entropy: s.Entropy, Key: key}
}

// Spawn returns the next n children, as SeedSequence.spawn does; a second call goes on where the first ended.
func (s *SeedSequence) Spawn(n int) []*SeedSequence {
	out := make([]*SeedSequence, n)
	for i := range out {
		out[i] = s.Child(s.Spawned + uint32(i))
	}
	s.Spawned += uint32(n)
	return out
}

// pool mixes entropy and key into the pool.
func (s *SeedSequence) pool() [poolWords]uint32 {
	words := append([]uint32(nil), s.Entropy...)
	if len(s.Key) > 0 {
		for len(words) < poolWords { // so that a key never looks like more entropy
			words = append(words, 0)
		}
		words = append(words, s.Key...)
	}
	h := hashInitA
	hash := func(v uint32) uint32 {
		v ^= h
		h *= hashMultA
		v *= h
		return v ^ v>>hashXShift
	}
	mix := func(x, y uint32) uint32 {
		r := mixMultL*x - mixMultR*y
		return r ^ r>>hashXShift
	}
	var pool [poolWords]uint32
	for i := range pool {
		if i < len(words) {
			pool[i] = hash(words[i])
		} else {
			pool[i] = hash(0)
		}
	}
	for src := range pool {
		for dst := range pool {
			if src != dst {
				pool[dst] = mix(pool[dst], hash(pool[src]))
			}
		}
	}
	for src := poolWords; src < len(words); src++ {
		for dst := range pool {
			pool[dst] = mix(pool[dst], hash(words[src]))
		}
	}
	return pool
}

// State32 returns n seed words of 32 bits, as generate_state(n) does.
func (s *SeedSequence) State32(n int) []uint32 {
	pool, h := s.pool(), hashInitB
	out := make([]uint32, n)
	for i := range out {
		v := pool[i%poolWords] ^ h
		h *= hashMultB
		v *= h
		out[i] = v ^ v>>hashXShift
	}
	return out
}

// State64 returns n seed words of 64 bits, as generate_state(n, np.uint64) does.
func (s *SeedSequence) State64(n int) []uint64 {
	w := s.State32(2 * n)
	out := make([]uint64, n)
	for i := range out {
		out[i] = uint64(w[2*i]) | uint64(w[2*i+1])<<32
	}
	return out
}
