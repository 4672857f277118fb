package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sheaf"
	"sheaf/cluster"
)

// Where a configuration in Go takes 0 for the default, a flag with 0 is a mistake: it has its default already.

// checkScheduler finds values of flags that make no sense, and says what flags say where the configuration says it otherwise.
func checkScheduler(conf *cluster.SchedulerConfig) error {
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"heartbeat", conf.Heartbeat}, {"lost", conf.Lost}, {"lease", conf.Lease}} {
		if d.value <= 0 {
			return fmt.Errorf("--%s is %v, want more than 0", d.flag, d.value)
		}
	}
	if conf.Lost < 2*conf.Heartbeat {
		return fmt.Errorf("--lost is %v, want at least two heartbeats (--heartbeat is %v)", conf.Lost, conf.Heartbeat)
	}
	if conf.NoWorkers < 0 {
		return fmt.Errorf("--no-workers is %v, want a time, or 0 to wait for ever", conf.NoWorkers)
	}
	switch {
	case conf.ReduceReplicas < 0:
		return fmt.Errorf("--reduce-replicas is %v, want a time, or 0 for never", conf.ReduceReplicas)
	case conf.ReduceReplicas == 0:
		conf.ReduceReplicas = -1 // never
	}
	switch {
	case conf.AllowedFailures < 0:
		return fmt.Errorf("--allowed-failures is %d, want 0 or more", conf.AllowedFailures)
	case conf.AllowedFailures == 0:
		conf.AllowedFailures = -1 // none
	}
	return nil
}

// processMemoryMin is the memory below which a worker process cannot even start.
const processMemoryMin = 64 << 20

// checkWorker reads the flags of an agent into its configuration.
func checkWorker(c *cobra.Command, conf *cluster.AgentConfig, memory string, resources []string) error {
	if conf.Processes < 1 {
		return fmt.Errorf("--processes is %d, want at least 1", conf.Processes)
	}
	if c.Flags().Changed("threads") && conf.Threads < 1 {
		return fmt.Errorf("--threads is %d, want at least 1", conf.Threads)
	}
	if c.Flags().Changed("memory") {
		n, err := sheaf.ParseBytes(memory)
		if err != nil {
			return fmt.Errorf("--memory: %w", err)
		}
		if n < processMemoryMin {
			return fmt.Errorf("--memory is %s, want at least 64MiB for each process", memory)
		}
		conf.MemoryBytes = n
	}
	var err error
	conf.Resources, err = parseResources(resources)
	return err
}

func parseResources(list []string) (map[string]float64, error) {
	m := map[string]float64{}
	for _, r := range list {
		name, amount, ok := strings.Cut(r, "=")
		n, err := strconv.ParseFloat(amount, 64)
		if !ok || name == "" || err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, fmt.Errorf("--resources: %q is not of the form NAME=AMOUNT, such as GPU=2", r)
		}
		m[name] = n
	}
	return m, nil
}
