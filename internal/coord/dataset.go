package coord

func (m *Machine) publish(s *session, id uint64, r Publish) *Error {
	if err := m.checkName(Datasets, r.Name); err != nil {
		return err
	}
	if err := m.checkValue(Datasets, r.Name, r.Value); err != nil {
		return err
	}
	old, had := m.datasets[r.Name]
	if had && !r.Override {
		return failf(CodeExists, "a dataset %s is published already; unpublish it first, or override it", quoted(r.Name))
	}
	objects := 1
	if had {
		objects = 0
	}
	if err := m.room(objects, r.Value.size()-old.size()); err != nil {
		return err
	}
	m.keepValue(r.Value)
	if had {
		m.dropValue(old)
	}
	m.objects += objects
	m.datasets[r.Name] = r.Value
	m.reply(s, id, Result{OK: true})
	return nil
}

func (m *Machine) unpublish(s *session, id uint64, r Unpublish) *Error {
	v, ok := m.datasets[r.Name]
	if !ok {
		return m.noDataset(r.Name)
	}
	m.dropValue(v)
	m.objects--
	delete(m.datasets, r.Name)
	m.reply(s, id, Result{OK: true})
	return nil
}

func (m *Machine) getPublished(s *session, id uint64, r GetPublished) *Error {
	v, ok := m.datasets[r.Name]
	if !ok {
		return m.noDataset(r.Name)
	}
	if err := m.mayLend(s, v); err != nil {
		return err
	}
	m.lend(s, id, v)
	return nil
}

func (m *Machine) noDataset(name string) *Error {
	return failf(CodeNotFound, "no dataset %s is published; there are %d", quoted(name), len(m.datasets))
}
