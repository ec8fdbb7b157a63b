------------------------------ MODULE RefinePbft ------------------------------
(***************************************************************************)
(* Pbft refines PbftCore: each state of Pbft stands for a state of the     *)
(* abstraction, and each step for a step there, or for Accept and Prepare  *)
(* of one replica at once, or for none. What the abstraction calls said is *)
(* read off the messages that correct replicas sent; what Byzantine ones   *)
(* sent is its oracle. So what it proves of accepted and prepared batches  *)
(* holds of the PREPAREs and COMMITs of Pbft.                              *)
(*                                                                         *)
(* Two things that Pbft forgets the abstraction keeps, as history          *)
(* variables: which views a replica left for others (it may follow a       *)
(* NEW-VIEW without a VIEW-CHANGE of its own), and that it took part in a  *)
(* new view with what was chosen for numbers below its low watermark, of   *)
(* which it says nothing any more. No action of Pbft reads them.           *)
(*                                                                         *)
(* The abstraction forgets nothing: P and Q there are of all that was ever *)
(* said. That NEW-VIEWs decided from P and Q above the watermarks are      *)
(* decisions there is what is checked, and that each VIEW-CHANGE claims    *)
(* what its sender did (TrueClaims).                                       *)
(* src/model-check/pbft-refinement.ts has the same mapping.                *)
(***************************************************************************)
EXTENDS MCPbft

CONSTANTS
  CoreMaxView,  \* views 0 .. CoreMaxView of the abstraction
  CoreMaxSeq    \* its sequence numbers 1 .. CoreMaxSeq

VARIABLES
  moved,        \* <<i, v>>: i left its view for v
  assumed       \* <<i, v, n, b>>: i took part in v, which put b at n; i had n behind it

(***************************************************************************)
(* Batches by their names: of those that clients asked for each request is *)
(* one that its client makes; what a Byzantine client asks for counts.     *)
(***************************************************************************)
Name(d) == IF d = NullDigest THEN "null" ELSE ToString(d)

OfCorrect == UNION {{[client |-> c, timestamp |-> t, op |-> ClientOps[c][t]] :
                       t \in 1 .. Len(ClientOps[c])} : c \in Clients}
