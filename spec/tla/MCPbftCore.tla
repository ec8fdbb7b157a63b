----------------------------- MODULE MCPbftCore -----------------------------
(***************************************************************************)
(* Small instances of PbftCore: batches as model values, so that TLC may   *)
(* take interchangeable ones for one another; the steps told to the module *)
(* Graph; what must be reachable; and what one number sees of several.     *)
(***************************************************************************)
EXTENDS PbftCore, Graph, TLC

(***************************************************************************)
(* Batches that clients asked for are interchangeable: no guard and no     *)
(* invariant names one, they are only compared for equality. Invented ones *)
(* are not among them (Proposed and Validity tell them apart), nor are     *)
(* replicas (the primary of v is v mod N) or Null.                         *)
(***************************************************************************)
Interchangeable == Permutations(Asked)

-----------------------------------------------------------------------------
\* Next with each step told to the module Graph: equal to Next.
Step(action) == RecordStep(action, vars')
MCNext == \E i \in Correct :
  \/ AnyAccept(i) /\ Step("Accept")
  \/ AnyPrepare(i) /\ Step("Prepare")
  \/ AnyChangeView(i) /\ Step("ChangeView")
  \/ AnyNewView(i) /\ Step("NewView")
MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must be reachable, so that the invariants are not vacuous.         *)
(***************************************************************************)
SomeCommit(P(_, _, _)) == \E c \in Commits : P(c[1], c[2], c[3])

Witnesses ==
  /\ RecordWitness("ReachCommitted", SomeCommit(LAMBDA v, n, b : v = 0))
  /\ RecordWitness("ReachCommittedLater", SomeCommit(LAMBDA v, n, b : v > 0 /\ b # Null))
  /\ RecordWitness("ReachCommittedTwice", SomeCommit(LAMBDA v, n, b : v > 0 /\ Committed(0, n, b)))
  /\ RecordWitness("ReachNullCommitted", SomeCommit(LAMBDA v, n, b : b = Null))
  \* A batch that nobody accepted before the view: the number was left open.
  /\ RecordWitness("ReachReassigned", SomeCommit(LAMBDA v, n, b :
       v > 0 /\ b # Null /\ ~ \E t \in accepted : t[2] < v /\ t[3] = n /\ t[4] = b))
  /\ RecordWitness("ReachSplit", \E t, u \in accepted :
       t[2] = u[2] /\ t[3] = u[3] /\ t[4] # u[4])
  \* A Byzantine primary of a later view told two valid choices.
  /\ RecordWitness("ReachSplitNewView", \E t, u \in accepted :
       t[2] > 0 /\ t[2] = u[2] /\ t[3] = u[3] /\ t[4] # u[4])
  /\ RecordWitness("ReachSkippedView", \E i \in Correct :
       active[i] /\ view[i] > 1 /\ changed[i][view[i] - 1] = NoChange)
  /\ RecordWitness("ReachDifferentClaims", \E v \in Views : \E i, j \in Changers(v) :
       \E n \in Seqs : Claim(i, v, n) # None /\ Claim(j, v, n) # None /\
         Claim(i, v, n).batch # Claim(j, v, n).batch)
  \* Condition A2 alone turns a batch away.
  /\ RecordWitness("ReachTurnedAwayByA2", \E v \in Views, n \in Seqs, b \in Batches :
       \E u \in 0 .. v - 1 : A1(v, n, b, u) /\ Claimed(v, n, b, u) /\ ~CanChoose(v, n, b))
  /\ RecordWitness("ReachDecidedTwice", ~DecidedOnce)
  \* The left sides of the invariants' implications.
  /\ RecordWitness("Agreement", SomeCommit(LAMBDA v, n, b : TRUE))
  /\ RecordWitness("PreparedUnique", \E t, u \in prepared :
       t[1] # u[1] /\ t[2] = u[2] /\ t[3] = u[3])
  /\ RecordWitness("CarryOver", SomeCommit(LAMBDA v, n, b :
       \E t \in accepted : t[2] > v /\ t[3] = n))
  /\ RecordWitness("Validity", accepted # {})
  /\ RecordWitness("AtMostOnce", \E h \in Histories : \E n \in DOMAIN h :
       h[n] # Null /\ ~TakesEffect(h, n))

-----------------------------------------------------------------------------
(***************************************************************************)
(* What one number sees of several is a behaviour of the module with that  *)
(* number alone: no guard of Accept and Prepare looks at another number,   *)
(* and NewView asks of each number what it asks of one. So whatever        *)
(* invariant of a single number holds with one number, holds with any.     *)
(***************************************************************************)
Only(n, said) == {<<t[1], t[2], 1, t[4]>> : t \in {t \in said : t[3] = n}}
OnlyOf(n, m) == IF m = NoChange THEN NoChange
  ELSE [p |-> <<m.p[n]>>, q |-> {<<1, e[2], e[3]>> : e \in {e \in m.q : e[1] = n}}]
OnlyIn(n, X) == IF X = NoChoice THEN NoChoice ELSE <<X[n]>>
First == INSTANCE PbftCore WITH
  MaxSeq <- 1,
  accepted <- Only(1, accepted),
  prepared <- Only(1, prepared),
  changed <- [i \in Correct |-> [v \in Views |-> OnlyOf(1, changed[i][v])]],
  chosen <- [v \in Views |-> OnlyIn(1, chosen[v])]
Last == INSTANCE PbftCore WITH
  MaxSeq <- 1,
  accepted <- Only(MaxSeq, accepted),
  prepared <- Only(MaxSeq, prepared),
  changed <- [i \in Correct |-> [v \in Views |-> OnlyOf(MaxSeq, changed[i][v])]],
  chosen <- [v \in Views |-> OnlyIn(MaxSeq, chosen[v])]
FirstAlone == First!Spec
LastAlone == Last!Spec
=============================================================================
