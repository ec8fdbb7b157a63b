------------------------------ MODULE TracePbft ------------------------------
(***************************************************************************)
(* A recorded run as a behaviour of Pbft. The module TraceData is generated *)
(* from a window of the merged traces (src/trace-check/emit-tla.ts): where  *)
(* it starts, its events, where it ends. Event k of the window must be a    *)
(* step of the action that the trace names, with the recorded message, and  *)
(* must change what the trace says it changed.                              *)
(*                                                                         *)
(* There is one behaviour at most, and it stops at the first event that    *)
(* cannot be matched. So TLC ends without an error in any case; the window *)
(* is accepted when the depth of its search is Len(Trace) + 2: the initial *)
(* state, one state an event, and one for the comparison with End. Run it  *)
(* with one worker and CHECK_DEADLOCK FALSE.                               *)
(*                                                                         *)
(* A replica without a trace counts as Byzantine here: what it was heard   *)
(* to say is Injected. Symbols stand for operations, results and digests.  *)
(***************************************************************************)
EXTENDS Pbft, TraceData, TLC

VARIABLE at  \* number of the next event

traceVars == <<vars, at>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Data of TraceData as values of Pbft's variables.                        *)
(***************************************************************************)
Lookup(pairs, key, default) ==
  IF \E k \in 1 .. Len(pairs) : pairs[k][1] = key
  THEN pairs[CHOOSE k \in 1 .. Len(pairs) : pairs[k][1] = key][2]
  ELSE default

\* Votes: <<replica, digest>> pairs. Entries: <<client, entry>>. Slots: one a sequence number above
\* low, as far as any is occupied. Checkpoints and their votes: <<seq, ...>> pairs.
VotesOf(pairs) == [r \in Replicas |-> Lookup(pairs, r, NoDigest)]
TableOf(pairs) == [c \in AllClients |-> Lookup(pairs, c, NoEntry)]
SlotOf(s) == [phase |-> s.phase, batch |-> s.batch,
              prepares |-> VotesOf(s.prepares), commits |-> VotesOf(s.commits)]
SlotsOf(h, s) == [n \in Window(h) |-> IF n - h <= Len(s) THEN SlotOf(s[n - h]) ELSE EmptySlot]
CheckpointsOf(pairs) ==
  [n \in {pairs[k][1] : k \in 1 .. Len(pairs)} |->
    [value |-> InitialValue, table |-> TableOf(Lookup(pairs, n, <<>>))]]
CheckpointVotesOf(h, pairs) ==
  [n \in CheckpointSeqs(h) \cup {pairs[k][1] : k \in 1 .. Len(pairs)} |->
     VotesOf(Lookup(pairs, n, <<>>))]
ViewsOf(views) == [r \in Replicas |-> views[r + 1]]
UndoOf(all) == {[executed |-> u.executed, value |-> InitialValue, table |-> TableOf(u.table)] :
                  u \in all}
RepliesOf(pairs) == [r \in Replicas |-> Lookup(pairs, r, NoResult)]
ClientOf(c) == [timestamp |-> c.timestamp, op |-> c.op, toAll |-> c.toAll,
                readOnly |-> c.readOnly,
                replies |-> RepliesOf(c.replies), result |-> c.result,
                views |-> ViewsOf(c.views)]

\* Recorded answers: of the service, and of the digest of its state.
ResultOf(v, r) ==
  IF "at" \in DOMAIN r
  THEN Lookup(ReadResults, <<r.client, r.timestamp, r.at>>, <<"no recorded result">>)
  ELSE Lookup(Results, <<r.client, r.timestamp>>, <<"no recorded result">>)
IsReadOperation(op) == op \in ReadOperations
IsBigOperation(op) == op \in BigOperations
\* Every process in a trace follows the protocol from where the trace has it.
NobodyLied == [i \in {} |-> <<>>]
AnyReplier == 0 .. TraceN
ValueAfter(v, r) == v
DigestAt(n, v, t) == Lookup(CheckpointDigests, n, <<"no recorded digest">>)

\* Pbft's Decisions, number by number: a running system's log has too many functions from numbers
\* to digests to look at each. ChosenFrom: what may be chosen from number n to number top.
RECURSIVE ChosenFrom(_, _, _)
ChosenFrom(S, n, top) ==
  IF n > top THEN {{}}
  ELSE LET here == Choices(S, n)
           later == IF here = {} THEN {} ELSE ChosenFrom(S, n + 1, top)
       IN {{[seq |-> n, digest |-> d]} \cup rest : d \in here, rest \in later}
