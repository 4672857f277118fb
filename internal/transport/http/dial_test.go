package http

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"sheaf/internal/wire"
)

// silentError is a timeout as that of a connection.
type silentError struct{}

func (silentError) Error() string   { return "i/o timeout" }
func (silentError) Timeout() bool   { return true }
func (silentError) Temporary() bool { return true }

func TestUnreachedAddresses(t *testing.T) {
	const whole = 5 * time.Second
	u := unreached{since: map[string]time.Time{}}
	want := func(addr string, d time.Duration) {
		t.Helper()
		if got := u.wait(addr, whole); got != d {
			t.Errorf("%s: got %v, want %v", addr, got, d)
		}
	}
	want("a:1", whole)
	u.note("a:1", fmt.Errorf("dial: %w", silentError{}))
	want("a:1", whole/5)
	want("a:2", whole)
	u.note("a:1", errors.New("connection refused")) // its host is there
	want("a:1", whole)
	u.note("a:1", silentError{})
	u.note("a:1", nil)
	want("a:1", whole)
	u.note("a:1", silentError{})
	u.since["a:1"] = time.Now().Add(-unreachedAge)
	want("a:1", whole)
	for i := range 10 * unreachedMax {
		u.note(fmt.Sprint("b:", i), silentError{})
	}
	if n := len(u.since); n > unreachedMax {
		t.Errorf("%d addresses are remembered", n)
	}
}

// deaf returns an address that answers nothing: its queue of connections is full.
func deaf(t *testing.T) string {
	t.Helper()
	addr := listenDeaf(t)
	for range 20 {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Skip("this system answers for programs that do not")
	return ""
}

// TestDeafAddress: the second try at an address that gives no answer takes a fifth of the first.
func TestDeafAddress(t *testing.T) {
	addr := deaf(t)
	const timeout = time.Second
	f := NewFetcher(FetcherConfig{ConnectTimeout: timeout})
	defer f.Close()
	try := func() time.Duration {
		start := time.Now()
		err := f.Get(context.Background(), addr, []wire.ID{{Layer: 1}}, func(wire.ID, any, error) {})
		if !errors.Is(err, ErrBroken) {
			t.Errorf("got %v, want ErrBroken", err)
		}
		return time.Since(start)
	}
	if d := try(); d < timeout*9/10 {
		t.Errorf("the first try took %v, want %v", d, timeout)
	}
	if d := try(); d > timeout*7/10 {
		t.Errorf("the second try took %v, want %v", d, timeout/impatience)
	}
}
