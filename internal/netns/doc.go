// Package netns makes networks of several hosts inside of one Linux machine, for tests, and breaks them.
//
// A host is a network namespace with an address of its own. Each two hosts are joined by a link of their own (a pair of virtual
// ethernet devices), so that any two can be parted while a third still reaches both. Links are taken down and up
// ([Network.Cut], [Network.Heal]), or lose packets silently in one direction ([Network.Drop], [Network.Restore]). Nothing of the machine's own
// network is touched, nothing has a name in the file system, and when the process ends, in whatever way, the kernel removes it all.
//
// It speaks netlink to the kernel and needs no command and no module but veth; it does need the right to make namespaces: see [Available].
//
// A [Proxy] stands in a TCP connection's way on any system and delays, throttles, stalls, resets or refuses.
package netns
