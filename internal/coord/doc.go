// Package coord is what the programs of a cluster coordinate themselves with: locks, semaphores, queues, variables, events,
// topics, published names and metadata, as one machine without a body.
//
// [Machine.Handle] takes a [Request] of a session, [Machine.Tick] lets time pass and [Machine.Gone] ends a session; each
// returns [Effect]s in the order in which they are to be performed. Time comes in as an argument, the driver's own monotonic
// one, so that clocks that jump expire nothing. The same calls give the same effects on every machine and run.
//
//   - Locks and semaphores are leased. A grant has a fencing token, which only ever rises: who is handed a token may refuse
//     lower ones from then on. A lease that is not renewed runs out, and the next in line is granted.
//   - Whoever waits is served in the order of arrival, also for several locks at once: nobody holds some of them while it
//     waits for the others, so there is no deadlock.
//   - Queues give each item to one getter, who acknowledges it. What a session has not acknowledged when it ends goes back to
//     the front.
//   - Topics number their messages and keep a bounded history. A subscriber gets each message at least once and sees from
//     the numbers what it missed.
//   - A [Value] is a small piece of data, or stands for futures; these are kept alive while the machine has the value.
//
// Requests carry ids that rise within a session. A repeated one changes nothing and is answered as it was the first time.
// Everything is bounded, by [Config]; what exceeds a bound is refused with what to do about it.
package coord
