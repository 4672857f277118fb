//go:build linux

package faulttest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	nethttp "net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/internal/session"
	"sheaf/internal/transport"
	"sheaf/internal/transport/http"
	"sheaf/internal/transport/nats"
	"sheaf/internal/transport/tlsconf"
	"sheaf/internal/wire"
)

// dataAddress returns where the first worker gives out values.
func (r *rig) dataAddress() string {
	r.t.Helper()
	until(r.t, 20*time.Second, "a worker is there", func() bool { return len(r.info().Workers) > 0 })
	return r.info().Workers[0].Address
}

// secure is a cluster with a status page and a token that can be looked for.
func secure(t *testing.T, workers int) *rig {
	conf := quick(workers)
	conf.Scheduler.Status = "127.0.0.1:0"
	conf.Security.Token = "token-" + cluster.NewToken()
	return newRig(t, conf)
}

// Who does not have the token is refused everywhere, quickly and with a reason that gives nothing away, and counted.
func TestCase29WrongToken(t *testing.T) {
	t.Parallel()
	r := secure(t, 1)
	before := r.info().Refused
	ctx := within(t, 20*time.Second)
	for _, token := range []string{"", "wrong", r.Security().Token + "x", strings.ToLower(r.Security().Token)} {
		c, err := client.Dial(ctx, r.URL(), client.Token(token))
		if err == nil {
			_ = c.Close()
			t.Fatalf("a client with the token %q was let in", token)
		}
		if !errors.Is(err, transport.ErrAuth) || strings.Contains(err.Error(), r.Security().Token) {
			t.Errorf("token %q: %v", token, err)
		}
		a, err := cluster.StartAgent(ctx, cluster.AgentConfig{URL: r.URL(), Name: "stranger", Security: cluster.Security{Token: token}, Dir: t.TempDir()})
		if err == nil {
			_ = a.Close(ctx)
			t.Fatalf("an agent with the token %q was let in", token)
		}
		f := http.NewFetcher(http.FetcherConfig{Token: token})
		err = f.Get(ctx, r.dataAddress(), []wire.ID{{Layer: wire.NewLayerID(1, 1)}}, func(_ wire.ID, v any, _ error) {
			if v != nil {
				t.Error("a value was given out")
			}
		})
		f.Close()
		if !errors.Is(err, http.ErrRefused) {
			t.Errorf("data server, token %q: %v", token, err)
		}
	}
	until(t, 10*time.Second, "8 refusals of the scheduler and 4 of the worker are counted", func() bool { return r.info().Refused >= before+12 })
	r.healthy()
}

