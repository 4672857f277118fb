// Package logs takes what a process writes with the default loggers of log/slog and log, besides what these do with it, for those who want
// to have it elsewhere. While nobody listens nothing is changed.
package logs

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// A Record is a log record that can travel.
type Record struct {
	Time    int64  `json:"t"` // nanoseconds of the Unix epoch; 0 for none
	Level   int    `json:"l,omitempty"`
	Message string `json:"m"`
	Task    string `json:"k,omitempty"` // key of the task that wrote it, if that is known
	Attrs   []Attr `json:"a,omitempty"`
	Cut     bool   `json:"c,omitempty"` // there was more than a record may have
}

// An Attr is an attribute with its value as text.
type Attr struct {
	Key   string `json:"k"`
	Kind  byte   `json:"t"` // one of the kind constants
	Text  string `json:"v,omitempty"`
	Group []Attr `json:"g,omitempty"`
}

// The kinds of values. What is none of them travels as the text that a TextHandler would write.
const (
	kindString   = 's'
	kindInt      = 'i'
	kindUint     = 'u'
	kindFloat    = 'f'
	kindBool     = 'b'
	kindDuration = 'd'
	kindTime     = 't'
	kindGroup    = 'g'
)

// Bounds of a record.
const (
	messageMax = 8 << 10
	textMax    = 2 << 10 // of a value
	keyMax     = 200
	attrsMax   = 64 // in all groups together
	depthMax   = 8  // of groups
)

// A Batch is records of one worker, in order. Those that are missing between two batches were dropped.
type Batch struct {
	Worker  string   `json:"w"`
	First   uint64   `json:"n"`           // number of the first one among all that the worker was to forward
	Dropped uint64   `json:"d,omitempty"` // before the first one, since the batch before
	Records []Record `json:"r"`
}

// ErrBatch is matched by the error about bytes that are no batch.
var ErrBatch = errors.New("no batch of log records")

// Encode returns the batch as bytes.
func (b *Batch) Encode() []byte {
	out, err := json.Marshal(b)
	if err != nil {
		return []byte("{}") // all of it is texts and numbers
	}
	return out
}

// ParseBatch reads what [Batch.Encode] has written.
func ParseBatch(b []byte) (*Batch, error) {
	out := &Batch{}
	if err := json.Unmarshal(b, out); err != nil {
		return nil, fmt.Errorf("logs: %w: %w", ErrBatch, err)
	}
	return out, nil
}

// scope is the attributes and groups that a logger was given before a record.
type scope struct {
	outer *scope
	group string // begins here, unless it is empty
	attrs []slog.Attr
}

// collector makes the attributes of one record.
type collector struct {
	left int
	cut  bool
}

// newRecord makes a record of what a handler is given.
func newRecord(r *slog.Record, s *scope) Record {
	c := collector{left: attrsMax}
	out := Record{Level: int(r.Level), Message: c.text(r.Message, messageMax)}
	if !r.Time.IsZero() {
		out.Time = r.Time.UnixNano()
	}
	var own []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		own = append(own, a)
		return len(own) <= attrsMax
	})
	out.Attrs = c.within(s, own)
	out.Cut = c.cut
	return out
}

// within returns the attributes of a scope with inner ones in it.
func (c *collector) within(s *scope, inner []slog.Attr) []Attr {
	for ; s != nil; s = s.outer {
		if s.group != "" {
			if len(inner) > 0 {
				inner = []slog.Attr{{Key: s.group, Value: slog.GroupValue(inner...)}}
			}
			continue
		}
		inner = append(append([]slog.Attr(nil), s.attrs...), inner...)
	}
	return c.attrs(inner, 0)
}

