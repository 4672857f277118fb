package cases

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// What is measured inside of the machines is a Go benchmark beside them; these cases run it and take one of its figures.
func init() {
	ours["scheduler_task"] = goBench("sheaf/internal/scheduler", "^BenchmarkIndependent$/^list$/^workers=100$", "ns/task", 1e-3)
	ours["scheduler_deps"] = goBench("sheaf/internal/scheduler", "^BenchmarkBlockwise$/^workers=100$", "ns/task", 1e-3)
	ours["scheduler_bytes"] = goBench("sheaf/internal/scheduler", "^BenchmarkAdmit$/^list$", "B/task", 1)
	ours["scheduler_idle"] = goBench("sheaf/internal/sim", "^BenchmarkIdleWorkers$/^500ms$", "scheduler-cores", 1)
}

// goBench runs a Go benchmark and returns one of its figures, times factor.
func goBench(pkg, pattern, unit string, factor float64) Setup {
	return func(context.Context, string) (Run, error) {
		return func(ctx context.Context) (Answer, error) {
			c := exec.CommandContext(ctx, "go", "test", pkg, "-run", "^$", "-bench", pattern, "-benchtime", "3x")
			out, err := c.CombinedOutput()
			if err != nil {
				return Answer{}, fmt.Errorf("%s: %w\n%s", c, err, out)
			}
			v, err := figure(out, unit)
			return Answer{Values: []float64{0}, Measured: v * factor}, err
		}, nil
	}
}

// figure returns the number before a unit in the output of a benchmark.
func figure(out []byte, unit string) (float64, error) {
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		fields := strings.Fields(s.Text())
		for i := 1; i < len(fields); i++ {
			if fields[i] == unit {
				return strconv.ParseFloat(fields[i-1], 64)
			}
		}
	}
	return 0, fmt.Errorf("no figure in %s in:\n%s", unit, out)
}
