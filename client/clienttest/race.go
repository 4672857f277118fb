//go:build race

package clienttest

// raceEnabled says that everything is slow.
const raceEnabled = true
