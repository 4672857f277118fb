package jsonl

import (
	"maps"
	"strings"
	"sync/atomic"
	"unsafe"
)

const (
	maxFields  = 256
	maxMembers = 64   // of a remembered record
	maxLead    = 128  // bytes of a member's name with what is around it
	maxNames   = 1000 // of unknown members that are remembered
	relearn    = 50   // records unlike the remembered one, of which one takes its place

	fieldUnknown   = -1
	fieldAmbiguous = -2
)

type field struct {
	name   string
	offset uintptr
	node   *node
}

// An object decodes the objects of one struct type.
type object struct {
	fields   []field
	byName   map[string]int16
	byFolded map[string][]int16
	resolved atomic.Pointer[map[string]int16] // names met that are no field's exact name
	shape    atomic.Pointer[shape]
	misses   atomic.Uint32
}

// A shape is how the members of a record followed each other. Most records of a file look alike.
type shape struct {
	members []member
}

// A member is one step of a shape: the text from the brace or comma before it to its value, and what to do with the value.
type member struct {
	lead   string
	first  uint64 // of a lead of at least 8 bytes, its first and last 8; of a shorter one the bytes under mask
	last   uint64
	mask   uint64
	kind   kind
	field  int16
	offset uintptr
	node   *node
}

type fieldSet [maxFields / 64]uint64

// add puts i into the set and tells whether it was new.
func (s *fieldSet) add(i int16) bool {
	w, b := i/64, uint64(1)<<(i%64)
	if s[w]&b != 0 {
		return false
	}
	s[w] |= b
	return true
}

// matches tells whether the lead stands at s[i:].
func (m *member) matches(s string, i int) bool {
	n := len(m.lead)
	if i+max(n, 8) > len(s) {
		return len(s)-i >= n && s[i:i+n] == m.lead
	}
	switch {
	case n < 8:
		return load64(s, i)&m.mask == m.first
	case n <= 16:
		return load64(s, i) == m.first && load64(s, i+n-8) == m.last
	}
	return s[i:i+n] == m.lead
}

// decode reads an object that begins at s[i], and returns the index behind it, or -1.
func (o *object) decode(s string, i int, p unsafe.Pointer) int {
	var done int
	if sh := o.shape.Load(); sh != nil {
		for k := range sh.members {
			m := &sh.members[k]
			if !m.matches(s, i) {
				break
			}
			if i = value(m.kind, m.node, s, i+len(m.lead), unsafe.Add(p, m.offset)); i < 0 {
				return -1
			}
			done++
			if i < len(s) && s[i] == '}' {
				return i + 1
			}
		}
		return o.general(s, i, p, sh, done)
	}
	return o.general(s, i, p, nil, 0)
}

// value reads one member's value. What is common is here, without a call through the node.
func value(k kind, n *node, s string, i int, at unsafe.Pointer) int {
	if i >= len(s) {
		return -1
	}
	switch k {
	case kindSkip:
		return skipValue(s, i, 0)
	case kindString:
		if s[i] == '"' {
			if end := scanString(s, i+1); end >= 0 {
				*(*string)(at) = s[i+1 : end]
				return end + 1
			}
		}
	case kindInt64:
		if v, end := parseInt(s, i); end >= 0 {
			*(*int64)(at) = v
			return end
		}
	case kindFloat64:
		if v, end := parseFloat(s, i); end >= 0 {
			*(*float64)(at) = v
			return end
		}
	}
	return n.decode(s, i, at)
}

// general reads the members of an object by name, from the brace when done is 0, otherwise from behind the value of the
// member done-1 of sh.
func (o *object) general(s string, i int, p unsafe.Pointer, sh *shape, done int) int {
	var seen fieldSet
	for k := range done {
		if f := sh.members[k].field; f >= 0 {
			seen.add(f)
		}
	}
	learning := o.learns()
	var learned []member
	if learning && done > 0 {
		learned = append(learned, sh.members[:done]...)
	}
	first := done == 0
	for {
		lead := i
		if i = skipSpace(s, i); i >= len(s) {
			return -1
		}
		switch {
		case first && s[i] == '{', !first && s[i] == ',':
			i = skipSpace(s, i+1)
		case !first && s[i] == '}':
			if learning {
				o.learn(learned)
			}
			return i + 1
		default:
			return -1
		}
		if i >= len(s) {
			return -1
		}
		if first && s[i] == '}' {
			return i + 1
		}
		first = false
		m, next := o.name(s, i)
		if next < 0 || m.field >= 0 && !seen.add(m.field) {
			return -1
		}
		if learning {
			m.lead = s[lead:next]
			learned = append(learned, m)
		}
		if i = value(m.kind, m.node, s, next, unsafe.Add(p, m.offset)); i < 0 {
			return -1
		}
	}
}

// name reads a member's name and colon at s[i] and finds what to do with the value, whose index it returns.
func (o *object) name(s string, i int) (member, int) {
	if s[i] != '"' {
		return member{}, -1
	}
	end := scanString(s, i+1)
	if end < 0 {
		return member{}, -1
	}
	name := s[i+1 : end]
	if i = skipSpace(s, end+1); i >= len(s) || s[i] != ':' {
		return member{}, -1
	}
	if i = skipSpace(s, i+1); i >= len(s) {
		return member{}, -1
	}
	f, exact := o.byName[name]
	if !exact {
		if f = o.resolve(name); f == fieldAmbiguous {
			return member{}, -1
		}
	}
	m := member{kind: kindSkip, field: f}
	if f >= 0 {
		m.kind, m.offset, m.node = o.fields[f].node.kind, o.fields[f].offset, o.fields[f].node
	}
	return m, i
}

// resolve finds the field of a name without regard to case, dashes and underscores.
func (o *object) resolve(name string) int16 {
	known := o.resolved.Load()
	if known != nil {
		if f, ok := (*known)[name]; ok {
			return f
		}
	}
	f := int16(fieldUnknown)
	switch same := o.byFolded[foldName(name)]; len(same) {
	case 0:
	case 1:
		f = same[0]
	default:
		f = fieldAmbiguous
	}
	if known == nil || len(*known) < maxNames {
		grown := map[string]int16{}
		if known != nil {
			grown = maps.Clone(*known)
		}
		grown[strings.Clone(name)] = f
		o.resolved.CompareAndSwap(known, &grown)
	}
	return f
}

// learns tells whether the record at hand may become the remembered one.
func (o *object) learns() bool {
	return o.misses.Add(1)%relearn == 1
}

func (o *object) learn(members []member) {
	if len(members) == 0 || len(members) > maxMembers {
		return
	}
	for i := range members {
		m := &members[i]
		if len(m.lead) > maxLead {
			return
		}
		m.setLead(strings.Clone(m.lead))
	}
	o.shape.Store(&shape{members})
}

func (m *member) setLead(lead string) {
	m.lead = lead
	var first, last, mask [8]byte
	for i := range min(len(lead), 8) {
		first[i], mask[i] = lead[i], 0xff
	}
	if len(lead) >= 8 {
		copy(last[:], lead[len(lead)-8:])
	}
	m.first, m.last, m.mask = load64(string(first[:]), 0), load64(string(last[:]), 0), load64(string(mask[:]), 0)
}
