package coord

// event is a flag. It exists as long as it is set or somebody waits for it.
type event struct {
	name  string
	set   bool
	waits line
}

func (m *Machine) event(name string) *event {
	e := m.events[name]
	if e == nil {
		e = &event{name: name}
		m.events[name] = e
		m.objects++
	}
	return e
}

// checkEvent refuses a bad name, or one object too many.
func (m *Machine) checkEvent(name string) *Error {
	if err := m.checkName(Events, name); err != nil {
		return err
	}
	if m.events[name] == nil {
		return m.room(1, 0)
	}
	return nil
}

func (m *Machine) setEvent(s *session, id uint64, r EventSet) *Error {
	if err := m.checkEvent(r.Name); err != nil {
		return err
	}
	e := m.event(r.Name)
	e.set = true
	m.reply(s, id, Result{OK: true})
	for w := e.waits.head(); w != nil; w = e.waits.head() {
		m.leave(w)
		m.reply(w.session, w.id, Result{OK: true})
	}
	return nil
}

func (m *Machine) clearEvent(s *session, id uint64, r EventClear) *Error {
	if err := m.checkName(Events, r.Name); err != nil {
		return err
	}
	if e := m.events[r.Name]; e != nil {
		e.set = false
		m.forgetEvent(e)
	}
	m.reply(s, id, Result{OK: true})
	return nil
}

func (m *Machine) waitEvent(s *session, id uint64, r EventWait) *Error {
	if err := m.checkEvent(r.Name); err != nil {
		return err
	}
	if e := m.events[r.Name]; e != nil && e.set {
		m.reply(s, id, Result{OK: true})
		return nil
	}
	w, err := m.arrive(s, id, r, r.Wait)
	if err != nil {
		return err
	}
	w.event = m.event(r.Name)
	w.event.waits.enter(w)
	m.stay(w, r.Wait)
	return nil
}

func (m *Machine) forgetEvent(e *event) {
	if !e.set && e.waits.n == 0 {
		delete(m.events, e.name)
		m.objects--
	}
}
