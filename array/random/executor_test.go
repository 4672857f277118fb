package random_test

import (
	"testing"

	"sheaf/cluster/clustertest"
	"sheaf/internal/travel/traveltest"
)

// SHEAF_TEST_EXECUTOR=travel (or process) runs the tests of this package as a cluster would run them.
func TestMain(m *testing.M) {
	clustertest.Executors(m)
	traveltest.Main()
	m.Run()
}
