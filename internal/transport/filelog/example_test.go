package filelog_test

import (
	"context"
	"fmt"
	"os"

	"sheaf/internal/transport/filelog"
)

func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "filelog")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log, err := filelog.Open(dir, filelog.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(log.Append(ctx, [][]byte{[]byte("admit graph 1")})) // on disk when it returns
	_ = log.Close()

	log, err = filelog.Open(dir, filelog.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = log.Close() }()
	err = log.Replay(ctx, 1, func(number uint64, record []byte) error {
		fmt.Println(number, string(record))
		return nil
	})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 1 admit graph 1
	// <nil>
}
