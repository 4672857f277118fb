package sim

import (
	"math"
	"math/bits"
	"time"
)

// An rng is a splitmix64 generator. It is written out here so that a seed means the same run for ever.
type rng struct{ state uint64 }

// newRNG returns a generator for one purpose; others with the same seed are independent of it.
func newRNG(seed uint64, purpose uint64) *rng {
	r := &rng{seed}
	r.state = r.u64() ^ purpose*0x9e3779b97f4a7c15
	return r
}

func (r *rng) u64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

// mix spreads the bits of a number over all of them.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// intn returns a number in [0, n), and 0 when there is none.
func (r *rng) intn(n int) int {
	if n <= 0 {
		return 0
	}
	hi, _ := bits.Mul64(r.u64(), uint64(n))
	return int(hi)
}

// between returns a number in [lo, hi].
func (r *rng) between(lo, hi int) int { return lo + r.intn(hi-lo+1) }

// float returns a number in [0, 1).
func (r *rng) float() float64 { return float64(r.u64()>>11) / (1 << 53) }

// chance is true with probability p.
func (r *rng) chance(p float64) bool { return p > 0 && r.float() < p }

// span returns a duration in [lo, hi).
func (r *rng) span(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.float()*float64(hi-lo))
}

// exp returns an exponentially distributed duration, cut at eight times its mean.
func (r *rng) exp(mean time.Duration) time.Duration {
	return min(time.Duration(-math.Log(1-r.float())*float64(mean)), 8*mean)
}

// pick returns one of the elements, or the zero value of none.
func pick[T any](r *rng, from []T) T {
	var none T
	if len(from) == 0 {
		return none
	}
	return from[r.intn(len(from))]
}
