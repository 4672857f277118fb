package http

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"sheaf/internal/transport/transporttest"
	"sheaf/internal/wire"
)

// mixed has values of all sorts: tiny ones, middling ones and one of several blocks.
func mixed() (*shelf, []wire.ID) {
	s := &shelf{values: make(map[wire.ID]any)}
	var ids []wire.ID
	for i := range 60 {
		ids = append(ids, id(1, i))
		switch {
		case i%20 == 7:
			s.values[ids[i]] = bytes.Repeat([]byte{byte(i)}, 30_000)
		case i == 33:
			s.values[ids[i]] = bytes.Repeat([]byte("long "), 300_000)
		default:
			s.values[ids[i]] = fmt.Sprint("value ", i)
		}
	}
	return s, ids
}

// fetchAll fetches and checks that each id was dealt with once, and that no value is a wrong one. It returns how many arrived.
func fetchAll(t *testing.T, f *Fetcher, addr string, s *shelf, ids []wire.ID) (int, error) {
	t.Helper()
	all, err := collect(f, addr, ids...)
	if len(all) != len(ids) {
		t.Fatalf("%d of %d ids were dealt with", len(all), len(ids))
	}
	n := 0
	for i, g := range all {
		if g.id != ids[i] {
			t.Fatalf("got %v, want %v", g.id, ids[i])
		}
		if g.err != nil {
			if err == nil || !errors.Is(g.err, ErrBroken) {
				t.Fatalf("%v: got %v, and %v in all", g.id, g.err, err)
			}
			continue
		}
		if fmt.Sprint(g.v) != fmt.Sprint(s.values[g.id]) {
			t.Fatalf("WRONG: %v is another value", g.id)
		}
		n++
	}
	return n, err
}

// TestDamageAndCuts changes or cuts at many places of an answer: no value is ever wrong, and what is missing is said to be.
func TestDamageAndCuts(t *testing.T) {
	s, ids := mixed()
	server := serve(t, s, ServerConfig{})
	p := transporttest.NewProxy(t, server.Addr())
	f := fetcher(t, FetcherConfig{Stall: 5 * time.Second})
	if n, err := fetchAll(t, f, p.Addr(), s, ids); n != len(ids) || err != nil {
		t.Fatalf("without faults: got %d, %v", n, err)
	}
	length := p.Passed()
	for _, kind := range []string{"damage", "cut"} {
		failed := 0
		for at := int64(1); at <= length; at += 1 + at/9 + length/150 {
			if kind == "damage" {
				p.Set(transporttest.ProxyFaults{Damage: at})
			} else {
				p.Set(transporttest.ProxyFaults{Cut: at})
			}
			if n, err := fetchAll(t, f, p.Addr(), s, ids); err != nil {
				failed++
				if !errors.Is(err, ErrBroken) && !errors.Is(err, ErrRefused) {
					t.Errorf("%s at %d: got %v, want ErrBroken", kind, at, err)
				}
			} else if n != len(ids) {
				t.Errorf("%s at %d: got %d values and no error", kind, at, n)
			}
		}
		if failed < 15 {
			t.Errorf("%s: only %d transfers failed", kind, failed)
		}
	}
	p.Set(transporttest.ProxyFaults{})
	if n, err := fetchAll(t, f, p.Addr(), s, ids); n != len(ids) || err != nil {
		t.Errorf("afterwards: got %d, %v", n, err)
	}
}

// TestStall: a peer that stops in mid transfer is given up, on both sides, and nothing stays pinned.
func TestStall(t *testing.T) {
	s, ids := mixed()
	server := serve(t, s, ServerConfig{Stall: 200 * time.Millisecond})
	p := transporttest.NewProxy(t, server.Addr())
	f := fetcher(t, FetcherConfig{Stall: 200 * time.Millisecond})
	p.Set(transporttest.ProxyFaults{Stop: 100_000})
	start := time.Now()
	n, err := fetchAll(t, f, p.Addr(), s, ids)
	if !errors.Is(err, ErrBroken) || n == 0 || n == len(ids) || time.Since(start) > 10*time.Second {
		t.Errorf("got %d, %v after %v, want some and ErrBroken", n, err, time.Since(start))
	}
	// A receiver that takes nothing: the sender gives up, and closes the value.
	c, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	list := appendID(nil, id(1, 33))
	s.mu.Lock()
	s.values[id(1, 33)] = make([]byte, 64<<20)
	s.mu.Unlock()
	if _, err := fmt.Fprintf(c, "POST /v1/get HTTP/1.1\r\nHost: x\r\nSheaf-Transfer: 1\r\nContent-Length: %d\r\n\r\n%s", len(list), list); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); s.open.Load() != 0 || server.Stats().Sending != 0 || server.Stats().Broken == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still sending: %+v", server.Stats())
		}
	}
}

