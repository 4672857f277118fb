package coord

import (
	"math"
	"time"
)

// A Session is one party: a client, or a task on whose behalf a call is made. Names of sessions are not used again.
type Session string

// Forever is the Wait of a request that waits until it is granted or cancelled.
const Forever = time.Duration(math.MaxInt64)

// A Request is one of the structs of this file. Wait in a request is how long it may wait, from when the machine gets it;
// zero does not wait at all. A wait that is over is answered with [ErrTimeout].
type Request interface{ Kind() Kind }

// A Kind says which struct a request is. The numbers are those of the wire and stay.
type Kind uint8

// The kinds of requests.
const (
	KindLockAcquire Kind = iota + 1
	KindMultiAcquire
	KindSemAcquire
	KindSemClose
	KindRelease
	KindRenew
	KindQueuePut
	KindQueueGet
	KindQueueAck
	KindQueueClose
	KindVarSet
	KindVarGet
	KindVarDelete
	KindEventSet
	KindEventClear
	KindEventWait
	KindTopicPublish
	KindTopicSubscribe
	KindTopicUnsubscribe
	KindTopicAck
	KindTopicHistory
	KindPublish
	KindUnpublish
	KindGetPublished
	KindMetaSet
	KindMetaGet
	KindMetaDelete
	KindPeek
	KindList
	KindCancel
	KindReceived
	KindResume
	KindClaimed
	kindEnd
)

// A Space is a kind of object. Names in different spaces have nothing to do with each other.
type Space uint8

// The spaces of names.
const (
	Locks Space = iota + 1
	Semaphores
	Queues
	Variables
	Events
	Topics
	Datasets
	spaceEnd
)

// LockAcquire takes a lock, for Lease unless it is renewed. The result has the Token.
type LockAcquire struct {
	Name  string
	Lease time.Duration // zero: the machine's default
	Wait  time.Duration
}

// MultiAcquire takes N of several locks at once, all of them if N is zero. They are the locks of LockAcquire. The result has
// one Token for all and the Names that were taken.
type MultiAcquire struct {
	Names []string
	N     int
	Lease time.Duration
	Wait  time.Duration
}

// SemAcquire takes N units of a semaphore that has Limit of them; N zero means 1. Who comes while others hold or wait must
// have the same limit. The result has the Token.
type SemAcquire struct {
	Name  string
	N     int
	Limit int
	Lease time.Duration
	Wait  time.Duration
}

// SemClose forgets a semaphore: whoever waits fails with ErrClosed, and leases end.
type SemClose struct{ Name string }

// Release gives back what a token stands for. It is [ErrNotHeld] if the session does not hold it, or no longer.
type Release struct{ Token uint64 }

// Renew begins the leases of tokens anew. The result's Tokens are those that the session does not hold any more.
type Renew struct{ Tokens []uint64 }

// QueuePut appends a value. Max bounds the queue's length if nobody has bounded it before; zero does not. It waits while
// the queue is full.
type QueuePut struct {
	Name  string
	Max   int
	Value Value
	Wait  time.Duration
}

// QueueGet takes at least Min and at most Max items from the front; with Min zero it takes what is there. The result's
// Items are to be acknowledged, after the futures in them have been claimed. It has fewer than Min only if more would be too large for one result.
type QueueGet struct {
	Name string
	Min  int
	Max  int
	Wait time.Duration
}

// QueueAck says that items, by their numbers, have arrived, or with Return puts them back to where they were.
type QueueAck struct {
	Items  []uint64
	Return bool
}

// QueueClose forgets a queue and what is in it. Whoever waits fails with ErrClosed.
type QueueClose struct{ Name string }

// VarSet sets a variable; the last write wins.
type VarSet struct {
	Name  string
	Value Value
}

// VarGet reads a variable and waits until it is set. The result has the Value, and if futures are in it a Seq: see [Claimed].
type VarGet struct {
	Name string
	Wait time.Duration
}

// VarDelete forgets a variable. The result's OK says whether it was set.
type VarDelete struct{ Name string }

// EventSet sets a flag and wakes all who wait for it.
type EventSet struct{ Name string }

// EventClear clears a flag.
type EventClear struct{ Name string }

// EventWait waits until a flag is set.
type EventWait struct {
	Name string
	Wait time.Duration
}

// TopicPublish sends a message to the subscribers of a topic and remembers it for a while. The result has its Seq.
type TopicPublish struct {
	Topic   string
	Message []byte
	At      int64 // when, in nanoseconds of the Unix epoch by the sender's clock; for people
}

// TopicSubscribe begins a subscription, whose number is the request's id. Messages from number From on are delivered, if
// they are remembered; with From zero only those that come. The result's Seq is the topic's last message.
type TopicSubscribe struct {
	Topic string
	From  uint64
}

// TopicUnsubscribe ends a subscription of the session.
type TopicUnsubscribe struct{ Subscription uint64 }

// TopicAck says that a subscription has got the messages up to Seq. Who does not say so is not sent more than a window.
type TopicAck struct {
	Subscription uint64
	Seq          uint64
}

// TopicHistory reads remembered messages from number From on; the result has Messages and the last one's number as Seq. It
// may have to be repeated for more.
type TopicHistory struct {
	Topic string
	From  uint64
}

