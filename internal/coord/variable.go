package coord

// variable is a named value. It exists as long as it is set or somebody waits for it.
type variable struct {
	name  string
	value Value
	set   bool
	gets  line
}

func (m *Machine) variable(name string) *variable {
	v := m.variables[name]
	if v == nil {
		v = &variable{name: name}
		m.variables[name] = v
		m.objects++
	}
	return v
}

// checkVariable refuses a bad name, or one object too many.
func (m *Machine) checkVariable(name string) *Error {
	if err := m.checkName(Variables, name); err != nil {
		return err
	}
	if m.variables[name] == nil {
		return m.room(1, 0)
	}
	return nil
}

func (m *Machine) setVariable(s *session, id uint64, r VarSet) *Error {
	if err := m.checkVariable(r.Name); err != nil {
		return err
	}
	if err := m.checkValue(Variables, r.Name, r.Value); err != nil {
		return err
	}
	before := 0
	if v := m.variables[r.Name]; v != nil {
		before = v.value.size()
	}
	if err := m.room(0, r.Value.size()-before); err != nil {
		return err
	}
	v := m.variable(r.Name)
	m.keepValue(r.Value)
	if v.set {
		m.dropValue(v.value)
	}
	v.value, v.set = r.Value, true
	m.reply(s, id, Result{OK: true})
	for w := v.gets.head(); w != nil; w = v.gets.head() {
		m.leave(w)
		if err := m.mayLend(w.session, v.value); err != nil {
			m.fail(w.session, w.id, err)
			continue
		}
		m.lend(w.session, w.id, v.value)
	}
	return nil
}

func (m *Machine) getVariable(s *session, id uint64, r VarGet) *Error {
	if err := m.checkVariable(r.Name); err != nil {
		return err
	}
	if v := m.variables[r.Name]; v != nil && v.set {
		if err := m.mayLend(s, v.value); err != nil {
			return err
		}
		m.lend(s, id, v.value)
		return nil
	}
	w, err := m.arrive(s, id, r, r.Wait)
	if err != nil {
		return err
	}
	w.variable = m.variable(r.Name)
	w.variable.gets.enter(w)
	m.stay(w, r.Wait)
	return nil
}

func (m *Machine) deleteVariable(s *session, id uint64, r VarDelete) *Error {
	if err := m.checkName(Variables, r.Name); err != nil {
		return err
	}
	v := m.variables[r.Name]
	had := v != nil && v.set
	if had {
		m.dropValue(v.value)
		v.value, v.set = Value{}, false
		m.forgetVariable(v)
	}
	m.reply(s, id, Result{OK: had})
	return nil
}

func (m *Machine) forgetVariable(v *variable) {
	if !v.set && v.gets.n == 0 {
		delete(m.variables, v.name)
		m.objects--
	}
}