// TestCancel: a receiver that gives up frees the sender.
func TestCancel(t *testing.T) {
	s := &shelf{values: map[wire.ID]any{id(1, 0): 1, id(1, 1): make([]byte, 64<<20), id(1, 2): 2}}
	server := serve(t, s, ServerConfig{})
	f := fetcher(t, FetcherConfig{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("not needed any more")
	var errs []error
	err := f.Get(ctx, server.Addr(), []wire.ID{id(1, 0), id(1, 1), id(1, 2)}, func(_ wire.ID, _ any, err error) {
		errs = append(errs, err)
		cancel(why)
	})
	if !errors.Is(err, why) || len(errs) != 3 || errs[0] != nil || !errors.Is(errs[2], why) {
		t.Errorf("got %v and %v", err, errs)
	}
	if err := f.Get(t.Context(), "127.0.0.1:1", []wire.ID{id(1, 0)}, func(wire.ID, any, error) {}); !errors.Is(err, ErrBroken) {
		t.Errorf("nobody there: got %v, want ErrBroken", err)
	}
}

func TestToken(t *testing.T) {
	s, ids := mixed()
	server := serve(t, s, ServerConfig{Token: "right"})
	for _, token := range []string{"", "wrong", "righ", "rightt"} {
		all, err := collect(fetcher(t, FetcherConfig{Token: token}), server.Addr(), ids...)
		if !errors.Is(err, ErrRefused) || len(all) != len(ids) || !errors.Is(all[0].err, ErrRefused) || all[0].v != nil {
			t.Errorf("token %q: got %v", token, err)
		}
	}
	if st := server.Stats(); st.Refused != 4 || st.ValuesSent != 0 {
		t.Errorf("got %+v, want 4 refused", st)
	}
	for listen, conf := range map[string]ServerConfig{"no token": {}, "beyond loopback": {Listen: "0.0.0.0:0", Anonymous: true}, "nonsense": {Listen: "x"}} {
		if server, err := Serve(conf); err == nil {
			_ = server.Close(t.Context())
			t.Errorf("%s: a server was started", listen)
		}
	}
}

func TestTLS(t *testing.T) {
	for _, c := range transporttest.TLSCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			s, ids := mixed()
			server := serve(t, s, ServerConfig{Token: "t", TLS: c.Server})
			f := fetcher(t, FetcherConfig{Token: "t", TLS: c.Client})
			start := time.Now()
			all, err := collect(f, server.Addr(), ids...)
			if c.Good != (err == nil) || !c.Good && (!errors.Is(err, ErrRefused) || all[0].v != nil) || time.Since(start) > 5*time.Second {
				t.Errorf("got %v after %v", err, time.Since(start))
			}
		})
	}
}

// TestStrangers sends all sorts of bytes to the port: refused and counted, nothing panics, grows or is wedged.
func TestStrangers(t *testing.T) {
	s, ids := mixed()
	certs := transporttest.NewCerts(t, time.Now().Add(time.Hour), "127.0.0.1")
	for name, conf := range map[string]ServerConfig{"plain": {Token: "t"}, "tls": {Token: "t", TLS: certs.ServerConfig(t)}} {
		t.Run(name, func(t *testing.T) {
			conf.Stall = 500 * time.Millisecond
			server := serve(t, s, conf)
			fc := FetcherConfig{Token: "t"}
			if conf.TLS != nil {
				fc.TLS = certs.ClientConfig(t)
				old := certs.ClientConfig(t)
				old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
				if c, err := tls.Dial("tcp", server.Addr(), old); err == nil {
					_ = c.Close()
					t.Error("TLS 1.1 was accepted")
				}
			}
			f := fetcher(t, fc)
			if n, err := fetchAll(t, f, server.Addr(), s, ids); n != len(ids) || err != nil {
				t.Fatalf("before: %d, %v", n, err)
			}
			goroutines := runtime.NumGoroutine()
			pester(t, server.Addr())
			if n, err := fetchAll(t, f, server.Addr(), s, ids); n != len(ids) || err != nil {
				t.Errorf("after: %d, %v", n, err)
			}
			for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines+4; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
				}
			}
			if st := server.Stats(); st.Malformed+st.Refused < 10 {
				t.Errorf("got %+v, want what came to be counted", st)
			}
		})
	}
}

