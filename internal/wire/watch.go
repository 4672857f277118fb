package wire

// Spans asks for what is known of the graphs of each span; the answer is [SpanList].
type Spans struct{}

// SpanList answers [Spans], in the order in which the spans began.
type SpanList struct{ Spans []Span }

// A Span is what is known of the graphs that were submitted under one path of names. Those within it are not counted.
type Span struct {
	Path       []string // from the root
	Graphs     int64    // ever submitted
	Tasks      int64    // of these graphs
	States     []StateCount
	Done       int64 // tasks that ended well, again if they were computed again
	Failed     int64
	Nanos      int64 // that they ran, one after the other
	Bytes      int64 // of results
	MovedNanos int64 // that workers fetched inputs
	MovedBytes int64
	Start, End int64 // of the first and the last task, nanoseconds of the Unix epoch by the workers' clocks; 0 for none
	Names      []string
	Functions  []string // the user's, with their places
	Clients    []string
}

// Forward asks for the records of all workers' logs from a level on, in the messages of [LogTopic], or no more of them. A client asks the
// scheduler, the scheduler the workers; nobody asks for as long as nobody has asked.
type Forward struct {
	On     bool
	Level  int32  // of log/slog
	Epoch  uint64 // of the scheduler; workers follow the latest word of a scheduler only
	Serial uint64 // of what it has said
}

// LogTopic is the topic of the records that workers forward: of [Log] on the way to the scheduler, of package coord from there on.
const LogTopic = "sheaf.log"

// Moved is how many bytes a worker has fetched from others for tasks of a layer, and how long that took.
type Moved struct {
	Layer LayerID
	Bytes int64
	Nanos int64
}
