package coord

import (
	"maps"
	"slices"
)

func (m *Machine) peek(s *session, id uint64, r Peek) *Error {
	if r.Space == 0 || r.Space >= spaceEnd {
		return failf(CodeInvalid, "unknown kind of object %d", r.Space)
	}
	if err := m.checkName(r.Space, r.Name); err != nil {
		return err
	}
	result := Result{}
	switch r.Space {
	case Locks, Semaphores:
		if p := m.poolsOf(r.Space)[r.Name]; p != nil {
			result.OK, result.Count = p.used > 0, p.used
		}
	case Queues:
		if q := m.queues[r.Name]; q != nil {
			result.OK, result.Count = true, q.len()
		}
	case Variables:
		if v := m.variables[r.Name]; v != nil {
			result.OK = v.set
		}
	case Events:
		if e := m.events[r.Name]; e != nil {
			result.OK = e.set
		}
	case Topics:
		if t := m.topics[r.Name]; t != nil {
			result.OK, result.Seq, result.Count = true, t.last, len(t.messages)
		}
	case Datasets:
		_, result.OK = m.datasets[r.Name]
	}
	m.reply(s, id, result)
	return nil
}

// namesOf returns the names in a space, in order.
func (m *Machine) namesOf(s Space) []string {
	switch s {
	case Locks:
		return slices.Sorted(maps.Keys(m.locks))
	case Semaphores:
		return slices.Sorted(maps.Keys(m.semaphores))
	case Queues:
		return slices.Sorted(maps.Keys(m.queues))
	case Variables:
		return slices.Sorted(maps.Keys(m.variables))
	case Events:
		return slices.Sorted(maps.Keys(m.events))
	case Topics:
		return slices.Sorted(maps.Keys(m.topics))
	case Datasets:
		return slices.Sorted(maps.Keys(m.datasets))
	}
	return nil
}

func (m *Machine) list(s *session, id uint64, r List) *Error {
	if r.Space == 0 || r.Space >= spaceEnd {
		return failf(CodeInvalid, "unknown kind of object %d", r.Space)
	}
	names := m.namesOf(r.Space)
	at, found := slices.BinarySearch(names, r.After)
	if found {
		at++
	}
	bytes, end := 0, at
	for end < len(names) && end-at < m.conf.BatchItems && bytes < m.conf.BatchBytes {
		bytes += len(names[end])
		end++
	}
	m.reply(s, id, Result{OK: true, Names: names[at:end:end]})
	return nil
}
