package fn

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"unsafe"
	"weak"
)

// Bind returns f with its first argument given: a function that captures a value, and that can travel to other processes of this
// executable, because f captures nothing and the value is known and can be encoded. It is used like any other function.
//
//	k := 3
//	bag.Map(xs, fn.Bind(func(k, x int) int { return k * x }, k))
//	bag.Map(xs, fn.Bind(Scaler.Scale, s)) // a method of s
//
// Two functions made by Bind of one function and of values with equal content count as the same function. The value must not be
// changed afterwards. For functions with other numbers of arguments, or that return an error, there are [Bind0], [Bind2], [Bind3],
// [BindErr] and so on; a leading context.Context of the result is an argument like any other, so that a method with a context and
// an argument is given to [Bind2Err]. [BindFunc] takes every function, and costs about a microsecond a call.
func Bind[K, X, R any](f func(K, X) R, k K) func(X) R {
	return (&bind1[K, X, R]{f, k}).make()
}

// Bind0 is [Bind] for functions of which nothing but the value is missing.
func Bind0[K, R any](f func(K) R, k K) func() R { return (&bind0[K, R]{f, k}).make() }

// Bind2 is [Bind] for functions of two more arguments.
func Bind2[K, X, Y, R any](f func(K, X, Y) R, k K) func(X, Y) R {
	return (&bind2[K, X, Y, R]{f, k}).make()
}

// Bind3 is [Bind] for functions of three more arguments.
func Bind3[K, X, Y, Z, R any](f func(K, X, Y, Z) R, k K) func(X, Y, Z) R {
	return (&bind3[K, X, Y, Z, R]{f, k}).make()
}

// BindErr is [Bind] for functions that can fail.
func BindErr[K, X, R any](f func(K, X) (R, error), k K) func(X) (R, error) {
	return (&bindErr1[K, X, R]{f, k}).make()
}

// Bind0Err is [Bind0] for functions that can fail.
func Bind0Err[K, R any](f func(K) (R, error), k K) func() (R, error) {
	return (&bindErr0[K, R]{f, k}).make()
}

// Bind2Err is [Bind2] for functions that can fail.
func Bind2Err[K, X, Y, R any](f func(K, X, Y) (R, error), k K) func(X, Y) (R, error) {
	return (&bindErr2[K, X, Y, R]{f, k}).make()
}

// Bind3Err is [Bind3] for functions that can fail.
func Bind3Err[K, X, Y, Z, R any](f func(K, X, Y, Z) (R, error), k K) func(X, Y, Z) (R, error) {
	return (&bindErr3[K, X, Y, Z, R]{f, k}).make()
}

// BindFunc is [Bind] for functions of every kind, with any number of bound values, which are f's first arguments. F is the type of
// what is left:
//
//	g := fn.BindFunc[func(ctx context.Context, x float64)](f, k, name) // f is a func(int, string, context.Context, float64)
//
// It panics when f is no such function, which is a mistake in the program, as regexp.MustCompile does.
func BindFunc[F any](f any, bound ...any) F {
	b := &bindAny{F: f, Bound: bound, Type: reflect.TypeFor[F]()}
	g, err := b.Func()
	if err != nil {
		panic(err)
	}
	return g.(F)
}

// Make returns the function that m makes, which travels as m: as a type and its fields. It is the way for functions inside of generic
// functions, which capture the type parameters and therefore do not travel by themselves:
//
//	type reciprocal[T ~float64] struct{}
//
//	func (reciprocal[T]) Func() func(T) T { return func(x T) T { return 1 / x } }
//
//	func Reciprocals[T ~float64](b *bag.Bag[T]) *bag.Bag[T] { return b.Map(fn.Make(reciprocal[T]{})) }
func Make[F any, M interface{ Func() F }](m M) F { return (&making[F, M]{m}).make() }

type making[F any, M interface{ Func() F }] struct{ m M }

func (b *making[F, M]) make() F {
	f := b.m.Func()
	if reflect.ValueOf(&f).Elem().Kind() != reflect.Func || reflect.ValueOf(f).IsNil() {
		return f
	}
	if _, static := SymbolOf(reflect.ValueOf(f)); static { // it travels by itself
		return f
	}
	return remember(f, b)
}

