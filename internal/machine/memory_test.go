package machine

import "testing"

func TestDefaults(t *testing.T) {
	for _, tc := range []struct{ in, want Memory }{
		{Memory{}, Memory{assumed, assumed, "assumed"}},
		{Memory{TotalBytes: 8}, Memory{8, 8, "machine"}},
		{Memory{8, 4, "x"}, Memory{8, 4, "x"}},
		{Memory{8, 16, "x"}, Memory{8, 8, "machine"}},
		{Memory{0, 4, "x"}, Memory{4, 4, "x"}},
	} {
		if got := withDefaults(tc.in); got != tc.want {
			t.Errorf("got %v, want %v", got, tc.want)
		}
	}
	if m := MemoryOf(); m.LimitBytes < 1<<20 || m.LimitBytes > m.TotalBytes {
		t.Errorf("got %+v", m)
	}
}
