package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sheaf/cluster"
	"sheaf/internal/transport"
)

// credentials are the flags that all commands of a cluster share.
type credentials struct {
	tokenFile, cert, key, ca string
	serverName               string
	name                     string
	verbose                  bool
}

func (f *credentials) add(c *cobra.Command) {
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the cluster's token; or set SHEAF_TOKEN")
	c.Flags().StringVar(&f.cert, "tls-cert", "", "this process's certificate, PEM: switches TLS on")
	c.Flags().StringVar(&f.key, "tls-key", "", "its key")
	c.Flags().StringVar(&f.ca, "tls-ca", "", "the authority that signed the certificates of all")
	c.Flags().StringVar(&f.serverName, "tls-server-name", "", "what the others' certificates must be for; default is the host by which each is reached")
	c.Flags().StringVar(&f.name, "cluster", "default", "the cluster's name")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "log what happens")
}

func (f *credentials) security() (cluster.Security, error) {
	s := cluster.Security{Token: os.Getenv("SHEAF_TOKEN"), CertFile: f.cert, KeyFile: f.key, CAFile: f.ca, ServerName: f.serverName}
	if f.cert == "" && (f.key != "" || f.ca != "") {
		return s, errors.New("TLS needs a certificate (--tls-cert) besides --tls-key and --tls-ca: every process shows one")
	}
	if f.tokenFile != "" {
		b, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return s, fmt.Errorf("--token-file: %w", err)
		}
		s.Token = strings.TrimSpace(string(b))
		if s.Token == "" {
			return s, fmt.Errorf("%s is empty, want the cluster's token", f.tokenFile)
		}
	}
	return s, nil
}

func (f *credentials) logger(c *cobra.Command) *slog.Logger {
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
}

func schedulerCommand() *cobra.Command {
	var f credentials
	var programs executableFlags
	var conf cluster.SchedulerConfig
	c := &cobra.Command{
		Use:   "scheduler",
		Short: "Run the scheduler of a cluster",
		Long: `Run the scheduler of a cluster until it is interrupted. It prints the address that workers and clients need.

Without a token it makes one, and prints it, while it listens on the loopback interface only; beyond that it wants one given.

Who has the token can run any program on the workers, unless --executable names the programs that may run.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if conf.Security, err = f.security(); err != nil {
				return err
			}
			if conf.Executables, err = programs.list(c); err != nil {
				return err
			}
			if err := checkScheduler(&conf); err != nil {
				return err
			}
			given := conf.Security.Token != ""
			conf.Name, conf.Logger = f.name, f.logger(c)
			s, err := cluster.StartScheduler(c.Context(), conf)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			_, _ = fmt.Fprintf(out, "scheduler %s\n", reachable(s.URL()))
			if s.DashboardLink() != "" {
				_, _ = fmt.Fprintf(out, "dashboard %s\n", reachable(s.DashboardLink()))
			}
			if n := len(conf.Executables); n > 0 {
				_, _ = fmt.Fprintf(out, "programs  only %d may run\n", n)
			}
			if !given && s.Security().Token != "" {
				_, _ = fmt.Fprintf(out, "token     %s\n", s.Security().Token)
			}
			return runUntilEnd(c.Context(), s, 10*time.Second)
		},
	}
	f.add(c)
	programs.add(c)
	c.Flags().StringVar(&conf.Listen, "listen", "127.0.0.1:4222", "address of the control plane")
	c.Flags().StringVar(&conf.Status, "status", "", "address of the HTTP status page, such as 127.0.0.1:8787")
	c.Flags().StringSliceVar(&conf.External, "nats", nil, "URLs of an existing NATS server to use instead of an embedded one")
	c.Flags().StringVar(&conf.StoreDir, "store", "", "directory for executables and the log of admissions; default is a temporary one")
	c.Flags().StringVar(&conf.File, "scheduler-file", "", "file to write the address and the token to, for workers and clients that share a file system with the scheduler")
	c.Flags().BoolVar(&conf.NoLog, "no-log", false, "do not write the log of admissions")
	c.Flags().DurationVar(&conf.Heartbeat, "heartbeat", time.Second, "how often workers report")
	c.Flags().DurationVar(&conf.Lost, "lost", 10*time.Second, "silence after which a worker is given up; at least two heartbeats")
	c.Flags().DurationVar(&conf.Lease, "lease", 15*time.Minute, "how long the futures of a silent client live")
	c.Flags().DurationVar(&conf.NoWorkers, "no-workers", 0, "how long a task waits for a worker that may run it before it fails; 0 is for ever")
	c.Flags().IntVar(&conf.AllowedFailures, "allowed-failures", 3, "how many deaths of workers a task may cause; with the next one it fails")
	c.Flags().DurationVar(&conf.ReduceReplicas, "reduce-replicas", 2*time.Second, "how often copies of values that no task needs are let go; 0 is never")
	return c
}

func workerCommand() *cobra.Command {
	var f credentials
	var conf cluster.AgentConfig
	var memory string
	var resources []string
	var file string
	c := &cobra.Command{
		Use:   "worker [URL]",
		Short: "Run worker processes on this host",
		Long: `Run worker processes on this host until it is interrupted. The processes are the executables of the cluster's clients, which are
fetched from the scheduler when a client connects, started again when they die, and ended when no client has used them for a while.

The URL is what the scheduler prints, such as nats://scheduler:4222. Instead, --scheduler-file names the file that the scheduler writes.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if conf.Security, err = f.security(); err != nil {
				return err
			}
			if conf.URL, err = schedulerAt(args, file); err != nil {
				return err
			}
			conf.Cluster, conf.Logger = f.name, f.logger(c)
			if file != "" && !c.Flags().Changed("cluster") {
				conf.Cluster = "" // what the file says
			}
			if err := checkWorker(c, &conf, memory, resources); err != nil {
				return err
			}
			a, err := cluster.StartAgent(c.Context(), conf)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(c.OutOrStdout(), "agent joined %s\n", conf.URL)
			return runUntilEnd(c.Context(), a, 15*time.Second)
		},
	}
	f.add(c)
	c.Flags().StringVar(&file, "scheduler-file", "", "file that the scheduler writes, instead of its URL; it is waited for")
	c.Flags().StringVar(&conf.Name, "name", "", "the agent's name; default is the host's")
	c.Flags().StringVar(&conf.Host, "host", "", "address at which other hosts reach this one; default is the one on the way to the scheduler")
	c.Flags().StringVar(&conf.Listen, "listen", "", "where the processes serve values: HOST:PORT, or HOST:FIRST-LAST with a port for each; default is any free port of --host")
	c.Flags().StringVar(&conf.Announce, "announce", "", "where others reach what --listen says, if ports are forwarded: HOST, or HOST:FIRST-LAST with as many ports")
	c.Flags().IntVarP(&conf.Processes, "processes", "p", 1, "worker processes of each executable")
	c.Flags().IntVarP(&conf.Threads, "threads", "t", 0, "threads of each process; default is the cores divided by the processes")
	c.Flags().StringVarP(&memory, "memory", "m", "", "memory of each process, such as 8GiB; default is what there is divided by the processes")
	c.Flags().StringSliceVar(&resources, "resources", nil, "what tasks may ask for, such as GPU=2,licence=1")
	c.Flags().StringVar(&conf.Dir, "dir", "", "directory for spilled values and executables")
	c.Flags().StringVar(&conf.Cgroup, "cgroup", "", "delegated cgroup in which to limit the memory of the processes")
	return c
}

