//go:build linux

package faulttest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sheaf/client"
)

// play is the main function of a copy of this binary that is no worker but another client. It says on standard output when it is ready, and
// lives until it is killed.
func play(role string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := client.Dial(ctx, os.Getenv("FAULTTEST_URL"), client.Token(os.Getenv("FAULTTEST_TOKEN")))
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	switch role {
	case "desk":
		if err := atDesk(ctx, c); err != nil {
			fmt.Println("error:", err)
			return 1
		}
		return 0
	case "careless": // holds results, runs tasks, and says no word of goodbye
		fs := make([]*client.Future[[]byte], 10)
		for i := range fs {
			fs[i] = c.Submit[[]byte](block, uint64(i), 10_000, client.Pure(false))
		}
		if _, err := c.Gather(ctx, fs); err != nil {
			fmt.Println("error:", err)
			return 1
		}
		put := c.ScatterAll([][]byte{block(1, 20_000), block(2, 20_000)})
		if _, _, err := c.Wait(ctx, put); err != nil {
			fmt.Println("error:", err)
			return 1
		}
		for range 4 {
			fs = append(fs, c.Submit[[]byte](lingers, 1500*time.Millisecond, client.Pure(false)))
		}
		if l := c.Lock("careless", client.LeaseTime(time.Second)); l.Lock(ctx) == nil {
			fmt.Println("ready")
		}
		time.Sleep(time.Minute)
		fmt.Fprint(os.Stderr, len(fs), len(put))
	case "holder": // holds a lock until it is told that it does not any more
		l := c.Lock("paused", client.LeaseTime(time.Second))
		if err := l.Lock(ctx); err != nil {
			fmt.Println("error:", err)
			return 1
		}
		fmt.Println("ready", l.Token())
		held := l.Context(ctx)
		<-held.Done()
		fmt.Println("lost", context.Cause(held))
		time.Sleep(time.Minute)
	}
	return 2
}

func lingers(ctx context.Context, d time.Duration) ([]byte, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(d):
		return []byte("done"), nil
	}
}

// A player is a client in another process.
type player struct {
	*exec.Cmd
	lines *bufio.Scanner
}

// start starts a player and waits until it is ready; it returns the rest of that line.
func (r *rig) start(role string) (*player, string) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	p := &player{Cmd: exec.Command(self)}
	p.Env = append(os.Environ(), roleVariable+"="+role, "FAULTTEST_URL="+r.URL(), "FAULTTEST_TOKEN="+r.Security().Token)
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	p.lines = bufio.NewScanner(out)
	return p, p.expect(r.t, "ready")
}

// expect reads the next line, which begins with a word, and returns the rest.
func (p *player) expect(t testing.TB, word string) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the other process has ended; want %q", word)
	}
	rest, ok := strings.CutPrefix(p.lines.Text(), word)
	if !ok {
		t.Fatalf("the other process says %q, want %q", p.lines.Text(), word)
	}
	return strings.TrimSpace(rest)
}

func isSpill(name string) bool { return strings.HasPrefix(filepath.Base(name), "sheaf-spill-") }
