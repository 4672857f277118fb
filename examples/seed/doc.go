// Package seed has the programs of Dask's document "User Interfaces", written with sheaf and run on real data: the flights
// that left New York City in 2013 (package examples/data) and arrays of 10000 × 10000.
//
// Each program is one function. `go run ./cmd/sheaf demo` shows and runs them all; `go run ./examples/NAME` runs one.
package seed
