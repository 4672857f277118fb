package zarr_test

import (
	"context"
	"fmt"
	"os"

	"sheaf/dtype"
	"sheaf/internal/zarr"
	"sheaf/ndarray"
)

func ExampleMeta() {
	dir, err := os.MkdirTemp("", "zarr")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	m, err := zarr.New(3, dtype.Int16, []int{2, 5}, []int{2, 3}, "zstd", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	chunk, _ := ndarray.From([][]int16{{1, 2, 3}, {4, 5, 6}})
	if err := m.Create(dir); err != nil {
		fmt.Println(err)
	}
	if err := m.Write(ctx, dir, []int{0, 0}, chunk); err != nil {
		fmt.Println(err)
	}
	m, err = zarr.Open(dir)
	fmt.Println(m, err)
	a, err := m.Read(ctx, dir, []int{0, 1}, []int{2, 5})
	fmt.Println(a, err)
	// Output:
	// zarr v3 int16 [2 5] in chunks of [2 3], zstd <nil>
	// [[2 3 0 0]
	//  [5 6 0 0]] <nil>
}
