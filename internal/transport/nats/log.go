package nats

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/zeebo/xxh3"

	"sheaf/internal/transport"
)

// A Log is a [transport.Log] in a JetStream stream. Its records have numbers of their own and each message holds the checksum of the one
// before, so that a stream that lost its end, or anything between, is noticed. Only one writer can append: messages are accepted only
// behind the last one that the writer knows, and who was overtaken gets [ErrFenced].
type Log struct {
	js      jetstream.JetStream
	stream  jetstream.Stream
	name    string
	subject string
	msgMax  int
	timeout time.Duration

	mu   sync.Mutex // guards the rest, and is held while appending
	next uint64
	seq  uint64 // of the last message in the stream
	sum  uint64 // of the last message
	err  error
}

var _ transport.Log = (*Log)(nil)

// ErrFenced means that somebody else has appended to the log since this writer opened it.
var ErrFenced = errors.New("nats: another writer has taken over the log")

// A LogConfig says how the stream is made when it does not exist. How soon a record is on disk is the server's setting.
type LogConfig struct {
	Name     string // of the log, within the cluster
	BytesMax int64  // after which appending fails; 16 GiB by default
	Replicas int    // 1 by default

	Timeout time.Duration // of one request to the server, 5 s by default; one that got lost is not answered
}

// A message of the stream is
//
//	0  4  "SLG1"
//	4  4  number of records
//	8  8  number of the first
//	16 8  checksum of the message before, 0 for the first
//	24 8  xxh3 of the rest, seeded with that of the 24 bytes before
//	32    records: a uvarint of the length, then the bytes
const (
	logMagic  = "SLG1"
	logHeader = 32
)

// OpenLog opens a log of the endpoint's cluster, and makes it if it does not exist.
func OpenLog(ctx context.Context, e *Endpoint, conf LogConfig) (*Log, error) {
	if err := transport.CheckName(conf.Name); err != nil {
		return nil, err
	}
	js, err := jetstream.New(e.nc)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	l := &Log{
		js: js, name: "sheaf-" + e.conf.Cluster + "-log-" + conf.Name, subject: "sheaf-log." + e.conf.Cluster + "." + conf.Name,
		msgMax: e.MaxFrame() / 2, next: 1, timeout: conf.Timeout,
	}
	if l.timeout <= 0 {
		l.timeout = 5 * time.Second
	}
	err = l.ask(ctx, func(ctx context.Context) error {
		l.stream, err = js.Stream(ctx, l.name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			l.stream, err = js.CreateStream(ctx, l.config(conf))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("nats: log %s: %w", l.name, explain(err))
	}
	return l, l.findEnd(ctx)
}

// config is the configuration of the stream.
func (l *Log) config(conf LogConfig) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: l.name, Subjects: []string{l.subject}, MaxBytes: positive(conf.BytesMax, 16<<30), Discard: jetstream.DiscardNew,
		Replicas: max(conf.Replicas, 1), Retention: jetstream.LimitsPolicy, Duplicates: time.Second,
	}
}

// ask makes a request with the log's time limit.
func (l *Log) ask(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	return request(ctx)
}

