------------------------------ MODULE WeakStore -----------------------------
(***************************************************************************)
(* A weakly consistent store: a write is answered by one replica and comes *)
(* to the others later; a read is answered by any replica. It is there to  *)
(* be told from delay-once: where writes are reordered, a replica answers  *)
(* from a state that never was. Where one replica takes all writes and the *)
(* others follow it in order, answers are late and no worse than that.     *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
  Processes, Replicas, Reads, Writes, InitialValue, Result(_, _), NextValue(_, _),
  Writable,     \* the replicas that take writes from clients
  Reorders      \* whether writes come to the others in any order

VARIABLES
  value,        \* [Replicas -> the state there]
  missing,      \* [Replicas -> the writes that have not come there yet, in order]
  call,         \* what each process waits for
  answer        \* the last answer to each process; it tells no path
vars == <<value, missing, call, answer>>

NoCall == [stage |-> "idle"]
NoAnswer == [path |-> "none"]

Init ==
  /\ value = [r \in Replicas |-> InitialValue]
  /\ missing = [r \in Replicas |-> <<>>]
  /\ call = [p \in Processes |-> NoCall]
  /\ answer = [p \in Processes |-> NoAnswer]

Invoke(p, op) ==
  /\ call[p] = NoCall
  /\ call' = [call EXCEPT ![p] = [stage |-> "called", op |-> op]]
  /\ UNCHANGED <<value, missing, answer>>

Answered(p, result) ==
  /\ call' = [call EXCEPT ![p] = NoCall]
  /\ answer' = [answer EXCEPT ![p] =
                  [op |-> call[p].op, path |-> "unknown", result |-> result]]

Write(p, r) ==
  /\ call[p].stage = "called"
  /\ call[p].op \in Writes
  /\ r \in Writable
  /\ value' = [value EXCEPT ![r] = NextValue(@, call[p].op)]
  /\ missing' = [o \in Replicas |-> IF o = r THEN missing[o] ELSE Append(missing[o], call[p].op)]
  /\ Answered(p, Result(value[r], call[p].op))

Read(p, r) ==
  /\ call[p].stage = "called"
  /\ call[p].op \in Reads
  /\ Answered(p, Result(value[r], call[p].op))
  /\ UNCHANGED <<value, missing>>

Deliver(r, i) ==
  /\ value' = [value EXCEPT ![r] = NextValue(@, missing[r][i])]
  /\ missing' = [missing EXCEPT ![r] =
                   SubSeq(@, 1, i - 1) \o SubSeq(@, i + 1, Len(@))]
  /\ UNCHANGED <<call, answer>>

Next ==
  \/ \E p \in Processes : \E op \in Reads \cup Writes : Invoke(p, op)
  \/ \E p \in Processes, r \in Replicas : Write(p, r) \/ Read(p, r)
  \/ \E r \in Replicas : \E i \in DOMAIN missing[r] : (Reorders \/ i = 1) /\ Deliver(r, i)
Spec == Init /\ [][Next]_vars
=============================================================================
