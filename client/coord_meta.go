package client

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"sheaf/internal/coord"
)

// SetMetadata puts a small plain value under a path of names; the last write wins. A map[string]any is a mapping, whose
// elements have paths of their own:
//
//	c.SetMetadata(ctx, map[string]any{"owner": "ada", "size": 3}, "tables", "trips")
//	owner, err := c.GetMetadata[string](ctx, "tables", "trips", "owner")
//
// Same as Client.set_metadata.
func (c *Client) SetMetadata(ctx context.Context, value any, path ...string) error {
	leaves, err := leavesOf(nil, value, path)
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, coord.MetaSet{Path: path, Leaves: leaves})
	return err
}

// leavesOf lists the plain values of a tree of mappings.
func leavesOf(at []string, value any, path []string) (leaves []coord.Leaf, err error) {
	mapping, ok := value.(map[string]any)
	if !ok {
		v, err := encoded("metadata "+strings.Join(slices.Concat(path, at), "/"), value)
		return []coord.Leaf{{Path: slices.Clone(at), Bytes: v.Bytes}}, err
	}
	if len(mapping) == 0 && len(at) > 0 {
		return nil, fmt.Errorf("client: metadata %s: an empty mapping in another one; leave it out", strings.Join(slices.Concat(path, at), "/"))
	}
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		below, err := leavesOf(append(at, name), mapping[name], path)
		if err != nil {
			return nil, err
		}
		leaves = append(leaves, below...)
	}
	return leaves, nil
}

// GetMetadata returns the value at a path, which must be a T; of a mapping it is a map[string]any with all that is below. A path
// at which there is nothing is [ErrNotFound].
//
// Same as Client.get_metadata.
func (c *Client) GetMetadata[T any](ctx context.Context, path ...string) (T, error) {
	var zero T
	what := "metadata " + strings.Join(path, "/")
	res, err := c.ask(ctx, coord.MetaGet{Path: path})
	if err != nil {
		return zero, err
	}
	if len(res.Leaves) == 1 && len(res.Leaves[0].Path) == 0 {
		return decoded[T](what, res.Leaves[0].Bytes)
	}
	tree := map[string]any{}
	for _, l := range res.Leaves {
		v, err := decoded[any](what+"/"+strings.Join(l.Path, "/"), l.Bytes)
		if err != nil {
			return zero, err
		}
		plant(tree, l.Path, v)
	}
	t, ok := any(tree).(T)
	if !ok {
		return zero, fmt.Errorf("client: %s is a mapping, a map[string]any, want %s", what, reflect.TypeFor[T]())
	}
	return t, nil
}

// plant puts a value into a tree of mappings.
func plant(tree map[string]any, path []string, v any) {
	for _, name := range path[:len(path)-1] {
		below, ok := tree[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			tree[name] = below
		}
		tree = below
	}
	tree[path[len(path)-1]] = v
}

// DeleteMetadata forgets everything at and below a path.
func (c *Client) DeleteMetadata(ctx context.Context, path ...string) error {
	_, err := c.ask(ctx, coord.MetaDelete{Path: path})
	return err
}
