package frame

// #cgo CFLAGS: -O3 -std=gnu11 -Wall -fexceptions
// #include <stdlib.h>
// #include "frame.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"
	_ "github.com/duckdb/duckdb-go-bindings" // links DuckDB's static library

	"sheaf/internal/tempdir"
)

// duckdbVersion is the release whose C interface duckdb_abi.h declares.
const duckdbVersion = "v1.4.5"

// ErrClosed marks the use of a closed [Pool].
var ErrClosed = errors.New("the database pool is closed")

// Options say how many databases a [Pool] has and what each may use. The zero value is one single-threaded database per processor.
type Options struct {
	Databases   int              // queries that can run at once; GOMAXPROCS when 0
	Threads     int              // threads of one query; 1 when 0
	MemoryLimit int64            // bytes of one database, beyond which it spills to TempDir; DuckDB's 80 % of the machine when 0
	TempDir     string           // for spilling; a new directory under os.TempDir, removed by Close, when empty
	TimeZone    string           // in which timestamps with a zone are taken apart; UTC when empty
	Allocator   memory.Allocator // of result buffers; Go memory when nil
}

// Pool is a set of in-memory databases. It can be used from many goroutines; each query has a database to itself, and databases
// share nothing but the process.
type Pool struct {
	opts    Options
	ownTemp string
	slots   chan *Conn // free databases; nil entries are opened at first use
	closing context.Context
	close   context.CancelFunc

	mu     sync.Mutex // guards what follows
	closed bool
	open   int // slots not yet collected by a closed pool
}

// Open makes a pool. Databases are opened when they are first needed, in about 7 ms each.
func Open(opts Options) (*Pool, error) {
	if v := C.GoString(C.duckdb_library_version()); v != duckdbVersion {
		return nil, fmt.Errorf("frame: this is DuckDB %s; %s is needed", v, duckdbVersion)
	}
	if opts.Databases < 0 || opts.Threads < 0 || opts.MemoryLimit < 0 {
		return nil, fmt.Errorf("frame: negative option in %+v", opts)
	}
	if opts.Databases == 0 {
		opts.Databases = runtime.GOMAXPROCS(0)
	}
	opts.Threads = max(opts.Threads, 1)
	if opts.TimeZone == "" {
		opts.TimeZone = "UTC"
	}
	if opts.Allocator == nil {
		opts.Allocator = memory.DefaultAllocator
	}
	p := &Pool{opts: opts, slots: make(chan *Conn, opts.Databases), open: opts.Databases}
	if p.opts.TempDir == "" {
		dir, err := tempdir.Make("duckdb")
		if err != nil {
			return nil, fmt.Errorf("frame: no directory to spill to: %w", err)
		}
		p.ownTemp, p.opts.TempDir = dir, dir
	}
	p.closing, p.close = context.WithCancel(context.Background())
	for range opts.Databases {
		p.slots <- nil
	}
	return p, nil
}

// Acquire takes a database, waiting until one is free or ctx is done. Give it back with [Conn.Release].
func (p *Pool) Acquire(ctx context.Context) (*Conn, error) {
	select {
	case <-p.closing.Done():
		return nil, fmt.Errorf("frame: %w", ErrClosed)
	default:
	}
	select {
	case c := <-p.slots:
		if c == nil {
			var err error
			if c, err = p.newConn(); err != nil {
				p.put(nil)
				return nil, err
			}
		}
		return c, nil
	case <-p.closing.Done():
		return nil, fmt.Errorf("frame: %w", ErrClosed)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// put returns a slot, or lets it go when the pool has been closed meanwhile.
func (p *Pool) put(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.slots <- c
		return
	}
	p.collect(c)
}

// collect closes one slot of a closed pool; the last one takes the temporary directory with it. The caller holds mu.
func (p *Pool) collect(c *Conn) {
	if c != nil {
		c.closeDB()
	}
	if p.open--; p.open == 0 && p.ownTemp != "" {
		_ = tempdir.Remove(p.ownTemp)
	}
}

// Close interrupts the running queries and frees the databases: those in use when they are released, the others now.
func (p *Pool) Close() error {
	p.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	for {
		select {
		case c := <-p.slots:
			p.collect(c)
		default:
			return nil
		}
	}
}

// Conn is a database taken from a pool, for one goroutine at a time.
type Conn struct {
	pool *Pool
	db   C.duckdb_database
	con  C.duckdb_connection
	temp string     // its own directory: databases that share one overwrite each other's spilled blocks
	mu   sync.Mutex // held while a query runs
}

func (p *Pool) newConn() (conn *Conn, err error) {
	temp, err := os.MkdirTemp(p.opts.TempDir, "db-")
	if err != nil {
		return nil, fmt.Errorf("frame: no directory to spill to: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(temp)
		}
	}()
	var config C.duckdb_config
	if C.duckdb_create_config(&config) != 0 {
		return nil, errors.New("frame: out of memory for a DuckDB configuration")
	}
	defer C.duckdb_destroy_config(&config)
	settings := [][2]string{
		{"threads", strconv.Itoa(p.opts.Threads)},
		{"temp_directory", temp},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
	}
	if p.opts.MemoryLimit > 0 {
		// Freed memory counts for the process too, so it goes back to the system well before it is as much as the limit.
		flush := min(p.opts.MemoryLimit/8, 128<<20)
		settings = append(settings, [2]string{"memory_limit", strconv.FormatInt(p.opts.MemoryLimit, 10) + "B"},
			[2]string{"allocator_flush_threshold", strconv.FormatInt(flush, 10) + "B"},
			[2]string{"allocator_bulk_deallocation_flush_threshold", strconv.FormatInt(flush, 10) + "B"})
	}
	for _, s := range settings {
		name, value := C.CString(s[0]), C.CString(s[1])
		bad := C.duckdb_set_config(config, name, value) != 0
		C.free(unsafe.Pointer(name))
		C.free(unsafe.Pointer(value))
		if bad {
			return nil, fmt.Errorf("frame: DuckDB does not take %s = %q", s[0], s[1])
		}
	}
	c := &Conn{pool: p, temp: temp}
	var msg *C.char
	path := C.CString(":memory:")
	defer C.free(unsafe.Pointer(path))
	if C.duckdb_open_ext(path, &c.db, config, &msg) != 0 {
		defer C.duckdb_free(unsafe.Pointer(msg))
		return nil, fmt.Errorf("frame: cannot open a database: %s", C.GoString(msg))
	}
	if C.duckdb_connect(c.db, &c.con) != 0 {
		c.closeDB()
		return nil, errors.New("frame: cannot connect to a database")
	}
	if msg := C.sf_register(c.db, c.con); msg != nil {
		c.closeDB()
		return nil, errors.New("frame: " + C.GoString(msg))
	}
	for _, set := range []string{"SET TimeZone = " + Literal(p.opts.TimeZone), "SET parquet_metadata_cache = true"} {
		if err := c.Exec(context.Background(), set); err != nil {
			c.closeDB()
			return nil, err
		}
	}
	return c, nil
}

// Release gives the database back. Settings changed by [Conn.Exec] stay with it.
func (c *Conn) Release() { c.pool.put(c) }

func (c *Conn) closeDB() {
	if c.con != nil {
		C.duckdb_disconnect(&c.con)
	}
	if c.db != nil {
		C.duckdb_close(&c.db)
	}
	os.RemoveAll(c.temp)
}

// Threads is the number of threads that one query of the pool may use.
func (p *Pool) Threads() int { return p.opts.Threads }

// Databases is the number of queries that can run at once.
func (p *Pool) Databases() int { return p.opts.Databases }
