package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"sheaf"
	"sheaf/examples/seed"
	"sheaf/internal/kernel/num"
	"sheaf/internal/machine"
)

func infoCommand() *cobra.Command {
	var asJSON, spans bool
	var f credentials
	c := &cobra.Command{
		Use:   "info [URL]",
		Short: "Print what this machine and this build are, as sheaf sees them, or the state of the cluster at a URL",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return clusterInfo(c, args[0], &f, asJSON, spans)
			}
			facts, err := info(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				m := map[string]string{}
				for _, f := range facts {
					m[f[0]] = f[1]
				}
				return writeJSON(c.OutOrStdout(), m)
			}
			for _, f := range facts {
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%-20s %s\n", f[0], f[1]); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	c.Flags().BoolVar(&spans, "spans", false, "of a cluster: what became of the tasks of each span")
	f.add(c)
	return c
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// info returns names and facts.
func info(ctx context.Context) ([][2]string, error) {
	settings := map[string]sheaf.Setting{}
	list, err := sheaf.Settings(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		settings[s.Key] = s
	}
	m := machine.MemoryOf()
	memory := fmt.Sprintf("%s, this process may use %s (%s)", bytesText(m.TotalBytes), bytesText(m.LimitBytes), m.Source)
	limit := "none"
	if n, ok := settings["memory.limit"].Value.(int64); ok && n > 0 {
		limit = fmt.Sprintf("%s for the values of tasks, then they go to disk (memory.limit is %s from %s)", bytesText(n), settings["memory.limit"].Text, settings["memory.limit"].Source)
	}
	workers := settings["workers"].Value
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	temporary := settings["temporary-directory"].Text
	if temporary == "" {
		temporary = os.TempDir()
	}
	frames := "in this build"
	if _, ok := seed.Lookup("dataframes"); !ok {
		frames = "not in this build (CGO_ENABLED=0)"
	}
	return [][2]string{
		{"version", version()},
		{"go", runtime.Version()},
		{"system", runtime.GOOS + "/" + runtime.GOARCH},
		{"processors", fmt.Sprintf("%s, %d, GOMAXPROCS %d", processor(), runtime.NumCPU(), runtime.GOMAXPROCS(0))},
		{"vector kernels", num.SIMD().String()},
		{"memory", memory},
		{"memory limit", limit},
		{"executor", fmt.Sprintf("%v workers, %v", workers, settings["scheduler"].Value)},
		{"temporary directory", temporary},
		{"data frames", frames},
	}, nil
}

// processor returns the processor's name where the system tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
