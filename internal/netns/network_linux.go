package netns

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// hostsMax is how many hosts a network may have: each two have a link.
const hostsMax = 32

// A Host is a machine of a network: a namespace with an address of its own.
type Host struct {
	name      string
	number    int
	addr      netip.Addr
	namespace *os.File
	link      *netlink
}

// A Network is a few hosts of which each two are joined by a link. Its methods may be called by several goroutines at once.
type Network struct {
	hosts []*Host

	mu   sync.Mutex // guards what follows
	down map[[2]int]bool
	lost map[[2]int]bool // from, to
}

// Available says whether networks can be made here, and if not, why.
func Available() (ok bool, reason string) {
	n, err := New("a", "b")
	if err != nil {
		return false, err.Error()
	}
	n.Close()
	return true, ""
}

// New makes a network of hosts of the given names, all joined.
func New(names ...string) (n *Network, err error) {
	if len(names) == 0 || len(names) > hostsMax {
		return nil, fmt.Errorf("netns: %d hosts, want 1 to %d", len(names), hostsMax)
	}
	n = &Network{down: map[[2]int]bool{}, lost: map[[2]int]bool{}}
	defer func() {
		if err != nil {
			n.Close()
			n, err = nil, fmt.Errorf("netns: %w", err)
		}
	}()
	for i, name := range names {
		if slices.Index(names, name) != i {
			return n, fmt.Errorf("two hosts called %s", name)
		}
		h := &Host{name: name, number: i, addr: netip.AddrFrom4([4]byte{10, 77, 0, byte(i + 1)})}
		if err := h.create(); err != nil {
			return n, err
		}
		n.hosts = append(n.hosts, h)
	}
	for i, a := range n.hosts {
		for j, b := range n.hosts[:i] {
			if err := a.link.addPair(a.deviceName(j), device(j), b.deviceName(i), device(i), int(b.namespace.Fd())); err != nil {
				return n, err
			}
			if err := n.setLink(i, j, true); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// loopback is the number of the device lo in each namespace. Other devices are numbered by the host to which they lead.
const loopback = 1

func device(to int) int32 { return int32(100 + to) }

func (h *Host) deviceName(to int) string { return fmt.Sprintf("to%d", to) }

// create makes the host's namespace on a thread that then ends.
func (h *Host) create() error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // not unlocked: no other goroutine may find itself in this namespace
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("making a network namespace: %w", os.NewSyscallError("unshare", err))
			}
			var err error
			if h.namespace, err = os.Open("/proc/thread-self/ns/net"); err != nil {
				return err
			}
			h.link, err = openNetlink()
			return err
		}()
	}()
	if err := <-done; err != nil {
		h.close()
		return err
	}
	// Its address is the loopback device's, so it can always be reached from the host itself.
	err := errors.Join(h.link.setUp(loopback, true), h.link.addAddress(loopback, h.addr))
	if err != nil {
		h.close()
	}
	return err
}

func (h *Host) close() {
	if h.link != nil {
		h.link.close()
	}
	if h.namespace != nil {
		h.namespace.Close()
	}
}

// Close removes the network. Processes that still run in its hosts keep these, without links.
func (n *Network) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.hosts {
		for j := range i {
			if !n.down[[2]int{j, i}] {
				n.hosts[i].link.setUp(device(j), false)
			}
		}
	}
	for _, h := range n.hosts {
		h.close()
	}
	return nil
}

// Host returns the host of a name, or nil.
func (n *Network) Host(name string) *Host {
	for _, h := range n.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Addr returns the host's address.
func (h *Host) Addr() netip.Addr { return h.addr }

// Do runs f on a thread that is in the host: sockets that f makes, and processes that it starts, are the host's for good.
// Goroutines that f starts are not in it.
func (h *Host) Do(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("netns: %w", err)
	}
	defer home.Close()
	if err := unix.Setns(int(h.namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("netns: entering %s: %w", h.name, err)
	}
	defer func() {
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread() // otherwise the thread ends with its goroutine
		}
	}()
	return f()
}

