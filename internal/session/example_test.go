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
