package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"sheaf/cluster/internal/page"
)

// statusServer answers over HTTP how the cluster is:
//
//	/         a page for people, see [sheaf/cluster/internal/page]
//	/health   200 while the scheduler works
//	/info     the state of the cluster as JSON
//	/metrics  the same as numbers, in the text format of Prometheus
//
// Beyond the loopback interface it wants the token: Authorization: Bearer …, or of browsers once in a form, see [doors].
type statusServer struct {
	url      string
	listener net.Listener
	server   *http.Server // nil until serve
	done     chan struct{}
}

// listenStatus takes the address, so that clients can be told of it before anything is answered.
func listenStatus(address string, security Security) (*statusServer, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cluster: status page: %w", err)
	}
	st := &statusServer{url: "http://" + l.Addr().String(), listener: l, done: make(chan struct{})}
	if security.Encrypted() {
		st.url = "https://" + l.Addr().String()
	}
	return st, nil
}

// serve begins to answer.
func (st *statusServer) serve(s *Scheduler) error {
	t, err := s.conf.Security.tls()
	if err != nil {
		return err
	}
	d := &doors{token: s.conf.Security.Token, open: loopback(s.conf.Status), secure: t != nil, name: s.conf.Name, logger: s.conf.Logger}
	d.init()
	st.server = &http.Server{
		Handler: d.guard(statusHandler(s, d)), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10, TLSConfig: t,
	}
	go func() {
		defer close(st.done)
		var err error
		if t != nil {
			err = st.server.ServeTLS(st.listener, "", "")
		} else {
			err = st.server.Serve(st.listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.conf.Logger.Error("the status page ended", "error", err)
		}
	}()
	return nil
}

// statusHandler answers those who may ask.
func statusHandler(s *Scheduler, d *doors) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	answer := func(pattern, media string, write func(ctx context.Context, w io.Writer) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			var b bytes.Buffer
			if err := write(r.Context(), &b); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", media)
			_, _ = w.Write(b.Bytes())
		})
	}
	answer("GET /info", "application/json", func(ctx context.Context, w io.Writer) error {
		info, err := s.Info(ctx)
		if err != nil {
			return err
		}
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(info)
	})
	answer("GET /metrics", "text/plain; version=0.0.4", func(ctx context.Context, w io.Writer) error {
		info, err := s.Info(ctx)
		if err == nil {
			_, err = io.WriteString(w, metrics(info))
		}
		return err
	})
	seen := &glance{core: s.core}
	shown := func(write func(io.Writer, *page.State) error) func(context.Context, io.Writer) error {
		return func(ctx context.Context, w io.Writer) error {
			state := &page.State{Login: !d.open}
			var err error
			if state.Cluster, err = s.Info(ctx); err != nil {
				return err
			}
			if state.Overview, err = seen.get(ctx); err != nil {
				return err
			}
			return write(w, state)
		}
	}
	answer("GET /{$}", "text/html; charset=utf-8", shown(page.Write))
	answer("GET /body", "text/html; charset=utf-8", shown(page.WriteBody))
	return mux
}

// close ends the server, also one that has not begun.
func (st *statusServer) close(ctx context.Context) error {
	if st.server == nil {
		return st.listener.Close()
	}
	err := st.server.Shutdown(ctx)
	<-st.done
	return err
}

// metrics writes the state of a cluster as numbers.
func metrics(c *Info) string {
	var b strings.Builder
	number := func(name, labels string, v any) { fmt.Fprintf(&b, "sheaf_%s%s %v\n", name, labels, v) }
	number("workers", "", len(c.Workers))
	number("clients", "", len(c.Clients))
	number("graphs", "", c.Graphs)
	for _, t := range c.Tasks {
		number("tasks", fmt.Sprintf("{state=%q}", t.State), t.Tasks)
	}
	number("tasks_done_total", "", c.Done)
	number("tasks_failed_total", "", c.Failed)
	number("values_lost_total", "", c.Lost)
	number("refused_total", "", c.Refused)
	for i := range c.Workers {
		w := &c.Workers[i]
		label := fmt.Sprintf("{worker=%q}", w.Name)
		number("worker_threads", label, w.Threads)
		number("worker_processing", label, w.Processing)
		number("worker_memory_bytes", label, w.Beat.MemoryBytes)
		number("worker_spilled_bytes", label, w.Beat.SpillBytes)
		number("worker_rss_bytes", label, w.Beat.RSSBytes)
		number("worker_sent_bytes_total", label, w.Beat.SentBytes)
		number("worker_received_bytes_total", label, w.Beat.GotBytes)
	}
	return b.String()
}
