package pickle

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// The opcodes, by the names of pickletools.
const (
	opMark            = '('
	opStop            = '.'
	opPop             = '0'
	opInt             = 'I'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opLong            = 'L'
	opBinInt2         = 'M'
	opNone            = 'N'
	opReduce          = 'R'
	opUnicode         = 'V'
	opBinUnicode      = 'X'
	opAppend          = 'a'
	opBuild           = 'b'
	opGlobal          = 'c'
	opDict            = 'd'
	opAppends         = 'e'
	opGet             = 'g'
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opList            = 'l'
	opPut             = 'p'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opSetItem         = 's'
	opTuple           = 't'
	opSetItems        = 'u'
	opBinFloat        = 'G'
	opEmptyList       = ']'
	opEmptyDict       = '}'
	opEmptyTuple      = ')'
	opBinBytes        = 'B'
	opShortBinBytes   = 'C'
	opProto           = 0x80
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opShortBinUnicode = 0x8c
	opStackGlobal     = 0x93
	opMemoize         = 0x94
	opFrame           = 0x95
)

// step runs one instruction and reports whether it was the last.
func (m *machine) step() (done bool, err error) {
	op := m.take(1)[:1]
	if m.err != nil {
		return false, m.err
	}
	switch op[0] {
	case opStop:
		return true, nil
	case opProto:
		if v := m.take(1)[0]; v > 5 {
			m.err = fail("protocol %d", v)
		}
	case opFrame:
		m.take(8)
	case opMark:
		m.push(mark{})
	case opPop:
		m.pop()
	case opPut:
		m.remember(m.number(m.line()))
	case opBinPut:
		m.remember(m.length(1))
	case opLongBinPut:
		m.remember(m.length(4))
	case opMemoize:
		m.remember(m.next)
		m.next++
	case opGet:
		m.recall(m.number(m.line()))
	case opBinGet:
		m.recall(m.length(1))
	case opLongBinGet:
		m.recall(m.length(4))
	default:
		if !m.scalar(op[0]) && !m.container(op[0]) && !m.object(op[0]) {
			m.err = fail("opcode %q at byte %d is not supported", op[0], m.at-1)
		}
	}
	return false, m.err
}

func (m *machine) number(s string) int {
	n, err := strconv.ParseInt(strings.TrimSuffix(s, "L"), 10, 64)
	if err != nil {
		m.err = fail("%.20q is no number", s)
	}
	return int(n)
}

// scalar runs instructions that push a number, a text or a constant.
func (m *machine) scalar(op byte) bool {
	switch op {
	case opNone:
		m.push(nil)
	case opNewTrue:
		m.push(true)
	case opNewFalse:
		m.push(false)
	case opInt, opLong:
		switch s := m.line(); s {
		case "00", "01":
			m.push(s == "01")
		default:
			m.push(int64(m.number(s)))
		}
	case opBinInt:
		m.push(int64(int32(binary.LittleEndian.Uint32(m.take(4)))))
	case opBinInt1:
		m.push(int64(m.take(1)[0]))
	case opBinInt2:
		m.push(int64(binary.LittleEndian.Uint16(m.take(2))))
	case opLong1:
		n, ok := long(m.take(m.length(1)))
		if !ok {
			m.err = fail("an integer of more than 64 bits")
		}
		m.push(n)
	case opBinFloat:
		m.push(float(m.take(8)))
	case opUnicode:
		m.push(m.line())
	case opBinUnicode:
		m.push(string(m.take(m.length(4))))
	case opShortBinUnicode:
		m.push(string(m.take(m.length(1))))
	case opBinBytes:
		m.push(Bytes(m.take(m.length(4))))
	case opShortBinBytes:
		m.push(Bytes(m.take(m.length(1))))
	default:
		return false
	}
	return true
}

// container runs instructions of tuples, lists and dictionaries.
func (m *machine) container(op byte) bool {
	switch op {
	case opEmptyTuple:
		m.tuple(nil)
	case opTuple1, opTuple2, opTuple3:
		items := make([]any, op-opTuple1+1)
		for i := len(items) - 1; i >= 0; i-- {
			items[i] = m.pop()
		}
		m.tuple(items)
	case opTuple:
		m.tuple(m.toMark())
	case opEmptyList:
		m.push(&list{})
	case opList:
		m.push(&list{m.toMark()})
	case opAppend:
		v := m.pop()
		m.extend([]any{v})
	case opAppends:
		m.extend(m.toMark())
	case opEmptyDict:
		m.push(&dict{Dict{}})
	case opDict:
		items := m.toMark()
		m.push(&dict{Dict{}})
		m.set(items)
	case opSetItem:
		v := m.pop()
		k := m.pop()
		m.set([]any{k, v})
	case opSetItems:
		m.set(m.toMark())
	default:
		return false
	}
	return true
}

