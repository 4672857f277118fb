// Package sim runs a whole cluster in one goroutine on a clock of its own: the scheduler's and the workers' machines, sessions over
// a network that loses, repeats, delays, reorders and damages frames, processes that are killed, paused and slowed, disks that fill,
// clocks that drift. All chance comes from one seed, so that a run can be repeated to the last event.
//
//	seed ─► world ─┬─ scheduler process ── scheduler.Scheduler ─┐
//	               ├─ worker processes ─── worker.Worker ───────┼─ link sessions over the simulated network
//	               ├─ client processes ─── a model of programs ─┘
//	               ├─ faults: what goes wrong, and when
//	               └─ auditor: knows every submitted key and what must become of it
//
// Values are numbers computed from a task's key and its inputs' values, so that a wrong one shows. The auditor stands outside: it sees
// what clients ask for and get, what really runs on the workers, and the messages, and judges by rules L1 to L8 (see [Rule]). A
// violation names the seed, the time, the story of the key and the command that repeats the run.
package sim
