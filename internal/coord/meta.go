package coord

import (
	"maps"
	"slices"
	"strings"
)

// node is a plain value, or a mapping of names to nodes.
type node struct {
	leaf  bool
	bytes []byte
	below map[string]*node
}

// metaDepth is how many parts a path may have.
const metaDepth = 64

// nodeBytes is what a node costs besides its name and value.
const nodeBytes = 32

// cost is what a tree counts for: its nodes, its root included, and their bytes under the name of the root.
func (n *node) cost(name string) (nodes, bytes int) {
	nodes, bytes = 1, nodeBytes+len(name)+len(n.bytes)
	for name, b := range n.below {
		dn, db := b.cost(name)
		nodes += dn
		bytes += db
	}
	return nodes, bytes
}

// find returns the node at a path, or nil.
func (n *node) find(path []string) *node {
	for _, p := range path {
		if n = n.below[p]; n == nil {
			return nil
		}
	}
	return n
}

// mapping returns the mapping at a path below n; it is made if it is not there, also in the place of a plain value.
func (n *node) mapping(path []string) *node {
	for _, p := range path {
		b := n.below[p]
		if b == nil || b.leaf {
			b = &node{}
			n.put(p, b)
		}
		n = b
	}
	return n
}

func (n *node) put(name string, b *node) {
	if n.below == nil {
		n.below = map[string]*node{}
	}
	n.leaf, n.bytes = false, nil
	n.below[name] = b
}

func (m *Machine) checkPath(path []string) *Error {
	n := 0
	for _, p := range path {
		if n += len(p); p == "" {
			return failf(CodeInvalid, "an empty name in the path %s", quoted(strings.Join(path, "/")))
		}
	}
	switch {
	case n > m.conf.NameBytes:
		return failf(CodeLimit, "the path %s has %d bytes; the limit is %d", quoted(strings.Join(path, "/")), n, m.conf.NameBytes)
	case len(path) > metaDepth:
		return failf(CodeLimit, "a path of %d names; the limit is %d", len(path), metaDepth)
	}
	return nil
}

func (m *Machine) setMeta(s *session, id uint64, r MetaSet) *Error {
	if len(r.Path) == 0 {
		return failf(CodeInvalid, "metadata without a path; give at least one name")
	}
	if err := m.checkPath(r.Path); err != nil {
		return err
	}
	fresh := &node{}
	for _, l := range r.Leaves {
		full := slices.Concat(r.Path, l.Path)
		if err := m.checkPath(full); err != nil {
			return err
		}
		if err := m.checkValue(Datasets, strings.Join(full, "/"), Value{Bytes: l.Bytes}); err != nil {
			return err
		}
		leaf := &node{leaf: true, bytes: l.Bytes}
		if n := len(l.Path); n > 0 {
			fresh.mapping(l.Path[:n-1]).put(l.Path[n-1], leaf)
		} else {
			fresh = leaf
		}
	}
	last := len(r.Path) - 1
	nodes, bytes := fresh.cost(r.Path[last])
	n, b := m.meta.replaces(r.Path)
	if err := m.room(nodes-n, bytes-b); err != nil {
		return err
	}
	m.meta.mapping(r.Path[:last]).put(r.Path[last], fresh)
	m.objects += nodes - n
	m.bytes += int64(bytes - b)
	m.reply(s, id, Result{OK: true})
	return nil
}

// replaces returns what goes when a new node is put at a path, less the mappings that come on the way to it.
func (n *node) replaces(path []string) (nodes, bytes int) {
	for k, p := range path {
		var b *node
		if n != nil {
			b = n.below[p]
		}
		switch {
		case k == len(path)-1 && b != nil:
			dn, db := b.cost(p)
			return nodes + dn, bytes + db
		case k == len(path)-1:
		case b == nil:
			nodes--
			bytes -= nodeBytes + len(p)
		case b.leaf:
			bytes += len(b.bytes)
		}
		n = b
	}
	return nodes, bytes
}

func (m *Machine) getMeta(s *session, id uint64, r MetaGet) *Error {
	n := m.meta.find(r.Path)
	if n == nil {
		return failf(CodeNotFound, "no metadata at %s", quoted(strings.Join(r.Path, "/")))
	}
	result := Result{OK: true}
	bytes := 0
	n.walk(nil, func(l Leaf) {
		if bytes += l.size(); bytes <= m.conf.BatchBytes {
			result.Leaves = append(result.Leaves, l)
		}
	})
	if bytes > m.conf.BatchBytes {
		return failf(CodeLimit, "the metadata at %s has %d bytes, more than one answer may have (%d); read it in parts, by longer paths",
			quoted(strings.Join(r.Path, "/")), bytes, m.conf.BatchBytes)
	}
	m.reply(s, id, result)
	return nil
}

// walk calls f with the plain values at and below n, in the order of their paths.
func (n *node) walk(path []string, f func(Leaf)) {
	if n.leaf {
		f(Leaf{slices.Clone(path), n.bytes})
		return
	}
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		n.below[name].walk(append(path, name), f)
	}
}

func (m *Machine) deleteMeta(s *session, id uint64, r MetaDelete) *Error {
	if len(r.Path) == 0 {
		return failf(CodeInvalid, "metadata without a path; give at least one name")
	}
	n := m.meta.find(r.Path)
	if n != nil {
		m.prune(r.Path)
	}
	m.reply(s, id, Result{OK: n != nil})
	return nil
}

// prune removes the node at a path, and the mappings above it that have nothing else in them.
func (m *Machine) prune(path []string) {
	for len(path) > 0 {
		name := path[len(path)-1]
		parent := m.meta.find(path[:len(path)-1])
		nodes, bytes := parent.below[name].cost(name)
		m.objects -= nodes
		m.bytes -= int64(bytes)
		delete(parent.below, name)
		if len(parent.below) > 0 {
			return
		}
		path = path[:len(path)-1]
	}
}
