package coord

import "fmt"

// AppendRequest appends the encoding of a request.
func AppendRequest(dst []byte, r Request) []byte {
	c := &coder{b: append(dst, byte(r.Kind()))}
	c.request(r)
	return c.b
}

// ParseRequest reads what [AppendRequest] wrote. The request does not share memory with b. Any bytes are fine: what makes no
// sense is an error.
func ParseRequest(b []byte) (Request, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("coord: an empty message")
	}
	if k := Kind(b[0]); k == 0 || k >= kindEnd {
		return nil, fmt.Errorf("coord: unknown kind of request %d", k)
	}
	c := &coder{b: b[1:], reading: true}
	r := c.request(blank[b[0]])
	return r, c.end()
}

// blank has an empty request of each kind.
var blank = [kindEnd]Request{
	KindLockAcquire:      LockAcquire{},
	KindMultiAcquire:     MultiAcquire{},
	KindSemAcquire:       SemAcquire{},
	KindSemClose:         SemClose{},
	KindRelease:          Release{},
	KindRenew:            Renew{},
	KindQueuePut:         QueuePut{},
	KindQueueGet:         QueueGet{},
	KindQueueAck:         QueueAck{},
	KindQueueClose:       QueueClose{},
	KindVarSet:           VarSet{},
	KindVarGet:           VarGet{},
	KindVarDelete:        VarDelete{},
	KindEventSet:         EventSet{},
	KindEventClear:       EventClear{},
	KindEventWait:        EventWait{},
	KindTopicPublish:     TopicPublish{},
	KindTopicSubscribe:   TopicSubscribe{},
	KindTopicUnsubscribe: TopicUnsubscribe{},
	KindTopicAck:         TopicAck{},
	KindTopicHistory:     TopicHistory{},
	KindPublish:          Publish{},
	KindUnpublish:        Unpublish{},
	KindGetPublished:     GetPublished{},
	KindMetaSet:          MetaSet{},
	KindMetaGet:          MetaGet{},
	KindMetaDelete:       MetaDelete{},
	KindPeek:             Peek{},
	KindList:             List{},
	KindCancel:           Cancel{},
	KindReceived:         Received{},
	KindResume:           Resume{},
	KindClaimed:          Claimed{},
}

// request writes the fields of r, or reads those of a request of r's type, and returns it.
func (c *coder) request(r Request) Request {
	switch r := r.(type) {
	case LockAcquire:
		c.string(&r.Name)
		c.duration(&r.Lease)
		c.duration(&r.Wait)
		return r
	case MultiAcquire:
		c.strings(&r.Names)
		c.int(&r.N)
		c.duration(&r.Lease)
		c.duration(&r.Wait)
		return r
	case SemAcquire:
		c.string(&r.Name)
		c.int(&r.N)
		c.int(&r.Limit)
		c.duration(&r.Lease)
		c.duration(&r.Wait)
		return r
	case SemClose:
		c.string(&r.Name)
		return r
	case Release:
		c.uint(&r.Token)
		return r
	case Renew:
		c.uints(&r.Tokens)
		return r
	case QueuePut:
		c.string(&r.Name)
		c.int(&r.Max)
		c.value(&r.Value)
		c.duration(&r.Wait)
		return r
	case QueueGet:
		c.string(&r.Name)
		c.int(&r.Min)
		c.int(&r.Max)
		c.duration(&r.Wait)
		return r
	case QueueAck:
		c.uints(&r.Items)
		c.bool(&r.Return)
		return r
	case QueueClose:
		c.string(&r.Name)
		return r
	case VarSet:
		c.string(&r.Name)
		c.value(&r.Value)
		return r
	case VarGet:
		c.string(&r.Name)
		c.duration(&r.Wait)
		return r
	case VarDelete:
		c.string(&r.Name)
		return r
	case EventSet:
		c.string(&r.Name)
		return r
	case EventClear:
		c.string(&r.Name)
		return r
	case EventWait:
		c.string(&r.Name)
		c.duration(&r.Wait)
		return r
	}
	return c.requestMore(r)
}

// requestMore is the other half of request.
func (c *coder) requestMore(r Request) Request {
	switch r := r.(type) {
	case TopicPublish:
		c.string(&r.Topic)
		c.bytes(&r.Message)
		c.int64(&r.At)
		return r
	case TopicSubscribe:
		c.string(&r.Topic)
		c.uint(&r.From)
		return r
	case TopicUnsubscribe:
		c.uint(&r.Subscription)
		return r
	case TopicAck:
		c.uint(&r.Subscription)
		c.uint(&r.Seq)
		return r
	case TopicHistory:
		c.string(&r.Topic)
		c.uint(&r.From)
		return r
	case Publish:
		c.string(&r.Name)
		c.value(&r.Value)
		c.bool(&r.Override)
		return r
	case Unpublish:
		c.string(&r.Name)
		return r
	case GetPublished:
		c.string(&r.Name)
		return r
	case MetaSet:
		c.strings(&r.Path)
		list(c, &r.Leaves, c.leaf)
		return r
	case MetaGet:
		c.strings(&r.Path)
		return r
	case MetaDelete:
		c.strings(&r.Path)
		return r
	case Peek:
		c.space(&r.Space)
		c.string(&r.Name)
		return r
	case List:
		c.space(&r.Space)
		c.string(&r.After)
		return r
	case Cancel:
		c.uint(&r.Request)
		return r
	case Received:
		c.uint(&r.UpTo)
		return r
	case Claimed:
		c.uint(&r.Request)
		return r
	case Resume:
		return r
	}
	c.fail(fmt.Sprintf("unknown request %T", r))
	return r
}

// AppendReply appends the encoding of an answer: of its result or its error. Session and request are the driver's to send.
func AppendReply(dst []byte, r Reply) []byte {
	c := &coder{b: dst}
	c.reply(&r)
	return c.b
}

// ParseReply reads what [AppendReply] wrote.
func ParseReply(b []byte) (r Reply, err error) {
	c := &coder{b: b, reading: true}
	c.reply(&r)
	return r, c.end()
}

func (c *coder) reply(r *Reply) {
	code, text := uint64(0), ""
	if r.Err != nil {
		code, text = uint64(r.Err.Code), r.Err.Text
	}
	switch c.uint(&code); {
	case code >= uint64(codeEnd):
		c.fail(fmt.Sprintf("unknown error %d", code))
	case code > 0:
		c.string(&text)
		r.Err = &Error{Code(code), text}
	default:
		c.result(&r.Result)
	}
}

// AppendDeliver appends the encoding of a delivery, without its session.
func AppendDeliver(dst []byte, d Deliver) []byte {
	c := &coder{b: dst}
	c.deliver(&d)
	return c.b
}

// ParseDeliver reads what [AppendDeliver] wrote.
func ParseDeliver(b []byte) (d Deliver, err error) {
	c := &coder{b: b, reading: true}
	c.deliver(&d)
	return d, c.end()
}

func (c *coder) deliver(d *Deliver) {
	c.uint(&d.Subscription)
	c.string(&d.Topic)
	list(c, &d.Messages, c.message)
}
