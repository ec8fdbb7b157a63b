------------------------------ MODULE PbftCore ------------------------------
(***************************************************************************)
(* The abstraction of PBFT: what correct replicas have said, as sets that  *)
(* only grow, and the view change with its P and Q sets (TOCS 20(4) 2002,  *)
(* section 4.5, figures 3 and 4). Nobody receives votes one by one: a      *)
(* guard counts who has said something. A Byzantine replica is an oracle   *)
(* that vouches for whatever a guard asks, to whomever, and as a primary   *)
(* proposes anything.                                                      *)
(*                                                                         *)
(* Checkpoints are left out here: every sequence number is in the window.  *)
(* VIEW-CHANGE messages are taken as signed: everyone sees the same one    *)
(* from a correct replica. P and Q stay claims that prove nothing.         *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  N, F, Quorum,   \* 3f + 1, f, 2f + 1
  Byzantine,      \* the Byzantine replicas
  Values,         \* the batches that are asked for
  MaxView,        \* views 0 .. MaxView
  MaxSeq,         \* sequence numbers 1 .. MaxSeq
  UseA2,          \* condition A2 of the decision procedure; FALSE only to show what breaks
  UseHighestView, \* condition A1 compares views; FALSE only to show what breaks
  NullNeeds       \* how many empty P entries choose null: 2f + 1

Replicas == 0 .. N - 1
Correct == Replicas \ Byzantine
Views == 0 .. MaxView
Seqs == 1 .. MaxSeq
Primary(v) == v % N
Null == "null"   \* the request that does nothing, which fills a gap
Open == "open"   \* not chosen: the new primary may assign it anew
Batches == Values \cup {Null}
None == [batch |-> "none", view |-> 0]

VARIABLES
  view,         \* [Correct -> Views]: the view a replica is in, or moves to
  active,       \* [Correct -> BOOLEAN]: whether it takes part in that view
  accepted,     \* <<i, v, n, b>>: i pre-prepared b at n in v, and said so
  prepared,     \* <<i, v, n, b>>: i holds the prepared certificate, and said so (COMMIT)
  changed,      \* [Correct -> [Views -> VIEW-CHANGE or NoChange]]
  chosen        \* [Views -> NEW-VIEW of a correct primary or NoChoice]
vars == <<view, active, accepted, prepared, changed, chosen>>

NoChange == [p |-> <<>>, q |-> {}]
NoChoice == <<>>

Init ==
  /\ view = [i \in Correct |-> 0]
  /\ active = [i \in Correct |-> TRUE]
  /\ accepted = {}
  /\ prepared = {}
  /\ changed = [i \in Correct |-> [v \in Views |-> NoChange]]
  /\ chosen = [v \in Views |-> NoChoice]

\* How many replicas say so, the Byzantine ones always.
Backing(who) == Cardinality(who) + Cardinality(Byzantine)
Max(S) == CHOOSE x \in S : \A y \in S : y <= x

-----------------------------------------------------------------------------
(***************************************************************************)
(* Normal case                                                             *)
(***************************************************************************)

\* Replica i takes b at n in its view: the primary's own choice, or what the primary said.
Accept(i, n, b) ==
  LET v == view[i] IN
  /\ active[i]
  /\ \A t \in accepted : ~(t[1] = i /\ t[2] = v /\ t[3] = n)
  /\ b \in Values
  /\ \/ Primary(v) = i
     \/ Primary(v) \in Byzantine
     \/ <<Primary(v), v, n, b>> \in accepted
  /\ accepted' = accepted \cup {<<i, v, n, b>>}
  /\ UNCHANGED <<view, active, prepared, changed, chosen>>

Prepare(i, n, b) ==
  LET v == view[i] IN
  /\ active[i]
  /\ <<i, v, n, b>> \in accepted \ prepared
  /\ Backing({j \in Correct : <<j, v, n, b>> \in accepted}) >= Quorum
  /\ prepared' = prepared \cup {<<i, v, n, b>>}
  /\ UNCHANGED <<view, active, accepted, changed, chosen>>

Committed(v, n, b) == Backing({j \in Correct : <<j, v, n, b>> \in prepared}) >= Quorum

-----------------------------------------------------------------------------
(***************************************************************************)
(* View change                                                             *)
(***************************************************************************)

\* P: what i prepared at n last. Q: for each batch the last view in which i accepted it at n.
PEntry(i, n) ==
  LET at == {t \in prepared : t[1] = i /\ t[3] = n} IN
  IF at = {} THEN None
  ELSE LET t == CHOOSE t \in at : \A u \in at : u[2] <= t[2]
       IN [batch |-> t[4], view |-> t[2]]
QEntries(i) ==
  {<<t[3], t[4], Max({u[2] : u \in {u \in accepted : u[1] = i /\ u[3] = t[3] /\ u[4] = t[4]}})>> :
     t \in {t \in accepted : t[1] = i}}

\* Replica i leaves its view, by its timer or because others did.
ChangeView(i, v) ==
  /\ v > view[i]
  /\ view' = [view EXCEPT ![i] = v]
  /\ active' = [active EXCEPT ![i] = FALSE]
  /\ changed' = [changed EXCEPT ![i][v] = [p |-> [n \in Seqs |-> PEntry(i, n)], q |-> QEntries(i)]]
  /\ UNCHANGED <<accepted, prepared, chosen>>

(***************************************************************************)
(* The decision procedure (figure 4) for view v and sequence number n.     *)
(***************************************************************************)
Changers(v) == {i \in Correct : changed[i][v] # NoChange}
Claim(i, v, n) == changed[i][v].p[n]

\* A1: 2f + 1 messages know of nothing prepared later, or of another batch in that view.
A1(v, n, b, u) ==
  Backing({i \in Changers(v) :
    LET c == Claim(i, v, n) IN
    \/ c = None
    \/ UseHighestView /\ c.view < u
    \/ ~UseHighestView /\ c.view # u
    \/ c.view = u /\ c.batch = b}) >= Quorum
\* A2: f + 1 messages say that their sender accepted b in view u or later: one is correct.
A2(v, n, b, u) ==
  ~UseA2 \/ Backing({i \in Changers(v) : \E e \in changed[i][v].q :
                       e[1] = n /\ e[2] = b /\ e[3] >= u}) >= F + 1
\* Somebody claims to have prepared b in view u; a Byzantine replica claims anything.
Claimed(v, n, b, u) ==
  Byzantine # {} \/ \E i \in Changers(v) : Claim(i, v, n) = [batch |-> b, view |-> u]

CanChoose(v, n, b) == \E u \in 0 .. v - 1 : Claimed(v, n, b, u) /\ A1(v, n, b, u) /\ A2(v, n, b, u)
CanChooseNull(v, n) == Backing({i \in Changers(v) : Claim(i, v, n) = None}) >= NullNeeds

Valid(v, X) == \A n \in Seqs :
  \/ X[n] \in Batches /\ CanChoose(v, n, X[n])
  \/ X[n] \in {Null, Open} /\ CanChooseNull(v, n)

\* A correct primary chooses once; a Byzantine one may tell each replica another valid choice.
NewView(i, v, X) ==
  /\ v = view[i] /\ v > 0 /\ ~active[i]
  /\ Cardinality(Changers(v)) + Cardinality(Byzantine) >= Quorum
  /\ \/ Primary(v) \in Byzantine /\ UNCHANGED chosen
     \/ Primary(v) = i /\ chosen[v] = NoChoice /\ chosen' = [chosen EXCEPT ![v] = X]
     \/ Primary(v) # i /\ chosen[v] = X /\ UNCHANGED chosen
  /\ Valid(v, X)
  /\ active' = [active EXCEPT ![i] = TRUE]
  /\ accepted' = accepted \cup {<<i, v, n, X[n]>> : n \in {n \in Seqs : X[n] # Open}}
  /\ UNCHANGED <<view, prepared, changed>>

Choices == [Seqs -> Batches \cup {Open}]
Next == \E i \in Correct :
  \/ \E n \in Seqs, b \in Values : Accept(i, n, b)
  \/ \E n \in Seqs, b \in Batches : Prepare(i, n, b)
  \/ \E v \in Views : ChangeView(i, v)
  \/ \E v \in Views, X \in Choices : NewView(i, v, X)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* S1: no two batches are committed at one sequence number, in whatever views.
Agreement == \A n \in Seqs : \A v, w \in Views : \A b, c \in Batches :
  Committed(v, n, b) /\ Committed(w, n, c) => b = c
\* S4: what is committed is what a later view starts from.
CarryOver == \A v, w \in Views : \A n \in Seqs : \A b \in Batches :
  v < w /\ Committed(v, n, b) => \A t \in accepted : t[2] = w /\ t[3] = n => t[4] = b
=============================================================================
