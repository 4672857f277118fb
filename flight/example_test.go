package flight_test

import (
	"context"
	"fmt"

	"sheaf/array"
	"sheaf/client"
	"sheaf/flight"
)

func ExampleServe() {
	ctx := context.Background()
	c, err := client.Local(ctx) // or client.Dial
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.PublishDataset(ctx, "x", array.Ones(array.Size(4, 3))); err != nil {
		fmt.Println(err)
		return
	}
	server, err := flight.Serve(ctx, c, flight.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close(ctx)
	fmt.Println(server.URL()[:17], len(server.Token())) // for pyarrow.flight.connect
	// Output: grpc://127.0.0.1: 26
}

func ExampleConfig() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	_, err := flight.Serve(ctx, c, flight.Config{Listen: "0.0.0.0:8815"})
	fmt.Println(err)
	// Output: flight: listen on "0.0.0.0:8815": whoever reaches this address could read what is published; set Config.Token, or listen on 127.0.0.1
}

func ExampleServer() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	server, err := flight.Serve(ctx, c, flight.Config{Token: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close(ctx)
	fmt.Println(server.Token(), server.Stats().Refused)
	// Output: secret 0
}
