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
(* Timers are left out: a replica may leave its view at any moment, for    *)
(* any later one, which covers timeouts, joining others and skipping.      *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC   \* of TLC only TLCEval(e): e, computed once

CONSTANTS
  N, F,           \* 3f + 1 replicas, f of them may be Byzantine
  Byzantine,      \* the Byzantine replicas
  Values,         \* every batch that anybody may name
  Asked,          \* those of Values that clients asked for; the others are invented
  MaxView,        \* views 0 .. MaxView
  MaxSeq,         \* sequence numbers 1 .. MaxSeq
  \* How many replicas each certificate needs. Other numbers only to show what breaks.
  PrepareNeeds,   \* who accepted, to prepare: 2f + 1
  CommitNeeds,    \* who prepared, to commit: 2f + 1
  A1Needs,        \* VIEW-CHANGE messages in condition A1: 2f + 1
  A2Needs,        \* VIEW-CHANGE messages in condition A2: f + 1
  NullNeeds,      \* VIEW-CHANGE messages without a P entry, to choose null: 2f + 1
  Lacks           \* rules left out, by name: {} but to show what each is for

Replicas == 0 .. N - 1
Correct == Replicas \ Byzantine
Views == 0 .. MaxView
Seqs == 1 .. MaxSeq
Primary(v) == v % N
Rule(name) == name \notin Lacks
Null == "null"   \* the request that does nothing, which fills a gap
Open == "open"   \* not chosen: the new primary may assign it anew
Batches == Values \cup {Null}
Choices == [Seqs -> Batches \cup {Open}]
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

-----------------------------------------------------------------------------
(***************************************************************************)
(* Normal case                                                             *)
(***************************************************************************)

\* What replica i may take for a proposal at n in v: its own choice as the primary, among what
\* clients asked for, or what the primary said; a Byzantine one says anything that was asked for.
Proposed(i, v, n) ==
  IF Primary(v) = i \/ Primary(v) \in Byzantine THEN Asked
  ELSE {b \in Asked : <<Primary(v), v, n, b>> \in accepted}

MayAccept(i, n, b) ==
  LET v == view[i] IN
  /\ Rule("WaitsForNewView") => active[i]
  /\ IF Rule("OnePrePrepare")
     THEN \A t \in accepted : ~(t[1] = i /\ t[2] = v /\ t[3] = n)
     ELSE <<i, v, n, b>> \notin accepted
  /\ b \in Proposed(i, v, n)

\* Replica i pre-prepares b at n in its view.
Accept(i, n, b) ==
  /\ MayAccept(i, n, b)
  /\ accepted' = accepted \cup {<<i, view[i], n, b>>}
  /\ UNCHANGED <<view, active, prepared, changed, chosen>>

\* Who accepted b at n in v.
Accepting(v, n, b) ==
  {j \in Correct : IF Rule("VotesAreForABatch") THEN <<j, v, n, b>> \in accepted
                   ELSE \E c \in Batches : <<j, v, n, c>> \in accepted}

\* Replica i holds the prepared certificate for b at n in v.
Prepare(i, v, n, b) ==
  /\ Rule("StopsInOldViews") => v = view[i] /\ active[i]
  /\ <<i, v, n, b>> \in accepted \ prepared
  /\ Backing(Accepting(v, n, b)) >= PrepareNeeds
  /\ prepared' = prepared \cup {<<i, v, n, b>>}
  /\ UNCHANGED <<view, active, accepted, changed, chosen>>

Committed(v, n, b) == Backing({j \in Correct : <<j, v, n, b>> \in prepared}) >= CommitNeeds
\* <<v, n, b>>: what is committed. Some correct replica has prepared it.
Commits == {c \in {<<t[2], t[3], t[4]>> : t \in prepared} : Committed(c[1], c[2], c[3])}

-----------------------------------------------------------------------------
(***************************************************************************)
(* View change                                                             *)
(***************************************************************************)

\* Whether i, which leaves its view, still knows what it prepared in view u: always.
Remembers(i, u) ==
  /\ Rule("PKeepsOlderViews") \/ u = view[i]
  /\ Rule("PSurvivesSkipping") \/ active[i]

\* P: what i prepared at n last (figure 3).
PEntry(i, n) ==
  LET at == {t \in prepared : t[1] = i /\ t[3] = n /\ Remembers(i, t[2])} IN
  IF at = {} THEN None
  ELSE LET last == CHOOSE t \in at : \A u \in at :
             IF Rule("PIsTheLast") THEN u[2] <= t[2] ELSE u[2] >= t[2]
       IN [batch |-> last[4], view |-> last[2]]

\* Q: for each batch the last view in which i accepted it at n (figure 3).
QEntries(i) ==
  {<<t[3], t[4], t[2]>> : t \in {t \in accepted : t[1] = i /\ \A u \in accepted :
     u[1] = i /\ u[3] = t[3] /\ u[4] = t[4] => u[2] <= t[2]}}

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

\* A1: 2f + 1 messages know of nothing prepared later than u, nor of another batch in u.
Permits(c, b, u) ==
  \/ c = None
  \/ IF Rule("A1ComparesViews") THEN c.view < u ELSE c.view # u
  \/ c.view = u /\ (Rule("A1ComparesBatches") => c.batch = b)
A1(v, n, b, u) == Backing({i \in Changers(v) : Permits(Claim(i, v, n), b, u)}) >= A1Needs

\* A2: f + 1 messages say that their sender accepted b in view u or later: one is correct.
A2(v, n, b, u) ==
  Backing({i \in Changers(v) : \E e \in changed[i][v].q :
    e[1] = n /\ e[2] = b /\ (Rule("A2ComparesViews") => e[3] >= u)}) >= A2Needs

\* Somebody claims to have prepared b in view u; a Byzantine replica claims anything.
Claimed(v, n, b, u) ==
  Byzantine # {} \/ \E i \in Changers(v) : Claim(i, v, n) = [batch |-> b, view |-> u]

CanChoose(v, n, b) ==
  \E u \in 0 .. v - 1 : A1(v, n, b, u) /\ A2(v, n, b, u) /\ Claimed(v, n, b, u)
CanChooseNull(v, n) == Backing({i \in Changers(v) : Claim(i, v, n) = None}) >= NullNeeds

\* What a NEW-VIEW for v may say of n. Each part counts 2f + 1 messages, so a NEW-VIEW stands on
\* 2f + 1 of them without a guard of its own.
Choosable(v, n) ==
  {b \in Batches : CanChoose(v, n, b)}
  \cup (IF CanChooseNull(v, n) THEN {Null, Open} ELSE {})
  \cup (IF Rule("OpenIsChecked") THEN {} ELSE {Open})

\* The choices that replica i may take part with: those of the primary, its own if it is the primary
\* itself; a Byzantine one may tell each replica another. Each is checked for every number.
Offered(i, v) ==
  LET told == IF Primary(v) = i \/ Primary(v) \in Byzantine THEN Choices
              ELSE {chosen[v]} \ {NoChoice}
      fit == UNION {{<<n, b>> : b \in Choosable(v, n)} : n \in Seqs}
  IN IF Rule("ChoiceIsChecked") \/ Primary(v) = i
     THEN {X \in told : \A n \in Seqs : <<n, X[n]>> \in fit}
     ELSE told

\* Replica i takes part in its new view, with X for what came before.
NewView(i, X) ==
  LET v == view[i] IN
  /\ chosen' = IF Primary(v) = i THEN [chosen EXCEPT ![v] = X] ELSE chosen
  /\ active' = [active EXCEPT ![i] = TRUE]
  /\ accepted' = accepted \cup {<<i, v, n, X[n]>> : n \in {n \in Seqs : X[n] # Open}}
  /\ UNCHANGED <<view, prepared, changed>>

AnyAccept(i) == \E n \in Seqs, b \in Asked : Accept(i, n, b)
AnyPrepare(i) == \E t \in accepted : t[1] = i /\ Prepare(i, t[2], t[3], t[4])
AnyChangeView(i) == \E v \in Views : ChangeView(i, v)
AnyNewView(i) == ~active[i] /\ \E X \in Offered(i, view[i]) : NewView(i, X)

Next == \E i \in Correct : AnyAccept(i) \/ AnyPrepare(i) \/ AnyChangeView(i) \/ AnyNewView(i)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOK ==
  /\ view \in [Correct -> Views] /\ active \in [Correct -> BOOLEAN]
  /\ accepted \subseteq Correct \X Views \X Seqs \X Batches
  /\ prepared \subseteq accepted
  /\ \A i \in Correct : \A v \in Views : changed[i][v] # NoChange =>
       /\ v <= view[i]
       /\ \A n \in Seqs : Claim(i, v, n) = None \/
            (Claim(i, v, n).batch \in Batches /\ Claim(i, v, n).view < v)
       /\ \A e \in changed[i][v].q : e[1] \in Seqs /\ e[2] \in Batches /\ e[3] < v
  /\ \A v \in Views : chosen[v] = NoChoice \/ chosen[v] \in Choices

\* S1: no two batches are committed at one sequence number, in whatever views.
Agreement == \A c, d \in Commits : c[2] = d[2] => c[3] = d[3]
\* S2: nor are two prepared at one sequence number in one view.
PreparedUnique == \A t, u \in prepared : t[2] = u[2] /\ t[3] = u[3] => t[4] = u[4]
\* S4: what is committed is what every later view starts from.
CarryOver == \A c \in Commits :
  \A t \in accepted : t[2] > c[1] /\ t[3] = c[2] => t[4] = c[3]
\* What a correct replica accepts was asked for, or is null; nobody but a liar knows the rest.
Validity == \A t \in accepted : t[4] \in Asked \cup {Null}

(***************************************************************************)
(* At most once. Nothing keeps a batch from being decided under two        *)
(* numbers (DecidedOnce is false: a Byzantine primary does it), so who     *)
(* executes skips what it executed before. What must hold is that this     *)
(* makes one execution of it for everybody: in whatever way a prefix of    *)
(* the numbers was decided, a batch takes effect under the same number.    *)
(***************************************************************************)
Decided(n) == {c[3] : c \in {c \in Commits : c[2] = n}}
Histories ==
  LET decided == TLCEval([n \in Seqs |-> Decided(n)])
  IN UNION {{h \in [1 .. k -> UNION {decided[n] : n \in 1 .. k}] :
             \A n \in 1 .. k : h[n] \in decided[n]} : k \in Seqs}
TakesEffect(h, n) == h[n] # Null /\ \A m \in 1 .. n - 1 : h[m] # h[n]
AtMostOnce ==
  LET histories == Histories IN
  \A h, g \in histories : \A n \in DOMAIN h : \A m \in DOMAIN g :
    TakesEffect(h, n) /\ TakesEffect(g, m) /\ h[n] = g[m] => n = m
DecidedOnce == \A n, m \in Seqs : (Decided(n) \cap Decided(m)) \ {Null} # {} => n = m
=============================================================================
