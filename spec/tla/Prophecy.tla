------------------------------ MODULE Prophecy ------------------------------
(***************************************************************************)
(* Prophecy: sketchers between clients and a replicated service, message   *)
(* by message. A read whose result is sketched goes to one replica, and    *)
(* its answer is compared with the sketch; everything else goes through    *)
(* the group. Without sketches a sketcher is proxied PBFT.                 *)
(*                                                                         *)
(* Sources: Sen, Lloyd and Freedman, NSDI '10, and the talk. How much of   *)
(* it is theirs and how much is ours is said in spec/README.md.            *)
(*                                                                         *)
(* This module is the twin of src/core/prophecy/sketcher.ts: each action   *)
(* SketcherX is one input of `step` there. A sketcher is fail-stop. It is  *)
(* a client of the group: each of its lanes is one PBFT client, which has  *)
(* one request at a time under way.                                        *)
(*                                                                         *)
(* The group is one agreed log, and of each correct replica the prefix     *)
(* that it has executed; any number of them may lag. A Byzantine replica   *)
(* knows everything at once: it answers rightly before others do, and it   *)
(* may say all that is in `Injected`. Pbft.tla says how a log is agreed.   *)
(*                                                                         *)
(* Clients talk to a sketcher over connections of their own. A client      *)
(* whose sketcher restarts, or that waits no longer, does not learn what   *)
(* became of its request, and is not used again.                           *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Replicas,         \* the replicas, 3f + 1
  Byzantine,        \* those of them that are Byzantine, at most f
  Sketchers,        \* the sketchers: 0 .. S - 1
  Clients,          \* 0 .. C - 1
  ClientOps,        \* [Clients -> Seq(asked)]: what each client asks for, in order; see Asked
  Sessions,         \* the clients that say with each request what they have seen
  Sketches,         \* FALSE: proxied PBFT
  Generation,       \* how many sketches a generation of the table holds
  Lanes,            \* how many ordered operations a sketcher has under way at most
  MaxStrikes,       \* a replica with so many is not drawn; 0: strikes are not counted
  CanTimeout,       \* the sketchers whose timer of a fast read may fire
  CanRetransmit,    \* the sketchers whose timer of an ordered operation may fire
  CanRestart,       \* the sketchers that may stop and come back
  CanGiveUp,        \* the sketchers whose clients may stop waiting for an answer
  ReadOnly,         \* TRUE: a replicated read is answered from prefixes and takes no position
  WriteReplies,     \* how many replicas must answer alike, for what takes a position: f + 1
  ReadReplies,      \* how many for a replicated read that takes none: 2f + 1
  Lacks,            \* rules left out, by name: {} but to show what each is for
  Injected,         \* what Byzantine replicas may say besides the truth
  NoReplica,        \* no element of Replicas
  InitialValue,
  Result(_, _),     \* Result(value, op): the service's answer
  NextValue(_, _),  \* NextValue(value, op): the service's next state
  Digest(_)         \* of a result; a symbol, unless it is truncated

Correct == Replicas \ Byzantine
Rule(name) == name \notin Lacks
Asked == UNION {{ClientOps[c][k] : k \in 1 .. Len(ClientOps[c])} : c \in Clients}
\* Each is [kind |-> "read" or "write", op, at |-> the sketcher asked, fresh |-> wants no sketch].
Reads == {a.op : a \in {a \in Asked : a.kind = "read"}}

(***************************************************************************)
(* Where in the agreed order an operation is: its sequence number and its  *)
(* place in the batch, from 0. Here each batch has two operations.         *)
(***************************************************************************)
Nowhere == [seq |-> 0, place |-> 0]
Position(k) == [seq |-> (k + 1) \div 2, place |-> (k + 1) % 2]
Index(p) == IF p = Nowhere THEN 0 ELSE 2 * p.seq - 1 + p.place
Before(p, q) == p.seq < q.seq \/ (p.seq = q.seq /\ p.place < q.place)
Latest(p, q) == IF Before(p, q) THEN q ELSE p

NoDigest == <<>>
NoReply == <<>>
NoCall == 0
NoSketch == [digest |-> NoDigest, position |-> Nowhere]
NoAnswer == <<>>

(***************************************************************************)
(* Messages. `client` of a request is the lane's number among PBFT clients.*)
(***************************************************************************)
FastRead(s, id, op, r) ==
  [type |-> "FastRead", sketcher |-> s, id |-> id, op |-> op, replica |-> r]
FastReply(s, id, r, result) ==
  [type |-> "FastReply", sketcher |-> s, id |-> id, replica |-> r, result |-> result]
Request(client, t, kind, op) ==
  [type |-> "Request", client |-> client, timestamp |-> t, kind |-> kind, op |-> op]
Reply(client, t, r, p, result) ==
  [type |-> "Reply", client |-> client, timestamp |-> t, replica |-> r, position |-> p,
   result |-> result]

\* Those of Prophecy; the others are of PBFT.
MessageTypes == {"FastRead", "FastReply"}

-----------------------------------------------------------------------------
VARIABLES
  table,    \* the sketches: two generations and the floor, see Table
  calls,    \* per call that is not answered: what it waits for, see Calls
  lanes,    \* the PBFT clients, one an operation under way
  queue,    \* calls that wait for a lane, in order of arrival
  strikes,  \* per replica: how often it answered badly, since it was last admitted
  client,   \* per client: what it waits for, and what it was told last
  latest,   \* per read: the highest position that an answer to it was from
  log,      \* what the group agreed on, in order
  applied,  \* per correct replica: how much of the log it has executed
  answered, \* <<sketcher, call>>: the fast reads that their replica answered
  msgs      \* every message sent so far
groupVars == <<log, applied, answered>>
sketcherVars == <<table, calls, lanes, queue, strikes>>
vars == <<table, calls, lanes, queue, strikes, client, latest, log, applied, answered, msgs>>

(***************************************************************************)
(* Table: a sketch is the digest of a read's result and the position that  *)
(* the read had. New ones go into the young generation; when that is full  *)
(* the old one is dropped. What a dropped one may have known is in the     *)
(* floor: of an unknown request nothing from there or before is sketched   *)
(* (I8).                                                                   *)
(***************************************************************************)
EmptyTable == [young |-> <<>>, old |-> <<>>, floor |-> Nowhere]
Sketch(t, q) == IF q \in DOMAIN t.young THEN t.young[q]
                ELSE IF q \in DOMAIN t.old THEN t.old[q] ELSE NoSketch
With(f, q, e) == [k \in DOMAIN f \cup {q} |-> IF k = q THEN e ELSE f[k]]

RECURSIVE Top(_, _)
\* The highest position in a generation.
Top(f, keys) == IF keys = {} THEN Nowhere
                ELSE LET k == CHOOSE k \in keys : TRUE IN Latest(f[k].position, Top(f, keys \ {k}))

Put(t, q, e) ==
  IF q \in DOMAIN t.young \/ Cardinality(DOMAIN t.young) < Generation
  THEN [t EXCEPT !.young = With(@, q, e)]
  ELSE [young |-> With(<<>>, q, e), old |-> t.young,
        floor |-> IF Rule("KeepsFloor") THEN Latest(t.floor, Top(t.old, DOMAIN t.old))
                  ELSE Nowhere]

\* I1: what the table knows of a request is never replaced by what was before it. The floor is for
\* requests that it does not know: a sketch at or below the floor may be replaced by a later one
\* that is there too, or an answer would be forgotten that was given since.
Install(t, q, e) ==
  LET known == Sketch(t, q)
      unordered == ReadOnly /\ e.position = Nowhere
      late == ~Before(IF known = NoSketch THEN t.floor ELSE known.position, e.position)
  IN IF ~Sketches \/ (Rule("NewestWins") /\ ~unordered /\ late) THEN t ELSE Put(t, q, e)

(***************************************************************************)
(* Calls: [kind, op, stage, replica, digest, position] by the number that  *)
(* the driver gave each.                                                   *)
(*  stage "fast"     waits for `replica`; `digest` and `position` are of   *)
(*                   the sketch as it was when the read was issued (I2)    *)
(*        "ordered"  is under way in a lane                                *)
(*        "queued"   waits for one                                         *)
(* When the replica's answer was another one, `replica` and `digest` stay: *)
(* should the group say that the sketch was right, it answered badly (I7). *)
(***************************************************************************)
NewCall(kind, op) == [kind |-> kind, op |-> op, stage |-> "queued", replica |-> NoReplica,
                      digest |-> NoDigest, position |-> Nowhere]
Without(f, id) == [k \in DOMAIN f \ {id} |-> f[k]]

NoReplies == [r \in Replicas |-> NoReply]
Idle(t) == [call |-> NoCall, timestamp |-> t, toAll |-> FALSE, replies |-> NoReplies]
LaneClient(s, l) == s * Lanes + l - 1
Counter(s) == [r \in Replicas |-> 0]

Id(c) == client[c].next * Cardinality(Clients) + c
ClientOf(id) == id % Cardinality(Clients)

Init ==
  /\ table = [s \in Sketchers |-> EmptyTable]
  /\ calls = [s \in Sketchers |-> <<>>]
  /\ lanes = [s \in Sketchers |-> [l \in 1 .. Lanes |-> Idle(0)]]
  /\ queue = [s \in Sketchers |-> <<>>]
  /\ strikes = [s \in Sketchers |-> Counter(s)]
  /\ client = [c \in Clients |-> [next |-> 1, state |-> "idle", seen |-> Nowhere,
                                  promised |-> Nowhere, answer |-> NoAnswer]]
  /\ latest = [q \in Reads |-> Nowhere]
  /\ log = <<>>
  /\ applied = [i \in Correct |-> 0]
  /\ answered = {}
  /\ msgs = {}

-----------------------------------------------------------------------------
(***************************************************************************)
(* To the group. `st` is what an action has made so far of a sketcher.     *)
(***************************************************************************)
State(s) == [calls |-> calls[s], lanes |-> lanes[s], queue |-> queue[s], sent |-> {}]
Becomes(s, st) ==
  /\ calls' = [calls EXCEPT ![s] = st.calls]
  /\ lanes' = [lanes EXCEPT ![s] = st.lanes]
  /\ queue' = [queue EXCEPT ![s] = st.queue]
  /\ msgs' = msgs \cup st.sent

Free(st) == {l \in 1 .. Lanes : st.lanes[l].call = NoCall}
Least(S) == CHOOSE x \in S : \A y \in S : x <= y
\* Reads that take no position follow each other, of each request one at a time.
Startable(st, id) ==
  /\ Free(st) # {}
  /\ ReadOnly /\ st.calls[id].kind = "read" /\ Rule("OneReadAtATime") =>
       ~\E k \in DOMAIN st.calls : /\ st.calls[k].stage = "ordered"
                                   /\ st.calls[k].kind = "read"
                                   /\ st.calls[k].op = st.calls[id].op

Submit(s, id, st) ==
  LET l == Least(Free(st))
      t == st.lanes[l].timestamp + 1
      call == st.calls[id]
  IN [st EXCEPT !.calls[id].stage = "ordered",
                !.lanes[l] = [Idle(t) EXCEPT !.call = id],
                !.sent = @ \cup {Request(LaneClient(s, l), t, call.kind, call.op)}]

\* A call goes to the group, at once or in its turn.
Begin(s, id, st) == IF Startable(st, id) THEN Submit(s, id, st)
                    ELSE [st EXCEPT !.calls[id].stage = "queued", !.queue = Append(@, id)]

\* The next call in the queue, once a lane is free.
Continue(s, st) ==
  LET ready == {k \in 1 .. Len(st.queue) : Startable(st, st.queue[k])}
  IN IF ready = {} THEN st
     ELSE LET k == Least(ready)
              rest == SubSeq(st.queue, 1, k - 1) \o SubSeq(st.queue, k + 1, Len(st.queue))
          IN Submit(s, st.queue[k], [st EXCEPT !.queue = rest])

Struck(s, r) ==
  IF MaxStrikes = 0 \/ r = NoReplica \/ strikes[s][r] = MaxStrikes THEN strikes
  ELSE [strikes EXCEPT ![s][r] = @ + 1]
\* The replicas that are drawn from.
Rotation(s) == {r \in Replicas : MaxStrikes = 0 \/ strikes[s][r] < MaxStrikes}

-----------------------------------------------------------------------------
(***************************************************************************)
(* Clients. What an answer was from is told with it: a client with a       *)
(* session hands in the highest position that it was told.                 *)
(***************************************************************************)
Asks(c, kind) ==
  /\ client[c].state = "idle"
  /\ client[c].next <= Len(ClientOps[c])
  /\ ClientOps[c][client[c].next].kind = kind
Next1(c) == ClientOps[c][client[c].next]
Waits(c) == [client EXCEPT ![c] = [@ EXCEPT !.state = "waiting", !.answer = NoAnswer,
  !.promised = IF Next1(c).kind = "read" THEN latest[Next1(c).op] ELSE Nowhere]]

Answered(id, call, path, position, result) ==
  LET c == ClientOf(id) IN
  /\ client' = [client EXCEPT ![c] = [@ EXCEPT
       !.state = "idle", !.next = @ + 1,
       !.seen = IF c \in Sessions THEN Latest(@, position) ELSE @,
       !.answer = [op |-> call.op, path |-> path, position |-> position, result |-> result]]]
  /\ latest' = IF call.kind = "read" THEN [latest EXCEPT ![call.op] = Latest(@, position)]
               ELSE latest

(***************************************************************************)
(* The sketcher                                                            *)
(***************************************************************************)

\* A read, for which replica r was drawn. It goes there if its result is sketched, if that is not
\* older than what its client has seen, and if its client does not ask for a fresh one.
SketcherRecvRead(c, r) ==
  /\ Asks(c, "read")
  /\ LET a == Next1(c)
         s == a.at
         id == Id(c)
         known == Sketch(table[s], a.op)
         new == NewCall("read", a.op)
         fast == /\ known # NoSketch /\ ~a.fresh /\ r \in Rotation(s)
                 /\ ~Before(known.position, client[c].seen)
     IN /\ client' = Waits(c)
        /\ IF fast
           THEN Becomes(s, [State(s) EXCEPT
                  !.calls = With(@, id, [new EXCEPT !.stage = "fast", !.replica = r,
                              !.digest = known.digest, !.position = known.position]),
                  !.sent = {FastRead(s, id, a.op, r)}])
           ELSE Becomes(s, Begin(s, id, [State(s) EXCEPT !.calls = With(@, id, new)]))
  /\ UNCHANGED <<table, strikes, latest, groupVars>>

\* Anything else. The table is not touched: a sketcher does not know what a write changes.
SketcherRecvWrite(c) ==
  /\ Asks(c, "write")
  /\ LET s == Next1(c).at
         new == NewCall("write", Next1(c).op)
     IN Becomes(s, Begin(s, Id(c), [State(s) EXCEPT !.calls = With(@, Id(c), new)]))
  /\ client' = Waits(c)
  /\ UNCHANGED <<table, strikes, latest, groupVars>>

\* The drawn replica answered. It is told to the client if it is what the sketch says, and changes
\* no sketch (I3); otherwise the read is replicated.
SketcherRecvFastReply(m) ==
  /\ m.type = "FastReply"
  /\ LET s == m.sketcher IN
     /\ m.id \in DOMAIN calls[s]
     /\ LET call == calls[s][m.id]
            other == [call EXCEPT !.position = Nowhere]
        IN /\ call.stage = "fast" /\ call.replica = m.replica
           /\ IF Digest(m.result) = call.digest
              THEN /\ Answered(m.id, call, "fast", call.position, m.result)
                   /\ Becomes(s, [State(s) EXCEPT !.calls = Without(@, m.id)])
                   /\ UNCHANGED table
              ELSE /\ Becomes(s, Begin(s, m.id, [State(s) EXCEPT !.calls[m.id] = other]))
                   /\ table' = IF Rule("QuorumFills") THEN table
                               ELSE [table EXCEPT ![s] = Put(@, call.op,
                                 [digest |-> Digest(m.result), position |-> call.position])]
                   /\ UNCHANGED <<client, latest>>
  /\ UNCHANGED <<strikes, groupVars>>

\* The drawn replica did not answer in time.
SketcherFastTimeout(s, id) ==
  /\ s \in CanTimeout
  /\ calls[s][id].stage = "fast"
  /\ Becomes(s, Begin(s, id, [State(s) EXCEPT
       !.calls[id] = NewCall(calls[s][id].kind, calls[s][id].op)]))
  /\ strikes' = Struck(s, calls[s][id].replica)
  /\ UNCHANGED <<table, client, latest, groupVars>>

\* A replica's answer to a request in a lane. Enough that are equal, position and all, are the
\* group's: they answer the call, and the result of a read is sketched (I1, I4).
SketcherRecvReply(s, l, m) ==
  /\ m.type = "Reply" /\ m.client = LaneClient(s, l)
  /\ LET lane == lanes[s][l]
         reply == [position |-> m.position, result |-> m.result]
         replies == [lane.replies EXCEPT ![m.replica] = reply]
         call == calls[s][lane.call]
         needs == IF ReadOnly /\ call.kind = "read" THEN ReadReplies ELSE WriteReplies
         digest == Digest(m.result)
         lied == call.kind = "read" /\ call.digest = digest
         free == [State(s) EXCEPT !.calls = Without(@, lane.call),
                                  !.lanes[l] = Idle(lane.timestamp)]
     IN /\ lane.call # NoCall
        /\ m.timestamp = lane.timestamp
        /\ lane.replies[m.replica] = NoReply
        /\ IF Cardinality({r \in Replicas : replies[r] = reply}) < needs
           THEN /\ Becomes(s, [State(s) EXCEPT !.lanes[l].replies = replies])
                /\ UNCHANGED <<table, strikes, client, latest>>
           ELSE /\ Becomes(s, Continue(s, free))
                /\ table' = IF call.kind = "write" THEN table
                            ELSE [table EXCEPT ![s] = Install(@, call.op,
                                   [digest |-> digest, position |-> m.position])]
                /\ strikes' = IF lied THEN Struck(s, call.replica) ELSE strikes
                /\ Answered(lane.call, call, "replicated", m.position, m.result)
  /\ UNCHANGED groupVars

\* No result in time: the request goes to every replica.
SketcherRetransmit(s, l) ==
  /\ s \in CanRetransmit
  /\ lanes[s][l].call # NoCall
  /\ lanes' = [lanes EXCEPT ![s][l].toAll = TRUE]
  /\ UNCHANGED <<table, calls, queue, strikes, client, latest, groupVars, msgs>>

\* A replica that answered badly is drawn again after a while.
SketcherReadmit(s, r) ==
  /\ MaxStrikes > 0 /\ strikes[s][r] = MaxStrikes
  /\ strikes' = [strikes EXCEPT ![s][r] = 0]
  /\ UNCHANGED <<table, calls, lanes, queue, client, latest, groupVars, msgs>>

\* A sketcher stops and comes back with nothing but a number: no timestamp is used again.
SketcherRestart(s) ==
  LET highest == CHOOSE t \in {lanes[s][l].timestamp : l \in 1 .. Lanes} :
                   \A l \in 1 .. Lanes : lanes[s][l].timestamp <= t
      first == IF Rule("NewTimestamps") THEN highest ELSE 0
  IN /\ s \in CanRestart
     /\ table' = [table EXCEPT ![s] = IF Rule("EmptyAfterRestart") THEN EmptyTable ELSE @]
     /\ calls' = [calls EXCEPT ![s] = <<>>]
     /\ lanes' = [lanes EXCEPT ![s] = [l \in 1 .. Lanes |-> Idle(first)]]
     /\ queue' = [queue EXCEPT ![s] = <<>>]
     /\ strikes' = [strikes EXCEPT ![s] = Counter(s)]
     /\ client' = [c \in Clients |->
          IF client[c].state = "waiting" /\ Next1(c).at = s
          THEN [client[c] EXCEPT !.state = "gone"] ELSE client[c]]
     /\ UNCHANGED <<latest, groupVars, msgs>>

\* The client of a call waits no longer, or the group's answers can not be equal any more. The lane
\* takes the next call; what became of the request is not known.
SketcherGiveUp(s, id) ==
  /\ s \in CanGiveUp
  /\ Becomes(s, Continue(s, [State(s) EXCEPT
       !.calls = Without(@, id),
       !.queue = SelectSeq(@, LAMBDA k : k # id),
       !.lanes = [l \in 1 .. Lanes |-> IF @[l].call = id THEN Idle(@[l].timestamp) ELSE @[l]]]))
  /\ client' = [client EXCEPT ![ClientOf(id)].state = "gone"]
  /\ UNCHANGED <<table, strikes, latest, groupVars>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The group                                                               *)
(***************************************************************************)
RECURSIVE ValueAt(_)
\* The service's state after the first k operations of the log.
ValueAt(k) == IF k = 0 THEN InitialValue
              ELSE IF log[k].kind = "read" THEN ValueAt(k - 1)
              ELSE NextValue(ValueAt(k - 1), log[k].op)
ResultAt(k, op) == Result(ValueAt(k), op)

IsOrdered(m) == ~(ReadOnly /\ m.kind = "read")

\* The group agrees on a request, once.
Order(m) ==
  /\ m.type = "Request" /\ IsOrdered(m)
  /\ \A k \in 1 .. Len(log) : log[k].client = m.client => log[k].timestamp < m.timestamp
  /\ log' = Append(log, [client |-> m.client, timestamp |-> m.timestamp, kind |-> m.kind,
                         op |-> m.op])
  /\ msgs' = msgs \cup
       {Reply(m.client, m.timestamp, b, Position(Len(log) + 1), ResultAt(Len(log), m.op)) :
          b \in Byzantine}
  /\ UNCHANGED <<sketcherVars, client, latest, applied, answered>>

