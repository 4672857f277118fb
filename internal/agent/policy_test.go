package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sheaf/internal/wire"
)

// TestPolicy tells lives of workers; each end is followed by what the policy decides.
func TestPolicy(t *testing.T) {
	p := Policy{BackoffMin: 100 * time.Millisecond, BackoffMax: time.Second, HealthyAfter: 10 * time.Second, StartsMax: 3}.withDefaults()
	type end struct {
		cause     Cause
		ready     bool
		permanent bool
		uptime    time.Duration
	}
	long, quick := end{CauseSignal, true, false, time.Minute}, end{CauseExited, true, false, time.Second}
	unready := end{CauseStartFailed, false, false, time.Second}
	for _, tc := range []struct {
		name string
		ends []end
		want string
	}{
		{"a long life", []end{long, long}, "0s 0s"},
		{"quick deaths", []end{quick, quick, quick, quick, quick, quick}, "100ms 200ms 400ms 800ms 1s 1s"},
		{"a long life heals", []end{quick, quick, long, quick}, "100ms 200ms 0s 100ms"},
		{"starts that fail", []end{unready, unready, unready}, "100ms 200ms gave up: 3 starts in a row failed"},
		{"being ready heals", []end{unready, unready, quick, unready, unready, unready}, "100ms 200ms 100ms 100ms 200ms gave up: 3 starts in a row failed"},
		{"no cure", []end{{CauseNotInitialised, false, true, 0}}, "gave up: a restart would not help"},
		{"stopped", []end{{CauseStopped, true, false, time.Minute}}, "no"},
		{"left", []end{{CauseLeft, true, false, time.Second}}, "no"},
		{"out of memory", []end{{CauseMemory, true, false, time.Second}}, "100ms"},
	} {
		var h history
		var got []string
		for _, e := range tc.ends {
			switch d := p.next(&h, e.cause, e.ready, e.permanent, e.uptime); {
			case d.gaveUp != "":
				got = append(got, "gave up: "+d.gaveUp)
			case d.restart:
				got = append(got, d.after.String())
			default:
				got = append(got, "no")
			}
		}
		if text := strings.Join(got, " "); text != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, text, tc.want)
		}
	}
}

func TestPolicyDefaults(t *testing.T) {
	want := Policy{100 * time.Millisecond, 10 * time.Second, 10 * time.Second, 5}
	if diff := cmp.Diff(want, Policy{}.withDefaults()); diff != "" {
		t.Error(diff)
	}
	if got := (Policy{BackoffMin: time.Minute}).withDefaults().backoff(1000); got != time.Minute {
		t.Errorf("got %v", got)
	}
}

func TestExitTexts(t *testing.T) {
	task := wire.Attempt{ID: wire.ID{Layer: wire.NewLayerID(1, 4), Index: 17}, Attempt: 2}
	for _, tc := range []struct {
		e    Exit
		want string
	}{
		{Exit{
			Name: "w-0", PID: 12, Cause: CauseMemory, Code: -1, Signal: "SIGKILL", Number: 9, Reason: "memory limit 512 MiB reached: 530 MiB in use", OOMKilled: true,
			PeakBytes: 530 << 20, LimitBytes: 512 << 20, Uptime: 3210 * time.Millisecond, Running: []wire.Attempt{task}, LogTail: []string{"one", "two"},
		}, `worker w-0 (pid 12) was killed by signal 9 (SIGKILL) after 3.2s; memory limit 512 MiB reached: 530 MiB in use; peak memory 530 MiB; it was running 1.4[17] (attempt 2); last log lines:
    one
    two`},
		{
			Exit{Name: "w-1", PID: 13, Cause: CauseExited, Code: 7, PeakBytes: 100 << 20, LimitBytes: 1 << 30, Uptime: 90 * time.Second},
			`worker w-1 (pid 13) exited with code 7 after 1m30s; peak memory 100 MiB of 1 GiB`,
		},
		{
			Exit{Name: "w-1", PID: 13, Cause: CauseSignal, Code: -1, Signal: "SIGSEGV", Number: 11, Running: []wire.Attempt{task, task, task, task, task}, RunningMore: 2},
			`worker w-1 (pid 13) was killed by signal 11 (SIGSEGV) after 0s; it was running 1.4[17] (attempt 2), 1.4[17] (attempt 2), 1.4[17] (attempt 2), 1.4[17] (attempt 2) and 3 more`,
		},
		{Exit{Name: "w-1", Cause: CauseNotStarted, Reason: "no such file", GaveUp: "a restart would not help"}, `worker w-1 could not be started; no such file; not started again: a restart would not help`},
		{Exit{Name: "w-1", PID: 4, Cause: CauseExited, RunningMore: 3}, `worker w-1 (pid 4) exited with code 0 after 0s; it was running 3 tasks`},
	} {
		if diff := cmp.Diff(tc.want, tc.e.Error()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestCauses(t *testing.T) {
	if got := fmt.Sprint(Cause(0), CauseExited, CauseMemory, CauseStartFailed, Cause(200)); got != "invalid exited memory start failed invalid" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(State(0), Starting, Ended, State(9)); got != "invalid starting ended invalid" {
		t.Errorf("got %s", got)
	}
}
