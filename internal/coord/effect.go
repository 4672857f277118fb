package coord

import "sheaf/internal/wire"

// An Effect is what the driver has to do: one of the structs of this file.
type Effect interface{ effect() }

// Reply answers a request: with Result, or with Err if it is not nil.
type Reply struct {
	Session Session
	Request uint64
	Result  Result
	Err     *Error
}

// Deliver sends messages to a subscriber, in the order of their numbers.
type Deliver struct {
	Session      Session
	Subscription uint64
	Topic        string
	Messages     []Message
}

// Hold keeps the values of futures alive on behalf of the machine. Holds are counted.
type Hold struct{ IDs []wire.ID }

// Drop ends as many holds as it has ids.
type Drop struct{ IDs []wire.ID }

// Share keeps the values of futures alive on behalf of a session that is being given them in the next reply, as if it had
// submitted them; the session gives them up itself, or with its end.
type Share struct {
	Session Session
	IDs     []wire.ID
}

// Unshare takes a Share back: the session does not want what it was given.
type Unshare struct {
	Session Session
	IDs     []wire.ID
}

func (Reply) effect()   {}
func (Deliver) effect() {}
func (Hold) effect()    {}
func (Drop) effect()    {}
func (Share) effect()   {}
func (Unshare) effect() {}