InPlay == OfCorrect \cup {Plain(m) : m \in InjectedOf["Request"]}
Pairs == {p \in InPlay \X InPlay : MaxBatch > 1 /\ p[1].client # p[2].client}
Digests ==
  ({<<r>> : r \in InPlay} \cup {<<p[1], p[2]>> : p \in Pairs} \cup
   {DigestIn(m) : m \in InjectedOf["PrePrepare"]} \cup
   {m.batch : m \in InjectedOf["Batch"]} \cup
   UNION {{e.digest : e \in m.prepared} : m \in InjectedOf["ViewChange"]}) \ {NullDigest}
Genuine(r) == r.client \in AllClients /\ (r.client \in Clients => r \in OfCorrect)
AskedDigests == {d \in Digests : \A k \in 1 .. Len(d) : Genuine(d[k])}
CoreValues == {Name(d) : d \in Digests}
CoreAsked == {Name(d) : d \in AskedDigests}

-----------------------------------------------------------------------------
(***************************************************************************)
(* The mapping.                                                            *)
(***************************************************************************)
Of(type) == {m \in msgs : m.type = type}

\* COMMIT says that its sender prepared.
Certified == {<<m.replica, m.view, m.seq, Name(m.digest)>> : m \in Of("Commit")}

\* The batch that was committed at n: f + 1 correct replicas said so.
BatchDecided(n) == CHOOSE b \in CoreValues \cup {"null"} : \E v \in 0 .. CoreMaxView :
  Cardinality({i \in Correct : <<i, v, n, b>> \in Certified}) + Cardinality(Byzantine) >= 2 * F + 1

\* What a NEW-VIEW puts at each number; up to its checkpoint, what was committed there.
Picks(m) == [n \in 1 .. CoreMaxSeq |->
  IF n <= m.start.seq THEN BatchDecided(n)
  ELSE IF \E c \in m.chosen : c.seq = n THEN Name((CHOOSE c \in m.chosen : c.seq = n).digest)
  ELSE "open"]

\* PRE-PREPARE and PREPARE say that their sender accepted, and so does its own NEW-VIEW.
Said ==
  {<<m.replica, m.view, m.seq, Name(DigestIn(m))>> : m \in Of("PrePrepare")} \cup
  {<<m.replica, m.view, m.seq, Name(m.digest)>> : m \in Of("Prepare")} \cup
  UNION {{<<m.replica, m.view, c.seq, Name(c.digest)>> : c \in m.chosen} : m \in Of("NewView")} \cup
  assumed

\* A primary takes part in its view as soon as it said what the view starts with.
TakesPart(i) == active[i] \/ (i = Primary(view[i]) /\ newView[i] # {})

\* What i has to claim when it leaves for v: all that it said in the views before.
Last(said) == CHOOSE t \in said : \A u \in said : u[2] <= t[2]
Claim(i, v) ==
  LET p(n) == {t \in Certified : t[1] = i /\ t[2] < v /\ t[3] = n}
      before == {t \in Said : t[1] = i /\ t[2] < v}
      same(t) == {u \in before : u[3] = t[3] /\ u[4] = t[4]}
  IN [p |-> [n \in 1 .. CoreMaxSeq |->
              IF p(n) = {} THEN [batch |-> "none", view |-> 0]
              ELSE [batch |-> Last(p(n))[4], view |-> Last(p(n))[2]]],
      q |-> {<<t[3], t[4], Last(same(t))[2]>> : t \in before}]

MappedActive == [i \in Correct |-> TakesPart(i)]
MappedChanged == [i \in Correct |-> [v \in 0 .. CoreMaxView |->
  IF <<i, v>> \in moved THEN Claim(i, v) ELSE [p |-> <<>>, q |-> {}]]]
MappedChosen == [v \in 0 .. CoreMaxView |->
  LET said == {m \in Of("NewView") : m.view = v} IN
  IF said = {} THEN <<>> ELSE Picks(CHOOSE m \in said : TRUE)]

\* The abstraction after `more` was accepted.
After(more) == INSTANCE PbftCore WITH
  Values <- CoreValues, Asked <- CoreAsked, MaxView <- CoreMaxView, MaxSeq <- CoreMaxSeq,
  PrepareNeeds <- 2 * F + 1, CommitNeeds <- 2 * F + 1, A1Needs <- 2 * F + 1, A2Needs <- F + 1,
  NullNeeds <- 2 * F + 1, Lacks <- {},
  active <- MappedActive, accepted <- Said \cup more, prepared <- Certified,
  changed <- MappedChanged, chosen <- MappedChosen
Core == INSTANCE PbftCore WITH
  Values <- CoreValues, Asked <- CoreAsked, MaxView <- CoreMaxView, MaxSeq <- CoreMaxSeq,
  PrepareNeeds <- 2 * F + 1, CommitNeeds <- 2 * F + 1, A1Needs <- 2 * F + 1, A2Needs <- F + 1,
  NullNeeds <- 2 * F + 1, Lacks <- {},
  active <- MappedActive, accepted <- Said, prepared <- Certified,
  changed <- MappedChanged, chosen <- MappedChosen

-----------------------------------------------------------------------------
(***************************************************************************)
(* Pbft with its history.                                                  *)
(***************************************************************************)
\* Of the numbers up to its checkpoint the primary of a new view says nothing, and a backup nothing
\* of those up to its own low watermark.
Behind(i, m) == IF i = m.replica THEN m.start.seq ELSE low'[i]
Assumes(i, m) == {<<i, m.view, n, Picks(m)[n]>> :
  n \in {n \in 1 .. CoreMaxSeq : n <= Behind(i, m) /\ Picks(m)[n] # "open"}}
Remember ==
  /\ moved' = moved \cup {<<i, view'[i]>> : i \in {i \in Correct : view'[i] # view[i]}}
  /\ assumed' = assumed \cup UNION {Assumes(i, CHOOSE m \in newView'[i] : TRUE) :
       i \in {i \in Correct : TakesPart(i)' /\ ~TakesPart(i)}}

RefineInit == Init /\ moved = {} /\ assumed = {}
RefineSpec == RefineInit /\ [][Next /\ Remember]_<<vars, moved, assumed>>

(***************************************************************************)
(* One input may complete a certificate that others began: then a replica  *)
(* accepts and prepares in one step of Pbft.                               *)
(***************************************************************************)
AcceptAndPrepare == \E i \in Correct, n \in 1 .. CoreMaxSeq, b \in CoreAsked :
  LET t == <<i, view[i], n, b>> IN
  /\ t \in Said' /\ Core!MayAccept(i, n, b) /\ After({t})!Prepare(i, view[i], n, b)

CoreVars == <<view, MappedActive, Said, Certified, MappedChanged, MappedChosen>>
RefinesCore == Core!Init /\ [][UNCHANGED CoreVars \/ Core!Next \/ AcceptAndPrepare]_CoreVars

\* A VIEW-CHANGE claims what its sender did: P above its watermark as it is, Q no more than that.
TrueClaims == \A m \in Of("ViewChange") : LET said == Claim(m.replica, m.view) IN
  /\ \A n \in m.low + 1 .. CoreMaxSeq :
       {[batch |-> Name(e.digest), view |-> e.view] : e \in {e \in m.prepared : e.seq = n}} =
       {said.p[n]} \ {[batch |-> "none", view |-> 0]}
  /\ \A e \in m.prePrepared : <<e.seq, Name(e.digest), e.view>> \in said.q
=============================================================================
