----------------------------- MODULE DProphecy ------------------------------
(***************************************************************************)
(* D-Prophecy: sketches without a sketcher. Each replica keeps the sketches*)
(* of the ordered reads that it has executed. A client has one replica, the*)
(* executor, execute its read, and all of them say what their own sketch of*)
(* it is; it takes the executor's result if enough of them have one sketch *)
(* of that result. Otherwise its read is ordered like a write.             *)
(*                                                                         *)
(* This module is the twin of src/core/prophecy/d-client.ts and of         *)
(* recvSketchRead in d-replica.ts. The group is that of Prophecy.tla: one  *)
(* agreed log, of each correct replica the prefix that it has executed, and*)
(* Byzantine replicas: what is ordered they answer rightly at once, and of *)
(* sketches they say what is in `Injected`. What a correct replica has     *)
(* sketched follows from its prefix.                                       *)
(*                                                                         *)
(* Why 2f + 1: an ordered read that was answered was executed by 2f + 1    *)
(* replicas, so f + 1 correct ones have its sketch or a later one. 2f + 1  *)
(* that have an older one in common would have a correct one among these.  *)
(* That is why ordered reads, too, wait for 2f + 1.                        *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Replicas,         \* 3f + 1
  Byzantine,        \* at most f of them
  Clients,          \* 0 .. C - 1
  ClientOps,        \* [Clients -> Seq([kind, op])]: what each asks for, in order
  OrderedReplies,   \* how many replicas must answer an ordered operation alike: 2f + 1
  SketchReplies,    \* how many must have one sketch: 2f + 1
  Executors,        \* the replicas that may be drawn to execute a read: all of them
  CanTimeout,       \* the clients whose timer of a sketched read may fire
  StartLog,         \* what was agreed on before
  StartApplied,     \* [correct replicas -> how much of that each has executed]
  StartLatest,      \* [reads -> the position of the last answer to each]
  Lacks,            \* rules left out, by name: {} but to show what each is for
  Injected,         \* what Byzantine replicas may say besides the truth
  InitialValue,
  Result(_, _), NextValue(_, _), Digest(_)

Correct == Replicas \ Byzantine
Rule(name) == name \notin Lacks
Asked == UNION {{ClientOps[c][k] : k \in 1 .. Len(ClientOps[c])} : c \in Clients}
Reads == {a.op : a \in {a \in Asked : a.kind = "read"}}

\* As in Prophecy.tla: batches have two operations.
Nowhere == [seq |-> 0, place |-> 0]
Position(k) == [seq |-> (k + 1) \div 2, place |-> (k + 1) % 2]
Index(p) == IF p = Nowhere THEN 0 ELSE 2 * p.seq - 1 + p.place
Before(p, q) == p.seq < q.seq \/ (p.seq = q.seq /\ p.place < q.place)
Latest(p, q) == IF Before(p, q) THEN q ELSE p

NoResult == <<>>
NoReply == <<>>
NoAnswer == <<>>
NoSketch == [digest |-> <<>>, position |-> Nowhere]

\* Messages. `result` of an answer is NoResult but from the executor.
SketchRead(c, id, op, e, r) ==
  [type |-> "SketchRead", client |-> c, id |-> id, op |-> op, executor |-> e, replica |-> r]
SketchReply(c, id, r, sketch, result) ==
  [type |-> "SketchReply", client |-> c, id |-> id, replica |-> r, sketch |-> sketch,
   result |-> result]
Request(c, t, kind, op) ==
  [type |-> "Request", client |-> c, timestamp |-> t, kind |-> kind, op |-> op]
Reply(c, t, r, p, result) ==
  [type |-> "Reply", client |-> c, timestamp |-> t, replica |-> r, position |-> p,
   result |-> result]
\* Those of D-Prophecy; the others are of PBFT.
MessageTypes == {"SketchRead", "SketchReply"}

VARIABLES
  client,   \* per client: what it waits for, see Idle
  latest,   \* per read: the highest position that an answer to it was from
  log,      \* what the group agreed on, in order
  applied,  \* per correct replica: how much of the log it has executed
  answered, \* <<replica, client, read>>: the sketched reads that each has answered
  msgs      \* every message sent so far
groupVars == <<log, applied, answered>>
vars == <<client, latest, log, applied, answered, msgs>>

(***************************************************************************)
(* A client: `stage` "idle", "asked" while it waits for sketches, "ordered"*)
(* while it waits for the group. `sketches` and `result` are what it heard *)
(* of the sketched read, `replies` what it heard of the ordered operation. *)
(***************************************************************************)
Unheard == [r \in Replicas |-> NoReply]
Idle(next, t, promised, answer) ==
  [next |-> next, stage |-> "idle", timestamp |-> t, executor |-> 0, sketches |-> Unheard,
   result |-> NoResult, replies |-> Unheard, promised |-> promised, answer |-> answer]

Init ==
  /\ client = [c \in Clients |->
       [next |-> 1, stage |-> "idle", timestamp |-> 0, executor |-> 0, sketches |-> Unheard,
        result |-> NoResult, replies |-> Unheard, promised |-> Nowhere, answer |-> NoAnswer]]
  /\ latest = StartLatest
  /\ log = StartLog
  /\ applied = StartApplied
  /\ answered = {}
  /\ msgs = {}

RECURSIVE ValueAt(_)
ValueAt(k) == IF k = 0 THEN InitialValue
              ELSE IF log[k].kind = "read" THEN ValueAt(k - 1)
              ELSE NextValue(ValueAt(k - 1), log[k].op)
ResultAt(k, op) == Result(ValueAt(k), op)

\* What a replica that has executed k operations has sketched of a read: the last of them.
SketchAt(k, op) ==
  LET at == {j \in 1 .. k : log[j].kind = "read" /\ log[j].op = op} IN
  IF at = {} THEN NoSketch
  ELSE LET j == CHOOSE j \in at : \A i \in at : i <= j
       IN [digest |-> Digest(ResultAt(j - 1, op)), position |-> Position(j)]

-----------------------------------------------------------------------------
(***************************************************************************)
(* Clients                                                                 *)
(***************************************************************************)
Next1(c) == ClientOps[c][client[c].next]
Asks(c, kind) == /\ client[c].stage = "idle"
                 /\ client[c].next <= Len(ClientOps[c])
                 /\ Next1(c).kind = kind
Promised(c) == IF Next1(c).kind = "read" THEN latest[Next1(c).op] ELSE Nowhere

\* Client c asks for its operation to be ordered.
Submitted(c, k) ==
  [k EXCEPT !.stage = "ordered", !.timestamp = @ + 1, !.executor = 0, !.sketches = Unheard,
            !.result = NoResult]
RequestOf(c) == Request(c, client[c].timestamp + 1, Next1(c).kind, Next1(c).op)

\* A read: all replicas are asked, one of them to execute it.
ClientRead(c, e) ==
  /\ Asks(c, "read")
  /\ client' = [client EXCEPT ![c] = [@ EXCEPT !.stage = "asked", !.executor = e,
                                     !.promised = Promised(c), !.answer = NoAnswer]]
  /\ msgs' = msgs \cup {SketchRead(c, client[c].next, Next1(c).op, e, r) : r \in Replicas}
  /\ UNCHANGED <<latest, groupVars>>

