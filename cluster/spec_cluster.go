package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sheaf/client"
)

// A SpecCluster is a cluster that is kept as a [Spec], and those who scale it, say: members that are missing are started, those that fail are
// started again, and those that are too many are ended when others have their values.
//
// Same as distributed.SpecCluster.
type SpecCluster struct {
	spec      Spec
	scheduler SchedulerProcess
	url       string
	control   *control

	ctx  context.Context // of the reconciling goroutine and what it starts
	end  context.CancelCauseFunc
	wake chan struct{}
	loop chan struct{} // closed when the reconciling goroutine has ended
	jobs sync.WaitGroup

	mu      sync.Mutex // guards what follows
	members []*member  // in the order in which they were first wanted
	target  int        // how many are wanted
	changed chan struct{}
	adapts  func() // stops what adapts; nil if nothing does

	closing sync.Once
	closed  chan struct{}
	err     error // of Close
	cause   error // why the cluster ended by itself; set before closed is closed
}

// member is a part of the cluster with what became of it.
type member struct {
	Member
	wanted   bool
	phase    Phase
	process  Process
	cancel   context.CancelFunc // of its start
	began    time.Time          // since when it runs
	retry    time.Time          // when to try again what failed
	failures int                // in a row
	err      error              // the last one
}

// StartSpec starts the scheduler of a cluster, and then its members in the background; [SpecCluster.Wait] waits for them. The cluster lives
// until Close, or until ctx is cancelled, and ends by itself when its scheduler does.
func StartSpec(ctx context.Context, spec Spec) (*SpecCluster, error) {
	if err := spec.fill(); err != nil {
		return nil, err
	}
	c := &SpecCluster{
		spec: spec, wake: make(chan struct{}, 1), loop: make(chan struct{}), changed: make(chan struct{}), closed: make(chan struct{}),
		target: len(spec.Workers) + spec.Initial,
	}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	c.ctx, c.end = context.WithCancelCause(context.WithoutCancel(ctx))
	c.mu.Lock()
	c.grow()
	c.mu.Unlock()
	go c.reconcile()
	go c.watchScheduler()
	context.AfterFunc(ctx, func() { _ = c.Close(context.WithoutCancel(ctx)) })
	return c, nil
}

// open starts the scheduler and connects to it.
func (c *SpecCluster) open(ctx context.Context) (err error) {
	within, cancel := context.WithTimeoutCause(ctx, c.spec.StartTimeout, fmt.Errorf("the scheduler did not start within %v", c.spec.StartTimeout))
	defer cancel()
	if c.scheduler, err = c.spec.Scheduler.StartScheduler(within, c.join("scheduler")); err != nil {
		return err
	}
	c.url = c.scheduler.URL()
	c.control, err = dialControl(within, c.url, c.spec.Name, "keeper", c.spec.Security)
	if err != nil {
		return errors.Join(err, c.scheduler.Close(context.WithoutCancel(ctx)))
	}
	return nil
}

// join is what a member is told.
func (c *SpecCluster) join(name string) Join {
	return Join{Name: name, URL: c.url, Cluster: c.spec.Name, Security: c.spec.Security, Logger: c.spec.Logger}
}

// URL returns the address for clients, and for workers that join by themselves.
func (c *SpecCluster) URL() string { return c.url }

// Security returns the credentials that clients need.
func (c *SpecCluster) Security() Security { return c.spec.Security }

// Name returns the cluster's name.
func (c *SpecCluster) Name() string { return c.spec.Name }

// Info returns the state of the cluster, as its scheduler knows it.
func (c *SpecCluster) Info(ctx context.Context) (*Info, error) { return c.control.info(ctx) }

// Client returns a new client of the cluster. It brings this program's executable, so that members that do not run it yet start it.
func (c *SpecCluster) Client(ctx context.Context) (*client.Client, error) {
	t, err := c.spec.Security.tls()
	if err != nil {
		return nil, err
	}
	return client.Dial(ctx, c.URL(), client.Token(c.spec.Security.Token), client.TLS(t), client.ClusterName(c.spec.Name))
}

// Done is closed when the cluster has ended.
func (c *SpecCluster) Done() <-chan struct{} { return c.closed }

// Err says why the cluster ended by itself, once Done is closed; nil if it was closed.
func (c *SpecCluster) Err() error {
	select {
	case <-c.closed:
		return c.cause
	default:
		return nil
	}
}

// Wait waits until as many members run as are wanted, and no others. When ctx ends first, or the cluster does, the error says what is wrong
// with those that are missing.
func (c *SpecCluster) Wait(ctx context.Context) error {
	for {
		changed := c.Changed()
		s := c.Status()
		ended := false
		select {
		case <-c.closed:
			ended = true
		default:
		}
		if !ended && s.Running() == s.Wanted && len(s.Members) == s.Wanted {
			return nil
		}
		select {
		case <-changed:
		case <-c.closed:
			return fmt.Errorf("cluster: the cluster has ended: %w", errors.Join(c.cause, s.Err()))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("cluster: %d of %d members run: %w", s.Running(), s.Wanted, context.Cause(ctx)), s.Err())
		}
	}
}

// Changed returns a channel that is closed when the next change of [SpecCluster.Status] comes.
func (c *SpecCluster) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// tell wakes those that wait for a change, and the reconciling goroutine. The caller holds mu.
func (c *SpecCluster) tell() {
	c.show()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// show wakes those that wait for a change. The caller holds mu.
func (c *SpecCluster) show() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// watchScheduler ends the cluster when its scheduler has ended: nothing can be done without.
func (c *SpecCluster) watchScheduler() {
	select {
	case <-c.scheduler.Done():
		cause := c.scheduler.Err()
		if cause == nil {
			cause = errors.New("cluster: the scheduler has ended")
		}
		_ = c.close(context.Background(), cause)
	case <-c.closed:
	}
}

// specCloseMax bounds how long members, and then the scheduler, have to end in order.
const specCloseMax = 20 * time.Second

// Close ends the members and then the scheduler. What is being started is given up. When ctx ends the rest is ended by force.
func (c *SpecCluster) Close(ctx context.Context) error { return c.close(ctx, nil) }

func (c *SpecCluster) close(ctx context.Context, cause error) error {
	c.closing.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, specCloseMax)
		defer cancel()
		c.StopAdapt()
		c.end(errors.New("the cluster is being closed"))
		<-c.loop
		c.jobs.Wait() // nobody starts or ends anything now
		c.control.close(ctx)
		errs := c.closeMembers(ctx)
		c.cause = cause
		c.err = errors.Join(append(errs, c.scheduler.Close(ctx))...)
		close(c.closed)
	})
	<-c.closed
	return c.err
}

// closeMembers ends all members at once. Nobody else starts or ends any now.
func (c *SpecCluster) closeMembers(ctx context.Context) []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	errs := make([]error, len(c.members))
	var wait sync.WaitGroup
	for i, m := range c.members {
		p := m.process
		m.phase, m.process = Leaving, nil // who watches it need not say that it has ended
		if p == nil {
			continue
		}
		wait.Go(func() {
			if err := p.Close(ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %w", m.Name, err)
			}
		})
	}
	c.show()
	c.mu.Unlock()
	wait.Wait()
	c.mu.Lock()
	for _, m := range c.members {
		m.phase = Waiting
	}
	c.show()
	return errs
}
