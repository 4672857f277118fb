package coord

import "sheaf/internal/wire"

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

// share gives the futures of a value to a session, before the reply that tells of them.
func (m *Machine) share(s *session, ids []wire.ID) {
	if len(ids) > 0 {
		m.emit(Share{s.name, ids})
	}
}

func (m *Machine) unshare(s *session, ids []wire.ID) {
	if len(ids) > 0 {
		m.emit(Unshare{s.name, ids})
	}
}
