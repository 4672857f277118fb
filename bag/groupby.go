package bag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"reflect"
	"runtime"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/config"
)

// GroupBy brings the elements with equal keys together. The result has as many partitions as b, or as [Partitions] says; each key is in
// one of them, keys in the order in which they were first met there, and the elements of a group in the order of b.
//
// All elements move: they are encoded and, beyond a share of the memory limit, written to the temporary directory. Groups of a partition
// are made and handed on together; a partition too large for that is cut up by key on disk first, so only a single group has to
// fit into memory. Where a fold per key is enough, [Bag.FoldBy] moves nothing. Keys may not hold pointers, which have no value
// that could be compared elsewhere.
//
// Same as dask.bag.Bag.groupby.
func GroupBy[T any, K comparable](b *Bag[T], key func(T) K, opts ...Option) *Bag[Group[K, T]] {
	if err := b.Err(); err != nil {
		return failed[Group[K, T]](err)
	}
	if err := hashable(reflect.TypeFor[K]()); err != nil {
		return failed[Group[K, T]](mistake("GroupBy", "%w", err))
	}
	n := apply(opts).partitions
	if n < 0 {
		return failed[Group[K, T]](mistake("GroupBy", "%d partitions", n))
	}
	if n == 0 {
		n = b.n
	}
	shards, err := graph.New(graph.Spec{
		Name: b.name + "-shuffle", Op: shuffleOp[T, K]{b.in(), key, n, b.n}, Space: []int{b.n}, Edges: edges(b.links),
	})
	if err != nil {
		return failed[Group[K, T]](err)
	}
	mine, err := graph.New(graph.Spec{
		Name: "groupby-fetch", Op: fetchOp{}, Space: []int{n}, Edges: []graph.Edge{{From: shards, Map: graph.All{N: b.n}}},
	})
	if err != nil {
		return failed[Group[K, T]](err)
	}
	return &Bag[Group[K, T]]{name: "groupby", stage: groupStage[T, K]{}, links: []link{{from: mine}}, n: n}
}

// fetchOp brings together what all shards have for one partition. Between processes only that travels.
type fetchOp struct{}

// TakesParts says that task i needs only bucket i of each shard.
func (fetchOp) TakesParts(int) bool { return true }

// Run returns a shard of one bucket, which shares the memory and the files of its inputs.
func (fetchOp) Run(_ context.Context, t *graph.Task) (any, error) {
	shards := make([]*shard, len(t.In(0)))
	for i, in := range t.In(0) {
		var err error
		if shards[i], err = valueOf[*shard](in); err != nil {
			return nil, err
		}
	}
	return merged(shards, t.Index, t.Layer.Len())
}

// shuffleOp encodes the elements of a partition by the partition that they go to.
type shuffleOp[T any, K comparable] struct {
	Stage   stage[T]
	Key     func(T) K
	Buckets int
	Inputs  int // partitions, which share the memory
}

func (o shuffleOp[T, K]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, stage[T](o), func(p *part) (*shard, error) {
		limit, dir, err := shuffleSettings(ctx)
		if err != nil {
			return nil, err
		}
		s := newScatter[KV[K, T]](o.Buckets, dir, min(limit/int64(4*o.Inputs), limit/16))
		hash := hasherOf[K]()
		var failure error
		err = o.Stage.each(p, func(v T) bool {
			k := o.Key(v)
			failure = s.add(bucketOf(hash(k), o.Buckets, 0), KV[K, T]{k, v})
			return failure == nil
		})
		if failure != nil {
			return nil, failure
		}
		if err != nil {
			return nil, err
		}
		return s.finish()
	})
}

func (o shuffleOp[T, K]) each(p *part, yield func(T) bool) error { return o.Stage.each(p, yield) }

func (o shuffleOp[T, K]) functions(visit func(any)) { visit(o.Key); o.Stage.functions(visit) }

// shuffleSettings returns how many bytes a shuffle may count on, and where it writes.
func shuffleSettings(ctx context.Context) (limit int64, dir string, err error) {
	if limit, err = config.MemoryLimit.Get(ctx); err != nil {
		return 0, "", err
	}
	if limit == 0 {
		limit = 1 << 40
	}
	dir, err = config.TemporaryDirectory.Get(ctx)
	return limit, dir, err
}

