package array

import (
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/expr"
)

// node is one operation of an expression: plain data, immutable, one type per file.
type node interface {
	expr.Node[node]
	about() *meta
}

// layered is a node whose blocks are a layer of their own: it is not evaluated inside of the tasks of its users.
type layered interface {
	node
	// lower returns the layer that computes the node's blocks. It gets those of its operands from the plan.
	lower(p *plan) (*graph.Layer, error)
}

// meta is what every node knows about its result.
type meta struct {
	chunks [][]int // lengths of the blocks along each axis
	dt     dtype.Type
	token  graph.Token
	kids   []node
}

func (m *meta) about() *meta       { return m }
func (m *meta) Token() graph.Token { return m.token }
func (m *meta) Kids() []node       { return m.kids }

// newMeta computes the token from the kind of the operation, what content adds, and the operands.
func newMeta(kind string, dt dtype.Type, chunks [][]int, kids []node, content func(h *graph.Hasher)) meta {
	h := graph.NewHasher("array")
	h.String(kind)
	h.Int(int(dt))
	for _, k := range kids {
		h.Token(k.Token())
	}
	if content != nil {
		content(h)
	}
	return meta{chunks: chunks, dt: dt, token: h.Sum(), kids: kids}
}

// hashChunks adds blocks to a token.
func hashChunks(h *graph.Hasher, chunks [][]int) {
	h.Int(len(chunks))
	for _, c := range chunks {
		h.Ints(c)
	}
}
