package bag

// A function value made inside of generic code captures its type parameters and does not travel to other processes; what makes it does.
// These make the functions of this package that are used so: see fn.Make.

type sameMaker[T any] struct{}

func (sameMaker[T]) Func() func(T) T { return same[T] }

type pairMaker[A, B any] struct{}

func (pairMaker[A, B]) Func() func(A, B) Pair[A, B] { return makePair[A, B] }

type firstMaker[A, B any] struct{}

func (firstMaker[A, B]) Func() func(Pair[A, B]) A { return first[A, B] }

type secondMaker[A, B any] struct{}

func (secondMaker[A, B]) Func() func(Pair[A, B]) B { return second[A, B] }

type measureMaker[T any] struct{}

func (measureMaker[T]) Func() func([]T) ([]int64, error) { return measure[T] }
