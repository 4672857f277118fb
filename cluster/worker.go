package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"sheaf/client"
	"sheaf/internal/agent"
	"sheaf/internal/codec"
	"sheaf/internal/node"
	"sheaf/internal/session"
	"sheaf/internal/slots"
	"sheaf/internal/task"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// worker is a node with its session and its data server.
type worker struct {
	doc    document
	tls    *tls.Config
	node   *node.Node
	conn   *session.Conn
	ready  chan struct{} // closed when conn is set
	data   *http.Server
	fetch  *http.Fetcher
	hellos chan wire.Message
	answer *answerer
	files  *client.Files

	mu     sync.Mutex // guards what follows
	epoch  uint64
	number uint32
	asked  bool // the scheduler wants it to end
	ending chan struct{}
	reason string
	again  bool           // its agent is to start it anew
	client *client.Client // of its tasks; nil until one has needed it
}

// work is the main function of a worker process.
func work(child *agent.Worker) int {
	var doc document
	if err := json.Unmarshal(child.Document, &doc); err != nil {
		child.Fail(fmt.Errorf("cluster: the agent's configuration: %w", err))
		return 1
	}
	// Everything in this process that asks what a process may use is told this worker's share.
	runtime.GOMAXPROCS(doc.Threads + 1) // one more for what serves the others
	if doc.MemoryBytes > 0 {
		_ = os.Setenv("SHEAF_MEMORY_LIMIT", strconv.FormatInt(wire.ValueBytes(doc.MemoryBytes), 10))
		if os.Getenv("GOMEMLIMIT") == "" {
			// Garbage is collected before the process reaches the size at which it pauses, and then is ended.
			debug.SetMemoryLimit(doc.MemoryBytes * 75 / 100)
		}
	}
	_ = os.Setenv("SHEAF_PROGRESS_ENABLED", "false")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	net, err := networkOf(ctx, doc.URL, doc.Cluster, doc.Security)
	if err != nil {
		child.Fail(err)
		return 1
	}
	w, err := startWorker(ctx, doc, net, child.Slots, false)
	if err != nil {
		child.Fail(err)
		return 1
	}
	child.Ready([]byte(w.data.Addr()))
	select {
	case <-child.Stop:
		w.end("the agent stops it", false)
	case <-w.ending:
	}
	stop, cancelStop := context.WithTimeout(ctx, 5*time.Second)
	defer cancelStop()
	w.close(stop)
	if !w.again {
		child.Leave(w.reason)
	}
	return 0
}

// startWorker joins a scheduler as a worker. Anonymous says that the data server is for this process's user alone.
func startWorker(ctx context.Context, doc document, network session.Network, table *slots.Table, anonymous bool) (*worker, error) {
	t, err := doc.Security.tls()
	if err != nil {
		return nil, err
	}
	w := &worker{doc: doc, tls: t, ready: make(chan struct{}), hellos: make(chan wire.Message, 1), ending: make(chan struct{})}
	w.answer = newAnswerer(doc.Name)
	w.answer.logs = &logForwarder{worker: doc.Name, send: w.send, wants: func(p task.Place) bool {
		return !anonymous || w.node.Runs(p) // otherwise the process is not this worker's alone
	}}
	w.files = client.NewFiles(doc.Dir)
	w.fetch = http.NewFetcher(http.FetcherConfig{Token: doc.Security.Token, TLS: t})
	late := &lateSource{set: make(chan struct{})}
	var address string
	w.data, address, err = serveData(&doc, http.ServerConfig{
		Source: late, Sink: late, Token: doc.Security.Token, Anonymous: anonymous && doc.Security.Token == "", TLS: t,
		ValueBytesMax: doc.MemoryBytes * 3 / 4, InFlightBytesMax: doc.MemoryBytes / 10, // of what is put here; 0 is their default
	})
	if err != nil {
		return nil, fmt.Errorf("cluster: worker: data server: %w", err)
	}
	conf := node.Config{
		Hello: wire.WorkerHello{
			Version: wire.Version, Name: doc.Name, Address: address, Host: doc.Host, PID: os.Getpid(), Agent: doc.Agent,
			Executable: doc.Executable, Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Threads: doc.Threads,
			MemoryBytes: doc.MemoryBytes, Resources: doc.Resources,
		},
		Dir: doc.Dir, Send: w.send, Push: w.push, Quit: w.end, Program: travel.NewLoader(), Fetcher: w.fetch, Answer: w.answer.answer,
		Context: func(ctx context.Context) context.Context { return client.InWorker(ctx, w.files, w.dialClient(network)) },
		SizeOf:  codec.SizeOf, Turn: w.answer.actors.Turn, Ended: w.answer.actors.Forget,
		Refused: func() int64 { s := w.data.Stats(); return s.Refused + s.Malformed },
	}
	if table != nil {
		conf.Slots = table
	}
	if !anonymous { // the process is this worker's alone
		conf.RSS = residentBytes
	}
	if w.node, err = node.New(conf); err != nil {
		_ = w.data.Close(ctx)
		return nil, fmt.Errorf("cluster: worker: %w", err)
	}
	late.node = w.node
	close(late.set)
	w.conn, err = session.Dial(ctx, session.Config{
		Network: network, Name: uniqueName("worker-" + doc.Name), To: schedulerName, Hello: w.hello, Deliver: w.deliver, Status: w.status,
	})
	if err != nil {
		close(w.ready)
		w.close(ctx)
		return nil, fmt.Errorf("cluster: worker: %w", err)
	}
	close(w.ready)
	return w, nil
}