// pester writes what no peer writes.
func pester(t *testing.T, addr string) {
	t.Helper()
	noise := make([]byte, 100_000)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	good := "POST /v1/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nSheaf-Transfer: 1\r\n"
	get, put := fmt.Sprintf(good, "get"), fmt.Sprintf(good, "put")
	batch := entry{kind: kindBatch, count: 1 << 30, bytes: batchBytesMax}
	value := entry{kind: kindValue, bytes: 1 << 59}
	for _, in := range []string{
		string(noise), "GET / HTTP/1.1\r\n\r\n", "GET /v1/get HTTP/1.1\r\nHost: x\r\n\r\n", "POST /v1/get HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n",
		"POST /v1/get HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 100_000), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST /v1/get HTTP/9.9\r\n\r\n",
		"POST /v1/get HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nSheaf-Transfer: 9\r\nContent-Length: 0\r\n\r\n",
		get + "Content-Length: 5\r\n\r\nhello", get + "Content-Length: 99999999999\r\n\r\n" + string(noise), get + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		put + "Content-Length: 100000\r\n\r\n" + string(noise), put + "Content-Length: 40\r\n\r\n" + string(batch.append(nil)), put + "Content-Length: 40\r\n\r\n" + string(value.append(nil)),
		put + "Content-Length: 1000\r\n\r\n", "",
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(200 * time.Millisecond))
		_, _ = io.WriteString(c, in)
		_, _ = io.CopyN(io.Discard, c, 4096)
		_ = c.Close()
	}
}

// TestBudget: the bytes in flight stay below the limit, and a value larger than all of it passes alone.
func TestBudget(t *testing.T) {
	s := &shelf{values: make(map[wire.ID]any)}
	for i := range 8 {
		s.values[id(1, i)] = make([]byte, 1<<20)
	}
	s.values[id(1, 8)] = make([]byte, 5<<20)
	server := serve(t, s, ServerConfig{})
	f := fetcher(t, FetcherConfig{InFlightBytesMax: 3 << 20, ConnectionsPerHost: 9})
	done := make(chan error)
	for i := range 9 {
		go func() {
			done <- f.Get(t.Context(), server.Addr(), []wire.ID{id(1, i)}, func(_ wire.ID, _ any, err error) {
				if n := f.Stats().InFlightBytes; n > 3<<20 || n == 0 {
					t.Errorf("%d bytes in flight", n)
				}
				time.Sleep(5 * time.Millisecond)
				if err != nil {
					t.Error(err)
				}
			})
		}()
	}
	for range 9 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// FuzzEntries reads anything as a body.
func FuzzEntries(f *testing.F) {
	var body bytes.Buffer
	ew := newEntryWriter(&body)
	for i, v := range []any{1, "two", make([]byte, 3000), []string{"x"}} {
		if err := ew.value(id(1, i), Value{Any: v, Bytes: int64(1000 * i)}); err != nil {
			f.Fatal(err)
		}
	}
	if err := errors.Join(ew.fail(id(1, 9), codeNotHere, "gone"), ew.end()); err != nil {
		f.Fatal(err)
	}
	ew.drop()
	f.Add(body.Bytes(), 0)
	f.Add(body.Bytes()[:200], 3)
	f.Fuzz(func(t *testing.T, data []byte, damage int) {
		if damage > 0 && damage < len(data) {
			data[damage] ^= 1
		}
		er := &entryReader{r: bytes.NewReader(data), addr: "fuzz", budget: newBudget(1 << 20), limit: 1 << 20}
		er.sink = func(wire.ID, any, int64, error) {}
		if err := er.all(t.Context()); err != nil && !errors.Is(err, ErrBroken) {
			t.Fatalf("got %v, want ErrBroken", err)
		}
		if n := er.budget.inUse(); n != 0 {
			t.Fatalf("%d bytes are still in flight", n)
		}
	})
}
