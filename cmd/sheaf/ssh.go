package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sheaf/cluster"
	"sheaf/cluster/sshcluster"
)

// sshFlags are the flags of sheaf ssh that are not those of a configuration as they stand.
type sshFlags struct {
	credentials
	programs  executableFlags
	scheduler string
	hostFile  string
	memory    string
	resources []string
	secrets   string // directory for credentials
	temporary string // the one that was made
}

func sshCommand() *cobra.Command {
	var f sshFlags
	var conf sshcluster.Config
	c := &cobra.Command{
		Use:   "ssh [USER@]HOST[:PORT]...",
		Short: "Run a cluster on hosts, with SSH",
		Long: `Run a cluster until it is interrupted: the scheduler on the first host, agents with worker processes on the others; on a single host both. It prints the
address that clients need.

This program is copied to the hosts that do not have it, into ~/.cache/sheaf, unless --program says that another is there. What is started ends when
this command ends, however it does. What it prints is shown here, with its name before each line.

You must be let in without a password (ssh-copy-id), and the hosts' keys must be known: connect to each with ssh once.

Unless all hosts are this machine everything is encrypted. The token and the certificates, if none are given, are made for the occasion, and written to files
that only you can read; they reach the hosts through SSH.`,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if conf.Hosts, err = f.hosts(args); err != nil {
				return err
			}
			if err := f.configure(c, &conf); err != nil {
				return err
			}
			s, err := sshcluster.Start(c.Context(), conf)
			if err != nil {
				return err
			}
			defer f.forget()
			err = f.announce(c.OutOrStdout(), s)
			if err == nil {
				select {
				case <-c.Context().Done():
				case <-s.Done():
				}
			}
			ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 30*time.Second)
			defer cancel()
			return errors.Join(err, s.Close(ctx), s.Err())
		},
	}
	f.add(c)
	f.programs.add(c)
	f.place(c, &conf)
	f.workers(c, &conf.Workers)
	return c
}

// place adds the flags about hosts and the scheduler.
func (f *sshFlags) place(c *cobra.Command, conf *sshcluster.Config) {
	c.Flags().StringVar(&f.scheduler, "scheduler", "", "host of the scheduler; all the others then run workers. Default is the first")
	c.Flags().StringVar(&f.hostFile, "hostfile", "", "file with hosts, one a line, besides those of the arguments")
	c.Flags().StringVarP(&conf.User, "user", "l", "", "user on the hosts; default is yours")
	c.Flags().IntVar(&conf.Port, "port", 22, "port of SSH")
	c.Flags().StringSliceVarP(&conf.KeyFiles, "identity", "i", nil, "private key; can be repeated. Default is those of the SSH agent and of ~/.ssh")
	c.Flags().StringSliceVar(&conf.KnownHosts, "known-hosts", nil, "file with the hosts' keys; default is ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts")
	c.Flags().StringVar(&conf.Program, "program", "", "the program sheaf on the hosts; default is to copy this one")
	c.Flags().StringVar(&conf.ProgramFile, "program-file", "", "program sheaf to copy, such as one for other machines than this; default is this one")
	c.Flags().StringVar(&conf.SchedulerHost, "scheduler-host", "", "name or address by which all reach the scheduler's host; default is as it is given")
	c.Flags().StringVar(&conf.Scheduler.Listen, "listen", "", "address of the control plane on its host, such as 0.0.0.0:4222; default is any free port")
	c.Flags().StringVar(&conf.Scheduler.Status, "status", "", "address of the HTTP status page on the scheduler's host, such as 127.0.0.1:8787")
	c.Flags().StringVar(&conf.Scheduler.StoreDir, "store", "", "directory on the scheduler's host for executables and the log of admissions; default is a temporary one")
	c.Flags().IntVar(&conf.Minimum, "minimum", 0, "worker hosts that must join at the start; the others are tried again. Default is all")
	c.Flags().DurationVar(&conf.Lost, "lost", time.Minute, "silence of SSH after which a host is given up, and after which what runs there ends")
	c.Flags().StringVar(&conf.LogDir, "log-dir", "", "directory on the hosts in which what is printed is written too")
	c.Flags().BoolVar(&conf.NoTLS, "no-tls", false, "make no certificates: tokens and values cross the network as they are")
	c.Flags().StringVar(&f.secrets, "credentials", "", "directory for the token and the certificates that are made; default is a temporary one that goes with this command")
}

