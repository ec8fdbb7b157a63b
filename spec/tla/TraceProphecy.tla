--------------------------- MODULE TraceProphecy ----------------------------
(***************************************************************************)
(* A sketcher's recorded run as a behaviour of Prophecy. The module        *)
(* TraceData is generated from a window of its trace                       *)
(* (src/trace-check/emit-sketcher.ts): where it starts, its events, where  *)
(* it ends. Event k of the window must be a step of the action that the    *)
(* trace names, with the recorded input, and must change, send and tell    *)
(* what the trace says.                                                    *)
(*                                                                         *)
(* There is one behaviour at most, and it stops at the first event that    *)
(* cannot be matched; the outcome is read as that of TracePbft.            *)
(*                                                                         *)
(* The sketcher is followed, and no replica: what replicas say is taken as *)
(* it was heard, so each of them counts as Byzantine here, and the log     *)
(* stays empty. What correct ones do is followed by TracePbft. Each call   *)
(* is a client of its own, for the trace does not say who asks, and what   *)
(* its client has seen is an input; so a window starts in Init only if no  *)
(* client has seen anything. A lane's timestamps count from the first of   *)
(* the sketcher; symbols stand for requests, results and digests.          *)
(*                                                                         *)
(* Before Zyzzyva a lane's client decides by other rules what is complete. *)
(* It is taken at its word: the answer or acknowledgement that completes   *)
(* its request is the one reply that a lane needs here, and whatever else  *)
(* it hears or shows changes nothing. The replay has its rules, and        *)
(* Zyzzyva.tla what they are good for.                                     *)
(***************************************************************************)
EXTENDS Prophecy, TraceData, TLC

VARIABLE at  \* number of the next event

traceVars == <<vars, at>>
S == 0       \* the sketcher

\* Data of TraceData as values of Prophecy's variables.
ByReplica(t) == [r \in Replicas |-> t[r + 1]]
LaneOf(l) == [l EXCEPT !.replies = ByReplica(@)]
LanesOf(t) == [l \in 1 .. Lanes |-> LaneOf(t[l])]
DigestOf(result) == Digests[result[1]]
\* No service is asked anything here.
ResultOf(v, op) == <<>>
ValueAfter(v, op) == v

StartClient(c, k) == [next |-> k.next, state |-> k.state, seen |-> Seen[c + 1],
                    promised |-> Nowhere, answer |-> NoAnswer]
StartState ==
  /\ table = [s \in Sketchers |-> Start.table]
  /\ calls = [s \in Sketchers |-> Start.calls]
  /\ lanes = [s \in Sketchers |-> LanesOf(Start.lanes)]
  /\ queue = [s \in Sketchers |-> Start.queue]
  /\ strikes = [s \in Sketchers |-> ByReplica(Start.strikes)]
  /\ client = [c \in Clients |-> StartClient(c, StartClients[c + 1])]
  /\ latest = [q \in Reads |-> Nowhere]
  /\ log = <<>>
  /\ applied = [i \in Correct |-> 0]
  /\ answered = {}
  /\ msgs = StartMessages

TraceInit == at = 1 /\ (IF StartsInInit THEN Init ELSE StartState)

-----------------------------------------------------------------------------
(***************************************************************************)
(* What a step must have changed. A comparison that fails prints what the  *)
(* specification has and what the trace says.                              *)
(***************************************************************************)
Same(name, spec, trace) ==
  IF spec = trace THEN TRUE
  ELSE PrintT([event |-> at, field |-> name, specification |-> spec, trace |-> trace]) /\ FALSE

Known(name, condition, m) ==
  IF condition THEN TRUE ELSE PrintT([event |-> at, failed |-> name, message |-> m]) /\ FALSE

RECURSIVE Installed(_, _)
Installed(f, sketches) ==
  IF sketches = <<>> THEN f
  ELSE LET e == Head(sketches)
       IN Installed(With(f, e.op, [digest |-> e.digest, position |-> e.position]), Tail(sketches))

\* The sketches that the trace names are in the young generation. When it says how many the old one
\* has, that is the young one of before, and the one that was old is gone.
TableAsLogged(post) ==
  LET named(x) == x \in DOMAIN post
      before == table[S]
      floor == IF named("floor") THEN post.floor ELSE before.floor
      young == IF named("old") THEN <<>> ELSE before.young
      old == IF named("old") THEN before.young ELSE before.old
  IN IF ~named("sketch") THEN Same("table", table'[S], before)
     ELSE /\ Same("table.floor", table'[S].floor, floor)
          /\ Same("table.young", table'[S].young, Installed(young, post.sketch))
          /\ Same("table.old", table'[S].old, old)
          /\ named("old") => Same("table.old.size", Cardinality(DOMAIN old), post.old)

\* Of a call that is new the trace has kind and request in the input.
CallAsLogged(k) ==
  LET call == calls'[S][k.id] IN
  Same("call", [stage |-> call.stage, replica |-> call.replica, digest |-> call.digest,
                position |-> call.position],
       [stage |-> k.stage, replica |-> k.replica, digest |-> k.digest, position |-> k.position])
CallsAsLogged(post) ==
  LET changed == IF "calls" \in DOMAIN post THEN post.calls ELSE <<>>
      gone == IF "answered" \in DOMAIN post THEN post.answered ELSE {}
      ids == {changed[k].id : k \in 1 .. Len(changed)}
      rest == DOMAIN calls[S] \ (ids \cup gone)
  IN /\ Same("answered", gone \ DOMAIN calls[S], {})
     /\ Same("calls", DOMAIN calls'[S], rest \cup ids)
     /\ \A k \in 1 .. Len(changed) : CallAsLogged(changed[k])
     /\ \A id \in rest : Same("call", calls'[S][id], calls[S][id])

LaneAsLogged(k) ==
  LET named(x) == x \in DOMAIN k
      old == lanes[S][k.lane]
      new == lanes'[S][k.lane]
      repliers == {r \in Replicas : new.replies[r] # NoReply}
  IN /\ Same("lane.call", new.call, IF named("call") THEN k.call ELSE old.call)
     /\ Same("lane.timestamp", new.timestamp,
             IF named("timestamp") THEN k.timestamp ELSE old.timestamp)
     /\ Same("lane.toAll", new.toAll, IF named("toAll") THEN k.toAll ELSE old.toAll)
     /\ IF named("replies") THEN Same("lane.replies", repliers, k.replies)
                            ELSE Same("lane.replies", new.replies, old.replies)
LanesAsLogged(post) ==
  LET changed == IF "lanes" \in DOMAIN post THEN post.lanes ELSE <<>>
      ids == {changed[k].lane : k \in 1 .. Len(changed)}
  IN /\ \A k \in 1 .. Len(changed) : LaneAsLogged(changed[k])
     /\ \A l \in (1 .. Lanes) \ ids : Same("lane", lanes'[S][l], lanes[S][l])

\* What clients were told: those whose operation ended with an answer.
Told == {[client |-> c, path |-> client'[c].answer.path, position |-> client'[c].answer.position,
          result |-> client'[c].answer.result] :
            c \in {c \in Clients : client'[c].next # client[c].next}}

AsLogged(e) ==
  LET named(x) == x \in DOMAIN e.post IN
  /\ TableAsLogged(e.post)
  /\ CallsAsLogged(e.post)
  /\ LanesAsLogged(e.post)
  /\ Same("queue", queue'[S], IF named("queue") THEN e.post.queue ELSE queue[S])
  /\ Same("strikes", strikes'[S],
          IF named("strikes") THEN ByReplica(e.post.strikes) ELSE strikes[S])
  /\ Same("sent", msgs' \ msgs, e.sent \ msgs)
  /\ Same("sent again", e.sent \ msgs', {})
  /\ Same("told", Told, e.told)

\* All of its state: after a restart, and at the end of the window.
SketcherIs(s) ==
  /\ Same("table", table'[S], s.table)
  /\ Same("calls", calls'[S], s.calls)
  /\ Same("lanes", lanes'[S], LanesOf(s.lanes))
  /\ Same("queue", queue'[S], s.queue)
  /\ Same("strikes", strikes'[S], ByReplica(s.strikes))

-----------------------------------------------------------------------------
\* One action an event. A lane is named by its PBFT client.
IsSketcherRecvRead(e)      == /\ e.action = "SketcherRecvRead"
                              /\ SketcherRecvRead(e.client, e.replica)
                              /\ AsLogged(e)
IsSketcherRecvWrite(e)     == /\ e.action = "SketcherRecvWrite"
                              /\ SketcherRecvWrite(e.client)
                              /\ AsLogged(e)
IsSketcherRecvFastReply(e) == /\ e.action = "SketcherRecvFastReply"
                              /\ Known("it is for another sketcher", e.m.sketcher = S, e.m)
                              /\ SketcherRecvFastReply(e.m)
                              /\ AsLogged(e)
IsSketcherFastTimeout(e)   == /\ e.action = "SketcherFastTimeout"
                              /\ Known("no such call", e.id \in DOMAIN calls[S], e.id)
                              /\ SketcherFastTimeout(S, e.id)
                              /\ AsLogged(e)
IsSketcherRecvReply(e)     == /\ e.action = "SketcherRecvReply"
                              /\ \E l \in 1 .. Lanes : SketcherRecvReply(S, l, e.m)
                              /\ AsLogged(e)
\* Zyzzyva's client in a lane heard something and is not done, or showed a certificate.
InLane(e)                  == /\ e.action = "LaneStep"
                              /\ UNCHANGED vars
                              /\ AsLogged(e)
IsSketcherRetransmit(e)    == /\ e.action = "SketcherRetransmit"
                              /\ SketcherRetransmit(S, e.lane)
                              /\ AsLogged(e)
IsSketcherReadmit(e)       == /\ e.action = "SketcherReadmit"
                              /\ SketcherReadmit(S, e.replica)
                              /\ AsLogged(e)
IsSketcherRestart(e)       == /\ e.action = "SketcherRestart"
                              /\ SketcherRestart(S)
                              /\ SketcherIs(e.post)
IsSketcherGiveUp(e)        == /\ e.action = "SketcherGiveUp"
                              /\ Known("no such call", e.id \in DOMAIN calls[S], e.id)
                              /\ SketcherGiveUp(S, e.id)
                              /\ AsLogged(e)

(***************************************************************************)
(* An ignored input changes nothing, and no action of the specification is *)
(* enabled for it. (A number that a call has already is no input of the    *)
(* specification.)                                                         *)
(***************************************************************************)
Possible(e) ==
  CASE e.input = "FastReply"   -> e.m.sketcher = S /\ ENABLED SketcherRecvFastReply(e.m)
    [] e.input = "FastTimeout" -> e.id \in DOMAIN calls[S] /\ ENABLED SketcherFastTimeout(S, e.id)
    [] e.input = "Reply"       -> \E l \in 1 .. Lanes : ENABLED SketcherRecvReply(S, l, e.m)
    [] e.input = "Retransmit"  -> e.lane \in 1 .. Lanes /\ ENABLED SketcherRetransmit(S, e.lane)
    [] e.input = "Readmit"     -> ENABLED SketcherReadmit(S, e.replica)
    [] e.input = "GiveUp"      -> e.id \in DOMAIN calls[S] /\ ENABLED SketcherGiveUp(S, e.id)
    [] OTHER                   -> FALSE
IsIgnored(e) ==
  /\ e.action = "Ignored"
  /\ Known("ignored, but the specification has an action for it", ~Possible(e), e.input)
  /\ UNCHANGED vars

Follow(e) ==
  \/ IsSketcherRecvRead(e) \/ IsSketcherRecvWrite(e) \/ IsSketcherRecvFastReply(e)
  \/ IsSketcherFastTimeout(e) \/ IsSketcherRecvReply(e) \/ IsSketcherRetransmit(e)
  \/ IsSketcherReadmit(e) \/ IsSketcherRestart(e) \/ IsSketcherGiveUp(e) \/ InLane(e)
  \/ IsIgnored(e)

\* The state after the last event is the one in which the next window starts.
IsEnd ==
  /\ UNCHANGED vars
  /\ SketcherIs(End)
  /\ Same("clients", [k \in 1 .. Cardinality(Clients) |->
                        [next |-> client[k - 1].next, state |-> client[k - 1].state]], EndClients)
  /\ Same("messages", msgs, EndMessages)

TraceNext ==
  \/ at <= Len(Trace) /\ at' = at + 1 /\ Follow(Trace[at])
  \/ at = Len(Trace) + 1 /\ at' = at + 1 /\ IsEnd

TraceSpec == TraceInit /\ [][TraceNext]_traceVars
=============================================================================
