--------------------------- MODULE MCLinearizable ---------------------------
(***************************************************************************)
(* Small instances of Linearizable, with the history of what clients saw.  *)
(***************************************************************************)
EXTENDS Linearizable, SmallServices, FiniteSets

CONSTANTS MostCalls     \* how many there are in a behaviour

VARIABLE history
H == INSTANCE ClientHistory

MCInit == Init /\ history = <<>>
MCNext ==
  /\ Next
  /\ history' = history \o SeenBy(Processes, call, call', answer')
  /\ Cardinality(H!Invoked(history')) <= MostCalls
MCSpec == MCInit /\ [][MCNext]_<<vars, history>>

IsLinearizable == H!Linearizable(history)
\* No path is declared: each read may be taken as replicated.
IsDelayOnce == H!DelayOnceHistory(history)
=============================================================================
