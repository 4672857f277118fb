package machine

import (
	"bufio"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryNow reads /proc/meminfo and the limits of the control groups this process is in, versions 1 and 2, below root.
func memoryNow(root string) Memory {
	m := Memory{TotalBytes: memTotal(filepath.Join(root, "proc/meminfo"))}
	for _, dir := range cgroupDirs(root) {
		for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
			file := filepath.Join(dir, name)
			if n := readLimit(file); n > 0 && (m.LimitBytes == 0 || n < m.LimitBytes) {
				m.LimitBytes, m.Source = n, "/"+strings.TrimPrefix(strings.TrimPrefix(file, root), "/")
			}
		}
	}
	return m
}

func memTotal(file string) int64 {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if rest, ok := strings.CutPrefix(sc.Text(), "MemTotal:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}

// cgroupDirs lists the directories that may hold a limit: the process's own group and every group around it. In a container the path
// that /proc/self/cgroup names is often not visible and its own group is mounted as the root, which is in the list too.
func cgroupDirs(root string) []string {
	data, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	var dirs []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		parts := strings.SplitN(line, ":", 3) // number:controllers:path
		if len(parts) != 3 {
			continue
		}
		var bases []string
		switch {
		case parts[1] == "":
			bases = []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}
		case contains(parts[1], "memory"):
			bases = []string{"sys/fs/cgroup/memory"}
		}
		for _, base := range bases {
			for p := path.Clean("/" + parts[2]); ; p = path.Dir(p) {
				dirs = append(dirs, filepath.Join(root, base, p))
				if p == "/" {
					break
				}
			}
		}
	}
	return dirs
}

func contains(controllers, name string) bool {
	for c := range strings.SplitSeq(controllers, ",") {
		if c == name {
			return true
		}
	}
	return false
}

// readLimit reads a limit; "max", version 1's huge number for none, and a missing file are 0.
func readLimit(file string) int64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil || n <= 0 || n >= 1<<60 {
		return 0
	}
	return n
}
