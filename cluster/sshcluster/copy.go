package sshcluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"sheaf/internal/agent"
)

func selfPath() (string, error) {
	self, err := agent.Self()
	return self.Path, err
}

// probeScript says whether a program is there, whole as far as the host can tell, and marks it as used; and on what machine.
const probeScript = `f="` + programDir + `/%[1]s"; if [ -f "$f" ] && [ -x "$f" ] && ` + sumScript + `; then touch "$f"; echo sheaf-have; ` +
	`else echo sheaf-need; fi; echo sheaf-on $(uname -sm)`

// sumScript fails if the file f has another SHA-256; not where there is nothing to compute it. The program says in any case what it is.
const sumScript = `{ if command -v sha256sum >/dev/null 2>&1; then [ "$(sha256sum < "$f" | cut -c1-64)" = %[1]s ]; fi; }`

// copyScript takes a program from standard input. It appears under its name only when it is whole. Those that nobody has used for a month go.
const copyScript = `umask 077; d="` + programDir + `"; mkdir -p "$d" || exit 1; f="$d/.%[1]s.$$"; ` +
	`cat > "$f" && [ "$(wc -c < "$f")" -eq %[2]d ] && ` + sumScript + ` && chmod 700 "$f" && mv -f "$f" "$d/%[1]s" || ` +
	`{ rm -f "$f"; echo it did not arrive whole >&2; exit 1; }; find "$d" -type f -mtime +30 -exec rm -f {} + 2>/dev/null; exit 0`

// copyTo brings the program to a host that does not have it.
func (l *launcher) copyTo(c *ssh.Client, h host) error {
	l.mu.Lock()
	one := l.copying[h.address()]
	if one == nil {
		one = &sync.Mutex{}
		l.copying[h.address()] = one
	}
	l.mu.Unlock()
	one.Lock()
	defer one.Unlock()
	out, err := remote(c, fmt.Sprintf(probeScript, l.program.hash), nil)
	if err != nil {
		return fmt.Errorf("looking for the program: %w", err)
	}
	if strings.Contains(out, "sheaf-have") {
		return nil
	}
	_, on, _ := strings.Cut(out, "sheaf-on ")
	on, _, _ = strings.Cut(on, "\n")
	if there := platform(on); l.program.own && there != "" && there != runtime.GOOS+"/"+runtime.GOARCH {
		return fmt.Errorf("runs %s (%s), and this program is for %s/%s", on, there, runtime.GOOS, runtime.GOARCH)
	}
	l.slots <- struct{}{}
	defer func() { <-l.slots }()
	f, err := os.Open(l.program.file)
	if err != nil {
		return fmt.Errorf("copying the program: %w", err)
	}
	defer func() { _ = f.Close() }()
	start := time.Now()
	if _, err := remote(c, fmt.Sprintf(copyScript, l.program.hash, l.program.size), f); err != nil {
		return fmt.Errorf("copying the program: %w", err)
	}
	l.conf.Logger.Info("copied the program", "host", h.name, "bytes", l.program.size, "took", time.Since(start).Round(time.Millisecond))
	return nil
}

// remote runs a script on a host and returns what it prints.
func remote(c *ssh.Client, script string, in io.Reader) (string, error) {
	s, err := c.NewSession()
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	var out, errs limited
	s.Stdin, s.Stdout, s.Stderr = in, &out, &errs
	if err = s.Run(shell(script)); err == nil {
		return out.String(), nil
	}
	if _, ok := errors.AsType[*ssh.ExitMissingError](err); ok {
		err = errors.New("the SSH connection was lost")
	}
	if text := strings.TrimSpace(errs.String()); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return "", err
}

// platform returns what Go calls a machine that uname describes, empty if that is not known.
func platform(uname string) string {
	system, machine, _ := strings.Cut(strings.TrimSpace(uname), " ")
	arch := map[string]string{"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64"}[machine]
	if system == "" || arch == "" {
		return ""
	}
	return strings.ToLower(system) + "/" + arch
}

// limited keeps the beginning of what is written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	const most = 64 << 10
	_, _ = l.Buffer.Write(b[:min(len(b), max(0, most-l.Len()))])
	return len(b), nil
}
