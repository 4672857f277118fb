// Package diagnostics shows what runs do: progress bars, profiles of tasks and of the machine, and a report as one HTML file.
//
// Everything here reads the one stream of [Event] values that executors write. A reader is a [Listener]; give it to a run, or
// with the context to all runs below it:
//
//	var tasks diagnostics.Profiler
//	var machine diagnostics.ResourceProfiler
//	ctx = sheaf.With(ctx, sheaf.Listen(&tasks), sheaf.Listen(&machine))
//	… compute …
//	err := diagnostics.WriteHTML("profile.html", &tasks, &machine)
//
// The progress display that runs have by default is switched by sheaf.Progress and the configuration, and needs nothing of
// this package.
package diagnostics
