package cluster

import (
	"context"
	"errors"
	"fmt"
)

// Scale says how many members there shall be, and returns at once. New ones are started in the background. Of those that are too many the idle
// ones end first, each after others have its values; one whose values nobody can take stays, and its status says so. What adapts the cluster
// is stopped.
//
// Same as SpecCluster.scale.
func (c *SpecCluster) Scale(members int) error {
	c.StopAdapt()
	return c.scale(members)
}

func (c *SpecCluster) scale(members int) error {
	if members < 0 {
		return fmt.Errorf("cluster: Scale(%d): want at least 0", members)
	}
	if most := c.spec.most(); most >= 0 && members > most {
		return fmt.Errorf("cluster: Scale(%d): there can be %d members at most (Spec.Workers, Spec.Names)", members, most)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target = members
	c.grow()
	c.tell()
	return nil
}

// ScaleThreads is [SpecCluster.Scale] to as many members as so many tasks at a time need.
//
// Same as SpecCluster.scale(cores=).
func (c *SpecCluster) ScaleThreads(threads int) error {
	each := c.unit()
	if each.threads() <= 0 {
		return errors.New("cluster: ScaleThreads: how many threads a member has is not known; set Member.Threads")
	}
	return c.Scale((threads + each.threads() - 1) / each.threads())
}

// ScaleMemory is [SpecCluster.Scale] to as many members as have so many bytes of memory.
//
// Same as SpecCluster.scale(memory=).
func (c *SpecCluster) ScaleMemory(bytes int64) error {
	each := c.unit()
	if each.memory() <= 0 {
		return errors.New("cluster: ScaleMemory: how much memory a member has is not known; set Member.MemoryBytes")
	}
	return c.Scale(int((bytes + each.memory() - 1) / each.memory()))
}

// unit is the member by which the cluster grows.
func (c *SpecCluster) unit() *Member {
	if c.spec.Template.Starter == nil && len(c.spec.Workers) > 0 {
		return &c.spec.Workers[0]
	}
	return &c.spec.Template
}

// Remove says that the named members shall not be any more, and returns at once. They end as those do that are too many for [SpecCluster.Scale].
//
// Same as SpecCluster.scale_down.
func (c *SpecCluster) Remove(names ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*member
	for _, name := range names {
		m := c.find(name)
		if m == nil {
			return fmt.Errorf("cluster: Remove: there is no member %q", name)
		}
		if m.wanted {
			found = append(found, m)
		}
	}
	for _, m := range found {
		if m.wanted { // not named twice
			m.wanted = false
			c.target--
		}
	}
	c.tell()
	return nil
}

// Adapt lets the number of members follow the load, until stop is called, which waits for what is being done, or Scale. Members that are too
// many end as for [SpecCluster.Scale]. A second call replaces the first.
//
// Same as SpecCluster.adapt.
func (c *SpecCluster) Adapt(ctx context.Context, conf Adaptive) (stop func(), err error) {
	if err := conf.fill(c.unit()); err != nil {
		return nil, err
	}
	if most := c.spec.most(); most >= 0 && conf.Maximum > most {
		return nil, fmt.Errorf("cluster: adapt: up to %d members, but there can be %d at most (Spec.Workers, Spec.Names)", conf.Maximum, most)
	}
	c.StopAdapt()
	stop = follow(ctx, &conf, c, c.spec.Logger, func() {})
	c.mu.Lock()
	previous := c.adapts
	c.adapts = stop
	c.mu.Unlock()
	if previous != nil {
		previous() // of a call at the same time
	}
	select {
	case <-c.closed:
		stop()
	default:
	}
	return stop, nil
}

// StopAdapt ends what [SpecCluster.Adapt] began; the members that are there stay.
//
// Same as Adaptive.stop.
func (c *SpecCluster) StopAdapt() {
	c.mu.Lock()
	stop := c.adapts
	c.adapts = nil
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// info, size, grown and shrunk are what follow drives.
func (c *SpecCluster) info(ctx context.Context) (*Info, error) { return c.control.info(ctx) }

func (c *SpecCluster) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target
}

func (c *SpecCluster) grown(n int) { _ = c.scale(n) } // within the limits, which Adapt has checked

func (c *SpecCluster) shrunk(_ context.Context, n int) { _ = c.scale(n) }