DecisionsOf(S) ==
  LET entries == UNION {m.prepared : m \in S}
      top(h) == Max({h} \cup {e.seq : e \in {e \in entries : e.seq \in Window(h)}})
  IN UNION {{[start |-> c, chosen |-> x] : x \in ChosenFrom(S, c.seq + 1, top(c.seq))} :
              c \in Starts(S)}

-----------------------------------------------------------------------------
StartState ==
  /\ view = [i \in Correct |-> StartReplicas[i].view]
  /\ active = [i \in Correct |-> StartReplicas[i].active]
  /\ seqno = [i \in Correct |-> StartReplicas[i].seqno]
  /\ queue = [i \in Correct |-> StartReplicas[i].queue]
  /\ slot = [i \in Correct |-> SlotsOf(StartReplicas[i].low, StartReplicas[i].slot)]
  /\ executed = [i \in Correct |-> StartReplicas[i].executed]
  /\ table = [i \in Correct |-> TableOf(StartReplicas[i].table)]
  /\ value = [i \in Correct |-> InitialValue]
  /\ low = [i \in Correct |-> StartReplicas[i].low]
  /\ checkpoints = [i \in Correct |-> CheckpointsOf(StartReplicas[i].checkpoints)]
  /\ checkpointVotes = [i \in Correct |->
       CheckpointVotesOf(StartReplicas[i].low, StartReplicas[i].checkpointVotes)]
  /\ pset = [i \in Correct |-> StartReplicas[i].pset]
  /\ qset = [i \in Correct |-> StartReplicas[i].qset]
  /\ viewChanges = [i \in Correct |-> StartReplicas[i].viewChanges]
  /\ newView = [i \in Correct |-> StartReplicas[i].newView]
  /\ fetched = [i \in Correct |-> StartReplicas[i].fetched]
  /\ undo = [i \in Correct |-> UndoOf(StartReplicas[i].undo)]
  /\ reads = [i \in Correct |-> StartReplicas[i].reads]
  /\ recovery = [i \in Correct |-> StartReplicas[i].recovery]
  /\ heard = [i \in Correct |-> StartReplicas[i].heard]
  /\ told = [i \in Correct |-> StartReplicas[i].told]
  /\ client = [c \in Clients |-> ClientOf(StartClients[c])]
  /\ msgs = StartMessages

TraceInit == at = 1 /\ (IF StartsInInit THEN Init ELSE StartState)

(***************************************************************************)
(* What a step must have changed. A comparison that fails prints what the  *)
(* specification has and what the trace says; there is one behaviour, so   *)
(* nothing is printed but for the event that is not matched.               *)
(***************************************************************************)
Same(name, spec, trace) ==
  IF spec = trace THEN TRUE
  ELSE PrintT([event |-> at, field |-> name, specification |-> spec, trace |-> trace]) /\ FALSE

Known(name, condition, m) ==
  IF condition THEN TRUE ELSE PrintT([event |-> at, failed |-> name, message |-> m]) /\ FALSE

\* Batches are compared by their digests: whose authenticators verify where does not matter later.
Queued(q) == [k \in 1 .. Len(q) |-> Plain(q[k])]
Bare(s) == [s EXCEPT !.batch = Digest(s.batch)]

