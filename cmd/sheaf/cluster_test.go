package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
)

func double(x int) int { return 2 * x }

// output is what a command that goes on running prints.
type output struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

// find waits until the output matches, and returns the first group.
func (o *output) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		o.mu.Lock()
		m := re.FindStringSubmatch(o.buf.String())
		o.mu.Unlock()
		if m != nil {
			return m[1]
		}
	}
	t.Fatalf("no %q in\n%s", pattern, o.buf.String())
	return ""
}

// background runs a command until the test ends, and checks that it ends well.
func background(t *testing.T, args ...string) *output {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, done := &output{}, make(chan error, 1)
	go func() {
		c := command()
		c.SetArgs(args)
		c.SetOut(out)
		c.SetErr(out)
		done <- c.ExecuteContext(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("sheaf %s: %v", strings.Join(args, " "), err)
		}
	})
	return out
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("%s: %s, %v", url, r.Status, err)
	}
	return string(b)
}

// TestCluster runs the scheduler and a worker by their commands, a client of them, and looks at them with sheaf info and over HTTP.
func TestCluster(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := background(t, "scheduler", "--listen", "127.0.0.1:0", "--status", "127.0.0.1:0", "--token-file", token, "--cluster", "mine", "--lost", "20s", "--lease", "1m",
		"--store", t.TempDir())
	url, status := s.find(t, `scheduler (nats://\S+)`), s.find(t, `dashboard (http://\S+)/`)
	w := background(t, "worker", url, "--token-file", token, "--cluster", "mine", "--name", "host1", "--host", "127.0.0.1", "--processes", "2", "--threads", "3",
		"--memory", "1GiB", "--resources", "GPU=2,licence=1", "--dir", t.TempDir())
	w.find(t, `agent joined (\S+)`)

	c, err := client.Dial(t.Context(), url, client.Token("secret"), client.ClusterName("mine"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f := c.Submit[int](double, 21, client.Resource("licence", 1), client.Span("etl", "double"))
	defer f.Release() // until then there is a task to count
	if v, err := f.Result(t.Context()); v != 42 || err != nil {
		t.Fatalf("got %d, %v, want 42", v, err)
	}
	if err := c.WaitForWorkers(t.Context(), 2); err != nil {
		t.Fatal(err)
	}

	var info cluster.Info
	reported := func() bool { // the first reports of workers take a second
		if err := json.Unmarshal([]byte(must(t, "info", url, "--token-file", token, "--cluster", "mine", "--json")), &info); err != nil {
			t.Fatal(err)
		}
		return len(info.Workers) == 2 && info.Workers[0].Beat.LimitBytes > 0 && info.Workers[1].Beat.LimitBytes > 0
	}
	for end := time.Now().Add(20 * time.Second); !reported() && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	if info.Name != "mine" || len(info.Workers) != 2 {
		t.Fatalf("got %+v, want the cluster mine with two workers", info)
	}
	for _, w := range info.Workers {
		if !strings.HasPrefix(w.Name, "host1") || w.Threads != 3 || w.Beat.LimitBytes != 1<<30 || len(w.Resources) != 2 {
			t.Errorf("got worker %+v", w)
		}
	}
	if text := must(t, "info", url, "--token-file", token, "--cluster", "mine", "--spans"); !strings.Contains(text, "etl / double  1       1      1     0") {
		t.Errorf("spans:\n%s", text)
	}
	var spans []cluster.Span
	if err := json.Unmarshal([]byte(must(t, "info", url, "--token-file", token, "--cluster", "mine", "--spans", "--json")), &spans); err != nil || len(spans) != 1 || spans[0].Done != 1 {
		t.Errorf("spans as JSON: %+v, %v", spans, err)
	}
	if text := must(t, "info", url, "--token-file", token, "--cluster", "mine"); !strings.Contains(text, "host1") || !strings.Contains(text, "mine") {
		t.Errorf("got\n%s", text)
	}
	if text := get(t, status+"/health"); text != "ok\n" {
		t.Errorf("health: got %q", text)
	}
	if text := get(t, status+"/info"); json.Unmarshal([]byte(text), &info) != nil || len(info.Workers) != 2 {
		t.Errorf("info: got %s", text)
	}
	for _, want := range []string{
		"sheaf_workers 2", "sheaf_clients 1", "sheaf_tasks{state=", "sheaf_worker_threads{", "sheaf_worker_memory_bytes{", "sheaf_worker_spilled_bytes{",
		"sheaf_worker_rss_bytes{", "sheaf_worker_sent_bytes_total{", "sheaf_worker_received_bytes_total{",
	} {
		if text := get(t, status+"/metrics"); !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

// TestClusterTLS gives every part its certificate in files; who has none stays out.
func TestClusterTLS(t *testing.T) {
	security, err := cluster.TemporarySecurity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"token": []byte(security.Token), "cert": security.Cert, "key": security.Key, "ca": security.CA} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	flags := []string{"--token-file", file("token"), "--tls-cert", file("cert"), "--tls-key", file("key"), "--tls-ca", file("ca")}
	url := background(t, append(flags, "scheduler", "--listen", "127.0.0.1:0")...).find(t, `scheduler (tls://\S+)`)
	background(t, append(flags, "worker", url, "--host", "127.0.0.1")...).find(t, `agent joined (\S+)`)

	pair, err := tls.X509KeyPair(security.Cert, security.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(security.CA)
	conf := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, ClientCAs: pool, MinVersion: tls.VersionTLS13}
	c, err := client.Dial(t.Context(), url, client.Token(security.Token), client.TLS(conf))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v, err := c.Submit[int](double, 21).Result(t.Context()); v != 42 || err != nil {
		t.Fatalf("got %d, %v, want 42", v, err)
	}
	if out := must(t, append(flags, "info", url)...); !strings.Contains(out, "default") {
		t.Errorf("got\n%s", out)
	}
	if _, err := run(t, "info", url, "--token-file", file("token"), "--tls-ca", file("ca")); err == nil {
		t.Error("who shows no certificate is let in")
	}
}

// TestSchedulerFile: who sees the file of a scheduler needs neither its address nor its token, and may come before it.
func TestSchedulerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scheduler.json")
	t.Cleanup(func() { // after the scheduler's end
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file is there still: %v", err)
		}
	})
	w := background(t, "worker", "--scheduler-file", path, "--host", "127.0.0.1")
	s := background(t, "scheduler", "--listen", "127.0.0.1:0", "--scheduler-file", path, "--cluster", "mine")
	s.find(t, `scheduler (nats://\S+)`)
	w.find(t, `agent joined (\S+)`)
	c, err := client.Dial(t.Context(), "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v, err := c.Submit[int](double, 21).Result(t.Context()); v != 42 || err != nil {
		t.Errorf("got %d, %v, want 42", v, err)
	}
	if out := must(t, "info", "file:"+path, "--cluster", "mine"); !strings.Contains(out, "mine") {
		t.Errorf("got\n%s", out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stale := path + ".old"
	if err := os.WriteFile(stale, bytes.ReplaceAll(b, []byte("127.0.0.1:"), []byte("127.0.0.1:1")), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err = client.Dial(ctx, "file:"+stale); err == nil || !strings.Contains(err.Error(), "written by process") {
		t.Errorf("a file of one that is gone: %v", err)
	}
}

// TestClusterRefusals are mistakes of credentials and arguments.
func TestClusterRefusals(t *testing.T) {
	for want, args := range map[string][]string{
		"without a token":         {"scheduler", "--listen", "0.0.0.0:0"},
		"no address of a":         {"worker", "http://127.0.0.1:1"},
		"NAME=AMOUNT":             {"worker", "nats://127.0.0.1:1", "--resources", "GPU"},
		"no such file":            {"scheduler", "--token-file", filepath.Join(t.TempDir(), "none")},
		"is no address":           {"info", "127.0.0.1:4222"},
		"or --scheduler-file":     {"worker"},
		"want either":             {"worker", "nats://127.0.0.1:1", "--scheduler-file", "x"},
		"no scheduler's file":     {"worker", "--scheduler-file", os.DevNull},
		"the scheduler's file":    {"scheduler", "--listen", "127.0.0.1:0", "--scheduler-file", filepath.Join(t.TempDir(), "none", "f")},
		"TLS needs a certificate": {"scheduler", "--listen", "127.0.0.1:0", "--tls-cert", "x.pem", "--tls-key", "x.pem"},
		"besides --tls-key":       {"worker", "nats://127.0.0.1:1", "--tls-ca", "x.pem"},
	} {
		if out, err := run(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("sheaf %s: got %v, want %q\n%s", strings.Join(args, " "), err, want, out)
		}
	}
	s := background(t, "scheduler", "--listen", "127.0.0.1:0")
	url := s.find(t, `scheduler (nats://\S+)`)
	if token := s.find(t, `token +(\S+)`); len(token) < 20 {
		t.Errorf("got the token %q, want one that nobody guesses", token)
	}
	for _, args := range [][]string{{"info", url}, {"worker", url}} {
		if _, err := run(t, args...); err == nil || !strings.Contains(err.Error(), "no token was given") {
			t.Errorf("sheaf %s without a token: got %v", args[0], err)
		}
	}
	t.Setenv("SHEAF_TOKEN", "guessed")
	if _, err := run(t, "info", url); err == nil {
		t.Error("a wrong token is taken")
	}
	if _, err := run(t, "worker", url); err == nil {
		t.Error("a worker with a wrong token is taken")
	}
}

func TestReachable(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for at, want := range map[string]string{
		"nats://[::]:4222": "nats://" + name + ":4222", "tls://0.0.0.0:1": "tls://" + name + ":1", "nats://127.0.0.1:4222": "nats://127.0.0.1:4222",
		"nats://a:1,nats://b:2": "nats://a:1,nats://b:2", "nats://host:4222": "nats://host:4222",
	} {
		if got := reachable(at); got != want {
			t.Errorf("%s: got %s, want %s", at, got, want)
		}
	}
}