func (b *making[F, M]) Func() (any, error) {
	f := b.make()
	if reflect.ValueOf(&f).Elem().Kind() != reflect.Func {
		return nil, fmt.Errorf("fn: a %T makes a %T, which is no function: %w", b.m, f, ErrSymbol)
	}
	return f, nil
}
func (b *making[F, M]) function() any { return b.m.Func() }
func (b *making[F, M]) check() error  { return nil }

// A Binding is a function with values, in the form in which it travels. Only this package has such types; they are exported as
// an interface for the codec.
type Binding interface {
	// Func makes the function, and remembers that it is made of this binding.
	Func() (any, error)
	function() any
}

// BindingOf returns what a function was made of, or nil if it was not made by [Bind] or its relatives.
func BindingOf(v reflect.Value) Binding {
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil
	}
	return bindingAt(objectOf(v))
}

// bindings has what functions were made of by the address of their closure objects. An entry does not keep its function alive, and
// goes when that is collected.
var bindings struct {
	sync.RWMutex
	at map[uintptr]bound
}

type bound struct {
	object weak.Pointer[byte]
	of     Binding
}

func bindingAt(object unsafe.Pointer) Binding {
	bindings.RLock()
	b, ok := bindings.at[uintptr(object)]
	bindings.RUnlock()
	if !ok || unsafe.Pointer(b.object.Value()) != object { // the place may be another object's by now
		return nil
	}
	return b.of
}

// remember notes that f was made of b.
func remember[F any](f F, b Binding) F {
	object := *(**byte)(unsafe.Pointer(&f))
	w := weak.Make(object)
	place := uintptr(unsafe.Pointer(object))
	bindings.Lock()
	if bindings.at == nil {
		bindings.at = map[uintptr]bound{}
	}
	bindings.at[place] = bound{w, b}
	bindings.Unlock()
	runtime.AddCleanup(object, func(w weak.Pointer[byte]) {
		bindings.Lock()
		defer bindings.Unlock()
		if bindings.at[place].object == w { // otherwise a later function's
			delete(bindings.at, place)
		}
	}, w)
	return f
}

// made is the common end of every Binding's Func: damaged data may hold no function.
func made[F any](there bool, f func() F) (any, error) {
	if !there {
		return nil, fmt.Errorf("fn: a bound function without its function: %w", ErrSymbol)
	}
	return f(), nil
}

type bind0[K, R any] struct {
	f func(K) R
	k K
}

