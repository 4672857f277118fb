package codec

import (
	"reflect"
	"sync"
	"unsafe"
)

// A Sizer knows how many bytes of memory it holds, its own included.
type Sizer interface{ SizeBytes() int64 }

// SizeOf estimates how many bytes of memory v keeps alive. It is made to be called for every value that a run produces: numbers and
// strings take some nanoseconds, and of long slices and maps a sample is looked at. Memory that v shares with itself counts
// each time it is met, memory outside of the Go heap only where a [Sizer] reports it.
func SizeOf(v any) int64 {
	switch x := v.(type) {
	case nil:
		return 0
	case Sizer:
		return sizerBytes(x)
	case int, uint, int64, uint64, float64:
		return 8
	case int32, uint32, float32:
		return 4
	case bool, int8, uint8:
		return 1
	case string:
		return 16 + int64(len(x))
	case []byte:
		return 24 + int64(cap(x))
	case []int64:
		return 24 + 8*int64(cap(x))
	case []float64:
		return 24 + 8*int64(cap(x))
	case []int:
		return 24 + 8*int64(cap(x))
	}
	s := sizerOf(reflect.TypeOf(v))
	size := s.self()
	if s.deep != nil {
		b := budget(sizeBudget)
		size += s.deep(codecAddress(v, s.t), &b)
	}
	return size
}

// sizerBytes guards against typed nil pointers, whose methods may not expect to be called.
func sizerBytes(x Sizer) int64 {
	if rv := reflect.ValueOf(x); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return 8
	}
	return x.SizeBytes()
}

// codecAddress is where the value in v lies.
func codecAddress(v any, t reflect.Type) unsafe.Pointer {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		p := new(unsafe.Pointer)
		*p = (*eface)(unsafe.Pointer(&v)).data
		return unsafe.Pointer(p)
	case reflect.Struct, reflect.Array:
		if t.Size() <= unsafe.Sizeof(uintptr(0)) {
			p := reflect.New(t)
			p.Elem().Set(reflect.ValueOf(v))
			return p.UnsafePointer()
		}
	}
	return (*eface)(unsafe.Pointer(&v)).data
}

const (
	sizeSample = 32   // elements of a slice or map that are looked into
	sizeBudget = 2000 // pointers, slices, maps and interfaces followed in one SizeOf
)

// budget bounds the work of one SizeOf, and so ends on cycles.
type budget int

func (b *budget) spend() bool {
	*b--
	return *b > 0
}

// A typeSizer is what was compiled for one type; deep is nil for memory without pointers, otherwise it returns what is alive beyond
// the value's own memory.
type typeSizer struct {
	t    reflect.Type
	deep func(p unsafe.Pointer, b *budget) int64
}

func (s *typeSizer) self() int64 { return int64(s.t.Size()) }

var (
	sizers   sync.Map // reflect.Type → *typeSizer, complete ones only
	sizersMu sync.Mutex
)

func sizerOf(t reflect.Type) *typeSizer {
	if s, ok := sizers.Load(t); ok {
		return s.(*typeSizer)
	}
	sizersMu.Lock()
	defer sizersMu.Unlock()
	pending := map[reflect.Type]*typeSizer{}
	s := compileSizer(t, pending)
	for t, s := range pending {
		sizers.Store(t, s)
	}
	return s
}

var sizerType = reflect.TypeFor[Sizer]()