func (m *machine) tuple(items []any) {
	t := &tuple{items: items, size: 1, depth: 1}
	for _, v := range items {
		switch v := v.(type) {
		case *tuple:
			t.size, t.depth, t.mutable = t.size+v.size, max(t.depth, v.depth+1), t.mutable || v.mutable
		case *list, *dict:
			t.mutable = true
		}
		t.size++
	}
	if t.size > elementsMax || t.depth > depthMax {
		m.err = fail("more than %d elements, or tuples nested more than %d deep", elementsMax, depthMax)
	}
	m.push(t)
}

func (m *machine) extend(items []any) {
	l, ok := m.pop().(*list)
	if !ok {
		m.err = fail("no list to append to at byte %d", m.at)
		return
	}
	for _, v := range items {
		if !m.leaf(v) {
			return
		}
	}
	l.items = append(l.items, items...)
	m.push(l)
}

func (m *machine) set(items []any) {
	d, ok := m.pop().(*dict)
	if !ok || len(items)%2 != 0 {
		m.err = fail("no dictionary to set items of at byte %d", m.at)
		return
	}
	for i := 0; i < len(items); i += 2 {
		k, ok := items[i].(string)
		if !ok {
			m.err = fail("a key is a %T", items[i])
			return
		}
		if !m.leaf(items[i+1]) {
			return
		}
		d.m[k] = items[i+1]
	}
	m.push(d)
}

// leaf refuses containers that can be changed inside of others: nothing needs them, and without them no value contains
// itself.
func (m *machine) leaf(v any) bool {
	t, ok := v.(*tuple)
	if _, isList := v.(*list); isList || ok && t.mutable {
		m.err = fail("lists or dictionaries inside of others")
		return false
	}
	if _, isDict := v.(*dict); isDict {
		m.err = fail("lists or dictionaries inside of others")
		return false
	}
	if m.elements++; ok {
		m.elements += t.size
	}
	if m.elements > elementsMax {
		m.err = fail("more than %d elements", elementsMax)
		return false
	}
	return true
}

// object runs the instructions that make objects, of which numpy.dtype is the only one.
func (m *machine) object(op byte) bool {
	switch op {
	case opGlobal:
		module := m.line()
		m.push(global{module, m.line()})
	case opStackGlobal:
		name, ok1 := m.pop().(string)
		module, ok2 := m.pop().(string)
		if !ok1 || !ok2 {
			m.err = fail("a name that is no text at byte %d", m.at)
		}
		m.push(global{module, name})
	case opReduce:
		args, ok1 := m.pop().(*tuple)
		g, ok2 := m.pop().(global)
		code := ""
		if ok1 && len(args.items) > 0 {
			code, _ = args.items[0].(string)
		}
		if !ok1 || !ok2 || g != (global{"numpy", "dtype"}) || code == "" {
			m.err = fail("%s.%s is not supported", g.module, g.name)
		}
		m.push(&numpyDType{code: code})
	case opBuild:
		state, ok := m.pop().(*tuple)
		if len(m.stack) == 0 || !ok || len(state.items) < 2 {
			m.err = fail("the state of an object is none of numpy.dtype at byte %d", m.at)
			return true
		}
		d, ok := m.stack[len(m.stack)-1].(*numpyDType)
		if !ok {
			m.err = fail("the state of something that is no numpy.dtype at byte %d", m.at)
			return true
		}
		m.err = d.build(state.items)
	default:
		return false
	}
	return true
}

// build sets a dtype's state: (version, byte order, …), for times with (…, (unit, number, …)) at the end.
func (d *numpyDType) build(state []any) error {
	order, ok := state[1].(string)
	if !ok || len(order) > 1 {
		return fail("the byte order of a dtype is %v", state[1])
	}
	d.order = order
	if len(state) > 2 && state[2] != nil || len(state) > 3 && state[3] != nil {
		return fail("dtypes with fields are not supported")
	}
	if len(state) < 9 {
		return nil
	}
	meta, ok := state[8].(*tuple)
	if !ok || len(meta.items) != 2 {
		return fail("the unit of a dtype is a %T", state[8])
	}
	unit, ok := meta.items[1].(*tuple)
	if !ok || len(unit.items) < 2 {
		return fail("the unit of a dtype is a %T", meta.items[1])
	}
	name, ok1 := unit.items[0].(Bytes)
	step, ok2 := unit.items[1].(int64)
	if !ok1 || !ok2 {
		return fail("the unit of a dtype is %v", unit.items)
	}
	d.unit, d.step = string(name), step
	return nil
}
