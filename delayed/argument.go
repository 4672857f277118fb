package delayed

import (
	"fmt"
	"reflect"

	"sheaf"
	"sheaf/graph"
)

// argument is one argument of a reflective call: a plain value, one input of the task, or a structure with inputs inside. It is data, so
// that it can travel.
type argument struct {
	plain any        // a value that can be passed for the parameter as it is; nil is the parameter's zero value
	input int        // if it is an input of the task: its number plus 1
	build *structure // if it is a structure with inputs inside
}

// structure is how to build a slice, array, map or struct of which parts are inputs of the task.
type structure struct {
	typ    reflect.Type
	elems  []argument
	keys   []any // of a map, one per element
	fields []int // of a struct, one per element
}

// value returns the argument for a task with the given inputs, for a parameter of type t.
func (a *argument) value(inputs []any, t reflect.Type) reflect.Value {
	switch {
	case a.build != nil:
		return a.build.value(inputs)
	case a.input > 0:
		return typed1(inputs[a.input-1], t)
	}
	return typed1(a.plain, t)
}

// value builds the structure.
func (s *structure) value(inputs []any) reflect.Value {
	out := reflect.New(s.typ).Elem()
	switch s.typ.Kind() {
	case reflect.Map:
		out = reflect.MakeMapWithSize(s.typ, len(s.keys))
		for i, k := range s.keys {
			out.SetMapIndex(typed1(k, s.typ.Key()), s.elems[i].value(inputs, s.typ.Elem()))
		}
	case reflect.Struct:
		for i, f := range s.fields {
			out.Field(f).Set(s.elems[i].value(inputs, s.typ.Field(f).Type))
		}
	default:
		if s.typ.Kind() == reflect.Slice {
			out = reflect.MakeSlice(s.typ, len(s.elems), len(s.elems))
		}
		for i := range s.elems {
			out.Index(i).Set(s.elems[i].value(inputs, s.typ.Elem()))
		}
	}
	return out
}

// typed1 returns v as a value that can be passed for a parameter of type t.
func typed1(v any, t reflect.Type) reflect.Value {
	if v == nil {
		return reflect.Zero(t)
	}
	return reflect.ValueOf(v)
}

func (a *argument) hash(h *graph.Hasher) {
	switch {
	case a.build != nil:
		a.build.hash(h)
	case a.input > 0:
		h.String("input")
		h.Int(a.input)
	default:
		h.Any(a.plain)
	}
}

func (s *structure) hash(h *graph.Hasher) {
	if s.typ.Kind() == reflect.Map {
		h.Unique() // the order of a map's keys is not its content, so such a call has no content to compare
		return
	}
	h.String(s.typ.String())
	h.Int(len(s.elems))
	for i := range s.elems {
		s.elems[i].hash(h)
	}
}

// binder makes arguments and collects the lazy values in them.
type binder struct {
	deps  []*node
	depth int
}

// depthMax bounds how deep structures are searched for lazy values; what is deeper is taken as plain.
const depthMax = 16

func (b *binder) bind(v any, want reflect.Type) (argument, error) {
	if l, ok := v.(lazy); ok {
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
			return argument{}, fmt.Errorf("a nil %T given, want a value or something that becomes one", v)
		}
		return b.lazy(l, want)
	}
	if v == nil {
		switch want.Kind() {
		case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
			return argument{}, nil
		}
		return argument{}, fmt.Errorf("nil given, want %v", want)
	}
	if _, ok := v.(sheaf.Collection); ok && !reflect.TypeOf(v).AssignableTo(want) || ok && want.Kind() == reflect.Interface {
		return argument{}, errCollection
	}
	rv := reflect.ValueOf(v)
	if b.depth < depthMax && hasLazy(rv, b.depth) {
		b.depth++
		defer func() { b.depth-- }()
		return b.structure(rv, want)
	}
	plain, err := assign(rv, want)
	if err != nil {
		return argument{}, err
	}
	return argument{plain: plain.Interface()}, nil
}

func (b *binder) lazy(l lazy, want reflect.Type) (argument, error) {
	if !l.elem().AssignableTo(want) {
		return argument{}, fmt.Errorf("a lazy %v given, want %v", l.elem(), want)
	}
	b.deps = append(b.deps, l.node())
	return argument{input: len(b.deps)}, nil
}

// assign converts a plain value to the parameter's type: assignable values as they are, numbers if nothing is lost.
func assign(v reflect.Value, want reflect.Type) (reflect.Value, error) {
	if v.Type().AssignableTo(want) {
		return v, nil
	}
	if isNumber(v.Kind()) && isNumber(want.Kind()) {
		if c := v.Convert(want); c.Convert(v.Type()).Equal(v) && negative(c) == negative(v) {
			return c, nil
		}
		return v, fmt.Errorf("%v (%v) does not fit a %v", v, v.Type(), want)
	}
	return v, fmt.Errorf("%v given, want %v", v.Type(), want)
}