// info asks for the state of the stream.
func (l *Log) info(ctx context.Context) (info *jetstream.StreamInfo, err error) {
	err = l.ask(ctx, func(ctx context.Context) error {
		info, err = l.stream.Info(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("nats: log %s: %w", l.name, explain(err))
	}
	return info, nil
}

// message asks for one.
func (l *Log) message(ctx context.Context, seq uint64) (b batch, err error) {
	var msg *jetstream.RawStreamMsg
	err = l.ask(ctx, func(ctx context.Context) error {
		msg, err = l.stream.GetMsg(ctx, seq)
		return err
	})
	if err != nil {
		return b, fmt.Errorf("nats: log %s: message %d: %w", l.name, seq, explain(err))
	}
	return l.parse(msg.Data, msg.Sequence)
}

// findEnd learns what the last message is.
func (l *Log) findEnd(ctx context.Context) error {
	info, err := l.info(ctx)
	if err != nil {
		return err
	}
	l.seq = info.State.LastSeq
	if info.State.Msgs == 0 {
		if l.seq > 0 {
			return &transport.LogError{Where: l.name, Number: 1, Reason: fmt.Sprintf("%d messages were there and are gone", l.seq), Err: transport.ErrLogGap}
		}
		return nil
	}
	b, err := l.message(ctx, l.seq)
	if err != nil {
		return err
	}
	l.next, l.sum = b.first+uint64(b.count), b.sum
	return nil
}

// batch is a message.
type batch struct {
	first       uint64
	count       uint32
	before, sum uint64
	records     []byte
}

func (l *Log) parse(data []byte, seq uint64) (b batch, err error) {
	damaged := func(reason string) (batch, error) {
		return b, &transport.LogError{Where: fmt.Sprintf("%s, message %d", l.name, seq), Number: b.first, Reason: reason, Err: transport.ErrLogDamaged}
	}
	if len(data) < logHeader || string(data[:4]) != logMagic {
		return damaged("it is no message of a log")
	}
	b = batch{
		count: binary.LittleEndian.Uint32(data[4:]), first: binary.LittleEndian.Uint64(data[8:]), before: binary.LittleEndian.Uint64(data[16:]),
		sum: binary.LittleEndian.Uint64(data[24:]), records: data[logHeader:],
	}
	if logSum(data) != b.sum {
		return damaged("checksum does not match")
	}
	return b, nil
}

func logSum(data []byte) uint64 { return xxh3.HashSeed(data[logHeader:], xxh3.Hash(data[:24])) }

// Append stores records in as few messages as their size allows.
func (l *Log) Append(ctx context.Context, records [][]byte) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	for _, r := range records {
		if len(r) > l.msgMax-logHeader-binary.MaxVarintLen64 {
			return 0, fmt.Errorf("nats: log %s: record of %d bytes, at most %d", l.name, len(r), l.msgMax-logHeader-binary.MaxVarintLen64)
		}
	}
	first := l.next
	for len(records) > 0 {
		n, data := l.encode(records)
		if err := l.publish(ctx, data, n); err != nil {
			l.err = err
			return 0, err
		}
		records = records[n:]
	}
	return first, nil
}

// encode makes a message of as many records as fit.
func (l *Log) encode(records [][]byte) (n int, data []byte) {
	data = append(make([]byte, 0, 4096), logMagic...)
	data = append(data, make([]byte, logHeader-len(logMagic))...)
	for n < len(records) && (n == 0 || len(data)+len(records[n])+binary.MaxVarintLen64 <= l.msgMax) {
		data = append(binary.AppendUvarint(data, uint64(len(records[n]))), records[n]...)
		n++
	}
	binary.LittleEndian.PutUint32(data[4:], uint32(n))
	binary.LittleEndian.PutUint64(data[8:], l.next)
	binary.LittleEndian.PutUint64(data[16:], l.sum)
	binary.LittleEndian.PutUint64(data[24:], logSum(data))
	return n, data
}

func (l *Log) publish(ctx context.Context, data []byte, n int) error {
	var ack *jetstream.PubAck
	err := l.ask(ctx, func(ctx context.Context) (err error) {
		ack, err = l.js.PublishMsg(ctx, &nats.Msg{Subject: l.subject, Data: data}, jetstream.WithExpectLastSequence(l.seq), jetstream.WithExpectStream(l.name))
		return err
	})
	if api, ok := errors.AsType[*jetstream.APIError](err); ok &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return fmt.Errorf("%w: %s (%w)", ErrFenced, l.name, err)
	}
	if err != nil {
		return fmt.Errorf("nats: append to %s: %w", l.name, explain(err))
	}
	l.seq, l.sum = ack.Sequence, binary.LittleEndian.Uint64(data[24:])
	l.next += uint64(n)
	return nil
}

// Replay reads the stream message by message.
func (l *Log) Replay(ctx context.Context, from uint64, f func(uint64, []byte) error) error {
	l.mu.Lock()
	end, last := l.next, l.seq
	l.mu.Unlock()
	if from >= end {
		return nil
	}
	info, err := l.info(ctx)
	if err != nil {
		return err
	}
	it := &reader{l: l, next: info.State.FirstSeq}
	defer it.stop()
	r := replay{l: l, from: from, f: f}
	for seq := info.State.FirstSeq; seq <= last; seq++ {
		msg, err := it.read(ctx)
		if err != nil {
			return fmt.Errorf("nats: log %s: message %d: %w", l.name, seq, explain(err))
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("nats: log %s: %w", l.name, err)
		}
		if meta.Sequence.Stream != seq {
			return &transport.LogError{Where: l.name, Number: r.next, Reason: fmt.Sprintf("message %d follows %d", meta.Sequence.Stream, seq-1), Err: transport.ErrLogGap}
		}
		if err := r.message(msg.Data(), seq); err != nil {
			return err
		}
	}
	if r.next != end {
		return &transport.LogError{Where: l.name, Number: r.next, Reason: fmt.Sprintf("the end is missing, up to %d", end-1), Err: transport.ErrLogGap}
	}
	return nil
}

