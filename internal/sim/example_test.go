package sim_test

import (
	"fmt"

	"sheaf/internal/sim"
)

func ExampleRun() {
	r := sim.Run(sim.Config{Seed: 7, Workers: 3, Clients: 2, Tasks: 200})
	fmt.Println(r.Violations, r.Broken, r.Tasks >= 100, r.Repeated)
	// Output: [] 0 true 0
}
