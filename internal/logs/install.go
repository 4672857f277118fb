package logs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// installation is what stood where this package's handlers stand.
type installation struct {
	before *slog.Logger
	mine   *forwarder
	next   slog.Handler // writes what is logged

	out   io.Writer // of package log, before
	flags int
	left  io.Writer // of package log, now
}

// install puts this package's handlers before those that there are. Package log goes on writing what it wrote, where it wrote it; if that
// was slog, it writes to the new one.
func install() *installation {
	i := &installation{before: slog.Default(), out: log.Writer(), flags: log.Flags()}
	i.next = i.before.Handler()
	linked := typeName(i.out) == "*slog.handlerWriter" // somebody has called slog.SetDefault
	t := &tee{out: i.out}
	if typeName(i.next) == "*slog.defaultHandler" { // it writes to package log, from where its records would come a second time
		i.next = newPlain(i.next, t)
	}
	i.mine = &forwarder{next: i.next}
	slog.SetDefault(slog.New(i.mine))
	if !linked {
		log.SetOutput(t)
		log.SetFlags(i.flags)
	}
	i.left = log.Writer()
	return i
}

// remove puts back what stood there, where this package's handlers still stand.
func (i *installation) remove() {
	out, flags := log.Writer(), log.Flags()
	if slog.Default().Handler() == slog.Handler(i.mine) {
		slog.SetDefault(i.before)
		log.SetOutput(out)
		log.SetFlags(flags)
	}
	if out == i.left {
		log.SetOutput(i.out)
		log.SetFlags(i.flags)
	}
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }

// tee is the output of package log while somebody listens.
type tee struct {
	mu  sync.Mutex // guards out
	out io.Writer
}

// Write takes a line of package log.
func (t *tee) Write(b []byte) (int, error) {
	text := strings.TrimSuffix(string(b), "\n")
	level, message := levelOf(headless(text, log.Prefix(), log.Flags()))
	r := slog.NewRecord(time.Now(), level, message, 0)
	if tell(context.Background(), &r, nil) {
		return len(b), nil
	}
	return t.write(b)
}

func (t *tee) write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(b)
}

// headless returns a line of package log without what it puts before the message.
func headless(line, prefix string, flags int) string {
	if flags&log.Lmsgprefix == 0 {
		line = strings.TrimPrefix(line, prefix)
	}
	skip := 0
	if flags&log.Ldate != 0 {
		skip += len("2006/01/02 ")
	}
	if flags&(log.Ltime|log.Lmicroseconds) != 0 {
		skip += len("15:04:05 ")
		if flags&log.Lmicroseconds != 0 {
			skip += len(".000000")
		}
	}
	line = line[min(skip, len(line)):]
	if flags&(log.Lshortfile|log.Llongfile) != 0 {
		if _, rest, ok := strings.Cut(line, ": "); ok {
			line = rest
		}
	}
	if flags&log.Lmsgprefix != 0 {
		line = strings.TrimPrefix(line, prefix)
	}
	return line
}

// levelOf takes the level off a line that a logger wrote which was made from slog's own default one before somebody listened.
func levelOf(line string) (slog.Level, string) {
	word, rest, ok := strings.Cut(line, " ")
	if !ok || word != strings.ToUpper(word) {
		return slog.LevelInfo, line
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(word)); err != nil {
		return slog.LevelInfo, line
	}
	return l, rest
}

// What a record has of which only the attributes are written.
const (
	noLevel   slog.Level = -1 << 31
	noMessage            = "\x00"
)

// plain writes as slog's own default handler does, past package log.
type plain struct {
	like  slog.Handler // says what is written
	to    *tee
	attrs slog.Handler // writes attributes to buf
	buf   *lockedBuffer
}

// lockedBuffer is where the attributes of one record are written. All handlers made from one share it.
type lockedBuffer struct {
	mu sync.Mutex // held by the one record that is being written
	bytes.Buffer
}

func newPlain(like slog.Handler, to *tee) *plain {
	p := &plain{like: like, to: to, buf: &lockedBuffer{}}
	p.attrs = slog.NewTextHandler(p.buf, &slog.HandlerOptions{Level: noLevel, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if level, ok := a.Value.Any().(slog.Level); len(groups) == 0 && (ok && a.Key == slog.LevelKey && level == noLevel || a.Key == slog.MessageKey && a.Value.String() == noMessage) {
			return slog.Attr{} // not the record's own
		}
		return a
	}})
	return p
}

// Enabled implements slog.Handler.
func (p *plain) Enabled(ctx context.Context, l slog.Level) bool { return p.like.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (p *plain) Handle(ctx context.Context, r slog.Record) error {
	p.buf.mu.Lock()
	defer p.buf.mu.Unlock()
	p.buf.Reset()
	own := slog.NewRecord(time.Time{}, noLevel, noMessage, 0)
	r.Attrs(func(a slog.Attr) bool {
		own.AddAttrs(a)
		return true
	})
	if err := p.attrs.Handle(ctx, own); err != nil {
		return err
	}
	text := r.Level.String() + " " + r.Message
	if attrs := strings.TrimSpace(p.buf.String()); attrs != "" {
		text += " " + attrs
	}
	flags := log.Flags()
	if flags&(log.Lshortfile|log.Llongfile) != 0 && r.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		file := frame.File
		if flags&log.Lshortfile != 0 {
			file = filepath.Base(file)
		}
		text = fmt.Sprintf("%s:%d: %s", file, frame.Line, text)
	}
	return log.New(writer(p.to.write), log.Prefix(), flags&^(log.Lshortfile|log.Llongfile)).Output(0, text)
}

// WithAttrs implements slog.Handler.
func (p *plain) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *p
	n.attrs = p.attrs.WithAttrs(attrs)
	return &n
}

// WithGroup implements slog.Handler.
func (p *plain) WithGroup(name string) slog.Handler {
	n := *p
	n.attrs = p.attrs.WithGroup(name)
	return &n
}

// writer is a function as an io.Writer.
type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
