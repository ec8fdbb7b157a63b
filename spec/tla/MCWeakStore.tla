---------------------------- MODULE MCWeakStore -----------------------------
(***************************************************************************)
(* The talk's story on WeakStore: a colleague has seen his page. Alice     *)
(* takes him off the access list, then uploads photos; he looks again.     *)
(***************************************************************************)
EXTENDS WeakStore, SmallServices, FiniteSets

VARIABLE history
H == INSTANCE ClientHistory

Script == [p \in Processes |->
  IF p = "alice" THEN <<"remove colleague", "upload photos">> ELSE <<"colleague's page">>]
SeenBefore ==
  <<[type |-> "invoke", process |-> "colleague", op |-> "colleague's page"],
    [type |-> "ok", process |-> "colleague", path |-> "unknown", result |-> "no photos"]>>
\* How many calls of its script p has made.
Made(h, p) ==
  Cardinality({i \in H!Invoked(h) : i > Len(SeenBefore) /\ h[i].process = p})

MCInit == Init /\ history = SeenBefore
MCNext ==
  /\ Next
  /\ history' = history \o SeenBy(Processes, call, call', answer')
  /\ \A p \in Processes : call'[p].stage # "idle" =>
       (Made(history', p) <= Len(Script[p]) /\ call'[p].op = Script[p][Made(history', p)])
MCSpec == MCInit /\ [][MCNext]_<<vars, history>>

\* Where writes are reordered it must fail: he sees photos that were uploaded after he was removed.
IsDelayOnce == H!DelayOnceHistory(history)
\* Must fail: he may be late, but for the photos.
IsLinearizable == H!Linearizable(history)
=============================================================================
