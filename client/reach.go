package client

import (
	"fmt"
	"log/slog"
	"time"

	"sheaf/internal/session"
)

// worryAfter is for how long the scheduler may be out of reach before the client says so: who waits for a result is to know why
// nothing happens, and what goes by in a moment is nobody's concern.
const worryAfter = 5 * time.Second

// status takes word of how the session with the scheduler is.
func (l *link) status(s session.Status) {
	l.mu.Lock()
	switch s.State {
	case session.Up:
		l.down = ""
		if l.worry != nil {
			l.worry.Stop()
			l.worry = nil
		}
		if l.told {
			l.told = false
			slog.Info("client: the scheduler is back")
		}
	default:
		l.down = s.Reason
		if l.worry == nil && s.State != session.Ended && !l.ended && l.conf.Worker == 0 { // workers' clients are not looked at
			l.worry = time.AfterFunc(worryAfter, l.tell)
		}
	}
	l.mu.Unlock()
	if s.State == session.Lost {
		l.first.Do(func() { l.welcome <- fmt.Errorf("%s", s.Reason) })
		l.x.Lost(s.Reason)
	}
}

// tell says that the scheduler is out of reach, and what comes of it.
func (l *link) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down == "" || l.ended || l.told {
		return
	}
	l.told = true
	slog.Warn("client: the scheduler cannot be reached; what was asked for is waited for until it is back", "reason", l.down)
}

// reach returns why the scheduler cannot be reached at the moment.
func (l *link) reach() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down == "" {
		return nil
	}
	return fmt.Errorf("client: the scheduler cannot be reached: %s", l.down)
}
