package scheduler

import (
	mathbits "math/bits"

	"sheaf/graph"
	"sheaf/internal/lower"
)

// A keyTable finds the tasks of a plan's lists by their identities. It is a hash table with open addressing of nothing but task
// numbers, four to eight bytes a task: the identities are in the plan, and are hashes themselves.
type keyTable struct {
	slots []int32 // task + 1, 0 for none; the length is a power of two
}

// newKeyTable returns a table with room for n tasks.
func newKeyTable(n int) *keyTable {
	return &keyTable{slots: make([]int32, 1<<mathbits.Len(uint(n+n/2)))}
}

// put adds a task, in place of one with the same identity.
func (t *keyTable) put(p *lower.Plan, i int32) {
	token := p.Token(i)
	mask := uint64(len(t.slots) - 1)
	for at := token.Hash() & mask; ; at = (at + 1) & mask {
		if s := t.slots[at]; s == 0 || p.Token(s-1) == token {
			t.slots[at] = i + 1
			return
		}
	}
}

// get returns the task with an identity.
func (t *keyTable) get(p *lower.Plan, token graph.Token) (int32, bool) {
	mask := uint64(len(t.slots) - 1)
	for at := token.Hash() & mask; ; at = (at + 1) & mask {
		s := t.slots[at]
		if s == 0 {
			return 0, false
		}
		if p.Token(s-1) == token {
			return s - 1, true
		}
	}
}