// hello has the node introduce itself, in a new session.
func (w *worker) hello() wire.Message {
	w.node.Session(true)
	select {
	case m := <-w.hellos:
		return m
	case <-time.After(10 * time.Second):
		return &wire.Bye{Reason: "the worker does not answer"} // refused, and tried again
	}
}

// send gives a message of the node to its session.
func (w *worker) send(m wire.Message) {
	if _, ok := m.(*wire.WorkerHello); ok {
		select {
		case w.hellos <- m:
		default:
		}
		return
	}
	<-w.ready
	if w.conn != nil {
		_ = w.conn.Send(m) // what is lost with a session the node says again in the next
	}
}

func (w *worker) deliver(ms []wire.Message) {
	for _, m := range ms {
		if welcome, ok := m.(*wire.Welcome); ok {
			w.mu.Lock()
			w.epoch, w.number = welcome.Epoch, welcome.Number
			w.mu.Unlock()
		}
	}
	w.node.Deliver(ms)
}

func (w *worker) status(s session.Status) {
	if s.State == session.Lost {
		w.node.Session(false)
	}
}

// push sends small results straight to a client.
func (w *worker) push(number uint32, vs []*wire.Value) {
	w.mu.Lock()
	epoch := w.epoch
	w.mu.Unlock()
	<-w.ready
	ms := make([]wire.Message, len(vs))
	for i, v := range vs {
		ms[i] = v
	}
	frame, err := session.AppendDatagram(nil, ms...)
	if err != nil || w.conn == nil {
		return // it is fetched instead
	}
	_ = w.conn.Endpoint().Send(session.ClientName(epoch, number), frame)
}

// end is called when the worker is to end; Restart asks its agent for another process.
func (w *worker) end(reason string, restart bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked {
		return
	}
	w.asked, w.reason, w.again = true, reason, restart
	close(w.ending)
}

func (w *worker) close(ctx context.Context) {
	w.mu.Lock()
	own := w.client
	w.mu.Unlock()
	if own != nil {
		_ = own.Close()
	}
	if w.conn != nil {
		_ = w.conn.Close(ctx, w.reason)
	}
	_ = w.node.Close(ctx)
	_ = w.data.Close(ctx)
	w.fetch.Close()
	w.answer.close()
	_ = w.files.Close()
}

// dialClient returns how the tasks of this worker get a client of their own cluster.
func (w *worker) dialClient(network session.Network) func(context.Context) (*client.Client, error) {
	return func(ctx context.Context) (*client.Client, error) {
		w.mu.Lock()
		number := w.number
		w.mu.Unlock()
		c, err := client.Connect(context.WithoutCancel(ctx), client.Connection{
			Network: network, Token: w.doc.Security.Token, TLS: w.tls, Scheduler: schedulerName, Executable: w.doc.Executable, Worker: number,
		})
		if err == nil {
			w.mu.Lock()
			w.client = c
			w.mu.Unlock()
		}
		return c, err
	}
}

// lateSource is the node as a source and sink of values, for a server that is needed before the node is.
type lateSource struct {
	node *node.Node
	set  chan struct{}
}

// Open implements http.Source.
func (l *lateSource) Open(ctx context.Context, id wire.ID) (http.Value, error) {
	<-l.set
	return l.node.Open(ctx, id)
}

// Explain implements http.Explainer.
func (l *lateSource) Explain(id wire.ID, err error) (string, []byte) {
	<-l.set
	return l.node.Explain(id, err)
}

// Put implements http.Sink.
func (l *lateSource) Put(ctx context.Context, id wire.ID, v any, bytes int64) error {
	<-l.set
	return l.node.Put(ctx, id, v, bytes)
}

var errNoActor = errors.New("cluster: the actor is not here any more, or it is none: Client.Actor makes actors")

// residentBytes returns the resident memory that is this process's own, without the pages of files, which the kernel takes back by itself;
// 0 where that cannot be known.
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident, shared int64
	if _, err := fmt.Sscan(string(b), &size, &resident, &shared); err != nil {
		return 0
	}
	return (resident - shared) * int64(os.Getpagesize())
}
