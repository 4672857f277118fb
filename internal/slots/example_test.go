package slots_test

import (
	"fmt"

	"sheaf/internal/slots"
	"sheaf/internal/wire"
)

func Example() {
	file, err := slots.Create(16) // the agent
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := slots.Open(file.Descriptor()) // the process that inherited the descriptor; here the same one
	if err != nil {
		fmt.Println(err)
		return
	}
	table.Begin(wire.ID{Layer: wire.NewLayerID(1, 4), Index: 17}, 2)
	done := table.Begin(wire.ID{Layer: wire.NewLayerID(1, 4), Index: 18}, 1)
	table.End(done)

	s := table.Read() // the agent calls file.Read once the process is dead
	fmt.Println(s.Running, s.Exact())
	// Output: [{1.4[17] 2}] true
}