\* Replica i executes the next operation of the log, and says what came out.
Apply(i) ==
  LET k == applied[i] + 1 IN
  /\ k <= Len(log)
  /\ applied' = [applied EXCEPT ![i] = k]
  /\ msgs' = msgs \cup {Reply(log[k].client, log[k].timestamp, i, Position(k),
                               ResultAt(k - 1, log[k].op))}
  /\ UNCHANGED <<sketcherVars, client, latest, log, answered>>

\* Replica i answers a fast read from the state that it has.
RecvFastRead(i, m) ==
  /\ m.type = "FastRead" /\ m.replica = i
  /\ <<m.sketcher, m.id>> \notin answered
  /\ answered' = answered \cup {<<m.sketcher, m.id>>}
  /\ msgs' = msgs \cup {FastReply(m.sketcher, m.id, i, ResultAt(applied[i], m.op))}
  /\ UNCHANGED <<sketcherVars, client, latest, log, applied>>

\* Replica i answers a read that takes no position from the state after k operations: a correct one
\* once, from the state that it has.
AnswerReadOnly(i, m, k) ==
  /\ m.type = "Request" /\ ~IsOrdered(m)
  /\ i \in Correct =>
       /\ k = applied[i]
       /\ ~\E x \in msgs : /\ x.type = "Reply" /\ x.replica = i
                           /\ x.client = m.client /\ x.timestamp = m.timestamp
  /\ msgs' = msgs \cup {Reply(m.client, m.timestamp, i, Nowhere, ResultAt(k, m.op))}
  /\ UNCHANGED <<sketcherVars, client, latest, groupVars>>

