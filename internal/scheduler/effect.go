package scheduler

import "sheaf/internal/wire"

// A Peer is a session with a client, a worker or an agent, as drivers name it. A name is never reused.
type Peer string

// In is one thing that happened: a message came in a session, or the session ended ([wire.Gone] from the driver itself).
type In struct {
	From     Peer
	Msg      wire.Message
	Prepared *Prepared // of a [wire.Submit], if the driver called [Prepare] already
}

// An Effect is something for the driver to do: [Send], [Drop], [Record], [Note] or [Halt], or to know: [Happened].
type Effect interface{ effect() }

// Send asks to send a message.
type Send struct {
	To  Peer
	Msg wire.Message
}

// Drop asks to end a session, after what was sent before has left.
type Drop struct {
	Peer   Peer
	Reason string
}

// Record asks to append bytes to the durable log. See record.go for what they say.
type Record struct{ Bytes []byte }

// A Level says how much attention a note deserves.
type Level int8

// The levels of notes, as package slog counts them.
const (
	LevelDebug Level = -4
	LevelInfo  Level = 0
	LevelWarn  Level = 4
	LevelError Level = 8
)

// Note is a line for the log of the process.
type Note struct {
	Level Level
	Text  string
}

// Halt asks to end the scheduler, after what was sent before has left.
type Halt struct{ Reason string }

func (*Halt) effect()   {}
func (*Send) effect()   {}
func (*Drop) effect()   {}
func (*Record) effect() {}
func (*Note) effect()   {}
