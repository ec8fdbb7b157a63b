----------------------------- MODULE TraceZyzzyva -----------------------------
(***************************************************************************)
(* A recorded run as a behaviour of Zyzzyva, as TracePbft is of Pbft. The  *)
(* module TraceData is generated from a window of the merged traces        *)
(* (src/trace-check/emit-zyzzyva.ts): where it starts, its events, where   *)
(* it ends. Event k of the window must be a step of the action that the    *)
(* trace names, with the recorded message, and must change what the trace  *)
(* says it changed.                                                        *)
(*                                                                         *)
(* There is one behaviour at most, and it stops at the first event that    *)
(* cannot be matched. So TLC ends without an error in any case; the window *)
(* is accepted when the depth of its search is Len(Trace) + 2: the initial *)
(* state, one state an event, and one for the comparison with End. Run it  *)
(* with one worker and CHECK_DEADLOCK FALSE.                               *)
(*                                                                         *)
(* A replica without a trace counts as Byzantine here: what it was heard   *)
(* to say is Injected. Symbols stand for operations, results, digests and  *)
(* values of the service; sequence numbers count from a checkpoint below   *)
(* all that the window speaks of (src/trace-check/zyzzyva-histories.ts).   *)
(***************************************************************************)
EXTENDS Zyzzyva, TraceData, TLC

VARIABLE at  \* number of the next event

traceVars == <<vars, at>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Data of TraceData as values of Zyzzyva's variables.                     *)
(***************************************************************************)
Has(pairs, key) == \E k \in 1 .. Len(pairs) : pairs[k][1] = key
Lookup(pairs, key, default) ==
  IF Has(pairs, key) THEN pairs[CHOOSE k \in 1 .. Len(pairs) : pairs[k][1] = key][2] ELSE default

\* Votes: <<replica, ...>> pairs. Entries: <<client, entry>>. Slots, checkpoints and what is said at
\* their numbers: <<seq, ...>> pairs.
VotesOf(pairs) == [r \in Replicas |-> Lookup(pairs, r, NoDigest)]
TableOf(pairs) == [c \in AllClients |-> Lookup(pairs, c, NoEntry)]
SlotsOf(low, pairs) == [n \in Window(low) |-> Lookup(pairs, n, NoSlot)]
CheckpointOf(c) == [c EXCEPT !.table = TableOf(@)]
CheckpointsOf(pairs) ==
  [n \in {pairs[k][1] : k \in 1 .. Len(pairs)} |-> CheckpointOf(Lookup(pairs, n, <<>>))]
SaidOf(seqs, pairs) == [n \in seqs |-> VotesOf(Lookup(pairs, n, <<>>))]
ViewsOf(views) == [r \in Replicas |-> views[r + 1]]
ResponsesOf(pairs) == [r \in Replicas |-> Lookup(pairs, r, NoResponse)]
ClientOf(c) == [c EXCEPT !.responses = ResponsesOf(@), !.views = ViewsOf(@)]

\* Recorded answers: of the service, and of the digest of its state.
ResultOf(v, r) == Lookup(Results, <<r.client, r.timestamp, v>>, <<"no recorded result">>)
IsReadOperation(op) == op \in ReadOperations
ValueAfter(v, r) == Append(v, <<r.client, r.timestamp>>)
DigestAfter(h, v, t) == Lookup(CheckpointDigests, h, <<"no recorded digest">>)