ClientWrite(c) ==
  /\ Asks(c, "write")
  /\ client' = [client EXCEPT ![c] =
       Submitted(c, [@ EXCEPT !.promised = Nowhere, !.answer = NoAnswer])]
  /\ msgs' = msgs \cup {RequestOf(c)}
  /\ UNCHANGED <<latest, groupVars>>

Done(c, path, p, result) ==
  LET a == Next1(c)
      answer == [op |-> a.op, path |-> path, position |-> p, result |-> result]
  IN /\ client' = [client EXCEPT ![c] = Idle(@.next + 1, @.timestamp, @.promised, answer)]
     /\ latest' = IF a.kind = "read" THEN [latest EXCEPT ![a.op] = Latest(@, p)] ELSE latest

(***************************************************************************)
(* Who states a sketch of the result: the replicas whose own it is. The    *)
(* executor counts only by its own sketch, too. Without one of these rules *)
(* nobody can say which position the result is from: the first that may    *)
(* explain it, if there is one, counts in its favour.                      *)
(***************************************************************************)
States(k, r, s) ==
  IF Rule("ExecutorBySketch") \/ r # k.executor THEN
    IF Rule("ComparesPositions") THEN k.sketches[r] = s
    ELSE k.sketches[r] # NoReply /\ k.sketches[r].digest = s.digest
  ELSE k.result # NoResult /\ Digest(k.result) = s.digest
