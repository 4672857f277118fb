package machine_test

import (
	"fmt"

	"sheaf/internal/machine"
)

func ExampleMemory() {
	m := machine.MemoryOf()
	fmt.Println(m.LimitBytes > 0, m.LimitBytes <= m.TotalBytes)
	// Output: true true
}
