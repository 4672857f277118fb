package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// prefix is of the names of the groups that are made.
const prefix = "sheaf-"

// leaf is the group into which a process moves itself before it divides the one it is in: version 2 wants processes at leaves only.
const leaf = prefix + "agent"

// groups makes groups below one.
type groups struct {
	method Method
	serial *atomic.Int64
}

func (gs groups) ok() bool { return gs.serial != nil }

// newGroups prepares the group to be divided and removes what is left of agents that have died.
func newGroups(m Method) (groups, error) {
	gs := groups{m, new(atomic.Int64)}
	if m.Kind == V2 {
		if err := divide(m.Dir); err != nil {
			return groups{}, err
		}
	}
	old, err := filepath.Glob(filepath.Join(m.Dir, prefix+"*"))
	if err != nil {
		return groups{}, err
	}
	for _, dir := range old {
		if filepath.Base(dir) != leaf && len(words(filepath.Join(dir, "cgroup.procs"))) == 0 {
			unix.Rmdir(dir) // fails when processes or groups are in it, which is as well
		}
	}
	return gs, nil
}

// divide makes the memory controller available below a group of version 2, moving this process out of the way if it is in it.
func divide(dir string) error {
	control := filepath.Join(dir, "cgroup.subtree_control")
	if slices.Contains(words(control), "memory") {
		return nil
	}
	if len(words(filepath.Join(dir, "cgroup.procs"))) > 0 {
		at := filepath.Join(dir, leaf)
		if err := os.Mkdir(at, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := put(filepath.Join(at, "cgroup.procs"), strconv.Itoa(os.Getpid())); err != nil {
			return err
		}
	}
	return put(control, "+memory")
}

// put writes a control file.
func put(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

// group is a control group for one process.
type group struct {
	dir string
	v2  bool
	fd  *os.File // of dir, until the process is started
}

// make makes a group with a limit.
func (gs groups) make(name string, limitBytes int64) (*group, error) {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
	base := fmt.Sprintf("%s%.100s-%d-%d", prefix, clean, os.Getpid(), gs.serial.Add(1))
	g := &group{dir: filepath.Join(gs.method.Dir, base), v2: gs.method.Kind == V2}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, err
	}
	if err := g.limit(limitBytes); err != nil {
		unix.Rmdir(g.dir)
		return nil, err
	}
	if g.v2 {
		var err error
		if g.fd, err = os.Open(g.dir); err != nil {
			unix.Rmdir(g.dir)
			return nil, err
		}
	}
	return g, nil
}

// limit writes the limit. What keeps the group from swapping, and has all of it killed together, is not on every kernel.
func (g *group) limit(limitBytes int64) error {
	text := strconv.FormatInt(limitBytes, 10)
	if g.v2 {
		put(g.file("memory.swap.max"), "0")
		put(g.file("memory.oom.group"), "1")
		return put(g.file("memory.max"), text)
	}
	if err := put(g.file("memory.limit_in_bytes"), text); err != nil {
		return err
	}
	put(g.file("memory.memsw.limit_in_bytes"), text)
	return nil
}

func (g *group) file(name string) string { return filepath.Join(g.dir, name) }

// prepare has the kernel start the process inside of the group.
func (g *group) prepare(cmd *exec.Cmd) {
	if g.fd == nil {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.UseCgroupFD = true
	cmd.SysProcAttr.CgroupFD = int(g.fd.Fd())
}

// started puts the process into a group of version 1, where it cannot be born in one.
func (g *group) started(pid int) error {
	if g.fd != nil {
		err := g.fd.Close()
		g.fd = nil
		return err
	}
	return put(g.file("cgroup.procs"), strconv.Itoa(pid))
}

func (g *group) usage() Usage {
	if g.v2 {
		return Usage{number(g.file("memory.current"), ""), number(g.file("memory.peak"), "")}
	}
	return Usage{number(g.file("memory.usage_in_bytes"), ""), number(g.file("memory.max_usage_in_bytes"), "")}
}

func (g *group) oomKills() int64 { return oomKillsOf(g.dir) }

// oomKillsOf reads how many processes of a group, and in version 2 of those below it, were killed for want of memory.
func oomKillsOf(dir string) int64 {
	return max(number(filepath.Join(dir, "memory.events"), "oom_kill"), number(filepath.Join(dir, "memory.oom_control"), "oom_kill"))
}

// oomKills counts the processes killed for want of memory around this process: in its own groups, or in the machine when it is in none.
func oomKills(root string) int64 {
	if data, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup")); err == nil {
		for line := range strings.Lines(string(data)) {
			parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
			if len(parts) != 3 {
				continue
			}
			for _, base := range []string{"sys/fs/cgroup", "sys/fs/cgroup/memory"} {
				dir := filepath.Join(root, base, filepath.Clean("/"+parts[2]))
				if (parts[1] == "" || parts[1] == "memory") && (exists(filepath.Join(dir, "memory.events")) || exists(filepath.Join(dir, "memory.oom_control"))) {
					return oomKillsOf(dir)
				}
			}
		}
	}
	return number(filepath.Join(root, "proc/vmstat"), "oom_kill")
}

// remove kills what is left in the group and removes it. A process that is being killed takes a moment to leave.
func (g *group) remove() error {
	if g.fd != nil {
		g.fd.Close()
		g.fd = nil
	}
	var err error
	for wait := time.Millisecond; wait < time.Second; wait *= 2 {
		if err = unix.Rmdir(g.dir); err == nil || errors.Is(err, unix.ENOENT) {
			return nil
		}
		if put(g.file("cgroup.kill"), "1") != nil {
			for _, pid := range words(g.file("cgroup.procs")) {
				if n, err := strconv.Atoi(pid); err == nil && n > 1 {
					unix.Kill(n, unix.SIGKILL)
				}
			}
		}
		time.Sleep(wait)
	}
	return fmt.Errorf("cgroup: removing %s: %w", g.dir, err)
}
