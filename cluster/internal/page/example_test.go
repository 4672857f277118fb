package page_test

import (
	"fmt"
	"strings"

	"sheaf/cluster/internal/page"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

func ExampleState() {
	var b strings.Builder
	err := page.WriteBody(&b, &page.State{Cluster: &wire.Cluster{Done: 1234}, Overview: &scheduler.Overview{}})
	fmt.Println(strings.Contains(b.String(), "<b>1 234</b> tasks done"), err)
	// Output: true <nil>
}