// workers adds the flags of each worker host, called as those of sheaf worker.
func (f *sshFlags) workers(c *cobra.Command, conf *cluster.AgentConfig) {
	c.Flags().IntVarP(&conf.Processes, "processes", "p", 1, "worker processes of each executable on each host")
	c.Flags().IntVarP(&conf.Threads, "threads", "t", 0, "threads of each process; default is the host's cores divided by the processes")
	c.Flags().StringVarP(&f.memory, "memory", "m", "", "memory of each process, such as 8GiB; default is what the host has divided by the processes")
	c.Flags().StringSliceVar(&f.resources, "resources", nil, "what tasks may ask for, such as GPU=2,licence=1")
	c.Flags().StringVar(&conf.Listen, "worker-listen", "", "where the processes serve values: HOST:PORT, or HOST:FIRST-LAST with a port for each; default is any free port")
	c.Flags().StringVar(&conf.Dir, "dir", "", "directory on the hosts for spilled values and executables")
	c.Flags().StringVar(&conf.Cgroup, "cgroup", "", "delegated cgroup in which to limit the memory of the processes")
}

// hosts returns the hosts, the scheduler's first.
func (f *sshFlags) hosts(args []string) ([]string, error) {
	hosts := args
	if f.hostFile != "" {
		b, err := os.ReadFile(f.hostFile)
		if err != nil {
			return nil, fmt.Errorf("--hostfile: %w", err)
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				hosts = append(hosts, line)
			}
		}
	}
	if len(hosts) == 0 {
		return nil, errors.New("name the hosts, as arguments or with --hostfile")
	}
	if f.scheduler != "" {
		hosts = append([]string{f.scheduler}, hosts...)
	}
	return hosts, nil
}

// configure reads the flags into the configuration.
func (f *sshFlags) configure(c *cobra.Command, conf *sshcluster.Config) error {
	var err error
	if conf.Security, err = f.security(); err != nil {
		return err
	}
	if conf.Scheduler.Executables, err = f.programs.list(c); err != nil {
		return err
	}
	if conf.Lost <= 0 {
		return fmt.Errorf("--lost is %v, want more than 0", conf.Lost)
	}
	if c.Flags().Changed("minimum") && conf.Minimum < 1 {
		return fmt.Errorf("--minimum is %d, want at least 1", conf.Minimum)
	}
	if conf.Port < 1 || conf.Port > 65535 {
		return fmt.Errorf("--port is %d, want 1 to 65535", conf.Port)
	}
	if err := checkWorker(c, &conf.Workers, f.memory, f.resources); err != nil {
		return err
	}
	conf.Scheduler.Name, conf.Logger, conf.Output, conf.Shared = f.name, f.logger(c), c.OutOrStdout(), true
	if !f.verbose {
		conf.Level = slog.LevelWarn
	}
	return nil
}

// announce prints what clients need, and writes the credentials to files.
func (f *sshFlags) announce(out io.Writer, s *cluster.SpecCluster) error {
	dir, flags, err := f.write(s.Security())
	if err != nil {
		return fmt.Errorf("the credentials: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "scheduler %s\n", s.URL())
	fmt.Fprintf(&b, "agents    %s\n", strings.Join(s.Status().Names(cluster.Running), " "))
	if dir != "" {
		fmt.Fprintf(&b, "secrets   %s\n", dir)
		fmt.Fprintf(&b, "look      sheaf info %s%s\n", s.URL(), flags)
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// write writes the credentials that were not given as files, and returns the flags for other commands.
func (f *sshFlags) write(s cluster.Security) (dir, flags string, err error) {
	files := []struct {
		name, flag string
		content    []byte
	}{{"token", "token-file", []byte(s.Token + "\n")}, {"cert.pem", "tls-cert", s.Cert}, {"key.pem", "tls-key", s.Key}, {"ca.pem", "tls-ca", s.CA}}
	if f.tokenFile != "" || os.Getenv("SHEAF_TOKEN") != "" {
		files[0].content = nil
	}
	if f.cert != "" {
		files = files[:1] // they are in files already
	}
	for _, file := range files {
		if len(file.content) == 0 {
			continue
		}
		if dir == "" {
			if dir, err = f.directory(); err != nil {
				return "", "", err
			}
		}
		path := filepath.Join(dir, file.name)
		_ = os.Remove(path) // one that others can read would keep its mode
		if err := os.WriteFile(path, file.content, 0o600); err != nil {
			return "", "", err
		}
		flags += " --" + file.flag + " " + path
	}
	if len(files) > 1 && s.Encrypted() && s.ServerName != "" {
		flags += " --tls-server-name " + s.ServerName
	}
	return dir, flags, nil
}

// directory returns where credentials are written.
func (f *sshFlags) directory() (string, error) {
	if f.secrets != "" {
		return f.secrets, os.MkdirAll(f.secrets, 0o700)
	}
	var err error
	f.temporary, err = os.MkdirTemp("", "sheaf-ssh-")
	return f.temporary, err
}

// forget removes what was written where nobody asked for it.
func (f *sshFlags) forget() {
	if f.temporary != "" {
		_ = os.RemoveAll(f.temporary)
	}
}
