package array

import (
	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// A Future is what [FromFutures] takes: *client.Future[*ndarray.Array] is one.
type Future interface {
	delayed.Future[*ndarray.Array]
}

// FromFutures makes an array of a grid of futures in C order: see [FromDelayed] for the dtype and the chunks. Blocks that are
// not there yet are waited for when the array is computed.
//
// Same as dask.array.from_delayed of futures.
func FromFutures[F Future](futures []F, dt dtype.Type, chunks ...[]int) *Array {
	if len(futures) == 0 {
		return failed("from futures", ErrChunks, "no futures for a grid of %v blocks", spaceOf(chunks))
	}
	if product(spaceOf(chunks)) != len(futures) {
		return failed("from futures", ErrChunks, "%d futures for a grid of %v blocks", len(futures), spaceOf(chunks))
	}
	if !dt.IsArray() {
		return failed("from futures", ErrDType, "an array cannot hold %v", dt)
	}
	held := make([]graph.Pending, len(futures))
	for i, f := range futures {
		held[i] = f.Pending()
	}
	return fromLayer(graph.Held("from-futures", graph.Token{}, held), dt, chunks)
}
