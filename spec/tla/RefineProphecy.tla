-------------------------- MODULE RefineProphecy ----------------------------
(***************************************************************************)
(* Prophecy refines DelayOnce: what its clients see is delay-once          *)
(* linearizable. The abstract state is read off the log and the clients;   *)
(* history variables keep what the sketchers forget.                       *)
(*                                                                         *)
(* A position of DelayOnce is a number of writes. A write takes effect     *)
(* when the group agrees on it, a replicated read takes its position when  *)
(* it is answered, and a fast read samples when it is issued.              *)
(***************************************************************************)
EXTENDS MCProphecy, TLC

CONSTANTS r0, r1, r2, r3  \* the replicas, where they are interchangeable

VARIABLES
  done,       \* of what was answered and not fast, the highest position
  installed,  \* per read: the highest position that an answered replicated read of it had
  begun,      \* per client: `done` when it asked last
  sampled,    \* per client: the position of the sketch that its read was issued with
  told,       \* per client: its last answer
  submitted,  \* <<PBFT client, timestamp, call>>: whose request is in which call
  writes,     \* what the group agreed on that is a write, in order
  waiting     \* per client: what DelayOnce has of its call
\* The last two follow from the rest: kept so that TLC finds them once a step, not at each mention.
history == <<done, installed, begun, sampled, told, submitted, writes, waiting>>

None == -1
Larger(a, b) == IF a > b THEN a ELSE b
Writes == {a.op : a \in {a \in Asked : a.kind = "write"}}
IsWrite(entry) == entry.kind = "write"
WritesBefore(k) == Len(SelectSeq(SubSeq(log, 1, k), IsWrite))
WriteLog == LET entries == SelectSeq(log, IsWrite) IN [k \in 1 .. Len(entries) |-> entries[k].op]
RECURSIVE After(_)
After(k) == IF k = 0 THEN InitialValue ELSE NextValue(After(k - 1), writes[k])

HistoryInit ==
  /\ done = 0
  /\ installed = [q \in Reads |-> None]
  /\ begun = [c \in Clients |-> 0]
  /\ sampled = [c \in Clients |-> None]
  /\ told = [c \in Clients |-> [path |-> "none"]]
  /\ submitted = {}
  /\ writes = <<>>
  /\ waiting = [c \in Clients |-> [stage |-> "idle"]]

Asking(c) == client[c].state = "idle" /\ client'[c].state = "waiting"
Answering(c) == client[c].state = "waiting" /\ client'[c].state = "idle"

\* The abstract position of an answer; of a read that takes none, the first that explains it.
PlaceOf(c, a) ==
  IF a.position # Nowhere THEN WritesBefore(Index(a.position))
  ELSE LET fit == {k \in begun[c] .. Len(writes) : Result(After(k), a.op) = a.result}
       IN IF fit = {} THEN begun[c] ELSE Least(fit)

\* What the table had when the read was issued. Without positions, the last installed.
SampleOf(c) ==
  LET a == Next1(c)
      known == Sketch(table[a.at], a.op)
  IN IF a.kind = "write" \/ known = NoSketch THEN None
     ELSE IF known.position = Nowhere THEN installed[a.op]
     ELSE WritesBefore(Index(known.position))

\* Where in the log of writes the current call of c is. A read is nowhere until it is answered.
EffectOf(c) ==
  LET at == {k \in 1 .. Len(log) : /\ IsWrite(log[k])
                                   /\ <<log[k].client, log[k].timestamp, Id(c)>> \in submitted}
  IN IF Next1(c).kind = "read" \/ at = {} THEN None ELSE WritesBefore(Least(at))
WaitingFor(c) ==
  IF client[c].state = "idle" THEN [stage |-> "idle"]
  ELSE [stage |-> "called", op |-> Next1(c).op, floor |-> begun[c], at |-> EffectOf(c),
        sample |-> sampled[c]]

