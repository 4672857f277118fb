package scheduler

import (
	"encoding/binary"

	"sheaf/internal/wire"
)

// A record is what one step adds to the durable log: the admissions and the changes of state since the record before, so that
// a standby knows which graphs there are, what of them was finished, and where. Its bytes are a sequence of
//
//	1 client request length submit   a graph was admitted; submit is the message
//	2 serial                         a graph was forgotten
//	3 serial task state worker       a task of the graph with that serial changed its state; serial 0 is the one before
//
// with all numbers as varints. Tasks are numbered as package lower numbers them, which is the same wherever it is done.
type record struct {
	buf    []byte
	serial uint64
}

const (
	recordAdmitted = 1
	recordForgot   = 2
	recordMoved    = 3
)

func (c *record) moved(r *run, i int32, to status, worker int32) {
	if to == statusWaiting || to == statusQueued || to == statusProcessing {
		return // what was begun is begun again
	}
	c.buf = append(c.buf, recordMoved)
	serial := r.serial
	if serial == c.serial {
		serial = 0
	} else {
		c.serial = serial
	}
	c.buf = binary.AppendUvarint(c.buf, serial)
	c.buf = binary.AppendUvarint(c.buf, uint64(i))
	c.buf = append(c.buf, byte(to))
	c.buf = binary.AppendUvarint(c.buf, uint64(worker))
}

func (s *Scheduler) recordAdmission(c *client, m *wire.Submit) {
	if !s.conf.Log {
		return
	}
	b, err := wire.Append(nil, m)
	if err != nil {
		s.note(LevelError, "a graph cannot be logged: "+err.Error())
		return
	}
	k := &s.record
	k.buf = append(k.buf, recordAdmitted)
	k.buf = binary.AppendUvarint(k.buf, uint64(c.number))
	k.buf = binary.AppendUvarint(k.buf, m.Request)
	k.buf = binary.AppendUvarint(k.buf, uint64(len(b)))
	k.buf = append(k.buf, b...)
}

func (s *Scheduler) recordForgotten(r *run) {
	if s.conf.Log {
		s.record.buf = append(s.record.buf, recordForgot)
		s.record.buf = binary.AppendUvarint(s.record.buf, r.serial)
	}
}

// writeRecord emits what this step adds to the log.
func (s *Scheduler) writeRecord() {
	if len(s.record.buf) > 0 {
		s.effects = append(s.effects, &Record{Bytes: s.record.buf})
		s.record = record{}
	}
}
