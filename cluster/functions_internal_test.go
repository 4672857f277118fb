package cluster

import (
	"context"
	"strings"
	"testing"

	"sheaf/internal/agent"
	"sheaf/internal/wire"
)

// A scheduler of another executable runs no function, and malformed ones are an error.
func TestFunctionsOfOthers(t *testing.T) {
	f := newFunctions(&core{log: loggerOf(nil)}, true)
	defer f.close()
	_, err := f.run(t.Context(), "c", strings.Repeat("0", 64), &wire.RunOnScheduler{Func: []byte("f")})
	if err == nil || !strings.Contains(err.Error(), "another executable (") || !strings.Contains(err.Error(), "(000000000000)") {
		t.Errorf("got %v", err)
	}
	self, err := agent.Self()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.run(t.Context(), "c", self.Hash, &wire.RunOnScheduler{Func: []byte("garbage")}); err == nil {
		t.Error("garbage was run")
	}
	f.allowed = false
	if _, err := f.run(t.Context(), "c", self.Hash, &wire.RunOnScheduler{}); err == nil || !strings.Contains(err.Error(), "AllowFunctions") {
		t.Errorf("got %v", err)
	}
	// Who is no client is not answered.
	other := []wire.Message{&wire.Call{Request: 1, Body: &wire.RunOnScheduler{}}, &wire.Heartbeat{}, &wire.Call{Request: 2, Body: &wire.RunOnScheduler{}}}
	if left := f.take("w", other); len(left) != 1 {
		t.Errorf("%d messages are left, want the heartbeat", len(left))
	}
	f.joins("c", self.Hash)
	ctx, cancel := context.WithCancelCause(f.ctx)
	f.cancels["c"] = map[*context.CancelCauseFunc]struct{}{&cancel: {}}
	f.leaves("c")
	if ctx.Err() == nil || len(f.hashes)+len(f.cancels) > 0 {
		t.Error("the functions of a client that is gone go on")
	}
}
