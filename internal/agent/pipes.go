package agent

import (
	"os"
	"time"
)

// pipes are the four pipes between an agent and a worker; theirs are the ends that the worker inherits.
type pipes struct {
	fromAgent, toAgent, out, err                         *os.File
	fromAgentTheirs, toAgentTheirs, outTheirs, errTheirs *os.File
}

func (p *pipes) open() (err error) {
	for _, ends := range []struct{ r, w **os.File }{
		{&p.fromAgentTheirs, &p.fromAgent}, {&p.toAgent, &p.toAgentTheirs}, {&p.out, &p.outTheirs}, {&p.err, &p.errTheirs},
	} {
		if *ends.r, *ends.w, err = os.Pipe(); err != nil {
			return err
		}
	}
	return nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close() // a second time, it is an error that means nothing
		}
	}
}

func (p *pipes) closeTheirs() {
	closeAll(p.fromAgentTheirs, p.toAgentTheirs, p.outTheirs, p.errTheirs)
}

func (p *pipes) close() {
	p.closeTheirs()
	closeAll(p.fromAgent, p.toAgent, p.out, p.err)
}

// hangUp ends the reading of what the worker writes, at the given time, and the writing to it now.
func (p *pipes) hangUp(at time.Time) {
	p.fromAgent.SetWriteDeadline(time.Now())
	for _, f := range []*os.File{p.toAgent, p.out, p.err} {
		if f.SetReadDeadline(at) != nil { // pipes of this system have none
			time.Sleep(time.Until(at))
			f.Close()
		}
	}
}
