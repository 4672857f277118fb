package cluster

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// statusServer answers over HTTP how the cluster is:
//
//	/health   200 while the scheduler works
//	/info     the state of the cluster as JSON
//	/metrics  the same as numbers, in the text format of Prometheus
//
// Beyond the loopback interface it wants the token: Authorization: Bearer ….
type statusServer struct {
	url    string
	server *http.Server
	done   chan struct{}
}

func newStatusServer(address string, security Security, s *Scheduler) (*statusServer, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cluster: status page: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, r *http.Request) {
		info, err := s.Info(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(info)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		info, err := s.Info(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = fmt.Fprint(w, metrics(info))
	})
	st := &statusServer{done: make(chan struct{})}
	st.server = &http.Server{
		Handler: authorised(security.Token, loopback(address), mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	scheme := "http"
	t, err := security.tls()
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	st.server.TLSConfig = t
	if t != nil {
		scheme = "https"
	}
	st.url = scheme + "://" + l.Addr().String()
	go func() {
		defer close(st.done)
		if t != nil {
			err = st.server.ServeTLS(l, "", "")
		} else {
			err = st.server.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.conf.Logger.Error("the status page ended", "error", err)
		}
	}()
	return st, nil
}

// authorised lets requests in that carry the token, and all of them where only this machine can ask.
func authorised(token string, local bool, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !local && subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			http.Error(w, "the token is missing or wrong: Authorization: Bearer …", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (s *statusServer) close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	<-s.done
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
