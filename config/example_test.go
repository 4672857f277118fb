package config_test

import (
	"context"
	"fmt"

	"sheaf/config"
)

func ExampleEntry() {
	ctx, err := config.With(context.Background(), "memory.limit", "2GiB")
	if err != nil {
		fmt.Println(err)
	}
	e, err := config.Lookup(ctx, "memory.limit")
	fmt.Println(e.Key, e.Value, "from", e.Source, err)
	// Output: memory.limit 2147483648 from code <nil>
}
