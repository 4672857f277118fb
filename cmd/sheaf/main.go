// Command sheaf shows what sheaf does, what it is configured to do, and on what it runs.
//
//	sheaf demo      every program of Dask's document "User Interfaces" on real data
//	sheaf config    every key of the configuration, its value and where it came from
//	sheaf info      this machine and this build, as sheaf sees them; with a URL the cluster there
//	sheaf scheduler the scheduler of a cluster
//	sheaf worker    worker processes on this host, for the scheduler at a URL
//	sheaf ssh       both, on hosts that let you in with SSH
//	sheaf hash      the SHA-256 by which a cluster knows a program
//	sheaf sim       simulated clusters, with faults, and an auditor that judges them
//	sheaf version
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"sheaf/cluster"
)

func main() {
	cluster.Init() // the workers of sheaf demo --processes are copies of this program
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		stop()
		os.Exit(1)
	}
}

// command returns the root command with all others below it.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "sheaf",
		Short:         "Parallel arrays, data frames, bags, delayed values and futures",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("sheaf {{.Version}}\n")
	root.AddCommand(demoCommand(), configCommand(), infoCommand(), versionCommand(), schedulerCommand(), workerCommand(), sshCommand(), hashCommand(), simCommand())
	return root
}
