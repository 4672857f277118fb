// Package scheduler decides what runs where in a cluster, which values are kept, and who is told what.
//
// It is a machine without a body: Step takes the time and the messages that came, and returns the messages to send and other
// effects. It starts no goroutine, reads no clock, and given the same inputs it ends in the same state, which Hash and Check
// make visible.
//
// The parts: a client's graph becomes a run (prepare.go, admit.go), whose tasks are wanted, run and let go as the counts of
// who needs them say (need.go, finish.go, lost.go). Tasks that can run wait in classes, by which workers may run them, or
// at one worker, where their inputs are (class.go, place.go), and are handed out late (dispatch.go).
package scheduler
