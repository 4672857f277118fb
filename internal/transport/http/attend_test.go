package http

import (
	"context"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"
)

// TestAttend: what counts as a sign of life, and when there is none.
func TestAttend(t *testing.T) {
	const connect, answer = 250 * time.Millisecond, 2 * time.Second
	for name, c := range map[string]struct {
		happens func(trace *httptrace.ClientTrace, end func())
		silent  time.Duration // when it is called; 0 for never
	}{
		"nothing":         {func(*httptrace.ClientTrace, func()) {}, connect},
		"connection":      {func(c *httptrace.ClientTrace, _ func()) { c.GotConn(httptrace.GotConnInfo{}) }, answer},
		"late connection": {func(c *httptrace.ClientTrace, _ func()) { time.Sleep(time.Second); c.GotConn(httptrace.GotConnInfo{}) }, connect},
		"answer": {func(c *httptrace.ClientTrace, _ func()) {
			c.GotConn(httptrace.GotConnInfo{})
			time.Sleep(answer - time.Millisecond)
			c.GotFirstResponseByte()
		}, 0},
		"end": {func(_ *httptrace.ClientTrace, end func()) { end() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, silent, times := time.Now(), time.Duration(0), 0
				ctx, end := Attend(context.Background(), connect, answer, func() { silent, times = time.Since(start), times+1 })
				c.happens(httptrace.ContextClientTrace(ctx), end)
				time.Sleep(time.Minute)
				end()
				if silent != c.silent || times > 1 {
					t.Errorf("got silence %d times, last after %v, want it after %v", times, silent, c.silent)
				}
			})
		})
	}
}