-----------------------------------------------------------------------------
StartState ==
  /\ view = [i \in Correct |-> StartReplicas[i].view]
  /\ stage = [i \in Correct |-> StartReplicas[i].stage]
  /\ queue = [i \in Correct |-> StartReplicas[i].queue]
  /\ pendingReads = [i \in Correct |-> StartReplicas[i].pendingReads]
  /\ slot = [i \in Correct |-> SlotsOf(StartReplicas[i].low, StartReplicas[i].slot)]
  /\ executed = [i \in Correct |-> StartReplicas[i].executed]
  /\ table = [i \in Correct |-> TableOf(StartReplicas[i].table)]
  /\ value = [i \in Correct |-> StartReplicas[i].value]
  /\ stable = [i \in Correct |-> StartReplicas[i].stable]
  /\ checkpoints = [i \in Correct |-> CheckpointsOf(StartReplicas[i].checkpoints)]
  /\ headers = [i \in Correct |->
       SaidOf(HeaderSeqs(StartReplicas[i].low), StartReplicas[i].headers)]
  /\ checkpointVotes = [i \in Correct |->
       SaidOf(CheckpointSeqs(StartReplicas[i].low), StartReplicas[i].checkpointVotes)]
  /\ certificates = [i \in Correct |-> StartReplicas[i].certificates]
  /\ accusers = [i \in Correct |-> StartReplicas[i].accusers]
  /\ viewChanges = [i \in Correct |-> StartReplicas[i].viewChanges]
  /\ newView = [i \in Correct |-> StartReplicas[i].newView]
  /\ confirms = [i \in Correct |-> VotesOf(StartReplicas[i].confirms)]
  /\ incarnation = [i \in Correct |-> StartReplicas[i].incarnation]
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
Bare(s) == [s EXCEPT !.batch = Digest(@)]

