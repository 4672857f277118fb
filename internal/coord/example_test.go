package coord_test

import (
	"fmt"
	"time"

	"sheaf/internal/coord"
)

func Example() {
	m := coord.New(coord.Config{})
	show := func(effects []coord.Effect) {
		for _, e := range effects {
			if r, ok := e.(coord.Reply); ok {
				fmt.Println(r.Session, r.Request, r.Result.Token, r.Err)
			}
		}
	}
	show(m.Handle(0, "alice", 1, coord.LockAcquire{Name: "x", Lease: 10 * time.Second}))
	show(m.Handle(time.Second, "bob", 1, coord.LockAcquire{Name: "x", Wait: coord.Forever}))
	at, _ := m.Next()
	fmt.Println("next at", at)
	show(m.Tick(at)) // alice did not renew her lease
	// Output:
	// alice 1 1 <nil>
	// next at 10s
	// bob 1 2 <nil>
}
