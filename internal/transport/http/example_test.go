package http_test

import (
	"context"
	"errors"
	"fmt"

	"sheaf/internal/transport/http"
	"sheaf/internal/wire"
)

// numbers has the value 10·index for each index below 3.
type numbers struct{}

func (numbers) Open(_ context.Context, id wire.ID) (http.Value, error) {
	if id.Index >= 3 {
		return http.Value{}, http.ErrNotHere
	}
	return http.Value{Any: 10 * int(id.Index), Bytes: 8}, nil
}

func ExampleServe() {
	ctx := context.Background()
	server, err := http.Serve(http.ServerConfig{Source: numbers{}, Token: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close(ctx) }()
	f := http.NewFetcher(http.FetcherConfig{Token: "secret"})
	defer f.Close()
	layer := wire.NewLayerID(1, 1)
	err = f.Get(ctx, server.Addr(), []wire.ID{{Layer: layer, Index: 1}, {Layer: layer, Index: 2}, {Layer: layer, Index: 3}}, func(id wire.ID, v any, err error) {
		fmt.Println(id, v, errors.Is(err, http.ErrNotHere))
	})
	fmt.Println(err)
	// Output:
	// 1.1[1] 10 false
	// 1.1[2] 20 false
	// 1.1[3] <nil> true
	// <nil>
}

func ExampleServerConfig() {
	_, err := http.Serve(http.ServerConfig{Listen: ":8000", Anonymous: true})
	fmt.Println(err)
	// Output: http: listen on ":8000": whoever reaches this address could read and replace values; set a token, or listen on 127.0.0.1
}

func ExampleValueError() {
	fmt.Println(&http.ValueError{ID: wire.ID{Layer: 7, Index: 2}, Addr: "host:1234", Err: http.ErrNotHere})
	// Output: http: the peer does not have the value: 0.7[2] at host:1234
}