// Start starts a command in the host. The command must not ask for a death signal: its thread goes on to other things.
func (h *Host) Start(cmd *exec.Cmd) error { return h.Do(cmd.Start) }

// Run runs a command in the host and waits for its end.
func (h *Host) Run(cmd *exec.Cmd) error {
	if err := h.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// pair finds two hosts by name.
func (n *Network) pair(a, b string) (i, j int, err error) {
	x, y := n.Host(a), n.Host(b)
	if x == nil || y == nil || x == y {
		return 0, 0, fmt.Errorf("netns: there is no link between %s and %s", a, b)
	}
	return x.number, y.number, nil
}

// Cut takes the link between two hosts down. Both see that it has no carrier, and find no route.
func (n *Network) Cut(a, b string) error { return n.change(a, b, false) }

// Heal takes the link between two hosts up again.
func (n *Network) Heal(a, b string) error { return n.change(a, b, true) }

func (n *Network) change(a, b string, up bool) error {
	i, j, err := n.pair(a, b)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.setLink(i, j, up)
}

// setLink takes both ends of a link up or down. The kernel forgets routes, and misdirections, of a device that goes down.
func (n *Network) setLink(i, j int, up bool) error {
	n.down[[2]int{min(i, j), max(i, j)}] = !up
	for _, end := range [][2]int{{i, j}, {j, i}} {
		from, to := n.hosts[end[0]], n.hosts[end[1]]
		if err := from.link.setUp(device(to.number), up); err != nil {
			return fmt.Errorf("netns: %s to %s: %w", from.name, to.name, err)
		}
		if !up {
			continue
		}
		if err := from.link.addRoute(to.addr, device(to.number), from.addr); err != nil {
			return fmt.Errorf("netns: %s to %s: %w", from.name, to.name, err)
		}
		if n.lost[end] {
			if err := from.link.misdirect(device(to.number), to.addr); err != nil {
				return fmt.Errorf("netns: %s to %s: %w", from.name, to.name, err)
			}
		}
	}
	if up {
		return errors.Join(n.hosts[i].settle(j), n.hosts[j].settle(i))
	}
	return nil
}

// settle waits until the host's end of a link carries packets: until then the kernel drops them.
func (h *Host) settle(to int) error {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		carries, err := h.link.carries(device(to))
		if err != nil {
			return fmt.Errorf("netns: %s: %w", h.name, err)
		}
		if carries {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("netns: %s: %s does not come up", h.name, h.deviceName(to))
		}
	}
}

// Drop loses the packets from one host to another, silently; those in the other direction arrive.
func (n *Network) Drop(from, to string) error { return n.lose(from, to, true) }

// Restore ends what Drop began.
func (n *Network) Restore(from, to string) error { return n.lose(from, to, false) }

func (n *Network) lose(from, to string, lose bool) error {
	i, j, err := n.pair(from, to)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if lose {
		n.lost[[2]int{i, j}] = true
	} else {
		delete(n.lost, [2]int{i, j})
	}
	switch {
	case n.down[[2]int{min(i, j), max(i, j)}]: // until the link is up again
	case lose:
		err = n.hosts[i].link.misdirect(device(j), n.hosts[j].addr)
	default:
		err = n.hosts[i].link.redirect(device(j), n.hosts[j].addr)
	}
	if err != nil {
		return fmt.Errorf("netns: %s to %s: %w", from, to, err)
	}
	return nil
}

// Isolate takes all links of a host down, and Rejoin takes them up again.
func (n *Network) Isolate(name string) error { return n.all(name, n.Cut) }

// Rejoin takes all links of a host up.
func (n *Network) Rejoin(name string) error { return n.all(name, n.Heal) }

func (n *Network) all(name string, change func(a, b string) error) error {
	var errs []error
	for _, h := range n.hosts {
		if h.name != name {
			errs = append(errs, change(name, h.name))
		}
	}
	return errors.Join(errs...)
}
