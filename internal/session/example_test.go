package session_test

import (
	"context"
	"fmt"
	"time"

	"sheaf/internal/session"
	"sheaf/internal/transport/mem"
	"sheaf/internal/wire"
)

// A scheduler that welcomes one client.
func Example() {
	ctx := context.Background()
	hub := mem.NewHub(mem.Config{})
	hellos, gone := make(chan string, 1), make(chan string, 1)
	a, _ := session.NewAcceptor(session.AcceptorConfig{
		Network: hub, Name: "scheduler",
		Accept: func(peer string, hello wire.Message) (time.Duration, error) {
			hellos <- peer
			return 10 * time.Second, nil
		},
		Deliver: func(string, []wire.Message) {},
		Gone:    func(_, reason string) { gone <- reason },
	})
	welcome := make(chan uint32, 1)
	c, err := session.Dial(ctx, session.Config{
		Network: hub, Name: "me", To: "scheduler",
		Hello:   func() wire.Message { return &wire.ClientHello{Version: wire.Version} },
		Deliver: func(ms []wire.Message) { welcome <- ms[0].(*wire.Welcome).Number },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = a.Send(<-hellos, &wire.Welcome{Number: 3})
	fmt.Println("client", <-welcome)
	_ = c.Close(ctx, "done")
	fmt.Println("gone:", <-gone)
	_ = a.Close(ctx, "over")
	// Output:
	// client 3
	// gone: done
}

func ExampleState() {
	fmt.Println(session.Up, session.Down, session.Lost)
	// Output: up down lost
}

func ExampleStatus() {
	s := session.Status{State: session.Down, Session: 1, Reason: "nothing heard for 5s"}
	fmt.Println(s.State, s.Reason)
	// Output: down nothing heard for 5s
}

func ExampleConfig() {
	_, err := session.Dial(context.Background(), session.Config{Name: "me", To: "scheduler"})
	fmt.Println(err)
	// Output: session: Config needs Network, Hello and Deliver
}

func ExampleAcceptorConfig() {
	_, err := session.NewAcceptor(session.AcceptorConfig{Name: "scheduler"})
	fmt.Println(err)
	// Output: session: AcceptorConfig needs Network, Accept, Deliver and Gone
}

func ExampleNetwork() {
	var n session.Network = mem.NewHub(mem.Config{})
	e, err := n.Join("me", func(from string, frame []byte) { fmt.Println(from, string(frame)) })
	_ = e.Send("me", []byte("hello"))
	time.Sleep(10 * time.Millisecond)
	_ = e.Close()
	fmt.Println(err)
	// Output:
	// me hello
	// <nil>
}

func ExampleConn() {
	ctx := context.Background()
	hub := mem.NewHub(mem.Config{})
	got := make(chan string, 1)
	a, _ := session.NewAcceptor(session.AcceptorConfig{
		Network: hub, Name: "scheduler",
		Accept:  func(string, wire.Message) (time.Duration, error) { return time.Minute, nil },
		Deliver: func(_ string, ms []wire.Message) { got <- fmt.Sprintf("%T", ms[0]) },
		Gone:    func(string, string) {},
	})
	var c *session.Conn
	c, _ = session.Dial(ctx, session.Config{
		Network: hub, Name: "me", To: "scheduler", Deliver: func([]wire.Message) {},
		Hello: func() wire.Message { return &wire.ClientHello{Version: wire.Version} },
	})
	_ = c.Send(&wire.Release{})
	fmt.Println(<-got, c.Session())
	_ = c.Close(ctx, "done")
	_ = a.Close(ctx, "over")
	// Output: *wire.Release 1
}

func ExampleAcceptor() {
	ctx := context.Background()
	var a *session.Acceptor
	a, _ = session.NewAcceptor(session.AcceptorConfig{
		Network: mem.NewHub(mem.Config{}), Name: "scheduler",
		Accept:  func(string, wire.Message) (time.Duration, error) { return time.Minute, nil },
		Deliver: func(string, []wire.Message) {},
		Gone:    func(string, string) {},
	})
	fmt.Println(a.Peers(), a.Send("nobody", &wire.Release{}))
	_ = a.Close(ctx, "over")
	// Output: 0 session: there is no session
}
