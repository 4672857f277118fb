package delayed

import (
	"context"
	"fmt"
	"reflect"

	"sheaf/graph"
	"sheaf/internal/caller"
)

// Field returns the field of a lazy struct, or of a lazy pointer to one, as a lazy value.
//
// Same as attribute access on dask.delayed.Delayed. For methods use a method expression: Call[R](T.Method, v, args…).
func (v *Value[T]) Field[R any](name string) *Value[R] {
	n := v.derive("field", name)
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.err == nil && t.Kind() != reflect.Interface {
		if t.Kind() != reflect.Struct {
			n.err = fmt.Errorf("delayed: Field(%q) at %s: %v is not a struct", name, caller.Site(), t)
		} else if f, ok := t.FieldByName(name); !ok || !f.IsExported() {
			n.err = fmt.Errorf("delayed: Field(%q) at %s: %v has no such exported field", name, caller.Site(), t)
		} else if !f.Type.AssignableTo(reflect.TypeFor[R]()) {
			n.err = fmt.Errorf("delayed: Field(%q) at %s: it is %v, not %v", name, caller.Site(), f.Type, reflect.TypeFor[R]())
		}
	}
	n.op = field{name, reflect.TypeFor[R]()}
	return &Value[R]{n}
}

// Index returns an element of a lazy slice, array or string (the key is an int, negative from the end), or of a lazy map,
// as a lazy value. That it exists is checked when it runs.
//
// Same as indexing a dask.delayed.Delayed.
func (v *Value[T]) Index[R any](key any) *Value[R] {
	n := v.derive("index", key)
	if t := reflect.TypeFor[T](); n.err == nil {
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			if !t.Elem().AssignableTo(reflect.TypeFor[R]()) && t.Elem().Kind() != reflect.Interface {
				n.err = fmt.Errorf("delayed: Index at %s: elements of %v are not %v", caller.Site(), t, reflect.TypeFor[R]())
			}
		case reflect.Interface, reflect.String:
		default:
			n.err = fmt.Errorf("delayed: Index at %s: %v has no elements", caller.Site(), t)
		}
	}
	n.op = index{key, reflect.TypeFor[R]()}
	return &Value[R]{n}
}

func (v *Value[T]) derive(what string, content any) *node {
	of := v.node()
	key := of.key
	if of.layer != nil {
		key = deriveKey(of.layer.Key(int(of.index)).Token, "task", int(of.index))
	}
	return &node{key: deriveKey(key, what, content), deps: []*node{of}, err: of.err}
}

type field struct {
	Name string
	typ  reflect.Type
}

func (f field) TaskName() string { return "field" }

func (f field) Run(_ context.Context, t *graph.Task) (any, error) {
	v := reflect.ValueOf(t.Inputs()[0])
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, fmt.Errorf("field %s of a nil %v", f.Name, v.Type())
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("field %s of %v, which is no struct", f.Name, kindOf(v))
	}
	x := v.FieldByName(f.Name)
	if !x.IsValid() || !x.CanInterface() {
		return nil, fmt.Errorf("%v has no exported field %s", v.Type(), f.Name)
	}
	return result(x, f.typ)
}

type index struct {
	Key any
	typ reflect.Type
}

func (x index) TaskName() string { return "index" }

func (x index) Run(_ context.Context, t *graph.Task) (any, error) {
	v := reflect.ValueOf(t.Inputs()[0])
	switch v.Kind() {
	case reflect.Map:
		k, err := assign(reflect.ValueOf(x.Key), v.Type().Key())
		if err != nil {
			return nil, err
		}
		e := v.MapIndex(k)
		if !e.IsValid() {
			return nil, fmt.Errorf("key %v is not in the map", x.Key)
		}
		return result(e, x.typ)
	case reflect.Slice, reflect.Array, reflect.String:
		i, ok := x.Key.(int)
		if !ok {
			return nil, fmt.Errorf("the index %v of a %v is a %T, not an int", x.Key, v.Type(), x.Key)
		}
		if i < 0 {
			i += v.Len()
		}
		if i < 0 || i >= v.Len() {
			return nil, fmt.Errorf("index %v is out of range for %d elements", x.Key, v.Len())
		}
		return result(v.Index(i), x.typ)
	}
	return nil, fmt.Errorf("%v has no elements", kindOf(v))
}

// result checks what a dynamic access found against the type that was asked for.
func result(v reflect.Value, want reflect.Type) (any, error) {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	if !v.Type().AssignableTo(want) {
		return nil, fmt.Errorf("found a %v, want %v", v.Type(), want)
	}
	return v.Interface(), nil
}

func kindOf(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	return v.Type().String()
}
