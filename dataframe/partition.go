//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/internal/kernel/frame"
)

// partitionRows cuts a batch by the hash of its keys.
func partitionRows(ctx context.Context, b arrow.RecordBatch, keys []string, n int) ([]arrow.RecordBatch, error) {
	p, err := kernel(false)
	if err != nil {
		return nil, err
	}
	cols := make([]string, len(keys))
	for i, k := range keys {
		cols[i] = plan.Quote(k)
	}
	out := make([]arrow.RecordBatch, n)
	for i := range out {
		sql := fmt.Sprintf("SELECT * FROM t WHERE hash(%s) %% %d = %d", strings.Join(cols, ", "), n, i)
		got, err := p.Query(ctx, sql, map[string]frame.Input{"t": frame.Batches(b.Schema(), b)}, b.Schema())
		if err != nil {
			return nil, err
		}
		out[i] = got[0]
	}
	return out, nil
}
