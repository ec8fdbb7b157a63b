------------------------- MODULE MCDelayOnceMonitor -------------------------
(***************************************************************************)
(* Every history of a few calls, with every answer in every path: what the *)
(* monitor still has a state for is delay-once by definition, and what it  *)
(* has none for is not.                                                    *)
(***************************************************************************)
EXTENDS DelayOnceMonitor, SmallServices

CONSTANTS Processes, MostCalls, Results

VARIABLES history, waits, possible
H == INSTANCE ClientHistory

Init ==
  /\ history = <<>>
  /\ waits = [p \in Processes |-> "nothing"]
  /\ possible = {FirstState}

Calls(p) == \E op \in Reads \cup Writes :
  /\ waits[p] = "nothing"
  /\ Cardinality(H!Invoked(history)) < MostCalls
  /\ history' = Append(history, [type |-> "invoke", process |-> p, op |-> op])
  /\ waits' = [waits EXCEPT ![p] = op]
  /\ possible' = SeenCall(possible, p, op)

Paths(p) == IF waits[p] \in Reads THEN {"fast", "replicated"} ELSE {"replicated"}
IsTold(p) == \E path \in Paths(p), result \in Results :
  /\ waits[p] # "nothing"
  /\ history' = Append(history, [type |-> "ok", process |-> p, path |-> path, result |-> result])
  /\ waits' = [waits EXCEPT ![p] = "nothing"]
  /\ possible' = SeenAnswer(possible, p, path, result)

\* What follows a history that is not delay-once is none either.
Next == possible # {} /\ \E p \in Processes : Calls(p) \/ IsTold(p)
Spec == Init /\ [][Next]_<<history, waits, possible>>

JudgesByDefinition == (possible # {}) = H!DelayOnceHistory(history)
\* Must fail: some history is delay-once, and some is not.
AllAreDelayOnce == possible # {}
=============================================================================
