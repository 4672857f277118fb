package client

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sheaf/internal/session"
)

// Who waits for a cluster that is out of reach is told so, once, and that it is back; a moment is passed over.
func TestOutageIsTold(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		down, up := session.Status{State: session.Down, Reason: "nothing heard for 3s"}, session.Status{State: session.Up}
		l := &link{}
		l.status(up)
		l.status(down)
		time.Sleep(worryAfter / 2)
		l.status(up)
		time.Sleep(2 * worryAfter)
		synctest.Wait()
		if out.Len() > 0 || l.reach() != nil {
			t.Errorf("after a moment: %q, %v", out.String(), l.reach())
		}
		l.status(down)
		time.Sleep(worryAfter / 2)
		l.status(down)
		time.Sleep(3 * worryAfter)
		synctest.Wait()
		if got := out.String(); strings.Count(got, "cannot be reached") != 1 || !strings.Contains(got, "nothing heard for 3s") || l.reach() == nil {
			t.Errorf("after a while: %q, %v", got, l.reach())
		}
		out.Reset()
		l.status(up)
		if got := out.String(); !strings.Contains(got, "is back") || l.reach() != nil {
			t.Errorf("when it is back: %q, %v", got, l.reach())
		}
		l.status(down)
		l.mu.Lock()
		l.ended = true
		l.mu.Unlock()
		out.Reset()
		time.Sleep(2 * worryAfter)
		synctest.Wait()
		if out.Len() > 0 {
			t.Errorf("after the end: %q", out.String())
		}
	})
}
