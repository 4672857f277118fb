package nats_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"

	"sheaf/internal/transport/nats"
)

func ExampleStartServer() {
	ctx := context.Background()
	server, err := nats.StartServer(ctx, nats.ServerConfig{Token: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	got := make(chan string)
	scheduler, err := nats.Dial(ctx, nats.Config{Server: server, Name: "scheduler"}, func(from string, frame []byte) { got <- from + ": " + string(frame) })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = scheduler.Close() }()
	worker, err := nats.Dial(ctx, nats.Config{URLs: []string{server.URL()}, Name: "worker-1", Token: "secret"}, func(string, []byte) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = worker.Close() }()
	if err := worker.Send("scheduler", []byte("ready")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-got)
	// Output: worker-1: ready
}

func ExampleServerConfig() {
	_, err := nats.StartServer(context.Background(), nats.ServerConfig{Listen: "0.0.0.0:4222"})
	fmt.Println(err)
	// Output: nats: listen on "0.0.0.0:4222": whoever reaches this address could run code here; set a token or users, or listen on 127.0.0.1
}

func ExampleOpenLog() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "log")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := nats.StartServer(ctx, nats.ServerConfig{Listen: "none", StoreDir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	e, err := nats.Dial(ctx, nats.Config{Server: server, Name: "scheduler"}, func(string, []byte) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = e.Close() }()
	log, err := nats.OpenLog(ctx, e, nats.LogConfig{Name: "main"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(log.Append(ctx, [][]byte{[]byte("admit graph 1"), []byte("admit graph 2")}))
	err = log.Replay(ctx, 2, func(number uint64, record []byte) error {
		fmt.Println(number, string(record))
		return nil
	})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 2 admit graph 2
	// <nil>
}

func ExampleOpenObjects() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "objects")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := nats.StartServer(ctx, nats.ServerConfig{Listen: "none", StoreDir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	e, err := nats.Dial(ctx, nats.Config{Server: server, Name: "scheduler"}, func(string, []byte) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = e.Close() }()
	objects, err := nats.OpenObjects(ctx, e, &nats.ObjectsConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	sum := sha256.Sum256([]byte("program"))
	fmt.Println(objects.Put(ctx, sum, strings.NewReader("program")))
	fmt.Println(objects.Has(ctx, sum))
	// Output:
	// <nil>
	// true <nil>
}

func ExampleNetwork() {
	ctx, cancel := context.WithCancel(context.Background())
	network := nats.NewNetwork(ctx, nats.Config{URLs: []string{"nats://127.0.0.1:1"}}) // where nothing listens
	cancel()
	_, err := network.Join("worker-1", func(string, []byte) {})
	fmt.Println(errors.Is(err, context.Canceled))
	// Output: true
}
