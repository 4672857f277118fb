package client

import "reflect"

// shared is a future of any type.
type shared interface {
	// again returns another future of the same result, of the same type.
	again() any
	Release()
}

func (f *Future[R]) again() any {
	f.own().cell.refs.Add(1)
	g := newFuture[R](f.own().cell)
	if f.own().released.Load() {
		g.Release() // there may be nothing any more
	}
	return g
}

// shareAll returns v with its own share of the futures in it: those that it is, or that are the elements of a slice or map.
func shareAll(v any) any {
	if f, ok := v.(shared); ok {
		return f.again()
	}
	if x, ok := v.(*cell); ok {
		x.refs.Add(1)
		return x
	}
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid() || !holdsFutures(r.Type()):
		return v
	case r.Kind() == reflect.Slice:
		out := reflect.MakeSlice(r.Type(), r.Len(), r.Len())
		for i := range r.Len() {
			if f := r.Index(i); !f.IsNil() {
				out.Index(i).Set(reflect.ValueOf(f.Interface().(shared).again()))
			}
		}
		return out.Interface()
	}
	out := reflect.MakeMapWithSize(r.Type(), r.Len())
	for it := r.MapRange(); it.Next(); {
		if f := it.Value(); !f.IsNil() {
			out.SetMapIndex(it.Key(), reflect.ValueOf(f.Interface().(shared).again()))
		}
	}
	return out.Interface()
}

// holdsFutures reports whether a type is a slice or map of futures.
func holdsFutures(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Map) && t.Elem().Implements(reflect.TypeFor[shared]())
}

// releaseAll gives up what shareAll took.
func releaseAll(v any) {
	switch x := v.(type) {
	case shared:
		x.Release()
		return
	case *cell:
		x.release()
		return
	}
	r := reflect.ValueOf(v)
	if !r.IsValid() || !holdsFutures(r.Type()) {
		return
	}
	if r.Kind() == reflect.Slice {
		for i := range r.Len() {
			if f := r.Index(i); !f.IsNil() {
				f.Interface().(shared).Release()
			}
		}
		return
	}
	for it := r.MapRange(); it.Next(); {
		if f := it.Value(); !f.IsNil() {
			f.Interface().(shared).Release()
		}
	}
}
