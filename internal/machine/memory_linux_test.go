package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestControlGroups(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  Memory
	}{
		{"version 2, a limit further up", map[string]string{
			"proc/self/cgroup":                    "0::/user.slice/app/leaf\n",
			"sys/fs/cgroup/user.slice/memory.max": "2000000\n", "sys/fs/cgroup/user.slice/app/leaf/memory.max": "max\n",
		}, Memory{16 << 30, 2000000, "/sys/fs/cgroup/user.slice/memory.max"}},
		{"version 2 in a container", map[string]string{
			"proc/self/cgroup": "0::/../../pod\n", "sys/fs/cgroup/memory.max": "512\n",
		}, Memory{16 << 30, 512, "/sys/fs/cgroup/memory.max"}},
		{"version 1", map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "1024\n",
		}, Memory{16 << 30, 1024, "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes"}},
		{"no limit", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, Memory{16 << 30, 16 << 30, "machine"}},
		{"no control groups", nil, Memory{16 << 30, 16 << 30, "machine"}},
	} {
		root := t.TempDir()
		write(t, root, "proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n")
		for name, text := range tc.files {
			write(t, root, name, text)
		}
		if got := withDefaults(memoryNow(root)); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
