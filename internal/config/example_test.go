package config_test

import (
	"context"
	"fmt"

	"sheaf/internal/config"
)

func ExampleWith() {
	ctx, err := config.With(context.Background(), "array.chunk-size", "64MiB")
	fmt.Println(err)
	size, _ := config.ArrayChunkSize.Get(ctx)
	fmt.Println(size)
	_, err = config.With(ctx, "array.chunksize", "64MiB")
	fmt.Println(err)
	// Output:
	// <nil>
	// 67108864
	// config: unknown key "array.chunksize"; did you mean array.chunk-size?
}

func ExampleKey() {
	ctx := config.Workers.With(context.Background(), 4)
	n, err := config.Workers.Get(ctx)
	fmt.Println(config.Workers.Name(), n, err)
	// Output: workers 4 <nil>
}

func ExampleSnapshot() {
	s, err := config.Load(config.Location{Environ: []string{"SHEAF_PROGRESS_DELAY=500ms"}})
	for _, e := range s.List() {
		if e.Source != "default" {
			fmt.Println(e.Key, e.Value, "from", e.Source, err)
		}
	}
	// Output: progress.delay 500ms from environment SHEAF_PROGRESS_DELAY <nil>
}

func ExampleEntry() {
	e, err := config.Lookup(context.Background(), "bag.split-every")
	fmt.Println(e.Default, "takes", e.Kind, err)
	// Output: 8 takes a whole number from 2 <nil>
}

func ExampleLocation() {
	_, err := config.Load(config.Location{Environ: []string{"SHEAF_WORKER=2"}})
	fmt.Println(err)
	// Output: config: environment: unknown variable SHEAF_WORKER; did you mean SHEAF_WORKERS?
}
