package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"sheaf/internal/transport"
)

// Streams are a program that runs somewhere, by its standard streams.
type Streams struct {
	Stdin          io.WriteCloser // of which the end tells the program to end
	Stdout, Stderr io.Reader
	// Wait returns when the program has ended, or cannot be heard any more, and says how. It is called once, after both outputs were read to their
	// ends.
	Wait func() error
	Kill func() // ends the program at once, as far as that can be done from here, and its streams in any case
	// Where says to people where the program runs.
	Where string
	// Output takes each line that the program prints, without its end; nil means the member's logger. It is not called concurrently.
	Output func(line string)
	// Hash, if not empty, is the SHA-256 in hexadecimal that the program's file must have.
	Hash string
}

// A Launcher starts programs somewhere: on a host over SSH, in a container, by a batch system.
type Launcher interface {
	// Launch starts, for a member of a cluster, a program that calls [Init], with [MemberVariable] set to 1 in its environment. It returns when the
	// program has been started; ctx bounds that alone.
	Launch(ctx context.Context, member string) (*Streams, error)
}

// A RemoteConfig is what [RemoteScheduler] and [RemoteWorkers] need to know besides.
type RemoteConfig struct {
	// Host is the name or address by which others reach a scheduler that listens on all addresses of its machine.
	Host string
	// Own has agents start copies of their own program at once. Otherwise they start the programs of clients, when those connect.
	Own bool
	// Lost is the silence after which a member ends because it takes us for gone; the default is 1 min.
	Lost   time.Duration
	Level  slog.Level // of the members' logs
	LogDir string     // directory there in which a member also writes what it prints, to NAME.log; empty means none
}

// memberLost is the default of RemoteConfig.Lost.
const memberLost = time.Minute

// RemoteScheduler starts a scheduler in a program of its own, which ends when this process is gone.
func RemoteScheduler(l Launcher, conf SchedulerConfig, remote RemoteConfig) SchedulerStarter {
	return remoteScheduler{l, conf, remote}
}

// RemoteWorkers is a member that is an agent in a program of its own, which ends when this process is gone.
func RemoteWorkers(l Launcher, conf AgentConfig, remote RemoteConfig) Member {
	return Member{Starter: remoteWorkers{l, conf, remote}, Workers: conf.Processes, Threads: conf.Threads, MemoryBytes: conf.MemoryBytes}
}

type remoteScheduler struct {
	launcher Launcher
	conf     SchedulerConfig
	remote   RemoteConfig
}

// StartScheduler implements [SchedulerStarter].
func (r remoteScheduler) StartScheduler(ctx context.Context, j Join) (SchedulerProcess, error) {
	conf := r.conf
	if len(conf.Plugins) > 0 {
		return nil, fmt.Errorf("cluster: %s: plugins live in the process that starts them; a scheduler elsewhere can have none (SchedulerConfig.Plugins)", j.Name)
	}
	conf.Name, conf.Security = j.Cluster, j.Security
	if conf.StoreDir == "" {
		conf.NoLog = true // it would go with the program
	}
	p, err := startRemote(ctx, r.launcher, r.remote, j, memberDocument{Scheduler: &conf})
	if err != nil {
		return nil, err
	}
	p.url = transport.WithHost(p.answer.URL, r.remote.Host)
	if p.answer.Status != "" {
		p.log.Info("status page", "url", transport.WithHost(p.answer.Status, r.remote.Host))
	}
	return p, nil
}

type remoteWorkers struct {
	launcher Launcher
	conf     AgentConfig
	remote   RemoteConfig
}