func compileSizer(t reflect.Type, pending map[reflect.Type]*typeSizer) *typeSizer {
	if s, ok := sizers.Load(t); ok {
		return s.(*typeSizer)
	}
	if s, ok := pending[t]; ok {
		return s
	}
	s := &typeSizer{t: t}
	pending[t] = s
	if t.Kind() != reflect.Interface && t.Implements(sizerType) {
		s.deep = func(p unsafe.Pointer, _ *budget) int64 {
			return max(0, sizerBytes(reflect.NewAt(t, p).Elem().Interface().(Sizer))-int64(t.Size()))
		}
		return s
	}
	switch t.Kind() {
	case reflect.String:
		s.deep = func(p unsafe.Pointer, _ *budget) int64 { return int64(len(*(*string)(p))) }
	case reflect.Pointer:
		elem := compileSizer(t.Elem(), pending)
		s.deep = func(p unsafe.Pointer, b *budget) int64 {
			q := *(*unsafe.Pointer)(p)
			if q == nil || !b.spend() {
				return 0
			}
			return elem.self() + elem.into(q, b)
		}
	case reflect.Slice:
		elem := compileSizer(t.Elem(), pending)
		s.deep = func(p unsafe.Pointer, b *budget) int64 {
			h := (*sliceHeader)(p)
			return int64(h.cap)*elem.self() + elem.sampled(h.data, h.len, b)
		}
	case reflect.Array:
		if elem := compileSizer(t.Elem(), pending); elem.deep != nil {
			n := t.Len()
			s.deep = func(p unsafe.Pointer, b *budget) int64 { return elem.sampled(p, n, b) }
		}
	case reflect.Struct:
		s.deep = structSizer(t, pending)
	case reflect.Map:
		s.deep = mapSizer(t, compileSizer(t.Key(), pending), compileSizer(t.Elem(), pending))
	case reflect.Interface:
		s.deep = func(p unsafe.Pointer, b *budget) int64 {
			v := reflect.NewAt(t, p).Elem()
			if v.IsNil() || !b.spend() {
				return 0
			}
			dyn := v.Elem()
			ds := sizerDynamic(dyn.Type())
			return ds.self() + ds.into(codecAddress(dyn.Interface(), ds.t), b)
		}
	}
	return s
}

// sizerDynamic is sizerOf; interfaces meet their types while a SizeOf runs, never while one is compiled.
func sizerDynamic(t reflect.Type) *typeSizer { return sizerOf(t) }

func (s *typeSizer) into(p unsafe.Pointer, b *budget) int64 {
	if s.deep == nil {
		return 0
	}
	return s.deep(p, b)
}

// sampled is what n elements at p keep alive, scaled from a sample over all of them.
func (s *typeSizer) sampled(p unsafe.Pointer, n int, b *budget) int64 {
	if s.deep == nil || n == 0 || !b.spend() {
		return 0
	}
	step := max(1, n/sizeSample)
	var sum int64
	seen := 0
	for i := 0; i < n; i += step {
		sum += s.deep(unsafe.Add(p, uintptr(i)*s.t.Size()), b)
		seen++
	}
	return int64(float64(sum) / float64(seen) * float64(n))
}

func structSizer(t reflect.Type, pending map[reflect.Type]*typeSizer) func(unsafe.Pointer, *budget) int64 {
	type field struct {
		offset uintptr
		sizer  *typeSizer
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		fs := compileSizer(f.Type, pending)
		// A type still being compiled has no deep yet, but being part of a cycle it will.
		if _, compiling := pending[f.Type]; fs.deep != nil || compiling && hasPointers(f.Type) {
			fields = append(fields, field{f.Offset, fs})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return func(p unsafe.Pointer, b *budget) int64 {
		var sum int64
		for _, f := range fields {
			sum += f.sizer.into(unsafe.Add(p, f.offset), b)
		}
		return sum
	}
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return false
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	}
	return true
}

// mapSizer: a map's groups of eight slots are on average some three quarters full, and each slot has a control byte.
func mapSizer(t reflect.Type, key, elem *typeSizer) func(unsafe.Pointer, *budget) int64 {
	return func(p unsafe.Pointer, b *budget) int64 {
		m := reflect.NewAt(t, p).Elem()
		if m.IsNil() || !b.spend() {
			return 0
		}
		n := m.Len()
		size := 48 + int64(float64(n)*float64(key.self()+elem.self()+1)/0.75)
		if n == 0 || !hasPointers(key.t) && !hasPointers(elem.t) {
			return size
		}
		k, v := reflect.New(key.t), reflect.New(elem.t)
		var sum int64
		seen := 0
		for it := m.MapRange(); seen < sizeSample && it.Next(); seen++ {
			k.Elem().SetIterKey(it)
			v.Elem().SetIterValue(it)
			sum += key.into(k.UnsafePointer(), b) + elem.into(v.UnsafePointer(), b)
		}
		return size + int64(float64(sum)/float64(max(seen, 1))*float64(n))
	}
}