HistoryNext ==
  /\ begun' = [c \in Clients |-> IF Asking(c) THEN done ELSE begun[c]]
  /\ sampled' = [c \in Clients |-> IF Asking(c) THEN SampleOf(c) ELSE sampled[c]]
  /\ told' = [c \in Clients |->
       LET a == client'[c].answer IN
       IF Answering(c) THEN [op |-> a.op, path |-> a.path, result |-> a.result] ELSE told[c]]
  /\ LET replicated == {c \in Clients : Answering(c) /\ client'[c].answer.path = "replicated"}
     IN IF replicated = {} THEN UNCHANGED <<done, installed>>
        ELSE LET c == CHOOSE c \in replicated : TRUE
                 a == client'[c].answer
                 k == PlaceOf(c, a)
             IN /\ done' = Larger(done, k)
                /\ installed' = IF a.op \in Writes THEN installed
                                ELSE [installed EXCEPT ![a.op] = Larger(@, k)]
  /\ submitted' = submitted \cup
       {<<LaneClient(s, l), lanes'[s][l].timestamp, lanes'[s][l].call>> :
          <<s, l>> \in {x \in Sketchers \X (1 .. Lanes) :
            /\ lanes'[x[1]][x[2]].call # NoCall
            /\ lanes'[x[1]][x[2]].call # lanes[x[1]][x[2]].call}}
  /\ writes' = WriteLog'
  /\ waiting' = [c \in Clients |-> WaitingFor(c)']

RefineSpec == Init /\ HistoryInit /\ [][Next /\ HistoryNext]_<<vars, history>>

Abstract == INSTANCE DelayOnce WITH
  Processes <- Clients,
  log <- writes,
  table <- installed,
  call <- waiting,
  answer <- told

\* Abstract!Spec, where what changes nothing of it, as most steps, is looked at first.
RefinesDelayOnce ==
  /\ Abstract!Init
  /\ [][Abstract!vars' = Abstract!vars \/ Abstract!Next]_<<vars, history>>

\* Correct replicas are interchangeable: nothing but who lies tells one from another.
Interchangeable == Permutations(Correct)
AbstractTypeOK == Abstract!TypeOK

(***************************************************************************)
(* What any later step, or an invariant, can still depend on: states that  *)
(* agree on it are one (VIEW). Left out are                                *)
(*   messages that nobody will ever take: of a fast read that is not       *)
(*   waited for, of a request that is not, of a replica that was heard,    *)
(*   and requests that the log has; calls and timestamps are not used      *)
(*   again, so these stay untaken, and the group's answers to what is over *)
(*   make only more of them;                                               *)
(*   what was kept for a call that is over;                                *)
(*   told: an abstract step sets it and never reads it, and TLC compares   *)
(*   every step, also one to a state that it knows.                        *)
(***************************************************************************)
IsFast(s, id) == id \in DOMAIN calls[s] /\ calls[s][id].stage = "fast"
IsAwaited(m) == \E s \in Sketchers, l \in 1 .. Lanes :
  /\ LaneClient(s, l) = m.client
  /\ lanes[s][l].call # NoCall
  /\ lanes[s][l].timestamp = m.timestamp
  /\ m.type = "Reply" => lanes[s][l].replies[m.replica] = NoReply
IsNew(m) == \A k \in 1 .. Len(log) : log[k].client = m.client => log[k].timestamp < m.timestamp
MayBeTaken(m) ==
  CASE m.type = "FastRead"  -> IsFast(m.sketcher, m.id) /\ <<m.sketcher, m.id>> \notin answered
    [] m.type = "FastReply" -> IsFast(m.sketcher, m.id)
    [] m.type = "Request"   -> IF IsOrdered(m) THEN IsNew(m) ELSE IsAwaited(m)
    [] m.type = "Reply"     -> IsAwaited(m)
IsIdle(c) == client[c].state = "idle"
Relevant ==
  <<sketcherVars, client, latest, log, applied, done, installed,
    {m \in msgs : MayBeTaken(m)},
    [c \in Clients |-> IF IsIdle(c) THEN <<>> ELSE <<begun[c], sampled[c]>>],
    {x \in submitted : \E c \in Clients : ~IsIdle(c) /\ x[3] = Id(c)}>>
=============================================================================
