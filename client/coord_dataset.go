package client

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"sheaf/internal/coord"
)

// PublishDataset gives data a name, under which all clients of the cluster can get it, also after this one has gone. Data is a
// collection, a future, a slice or map of futures, or a plain value. Nothing is computed: persist a collection first, or it
// comes back as the plan that it is. A name that is taken is [ErrExists], unless with the option [Override].
//
// Same as Client.publish_dataset.
func (c *Client) PublishDataset(ctx context.Context, name string, data any, opts ...Option) error {
	override := coordOptions(opts).coord.override
	return c.put(ctx, data, func(v coord.Value) coord.Request { return coord.Publish{Name: name, Value: v, Override: override} })
}

// GetDataset returns what was published under a name, which must be a T. A name that is not published is [ErrNotFound].
// Futures in it are the caller's to release.
//
// Same as Client.get_dataset.
func (c *Client) GetDataset[T any](ctx context.Context, name string) (T, error) {
	var zero T
	to, _, err := c.coordinator()
	if err != nil {
		return zero, err
	}
	res, err := to.call(ctx, coord.GetPublished{Name: name})
	if err != nil {
		return zero, err
	}
	v, err := c.claimed(ctx, to, res)
	if err != nil {
		return zero, err
	}
	t, ok := v.(T)
	if !ok {
		releaseAll(v)
		return zero, fmt.Errorf("client: the dataset %q is a %T, want a %s", name, v, reflect.TypeFor[T]())
	}
	return t, nil
}

// ListDatasets returns the names of all datasets, in order.
//
// Same as Client.list_datasets.
func (c *Client) ListDatasets(ctx context.Context) ([]string, error) {
	names, err := c.names(ctx, coord.Datasets)
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, filePrefix) }), err // those are of uploaded files
}

// UnpublishDataset forgets a name; the data is freed unless somebody else holds it. A name that is not published is
// [ErrNotFound].
//
// Same as Client.unpublish_dataset.
func (c *Client) UnpublishDataset(ctx context.Context, name string) error {
	_, err := c.ask(ctx, coord.Unpublish{Name: name})
	return err
}
