package node

import (
	"errors"
	"fmt"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

var _ http.Explainer = (*Node)(nil)

// Explain implements http.Explainer: a result that cannot be encoded is told as the failure of the task that made it, with its key, its
// function and where that was written. The detail is for [travel.DecodeFailure].
func (n *Node) Explain(id wire.ID, err error) (string, []byte) {
	f := n.unencodable(id, err)
	if no, ok := errors.AsType[*instead](err); ok {
		f = no.failure
	}
	const textMax = 2 << 10
	text := f.Message[:min(len(f.Message), textMax)]
	return text, travel.EncodeFailure(f, http.ExplainBytesMax-textMax)
}

// unencodable is the failure of the task whose result cannot be encoded.
func (n *Node) unencodable(id wire.ID, err error) *wire.Failure {
	id = id.Whole()
	err = fmt.Errorf("its result %w: %w", exec.ErrSerialize, err)
	if l, index, unknown := n.conf.Program.Bind(id); unknown == nil { // else it was scattered, or its graph is over
		err = exec.NewError(&graph.Task{Layer: l, Index: index}, err)
	}
	return n.conf.Failure(err, id, n.conf.Hello.Name, 0)
}
