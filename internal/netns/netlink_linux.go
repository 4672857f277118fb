package netns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// A netlink is a socket to the kernel's routing tables in one namespace: that in which it was made, whichever thread uses it.
type netlink struct {
	mu  sync.Mutex // guards the exchange of one message
	fd  int
	seq uint32
}

func openNetlink() (*netlink, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("bind", err)
	}
	return &netlink{fd: fd}, nil
}

func (n *netlink) close() { unix.Close(n.fd) }

// do sends one request and waits for its acknowledgement.
func (n *netlink) do(kind uint16, flags uint16, body []byte) error {
	_, err := n.ask(kind, flags, body)
	return err
}

// ask sends one request, waits for its acknowledgement, and returns the body of the answer that came before, if one did.
func (n *netlink) ask(kind uint16, flags uint16, body []byte) (answer []byte, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seq++
	msg := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	msg = binary.NativeEndian.AppendUint16(msg, kind)
	msg = binary.NativeEndian.AppendUint16(msg, flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	msg = binary.NativeEndian.AppendUint32(msg, n.seq)
	msg = binary.NativeEndian.AppendUint32(msg, 0)
	msg = append(msg, body...)
	if err := unix.Sendto(n.fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	buf := make([]byte, 1<<16)
	for {
		size, _, err := unix.Recvfrom(n.fd, buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("recvfrom", err)
		}
		for msgs := buf[:size]; len(msgs) >= unix.SizeofNlMsghdr+4; {
			length := int(binary.NativeEndian.Uint32(msgs))
			if length < unix.SizeofNlMsghdr || length > len(msgs) {
				break
			}
			msg := msgs[:length]
			msgs = msgs[min((length+3)&^3, len(msgs)):]
			switch {
			case binary.NativeEndian.Uint32(msg[8:]) != n.seq: // an answer to something else
			case binary.NativeEndian.Uint16(msg[4:]) != unix.NLMSG_ERROR:
				answer = slices.Clone(msg[unix.SizeofNlMsghdr:])
			default:
				if code := int32(binary.NativeEndian.Uint32(msg[unix.SizeofNlMsghdr:])); code != 0 {
					return nil, unix.Errno(-code)
				}
				return answer, nil
			}
		}
	}
}

// attr appends an attribute, padded to four bytes.
func attr(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, (4-len(value)%4)%4)...)
}

func attr32(b []byte, kind uint16, value uint32) []byte {
	return attr(b, kind, binary.NativeEndian.AppendUint32(nil, value))
}

// linkInfo is an ifinfomsg.
func linkInfo(index int32, flags, change uint32) []byte {
	b := []byte{unix.AF_UNSPEC, 0, 0, 0}
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	b = binary.NativeEndian.AppendUint32(b, flags)
	return binary.NativeEndian.AppendUint32(b, change)
}

// addPair makes a pair of virtual ethernet devices, one here and one in the namespace of a descriptor, with given numbers.
func (n *netlink) addPair(name string, index int32, peer string, peerIndex int32, peerNamespace int) error {
	there := linkInfo(peerIndex, 0, 0)
	there = attr(there, unix.IFLA_IFNAME, []byte(peer+"\x00"))
	there = attr32(there, unix.IFLA_NET_NS_FD, uint32(peerNamespace))
	const vethInfoPeer = 1
	info := attr(nil, unix.IFLA_INFO_KIND, []byte("veth"))
	info = attr(info, unix.IFLA_INFO_DATA, attr(nil, vethInfoPeer, there))
	here := attr(linkInfo(index, 0, 0), unix.IFLA_IFNAME, []byte(name+"\x00"))
	here = attr(here, unix.IFLA_LINKINFO, info)
	if err := n.do(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, here); err != nil {
		return fmt.Errorf("making a pair of devices: %w", err)
	}
	return nil
}

// setUp takes a device up or down.
func (n *netlink) setUp(index int32, up bool) error {
	flags := uint32(0)
	if up {
		flags = unix.IFF_UP
	}
	if err := n.do(unix.RTM_NEWLINK, 0, linkInfo(index, flags, unix.IFF_UP)); err != nil {
		return fmt.Errorf("taking device %d up or down: %w", index, err)
	}
	return nil
}

// carries says whether a device is up and so is what it is joined to.
func (n *netlink) carries(index int32) (bool, error) {
	answer, err := n.ask(unix.RTM_GETLINK, 0, linkInfo(index, 0, 0))
	if err != nil {
		return false, fmt.Errorf("looking at device %d: %w", index, err)
	}
	return len(answer) >= unix.SizeofIfInfomsg && binary.NativeEndian.Uint32(answer[8:])&unix.IFF_RUNNING != 0, nil
}

// addAddress gives a device an address for itself alone.
func (n *netlink) addAddress(index int32, addr netip.Addr) error {
	b := []byte{unix.AF_INET, 32, 0, unix.RT_SCOPE_UNIVERSE}
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	b = attr(b, unix.IFA_LOCAL, addr.AsSlice())
	b = attr(b, unix.IFA_ADDRESS, addr.AsSlice())
	if err := n.do(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, b); err != nil {
		return fmt.Errorf("adding address %v: %w", addr, err)
	}
	return nil
}

// addRoute sends what is for an address out of a device, as from another address.
func (n *netlink) addRoute(to netip.Addr, index int32, from netip.Addr) error {
	b := []byte{unix.AF_INET, 32, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0}
	b = attr(b, unix.RTA_DST, to.AsSlice())
	b = attr32(b, unix.RTA_OIF, uint32(index))
	b = attr(b, unix.RTA_PREFSRC, from.AsSlice())
	if err := n.do(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, b); err != nil {
		return fmt.Errorf("adding a route to %v: %w", to, err)
	}
	return nil
}

// neighbour is an ndmsg with an address.
func neighbour(index int32, addr netip.Addr, state uint16) []byte {
	b := []byte{unix.AF_INET, 0, 0, 0}
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	b = binary.NativeEndian.AppendUint16(b, state)
	b = append(b, 0, unix.RTN_UNICAST)
	return attr(b, unix.NDA_DST, addr.AsSlice())
}

// misdirect has packets for an address sent to a hardware address that nobody has, so that they are lost without a word.
func (n *netlink) misdirect(index int32, addr netip.Addr) error {
	b := attr(neighbour(index, addr, unix.NUD_PERMANENT), unix.NDA_LLADDR, []byte{2, 0, 0, 0, 0xde, 0xad})
	if err := n.do(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, b); err != nil {
		return fmt.Errorf("misdirecting packets to %v: %w", addr, err)
	}
	return nil
}

// redirect undoes misdirect.
func (n *netlink) redirect(index int32, addr netip.Addr) error {
	err := n.do(unix.RTM_DELNEIGH, 0, neighbour(index, addr, 0))
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("directing packets to %v again: %w", addr, err)
	}
	return nil
}