func isNumber(k reflect.Kind) bool {
	return k >= reflect.Int && k <= reflect.Uint64 || k == reflect.Float32 || k == reflect.Float64
}

func negative(v reflect.Value) bool {
	switch {
	case v.CanInt():
		return v.Int() < 0
	case v.CanFloat():
		return v.Float() < 0
	}
	return false
}

var lazyType = reflect.TypeFor[lazy]()

// hasLazy reports whether there is a lazy value somewhere in v.
func hasLazy(v reflect.Value, depth int) bool {
	if depth > depthMax || !mayHaveLazy(v.Type()) {
		return false
	}
	if v.CanInterface() && v.Type().Implements(lazyType) {
		return true
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if hasLazy(v.Index(i), depth+1) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if hasLazy(it.Value(), depth+1) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && hasLazy(v.Field(i), depth+1) {
				return true
			}
		}
	case reflect.Interface:
		return !v.IsNil() && hasLazy(v.Elem(), depth+1)
	}
	return false
}

// mayHaveLazy spares large plain slices the search.
func mayHaveLazy(t reflect.Type) bool {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Interface, reflect.Struct:
		return true
	case reflect.Pointer:
		return t.Implements(lazyType)
	}
	return false
}

// structure makes an argument of a slice, array, map or struct that has lazy values inside. The parameter has the same
// shape with the values' types in their places, or is an interface: then slices become []any, and so on.
func (b *binder) structure(v reflect.Value, want reflect.Type) (argument, error) {
	if v.Kind() == reflect.Interface {
		return b.bind(v.Elem().Interface(), want)
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return b.slice(v, want)
	case reflect.Map:
		return b.mapping(v, want)
	case reflect.Struct:
		return b.structValue(v, want)
	}
	return argument{}, fmt.Errorf("%v given, want %v", v.Type(), want)
}

// shape returns the type to build for a parameter: its own, or a general one where it is an interface.
func shape(want, general reflect.Type) (reflect.Type, error) {
	if want.Kind() == general.Kind() {
		return want, nil
	}
	if want.Kind() == reflect.Interface && general.AssignableTo(want) {
		return general, nil
	}
	return nil, fmt.Errorf("a %v with lazy values given, want %v", general.Kind(), want)
}

func (b *binder) slice(v reflect.Value, want reflect.Type) (argument, error) {
	general := reflect.TypeFor[[]any]()
	if want.Kind() == reflect.Array {
		general = reflect.ArrayOf(v.Len(), reflect.TypeFor[any]())
		if want.Len() != v.Len() {
			return argument{}, fmt.Errorf("%d elements given, want %v", v.Len(), want)
		}
	}
	t, err := shape(want, general)
	if err != nil {
		return argument{}, err
	}
	elems := make([]argument, v.Len())
	for i := range elems {
		if elems[i], err = b.bind(v.Index(i).Interface(), t.Elem()); err != nil {
			return argument{}, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return argument{build: &structure{typ: t, elems: elems}}, nil
}

func (b *binder) mapping(v reflect.Value, want reflect.Type) (argument, error) {
	t, err := shape(want, reflect.MapOf(v.Type().Key(), reflect.TypeFor[any]()))
	if err != nil {
		return argument{}, err
	}
	if !v.Type().Key().AssignableTo(t.Key()) {
		return argument{}, fmt.Errorf("a map with keys of %v given, want %v", v.Type().Key(), want)
	}
	made := &structure{typ: t}
	for it := v.MapRange(); it.Next(); {
		e, err := b.bind(it.Value().Interface(), t.Elem())
		if err != nil {
			return argument{}, fmt.Errorf("key %v: %w", it.Key(), err)
		}
		made.keys, made.elems = append(made.keys, it.Key().Interface()), append(made.elems, e)
	}
	return argument{build: made}, nil
}

func (b *binder) structValue(v reflect.Value, want reflect.Type) (argument, error) {
	t := want
	if want.Kind() == reflect.Interface && v.Type().AssignableTo(want) {
		t = v.Type() // fields of interface type take the values in place of the lazy ones
	}
	if t.Kind() != reflect.Struct {
		return argument{}, fmt.Errorf("a %v with lazy values given, want %v", v.Type(), want)
	}
	var elems []argument
	var fields []int
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		tf, ok := t.FieldByName(sf.Name)
		if !ok || !sf.IsExported() || len(tf.Index) != 1 {
			return argument{}, fmt.Errorf("field %s of %v has no counterpart in %v", sf.Name, v.Type(), t)
		}
		a, err := b.bind(v.Field(i).Interface(), tf.Type)
		if err != nil {
			return argument{}, fmt.Errorf("field %s: %w", sf.Name, err)
		}
		elems, fields = append(elems, a), append(fields, tf.Index[0])
	}
	return argument{build: &structure{typ: t, elems: elems, fields: fields}}, nil
}