// Publish names a dataset, which outlives the session. It is [ErrExists] if the name is taken, unless Override.
type Publish struct {
	Name     string
	Value    Value
	Override bool
}

// Unpublish forgets a dataset, or is [ErrNotFound].
type Unpublish struct{ Name string }

// GetPublished reads a dataset, or is [ErrNotFound]. The result has the Value, and if futures are in it a Seq:
// see [Claimed].
type GetPublished struct{ Name string }

// MetaSet replaces everything at and below a path by Leaves, whose paths are relative to it: one with an empty path for a
// plain value. The last write wins.
type MetaSet struct {
	Path   []string
	Leaves []Leaf
}

// MetaGet reads everything at and below a path, or is [ErrNotFound]. The result has Leaves, with paths relative to the path
// and in their order.
type MetaGet struct{ Path []string }

// MetaDelete forgets everything at and below a path. The result's OK says whether there was anything.
type MetaDelete struct{ Path []string }

// Peek looks at an object without changing it. The result's OK says whether a lock is held, an event or variable set, a
// name known; Count is how many units of a semaphore are taken or items are in a queue; Seq a topic's last message.
type Peek struct {
	Space Space
	Name  string
}

// List reads the names of a space that come after a name, in order. The result has Names; none are left when it is empty.
type List struct {
	Space Space
	After string
}

// Cancel gives up another request of the session. If it waits, it is answered with [ErrCancelled]. If it has been granted
// a lock, units or items, these are given back.
type Cancel struct{ Request uint64 }

// Received says that the session has the answer to the request UpTo, and with it all that were given before that: they need not
// be remembered. It has no answer itself.
type Received struct{ UpTo uint64 }

// Resume asks to deliver again whatever is not acknowledged, after a connection was lost.
type Resume struct{}

// Claimed says that the session has claimed the futures that the answer to a request named, under the number of its Seq. The
// machine keeps them alive until then.
type Claimed struct{ Request uint64 }

// Kind returns KindLockAcquire.
func (LockAcquire) Kind() Kind { return KindLockAcquire }

// Kind returns KindMultiAcquire.
func (MultiAcquire) Kind() Kind { return KindMultiAcquire }

// Kind returns KindSemAcquire.
func (SemAcquire) Kind() Kind { return KindSemAcquire }

// Kind returns KindSemClose.
func (SemClose) Kind() Kind { return KindSemClose }

// Kind returns KindRelease.
func (Release) Kind() Kind { return KindRelease }

// Kind returns KindRenew.
func (Renew) Kind() Kind { return KindRenew }

// Kind returns KindQueuePut.
func (QueuePut) Kind() Kind { return KindQueuePut }

// Kind returns KindQueueGet.
func (QueueGet) Kind() Kind { return KindQueueGet }

// Kind returns KindQueueAck.
func (QueueAck) Kind() Kind { return KindQueueAck }

// Kind returns KindQueueClose.
func (QueueClose) Kind() Kind { return KindQueueClose }

// Kind returns KindVarSet.
func (VarSet) Kind() Kind { return KindVarSet }

// Kind returns KindVarGet.
func (VarGet) Kind() Kind { return KindVarGet }

// Kind returns KindVarDelete.
func (VarDelete) Kind() Kind { return KindVarDelete }

// Kind returns KindEventSet.
func (EventSet) Kind() Kind { return KindEventSet }

// Kind returns KindEventClear.
func (EventClear) Kind() Kind { return KindEventClear }

// Kind returns KindEventWait.
func (EventWait) Kind() Kind { return KindEventWait }

// Kind returns KindTopicPublish.
func (TopicPublish) Kind() Kind { return KindTopicPublish }

// Kind returns KindTopicSubscribe.
func (TopicSubscribe) Kind() Kind { return KindTopicSubscribe }

// Kind returns KindTopicUnsubscribe.
func (TopicUnsubscribe) Kind() Kind { return KindTopicUnsubscribe }

// Kind returns KindTopicAck.
func (TopicAck) Kind() Kind { return KindTopicAck }

// Kind returns KindTopicHistory.
func (TopicHistory) Kind() Kind { return KindTopicHistory }

// Kind returns KindPublish.
func (Publish) Kind() Kind { return KindPublish }

// Kind returns KindUnpublish.
func (Unpublish) Kind() Kind { return KindUnpublish }

// Kind returns KindGetPublished.
func (GetPublished) Kind() Kind { return KindGetPublished }

// Kind returns KindMetaSet.
func (MetaSet) Kind() Kind { return KindMetaSet }

// Kind returns KindMetaGet.
func (MetaGet) Kind() Kind { return KindMetaGet }

// Kind returns KindMetaDelete.
func (MetaDelete) Kind() Kind { return KindMetaDelete }

// Kind returns KindPeek.
func (Peek) Kind() Kind { return KindPeek }

// Kind returns KindList.
func (List) Kind() Kind { return KindList }

// Kind returns KindCancel.
func (Cancel) Kind() Kind { return KindCancel }

// Kind returns KindReceived.
func (Received) Kind() Kind { return KindReceived }

// Kind returns KindResume.
func (Resume) Kind() Kind { return KindResume }

// Kind returns KindClaimed.
func (Claimed) Kind() Kind { return KindClaimed }
