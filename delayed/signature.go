package delayed

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"sheaf/fn"
)

// signature is what is known of a function type.
type signature struct {
	typ      reflect.Type
	ctx      bool           // the first parameter is a context
	err      bool           // the last result is an error
	in       []reflect.Type // parameters after the context
	out      []reflect.Type // results before the error
	variadic bool
}

var (
	signatures sync.Map // reflect.Type → *signature
	ctxType    = reflect.TypeFor[context.Context]()
	errType    = reflect.TypeFor[error]()
)

func signatureOf(t reflect.Type) *signature {
	if s, ok := signatures.Load(t); ok {
		return s.(*signature)
	}
	s := &signature{typ: t, variadic: t.IsVariadic()}
	for i := range t.NumIn() {
		if i == 0 && t.In(0) == ctxType {
			s.ctx = true
			continue
		}
		s.in = append(s.in, t.In(i))
	}
	for i := range t.NumOut() {
		if i == t.NumOut()-1 && t.Out(i) == errType {
			s.err = true
			continue
		}
		s.out = append(s.out, t.Out(i))
	}
	signatures.Store(t, s)
	return s
}

// returns checks that the function's result can be taken as want.
func (s *signature) returns(want reflect.Type) error {
	switch {
	case len(s.out) > 1:
		return fmt.Errorf("it has %d results; use delayed.Func(f).Outputs(…) and At", len(s.out))
	case len(s.out) == 0:
		if want == reflect.TypeFor[struct{}]() || want.Kind() == reflect.Interface && want.NumMethod() == 0 {
			return nil
		}
		return fmt.Errorf("it has no result, so take it as struct{}, not as %v", want)
	case !s.out[0].AssignableTo(want):
		return fmt.Errorf("it returns %v, not %v", s.out[0], want)
	}
	return nil
}

// param returns the type of argument i, and false if the function takes no such argument.
func (s *signature) param(i int) (reflect.Type, bool) {
	if s.variadic && i >= len(s.in)-1 {
		return s.in[len(s.in)-1].Elem(), true
	}
	if i >= len(s.in) {
		return nil, false
	}
	return s.in[i], true
}

// bind checks arguments against the parameters and finds the lazy values in them.
func (s *signature) bind(args []any) ([]argument, []*node, error) {
	want := len(s.in)
	if s.variadic && len(args) < want-1 || !s.variadic && len(args) != want {
		atLeast := ""
		if s.variadic {
			want--
			atLeast = "at least "
		}
		return nil, nil, fmt.Errorf("%s given, it takes %s%d", plural(len(args), "argument"), atLeast, want)
	}
	bound := make([]argument, len(args))
	var deps []*node
	for i, a := range args {
		p, _ := s.param(i)
		b := binder{deps: deps}
		arg, err := b.bind(a, p)
		if err != nil {
			return nil, nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		bound[i], deps = arg, b.deps
	}
	return bound, deps, nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

var errCollection = errors.New("a whole collection is no plain value: use its MapBlocks or MapPartitions, pass the parts of " +
	"its ToDelayed, or say delayed.Whole(x) to have it computed and joined in memory first")

// names caches the names of functions by their full ones: tasks ask for them each time they run.
var names sync.Map // string → string

func funcName(f any) string {
	full := fn.SourceOf(f).Name
	if s, ok := names.Load(full); ok {
		return s.(string)
	}
	name := full[strings.LastIndexByte(full, '/')+1:]
	if _, rest, ok := strings.Cut(name, "."); ok {
		name = rest
	}
	names.Store(full, name)
	return name
}
