package sheaf_test

import (
	"context"
	"fmt"

	"sheaf"
	"sheaf/graph"
)

// far is an executor whose tasks could run in other processes, of which the smallest has 1 GiB for values.
type far struct{ sheaf.Executor }

func (far) Distributed() bool { return true }

func (far) MemoryBytes() int64 { return 1 << 30 }

// placed is a planner that says for where it plans.
type placed struct{ shared }

func (p placed) PlanDistributed(cs []sheaf.Collection, where sheaf.Place) ([]graph.Graph, error) {
	fmt.Println("planned for", where.MemoryBytes>>20, "MiB")
	return p.Plan(cs)
}

// Quarter is a collection with this planner.
type Quarter struct{ Half }

func (Quarter) Planner() sheaf.Planner { return placed{} }

// runQuarter computes one on such an executor.
func runQuarter() {
	l, err := sheaf.NewLocal(sheaf.LocalConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	ctx := sheaf.With(context.Background(), sheaf.On(far{l}))
	fmt.Println(sheaf.Compute(ctx, Quarter{Half{Numbers{Parts: 2, Each: 2}}}))
}

func ExamplePlace() {
	runQuarter()
	// Output:
	// planned for 1024 MiB
	// planning 1 together
	// [0 1 2 3] <nil>
}

func ExampleSized() {
	var e sheaf.Executor = far{}
	z, ok := e.(sheaf.Sized)
	fmt.Println(z.MemoryBytes(), ok)
	// Output: 1073741824 true
}
