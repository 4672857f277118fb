package array

import "slices"

// refine returns the common refinement of several divisions of one axis: every boundary of each of them.
func refine(divisions [][]int) ([]int, error) {
	first := divisions[0]
	same := true
	for _, d := range divisions[1:] {
		same = same && slices.Equal(d, first)
	}
	if same {
		return first, nil
	}
	n := total(first)
	var cuts []int
	for _, d := range divisions {
		switch m := total(d); {
		case m == unknown || n == unknown:
			return nil, wrong(ErrUnknownChunks, "operands have blocks of unknown lengths that need not fit each other: %s and %s; %s",
				lengths(first), lengths(d), cure)
		case m != n:
			return nil, wrong(ErrShape, "lengths %d and %d", n, m)
		}
		cuts = append(cuts, starts(d)...)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	if len(cuts) == 1 {
		return []int{0}, nil
	}
	out := make([]int, len(cuts)-1)
	for i := range out {
		out[i] = cuts[i+1] - cuts[i]
	}
	return out, nil
}

// broadcastChunks returns the blocks of the result of an elementwise operation: axes aligned at the end, axes of length 1
// repeated, all others refined to common blocks.
func broadcastChunks(op string, operands ...[][]int) ([][]int, error) {
	ndim := 0
	for _, c := range operands {
		ndim = max(ndim, len(c))
	}
	out := make([][]int, ndim)
	for a := range ndim {
		var wide [][]int
		for _, c := range operands {
			if k := len(c) - ndim + a; k >= 0 && total(c[k]) != 1 {
				wide = append(wide, c[k])
			}
		}
		if len(wide) == 0 {
			out[a] = []int{1}
			for _, c := range operands { // zero-length blocks beside the one element are dropped unless all agree
				if k := len(c) - ndim + a; k >= 0 {
					wide = append(wide, c[k])
				}
			}
		}
		blocks, err := refine(wide)
		if err != nil {
			if shapeErr(err) {
				return nil, wrong(ErrShape, "shapes %s do not broadcast together", shapes(operands))
			}
			return nil, err
		}
		out[a] = blocks
	}
	return out, nil
}
