package cgroup

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	canRead = true

	// A look costs about 30 µs.
	intervalMin = 5 * time.Millisecond
	intervalMax = 250 * time.Millisecond
)

// usageOf reads /proc/PID/status: the resident memory that is no file's, and the most that was ever resident.
func usageOf(pid int) (Usage, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return Usage{}, err
	}
	u := Usage{NowBytes: statusBytes(data, "RssAnon:") + statusBytes(data, "RssShmem:"), PeakBytes: statusBytes(data, "VmHWM:")}
	if u.PeakBytes == 0 { // a zombie has no memory
		return Usage{}, fmt.Errorf("cgroup: process %d has ended", pid)
	}
	return u, nil
}

// statusBytes reads a line such as "VmHWM:     5044 kB".
func statusBytes(status []byte, name string) int64 {
	at := bytes.Index(status, []byte("\n"+name))
	if at < 0 {
		return 0
	}
	line, _, _ := bytes.Cut(status[at+1+len(name):], []byte("\n"))
	kb, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(line), []byte("kB")))), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// selfPeak returns the most that this process had resident.
func selfPeak() int64 {
	u, err := usageOf(os.Getpid())
	if err != nil {
		return 1 << 60
	}
	return u.PeakBytes
}
