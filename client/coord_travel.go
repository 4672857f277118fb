package client

import (
	"fmt"
	"strings"
	"time"

	"sheaf/internal/codec"
)

// traveller is what is said of a handle to another process. The client is not: there it is the task's.
type traveller struct {
	What, Name string
	Names      []string
	N, Limit   int
	Lease      time.Duration
	NoRenew    bool
}

func (t traveller) pack() ([]byte, error) { return codec.Marshal(t) }

// unpack reads what pack wrote, for a handle of the given sort.
func unpack(what string, b []byte) (traveller, handle, error) {
	codec.RegisterTypeOf[traveller]()
	v, err := codec.Unmarshal(b)
	if err != nil {
		return traveller{}, handle{}, err
	}
	t, ok := v.(traveller)
	if !ok || t.What != what {
		return traveller{}, handle{}, fmt.Errorf("client: %T %s, want a %s", v, t.What, what)
	}
	return t, handle{what: t.What, name: t.Name}, nil
}

// MarshalBinary lets the lock travel to tasks; a lease does not go along.
func (l *Lock) MarshalBinary() ([]byte, error) {
	return traveller{What: l.what, Name: l.name, Lease: l.s.lease, NoRenew: l.s.noRenew}.pack()
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (l *Lock) UnmarshalBinary(b []byte) error {
	t, h, err := unpack("lock", b)
	l.handle, l.s = h, leaseSettings{t.Lease, t.NoRenew}
	return err
}

// MarshalBinary lets the locks travel to tasks; a lease does not go along.
func (l *MultiLock) MarshalBinary() ([]byte, error) {
	return traveller{What: l.what, Names: l.names, N: l.n, Lease: l.s.lease, NoRenew: l.s.noRenew}.pack()
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (l *MultiLock) UnmarshalBinary(b []byte) error {
	t, h, err := unpack("locks", b)
	h.name = strings.Join(t.Names, ", ")
	l.handle, l.names, l.n, l.s = h, t.Names, t.N, leaseSettings{t.Lease, t.NoRenew}
	return err
}

// MarshalBinary lets the semaphore travel to tasks; leases do not go along.
func (s *Semaphore) MarshalBinary() ([]byte, error) {
	return traveller{What: s.what, Name: s.name, Limit: s.limit, Lease: s.s.lease, NoRenew: s.s.noRenew}.pack()
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (s *Semaphore) UnmarshalBinary(b []byte) error {
	t, h, err := unpack("semaphore", b)
	s.handle, s.limit, s.s = h, t.Limit, leaseSettings{t.Lease, t.NoRenew}
	return err
}

// MarshalBinary lets the queue travel to tasks.
func (q *Queue[T]) MarshalBinary() ([]byte, error) {
	return traveller{What: q.what, Name: q.name, Limit: q.max}.pack()
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (q *Queue[T]) UnmarshalBinary(b []byte) error {
	t, h, err := unpack("queue", b)
	q.handle, q.max = h, t.Limit
	return err
}

// MarshalBinary lets the variable travel to tasks.
func (v *Variable[T]) MarshalBinary() ([]byte, error) {
	return traveller{What: v.what, Name: v.name}.pack()
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (v *Variable[T]) UnmarshalBinary(b []byte) error {
	_, h, err := unpack("variable", b)
	v.handle = h
	return err
}

// MarshalBinary lets the event travel to tasks.
func (e *Event) MarshalBinary() ([]byte, error) { return traveller{What: e.what, Name: e.name}.pack() }

// UnmarshalBinary reads what MarshalBinary wrote.
func (e *Event) UnmarshalBinary(b []byte) error {
	_, h, err := unpack("event", b)
	e.handle = h
	return err
}
