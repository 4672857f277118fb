// Package cluster is what makes many processes one machine: a scheduler, workers, and the agents that start them.
//
// A program becomes able to run on processes by one line at the top of main (and of TestMain):
//
//	func main() {
//		cluster.Init()
//		…
//	}
//
// because the processes of a cluster are copies of the program itself: functions travel to them as places in the executable.
// [Local] starts such a cluster on this machine; [StartScheduler] and [StartAgent], or the commands sheaf scheduler and sheaf worker, do it
// on many. Package client talks to it.
package cluster
