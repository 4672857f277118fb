// Package faulttest holds the tests that lose parts of a cluster of real processes: kill -9, stopped processes, cut and slow
// networks, full disks, and strangers at every port. It has no code but tests.
package faulttest
