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

// Hold keeps the values of futures alive on behalf of the machine. Holds are counted. A session to which the machine names
// futures claims them by its own means before it says that it has them ([Claimed], [QueueAck]); until then the machine's
// hold keeps them.
type Hold struct{ IDs []wire.ID }

// Drop ends as many holds as it has ids.
type Drop struct{ IDs []wire.ID }

func (Reply) effect()   {}
func (Deliver) effect() {}
func (Hold) effect()    {}
func (Drop) effect()    {}
