-------------------------- MODULE DelayOnceMonitor --------------------------
(***************************************************************************)
(* All states in which DelayOnce may be, by what its clients have seen so  *)
(* far: its actions as functions of a state, and the set of states that    *)
(* they lead to. Whatever makes visible steps that leave the set nonempty  *)
(* is delay-once; no mapping is needed that would have to know what only   *)
(* the future decides, as which of several sketches a read is answered by. *)
(* MCDelayOnceMonitor shows by TLC that the set is empty exactly where no  *)
(* order of the operations explains their history (ClientHistory).         *)
(*                                                                         *)
(* A state is [log, done, table, call] as in DelayOnce, but of a call it   *)
(* has all the positions that it could have sampled, for a sample binds    *)
(* nobody. What takes effect without being seen is put off until an answer *)
(* needs it: no call minds that it was not done before.                    *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS Reads, Writes, InitialValue, Result(_, _), NextValue(_, _)

Nothing == -1
Higher(a, b) == IF a > b THEN a ELSE b
RECURSIVE StateAfter(_, _)
StateAfter(writes, k) ==
  IF k = 0 THEN InitialValue ELSE NextValue(StateAfter(writes, k - 1), writes[k])

FirstState == [log |-> <<>>, done |-> 0, table |-> [q \in Reads |-> Nothing], call |-> <<>>]
Waiting(s) == DOMAIN s.call
WithCall(s, p, c) ==
  [s EXCEPT !.call = [q \in Waiting(s) \cup {p} |-> IF q = p THEN c ELSE s.call[q]]]
WithoutCall(s, p) == [s EXCEPT !.call = [q \in Waiting(s) \ {p} |-> s.call[q]]]

\* Process p calls.
Called(s, p, op) ==
  WithCall(s, p, [op |-> op, floor |-> s.done, at |-> Nothing,
                  samples |-> IF op \in Reads /\ s.table[op] # Nothing THEN {s.table[op]} ELSE {}])

\* The write of p takes effect.
Effect(s, p) == [s EXCEPT !.log = Append(@, s.call[p].op), !.call[p].at = Len(s.log) + 1]

\* The replicated read of p takes the state at k, which every read of the same could then sample.
Installs(s, p, k) ==
  LET op == s.call[p].op
      top == Higher(s.table[op], k)
      table == [s.table EXCEPT ![op] = top]
      call == [q \in Waiting(s) |->
        LET c == s.call[q] IN
        [c EXCEPT !.at = IF q = p THEN k ELSE @,
                  !.samples = IF c.op = op THEN @ \cup {top} ELSE @]]
  IN [s EXCEPT !.table = table, !.call = call]

Undone(s) == {p \in Waiting(s) : s.call[p].at = Nothing}
Unseen(s) ==
  {Effect(s, p) : p \in {p \in Undone(s) : s.call[p].op \in Writes}} \cup
  UNION {{Installs(s, p, k) : k \in s.call[p].floor .. Len(s.log)} :
           p \in {p \in Undone(s) : s.call[p].op \in Reads}}

RECURSIVE ClosureOf(_, _)
ClosureOf(known, new) ==
  LET next == UNION {Unseen(s) : s \in new} \ known
  IN IF next = {} THEN known ELSE ClosureOf(known \cup next, next)
Closure(all) == ClosureOf(all, all)

\* Where process p may be told this result in this way.
MayTell(s, p, path, result) ==
  LET c == s.call[p] IN
  IF path = "fast"
  THEN c.at = Nothing /\ \E k \in c.samples : Result(StateAfter(s.log, k), c.op) = result
  ELSE /\ c.at # Nothing
       /\ result = Result(StateAfter(s.log, IF c.op \in Writes THEN c.at - 1 ELSE c.at), c.op)
Told(s, p, path) ==
  LET after == WithoutCall(s, p) IN
  IF path = "fast" THEN after ELSE [after EXCEPT !.done = Higher(@, s.call[p].at)]

\* After what was seen: a call, an answer.
SeenCall(all, p, op) == {Called(s, p, op) : s \in all}
SeenAnswer(all, p, path, result) ==
  {Told(s, p, path) : s \in {s \in Closure(all) : MayTell(s, p, path, result)}}
=============================================================================
