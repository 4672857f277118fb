package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"sheaf/internal/codec"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// instead stands for a value that could not be had because whoever has it cannot encode it. It is the error of tasks that need the value,
// and of its own encoding.
type instead struct{ failure *wire.Failure }

func (i *instead) Error() string { return i.failure.Message }

// MarshalBinary fails, as the encoding of the value did.
func (i *instead) MarshalBinary() ([]byte, error) { return nil, i }

// UnmarshalBinary fails: nothing was encoded.
func (i *instead) UnmarshalBinary([]byte) error {
	return errors.New("node: nothing stands for a value that could not be encoded")
}

const (
	refusalsMax  = 2    // times that a peer could not encode a value until what needs it here fails
	refusedAtAll = 1024 // values of which that is counted
)

// refused returns what stands for a value that a peer cannot encode, or nil if err is something else, or if a task may do better elsewhere:
// after the first time the scheduler looks for a place where the value is.
func (n *Node) refused(id wire.ID, err error) *instead {
	v, ok := errors.AsType[*http.ValueError](err)
	if !ok {
		return nil
	}
	f := travel.DecodeFailure(v.Detail)
	if f == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.refusals) >= refusedAtAll {
		clear(n.refusals)
	}
	if n.refusals[id]++; n.refusals[id] < refusalsMax {
		return nil
	}
	return &instead{f}
}

// openActor returns the state of an actor as it is between two calls: it is encoded here, while no method runs.
func (n *Node) openActor(ctx context.Context, id wire.ID, h *holding) (http.Value, error) {
	defer h.readers.Add(-1)
	if n.conf.Turn != nil {
		leave, err := n.conf.Turn(ctx, id)
		if err != nil {
			return http.Value{}, fmt.Errorf("node: waiting for the calls of an actor to end: %w", err)
		}
		defer func() {
			leave()
			if now, _ := n.find(id); now == nil { // it has ended meanwhile
				n.conf.Ended(id)
			} else {
				now.readers.Add(-1)
			}
		}()
	}
	var b bytes.Buffer
	if err := codec.EncodeFrame(&b, h.value); err != nil {
		return http.Value{Any: &instead{n.unencodable(id, err)}, Bytes: h.bytes}, nil
	}
	size := n.conf.SizeOf(h.value)
	n.gauge.sent.Add(size)
	return http.Value{Frame: &b, Bytes: size}, nil
}
