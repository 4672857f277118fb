package nats_test

import (
	"context"
	"fmt"

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
