---------------------------- MODULE MCDelayOnce -----------------------------
(***************************************************************************)
(* Small instances of DelayOnce, with the history of what clients saw.     *)
(***************************************************************************)
EXTENDS DelayOnce, SmallServices, FiniteSets

CONSTANTS MostCalls     \* how many there are in a behaviour

VARIABLE history
H == INSTANCE ClientHistory

MCInit == Init /\ history = <<>>
MCNext ==
  /\ Next
  /\ history' = history \o SeenBy(Processes, call, call', answer')
  /\ Cardinality(H!Invoked(history')) <= MostCalls
MCSpec == MCInit /\ [][MCNext]_<<vars, history>>

IsDelayOnce == H!DelayOnceHistory(history)
\* Must fail: a delay-once behaviour need not be linearizable.
IsLinearizable == H!Linearizable(history)
=============================================================================
