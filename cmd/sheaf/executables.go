package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sheaf/cluster"
	"sheaf/internal/agent"
)

// executableFlags are the flags that say which programs a scheduler lets run.
type executableFlags struct {
	sums []string
	file string
}

func (f *executableFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.sums, "executable", nil, "SHA-256 of a program whose functions may run, as sheaf hash prints it; can be repeated. Default is all programs")
	c.Flags().StringVar(&f.file, "executables-file", "", "file with such sums, one a line, as sheaf hash and sha256sum print them")
}

// list returns the sums, nil if no flag was given. A flag that names nothing is an error: it must not come to mean all programs.
func (f *executableFlags) list(c *cobra.Command) ([]string, error) {
	var all []string
	if c.Flags().Changed("executable") {
		if len(f.sums) == 0 {
			return nil, errors.New("--executable is empty, want a SHA-256; without the flag all programs may run")
		}
		for _, text := range f.sums {
			sum, err := parseSum(text)
			if err != nil {
				return nil, fmt.Errorf("--executable: %w", err)
			}
			all = append(all, sum)
		}
	}
	if c.Flags().Changed("executables-file") {
		sums, err := readSums(f.file)
		if err != nil {
			return nil, fmt.Errorf("--executables-file: %w", err)
		}
		all = append(all, sums...)
	}
	return all, nil
}

// readSums reads a file of lines "SUM  NAME"; the name may be missing, empty lines and those that begin with # are skipped.
func readSums(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var sums []string
	number := 0
	for line := range strings.Lines(string(b)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sum, err := parseSum(strings.Fields(line)[0])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		sums = append(sums, sum)
	}
	if len(sums) == 0 {
		return nil, fmt.Errorf("%s names no program; without the flag all may run", path)
	}
	return sums, nil
}

func parseSum(text string) (string, error) {
	sum, err := agent.ParseHash(strings.TrimSpace(text))
	if err != nil {
		return "", fmt.Errorf("%w; sheaf hash FILE prints that of a program", err)
	}
	return hex.EncodeToString(sum[:]), nil
}

func hashCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hash FILE...",
		Short: "Print the SHA-256 by which a cluster knows a program",
		Long: `Print the SHA-256 by which a cluster knows a program: that of the executable file's content, as sha256sum prints it.

sheaf scheduler takes it as --executable. Hash the very file that is started: every build is another program, and go run builds its own.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for _, path := range args {
				sum, err := cluster.ExecutableHash(path)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", sum, path); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
