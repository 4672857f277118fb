package wire

var messages = []Message{
	(*ClientHello)(nil), (*WorkerHello)(nil), (*AgentHello)(nil), (*Welcome)(nil), (*Refused)(nil), (*Bye)(nil), (*Gone)(nil),
	(*Submit)(nil), (*Claim)(nil), (*Release)(nil), (*Cancel)(nil), (*Retry)(nil), (*Scattered)(nil), (*Unreadable)(nil),
	(*Call)(nil), (*Admitted)(nil), (*Finished)(nil), (*Erred)(nil), (*Progress)(nil), (*Peers)(nil), (*Reply)(nil),
	(*Delivery)(nil), (*Compute)(nil), (*Stop)(nil), (*Free)(nil), (*Fetch)(nil), (*Steal)(nil), (*Drain)(nil), (*Quit)(nil),
	(*Forget)(nil), (*Done)(nil), (*Failed)(nil), (*Started)(nil), (*LongRunning)(nil), (*Missing)(nil), (*Holding)(nil),
	(*Returned)(nil), (*Heartbeat)(nil), (*Drained)(nil), (*Log)(nil), (*Exited)(nil), (*Value)(nil), (*Launch)(nil), (*Restore)(nil),
	(*Brought)(nil),
}

var bodyTypes = []Body{
	(*WhoHas)(nil), (*Places)(nil), (*HasWhat)(nil), (*Holdings)(nil), (*Processing)(nil), (*Info)(nil), (*Cluster)(nil),
	(*Rebalance)(nil), (*Replicate)(nil), (*Retire)(nil), (*Restart)(nil), (*Run)(nil), (*Ran)(nil), (*Plugin)(nil),
	(*Events)(nil), (*Story)(nil), (*Dump)(nil), (*Text)(nil), (*TaskStream)(nil), (*Tasks)(nil), (*Coord)(nil), (*Names)(nil),
	(*Actor)(nil), (*Shutdown)(nil), (*Spans)(nil), (*SpanList)(nil), (*Forward)(nil),
	(*RunOnScheduler)(nil),
}

func (*ClientHello) kind() Kind { return KindClientHello }
func (*WorkerHello) kind() Kind { return KindWorkerHello }
func (*AgentHello) kind() Kind  { return KindAgentHello }
func (*Welcome) kind() Kind     { return KindWelcome }
func (*Refused) kind() Kind     { return KindRefused }
func (*Bye) kind() Kind         { return KindBye }
func (*Gone) kind() Kind        { return KindGone }
func (*Submit) kind() Kind      { return KindSubmit }
func (*Claim) kind() Kind       { return KindClaim }
func (*Release) kind() Kind     { return KindRelease }
func (*Cancel) kind() Kind      { return KindCancel }
func (*Retry) kind() Kind       { return KindRetry }
func (*Scattered) kind() Kind   { return KindScattered }
func (*Unreadable) kind() Kind  { return KindUnreadable }
func (*Call) kind() Kind        { return KindCall }
func (*Admitted) kind() Kind    { return KindAdmitted }
func (*Finished) kind() Kind    { return KindFinished }
func (*Erred) kind() Kind       { return KindErred }
func (*Progress) kind() Kind    { return KindProgress }
func (*Peers) kind() Kind       { return KindPeers }
func (*Reply) kind() Kind       { return KindReply }
func (*Delivery) kind() Kind    { return KindDelivery }
func (*Compute) kind() Kind     { return KindCompute }
func (*Stop) kind() Kind        { return KindStop }
func (*Free) kind() Kind        { return KindFree }
func (*Fetch) kind() Kind       { return KindFetch }
func (*Steal) kind() Kind       { return KindSteal }
func (*Drain) kind() Kind       { return KindDrain }
func (*Quit) kind() Kind        { return KindQuit }
func (*Forget) kind() Kind      { return KindForget }
func (*Done) kind() Kind        { return KindDone }
func (*Failed) kind() Kind      { return KindFailed }
func (*Started) kind() Kind     { return KindStarted }
func (*LongRunning) kind() Kind { return KindLongRunning }
func (*Missing) kind() Kind     { return KindMissing }
func (*Holding) kind() Kind     { return KindHolding }
func (*Returned) kind() Kind    { return KindReturned }
func (*Heartbeat) kind() Kind   { return KindHeartbeat }
func (*Drained) kind() Kind     { return KindDrained }
func (*Log) kind() Kind         { return KindLog }
func (*Exited) kind() Kind      { return KindExited }
func (*Value) kind() Kind       { return KindValue }
func (*Launch) kind() Kind      { return KindLaunch }

func (*Restore) kind() Kind { return KindRestore }
func (*Brought) kind() Kind { return KindBrought }

func (*WhoHas) body() BodyKind     { return BodyWhoHas }
func (*Places) body() BodyKind     { return BodyPlaces }
func (*HasWhat) body() BodyKind    { return BodyHasWhat }
func (*Holdings) body() BodyKind   { return BodyHoldings }
func (*Processing) body() BodyKind { return BodyProcessing }
func (*Info) body() BodyKind       { return BodyInfo }
func (*Cluster) body() BodyKind    { return BodyCluster }
func (*Rebalance) body() BodyKind  { return BodyRebalance }
func (*Replicate) body() BodyKind  { return BodyReplicate }
func (*Retire) body() BodyKind     { return BodyRetire }
func (*Restart) body() BodyKind    { return BodyRestart }
func (*Run) body() BodyKind        { return BodyRun }
func (*Ran) body() BodyKind        { return BodyRan }
func (*Plugin) body() BodyKind     { return BodyPlugin }
func (*Events) body() BodyKind     { return BodyEvents }
func (*Story) body() BodyKind      { return BodyStory }
func (*Dump) body() BodyKind       { return BodyDump }
func (*Text) body() BodyKind       { return BodyText }
func (*TaskStream) body() BodyKind { return BodyTaskStream }
func (*Tasks) body() BodyKind      { return BodyTasks }
func (*Coord) body() BodyKind      { return BodyCoord }
func (*Names) body() BodyKind      { return BodyNames }
func (*Actor) body() BodyKind      { return BodyActor }
func (*Shutdown) body() BodyKind   { return BodyShutdown }
func (*Spans) body() BodyKind      { return BodySpans }
func (*SpanList) body() BodyKind   { return BodySpanList }
func (*Forward) body() BodyKind    { return BodyForward }

func (*RunOnScheduler) body() BodyKind { return BodyRunOnScheduler }