// schedulerAt returns the address in the arguments, or that of a file.
func schedulerAt(args []string, file string) (string, error) {
	switch {
	case len(args) == 1 && file == "":
		return args[0], nil
	case len(args) == 0 && file != "":
		return "file:" + file, nil
	}
	return "", errors.New("want either the scheduler's URL, such as nats://scheduler:4222, or --scheduler-file")
}

// A service is a part of a cluster that runs in this process.
type service interface {
	Done() <-chan struct{} // closed when it has ended by itself: a client has shut the cluster down
	Close(ctx context.Context) error
}

// runUntilEnd waits until ctx is cancelled or the service has ended, and closes it within the time that its parting may take.
func runUntilEnd(ctx context.Context, s service, parting time.Duration) error {
	select {
	case <-ctx.Done():
	case <-s.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
	defer cancel()
	return s.Close(ctx)
}

// reachable puts this host's name into the URL of what listens on all its addresses.
func reachable(raw string) string {
	name, _ := os.Hostname() // without a name the URL is what it is
	return transport.WithHost(raw, name)
}

// clusterInfo prints the state of a cluster.
func clusterInfo(c *cobra.Command, at string, f *credentials, asJSON, spans bool) error {
	s, err := f.security()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), 10*time.Second, errors.New("no answer within 10 s"))
	defer cancel()
	if spans {
		list, err := cluster.InspectSpans(ctx, at, f.name, s)
		switch {
		case err != nil:
			return err
		case asJSON:
			return writeJSON(c.OutOrStdout(), list)
		}
		_, err = fmt.Fprint(c.OutOrStdout(), cluster.DescribeSpans(list))
		return err
	}
	info, err := cluster.Inspect(ctx, at, f.name, s)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.OutOrStdout(), info)
	}
	_, err = fmt.Fprint(c.OutOrStdout(), cluster.Describe(info))
	return err
}