func (b *bind0[K, R]) make() func() R {
	f, k := b.f, b.k
	return remember(func() R { return f(k) }, b)
}
func (b *bind0[K, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bind0[K, R]) function() any      { return b.f }

type bind1[K, X, R any] struct {
	f func(K, X) R
	k K
}

func (b *bind1[K, X, R]) make() func(X) R {
	f, k := b.f, b.k
	return remember(func(x X) R { return f(k, x) }, b)
}
func (b *bind1[K, X, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bind1[K, X, R]) function() any      { return b.f }

type bind2[K, X, Y, R any] struct {
	f func(K, X, Y) R
	k K
}

func (b *bind2[K, X, Y, R]) make() func(X, Y) R {
	f, k := b.f, b.k
	return remember(func(x X, y Y) R { return f(k, x, y) }, b)
}
func (b *bind2[K, X, Y, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bind2[K, X, Y, R]) function() any      { return b.f }

type bind3[K, X, Y, Z, R any] struct {
	f func(K, X, Y, Z) R
	k K
}

func (b *bind3[K, X, Y, Z, R]) make() func(X, Y, Z) R {
	f, k := b.f, b.k
	return remember(func(x X, y Y, z Z) R { return f(k, x, y, z) }, b)
}
func (b *bind3[K, X, Y, Z, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bind3[K, X, Y, Z, R]) function() any      { return b.f }

type bindErr0[K, R any] struct {
	f func(K) (R, error)
	k K
}

func (b *bindErr0[K, R]) make() func() (R, error) {
	f, k := b.f, b.k
	return remember(func() (R, error) { return f(k) }, b)
}
func (b *bindErr0[K, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bindErr0[K, R]) function() any      { return b.f }

type bindErr1[K, X, R any] struct {
	f func(K, X) (R, error)
	k K
}

func (b *bindErr1[K, X, R]) make() func(X) (R, error) {
	f, k := b.f, b.k
	return remember(func(x X) (R, error) { return f(k, x) }, b)
}
func (b *bindErr1[K, X, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bindErr1[K, X, R]) function() any      { return b.f }

type bindErr2[K, X, Y, R any] struct {
	f func(K, X, Y) (R, error)
	k K
}

func (b *bindErr2[K, X, Y, R]) make() func(X, Y) (R, error) {
	f, k := b.f, b.k
	return remember(func(x X, y Y) (R, error) { return f(k, x, y) }, b)
}
func (b *bindErr2[K, X, Y, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bindErr2[K, X, Y, R]) function() any      { return b.f }

type bindErr3[K, X, Y, Z, R any] struct {
	f func(K, X, Y, Z) (R, error)
	k K
}

func (b *bindErr3[K, X, Y, Z, R]) make() func(X, Y, Z) (R, error) {
	f, k := b.f, b.k
	return remember(func(x X, y Y, z Z) (R, error) { return f(k, x, y, z) }, b)
}
func (b *bindErr3[K, X, Y, Z, R]) Func() (any, error) { return made(b.f != nil, b.make) }
func (b *bindErr3[K, X, Y, Z, R]) function() any      { return b.f }

// bindAny is the binding of [BindFunc].
type bindAny struct {
	F     any
	Bound []any
	Type  reflect.Type // of the function that is made
}

func (b *bindAny) function() any { return b.F }

func (b *bindAny) Func() (any, error) {
	f := reflect.ValueOf(b.F)
	if err := b.fits(f); err != nil {
		return nil, err
	}
	first := make([]reflect.Value, len(b.Bound))
	for i, v := range b.Bound {
		first[i] = reflect.ValueOf(v)
		if v == nil {
			first[i] = reflect.Zero(f.Type().In(i))
		}
	}
	call := f.Call
	if b.Type.IsVariadic() {
		call = f.CallSlice
	}
	made := reflect.MakeFunc(b.Type, func(args []reflect.Value) []reflect.Value {
		return call(append(slices.Clip(first), args...))
	})
	p := reflect.New(b.Type)
	p.Elem().Set(made)
	remember(*(*func())(p.UnsafePointer()), b)
	return made.Interface(), nil
}

// fits checks that f takes the bound values and then what a function of the wanted type takes.
func (b *bindAny) fits(f reflect.Value) error {
	if b.Type == nil || b.Type.Kind() != reflect.Func {
		return fmt.Errorf("fn: BindFunc is to make a %v, which is no function type", b.Type)
	}
	if f.Kind() != reflect.Func || f.IsNil() {
		return fmt.Errorf("fn: BindFunc of a %T, which is no function", b.F)
	}
	t, n := f.Type(), len(b.Bound)
	mismatch := fmt.Errorf("fn: BindFunc of %v with %d bound values does not make a %v", t, n, b.Type)
	if t.NumIn() != n+b.Type.NumIn() || t.NumOut() != b.Type.NumOut() || t.IsVariadic() != b.Type.IsVariadic() {
		return mismatch
	}
	for i := range t.NumIn() {
		switch {
		case i >= n && t.In(i) != b.Type.In(i-n):
			return mismatch
		case i < n && b.Bound[i] != nil && !reflect.TypeOf(b.Bound[i]).AssignableTo(t.In(i)):
			return fmt.Errorf("fn: BindFunc of %v: bound value %d is a %T", t, i+1, b.Bound[i])
		case i < n && b.Bound[i] == nil && !nilable(t.In(i)):
			return fmt.Errorf("fn: BindFunc of %v: bound value %d is nil", t, i+1)
		}
	}
	for i := range t.NumOut() {
		if t.Out(i) != b.Type.Out(i) {
			return mismatch
		}
	}
	return nil
}

func nilable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	}
	return false
}
