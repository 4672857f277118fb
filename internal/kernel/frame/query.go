package frame

// #include <stdlib.h>
// #include "frame.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

const (
	batchRows  = 1 << 20 // rows of a result batch
	batchBytes = 1 << 29 // string bytes of one column of it, well below what 32-bit offsets count
)

// Error is a query that DuckDB refused or gave up.
type Error struct {
	Kind    string // DuckDB's class, such as "Binder", "Conversion", "Out of Memory"
	Message string // without the class
	SQL     string
}

// Error says what DuckDB said; the SQL is left to the caller's judgement.
func (e *Error) Error() string { return "frame: " + strings.ToLower(e.Kind) + " error: " + e.Message }

// newError takes DuckDB's "Binder Error: …" apart.
func newError(msg, sql string) *Error {
	kind, rest, ok := strings.Cut(msg, " Error: ")
	if !ok || len(kind) > 40 {
		kind, rest = "Query", msg
	}
	return &Error{Kind: kind, Message: strings.TrimSpace(rest), SQL: sql}
}

// Query runs sql over the inputs and returns all of its rows; see the package comment for want.
//
// The result has at least one batch, of no rows when there are none. Cancelling ctx interrupts DuckDB within milliseconds and
// returns the context's cause. An error in the data of a text input is a [*DataError].
func (c *Conn) Query(ctx context.Context, sql string, inputs map[string]Input, want *arrow.Schema) ([]arrow.RecordBatch, error) {
	var out []arrow.RecordBatch
	for b, err := range c.Stream(ctx, sql, inputs, want) {
		if err != nil {
			for _, b := range out {
				b.Release()
			}
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// Stream is Query batch by batch: the query goes on while the caller works, and stops when the loop is left.
func (c *Conn) Stream(ctx context.Context, sql string, inputs map[string]Input, want *arrow.Schema) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if err := c.run(ctx, sql, inputs, want, yield); err != nil {
			yield(nil, err)
		}
	}
}

// Exec runs a statement for its effect.
func (c *Conn) Exec(ctx context.Context, sql string) error {
	return c.run(ctx, sql, nil, nil, func(b arrow.RecordBatch, _ error) bool {
		b.Release()
		return true
	})
}

// Describe gives the schema of a query's result without running it.
func (c *Conn) Describe(ctx context.Context, sql string, inputs map[string]Input) (*arrow.Schema, error) {
	q, err := c.begin(ctx, sql, inputs)
	if err != nil {
		return nil, err
	}
	defer q.end()
	if err := q.prepare(nil); err != nil {
		return nil, q.explain(err)
	}
	return q.schema, nil
}

// Query takes a database for one query; see [Conn.Query].
func (p *Pool) Query(ctx context.Context, sql string, inputs map[string]Input, want *arrow.Schema) ([]arrow.RecordBatch, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	return c.Query(ctx, sql, inputs, want)
}

// query is one statement on its way, and everything that must be freed after it.
type query struct {
	conn   *Conn
	ctx    context.Context //nolint:containedctx // lives as long as the call that made it
	sql    string
	arena  arena
	cin    *C.sf_inputs
	texts  []*textInput
	views  []string // temporary views to drop
	stmt   C.duckdb_prepared_statement
	result C.duckdb_result
	live   bool // result must be destroyed
	schema *arrow.Schema
	stop   func()
}

// begin lends the inputs to C and starts to watch ctx. The connection is locked until end.
func (c *Conn) begin(ctx context.Context, sql string, inputs map[string]Input) (_ *query, err error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if c.pool.closing.Err() != nil {
		return nil, fmt.Errorf("frame: %w", ErrClosed)
	}
	if !c.mu.TryLock() {
		return nil, errors.New("frame: a connection is used by two goroutines at once; acquire one each")
	}
	q := &query{conn: c, ctx: ctx, sql: sql}
	q.stop = c.watch(ctx)
	defer func() {
		if err != nil {
			q.end()
		}
	}()
	cin := &slice[C.sf_inputs](&q.arena, 1)[0]
	names := slice[*C.char](&q.arena, len(inputs))
	tables := slice[*C.sf_input](&q.arena, len(inputs))
	cin.names, cin.inputs = unsafe.SliceData(names), unsafe.SliceData(tables)
	q.cin = cin
	var views []string
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if v, ok := inputs[name].(viewInput); ok {
			body, err := v.view()
			if err != nil {
				return nil, err
			}
			views = append(views, name, body)
			continue
		}
		in, err := inputs[name].prepare(q, &q.arena)
		if err != nil {
			return nil, err
		}
		names[cin.n], tables[cin.n] = q.arena.str(name), in
		cin.n++
	}
	for i := 0; i < len(views); i += 2 {
		if err := q.exec("CREATE OR REPLACE TEMP VIEW " + Quote(views[i]) + " AS " + views[i+1]); err != nil {
			return nil, q.explain(err)
		}
		q.views = append(q.views, views[i])
	}
	return q, nil
}

