package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain runs this binary as a process that takes memory when it is asked to.
func TestMain(m *testing.M) {
	if mib, err := strconv.Atoi(os.Getenv("CGROUP_TEST_TAKE_MIB")); err == nil {
		take(mib)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// take touches memory 4 MiB at a time, says so and waits for the end of its input.
func take(mib int) {
	var kept [][]byte
	for len(kept)*4 < mib {
		b := make([]byte, 4<<20)
		for i := 0; i < len(b); i += 512 {
			b[i] = byte(i)
		}
		kept = append(kept, b)
		time.Sleep(time.Millisecond)
	}
	fmt.Println("taken")
	io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(kept)
}

// taker starts a process that takes memory, under a guard, and returns when it has taken it or is dead.
func taker(t *testing.T, l *Limiter, mib int, limitBytes int64) (cmd *exec.Cmd, g *Guard, stop func() error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self)
	cmd.Env = append(os.Environ(), "CGROUP_TEST_TAKE_MIB="+strconv.Itoa(mib), "GOGC=off")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if g, err = l.Guard("taker", limitBytes); err != nil {
		t.Fatal(err)
	}
	g.Prepare(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := g.Started(cmd.Process.Pid, func() { cmd.Process.Kill() }); err != nil {
		t.Fatal(err)
	}
	bufio.NewReader(stdout).ReadString('\n')
	return cmd, g, func() error {
		stdin.Close()
		return cmd.Wait()
	}
}

func maxResident(cmd *exec.Cmd) int64 { return MaxResidentBytes(cmd.ProcessState) }

func watching(t *testing.T) *Limiter {
	if !canRead {
		t.Skip("memory of other processes cannot be read here")
	}
	return &Limiter{method: watched("for the test")}
}

// looked waits until a process was seen with as much memory.
func looked(t *testing.T, g *Guard, bytes int64) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); g.Usage().NowBytes < bytes; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want %d bytes", g.Usage(), bytes)
		}
	}
}

func TestWatchedProcessIsKilledAtItsLimit(t *testing.T) {
	cmd, g, stop := taker(t, watching(t), 4000, 96<<20)
	defer g.Close()
	if err := stop(); err == nil || runtime.GOOS != "windows" && !strings.Contains(err.Error(), "killed") {
		t.Fatalf("got %v, want killed", err)
	}
	v := g.Ended(true, maxResident(cmd))
	if !v.OutOfMemory || !strings.HasPrefix(v.Reason, "memory limit 96 MiB reached: ") {
		t.Errorf("got %+v", v)
	}
	if v.PeakBytes < 96<<20 || v.PeakBytes > 400<<20 {
		t.Errorf("got a peak of %s, want a little over 96 MiB", FormatBytes(v.PeakBytes))
	}
}

func TestPeakBelowTheLimit(t *testing.T) {
	cmd, g, stop := taker(t, watching(t), 64, 1<<30)
	defer g.Close()
	looked(t, g, 64<<20)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	v := g.Ended(false, maxResident(cmd))
	if v.OutOfMemory || v.Reason != "" {
		t.Errorf("got %+v", v)
	}
	if v.PeakBytes < 64<<20 || v.PeakBytes > 400<<20 {
		t.Errorf("got a peak of %s, want a little over 64 MiB", FormatBytes(v.PeakBytes))
	}
}

func TestUsageWhileItLives(t *testing.T) {
	_, g, stop := taker(t, watching(t), 48, 0)
	defer g.Close()
	looked(t, g, 48<<20)
	if u := g.Usage(); u.NowBytes < 48<<20 || u.PeakBytes < u.NowBytes {
		t.Errorf("got %+v, want at least 48 MiB", u)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// TestParentsPeakIsNotTheChilds takes memory here first: Linux reports it as the maximum of every child.
func TestParentsPeakIsNotTheChilds(t *testing.T) {
	b := make([]byte, 300<<20)
	for i := 0; i < len(b); i += 512 {
		b[i] = 1
	}
	runtime.KeepAlive(b)
	cmd, g, stop := taker(t, watching(t), 16, 0)
	defer g.Close()
	looked(t, g, 16<<20)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if v := g.Ended(false, maxResident(cmd)); v.PeakBytes < 16<<20 || v.PeakBytes > 250<<20 {
		t.Errorf("got a peak of %s, want about 20 MiB; the system says %s", FormatBytes(v.PeakBytes), FormatBytes(maxResident(cmd)))
	}
}

func TestInterval(t *testing.T) {
	for _, tc := range []struct {
		now, limit int64
		want       time.Duration
	}{
		{0, 0, intervalMax},
		{0, 1 << 40, intervalMax},
		{1 << 40, 1 << 30, intervalMin},
		{1 << 30, 1 << 30, intervalMin},
		{0, growthBytesPerSecond / 8, max(intervalMin, min(intervalMax, 125*time.Millisecond))},
	} {
		if got := interval(tc.now, tc.limit); got != tc.want {
			t.Errorf("interval(%d, %d): got %v, want %v", tc.now, tc.limit, got, tc.want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1000: "1000 B", 1024: "1 KiB", 512 << 20: "512 MiB", 530 << 20: "530 MiB", 3 << 29: "1.5 GiB", 1000 << 20: "1.0 GiB",
		2 << 40: "2 TiB", 5000 << 40: "5000 TiB", 12345: "12 KiB",
	} {
		if got := FormatBytes(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestMethodSentences(t *testing.T) {
	for _, tc := range []struct {
		m    Method
		want string
	}{
		{Method{Kind: V2, Dir: "/sys/fs/cgroup/x"}, "held by the kernel (control groups, version 2 below /sys/fs/cgroup/x)"},
		{Method{Kind: V1, Dir: "/x"}, "held by the kernel (control groups, version 1 below /x)"},
		{Method{Kind: Watched, Reason: "why"}, "(why)"},
		{Method{Kind: Nothing, Reason: "why"}, "not held (why)"},
	} {
		if got := tc.m.String(); !strings.Contains(got, tc.want) {
			t.Errorf("got %q, want it to contain %q", got, tc.want)
		}
	}
}

// TestNewSaysWhatIsActive runs on whatever there is here.
func TestNewSaysWhatIsActive(t *testing.T) {
	m, err := detect("/", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(m)
	if m.Kind == Watched && m.Reason == "" {
		t.Errorf("got %+v without a reason", m)
	}
}

func TestNamedParentMustBeUsable(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "/nowhere/at/all"} {
		if l, err := New(dir); err == nil {
			t.Errorf("%s: got %v, want an error", dir, l.Method())
		} else if runtime.GOOS == "linux" && !strings.Contains(err.Error(), dir) && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v, want it to name %s", err, dir)
		}
	}
}
