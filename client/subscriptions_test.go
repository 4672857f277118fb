package client

import (
	"slices"
	"testing"

	"sheaf"
	"sheaf/internal/coord"
	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// TestSubscriptionsEnd: a coordinator that is asked of a cluster keeps nothing of subscriptions that have ended, and loses nothing that
// comes before it knows a subscription's number.
func TestSubscriptionsEnd(t *testing.T) {
	l := &link{}
	k := newRemoteCoordinator(l)
	c := &Client{ctx: t.Context(), link: l}
	k.client = c
	bring := func(subscription, seq uint64) {
		k.delivery(&wire.Delivery{Bytes: coord.AppendDeliver(nil, coord.Deliver{Subscription: subscription, Topic: "x", Messages: []coord.Message{{Seq: seq}}})})
	}
	answers := make(chan uint64, 1000)
	l.x = remote.New(remote.Config{Delivery: k.delivery, Send: func(m wire.Message) error {
		call, ok := m.(*wire.Call)
		if !ok {
			return nil
		}
		r, err := coord.ParseRequest(call.Body.(*wire.Coord).Bytes)
		if err != nil {
			t.Error(err)
		}
		if _, ok := r.(coord.TopicSubscribe); ok { // the first message overtakes everything, and one of an ended subscription was under way
			bring(call.Request, 1)
			bring(call.Request+1000, 1)
		}
		answers <- call.Request
		return nil
	}})
	ended := make(chan struct{})
	go func() { // the scheduler
		defer close(ended)
		for id := range answers {
			l.x.Deliver([]wire.Message{&wire.Reply{Request: id, Body: &wire.Coord{Bytes: coord.AppendReply(nil, coord.Reply{Request: id})}}})
		}
	}()
	defer func() {
		l.x.Close(sheaf.ErrClosed)
		close(answers)
		<-ended
	}()
	l.x.Welcome(&wire.Welcome{Number: 1})
	for range 50 {
		var got []uint64
		id, _, err := k.subscribe(t.Context(), coord.TopicSubscribe{Topic: "x"}, func(ms []coord.Message) { got = append(got, ms[0].Seq) })
		if err != nil {
			t.Fatal(err)
		}
		bring(id, 2)
		if _, err := k.call(t.Context(), coord.TopicUnsubscribe{Subscription: id}); err != nil {
			t.Fatal(err)
		}
		bring(id, 3) // was under way
		if !slices.Equal(got, []uint64{1, 2}) {
			t.Fatalf("got the messages %v, want 1 and 2", got)
		}
	}
	if len(k.subs) != 0 || len(k.early) != 0 || k.naming != 0 {
		t.Errorf("%d subscriptions and early messages of %d are kept", len(k.subs), len(k.early))
	}
}
