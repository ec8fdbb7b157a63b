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
  submitted   \* <<PBFT client, timestamp, call>>: whose request is in which call
history == <<done, installed, begun, sampled, told, submitted>>

None == -1
Larger(a, b) == IF a > b THEN a ELSE b
Writes == {a.op : a \in {a \in Asked : a.kind = "write"}}
IsWrite(entry) == entry.kind = "write"
WritesBefore(k) == Len(SelectSeq(SubSeq(log, 1, k), IsWrite))
WriteLog == [k \in 1 .. WritesBefore(Len(log)) |-> SelectSeq(log, IsWrite)[k].op]
RECURSIVE After(_)
After(k) == IF k = 0 THEN InitialValue ELSE NextValue(After(k - 1), WriteLog[k])

HistoryInit ==
  /\ done = 0
  /\ installed = [q \in Reads |-> None]
  /\ begun = [c \in Clients |-> 0]
  /\ sampled = [c \in Clients |-> None]
  /\ told = [c \in Clients |-> [path |-> "none"]]
  /\ submitted = {}

Asking(c) == client[c].state = "idle" /\ client'[c].state = "waiting"
Answering(c) == client[c].state = "waiting" /\ client'[c].state = "idle"

\* The abstract position of an answer; of a read that takes none, the first that explains it.
PlaceOf(c, a) ==
  IF a.position # Nowhere THEN WritesBefore(Index(a.position))
  ELSE LET fit == {k \in begun[c] .. WritesBefore(Len(log)) : Result(After(k), a.op) = a.result}
       IN IF fit = {} THEN begun[c] ELSE Least(fit)

\* What the table had when the read was issued. Without positions, the last installed.
SampleOf(c) ==
  LET a == Next1(c)
      known == Sketch(table[a.at], a.op)
  IN IF a.kind = "write" \/ known = NoSketch THEN None
     ELSE IF known.position = Nowhere THEN installed[a.op]
     ELSE WritesBefore(Index(known.position))

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

RefineSpec == Init /\ HistoryInit /\ [][Next /\ HistoryNext]_<<vars, history>>

\* Where in the log of writes the current call of c is. A read is nowhere until it is answered.
EffectOf(c) ==
  LET at == {k \in 1 .. Len(log) : /\ IsWrite(log[k])
                                   /\ <<log[k].client, log[k].timestamp, Id(c)>> \in submitted}
  IN IF Next1(c).kind = "read" \/ at = {} THEN None ELSE WritesBefore(Least(at))

Abstract == INSTANCE DelayOnce WITH
  Processes <- Clients,
  log <- WriteLog,
  table <- installed,
  call <- [c \in Clients |->
    IF client[c].state = "idle" THEN [stage |-> "idle"]
    ELSE [stage |-> "called", op |-> Next1(c).op, floor |-> begun[c], at |-> EffectOf(c),
          sample |-> sampled[c]]],
  answer <- told

RefinesDelayOnce == Abstract!Spec

\* Correct replicas are interchangeable: nothing but who lies tells one from another.
Interchangeable == Permutations(Correct)
AbstractTypeOK == Abstract!TypeOK
=============================================================================
