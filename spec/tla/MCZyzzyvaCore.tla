---------------------------- MODULE MCZyzzyvaCore ----------------------------
(***************************************************************************)
(* Small instances of ZyzzyvaCore: batches as model values, others for     *)
(* each sequence number; views one after the other; the steps told to the  *)
(* module Graph; what must be reachable.                                   *)
(***************************************************************************)
EXTENDS ZyzzyvaCore, Graph, TLC

CONSTANTS First, Second,   \* batches asked for at 1 and at 2; Second = {}: there is one number
          InLayers         \* whether a view begins only when the one before is over for all

MCAsked == IF Second = {} THEN <<First>> ELSE <<First, Second>>

(***************************************************************************)
(* Batches of one number are interchangeable: none is named by a guard or  *)
(* an invariant, and none is compared with a batch of another number. So   *)
(* giving each number its own batches loses nothing, and those of each may *)
(* be renamed by themselves.                                               *)
(***************************************************************************)
Renaming(p, q) == [b \in First \cup Second |-> IF b \in First THEN p[b] ELSE q[b]]
Interchangeable == {Renaming(p, q) : p \in Permutations(First), q \in Permutations(Second)}

(***************************************************************************)
(* Layers. A step in a view needs nothing of a later one, and what it adds *)
(* takes no step in a later view away: VIEW-CHANGEs tell of views that     *)
(* their sender has left, and which of them a NEW-VIEW stands on is free.  *)
(* So the steps of any behaviour may be taken view by view, and lead to    *)
(* the same state. What was complete stays complete, so an invariant of    *)
(* what is complete that breaks on some way, breaks on one in layers.      *)
(***************************************************************************)
MayAct(i) == InLayers => \A j \in Correct : view[j] = view[i]
MayLeave(i) == InLayers =>
  \A j \in Correct : view[j] = (IF j < i THEN view[i] + 1 ELSE view[i])

-----------------------------------------------------------------------------
\* Next, in layers if the model says so, with each step told to the module Graph.
Step(action) == RecordStep(action, vars')
MCNext == \E i \in Correct :
  \/ MayAct(i) /\ AnyOrder(i) /\ Step("Order")
  \/ MayAct(i) /\ AnyAcknowledge(i) /\ Step("Acknowledge")
  \/ MayAct(i) /\ AnyAcknowledgeLate(i) /\ Step("AcknowledgeLate")
  \/ MayLeave(i) /\ ChangeView(i) /\ Step("ChangeView")
  \/ MayAct(i) /\ AnyNewView(i) /\ Step("NewView")
  \/ MayAct(i) /\ Confirm(i) /\ Step("Confirm")
MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must be reachable, so that the invariants are not vacuous.         *)
(***************************************************************************)
SomeComplete(P(_, _)) == \E v \in Views : \E h \in HeardIn(v) : Complete(v, h) /\ P(v, h)

Witnesses ==
  /\ RecordWitness("ReachFast", \E v \in Views : \E h \in HeardIn(v) :
       CompleteFast(v, h) /\ ~CompleteSlow(v, h))
  /\ RecordWitness("ReachSlow", SomeComplete(LAMBDA v, h : ~CompleteFast(v, h)))
  /\ RecordWitness("ReachCompleteLater", SomeComplete(LAMBDA v, h : v > 0))
  /\ RecordWitness("ReachCompleteTwice", SomeComplete(LAMBDA v, h : v > 0 /\ Complete(0, h)))
  \* A certificate that nobody acknowledged: only a Byzantine replica can show it later.
  /\ RecordWitness("ReachHiddenCertificate", \E v \in Views : \E h \in HeardIn(v) :
       Certified(v, h) /\ \A i \in Correct : acked[i][v] = 0)
  /\ RecordWitness("ReachRolledBack", \E i \in Correct : \E v, w \in Views :
       v < w /\ Entered(i, v) /\ Entered(i, w) /\ ~Compatible(log[i][v], log[i][w]))
  /\ RecordWitness("ReachSplit", \E i, j \in Correct : \E v \in Views :
       Entered(i, v) /\ Entered(j, v) /\ ~Compatible(log[i][v], log[j][v]))
  /\ RecordWitness("ReachFilledGap", \E i \in Correct : \E v \in Views :
       Entered(i, v) /\ \E n \in 1 .. Len(log[i][v]) : log[i][v][n] = Null)
  \* The left sides of the invariants' implications.
  /\ RecordWitness("Agreement", \E h, g \in Completed : h # g)
  /\ RecordWitness("CertificatesAgree", \E v \in Views : \E h, g \in HeardIn(v) :
       h # g /\ Certified(v, h) /\ Certified(v, g))
  /\ RecordWitness("CarryOver", SomeComplete(LAMBDA v, h :
       \E i \in Correct : \E w \in v + 1 .. MaxView : Entered(i, w)))
=============================================================================
