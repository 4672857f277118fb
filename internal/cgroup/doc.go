// Package cgroup holds processes that this one starts within a limit of memory, tells how much they used at most, and whether they
// were ended for want of memory.
//
// There are three ways, and [Limiter.Method] says in a sentence which one is active and why:
//
//   - A control group of version 2 per process, or one of version 1. The kernel holds the limit: the page that would exceed
//     it is not given, and the whole group is killed. What the process starts in turn counts too.
//   - Watching. The resident memory that is the process's own (pages of files are not counted, the kernel takes them back by
//     itself) is read every 5 to 250 ms, the more often the nearer it is to the limit (every 100 to 1000 ms on BSDs and macOS, where
//     ps must be asked), and at the limit the process is killed.
//     A process that allocates a gigabyte in a few milliseconds gets past it for as long.
//   - Nothing, on systems where memory of another process cannot be read. Peaks are then known only after the end.
//
// A control group has one writer: whoever was given it. So this package makes groups only below one that is this process's to divide:
// the one that is named in [New], else the process's own when systemd has delegated it (Delegate=yes) or when it is the root
// of a container's own hierarchy, and in both cases this is the only process in it. Version 1 knows no delegation and is used only below a
// named group. In all other cases processes are watched.
//
// What limit this process itself is under is read by package machine.
package cgroup