SlotAsLogged(i, n, s) ==
  /\ Same("slot.phase", slot'[i][n].phase, s.phase)
  /\ Same("slot.batch", IF slot'[i][n].phase = "empty" THEN NoDigest
                         ELSE Digest(slot'[i][n].batch), s.digest)
  /\ Same("slot.prepares", slot'[i][n].prepares, VotesOf(s.prepares))
  /\ Same("slot.commits", slot'[i][n].commits, VotesOf(s.commits))

CheckpointVotesAsLogged(i, n, votes) ==
  Same("checkpointVotes", checkpointVotes'[i][n], VotesOf(votes))

\* What a view change is about. A VIEW-CHANGE is named by its replica and view, a NEW-VIEW by its
\* view, a batch by its digest; the whole values are compared at the end of the window.
ChangeAsLogged(i, post) ==
  LET named(x) == x \in DOMAIN post IN
  /\ Same("active", active'[i], IF named("active") THEN post.active ELSE active[i])
  /\ Same("pset", pset'[i], IF named("pset") THEN post.pset ELSE pset[i])
  /\ Same("qset", qset'[i], IF named("qset") THEN post.qset ELSE qset[i])
  /\ IF named("viewChanges")
     THEN Same("viewChanges", {<<m.replica, m.view>> : m \in viewChanges'[i]}, post.viewChanges)
     ELSE Same("viewChanges", viewChanges'[i], viewChanges[i])
  /\ IF named("newView") THEN Same("newView", {m.view : m \in newView'[i]}, post.newView)
                          ELSE Same("newView", newView'[i], newView[i])
  /\ Same("fetched", fetched'[i], IF named("fetched") THEN post.fetched ELSE fetched[i])

\* What is executed tentatively, by where it started, and who waits to read.
FastAsLogged(i, post) ==
  LET named(x) == x \in DOMAIN post IN
  /\ IF named("undo") THEN Same("undo", {u.executed : u \in undo'[i]}, post.undo)
                        ELSE Same("undo", undo'[i], undo[i])
  /\ IF named("reads")
     THEN Same("reads", {<<r.client, r.timestamp, r.after>> : r \in reads'[i]}, post.reads)
     ELSE Same("reads", reads'[i], reads[i])
  /\ Same("recovery", recovery'[i], IF named("recovery") THEN post.recovery ELSE recovery[i])
  /\ Same("heard", heard'[i], IF named("heard") THEN post.heard ELSE heard[i])
  /\ LET before == IF named("told") THEN post.told ELSE told[i] IN
     /\ Same("told.claims", told'[i].claims, before.claims)
     /\ Same("told.batches", told'[i].batches, before.batches)

\* A variable that the trace does not name is unchanged.
ReplicaAsLogged(i, post) ==
  LET named(x) == x \in DOMAIN post IN
  /\ Same("view", view'[i], IF named("view") THEN post.view ELSE view[i])
  /\ Same("seqno", seqno'[i], IF named("seqno") THEN post.seqno ELSE seqno[i])
  /\ IF named("queue") THEN Same("queue", Len(queue'[i]), post.queue)
                       ELSE Same("queue", queue'[i], queue[i])
  /\ Same("executed", executed'[i], IF named("executed") THEN post.executed ELSE executed[i])
  /\ Same("table", table'[i],
       IF named("table") THEN [c \in AllClients |-> Lookup(post.table, c, table[i][c])]
                         ELSE table[i])
  /\ Same("low", low'[i], IF named("low") THEN post.low ELSE low[i])
  /\ IF named("slot")
     THEN \A k \in 1 .. Len(post.slot) : SlotAsLogged(i, post.slot[k].seq, post.slot[k])
     ELSE named("low") \/ Same("slot", slot'[i], slot[i])
  /\ IF named("checkpoints")
     THEN /\ Same("checkpoints", DOMAIN checkpoints'[i],
                  {post.checkpoints[k][1] : k \in 1 .. Len(post.checkpoints)})
          /\ \A k \in 1 .. Len(post.checkpoints) :
               LET n == post.checkpoints[k][1]
                   c == checkpoints'[i][n]
               IN Same("checkpoints.digest", StateDigest(n, c.value, c.table),
                       post.checkpoints[k][2])
     ELSE Same("checkpoints", checkpoints'[i], checkpoints[i])
  /\ IF named("checkpointVotes")
     THEN \A k \in 1 .. Len(post.checkpointVotes) :
            CheckpointVotesAsLogged(i, post.checkpointVotes[k][1], post.checkpointVotes[k][2])
     ELSE named("low") \/ Same("checkpointVotes", checkpointVotes'[i], checkpointVotes[i])
  /\ ChangeAsLogged(i, post)
  /\ FastAsLogged(i, post)

ClientAsLogged(c, post) ==
  LET named(x) == x \in DOMAIN post
      new == client'[c]
      answered == {r \in Replicas : new.replies[r] # NoResult}
  IN
  /\ Same("client.timestamp", new.timestamp,
          IF named("timestamp") THEN post.timestamp ELSE client[c].timestamp)
  /\ Same("client.op", new.op # NoOp, IF named("waits") THEN post.waits ELSE client[c].op # NoOp)
  /\ Same("client.toAll", new.toAll, IF named("toAll") THEN post.toAll ELSE client[c].toAll)
  /\ Same("client.readOnly", new.readOnly,
          IF named("readOnly") THEN post.readOnly ELSE client[c].readOnly)
  /\ IF named("replies") THEN Same("client.replies", answered, post.replies)
                         ELSE Same("client.replies", new.replies, client[c].replies)
  /\ Same("client.views", new.views,
          IF named("views") THEN ViewsOf(post.views) ELSE client[c].views)
  /\ Same("client.result", new.result, IF named("result") THEN post.result ELSE client[c].result)

\* All of a replica's state: after a restart, and at the end of the window.
ReplicaIs(i, s) ==
  /\ Same("view", view'[i], s.view)
  /\ Same("seqno", seqno'[i], s.seqno)
  /\ Same("queue", Queued(queue'[i]), Queued(s.queue))
  /\ Same("low", low'[i], s.low)
  /\ Same("executed", executed'[i], s.executed)
  /\ Same("table", table'[i], TableOf(s.table))
  /\ \A n \in Window(s.low) : Same("slot", Bare(slot'[i][n]), Bare(SlotsOf(s.low, s.slot)[n]))
  /\ Same("checkpoints", checkpoints'[i], CheckpointsOf(s.checkpoints))
  /\ Same("checkpointVotes", checkpointVotes'[i], CheckpointVotesOf(s.low, s.checkpointVotes))
  /\ Same("active", active'[i], s.active)
  /\ Same("pset", pset'[i], s.pset)
  /\ Same("qset", qset'[i], s.qset)
  /\ Same("viewChanges", viewChanges'[i], s.viewChanges)
  /\ Same("newView", newView'[i], s.newView)
  /\ Same("fetched", fetched'[i], s.fetched)
  /\ Same("undo", undo'[i], UndoOf(s.undo))
  /\ Same("reads", reads'[i], s.reads)
  /\ Same("recovery", recovery'[i], s.recovery)
  /\ Same("heard", heard'[i], s.heard)
  /\ Same("told", told'[i], s.told)

-----------------------------------------------------------------------------
(***************************************************************************)
(* One action an event. A message was sent before it is received: by a     *)
(* correct process in this window or before it, or by one without a trace. *)
(***************************************************************************)
Receivable(m) ==
  Known("the message was not sent", m \in msgs \/ (m \in Injected /\ Buildable(m)), m)

\* The VIEW-CHANGEs in a NEW-VIEW are signed: those of correct replicas were sent, whoever shows
\* them.
NewViewReceivable(m) ==
  /\ Receivable(m)
  /\ m \in msgs \/ \A c \in m.changes : c.replica \in Correct =>
       Known("a VIEW-CHANGE in the message was not sent", c \in msgs, c)

\* Its client took this replica for the primary, or sent the request to everyone.
Requests(e) == {[e.m EXCEPT !.to = to] : to \in {{e.node}, Replicas}}
RequestsOf(e) == IF e.m.client \in Clients THEN Requests(e) \cap msgs ELSE {e.m} \cap Injected

IsClientSubmit(e)    == /\ e.action = "ClientSubmit"
                        /\ ClientSubmit(e.node)
                        /\ \E m \in msgs' \ msgs :
                             e.replier = IF "replier" \in DOMAIN m THEN m.replier ELSE N
                        /\ Same("client.op", client'[e.node].op, e.op)
                        /\ ClientAsLogged(e.node, e.post)
IsClientTimeout(e)   == /\ e.action = "ClientTimeout"
                        /\ ClientTimeout(e.node)
                        /\ ClientAsLogged(e.node, e.post)
IsClientRecvReply(e) == /\ e.action = "ClientRecvReply"
                        /\ Receivable(e.m)
                        /\ ClientRecvReply(e.node, e.m)
                        /\ ClientAsLogged(e.node, e.post)
IsRecvRequest(e)     == /\ e.action = "RecvRequest"
                        /\ Known("the message was not sent", RequestsOf(e) # {}, e.m)
                        /\ \E m \in RequestsOf(e) : RecvRequest(e.node, m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendPrePrepare(e)  == /\ e.action = "SendPrePrepare"
                        /\ SendPrePrepare(e.node, e.head, SubSeq(queue[e.node], 1, e.count))
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvPrePrepare(e)  == /\ e.action = "RecvPrePrepare"
                        /\ Receivable(e.m)
                        /\ RecvPrePrepare(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvFetchPrePrepare(e) ==
                        /\ e.action = "RecvFetchPrePrepare"
                        /\ Receivable(e.m)
                        /\ RecvFetchPrePrepare(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvPrepare(e)     == /\ e.action = "RecvPrepare"
                        /\ Receivable(e.m)
                        /\ RecvPrepare(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvCommit(e)      == /\ e.action = "RecvCommit"
                        /\ Receivable(e.m)
                        /\ RecvCommit(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsExecute(e)         == /\ e.action = "Execute"
                        /\ Execute(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsExecuteTentatively(e) ==
                        /\ e.action = "ExecuteTentatively"
                        /\ ExecuteTentatively(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSettle(e)          == /\ e.action = "Settle"
                        /\ Settle(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendCommitted(e)   == /\ e.action = "SendCommitted"
                        /\ SendCommitted(e.node, e.seq)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvCommitted(e)   == /\ e.action = "RecvCommitted"
                        /\ Receivable(e.m)
                        /\ RecvCommitted(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvRead(e)        == /\ e.action = "RecvRead"
                        /\ Receivable(e.m)
                        /\ RecvRead(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsAnswerRead(e)      == /\ e.action = "AnswerRead"
                        /\ \E r \in reads[e.node] :
                             /\ r.client = e.client /\ r.timestamp = e.timestamp
                             /\ AnswerRead(e.node, r)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvCheckpoint(e)  == /\ e.action = "RecvCheckpoint"
                        /\ Receivable(e.m)
                        /\ RecvCheckpoint(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsTimeout(e)         == /\ e.action = "Timeout"
                        /\ Same("the timer's view", view[e.node], e.view)
                        /\ Timeout(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvViewChange(e)  == /\ e.action = "RecvViewChange"
                        /\ Receivable(e.m)
                        /\ RecvViewChange(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendNewView(e)     == /\ e.action = "SendNewView"
                        /\ Known("the VIEW-CHANGEs do not allow the decision",
                             e.decision \in Decisions(ChangesOf(e.node)), e.decision)
                        /\ SendNewView(e.node, e.decision)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvNewView(e)     == /\ e.action = "RecvNewView"
                        /\ NewViewReceivable(e.m)
                        /\ RecvNewView(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvFetchBatch(e)  == /\ e.action = "RecvFetchBatch"
                        /\ Receivable(e.m)
                        /\ RecvFetchBatch(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvBatch(e)       == /\ e.action = "RecvBatch"
                        /\ Receivable(e.m)
                        /\ RecvBatch(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsEnterView(e)       == /\ e.action = "EnterView"
                        /\ EnterView(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendFetchState(e)  == /\ e.action = "SendFetchState"
                        /\ SendFetchState(e.node, e.checkpoint)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvFetchState(e)  == /\ e.action = "RecvFetchState"
                        /\ Receivable(e.m)
                        /\ RecvFetchState(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvState(e)       == /\ e.action = "RecvState"
                        /\ Receivable(e.m)
                        /\ RecvState(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRestart(e)         == /\ e.action = "Restart"
                        /\ Restart(e.node)
                        /\ ReplicaIs(e.node, e.post)
IsRejoin(e)          == /\ e.action = "Rejoin"
                        /\ Rejoin(e.node, e.incarnation)
                        /\ ReplicaIs(e.node, e.post)
IsRecover(e)         == /\ e.action = "Recover"
                        /\ Recover(e.node, e.incarnation)
                        /\ ReplicaIs(e.node, e.post)
IsChangeKey(e)       == /\ e.action = "ChangeKey"
                        /\ ChangeKey(e.node, e.of)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvQueryStable(e) == /\ e.action = "RecvQueryStable"
                        /\ Receivable(e.m)
                        /\ RecvQueryStable(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvReplyStable(e) == /\ e.action = "RecvReplyStable"
                        /\ Receivable(e.m)
                        /\ RecvReplyStable(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)

(***************************************************************************)
(* An ignored input changes nothing, and no action of the specification is *)
(* enabled for it. (An answer of the service that nobody waits for, and    *)
(* the timer of a view that was left, are no inputs of the specification.) *)
(***************************************************************************)
Possible(e) ==
  CASE e.input = "Request"    -> \E to \in {{e.node}, Replicas} :
                                   ENABLED RecvRequest(e.node, [e.m EXCEPT !.to = to])
    [] e.input = "Read"       -> ENABLED RecvRead(e.node, e.m)
    [] e.input = "PrePrepare" -> ENABLED RecvPrePrepare(e.node, e.m)
    [] e.input = "FetchPrePrepare" -> ENABLED RecvFetchPrePrepare(e.node, e.m)
    [] e.input = "Prepare"    -> ENABLED RecvPrepare(e.node, e.m)
    [] e.input = "Commit"     -> ENABLED RecvCommit(e.node, e.m)
    [] e.input = "Tell"       -> ENABLED SendCommitted(e.node, e.seq)
    [] e.input = "Committed"  -> ENABLED RecvCommitted(e.node, e.m)
    [] e.input = "Checkpoint" -> ENABLED RecvCheckpoint(e.node, e.m)
    [] e.input = "Propose"    ->
         ENABLED SendPrePrepare(e.node, e.head, SubSeq(queue[e.node], 1, e.count))
    [] e.input = "ViewChange" -> ENABLED RecvViewChange(e.node, e.m)
    [] e.input = "NewView"    -> ENABLED RecvNewView(e.node, e.m)
    [] e.input = "FetchBatch" -> ENABLED RecvFetchBatch(e.node, e.m)
    [] e.input = "Batch"      -> ENABLED RecvBatch(e.node, e.m)
    [] e.input = "Fetch"      -> ENABLED SendFetchState(e.node, e.checkpoint)
    [] e.input = "FetchState" -> ENABLED RecvFetchState(e.node, e.m)
    [] e.input = "State"      -> ENABLED RecvState(e.node, e.m)
    [] e.input = "QueryStable" -> ENABLED RecvQueryStable(e.node, e.m)
    [] e.input = "ReplyStable" -> ENABLED RecvReplyStable(e.node, e.m)
    [] e.input = "Decide"     -> ENABLED SendNewView(e.node, e.decision)
    [] e.input = "Enter"      -> ENABLED EnterView(e.node)
    [] e.input = "Timer"      -> e.view = view[e.node]
    [] e.input = "Reply"      -> ENABLED ClientRecvReply(e.node, e.m)
    [] e.input = "Submit"     -> ENABLED ClientSubmit(e.node)
    [] e.input = "Timeout"    -> ENABLED ClientTimeout(e.node)
    [] OTHER                  -> FALSE
IsIgnored(e) ==
  /\ e.action = "Ignored"
  /\ Known("ignored, but the specification has an action for it", ~Possible(e), e.input)
  /\ UNCHANGED vars

Follow(e) ==
  \/ IsClientSubmit(e) \/ IsClientTimeout(e) \/ IsClientRecvReply(e)
  \/ IsRecvRequest(e) \/ IsSendPrePrepare(e) \/ IsRecvPrePrepare(e)
  \/ IsRecvFetchPrePrepare(e) \/ IsRecvPrepare(e) \/ IsRecvCommit(e) \/ IsExecute(e)
  \/ IsExecuteTentatively(e) \/ IsSettle(e) \/ IsSendCommitted(e) \/ IsRecvCommitted(e)
  \/ IsRecvRead(e) \/ IsAnswerRead(e)
  \/ IsRecvCheckpoint(e) \/ IsTimeout(e) \/ IsRecvViewChange(e) \/ IsSendNewView(e)
  \/ IsRecvNewView(e) \/ IsRecvFetchBatch(e) \/ IsRecvBatch(e) \/ IsEnterView(e)
  \/ IsSendFetchState(e) \/ IsRecvFetchState(e) \/ IsRecvState(e)
  \/ IsRestart(e) \/ IsRejoin(e) \/ IsRecover(e) \/ IsChangeKey(e)
  \/ IsRecvQueryStable(e) \/ IsRecvReplyStable(e) \/ IsIgnored(e)

\* The state after the last event is the one in which the next window starts.
IsEnd ==
  /\ UNCHANGED vars
  /\ \A i \in Correct : ReplicaIs(i, EndReplicas[i])
  /\ \A c \in Clients : Same("client", client'[c], ClientOf(EndClients[c]))
  /\ Same("messages", EndMessages \ msgs, {})

TraceNext ==
  \/ at <= Len(Trace) /\ at' = at + 1 /\ Follow(Trace[at])
  \/ at = Len(Trace) + 1 /\ at' = at + 1 /\ IsEnd

TraceSpec == TraceInit /\ [][TraceNext]_traceVars
=============================================================================
