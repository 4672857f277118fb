// Package slots is a small table in memory that a worker process shares with its agent: which attempts of which tasks are running.
//
// A worker that is killed with SIGKILL, or that runs out of memory, has no time to say what it was doing. The table says it: an
// attempt is entered by a few atomic stores just before its function runs and taken out as soon as the function has returned. The
// kernel keeps the pages while the agent holds the file, so the agent reads after the death exactly the attempts that had
// started and not ended, and only these are blamed.
//
// The agent makes a [File], hands its descriptor to the process it starts, and reads it with plain reads, which cannot fault
// whatever the process does to the file. The process maps it as a [Table]. The file is anonymous (memfd on Linux, elsewhere a
// temporary file that has lost its name) and dies with the two processes.
//
// Layout, in words of 64 bits and the machine's byte order, as both sides are on one machine: a header of 8 words (magic,
// slots, attempts that found no slot), then 8 words a slot, of which two are used, so that no two slots share a cache line:
//
//	word 0  layer
//	word 1  running<<63 | attempt<<32 | index
//
// Word 1 is stored last at the start and loses its highest bit by one store at the end, so a slot that was caught between is not running.
package slots
