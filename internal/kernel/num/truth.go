package num

import (
	"unsafe"

	"sheaf/dtype"
)

// truth reduces to bools or counts: any, all, and the elements that are not zero.
type truth struct {
	kind  Reduction
	size  int
	test  unary // to bool
	bools []bool
	n     []int64
	row   []bool
}

func newTruth(r Reduction, t dtype.Type, n int) reducer {
	s := &truth{kind: r, size: t.Size(), test: castLoops[t.Storage()][dtype.Bool]}
	if r == Count {
		s.n = make([]int64, n)
		return s
	}
	s.bools = make([]bool, n)
	for i := range s.bools {
		s.bools[i] = r == All
	}
	return s
}

func (s *truth) tile(p unsafe.Pointer, rs, rows, cols, acc, ars int, colsReduced bool) {
	if len(s.row) < cols {
		s.row = make([]bool, cols)
	}
	row := s.row[:cols]
	for r := range rows {
		s.test(unsafe.Pointer(&row[0]), unsafe.Add(p, r*rs*s.size), cols)
		at := acc + r*ars
		switch {
		case colsReduced && s.kind == Count:
			s.n[at] += int64(countBools(unsafe.Pointer(&row[0]), cols))
		case colsReduced:
			c := int(countBools(unsafe.Pointer(&row[0]), cols))
			s.bools[at] = s.kind == Any && (s.bools[at] || c > 0) || s.kind == All && s.bools[at] && c == cols
		case s.kind == Count:
			for i, v := range row {
				if v {
					s.n[at+i]++
				}
			}
		case s.kind == Any:
			for i, v := range row {
				s.bools[at+i] = s.bools[at+i] || v
			}
		default:
			for i, v := range row {
				s.bools[at+i] = s.bools[at+i] && v
			}
		}
	}
}

func (s *truth) results() []unsafe.Pointer {
	if s.kind == Count {
		return []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(s.n))}
	}
	return []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(s.bools))}
}
