--------------------------- MODULE TraceDProphecy ---------------------------
(***************************************************************************)
(* Follows D-Prophecy's clients through a window of their recorded steps:  *)
(* accepts exactly the behaviours of DProphecy in which these clients take *)
(* these steps, one an event. The window is the module TraceData, which    *)
(* src/trace-check/emit-d-clients.ts generates. How to read what TLC says: *)
(* a window of k events is accepted when the depth of the search is k + 2. *)
(*                                                                         *)
(* Replicas are taken at their word: each of them counts as Byzantine here *)
(* and the log stays empty. What they may state of their sketches is       *)
(* compared with what they executed by the reader of the traces (Genuine). *)
(* A client asks in this window for what its trace says; what it was told  *)
(* before the chain of windows begins is not known, so `latest` and        *)
(* `promised` count from there. Symbols stand for requests, results and    *)
(* digests; timestamps count from the first of the process.                *)
(***************************************************************************)
EXTENDS DProphecy, TraceData, TLC

VARIABLE at  \* number of the next event

traceVars == <<vars, at>>

\* Data of TraceData as values of DProphecy's variables.
ByReplica(t) == [r \in Replicas |-> t[r + 1]]
ClientOf(k) == [k EXCEPT !.sketches = ByReplica(@), !.replies = ByReplica(@)]
ClientsOf(t) == [c \in Clients |-> ClientOf(t[c + 1])]
DigestOf(result) == Digests[result[1]]
\* No service is asked anything here.
ResultOf(v, op) == <<>>
ValueAfter(v, op) == v
NoLog == <<>>
NoneApplied == <<>>
NothingAnswered == [q \in Reads |-> Nowhere]

StartState ==
  /\ client = ClientsOf(StartClients)
  /\ latest = StartLatestRead
  /\ log = <<>>
  /\ applied = <<>>
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

\* What the client waits for; of the executor's result the trace has the digest.
CallAsLogged(c, post) ==
  LET old == client[c]
      new == client'[c]
      own(k) == [stage |-> k.stage, executor |-> k.executor, sketches |-> k.sketches,
                 result |-> k.result]
      result == IF new.result = NoResult THEN <<>> ELSE Digest(new.result)
  IN IF "stage" \notin DOMAIN post THEN Same("call", own(new), own(old))
     ELSE /\ Same("stage", new.stage, post.stage)
          /\ post.stage # "idle" =>
               /\ Same("id", new.next, post.next)
               /\ Same("executor", new.executor, post.executor)
               /\ Same("sketches", new.sketches, ByReplica(post.sketches))
               /\ Same("result", result, post.result)

OrderingAsLogged(c, post) ==
  LET named(x) == x \in DOMAIN post
      old == client[c]
      new == client'[c]
      timestamp == IF named("timestamp") THEN post.timestamp ELSE old.timestamp
      repliers == {r \in Replicas : new.replies[r] # NoReply}
  IN /\ Same("timestamp", new.timestamp, timestamp)
     /\ IF named("replies") THEN Same("replies", repliers, post.replies)
                            ELSE Same("replies", new.replies, old.replies)

\* What clients were told: those whose operation ended with an answer.
Told == {[client |-> c, path |-> client'[c].answer.path, position |-> client'[c].answer.position,
          result |-> client'[c].answer.result] :
            c \in {c \in Clients : client'[c].next # client[c].next}}

AsLogged(e) ==
  /\ CallAsLogged(e.client, e.post)
  /\ OrderingAsLogged(e.client, e.post)
  /\ \A c \in Clients \ {e.client} : Same("client", client'[c], client[c])
  /\ Same("sent", msgs' \ msgs, e.sent \ msgs)
  /\ Same("sent again", e.sent \ msgs', {})
  /\ Same("told", Told, e.told)

-----------------------------------------------------------------------------
\* One action an event.
IsClientRead(e)             == /\ e.action = "ClientRead"
                               /\ ClientRead(e.client, e.executor)
                               /\ AsLogged(e)
IsClientWrite(e)            == /\ e.action = "ClientWrite"
                               /\ ClientWrite(e.client)
                               /\ AsLogged(e)
IsClientRecvSketchReply(e)  == /\ e.action = "ClientRecvSketchReply"
                               /\ ClientRecvSketchReply(e.client, e.m)
                               /\ AsLogged(e)
IsClientSketchTimeout(e)    == /\ e.action = "ClientSketchTimeout"
                               /\ Known("another call", e.id = client[e.client].next, e.id)
                               /\ ClientSketchTimeout(e.client)
                               /\ AsLogged(e)
IsClientRecvOrderedReply(e) == /\ e.action = "ClientRecvOrderedReply"
                               /\ ClientRecvOrderedReply(e.client, e.m)
                               /\ AsLogged(e)
\* To ask every replica is no action of DProphecy: nothing there says whom a request is sent to.
AsksEveryone(e)             == /\ e.action = "ClientTimeout"
                               /\ Known("nothing is ordered", client[e.client].stage = "ordered",
                                        e.client)
                               /\ UNCHANGED vars
                               /\ AsLogged(e)

(***************************************************************************)
(* An ignored input changes nothing, and no action of the specification is *)
(* enabled for it.                                                         *)
(***************************************************************************)
Possible(e) ==
  CASE e.input \in {"Read", "Write"} -> client[e.client].stage = "idle"
    [] e.input = "SketchReply"   -> ENABLED ClientRecvSketchReply(e.client, e.m)
    [] e.input = "SketchTimeout" -> /\ e.id = client[e.client].next
                                    /\ ENABLED ClientSketchTimeout(e.client)
    [] e.input = "Reply"         -> ENABLED ClientRecvOrderedReply(e.client, e.m)
    [] e.input = "Retransmit"    -> client[e.client].stage = "ordered"
IsIgnored(e) ==
  /\ e.action = "Ignored"
  /\ Known("ignored, but the specification has an action for it", ~Possible(e), e.input)
  /\ UNCHANGED vars

Follow(e) ==
  \/ IsClientRead(e) \/ IsClientWrite(e) \/ IsClientRecvSketchReply(e)
  \/ IsClientSketchTimeout(e) \/ IsClientRecvOrderedReply(e) \/ AsksEveryone(e)
  \/ IsIgnored(e)

\* The state after the last event is the one in which the next window starts.
IsEnd ==
  /\ UNCHANGED vars
  /\ \A c \in Clients : Same("client", client[c], ClientOf(EndClients[c + 1]))
  /\ Same("latest", latest, EndLatestRead)
  /\ Same("messages", msgs, EndMessages)

TraceNext ==
  \/ at <= Len(Trace) /\ at' = at + 1 /\ Follow(Trace[at])
  \/ at = Len(Trace) + 1 /\ at' = at + 1 /\ IsEnd

TraceSpec == TraceInit /\ [][TraceNext]_traceVars
=============================================================================