// TLS: who does not speak it, or shows no certificate, or another authority's, or an old one, is refused; nobody is held up by that.
func TestCase30TLS(t *testing.T) {
	t.Parallel()
	s, err := cluster.TemporarySecurity()
	if err != nil {
		t.Fatal(err)
	}
	conf := quick(2)
	conf.Security = s
	conf.Scheduler.Status = "127.0.0.1:0"
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	// Values between workers and to the client are encrypted.
	a := r.c.Submit[[]byte](block, uint64(1), 1<<20, client.OnWorkers("local-0"))
	if got, err := r.c.Submit[uint64](digest, a, client.OnWorkers("local-1")).Result(ctx); err != nil || got != digest(block(1, 1<<20)) {
		t.Fatalf("over TLS: %x, %v", got, err)
	}
	good, err := tls.X509KeyPair(s.Cert, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA)
	other, err := tlsconf.NewAuthority("another", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	certificate := func(until time.Time) tls.Certificate {
		cert, key, err := other.Issue(until, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	strange := x509.NewCertPool()
	strange.AppendCertsFromPEM(other.CA())
	for name, c := range map[string]*tls.Config{
		"no certificate":          {RootCAs: pool},
		"another's certificate":   {RootCAs: pool, Certificates: []tls.Certificate{certificate(time.Now().Add(time.Hour))}},
		"an expired certificate":  {RootCAs: pool, Certificates: []tls.Certificate{certificate(time.Now().Add(-time.Minute))}},
		"another authority":       {RootCAs: strange, Certificates: []tls.Certificate{good}},
		"TLS 1.2":                 {RootCAs: pool, Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12},
		"TLS 1.1":                 {RootCAs: pool, Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"no encryption":           nil,
		"no encryption, no token": nil,
	} {
		t.Run(name, func(t *testing.T) {
			token := s.Token
			if strings.Contains(name, "no token") {
				token = ""
			}
			begun := time.Now()
			dial, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			opts := []client.Option{client.Token(token)}
			if c != nil {
				opts = append(opts, client.TLS(c))
			}
			bad, err := client.Dial(dial, r.URL(), opts...)
			if err == nil {
				_ = bad.Close()
				t.Error("the scheduler lets it in")
			}
			if took := time.Since(begun); took > 8*time.Second {
				t.Errorf("it took %v to be refused: %v", took, err)
			}
			f := http.NewFetcher(http.FetcherConfig{Token: token, TLS: c, ConnectTimeout: 3 * time.Second})
			defer f.Close()
			if err := f.Get(ctx, r.dataAddress(), []wire.ID{{Layer: wire.NewLayerID(1, 1)}}, func(wire.ID, any, error) {}); err == nil {
				t.Error("the worker lets it in")
			}
			web := nethttp.Client{Transport: &nethttp.Transport{TLSClientConfig: c}, Timeout: 3 * time.Second}
			defer web.CloseIdleConnections()
			where := r.Scheduler().StatusURL()
			if c == nil {
				where = strings.Replace(where, "https", "http", 1)
			}
			if resp, err := web.Get(where + "/info"); err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode == nethttp.StatusOK {
					t.Error("the status page lets it in")
				}
			}
		})
	}
	r.healthy()
	if v, err := clusterClient(t, r).Submit[int](square, 5).Result(ctx); err != nil || v != 25 {
		t.Errorf("a new client with the right certificate: %d, %v", v, err)
	}
}

func clusterClient(t *testing.T, r *rig) *client.Client {
	t.Helper()
	c, err := r.Client(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Garbage of all kinds arrives at each port: it is refused and counted, and leaves nothing behind.
func TestCase31Garbage(t *testing.T) {
	t.Parallel()
	r := secure(t, 1)
	ctx := within(t, 60*time.Second)
	pid := r.pid("local-0")
	control, err := url.Parse(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	status, err := url.Parse(r.Scheduler().StatusURL())
	if err != nil {
		t.Fatal(err)
	}
	r.healthy()
	before, first := r.info().Refused, r.belongings("local-0")
	rnd := rand.New(rand.NewPCG(31, 0))
	times := 30
	if long() {
		times = 3000
	}
	for _, address := range []string{control.Host, r.dataAddress(), status.Host} {
		for i := range times {
			spit(address, garbage(rnd, i))
		}
	}
	// With the token: frames that are none, to the scheduler's ear.
	e, err := nats.Dial(ctx, nats.Config{URLs: []string{r.URL()}, Token: r.Security().Token, Name: "mallory"}, func(string, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	for i := range 10 * times {
		b := make([]byte, rnd.IntN(2000))
		for k := range b {
			b[k] = byte(rnd.Uint32())
		}
		if i%3 == 0 && len(b) > 24 { // what looks like the beginning of a conversation
			copy(b, "\x00\x01\x02\x03")
		}
		_ = e.Send("scheduler", b)
	}
	nc, err := natsgo.Connect(r.URL(), natsgo.Token(r.Security().Token), natsgo.Name("mallory2"), natsgo.CustomInboxPrefix("_INBOX_mallory2"))
	if err != nil {
		t.Fatal(err)
	}
	for range times { // in another's name, and to where nobody may speak
		_ = nc.Publish("sheaf.default.scheduler.client-1", []byte("evil"))
		_ = nc.Publish("$SYS.REQ.SERVER.PING", nil)
	}
	_ = nc.Flush()
	nc.Close()
	until(t, 10*time.Second, "refusals are counted", func() bool { return r.info().Refused > before+int64(times) })
	r.healthy()
	if r.pid("local-0") != pid {
		t.Error("the worker died of it")
	}
	until(t, 15*time.Second, fmt.Sprintf("the worker has what it had: %v, first %v", r.belongings("local-0"), first), func() bool {
		now := r.belongings("local-0")
		return now[0] <= first[0]+4 && now[1] <= first[1]+4
	})
	if w := r.info().Workers[0]; w.Beat.RSSBytes > 200<<20 {
		t.Errorf("the worker has %d MiB", w.Beat.RSSBytes>>20)
	}
}

// garbage is bytes that no peer of ours sends.
func garbage(rnd *rand.Rand, i int) []byte {
	random := func(n int) []byte {
		b := make([]byte, n)
		for k := range b {
			b[k] = byte(rnd.Uint32())
		}
		return b
	}
	switch i % 6 {
	case 0:
		return random(1 + rnd.IntN(5000))
	case 1:
		return []byte("PUB a 2000000000\r\n")
	case 2:
		return append([]byte("GET / HTTP/1.1\r\nX: "), strings.Repeat("y", 1<<20)...)
	case 3:
		return []byte("POST /v1/get HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\nabc")
	case 4:
		return []byte("CONNECT {\"verbose\":true,\"auth_token\":\"x\"}\r\nPING\r\n")
	}
	return append([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), random(300)...)
}

// spit sends bytes, reads what may be answered for a moment, and hangs up.
func spit(address string, b []byte) {
	c, err := net.DialTimeout("tcp", address, 2*time.Second)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(50 * time.Millisecond))
	_, _ = c.Write(b)
	_, _ = io.Copy(io.Discard, c)
}

// Who speaks another version of the protocol, or brings an executable that is not on the list, is refused with the two values.
func TestCase32Versions(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	_ = f.Close()
	if err != nil {
		t.Fatal(err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	conf.Scheduler.Executables = []string{sum}
	r := newRig(t, conf)
	r.healthy() // this one is on the list
	stranger := strings.Repeat("ab", sha256.Size)
	for name, hello := range map[string]wire.Message{
		fmt.Sprintf("version %d", wire.Version+1): &wire.WorkerHello{Version: wire.Version + 1, Name: "w", Address: "127.0.0.1:1"},
		fmt.Sprintf("version %d", wire.Version-1): &wire.ClientHello{Version: wire.Version - 1, Name: "c"},
		"abababab":     &wire.ClientHello{Version: wire.Version, Name: "c", Executable: stranger},
		"abababababab": &wire.WorkerHello{Version: wire.Version, Name: "w", Address: "127.0.0.1:1", Threads: 1, Executable: stranger},
		"hello":        &wire.Bye{},
	} {
		reason := refused(t, r, hello)
		if !strings.Contains(reason, name) {
			t.Errorf("%T: refused because %q, want a reason with %q", hello, reason, name)
		}
	}
	if info := r.info(); len(info.Workers) != 1 || info.Refused == 0 {
		t.Errorf("%d workers, %d refused", len(info.Workers), info.Refused)
	}
	r.healthy()
}

// direct is a network of one connection per name.
type direct struct{ conf nats.Config }

func (d direct) Join(name string, h transport.Handler) (transport.Endpoint, error) {
	conf := d.conf
	conf.Name = name
	return nats.Dial(context.Background(), conf, h)
}

// refused introduces itself to the scheduler and returns why it is not welcome.
func refused(t *testing.T, r *rig, hello wire.Message) string {
	t.Helper()
	said := make(chan string, 10)
	conn, err := session.Dial(within(t, 5*time.Second), session.Config{
		Network: direct{nats.Config{URLs: []string{r.URL()}, Token: r.Security().Token}}, Name: "stranger-" + cluster.NewToken()[:8], To: "scheduler",
		Hello: func() wire.Message { return hello },
		Deliver: func(ms []wire.Message) {
			for _, m := range ms {
				switch m := m.(type) {
				case *wire.Refused:
					said <- m.Reason
				case *wire.Welcome:
					said <- "welcome"
				}
			}
		},
		Status: func(s session.Status) {
			if s.State == session.Lost || s.State == session.Ended {
				said <- s.Reason
			}
		},
	})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close(context.Background(), "") }()
	select {
	case reason := <-said:
		return reason
	case <-time.After(5 * time.Second):
		return "nothing was said"
	}
}

// Nothing listens beyond this machine unless it is told to, and then not without a token.
func TestNothingListensUnasked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, conf := range []cluster.SchedulerConfig{{Listen: "0.0.0.0:0"}, {Listen: ":0"}, {Status: "0.0.0.0:0"}, {Listen: "[::]:0"}} {
		conf.NoLog = true
		s, err := cluster.StartScheduler(ctx, conf)
		if err == nil && conf.Status != "" { // it has made a token
			if code := statusCode(t, s.StatusURL(), ""); code != nethttp.StatusUnauthorized {
				t.Errorf("a status page for everybody answers %d without a token", code)
			}
			if code := statusCode(t, s.StatusURL(), s.Security().Token); code != nethttp.StatusOK {
				t.Errorf("with the token it answers %d", code)
			}
			_ = s.Close(ctx)
			continue
		}
		if err == nil {
			_ = s.Close(ctx)
		}
		if !errors.Is(err, cluster.ErrSecurity) {
			t.Errorf("%+v: %v", conf, err)
		}
	}
	r := secure(t, 1)
	for _, pid := range []int{os.Getpid(), r.pid("local-0")} {
		for _, address := range listening(t, pid) {
			ip, _, err := net.SplitHostPort(address)
			if err != nil || !net.ParseIP(ip).IsLoopback() {
				// Other tests of this process listen only on the loopback interface as well.
				t.Errorf("process %d listens on %s", pid, address)
			}
		}
	}
}

func statusCode(t *testing.T, where, token string) int {
	t.Helper()
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	req, err := nethttp.NewRequestWithContext(within(t, 5*time.Second), "GET", "http://127.0.0.1:"+u.Port()+"/info", nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := nethttp.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

// listening returns the addresses on which a process listens.
func listening(t *testing.T, pid int) []string {
	t.Helper()
	sockets := map[string]bool{}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if name, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name())); err == nil {
			if inode, ok := strings.CutPrefix(name, "socket:["); ok {
				sockets[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join("/proc", fmt.Sprint(pid), "net", table))
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			fields := strings.Fields(s.Text())
			const listen = "0A"
			if len(fields) > 9 && fields[3] == listen && sockets[fields[9]] {
				found = append(found, hexAddress(fields[1]))
			}
		}
		_ = f.Close()
	}
	return found
}

// hexAddress reads an address of /proc/net/tcp, whose words are in the machine's order.
func hexAddress(s string) string {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	if err != nil {
		return s
	}
	for i := 0; i+4 <= len(b); i += 4 {
		b[i], b[i+1], b[i+2], b[i+3] = b[i+3], b[i+2], b[i+1], b[i]
	}
	var n int
	_, _ = fmt.Sscanf(port, "%X", &n)
	return net.JoinHostPort(net.IP(b).String(), fmt.Sprint(n))
}

// Secrets are in no place where other users of the host, or programs that tasks start, could read them.
func TestSecretsAreNotVisible(t *testing.T) {
	secret := "token-" + cluster.NewToken()
	t.Setenv("SHEAF_TOKEN", secret)
	conf := quick(1)
	conf.Security.Token = secret
	r := newRig(t, conf)
	for _, file := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", r.pid("local-0"), file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), secret) {
			t.Errorf("the token is in %s of a worker", file)
		}
	}
	env, err := r.c.Submit[[]string](os.Environ).Result(within(t, 10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range env {
		if strings.Contains(v, secret) {
			t.Errorf("a task sees %s", v)
		}
	}
}