Supporters(k, s) == {r \in Replicas : States(k, r, s)}
Fit(k, s) == k.result # NoResult /\ s.digest = Digest(k.result)
Agreed(k) == {s \in {k.sketches[r] : r \in Replicas} \ {NoReply} :
  Fit(k, s) /\ Cardinality(Supporters(k, s)) >= SketchReplies}
\* No answer that may still come makes enough of them agree.
Hopeless(k) ==
  LET heard == {s \in {k.sketches[r] : r \in Replicas} \ {NoReply} : s.digest # <<>>}
      silent == Cardinality({r \in Replicas : k.sketches[r] = NoReply})
      may(s) == k.result = NoResult \/ s.digest = Digest(k.result)
  IN /\ \A s \in heard : may(s) => Cardinality(Supporters(k, s)) + silent < SketchReplies
     /\ silent < SketchReplies

Explained(op, s, promised) ==
  LET at == {j \in 1 .. Len(log) : /\ log[j].kind = "read" /\ log[j].op = op
                                   /\ Digest(ResultAt(j - 1, op)) = s.digest
                                   /\ ~Before(Position(j), promised)}
  IN IF Lacks = {} \/ at = {} THEN s.position
     ELSE Position(CHOOSE j \in at : \A i \in at : j <= i)

\* A replica's answer to the sketched read.
ClientRecvSketchReply(c, m) ==
  /\ m.type = "SketchReply" /\ m.client = c
  /\ client[c].stage = "asked" /\ m.id = client[c].next
  /\ client[c].sketches[m.replica] = NoReply
  /\ LET k == [client[c] EXCEPT !.sketches[m.replica] = m.sketch,
                 !.result = IF m.replica = client[c].executor THEN m.result ELSE @]
         agreed == Agreed(k)
     IN IF agreed # {}
        THEN LET s == CHOOSE s \in agreed : TRUE IN
             /\ Done(c, "fast", Explained(Next1(c).op, s, k.promised), k.result)
             /\ UNCHANGED msgs
        ELSE IF Hopeless(k)
        THEN /\ client' = [client EXCEPT ![c] = Submitted(c, k)]
             /\ msgs' = msgs \cup {RequestOf(c)}
             /\ UNCHANGED latest
        ELSE /\ client' = [client EXCEPT ![c] = k]
             /\ UNCHANGED <<latest, msgs>>
  /\ UNCHANGED groupVars

\* Too few of them have answered in time.
ClientSketchTimeout(c) ==
  /\ c \in CanTimeout /\ client[c].stage = "asked"
  /\ client' = [client EXCEPT ![c] = Submitted(c, @)]
  /\ msgs' = msgs \cup {RequestOf(c)}
  /\ UNCHANGED <<latest, groupVars>>

\* A replica's answer to the ordered operation.
ClientRecvOrderedReply(c, m) ==
  /\ m.type = "Reply" /\ m.client = c
  /\ client[c].stage = "ordered" /\ m.timestamp = client[c].timestamp
  /\ client[c].replies[m.replica] = NoReply
  /\ LET reply == [position |-> m.position, result |-> m.result]
         replies == [client[c].replies EXCEPT ![m.replica] = reply]
     IN IF Cardinality({r \in Replicas : replies[r] = reply}) < OrderedReplies
        THEN /\ client' = [client EXCEPT ![c].replies = replies]
             /\ UNCHANGED latest
        ELSE Done(c, "replicated", m.position, m.result)
  /\ UNCHANGED <<groupVars, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The group                                                               *)