// end frees everything, in the order in which one part refers to the other.
func (q *query) end() {
	q.stop()
	if q.live {
		C.duckdb_destroy_result(&q.result)
	}
	if q.stmt != nil {
		C.duckdb_destroy_prepare(&q.stmt)
	}
	for _, v := range q.views {
		_ = q.exec("DROP VIEW IF EXISTS temp." + Quote(v)) // only fails when the database is gone
	}
	q.arena.free()
	q.conn.mu.Unlock()
}

// exec runs a statement without result inside of the query.
func (q *query) exec(sql string) error {
	var stmt C.duckdb_prepared_statement
	var res C.duckdb_result
	text := C.CString(sql)
	defer C.free(unsafe.Pointer(text))
	defer C.duckdb_destroy_prepare(&stmt)
	if C.sf_prepare(q.conn.con, text, q.cin, &stmt) != 0 {
		return newError(C.GoString(C.duckdb_prepare_error(stmt)), sql)
	}
	defer C.duckdb_destroy_result(&res)
	if C.sf_execute(stmt, q.cin, &res) != 0 {
		return newError(C.GoString(C.duckdb_result_error(&res)), sql)
	}
	return nil
}

// watch interrupts the connection when ctx ends or the pool is closed, again and again until stop is called, as DuckDB clears the mark
// when a statement begins.
func (c *Conn) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	fire := func() {
		defer wg.Done()
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			C.duckdb_interrupt(c.con)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}
	wg.Add(2)
	undo := []func() bool{context.AfterFunc(ctx, fire), context.AfterFunc(c.pool.closing, fire)}
	return func() {
		close(done)
		for _, u := range undo {
			if u() {
				wg.Done()
			}
		}
		wg.Wait()
	}
}

// explain puts the real reason in the place of what DuckDB says about it.
func (q *query) explain(err error) error {
	if q.ctx.Err() != nil {
		return context.Cause(q.ctx)
	}
	if q.conn.pool.closing.Err() != nil {
		return fmt.Errorf("frame: %w", ErrClosed)
	}
	for _, t := range q.texts {
		if e := t.failure(q.ctx); e != nil {
			return e
		}
	}
	return err
}

// prepare binds the statement and settles the result's schema, with casts around it where DuckDB's types are not the wanted ones.
func (q *query) prepare(want *arrow.Schema) error {
	if err := q.bind(q.sql); err != nil {
		return err
	}
	n := int(C.duckdb_prepared_statement_column_count(q.stmt))
	if want != nil && want.NumFields() != n {
		return fmt.Errorf("frame: the query has %d columns, %d are wanted: %s", n, want.NumFields(), q.sql)
	}
	fields := make([]arrow.Field, n)
	casts := make([]string, n)
	needed := false
	for i := range n {
		t := q.arena.own(C.duckdb_prepared_statement_column_logical_type(q.stmt, C.idx_t(i)))
		dt, asText := natural(t)
		is, err := SQLType(dt)
		if err != nil {
			return err
		}
		must := is
		name := C.duckdb_prepared_statement_column_name(q.stmt, C.idx_t(i))
		fields[i] = arrow.Field{Name: C.GoString(name), Type: dt, Nullable: true}
		C.duckdb_free(unsafe.Pointer(name))
		if want != nil {
			fields[i] = want.Field(i)
			if must, err = SQLType(fields[i].Type); err != nil {
				return err
			}
		}
		casts[i] = fmt.Sprintf("c%d", i)
		if asText || is != must {
			needed = true
			casts[i] = fmt.Sprintf("CAST(c%d AS %s)", i, must)
		}
	}
	q.schema = arrow.NewSchema(fields, nil)
	if want != nil {
		q.schema = want
	}
	if !needed {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	C.duckdb_destroy_prepare(&q.stmt)
	return q.bind("SELECT " + strings.Join(casts, ", ") + " FROM (" + q.sql + "\n) AS t(" + strings.Join(names, ", ") + ")")
}

func (q *query) bind(sql string) error {
	text := C.CString(sql)
	defer C.free(unsafe.Pointer(text))
	if C.sf_prepare(q.conn.con, text, q.cin, &q.stmt) != 0 {
		return newError(C.GoString(C.duckdb_prepare_error(q.stmt)), sql)
	}
	return nil
}

func (c *Conn) run(ctx context.Context, sql string, inputs map[string]Input, want *arrow.Schema, yield func(arrow.RecordBatch, error) bool) error {
	q, err := c.begin(ctx, sql, inputs)
	if err != nil {
		return err
	}
	defer q.end()
	if err := q.prepare(want); err != nil {
		return q.explain(err)
	}
	q.live = true
	if C.sf_execute(q.stmt, q.cin, &q.result) != 0 {
		return q.explain(newError(C.GoString(C.duckdb_result_error(&q.result)), sql))
	}
	for first := true; ; first = false {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		batch, done, err := q.next(first)
		if err != nil {
			return q.explain(err)
		}
		if batch != nil && !yield(batch, nil) || done {
			return nil
		}
	}
}
