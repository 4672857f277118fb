package graph

// A Parted is a value made of parts, of which tasks of an edge of a [PartTaker] need one each: what the senders of a shuffle
// make. Between processes only the part that is needed travels.
type Parted interface {
	// Only returns a value of the same kind that has just the given part. It must be cheap, and not change the receiver.
	Only(part int) any
}

// A PartTaker is an [Op] of whose inputs task i uses only part i, where TakesParts says so of the edge by which they come. In one
// process it gets the whole values.
type PartTaker interface{ TakesParts(edge int) bool }
