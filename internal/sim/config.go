package sim

import (
	"io"
	"time"

	"sheaf/internal/scheduler"
)

// A Config describes a run. Zeros mean a small cluster without faults; [Small] and [Large] make whole configurations of a seed.
type Config struct {
	Seed    uint64
	Workers int
	Threads int // of each worker; 0 means one to four at random
	Memory  int64
	Clients int
	Agents  int
	Tasks   int // that all clients submit in all

	GraphTasks int           // of a graph, on average
	Think      time.Duration // of a client between two actions, on average
	For        time.Duration // how long clients act and faults come; then everything must come to an outcome

	Mix       Mix
	Weather   Weather
	Faults    Faults
	Scheduler scheduler.Config
	Drift     float64 // most by which a process's clock runs fast or slow

	ResultMax    int64   // bytes of a result that workers accept
	SpillFlip    float64 // probability that a value is damaged on disk
	TransferFlip float64 // and on the way

	CheckEvery int       // steps after which machines check themselves; 0 means only at the end
	Log        io.Writer // of all events, if not nil
	Plant      string    // a bug on purpose; see [Plants]

	// Stop is asked before every event, if not nil. True ends the run; what its report says of unfinished work means nothing then.
	Stop func() bool

	plant *plant // or one that is made
}

// Faults says how often things go wrong, on average per minute of the whole cluster, and for how long.
type Faults struct {
	Kill      float64 // kill -9 of a worker, which mostly comes back
	Pause     float64 // SIGSTOP of a worker or client
	Slow      float64 // a worker is a hundred times slower
	Cut       float64 // no connection between a worker and the scheduler
	OneWay    float64 // nothing passes from the scheduler to a worker, or the other way
	PeerCut   float64 // no connection between two workers
	ClientCut float64 // no connection between a client and everybody
	Crash     float64 // of a client; another one comes
	DiskFull  float64 // on a worker
	Join      float64 // a new worker
	Leave     float64 // a worker is retired, or told to stop
	Jump      float64 // a wall clock goes wrong by up to an hour
	Storm     float64 // the network is bad

	Long time.Duration // how long such things last, on average; 5 s if 0
}

// Scaled returns the faults with every rate multiplied.
func (f Faults) Scaled(by float64) Faults {
	for _, p := range []*float64{
		&f.Kill, &f.Pause, &f.Slow, &f.Cut, &f.OneWay, &f.PeerCut, &f.ClientCut, &f.Crash, &f.DiskFull, &f.Join, &f.Leave, &f.Jump, &f.Storm,
	} {
		*p *= by
	}
	return f
}

// storm is a network on a bad day.
var storm = Weather{
	Latency: time.Millisecond, Jitter: 50 * time.Millisecond, Drop: 0.1, Repeat: 0.1, Late: 0.1, Lost60: 0.002, Flip: 0.01,
}

func (c Config) withDefaults() Config {
	def(&c.Workers, 3)
	def(&c.Clients, 1)
	def(&c.Tasks, 100)
	def(&c.GraphTasks, 20)
	def(&c.Think, 300*time.Millisecond)
	def(&c.For, 20*time.Second)
	def(&c.Memory, 1<<30)
	def(&c.ResultMax, 4<<30)
	def(&c.Mix.Micros, 20_000)
	def(&c.Mix.Bytes, 10_000)
	def(&c.Faults.Long, 5*time.Second)
	if c.Weather == (Weather{}) {
		c.Weather = calm
	}
	if c.Scheduler.Seed == 0 {
		c.Scheduler.Seed = c.Seed
	}
	return c
}

func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// chaos is some of everything, for a cluster of a few workers.
var chaos = Faults{
	Kill: 3, Pause: 2, Slow: 1, Cut: 2, OneWay: 1, PeerCut: 2, ClientCut: 1, Crash: 1, DiskFull: 1, Join: 1, Leave: 1, Jump: 1, Storm: 2,
}

// Small returns a small run of a seed: everything about it, the faults too, is drawn from the seed.
func Small(seed uint64) Config {
	r := newRNG(seed, 7)
	c := Config{
		Seed: seed, Workers: r.between(1, 6), Clients: r.between(1, 3), Agents: r.intn(3), Tasks: r.between(20, 250),
		GraphTasks: r.between(3, 40), Think: r.span(50*time.Millisecond, time.Second), For: r.span(5*time.Second, 30*time.Second),
		Drift: 0.001, CheckEvery: r.between(1, 40),
		Mix: Mix{
			Micros: int64(pick(r, []int{100, 2_000, 20_000, 300_000})), Bytes: int64(pick(r, []int{10, 1000, 1_000_000, 100_000_000})),
			Shared: 0.2, External: 0.3, Restricted: 0.1, Resources: 0.15, Retries: int32(r.intn(4)),
		},
		Scheduler: scheduler.Config{
			Heartbeat: time.Second, Lost: r.span(2*time.Second, 10*time.Second), Lease: r.span(10*time.Second, 60*time.Second),
		},
	}
	if r.chance(0.4) {
		c.Mix.Fails, c.Mix.Breaks = r.intn(40), r.intn(10)
	}
	if r.chance(0.2) {
		c.Mix.Poison = r.intn(8)
	}
	if r.chance(0.3) {
		c.Mix.Waits, c.Mix.Stubborn = r.intn(200), r.intn(200)
	}
	if r.chance(0.1) {
		c.Mix.Huge = r.intn(20)
	}
	if r.chance(0.2) {
		c.Mix.Impure = 0.2
	}
	if r.chance(0.3) {
		c.Memory = 64 << 20
	}
	if r.chance(0.3) {
		c.SpillFlip, c.TransferFlip = 0.02, 0.02
	}
	if r.chance(0.85) {
		c.Faults = chaos.Scaled(r.float() * 3)
		c.Faults.Long = r.span(time.Second, 15*time.Second)
	}
	if r.chance(0.2) {
		c.Weather = storm
	}
	if r.chance(0.3) {
		c.Scheduler.Reduce = r.span(20*time.Millisecond, 500*time.Millisecond)
	}
	return c
}

// Large returns a run of a size, with faults that such a cluster sees on a bad day.
func Large(seed uint64, workers, clients, tasks int) Config {
	c := Config{
		Seed: seed, Workers: workers, Clients: clients, Agents: max(1, workers/4), Tasks: tasks, GraphTasks: max(20, tasks/(20*max(1, clients))),
		Think: 200 * time.Millisecond, For: 60 * time.Second, Drift: 0.0001,
		Mix: Mix{
			Micros: 10_000, Bytes: 100_000, Fails: 5, Waits: 5, Stubborn: 5, Shared: 0.05, External: 0.3, Resources: 0.05, Restricted: 0.02,
			Retries: 2,
		},
		Scheduler:    scheduler.Config{Heartbeat: time.Second},
		TransferFlip: 0.0001, SpillFlip: 0.0001,
	}
	c.Faults = chaos.Scaled(max(1, float64(workers)/10))
	return c
}

// Calm takes everything out of a run that goes wrong by chance, except what tasks do.
func (c *Config) Calm() {
	c.Faults, c.Weather, c.SpillFlip, c.TransferFlip = Faults{}, calm, 0, 0
}
