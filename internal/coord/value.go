package coord

// checkName refuses names that are empty or too long.
func (m *Machine) checkName(s Space, name string) *Error {
	switch {
	case name == "":
		return failf(CodeInvalid, "a %s without a name", s)
	case len(name) > m.conf.NameBytes:
		return failf(CodeLimit, "the name of the %s %s has %d bytes; the limit is %d", s, quoted(name), len(name), m.conf.NameBytes)
	}
	return nil
}

// checkValue refuses values that are too large to be kept here.
func (m *Machine) checkValue(s Space, name string, v Value) *Error {
	switch {
	case len(v.Bytes) > m.conf.ValueBytes:
		return failf(CodeLimit, "a value of %d bytes for the %s %s; plain values have at most %d, scatter it and pass the future",
			len(v.Bytes), s, quoted(name), m.conf.ValueBytes)
	case len(v.IDs) > m.conf.ValueIDs:
		return failf(CodeLimit, "a value of %d futures for the %s %s; the limit is %d", len(v.IDs), s, quoted(name), m.conf.ValueIDs)
	}
	return nil
}

// room refuses more objects, or more bytes, than fit.
func (m *Machine) room(objects, bytes int) *Error {
	switch {
	case objects > 0 && m.objects+objects > m.conf.Objects:
		return failf(CodeLimit, "there are %d objects, which is the limit; delete some that are not needed", m.objects)
	case bytes > 0 && m.bytes+int64(bytes) > m.conf.TotalBytes:
		return failf(CodeLimit, "%d more bytes of plain values; %d of %d are kept already: scatter large values and pass futures, "+
			"or delete some that are not needed", bytes, m.bytes, m.conf.TotalBytes)
	}
	return nil
}

// keepValue accounts for a value and keeps its futures alive.
func (m *Machine) keepValue(v Value) {
	m.bytes += int64(v.size())
	if len(v.IDs) > 0 {
		m.emit(Hold{v.IDs})
	}
}

// dropValue is the end of a value that was kept.
func (m *Machine) dropValue(v Value) {
	m.bytes -= int64(v.size())
	if len(v.IDs) > 0 {
		m.emit(Drop{v.IDs})
	}
}

// lend answers a request with a value. Its futures are kept alive until the session has claimed them.
func (m *Machine) lend(s *session, id uint64, v Value) {
	r := Result{OK: true, Value: v}
	if len(v.IDs) > 0 {
		m.emit(Hold{v.IDs})
		s.lent[id] = v.IDs
		r.Seq = id
	}
	m.reply(s, id, r)
}

// mayLend refuses to lend to a session that does not say that it has what it was lent.
func (m *Machine) mayLend(s *session, v Value) *Error {
	if len(v.IDs) > 0 && len(s.lent) >= m.conf.PerSession {
		return failf(CodeLimit, "%d values with futures that this session was given are not claimed; do that first", len(s.lent))
	}
	return nil
}

// reclaim ends what was lent under a request.
func (m *Machine) reclaim(s *session, request uint64) bool {
	ids, ok := s.lent[request]
	if ok {
		delete(s.lent, request)
		m.emit(Drop{ids})
	}
	return ok
}

func (m *Machine) claimed(s *session, id uint64, r Claimed) *Error {
	m.reply(s, id, Result{OK: m.reclaim(s, r.Request)})
	return nil
}
