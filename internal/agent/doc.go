// Package agent starts, watches and restarts the worker processes of one host.
//
// A worker process is a copy of the user's executable. The agent starts it with three inherited descriptors: a pipe to it, a pipe from
// it, and the table of package slots. Over the first it gets its configuration (so nothing secret is in its arguments or its
// environment) and later the word to stop; over the second it says hello when [Child] is called, then ready or what went wrong. An
// executable that never calls cluster.Init says no hello, which is an error of its own that names the cure.
//
// A worker does not outlive its agent: on Linux the kernel kills it (the death signal of its parent), and everywhere the end of the
// pipe tells it. It leads a session of its own, without a terminal, and what it leaves behind in it is killed with it. A process that was
// started by an agent starts no agent: the environment marks it and its descendants.
//
// When a worker ends, an [Exit] says how: code or signal, peak of memory and whether memory was the cause, the last lines of
// its log, and exactly which attempts it was running. What happens then is decided by [Policy], which is plain data and arithmetic.
//
// Executables are named by the SHA-256 of their content and kept in a [Cache].
package agent
