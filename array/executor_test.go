package array_test

// SHEAF_TEST_EXECUTOR=travel runs the tests of this package as a cluster would run them.
import _ "sheaf/internal/travel/traveltest"