(***************************************************************************)

\* Replica i says what its own sketch is; the executor executes the read as well.
RecvSketchRead(i, m) ==
  /\ m.type = "SketchRead" /\ m.replica = i
  /\ <<i, m.client, m.id>> \notin answered
  /\ answered' = answered \cup {<<i, m.client, m.id>>}
  /\ msgs' = msgs \cup {SketchReply(m.client, m.id, i, SketchAt(applied[i], m.op),
       IF i = m.executor THEN ResultAt(applied[i], m.op) ELSE NoResult)}
  /\ UNCHANGED <<client, latest, log, applied>>

Order(m) ==
  /\ m.type = "Request"
  /\ \A k \in 1 .. Len(log) : log[k].client = m.client => log[k].timestamp < m.timestamp
  /\ log' = Append(log, [client |-> m.client, timestamp |-> m.timestamp, kind |-> m.kind,
                         op |-> m.op])
  /\ msgs' = msgs \cup
       {Reply(m.client, m.timestamp, b, Position(Len(log) + 1), ResultAt(Len(log), m.op)) :
          b \in Byzantine}
  /\ UNCHANGED <<client, latest, applied, answered>>

Apply(i) ==
  LET k == applied[i] + 1 IN
  /\ k <= Len(log)
  /\ applied' = [applied EXCEPT ![i] = k]
  /\ msgs' = msgs \cup {Reply(log[k].client, log[k].timestamp, i, Position(k),
                               ResultAt(k - 1, log[k].op))}
  /\ UNCHANGED <<client, latest, log, answered>>

-----------------------------------------------------------------------------
Arriving(type) == {m \in msgs \cup Injected : m.type = type}
AnyClientRecvSketchReply(c) == \E m \in Arriving("SketchReply") : ClientRecvSketchReply(c, m)
AnyClientRecvOrderedReply(c) == \E m \in Arriving("Reply") : ClientRecvOrderedReply(c, m)
AnyRecvSketchRead(i) == \E m \in msgs : RecvSketchRead(i, m)
AnyOrder == \E m \in msgs : Order(m)

Next ==
  \/ \E c \in Clients, e \in Executors : ClientRead(c, e)
  \/ \E c \in Clients : ClientWrite(c)
  \/ \E c \in Clients : AnyClientRecvSketchReply(c)
  \/ \E c \in Clients : ClientSketchTimeout(c)
  \/ \E c \in Clients : AnyClientRecvOrderedReply(c)
  \/ \E i \in Correct : AnyRecvSketchRead(i)
  \/ AnyOrder
  \/ \E i \in Correct : Apply(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOK ==
  /\ \A c \in Clients : client[c].stage \in {"idle", "asked", "ordered"}
  /\ \A i \in Correct : applied[i] \in 0 .. Len(log)
  /\ \A m \in msgs : m.type \in MessageTypes \cup {"Request", "Reply"}

\* D1 and D2: an answer is the result of the operation at its position, which is a read of the same
\* request where a read was asked for.
Genuine == \A c \in Clients : client[c].answer # NoAnswer =>
  LET a == client[c].answer
      k == Index(a.position)
  IN k \in 1 .. Len(log) /\ log[k].op = a.op /\ a.result = ResultAt(k - 1, a.op)

\* D3 and D4: no read is answered from before an answer to the same request that came before it.
Once == \A c \in Clients :
  client[c].answer # NoAnswer => ~Before(client[c].answer.position, client[c].promised)
=============================================================================
