package traveltest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"

	"sheaf/graph"
	"sheaf/internal/codec"
	texec "sheaf/internal/exec"
	"sheaf/internal/testexec"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// workerVariable marks a process that Main turns into a worker.
const workerVariable = "SHEAF_TEST_WORKER"

// Main makes the executor "process" possible: called at the top of TestMain it turns the copies of the test's executable that the
// executor starts into workers, and never returns in them.
func Main() {
	if os.Getenv(workerVariable) == "" {
		testexec.Register("process", func() (any, error) {
			e, err := New()
			if err == nil {
				e.processes = newPool()
			}
			return e, err
		})
		return
	}
	if err := serve(os.NewFile(3, "requests"), os.NewFile(4, "answers")); err != nil {
		fmt.Fprintln(os.Stderr, "traveltest: worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A request asks a worker to run a task, perhaps of a layer that it has not seen.
type request struct {
	Layer   []byte // a wire.Compute
	ID      wire.ID
	Attempt int
	Inputs  [][]byte
	Ends    []int32
}

type answer struct {
	Value   []byte
	Failure []byte // a wire.Failed
}

func send(w io.Writer, v any) error {
	b, err := codec.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func receive(r io.Reader) (any, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.LittleEndian.Uint32(n[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	return codec.Unmarshal(b)
}

// serve runs tasks until there are no more requests.
func serve(in io.Reader, out io.Writer) error {
	loader := travel.NewLoader()
	for {
		v, err := receive(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		q, ok := v.(request)
		if err != nil || !ok {
			return fmt.Errorf("got a %T: %w", v, err)
		}
		a := answer{}
		result, err := q.run(loader)
		if err == nil {
			a.Value, err = travel.AppendValue(nil, result)
		}
		if err != nil {
			if a.Failure, err = wire.Append(nil, &wire.Failed{Cause: *travel.EncodeError(err, q.ID, "", uint32(q.Attempt))}); err != nil {
				return err
			}
		}
		if err := send(out, a); err != nil {
			return err
		}
	}
}

func (q *request) run(loader *travel.Loader) (any, error) {
	if q.Layer != nil {
		m, err := wire.Parse(q.Layer)
		if err != nil {
			return nil, err
		}
		for _, l := range m.(*wire.Compute).Layers {
			if err := loader.Add(&l); err != nil {
				return nil, err
			}
		}
	}
	in := make([]any, len(q.Inputs))
	for i, b := range q.Inputs {
		v, err := travel.ParseValue(b)
		if err != nil {
			return nil, err
		}
		in[i] = v
	}
	l, i, err := loader.Bind(q.ID)
	if err != nil {
		return nil, err
	}
	task := graph.Task{Attempt: q.Attempt}
	task.Bind(l, i, in, q.Ends)
	return texec.Run(context.Background(), l.Op(), &task)
}

// A pool is worker processes, one per goroutine that runs tasks.
type pool struct {
	slots chan *process
}

type process struct {
	cmd   *exec.Cmd
	to    *os.File
	from  *os.File
	knows map[wire.LayerID]bool
}

func newPool() *pool {
	p := &pool{make(chan *process, runtime.GOMAXPROCS(0))}
	for range cap(p.slots) {
		p.slots <- &process{}
	}
	return p
}

// start starts the process, if it does not run.
func (p *process) start() error {
	if p.cmd != nil {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	in, to, err := os.Pipe()
	if err != nil {
		return err
	}
	from, out, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, testexec.Variable) }), workerVariable+"=1")
	cmd.ExtraFiles = []*os.File{in, out}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	*p = process{cmd: cmd, to: to, from: from, knows: map[wire.LayerID]bool{}}
	return errors.Join(in.Close(), out.Close())
}

// stop kills the process; the next task starts another.
func (p *process) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_, _ = p.cmd.Process.Wait()
		_, _ = p.to.Close(), p.from.Close()
	}
	*p = process{}
}

// run runs a task in one of the processes.
func (pl *pool) run(ctx context.Context, layer *wire.Layer, q request, in []any) (any, error) {
	for _, v := range in {
		b, err := travel.AppendValue(nil, v)
		if err != nil {
			return nil, err
		}
		q.Inputs = append(q.Inputs, b)
	}
	p := <-pl.slots
	defer func() { pl.slots <- p }()
	if err := p.start(); err != nil {
		return nil, err
	}
	if !p.knows[layer.ID] {
		var err error
		if q.Layer, err = wire.Append(nil, &wire.Compute{Layers: []wire.Layer{*layer}}); err != nil {
			return nil, err
		}
		p.knows[layer.ID] = true
	}
	var once sync.Once
	stop := context.AfterFunc(ctx, func() { once.Do(func() { _ = p.cmd.Process.Kill() }) })
	v, err := p.ask(q)
	if !stop() || err != nil {
		once.Do(func() {})
		p.stop()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("traveltest: worker process: %w", err)
	}
	a := v.(answer)
	if a.Failure != nil {
		m, err := wire.Parse(a.Failure)
		if err != nil {
			return nil, err
		}
		return nil, &failed{travel.DecodeError(&m.(*wire.Failed).Cause)}
	}
	return travel.ParseValue(a.Value)
}

func (p *process) ask(q request) (any, error) {
	if err := send(p.to, q); err != nil {
		return nil, err
	}
	return receive(p.from)
}