-----------------------------------------------------------------------------
Arriving(type) == {m \in msgs \cup Injected : m.type = type}
AnySketcherRecvFastReply == \E m \in Arriving("FastReply") : SketcherRecvFastReply(m)
AnySketcherGiveUp(s) == \E id \in DOMAIN calls[s] : SketcherGiveUp(s, id)
AnySketcherRecvReply(s, l) == \E m \in Arriving("Reply") : SketcherRecvReply(s, l, m)
AnySketcherFastTimeout(s) == \E id \in DOMAIN calls[s] : SketcherFastTimeout(s, id)
AnyOrder == \E m \in msgs : Order(m)
AnyRecvFastRead(i) == \E m \in msgs : RecvFastRead(i, m)
AnyAnswerReadOnly(i) ==
  \E m \in msgs : \E k \in 0 .. Len(log) : AnswerReadOnly(i, m, k)

Next ==
  \/ \E c \in Clients, r \in Replicas : SketcherRecvRead(c, r)
  \/ \E c \in Clients : SketcherRecvWrite(c)
  \/ AnySketcherRecvFastReply
  \/ \E s \in Sketchers : AnySketcherFastTimeout(s)
  \/ \E s \in Sketchers, l \in 1 .. Lanes : AnySketcherRecvReply(s, l)
  \/ \E s \in Sketchers, l \in 1 .. Lanes : SketcherRetransmit(s, l)
  \/ \E s \in Sketchers, r \in Replicas : SketcherReadmit(s, r)
  \/ \E s \in Sketchers : SketcherRestart(s)
  \/ \E s \in Sketchers : AnySketcherGiveUp(s)
  \/ AnyOrder
  \/ \E i \in Correct : Apply(i)
  \/ \E i \in Correct : AnyRecvFastRead(i)
  \/ \E i \in Replicas : AnyAnswerReadOnly(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(***************************************************************************)
(* Safety. Each in words in spec/properties.md.                            *)
(***************************************************************************)
IsPosition(p) == p = Nowhere \/ (p.seq >= 1 /\ p.place \in Nat)
TypeOK ==
  /\ \A s \in Sketchers :
       /\ Cardinality(DOMAIN table[s].young) <= Generation
       /\ Cardinality(DOMAIN table[s].old) <= Generation
       /\ \A id \in DOMAIN calls[s] :
            /\ calls[s][id].stage \in {"fast", "ordered", "queued"}
            /\ calls[s][id].stage # "fast" => calls[s][id].position = Nowhere
            /\ calls[s][id].stage = "queued" <=> \E k \in 1 .. Len(queue[s]) : queue[s][k] = id
            /\ calls[s][id].stage = "ordered" <=>
                 \E l \in 1 .. Lanes : lanes[s][l].call = id
       /\ \A l \in 1 .. Lanes :
            lanes[s][l].call = NoCall \/ lanes[s][l].call \in DOMAIN calls[s]
       /\ \A r \in Replicas : strikes[s][r] \in 0 .. MaxStrikes
  /\ \A c \in Clients : client[c].state \in {"idle", "waiting", "gone"}
  /\ \A i \in Correct : applied[i] \in 0 .. Len(log)
  /\ \A m \in msgs : m.type \in MessageTypes \cup {"Request", "Reply"}

\* D1: what a client is told is what the service says of that position: a replicated operation's
\* own result; a fast read's is that of the read that was sketched, in a state that was.
TellsTruth(a) ==
  /\ Index(a.position) \in 1 .. Len(log)
  /\ log[Index(a.position)].op = a.op
  /\ a.result = ResultAt(Index(a.position) - 1, a.op)
Genuine == \A c \in Clients : client[c].answer # NoAnswer => TellsTruth(client[c].answer)

\* The same of what is sketched, so that D2 holds: the sketch of q is of a replicated read of q.
SketchesGenuine == \A s \in Sketchers :
  LET t == table[s] IN \A q \in DOMAIN t.young \cup DOMAIN t.old :
    LET e == Sketch(t, q) IN
    /\ Index(e.position) \in 1 .. Len(log)
    /\ log[Index(e.position)].op = q
    /\ e.digest = Digest(ResultAt(Index(e.position) - 1, q))

\* D3 and D4: no read is answered from before an answer to the same request that came before it.
\* So once a read has seen a change, the state before it is never seen again: delayed once.
Once == \A c \in Clients :
  client[c].answer # NoAnswer => ~Before(client[c].answer.position, client[c].promised)

\* A client with a session sees what it saw and wrote.
SessionOK == \A c \in Sessions :
  client[c].answer # NoAnswer => ~Before(client[c].answer.position, client[c].seen)

\* A sketcher has at most so many under way, and each of its PBFT clients one.
LanesBounded == \A s \in Sketchers :
  Cardinality({id \in DOMAIN calls[s] : calls[s][id].stage = "ordered"}) <= Lanes
=============================================================================
