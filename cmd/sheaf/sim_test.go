package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSim(t *testing.T) {
	args := []string{"sim", "-seed", "7", "-workers", "5", "-tasks", "500", "-for", "10s"}
	out := must(t, args...)
	if again := must(t, args...); again != out {
		t.Errorf("one seed printed\n%s\nand then\n%s", out, again)
	}
	for _, want := range []string{"seed 7: ", "attempts: ", "faults: ", "violations: 0; state "} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if out := must(t, "sim", "-small", "-seeds", "5", "-faults", "0.5"); !strings.Contains(out, "5 seeds from 1 on, 0 of them with violations") {
		t.Errorf("got\n%s", out)
	}
	out, err := run(t, "sim", "-small", "-seed", "3", "-faults", "0", "-plant", "wrong-attempt")
	if err == nil || !strings.Contains(out, "L3 at ") || !strings.Contains(out, "repeat it with: go run ./cmd/sheaf sim -seed 3 -small -faults 0 -plant wrong-attempt -v") {
		t.Errorf("with a planted bug: error %v\n%s", err, out)
	}
	if out := must(t, "sim", "-small", "-v"); strings.Count(out, "\n") < 100 {
		t.Errorf("with -v only\n%s", out)
	}
	for _, flag := range []string{"-seeds", "-workers", "-clients", "-tasks"} {
		if _, err := run(t, "sim", flag, "0"); err == nil || !strings.Contains(err.Error(), flag+" 0") {
			t.Errorf("%s 0: %v", flag, err)
		}
	}
	if _, err := run(t, "sim", "-plant", "nonsense"); err == nil {
		t.Error("an unknown plant is taken")
	}
}

// TestSimLimits: numbers that no machine has room for are refused, with the limit.
func TestSimLimits(t *testing.T) {
	for flag, want := range map[string]string{"-workers": "at most 100000", "-clients": "at most 10000", "-tasks": "at most 10000000"} {
		if _, err := run(t, "sim", flag, "20000000"); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), flag+" is 20000000") {
			t.Errorf("%s 20000000: %v", flag, err)
		}
	}
}

// TestSimInterrupted: a run that would take minutes ends with its context.
func TestSimInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	c := command()
	c.SetArgs([]string{"sim", "-workers", "5000", "-tasks", "1000000", "-seeds", "1000"})
	c.SetOut(&bytes.Buffer{})
	c.SetErr(&bytes.Buffer{})
	began := time.Now()
	if err := c.ExecuteContext(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 20*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}