// bucketOf spreads a hash over n buckets, differently on each level.
func bucketOf(h uint64, n, level int) int {
	h = mix(h + uint64(level)*0x9e3779b97f4a7c15)
	hi, _ := bits.Mul64(h, uint64(n))
	return int(hi)
}

// groupStage groups what the shards hold for its partition.
type groupStage[T any, K comparable] struct{}

const (
	maxLevels = 4
	maxFanout = 256
	// decoded is about how much larger elements are in memory than encoded.
	decoded = 4
)

func (s groupStage[T, K]) each(p *part, yield func(Group[K, T]) bool) error {
	var pieces []piece
	for _, in := range p.inputs(0) {
		sh, err := valueOf[*shard](in)
		if err != nil {
			return err
		}
		if sh.only == nil {
			return fmt.Errorf("bag: groupby: %d buckets where one belongs: %w", len(sh.Bytes), sheaf.ErrInternal)
		}
		pieces = append(pieces, piece{sh, sh.only.bucket})
	}
	limit, dir, err := shuffleSettings(p.ctx)
	if err != nil {
		return err
	}
	budget := max(limit/int64(2*decoded*runtime.GOMAXPROCS(0)), 64<<10)
	_, err = s.group(p, pieces, budget, dir, 0, yield)
	return err
}

func (groupStage[T, K]) functions(func(any)) {}

// A piece is what one shard holds of a bucket.
type piece struct {
	from   *shard
	bucket int
}

// group groups the elements of pieces, cutting them up by key as long as they are more than budget bytes. It tells whether more is wanted.
func (s groupStage[T, K]) group(p *part, pieces []piece, budget int64, dir string, level int, yield func(Group[K, T]) bool) (bool, error) {
	var total int64
	for _, q := range pieces {
		at, err := q.from.at(q.bucket)
		if err != nil {
			return false, err
		}
		total += q.from.Bytes[at]
	}
	if total <= budget || level == maxLevels {
		return s.inMemory(p, pieces, yield)
	}
	fanout := int(min(2*total/budget+1, maxFanout))
	sc := newScatter[KV[K, T]](fanout, dir, budget/4)
	hash := hasherOf[K]()
	err := elements(p.ctx, pieces, func(kv KV[K, T]) error {
		return sc.add(bucketOf(hash(kv.Key), fanout, level+1), kv)
	})
	if err != nil {
		return false, err
	}
	sh, err := sc.finish()
	if err != nil {
		return false, err
	}
	for k := range fanout {
		next := level + 1
		if sh.Bytes[k] > total*9/10 { // one key: cutting does not help
			next = maxLevels
		}
		more, err := s.group(p, []piece{{sh, k}}, budget, dir, next, yield)
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

func (s groupStage[T, K]) inMemory(p *part, pieces []piece, yield func(Group[K, T]) bool) (bool, error) {
	at := map[K]int{}
	var groups []Group[K, T]
	err := elements(p.ctx, pieces, func(kv KV[K, T]) error {
		i, ok := at[kv.Key]
		if !ok {
			i = len(groups)
			at[kv.Key] = i
			groups = append(groups, Group[K, T]{Key: kv.Key})
		}
		groups[i].Values = append(groups[i].Values, kv.Value)
		return nil
	})
	if err != nil {
		return false, err
	}
	for i := range groups {
		g := groups[i]
		groups[i] = Group[K, T]{}
		if !yield(g) {
			return false, nil
		}
	}
	return true, nil
}

// elements decodes the elements of pieces in order.
func elements[E any](ctx context.Context, pieces []piece, use func(E) error) error {
	for _, q := range pieces {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		err := q.from.segments(q.bucket, func(r io.Reader) error {
			d := codec.NewDecoder(r)
			for {
				v, err := codec.DecodeFrom[E](d)
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return fmt.Errorf("bag: shuffle: %w", err)
				}
				if err := use(v); err != nil {
					return err
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