\* Of a number that the trace names what it says, of another one what was there.
SlotAsLogged(i, n, pairs) ==
  IF Has(pairs, n)
  THEN LET s == Lookup(pairs, n, <<>>)
           new == slot'[i][n]
       IN /\ Same("slot.view", new.view, s.view)
          /\ Same("slot.digest",
                  IF new.history = NoDigest THEN NoDigest ELSE Digest(new.batch), s.digest)
          /\ Same("slot.history", new.history, s.history)
          /\ Same("slot.ordered", new.ordered, s.ordered)
  ELSE Same("slot", slot'[i][n], IF n \in DOMAIN slot[i] THEN slot[i][n] ELSE NoSlot)

\* (A whole window that is as it was is compared at once.)
SaidAsLogged(name, old, new, pairs) == (pairs = <<>> /\ new = old) \/
  \A n \in DOMAIN new :
    Same(name, new[n],
         IF Has(pairs, n) THEN VotesOf(Lookup(pairs, n, <<>>))
         ELSE IF n \in DOMAIN old THEN old[n] ELSE NoVotes)

CheckpointsAsLogged(i, all) ==
  /\ Same("checkpoints", DOMAIN checkpoints'[i], {all[k][1] : k \in 1 .. Len(all)})
  /\ \A k \in 1 .. Len(all) :
       LET c == checkpoints'[i][all[k][1]] IN
       /\ Same("checkpoints.history", c.history, all[k][2])
       /\ Same("checkpoints.digest", OwnDigest(c), all[k][3])

\* What a view change is about. A VIEW-CHANGE is named by its replica and view, a NEW-VIEW by its
\* view; the whole values are compared at the end of the window.
ChangeAsLogged(i, post) ==
  LET named(x) == x \in DOMAIN post IN
  /\ Same("certificates", certificates'[i],
          IF named("certificates") THEN post.certificates ELSE certificates[i])
  /\ Same("accusers", accusers'[i], IF named("accusers") THEN post.accusers ELSE accusers[i])
  /\ IF named("viewChanges")
     THEN Same("viewChanges", {<<m.replica, m.view>> : m \in viewChanges'[i]}, post.viewChanges)
     ELSE Same("viewChanges", viewChanges'[i], viewChanges[i])
  /\ IF named("newView") THEN Same("newView", {m.view : m \in newView'[i]}, post.newView)
                          ELSE Same("newView", newView'[i], newView[i])
  /\ Same("confirms", confirms'[i],
          IF named("confirms") THEN VotesOf(post.confirms) ELSE confirms[i])
  /\ Same("incarnation", incarnation'[i], incarnation[i])

\* A variable that the trace does not name is unchanged.
ReplicaAsLogged(i, post) ==
  LET named(x) == x \in DOMAIN post
      pairs(x) == IF named(x) THEN post[x] ELSE <<>>
  IN
  /\ Same("view", view'[i], IF named("view") THEN post.view ELSE view[i])
  /\ Same("stage", stage'[i], IF named("stage") THEN post.stage ELSE stage[i])
  /\ IF named("queue") THEN Same("queue", Len(queue'[i]), post.queue)
                       ELSE Same("queue", queue'[i], queue[i])
  /\ IF named("pendingReads")
     THEN Same("pendingReads", {<<r.client, r.timestamp, r.after>> : r \in pendingReads'[i]},
               post.pendingReads)
     ELSE Same("pendingReads", pendingReads'[i], pendingReads[i])
  /\ \A n \in DOMAIN slot'[i] : SlotAsLogged(i, n, pairs("slot"))
  /\ Same("executed", executed'[i], IF named("executed") THEN post.executed ELSE executed[i])
  /\ Same("table", table'[i], [c \in AllClients |-> Lookup(pairs("table"), c, table[i][c])])
  /\ Same("stable", stable'[i], IF named("stable") THEN post.stable ELSE stable[i])
  /\ IF named("checkpoints") THEN CheckpointsAsLogged(i, post.checkpoints)
     ELSE Same("checkpoints", checkpoints'[i], checkpoints[i])
  /\ SaidAsLogged("headers", headers[i], headers'[i], pairs("headers"))
  /\ SaidAsLogged("checkpointVotes", checkpointVotes[i], checkpointVotes'[i],
                  pairs("checkpointVotes"))
  /\ ChangeAsLogged(i, post)

ClientAsLogged(c, post) ==
  LET old == client[c]
      new == client'[c]
      said(x) == IF x = "responses" THEN ResponsesOf(post.responses)
                 ELSE IF x = "views" THEN ViewsOf(post.views) ELSE post[x]
  IN /\ Same("client", DOMAIN new, DOMAIN old)
     /\ \A x \in DOMAIN new : Same(x, new[x], IF x \in DOMAIN post THEN said(x) ELSE old[x])

\* All of a replica's state: after a restart, and at the end of the window.
ReplicaIs(i, s) ==
  /\ Same("view", view'[i], s.view)
  /\ Same("stage", stage'[i], s.stage)
  /\ Same("queue", Queued(queue'[i]), Queued(s.queue))
  /\ Same("pendingReads", pendingReads'[i], s.pendingReads)
  /\ Same("incarnation", incarnation'[i], s.incarnation)
  /\ Same("executed", executed'[i], s.executed)
  /\ Same("table", table'[i], TableOf(s.table))
  /\ Same("value", value'[i], s.value)
  /\ Same("stable", stable'[i], s.stable)
  /\ \A n \in Window(s.low) : Same("slot", Bare(slot'[i][n]), Bare(SlotsOf(s.low, s.slot)[n]))
  /\ Same("checkpoints", checkpoints'[i], CheckpointsOf(s.checkpoints))
  /\ Same("headers", headers'[i], SaidOf(HeaderSeqs(s.low), s.headers))
  /\ Same("checkpointVotes", checkpointVotes'[i], SaidOf(CheckpointSeqs(s.low), s.checkpointVotes))
  /\ Same("certificates", certificates'[i], s.certificates)
  /\ Same("accusers", accusers'[i], s.accusers)
  /\ Same("viewChanges", viewChanges'[i], s.viewChanges)
  /\ Same("newView", newView'[i], s.newView)
  /\ Same("confirms", confirms'[i], VotesOf(s.confirms))

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
  /\ m \in msgs \/ \A c \in m.changes :
       Known("a VIEW-CHANGE in the message was not sent",
             c \in msgs \/ (c.replica \notin Correct /\ Buildable(c)), c)

\* Its client took this replica for the primary, or sent the request to everyone.
Requests(e) == {[e.m EXCEPT !.to = to] : to \in {{e.node}, Replicas}}
RequestsOf(e) == IF e.m.client \in Clients THEN Requests(e) \cap msgs ELSE {e.m} \cap Injected

IsClientSubmit(e)    == /\ e.action = "ClientSubmit"
                        /\ ClientSubmit(e.node)
                        /\ \A m \in msgs' \ msgs : m.type = "Request" =>
                             /\ e.replier = IF "replier" \in DOMAIN m THEN m.replier ELSE N
                             /\ e.first = ("commitFirst" \in DOMAIN m)
                             /\ e.alone = ("clientOnly" \in DOMAIN m)
                        /\ Same("op", client'[e.node].op, e.op)
                        /\ ClientAsLogged(e.node, e.post)
IsClientRecvSpecResponse(e) ==
                        /\ e.action = "ClientRecvSpecResponse"
                        /\ Receivable(e.m)
                        /\ ClientRecvSpecResponse(e.node, e.m)
                        /\ ClientAsLogged(e.node, e.post)
IsClientRecvReadResponse(e) ==
                        /\ e.action = "ClientRecvReadResponse"
                        /\ Receivable(e.m)
                        /\ ClientRecvReadResponse(e.node, e.m)
                        /\ ClientAsLogged(e.node, e.post)
IsClientCommit(e)    == /\ e.action = "ClientCommit"
                        /\ ClientCommit(e.node)
                        /\ ClientAsLogged(e.node, e.post)
IsClientTimeout(e)   == /\ e.action = "ClientTimeout"
                        /\ ClientTimeout(e.node)
                        /\ ClientAsLogged(e.node, e.post)
IsClientRecvLocalCommit(e) ==
                        /\ e.action = "ClientRecvLocalCommit"
                        /\ Receivable(e.m)
                        /\ ClientRecvLocalCommit(e.node, e.m)
                        /\ ClientAsLogged(e.node, e.post)
IsRecvRequest(e)     == /\ e.action = "RecvRequest"
                        /\ Known("the message was not sent", RequestsOf(e) # {}, e.m)
                        /\ \E m \in RequestsOf(e) : RecvRequest(e.node, m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendOrderReq(e)    == /\ e.action = "SendOrderReq"
                        /\ SendOrderReq(e.node, SubSeq(queue[e.node], 1, e.count))
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvOrderReq(e)    == /\ e.action = "RecvOrderReq"
                        /\ Receivable(e.m)
                        /\ RecvOrderReq(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvFillHole(e)    == /\ e.action = "RecvFillHole"
                        /\ Receivable(e.m)
                        /\ RecvFillHole(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsExecute(e)         == /\ e.action = "Execute"
                        /\ Execute(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvRead(e)        == /\ e.action = "RecvRead"
                        /\ Receivable(e.m)
                        /\ RecvRead(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsAnswerRead(e)      == /\ e.action = "AnswerRead"
                        /\ \E r \in pendingReads[e.node] :
                             <<r.client, r.timestamp>> = e.read /\ AnswerRead(e.node, r)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvSpecHeader(e)  == /\ e.action = "RecvSpecHeader"
                        /\ Receivable(e.m)
                        /\ RecvSpecHeader(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvCheckpoint(e)  == /\ e.action = "RecvCheckpoint"
                        /\ Receivable(e.m)
                        /\ RecvCheckpoint(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendFetchState(e)  == /\ e.action = "SendFetchState"
                        /\ SendFetchState(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvFetchState(e)  == /\ e.action = "RecvFetchState"
                        /\ Receivable(e.m)
                        /\ RecvFetchState(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvState(e)       == /\ e.action = "RecvState"
                        /\ Receivable(e.m)
                        /\ RecvState(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvCommit(e)      == /\ e.action = "RecvCommit"
                        /\ Receivable(e.m)
                        /\ RecvCommit(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsTimeout(e)         == /\ e.action = "Timeout"
                        /\ Same("the timer's view", view[e.node], e.view)
                        /\ Timeout(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvAccusation(e)  == /\ e.action = "RecvAccusation"
                        /\ Receivable(e.m)
                        /\ RecvAccusation(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvPom(e)         == /\ e.action = "RecvPom"
                        /\ Receivable(e.m)
                        /\ RecvPom(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvViewChange(e)  == /\ e.action = "RecvViewChange"
                        /\ Receivable(e.m)
                        /\ RecvViewChange(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsSendNewView(e)     == /\ e.action = "SendNewView"
                        /\ SendNewView(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvNewView(e)     == /\ e.action = "RecvNewView"
                        /\ NewViewReceivable(e.m)
                        /\ RecvNewView(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsEnterView(e)       == /\ e.action = "EnterView"
                        /\ EnterView(e.node)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRecvViewConfirm(e) == /\ e.action = "RecvViewConfirm"
                        /\ Receivable(e.m)
                        /\ RecvViewConfirm(e.node, e.m)
                        /\ ReplicaAsLogged(e.node, e.post)
IsRestart(e)         == /\ e.action = "Restart"
                        /\ AnyRestart(e.node)
                        /\ ReplicaIs(e.node, e.post)
IsRejoin(e)          == /\ e.action = "Rejoin"
                        /\ Rejoin(e.node, e.incarnation)
                        /\ ReplicaIs(e.node, e.post)

(***************************************************************************)
(* An ignored input changes nothing, and no action of the specification is *)
(* enabled for it. (An answer of the service that nobody waits for, and    *)
(* the timer of a view that was left, are no inputs of the specification.) *)
(***************************************************************************)
Possible(e) ==
  CASE e.input = "Request"     -> \E to \in {{e.node}, Replicas} :
                                    ENABLED RecvRequest(e.node, [e.m EXCEPT !.to = to])
    [] e.input = "Read"        -> ENABLED RecvRead(e.node, e.m)
    [] e.input = "OrderReq"    -> ENABLED RecvOrderReq(e.node, e.m)
    [] e.input = "FillHole"    -> ENABLED RecvFillHole(e.node, e.m)
    [] e.input = "SpecHeader"  -> ENABLED RecvSpecHeader(e.node, e.m)
    [] e.input = "Checkpoint"  -> ENABLED RecvCheckpoint(e.node, e.m)
    [] e.input = "FetchState"  -> ENABLED RecvFetchState(e.node, e.m)
    [] e.input = "State"       -> ENABLED RecvState(e.node, e.m)
    [] e.input = "Commit"      -> ENABLED RecvCommit(e.node, e.m)
    [] e.input = "Accusation"  -> ENABLED RecvAccusation(e.node, e.m)
    [] e.input = "Pom"         -> ENABLED RecvPom(e.node, e.m)
    [] e.input = "ViewChange"  -> ENABLED RecvViewChange(e.node, e.m)
    [] e.input = "NewView"     -> ENABLED RecvNewView(e.node, e.m)
    [] e.input = "ViewConfirm" -> ENABLED RecvViewConfirm(e.node, e.m)
    [] e.input = "Propose"     -> ENABLED SendOrderReq(e.node, SubSeq(queue[e.node], 1, e.count))
    [] e.input = "Timer"       -> e.view = view[e.node] /\ ENABLED Timeout(e.node)
    [] e.input = "Begin"       -> ENABLED SendNewView(e.node)
    [] e.input = "Enter"       -> ENABLED EnterView(e.node)
    [] e.input = "Fetch"       -> ENABLED SendFetchState(e.node)
    [] e.input = "SpecResponse" -> ENABLED ClientRecvSpecResponse(e.node, e.m)
    [] e.input = "ReadResponse" -> ENABLED ClientRecvReadResponse(e.node, e.m)
    [] e.input = "LocalCommit" -> ENABLED ClientRecvLocalCommit(e.node, e.m)
    [] e.input = "Submit"      -> ENABLED ClientSubmit(e.node)
    [] e.input = "Timeout"     -> ENABLED ClientCommit(e.node) \/ ENABLED ClientTimeout(e.node)
    [] OTHER                   -> FALSE
IsIgnored(e) ==
  /\ e.action = "Ignored"
  /\ Known("ignored, but the specification has an action for it", ~Possible(e), e.input)
  /\ UNCHANGED vars

Follow(e) ==
  \/ IsClientSubmit(e) \/ IsClientRecvSpecResponse(e) \/ IsClientCommit(e) \/ IsClientTimeout(e)
  \/ IsClientRecvLocalCommit(e) \/ IsRecvRequest(e) \/ IsSendOrderReq(e) \/ IsRecvOrderReq(e)
  \/ IsRecvFillHole(e) \/ IsExecute(e) \/ IsRecvSpecHeader(e) \/ IsRecvCheckpoint(e)
  \/ IsSendFetchState(e) \/ IsRecvFetchState(e) \/ IsRecvState(e) \/ IsRecvCommit(e)
  \/ IsTimeout(e) \/ IsRecvAccusation(e) \/ IsRecvPom(e) \/ IsRecvViewChange(e)
  \/ IsSendNewView(e) \/ IsRecvNewView(e) \/ IsEnterView(e) \/ IsRecvViewConfirm(e)
  \/ IsRestart(e) \/ IsRejoin(e) \/ IsClientRecvReadResponse(e) \/ IsRecvRead(e) \/ IsAnswerRead(e)
  \/ IsIgnored(e)

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
