package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// machine describes where this runs: processor, cores, memory, system.
func machine() string {
	parts := []string{}
	if cpu := procField("/proc/cpuinfo", "model name"); cpu != "" {
		parts = append(parts, cpu)
	}
	parts = append(parts, fmt.Sprintf("%d cores", runtime.NumCPU()))
	if kb, err := strconv.ParseFloat(strings.TrimSuffix(procField("/proc/meminfo", "MemTotal"), " kB"), 64); err == nil {
		parts = append(parts, fmt.Sprintf("%.0f GiB", kb/(1<<20)))
	}
	return strings.Join(append(parts, runtime.GOOS+"/"+runtime.GOARCH), ", ")
}

// procField returns the value of the first line "name : value" of a file, or "".
func procField(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// ownVersions are the versions of Go and of sheaf: the commit, marked when files were changed since.
func ownVersions() map[string]string {
	v := map[string]string{"go": runtime.Version(), "sheaf": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v["sheaf"] = s.Value[:min(12, len(s.Value))]
				return v
			}
		}
	}
	// go run does not stamp the binary.
	if rev, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output(); err == nil {
		v["sheaf"] = strings.TrimSpace(string(rev))
		if exec.Command("git", "diff", "--quiet", "HEAD").Run() != nil {
			v["sheaf"] += "+changes"
		}
	}
	return v
}
