package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// logger hands the server's warnings and errors to slog.
type logger struct {
	to  *slog.Logger
	mu  sync.Mutex // guards end
	end error
}

func (l *logger) write(level slog.Level, format string, args []any) {
	if l.to != nil {
		l.to.Log(context.Background(), level, "nats: "+fmt.Sprintf(format, args...))
	}
}

func (l *logger) Noticef(format string, args ...any) { l.write(slog.LevelDebug, format, args) }
func (l *logger) Warnf(format string, args ...any)   { l.write(slog.LevelWarn, format, args) }
func (l *logger) Errorf(format string, args ...any)  { l.write(slog.LevelError, format, args) }
func (l *logger) Debugf(string, ...any)              {}
func (l *logger) Tracef(string, ...any)              {}

// Fatalf is called before the server gives up.
func (l *logger) Fatalf(format string, args ...any) {
	l.write(slog.LevelError, format, args)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = errors.Join(l.end, fmt.Errorf(format, args...))
}

func (l *logger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}