// Start implements [Starter].
func (r remoteWorkers) Start(ctx context.Context, j Join) (Process, error) {
	conf := r.conf.joined(j)
	p, err := startRemote(ctx, r.launcher, r.remote, j, memberDocument{Agent: &conf, Own: r.remote.Own})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// remoteProcess is a member in a program of its own.
type remoteProcess struct {
	streams *Streams
	where   string
	log     *slog.Logger
	url     string
	answer  memberAnswer
	said    chan struct{} // closed when there is an answer

	done chan struct{}
	err  error // set before done is closed

	mu      sync.Mutex // guards what follows
	printed []string   // its last lines
	closing bool
	end     chan struct{} // closed when its input is to end
}

// startRemote launches a program, tells it what to be, and waits until it is that.
func startRemote(ctx context.Context, l Launcher, remote RemoteConfig, j Join, d memberDocument) (*remoteProcess, error) {
	d.Version, d.Name, d.Lost, d.Level, d.LogDir = memberVersion, j.Name, remote.Lost, remote.Level, remote.LogDir
	if d.Lost <= 0 {
		d.Lost = memberLost
	}
	doc, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("cluster: %s: %w", j.Name, err)
	}
	s, err := l.Launch(ctx, j.Name)
	if err != nil {
		return nil, fmt.Errorf("cluster: %s: %w", j.Name, err)
	}
	p := &remoteProcess{
		streams: s, where: j.Name, log: loggerOf(j.Logger).With("member", j.Name), said: make(chan struct{}), done: make(chan struct{}),
		end: make(chan struct{}),
	}
	if s.Where != "" {
		p.where = j.Name + " on " + s.Where
	}
	go p.feed(append(doc, '\n'), d.Lost/4)
	go p.attend()
	select {
	case <-p.said:
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return nil, p.failure(context.Cause(ctx))
	}
	select {
	case <-p.said:
	default:
		return nil, p.err
	}
	if err := p.check(); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// check judges the answer.
func (p *remoteProcess) check() error {
	switch {
	case p.answer.Version != memberVersion:
		return p.failure(fmt.Errorf("the program there speaks version %d, this one version %d; use the same release of sheaf for both", p.answer.Version, memberVersion))
	case p.answer.Err != "":
		return p.failure(errors.New(p.answer.Err))
	case p.streams.Hash != "" && p.streams.Hash != p.answer.Hash:
		return p.failure(fmt.Errorf("the program there has the SHA-256 %.12s… instead of %.12s…", p.answer.Hash, p.streams.Hash))
	}
	return nil
}

// feed writes the document, and signs of life until the end. It alone touches the input, which need not be safe for several goroutines.
func (p *remoteProcess) feed(doc []byte, every time.Duration) {
	defer func() { _ = p.streams.Stdin.Close() }()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for text := doc; ; text = []byte("\n") {
		if _, err := p.streams.Stdin.Write(text); err != nil {
			return // it has ended, or is about to
		}
		select {
		case <-p.done:
			return
		case <-p.end:
			return
		case <-tick.C:
		}
	}
}

// attend reads what the program prints until it has ended.
func (p *remoteProcess) attend() {
	var reading sync.WaitGroup
	var once sync.Once
	var outputs sync.Mutex
	line := func(text string) {
		outputs.Lock()
		defer outputs.Unlock()
		p.print(text)
	}
	reading.Go(func() {
		eachLine(p.streams.Stdout, func(text string) {
			rest, ok := strings.CutPrefix(text, memberMark)
			if !ok {
				line(text)
				return
			}
			once.Do(func() {
				if err := json.Unmarshal([]byte(rest), &p.answer); err != nil {
					p.answer.Version, p.answer.Err = memberVersion, "its answer: "+err.Error()
				}
				close(p.said)
			})
		})
	})
	reading.Go(func() { eachLine(p.streams.Stderr, line) })
	reading.Wait()
	err := p.streams.Wait()
	p.mu.Lock()
	closing := p.closing
	p.mu.Unlock()
	if !closing {
		if err == nil {
			err = errors.New("it has ended by itself")
		}
		p.err = p.failure(err)
	}
	close(p.done)
}

// printedMax is how many of the last lines an error shows.
const printedMax = 8

func (p *remoteProcess) print(line string) {
	if line == "" {
		return
	}
	p.mu.Lock()
	if len(p.printed) == printedMax {
		p.printed = append(p.printed[:0], p.printed[1:]...)
	}
	p.printed = append(p.printed, line)
	p.mu.Unlock()
	if p.streams.Output != nil {
		p.streams.Output(line)
		return
	}
	p.log.Info("prints", "line", line)
}

// failure says where something happened, and what was printed last.
func (p *remoteProcess) failure(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.printed) == 0 || strings.Contains(strings.Join(p.printed, "\n"), err.Error()) && len(p.printed) == 1 {
		return fmt.Errorf("cluster: %s: %w", p.where, err)
	}
	return fmt.Errorf("cluster: %s: %w; it printed last:\n  %s", p.where, err, strings.Join(p.printed, "\n  "))
}

// kill ends the program by force, and waits for that.
func (p *remoteProcess) kill() {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	p.streams.Kill()
	<-p.done
}

// URL implements [SchedulerProcess].
func (p *remoteProcess) URL() string { return p.url }

// Done implements [Process].
func (p *remoteProcess) Done() <-chan struct{} { return p.done }

// Err implements [Process].
func (p *remoteProcess) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Close implements [Process].
func (p *remoteProcess) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closing = true
	select {
	case <-p.end:
	default:
		close(p.end)
	}
	p.mu.Unlock()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	p.kill()
	return p.failure(fmt.Errorf("it did not end in time: %w", context.Cause(ctx)))
}

// eachLine reads lines until the end; those that are too long are cut in pieces.
func eachLine(r io.Reader, each func(line string)) {
	b := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := b.ReadSlice('\n')
		if len(line) > 0 {
			each(string(bytes.TrimRight(line, "\r\n")))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
				each("(reading its output: " + err.Error() + ")")
			}
			return
		}
	}
}
