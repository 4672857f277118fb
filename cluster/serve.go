package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"sheaf/internal/agent"
)

// A program that is started with MemberVariable in its environment is, from Init on, a scheduler or an agent of a cluster that another program
// keeps. What it shall be comes as the first line of its standard input, secrets too, so that they are in no list of processes. It answers with
// one line of standard output that begins with memberMark. What follows on standard input are signs of life: without any for a while, or at the
// end of input, it ends, in order and with all it has started.

// MemberVariable in the environment of a program that calls [Init] makes it a member of a cluster, for those who implement [Launcher].
const MemberVariable = "SHEAF_CLUSTER_MEMBER"

const (
	memberMark     = "sheaf-member "
	memberVersion  = 1
	memberBytesMax = 4 << 20 // of a document
)

// memberDocument says what a program shall be.
type memberDocument struct {
	Version   int
	Name      string
	Scheduler *SchedulerConfig `json:",omitempty"`
	Agent     *AgentConfig     `json:",omitempty"`
	Own       bool             // an agent starts copies of its own program at once
	Lost      time.Duration    // silence after which it ends
	Level     slog.Level       // of its log
	LogDir    string           // where it and its workers also write what they print, to NAME.log
}

// memberAnswer says what became of it.
type memberAnswer struct {
	Version int
	Hash    string // of its executable
	PID     int
	URL     string `json:",omitempty"` // of a scheduler
	Status  string `json:",omitempty"` // of its status page
	Err     string `json:",omitempty"`
}

// serveMember is the main function of such a program.
func serveMember() int {
	_ = os.Unsetenv(MemberVariable) // what this process starts is none
	signal.Ignore(syscall.SIGPIPE)  // what cannot be printed any more is no reason to leave workers behind
	initialised.Store(true)
	out := os.Stdout
	os.Stdout = os.Stderr // standard output is for the answer alone
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := beMember(ctx, os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

// beMember reads what it shall be, is that, and returns when the one who keeps the cluster is gone, or when it has ended by itself.
func beMember(ctx context.Context, in io.Reader, out io.Writer) error {
	r := bufio.NewReader(in)
	d, err := readMember(r)
	if err != nil {
		return answerMember(out, memberAnswer{Err: err.Error()}, err)
	}
	if d.LogDir != "" {
		done, err := alsoToFile(filepath.Join(d.LogDir, d.Name+".log"))
		if err != nil {
			return answerMember(out, memberAnswer{Err: err.Error()}, err)
		}
		defer done()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go lifeline(r, d.Lost, cancel)
	p, answer, err := d.start(ctx)
	if err != nil {
		answer.Err = err.Error()
		return answerMember(out, answer, err)
	}
	closeIt := func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeMax)
		defer cancel()
		return p.Close(ctx)
	}
	if err := answerMember(out, answer, nil); err != nil {
		return errors.Join(err, closeIt())
	}
	select {
	case <-ctx.Done():
		return closeIt()
	case <-p.Done():
		return errors.Join(p.Err(), closeIt())
	}
}

// readMember reads the first line.
func readMember(r *bufio.Reader) (*memberDocument, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > memberBytesMax:
			return nil, fmt.Errorf("cluster: member: the first line of standard input is longer than %d bytes", memberBytesMax)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, fmt.Errorf("cluster: member: %s=1 is set, but standard input does not say what this program shall be: %w", MemberVariable, err)
		}
		break
	}
	d := &memberDocument{}
	if err := json.Unmarshal(line, d); err != nil {
		return nil, fmt.Errorf("cluster: member: the first line of standard input: %w", err)
	}
	if d.Version != memberVersion {
		return nil, fmt.Errorf("cluster: member: this program speaks version %d with the one that started it, and that one version %d; "+
			"use the same release of sheaf for both", memberVersion, d.Version)
	}
	if (d.Scheduler == nil) == (d.Agent == nil) {
		return nil, errors.New("cluster: member: want either a scheduler or an agent")
	}
	if peerName(d.Name) != d.Name {
		return nil, fmt.Errorf("cluster: member: %q is no name", d.Name)
	}
	return d, nil
}

// start starts what the document says.
func (d *memberDocument) start(ctx context.Context) (Process, memberAnswer, error) {
	answer := memberAnswer{Version: memberVersion, PID: os.Getpid()}
	self, err := agent.Self()
	if err != nil {
		return nil, answer, fmt.Errorf("cluster: %w", err)
	}
	answer.Hash = self.Hash
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: d.Level}))
	if d.Scheduler != nil {
		d.Scheduler.Logger = log
		s, err := startHere(ctx, StartScheduler, *d.Scheduler)
		if err != nil {
			return nil, answer, err
		}
		answer.URL, answer.Status = s.URL(), s.StatusURL()
		return s, answer, nil
	}
	conf := *d.Agent
	conf.Logger = log
	if d.Own {
		conf.executable = self.Hash
	}
	a, err := startHere(ctx, StartAgent, conf)
	if err != nil {
		return nil, answer, err
	}
	return a, answer, nil
}

// answerMember writes the answer, and returns an error that there was already.
func answerMember(out io.Writer, a memberAnswer, already error) error {
	a.Version = memberVersion
	b, err := json.Marshal(a)
	if err == nil {
		_, err = fmt.Fprintf(out, "\n%s%s\n", memberMark, b)
	}
	if already != nil {
		return already
	}
	return err
}

// lifeline calls end when input ends, or nothing came for a while.
func lifeline(r *bufio.Reader, lost time.Duration, end context.CancelCauseFunc) {
	if lost <= 0 {
		lost = memberLost
	}
	timer := time.AfterFunc(lost, func() {
		end(fmt.Errorf("cluster: member: nothing was heard for %v from the program that started it", lost))
	})
	defer timer.Stop()
	var buf [64]byte
	for {
		n, err := r.Read(buf[:])
		if n > 0 {
			timer.Reset(lost)
		}
		if err != nil {
			end(errors.New("cluster: member: the program that started it is gone"))
			return
		}
	}
}

// alsoToFile copies what this process and its workers print to a file that only this user can read. The function returned ends that.
func alsoToFile(path string) (done func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("cluster: member: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cluster: member: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cluster: member: %w", err), f.Close())
	}
	real := os.Stderr
	os.Stdout, os.Stderr = w, w
	var copying sync.WaitGroup
	copying.Go(func() {
		buf := make([]byte, 32<<10)
		for {
			n, err := r.Read(buf)
			_, _ = f.Write(buf[:n]) // a full disk is no reason to stop
			_, _ = real.Write(buf[:n])
			if err != nil {
				return
			}
		}
	})
	return func() {
		os.Stdout, os.Stderr = real, real
		_ = w.Close()
		copying.Wait()
		_, _ = r.Close(), f.Close()
	}, nil
}
