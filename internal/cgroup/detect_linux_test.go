package cgroup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// tree writes files below a directory of the test's.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestDetect(t *testing.T) {
	self := strconv.Itoa(os.Getpid()) + "\n"
	const fs = "sys/fs/cgroup/"
	for _, tc := range []struct {
		name  string
		files map[string]string
		kind  Kind
		want  string // in Dir or Reason
	}{
		{"the root of a container", map[string]string{
			"proc/self/cgroup": "0::/\n", fs + "cgroup.controllers": "cpu memory pids\n", fs + "cgroup.events": "", fs + "cgroup.procs": self,
		}, V2, "/sys/fs/cgroup"},
		{"the root of a container, divided already", map[string]string{
			"proc/self/cgroup": "0::/sheaf-agent\n", fs + "cgroup.controllers": "memory\n", fs + "cgroup.events": "", fs + "cgroup.procs": "",
			fs + "sheaf-agent/cgroup.controllers": "memory\n", fs + "sheaf-agent/cgroup.procs": self,
		}, V2, "/sys/fs/cgroup"},
		{"the root of the machine", map[string]string{
			"proc/self/cgroup": "0::/\n", fs + "cgroup.controllers": "cpu memory pids\n", fs + "cgroup.procs": self,
		}, Watched, "not delegated"},
		{"somebody else is there", map[string]string{
			"proc/self/cgroup": "0::/\n", fs + "cgroup.controllers": "memory\n", fs + "cgroup.events": "", fs + "cgroup.procs": "1\n" + self,
		}, Watched, "other processes"},
		{"a service that was not given its group", map[string]string{
			"proc/self/cgroup": "0::/system.slice/a.service\n", fs + "cgroup.controllers": "memory\n",
			fs + "system.slice/a.service/cgroup.controllers": "memory\n", fs + "system.slice/a.service/cgroup.events": "",
			fs + "system.slice/cgroup.controllers": "memory\n", fs + "system.slice/a.service/cgroup.procs": self,
		}, Watched, "not delegated"},
		{"memory is not controlled", map[string]string{
			"proc/self/cgroup": "0::/x\n", fs + "cgroup.controllers": "memory\n", fs + "x/cgroup.controllers": "cpu\n",
		}, Watched, "not given to the control group"},
		{"both versions", map[string]string{
			"proc/self/cgroup": "4:memory:/x\n0::/\n", fs + "unified/cgroup.controllers": "hugetlb\n", fs + "memory/x/memory.limit_in_bytes": "1\n",
		}, Watched, "version 1 here"},
		{"version 1", map[string]string{"proc/self/cgroup": "4:memory:/x\n", fs + "memory/x/memory.limit_in_bytes": "1\n"}, Watched, "version 1 only"},
		{"another hierarchy's path", map[string]string{
			"proc/self/cgroup": "0::/../outside\n", fs + "cgroup.controllers": "memory\n", fs + "cgroup.procs": self,
		}, Watched, "not visible"},
		{"nothing", nil, Watched, "no control groups"},
	} {
		m, err := detect(tree(t, tc.files), "")
		if err != nil || m.Kind != tc.kind || !strings.Contains(m.Dir+m.Reason, tc.want) {
			t.Errorf("%s: got %v, %+v, %v; want %v, …%s…", tc.name, m.Kind, m, err, tc.kind, tc.want)
		}
	}
}

func TestNamedParent(t *testing.T) {
	root := tree(t, map[string]string{
		"v2/cgroup.controllers": "memory\n", "v2/cgroup.procs": "",
		"cpu/cgroup.controllers":  "cpu\n",
		"full/cgroup.controllers": "memory\n", "full/cgroup.procs": "1\n",
		"v1/memory.limit_in_bytes": "9223372036854771712\n",
		"none/file":                "",
	})
	for dir, want := range map[string]Kind{"v2": V2, "v1": V1, "cpu": 0, "full": 0, "none": 0} {
		m, err := detect("/", filepath.Join(root, dir))
		if m.Kind != want || (err == nil) != (want != 0) {
			t.Errorf("%s: got %v, %v; want %v", dir, m.Kind, err, want)
		}
	}
}