func (c *collector) attrs(all []slog.Attr, depth int) []Attr {
	var out []Attr
	for _, a := range all {
		v := a.Value.Resolve()
		if a.Equal(slog.Attr{}) {
			continue // as handlers do
		}
		if c.left == 0 || depth == depthMax {
			c.cut = true
			return out
		}
		if v.Kind() == slog.KindGroup {
			group := c.attrs(v.Group(), depth+1)
			switch {
			case len(group) == 0:
			case a.Key == "":
				out = append(out, group...)
			default:
				out = append(out, Attr{Key: c.text(a.Key, keyMax), Kind: kindGroup, Group: group})
			}
			continue
		}
		c.left--
		kind, text := textOf(v)
		out = append(out, Attr{Key: c.text(a.Key, keyMax), Kind: kind, Text: c.text(text, textMax)})
	}
	return out
}

func (c *collector) text(s string, most int) string {
	if len(s) > most {
		c.cut = true
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// textOf returns a value's kind and text.
func textOf(v slog.Value) (byte, string) {
	switch v.Kind() {
	case slog.KindInt64:
		return kindInt, strconv.FormatInt(v.Int64(), 10)
	case slog.KindUint64:
		return kindUint, strconv.FormatUint(v.Uint64(), 10)
	case slog.KindFloat64:
		return kindFloat, strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case slog.KindBool:
		return kindBool, strconv.FormatBool(v.Bool())
	case slog.KindDuration:
		return kindDuration, strconv.FormatInt(int64(v.Duration()), 10)
	case slog.KindTime:
		return kindTime, v.Time().Format(time.RFC3339Nano)
	}
	return kindString, printed(v)
}

// printed is the text of any value. The methods of users that make it may panic.
func printed(v slog.Value) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("!PANIC: %v", p)
		}
	}()
	if v.Kind() != slog.KindAny {
		return v.String()
	}
	if m, ok := v.Any().(interface{ MarshalText() ([]byte, error) }); ok {
		if b, err := m.MarshalText(); err == nil {
			return string(b)
		}
	}
	return fmt.Sprintf("%+v", v.Any())
}

// Slog returns the record for a handler, with more attributes after its own.
func (r *Record) Slog(more ...slog.Attr) slog.Record {
	var at time.Time
	if r.Time != 0 {
		at = time.Unix(0, r.Time)
	}
	out := slog.NewRecord(at, slog.Level(r.Level), r.Message, 0)
	out.AddAttrs(slogAttrs(r.Attrs, 0)...)
	if r.Cut {
		out.AddAttrs(slog.Bool("cut", true))
	}
	out.AddAttrs(more...)
	return out
}

func slogAttrs(all []Attr, depth int) []slog.Attr {
	out := make([]slog.Attr, 0, len(all))
	for i := range all {
		out = append(out, all[i].slog(depth))
	}
	return out
}

func (a *Attr) slog(depth int) slog.Attr {
	switch a.Kind {
	case kindGroup:
		if depth < depthMax {
			return slog.Attr{Key: a.Key, Value: slog.GroupValue(slogAttrs(a.Group, depth+1)...)}
		}
	case kindInt:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return slog.Int64(a.Key, n)
		}
	case kindUint:
		if n, err := strconv.ParseUint(a.Text, 10, 64); err == nil {
			return slog.Uint64(a.Key, n)
		}
	case kindFloat:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil {
			return slog.Float64(a.Key, f)
		}
	case kindBool:
		return slog.Bool(a.Key, a.Text == "true")
	case kindDuration:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return slog.Duration(a.Key, time.Duration(n))
		}
	case kindTime:
		if t, err := time.Parse(time.RFC3339Nano, a.Text); err == nil {
			return slog.Time(a.Key, t)
		}
	}
	return slog.String(a.Key, a.Text)
}

// size is about how many bytes the record takes.
func (r *Record) size() int {
	return 48 + len(r.Message) + len(r.Task) + sizeOf(r.Attrs)
}

func sizeOf(all []Attr) (n int) {
	for i := range all {
		n += 24 + len(all[i].Key) + len(all[i].Text) + sizeOf(all[i].Group)
	}
	return n
}
