package netns

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain runs this binary as a program on a host when it is asked to.
func TestMain(m *testing.M) {
	if os.Getenv("NETNS_TEST_PRINT") != "" {
		addrs, err := net.InterfaceAddrs()
		fmt.Println(addrs, err)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// build makes a network for a test, which is skipped where that is not allowed.
func build(t *testing.T, names ...string) *Network {
	t.Helper()
	n, err := New(names...)
	if err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSPC) {
			t.Skipf("no network namespaces here: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// echo answers on a host with what it is sent, over TCP, and over UDP at the same port.
func echo(t *testing.T, h *Host) netip.AddrPort {
	t.Helper()
	var l net.Listener
	var u net.PacketConn
	err := h.Do(func() (err error) {
		if l, err = net.Listen("tcp", netip.AddrPortFrom(h.Addr(), 7000).String()); err != nil {
			return err
		}
		u, err = net.ListenPacket("udp", netip.AddrPortFrom(h.Addr(), 7000).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); u.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			u.WriteTo(buf[:n], from)
		}
	}()
	return netip.AddrPortFrom(h.Addr(), 7000)
}

// connect opens a connection from a host.
func connect(h *Host, network string, to netip.AddrPort) (c net.Conn, err error) {
	err = h.Do(func() error {
		c, err = net.DialTimeout(network, to.String(), 2*time.Second)
		return err
	})
	return c, err
}

// speak sends a word on a connection and expects it back within some time.
func speak(c net.Conn, within time.Duration) error {
	c.SetDeadline(time.Now().Add(within))
	if _, err := c.Write([]byte("word")); err != nil {
		return err
	}
	buf := make([]byte, 4)
	if _, err := io.ReadFull(c, buf); err != nil {
		return err
	}
	if !bytes.Equal(buf, []byte("word")) {
		return fmt.Errorf("got %q", buf)
	}
	return nil
}

func TestEveryHostReachesEveryOther(t *testing.T) {
	before, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	n := build(t, "scheduler", "one", "two")
	for _, to := range []string{"scheduler", "one", "two"} {
		at := echo(t, n.Host(to))
		for _, from := range []string{"scheduler", "one", "two"} { // itself too
			c, err := connect(n.Host(from), "tcp", at)
			if err != nil {
				t.Fatalf("%s to %s: %v", from, to, err)
			}
			defer c.Close()
			if err := speak(c, 2*time.Second); err != nil {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if got, want := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr(), n.Host(from).Addr(); got != want {
				t.Errorf("%s to %s: comes from %v, want %v", from, to, got, want)
			}
		}
	}
	after, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range after {
		if !slices.ContainsFunc(before, func(b net.Addr) bool { return a.String() == b.String() }) && strings.HasPrefix(a.String(), "10.77.0.") {
			t.Errorf("the machine itself has the address %v now", a)
		}
	}
}

func TestCutAndHeal(t *testing.T) {
	n := build(t, "scheduler", "one", "two")
	at := echo(t, n.Host("one"))
	fromTwo, err := connect(n.Host("two"), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer fromTwo.Close()
	fromScheduler, err := connect(n.Host("scheduler"), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer fromScheduler.Close()
	if err := n.Cut("one", "two"); err != nil {
		t.Fatal(err)
	}
	if err := speak(fromTwo, 100*time.Millisecond); err == nil {
		t.Error("they speak over a link that is down")
	}
	if c, err := connect(n.Host("two"), "tcp", at); err == nil {
		c.Close()
		t.Error("they connect over a link that is down")
	}
	if err := speak(fromScheduler, 2*time.Second); err != nil {
		t.Errorf("the link to the third host: %v", err)
	}
	if err := n.Heal("one", "two"); err != nil {
		t.Fatal(err)
	}
	// The old connection goes on: TCP sends again what was lost. The word of before comes first.
	fromTwo.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(fromTwo, make([]byte, 4)); err != nil {
		t.Errorf("after the link came back: %v", err)
	}
	c, err := connect(n.Host("two"), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := n.Cut("one", "nobody"); err == nil {
		t.Error("a link to nobody was cut")
	}
}

// TestDropIsOneWay counts datagrams that arrive: from one to two none, from two to one all.
func TestDropIsOneWay(t *testing.T) {
	n := build(t, "one", "two")
	listen := func(h *Host) net.PacketConn {
		var u net.PacketConn
		if err := h.Do(func() (err error) {
			u, err = net.ListenPacket("udp", netip.AddrPortFrom(h.Addr(), 7001).String())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		return u
	}
	one, two := listen(n.Host("one")), listen(n.Host("two"))
	arrives := func(from, to net.PacketConn, want bool) bool {
		t.Helper()
		if _, err := from.WriteTo([]byte("x"), to.LocalAddr()); err != nil {
			t.Errorf("sending says %v; a loss is silent", err)
		}
		wait := 100 * time.Millisecond
		if want {
			wait = 5 * time.Second // the machine may be busy
		}
		to.SetReadDeadline(time.Now().Add(wait))
		_, _, err := to.ReadFrom(make([]byte, 9))
		return err == nil
	}
	check := func(when string, oneToTwo, twoToOne bool) {
		t.Helper()
		if got := arrives(one, two, oneToTwo); got != oneToTwo {
			t.Errorf("%s: one to two arrives: %v", when, got)
		}
		if got := arrives(two, one, twoToOne); got != twoToOne {
			t.Errorf("%s: two to one arrives: %v", when, got)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check("at first", true, true)
	must(n.Drop("one", "two"))
	check("dropped", false, true)
	must(n.Cut("one", "two"))
	must(n.Heal("one", "two"))
	check("dropped, cut and healed", false, true)
	must(n.Restore("one", "two"))
	check("restored", true, true)
	must(n.Drop("two", "one"))
	check("dropped the other way", true, false)
	must(n.Restore("two", "one"))
	must(n.Restore("two", "one"))
	check("at last", true, true)
}

func TestIsolate(t *testing.T) {
	n := build(t, "one", "two", "three")
	at := echo(t, n.Host("one"))
	if err := n.Isolate("one"); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"two", "three"} {
		if c, err := connect(n.Host(from), "tcp", at); err == nil {
			c.Close()
			t.Errorf("%s reaches a host that is isolated", from)
		}
	}
	if err := n.Rejoin("one"); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"two", "three"} {
		c, err := connect(n.Host(from), "tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
}

func TestCommandsRunOnTheirHost(t *testing.T) {
	n := build(t, "one", "two")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []*Host{n.Host("one"), n.Host("two")} {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "NETNS_TEST_PRINT=1")
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := h.Run(cmd); err != nil {
			t.Fatal(err)
		}
		if want := h.Addr().String() + "/32"; !strings.Contains(out.String(), want) {
			t.Errorf("%s has the addresses %s, want %s", h.Name(), out.String(), want)
		}
	}
}

func TestAvailableAgreesWithNew(t *testing.T) {
	ok, reason := Available()
	n, err := New("a")
	if err == nil {
		n.Close()
	}
	if ok != (err == nil) || !ok && reason == "" {
		t.Errorf("got %v, %q; New says %v", ok, reason, err)
	}
	if _, err := New("a", "a"); err == nil {
		t.Error("two hosts have the same name")
	}
	if _, err := New(); err == nil {
		t.Error("a network without hosts was made")
	}
}
