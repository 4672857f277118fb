package flight_test

import (
	"context"
	"fmt"
	"iter"

	"sheaf/dtype"
	"sheaf/internal/transport/flight"
	"sheaf/ndarray"
)

// one is a catalog of one array.
type one struct{ x *ndarray.Array }

func (o one) List(ctx context.Context) ([]flight.Entry, error) {
	t, err := o.Open(ctx, "x")
	if err != nil {
		return nil, err
	}
	return []flight.Entry{{Name: "x", Schema: t.Schema, Rows: t.Rows, Bytes: -1}}, nil
}

func (o one) Open(_ context.Context, name string) (*flight.Table, error) {
	if name != "x" {
		return nil, flight.ErrNoTable
	}
	return flight.ArrayTable(o.x.Shape(), o.x.DType(), func(context.Context) iter.Seq2[*ndarray.Array, error] {
		return func(yield func(*ndarray.Array, error) bool) { yield(o.x, nil) }
	})
}

func ExampleServe() {
	x, err := ndarray.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := flight.Serve(flight.ServerConfig{Catalog: one{x}, Token: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close(context.Background())
	fmt.Println(server.URL()[:7]) // for pyarrow.flight.connect
	// Output: grpc://
}

func ExampleServerConfig() {
	_, err := flight.Serve(flight.ServerConfig{Catalog: one{}, Listen: "0.0.0.0:0", Anonymous: true})
	fmt.Println(err)
	// Output: flight: listen on "0.0.0.0:0": whoever reaches this address could read what is published; set a token, or listen on 127.0.0.1
}

func ExampleArrayTable() {
	t, err := flight.ArrayTable([]int{100, 3, 4}, dtype.Float32, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	field := t.Schema.Field(0)
	form, _ := field.Metadata.GetValue("ARROW:extension:metadata")
	fmt.Println(t.Rows, field.Type, form)
	// Output: 100 fixed_size_list<item: float32, nullable>[12] {"shape":[3,4]}
}
