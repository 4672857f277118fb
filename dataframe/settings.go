//go:build cgo

package dataframe

import (
	"context"

	"sheaf/internal/config"
)

// limits is what planning takes from the configuration, and from how much memory there is where the plan runs. It depends on nothing else, so
// that one plan always becomes the same graph.
type limits struct {
	memory     int64  // bytes; 0 means no limit
	dir        string // for temporary files
	broadcast  int64  // a table below this is sent whole to every partition of the other
	wide       int64  // what the configuration says of broadcast
	gather     int64  // a table below this is brought together in one task instead of being shuffled
	part       int64  // what a partition of a shuffle aims at
	fuse       int64  // a plan over files below this may run as one query on all processors
	splitEvery int
	disk       string // where pieces of shuffles are kept: auto, memory or disk
	elsewhere  bool   // tasks run in other processes, with a memory of their own
	err        error
}

const (
	gatherBytes = 64 << 20
	partBytes   = 64 << 20
	memoryLeast = 64 << 20
)

// defaults are the limits of this process.
func defaults() limits { return settings(context.Background()) }

// distributed are the limits of plans whose tasks run in other processes with so much memory for values, or as much as this one if that is 0: there is no
// fragment for all processors of one, and those that cut for a shuffle look at their own memory.
func distributed(memory int64) limits {
	l := defaults()
	if memory > 0 {
		l.memory = memory
		l.divide()
	}
	l.fuse, l.elsewhere = 0, true
	return l
}

func settings(ctx context.Context) limits {
	var l limits
	read(&l, config.MemoryLimit, ctx, &l.memory)
	read(&l, config.TemporaryDirectory, ctx, &l.dir)
	read(&l, config.DataFrameBroadcast, ctx, &l.wide)
	read(&l, config.DataFrameSplitEvery, ctx, &l.splitEvery)
	read(&l, config.DataFrameShuffle, ctx, &l.disk)
	l.divide()
	return l
}

// divide says how much of the memory single things may take.
func (l *limits) divide() {
	if l.memory <= 0 {
		l.memory = 1 << 40
	}
	l.memory = max(l.memory, memoryLeast)
	l.gather = min(gatherBytes, l.memory/16)
	l.part = min(partBytes, l.memory/16)
	l.broadcast = min(l.wide, l.memory/16)
	l.fuse = l.memory / 8
}

func read[T any](l *limits, key config.Key[T], ctx context.Context, into *T) {
	v, err := key.Get(ctx)
	if err != nil && l.err == nil {
		l.err = err
	}
	*into = v
}