// patience is how long a reader waits for a message before it asks anew. A server that was lost takes what was asked of it along.
const patience = 2 * time.Second

// A reader reads the messages of a stream in order.
type reader struct {
	l    *Log
	next uint64 // to be read
	it   jetstream.MessagesContext
}

// read returns the next message. Within the log's time limit it asks as often as servers are lost.
func (r *reader) read(ctx context.Context) (msg jetstream.Msg, err error) {
	err = r.l.ask(ctx, func(ctx context.Context) error {
		for {
			if msg, err = r.try(ctx); err == nil || ctx.Err() != nil {
				return err
			}
			r.stop()
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				return err
			}
		}
	})
	if err == nil {
		r.next++
	}
	return msg, err
}

func (r *reader) try(ctx context.Context) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if r.it == nil {
		consumer, err := r.l.js.OrderedConsumer(ctx, r.l.name, jetstream.OrderedConsumerConfig{
			DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:   r.next,
		})
		if err != nil {
			return nil, err
		}
		if r.it, err = consumer.Messages(jetstream.PullMaxMessages(256)); err != nil {
			return nil, err
		}
	}
	return r.it.Next(jetstream.NextContext(ctx))
}

func (r *reader) stop() {
	if r.it != nil {
		r.it.Stop()
		r.it = nil
	}
}

// replay is the state of one.
type replay struct {
	l    *Log
	from uint64
	f    func(uint64, []byte) error
	next uint64 // 0 before the first message
	sum  uint64
}

func (r *replay) message(data []byte, seq uint64) error {
	b, err := r.l.parse(data, seq)
	if err != nil {
		return err
	}
	where := fmt.Sprintf("%s, message %d", r.l.name, seq)
	if r.next == 0 {
		if r.next = b.first; b.first > r.from {
			return &transport.LogError{Where: where, Number: r.from, Reason: fmt.Sprintf("the log begins with %d", b.first), Err: transport.ErrLogGap}
		}
	} else if b.first != r.next || b.before != r.sum {
		return &transport.LogError{Where: where, Number: r.next, Reason: "it does not follow the message before it", Err: transport.ErrLogGap}
	}
	r.sum = b.sum
	for rest := b.records; r.next < b.first+uint64(b.count); r.next++ {
		n, k := binary.Uvarint(rest)
		if k <= 0 || n > uint64(len(rest)-k) {
			return &transport.LogError{Where: where, Number: r.next, Reason: "record beyond its message", Err: transport.ErrLogDamaged}
		}
		if r.next >= r.from {
			if err := r.f(r.next, rest[k:k+int(n)]); err != nil {
				return err
			}
		}
		rest = rest[k+int(n):]
	}
	return nil
}

// Next returns the number of the next record.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Truncate removes the messages whose records are all older, except the last one.
func (l *Log) Truncate(ctx context.Context, before uint64) error {
	info, err := l.info(ctx)
	if err != nil {
		return err
	}
	// The first message to keep, by bisection: the one that holds the record, or the last.
	low, high := info.State.FirstSeq, info.State.LastSeq
	for low < high {
		mid := low + (high-low+1)/2
		b, err := l.message(ctx, mid)
		if err != nil {
			return err
		}
		if b.first <= before {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low <= info.State.FirstSeq {
		return nil
	}
	if err := l.ask(ctx, func(ctx context.Context) error { return l.stream.Purge(ctx, jetstream.WithPurgeSequence(low)) }); err != nil {
		return fmt.Errorf("nats: log %s: %w", l.name, explain(err))
	}
	return nil
}

// Close ends the use of the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = transport.ErrLogClosed
	return nil
}
