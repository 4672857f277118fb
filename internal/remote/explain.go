package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sheaf/internal/wire"
)

const (
	explainMax      = 200 * time.Millisecond // that the scheduler may take to say what tasks wait for
	explainTextsMax = 4                      // of what it says
)

// explain adds to the error of a deadline what tasks wait for that no worker has, if there are such tasks and the scheduler says so at once: they
// may be those that were waited for. Of several that ask at a time one gets an answer, so that nobody asks for a thousand futures.
func (x *Executor) explain(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) || !x.explaining.CompareAndSwap(false, true) {
		return err
	}
	defer x.explaining.Store(false)
	ctx, cancel := context.WithTimeout(x.ctx, explainMax)
	defer cancel()
	info, e := Ask[*wire.Cluster](ctx, x, &wire.Info{})
	if e != nil || len(info.Unrunable) == 0 {
		return err
	}
	texts, more := info.Unrunable, ""
	if n := len(texts) - explainTextsMax; n > 0 {
		texts, more = texts[:explainTextsMax], fmt.Sprintf("; and %d more", n)
	}
	return fmt.Errorf("client: %w; on the cluster there wait: %s%s", err, strings.Join(texts, "; "), more)
}
