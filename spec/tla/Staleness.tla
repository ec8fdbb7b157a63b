----------------------------- MODULE Staleness ------------------------------
(***************************************************************************)
(* How long a change of one page can stay hidden behind a sketcher. The    *)
(* page has changed; `Stale` replicas lag behind the change or hide it for *)
(* ever, and a client reads again and again. What a read asks and what is  *)
(* compared is that of Prophecy.tla, with one call at a time and messages  *)
(* forgotten once they are heard, so that behaviours may be endless.       *)
(***************************************************************************)
EXTENDS Naturals

CONSTANTS Replicas, Stale

VARIABLES
  sketch,   \* "old" or "new": of which result the table has the digest
  told,     \* what the last read was told
  turn      \* changes with each read, so that a read that changes nothing else is a step
vars == <<sketch, told, turn>>

Init == sketch = "old" /\ told = "old" /\ turn = 0
Says(r) == IF r \in Stale THEN "old" ELSE "new"

\* A read for which r was drawn: its answer, or, where that is not as sketched, the group's.
Read(r) ==
  /\ told' = IF Says(r) = sketch THEN Says(r) ELSE "new"
  /\ sketch' = IF Says(r) = sketch THEN sketch ELSE "new"
  /\ turn' = 1 - turn

Next == \E r \in Replicas : Read(r)
Spec == Init /\ [][Next]_vars /\ WF_vars(Next)

\* Each replica is drawn again and again.
Fair == Spec /\ \A r \in Replicas : SF_vars(Read(r))

\* Once a read was told of the change, all are.
Once == [][told = "new" => told' = "new"]_vars
Seen == <>(told = "new")
=============================================================================