// TestGroupFiles makes a group in a tree of plain files and reads back what the kernel would have read.
func TestGroupFiles(t *testing.T) {
	root := tree(t, map[string]string{"cgroup.controllers": "memory\n", "cgroup.procs": "", "cgroup.subtree_control": ""})
	gs, err := newGroups(Method{Kind: V2, Dir: root})
	if err != nil {
		t.Fatal(err)
	}
	if got := words(filepath.Join(root, "cgroup.subtree_control")); len(got) != 1 || got[0] != "+memory" {
		t.Errorf("got %v, want +memory", got)
	}
	g := &group{dir: tree(t, map[string]string{
		"memory.max": "", "memory.oom.group": "", "memory.swap.max": "", "memory.current": "7\n", "memory.peak": "9\n",
		"memory.events": "low 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 1\n",
	}), v2: true}
	if err := g.limit(1 << 20); err != nil {
		t.Fatal(err)
	}
	if got := number(g.file("memory.max"), ""); got != 1<<20 {
		t.Errorf("memory.max: got %d", got)
	}
	if got := number(g.file("memory.oom.group"), ""); got != 1 {
		t.Errorf("memory.oom.group: got %d", got)
	}
	if got := g.usage(); got != (Usage{7, 9}) {
		t.Errorf("got %+v", got)
	}
	if got := g.oomKills(); got != 2 {
		t.Errorf("got %d kills, want 2", got)
	}
	if _, err := gs.make("a/../b", 1); err == nil {
		t.Error("a group in a file system that makes no control files was made")
	}
	if left, _ := filepath.Glob(filepath.Join(root, prefix+"*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// given returns a limiter of the control group that is the tests' to divide: SHEAF_TEST_CGROUP names one, or says that this process's
// own was "delegated".
func given(t *testing.T) *Limiter {
	t.Helper()
	parent := os.Getenv("SHEAF_TEST_CGROUP")
	if parent == "" {
		t.Skip("SHEAF_TEST_CGROUP names no control group that may be divided (version 2: mkdir one and leave it empty)")
	}
	if parent == "delegated" {
		parent = ""
	}
	l, err := New(parent)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(l.Method())
	if k := l.Method().Kind; k != V2 && k != V1 {
		t.Fatalf("got %v, want control groups", k)
	}
	return l
}

func TestKernelHoldsTheLimit(t *testing.T) {
	l := given(t)
	cmd, g, stop := taker(t, l, 400, 64<<20)
	if err := stop(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("got %v, want killed", err)
	}
	v := g.Ended(true, maxResident(cmd))
	if !v.OutOfMemory || v.Reason != "memory limit 64 MiB reached, killed by the kernel" || v.PeakBytes < 60<<20 || v.PeakBytes > 70<<20 {
		t.Errorf("got %+v", v)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}

	cmd, g, stop = taker(t, l, 32, 128<<20)
	if u := g.Usage(); u.NowBytes < 32<<20 {
		t.Errorf("got %+v, want at least 32 MiB", u)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if v := g.Ended(false, maxResident(cmd)); v.OutOfMemory || v.PeakBytes < 32<<20 || v.PeakBytes > 100<<20 {
		t.Errorf("got %+v", v)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(l.Method().Dir, prefix+"taker*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRemoveKillsWhatIsLeft ends the grandchildren that a task has left in its group.
func TestRemoveKillsWhatIsLeft(t *testing.T) {
	l := given(t)
	_, g, stop := taker(t, l, 4, 64<<20)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	left := exec.Command(self)
	left.Env = append(os.Environ(), "CGROUP_TEST_TAKE_MIB=1")
	stdin, err := left.StdinPipe() // kept open: it waits
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	if err := put(g.group.file("cgroup.procs"), strconv.Itoa(left.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	done := make(chan error, 1)
	go func() { done <- left.Wait() }()
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("got %v, want killed", err)
	}
}
