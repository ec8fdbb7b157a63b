---------------------------- MODULE RefineZyzzyva ----------------------------
(***************************************************************************)
(* Zyzzyva refines ZyzzyvaCore by our rule: each state of Zyzzyva stands   *)
(* for a state of the abstraction, and each step for a step there or for   *)
(* none. What Byzantine replicas and clients say is the abstraction's      *)
(* oracle. So what it proves of answered and acknowledged histories holds  *)
(* of the SPEC-RESPONSEs and LOCAL-COMMITs of Zyzzyva.                     *)
(*                                                                         *)
(* The abstraction keeps what a replica ordered and acknowledged in the    *)
(* views that it has left; Zyzzyva keeps of each number the last. So these *)
(* are history variables, which no action of Zyzzyva reads. The primary of *)
(* a new view takes part there as soon as it has sent its NEW-VIEW, as     *)
(* backups may begin before it does. Checkpoints are none of the           *)
(* abstraction's: instances have none. And the primary's early part is no  *)
(* claim of its later VIEW-CHANGE: instances change views once.            *)
(* src/model-check/zyzzyva-refinement.ts has the same mapping.             *)
(***************************************************************************)
EXTENDS MCZyzzyva

CONSTANTS
  CoreAsked,        \* by sequence number the operations that clients asked for
  CoreCommitNeeds,  \* the abstraction's numbers: those of the model, or others, to see it fail
  CoreVoteNeeds

VARIABLES
  past,             \* [Correct -> [0 .. MaxView -> log]]: what i ordered in a view that it has left
  pastAcked         \* the same of how much of it i acknowledged
historyVars == <<past, pastAcked>>

\* One number, at which two operations may be ordered.
CoreAB == <<{"a", "b"}>>

Views == 0 .. MaxView
NoLog == <<"none">>

\* A batch by the operation of its one request.
Name(d) == IF d = NullDigest THEN "null" ELSE d[1].op
Names(h) == [n \in 1 .. Len(h) |-> Name(h[n])]

-----------------------------------------------------------------------------
(***************************************************************************)
(* The mapping.                                                            *)
(***************************************************************************)
Chosen(m) == LET log == NewLog(m.changes).chosen IN [n \in DOMAIN log |-> Name(log[n])]

\* What i has ordered in its view, once it takes part there.
Ordered(i) ==
  IF stage[i] = "active" THEN Names(HistoryAt(i, MaxN(i)))
  ELSE IF i = Primary(view[i]) /\ newView[i] # {} THEN Chosen(CHOOSE m \in newView[i] : TRUE)
  ELSE NoLog
AckedHere(i) == Max({0} \cup {c.seq : c \in {c \in certificates[i] : c.view = view[i]}})

MappedLog == [i \in Correct |-> [v \in Views |->
  IF v = view[i] THEN Ordered(i) ELSE IF v < view[i] THEN past[i][v] ELSE NoLog]]
MappedAcked == [i \in Correct |-> [v \in Views |->
  IF v = view[i] THEN AckedHere(i) ELSE IF v < view[i] THEN pastAcked[i][v] ELSE 0]]
MappedChosen == [v \in Views |->
  LET said == {m \in msgs : m.type = "NewView" /\ m.view = v}
  IN IF said = {} THEN NoLog ELSE Chosen(CHOOSE m \in said : TRUE)]

Core == INSTANCE ZyzzyvaCore WITH
  Asked <- CoreAsked, RuleName <- "corrected",
  FastNeeds <- FastQuorum, CommitNeeds <- CoreCommitNeeds, LocalNeeds <- CommitQuorum,
  ChangeNeeds <- ChangeQuorum, VoteNeeds <- CoreVoteNeeds, Also <- {}, Lacks <- {},
  log <- MappedLog, acked <- MappedAcked, chosen <- MappedChosen,
  late <- {}, confirms <- {}, silent <- {}

-----------------------------------------------------------------------------
(***************************************************************************)
(* Zyzzyva with its history. By our rule nobody asks again whether a       *)
(* replica ordered nothing in a view or never began it: the abstraction    *)
(* forgets it.                                                             *)
(***************************************************************************)
Left(i) == view'[i] # view[i]
Kept(g) == IF g = <<>> THEN NoLog ELSE g
Remember ==
  /\ past' = [i \in Correct |-> IF Left(i) THEN [past[i] EXCEPT ![view[i]] = Kept(Ordered(i))]
                                ELSE past[i]]
  /\ pastAcked' = [i \in Correct |-> IF Left(i) THEN [pastAcked[i] EXCEPT ![view[i]] = AckedHere(i)]
                                     ELSE pastAcked[i]]

RefineInit ==
  /\ Init
  /\ past = [i \in Correct |-> [v \in Views |-> NoLog]]
  /\ pastAcked = [i \in Correct |-> [v \in Views |-> 0]]
RefineSpec == RefineInit /\ [][Next /\ Remember]_<<vars, historyVars>>

CoreVars == <<view, MappedLog, MappedAcked, MappedChosen>>
RefinesCore == Core!Init /\ [][UNCHANGED CoreVars \/ Core!Next]_CoreVars

\* What instances must not have: see above.
NoCheckpoints == \A i \in Correct : Low(i) = 0
\* The mapping is not vacuous: some replica took part in a view with something in its log.
NothingCarried == \A i \in Correct : view[i] = 0 \/ Ordered(i) \in {NoLog, <<>>}
=============================================================================
