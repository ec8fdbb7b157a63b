----------------------------- MODULE Partition ------------------------------
(***************************************************************************)
(* Several sketchers behind one front end, as one page sees it: which of   *)
(* them has it at any time, while members come and go and one of them dies *)
(* and another takes over. A page's history is all that counts, since      *)
(* delay-once is local (docs/history-format.md). How one sketcher answers  *)
(* is Prophecy.tla's; here an answer is the position that it is from, and  *)
(* a fast read may be answered from the sketch whenever the sketcher has   *)
(* one, however old: some replica hides the change.                        *)
(*                                                                         *)
(* A sketch is filed under the page and the term of its sketcher: how many *)
(* times the page had moved when this sketcher got it. The front end says  *)
(* the term with each request. So what a sketcher knew of a page before it *)
(* lost it is never found again, also when it gets the page back.          *)
(*                                                                         *)
(* What must not be left out has a name in `Broken`, each of which TLC     *)
(* shows to break `Once`.                                                  *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
  Sketchers,
  Calls,       \* reads, each of which is asked once
  MaxWrites,   \* how often the page changes
  MaxMoves,    \* how often it changes hands
  Broken       \* of {"NoDrain", "NoTerms", "AnyOwner"}

VARIABLES
  writes,      \* the page's position in the agreed order: how often it was written
  owner,       \* the sketcher that the front end asks
  moves,       \* how often the page moved so far
  moving,      \* the sketcher that gets it next; while there is one, new reads wait
  table,       \* by sketcher and term the position of its sketch; absent where there is none
  call,        \* each read: where it is, and what it must not be older than
  told         \* the highest position that somebody was told
vars == <<writes, owner, moves, moving, table, call, told>>

None == "none"
Term == IF "NoTerms" \in Broken THEN 0 ELSE moves
NoCall == [stage |-> "none"]

Init ==
  /\ writes = 0
  /\ owner \in Sketchers
  /\ moves = 0
  /\ moving = None
  /\ table = [s \in Sketchers |-> <<>>]
  /\ call = [c \in Calls |-> NoCall]
  /\ told = 0

Write ==
  /\ writes < MaxWrites
  /\ writes' = writes + 1
  /\ UNCHANGED <<owner, moves, moving, table, call, told>>

\* The front end sends a read on. One that is sketched is fast, or becomes replicated: the drawn
\* replica says something else.
Ask(c, s, fast) ==
  /\ call[c] = NoCall
  /\ moving = None \/ "NoDrain" \in Broken
  /\ s = owner \/ "AnyOwner" \in Broken
  /\ fast => Term \in DOMAIN table[s]
  /\ call' = [call EXCEPT ![c] =
       [stage |-> IF fast THEN "has" ELSE "asks", at |-> s, term |-> Term, least |-> told,
        fast |-> fast, position |-> IF fast THEN table[s][Term] ELSE 0]]
  /\ UNCHANGED <<writes, owner, moves, moving, table, told>>

\* A replicated read takes its place in the agreed order.
Order(c) ==
  /\ call[c].stage = "asks"
  /\ call' = [call EXCEPT ![c] = [@ EXCEPT !.stage = "has", !.position = writes]]
  /\ UNCHANGED <<writes, owner, moves, moving, table, told>>

Installed(s, term, position) ==
  LET old == table[s]
      known == IF term \in DOMAIN old THEN old[term] ELSE 0
  IN  IF term \in DOMAIN old /\ known >= position
      THEN old
      ELSE [t \in DOMAIN old \cup {term} |-> IF t = term THEN position ELSE old[t]]

\* The sketcher hears the group, sketches, and answers; a fast answer is just given.
Answer(c) ==
  LET r == call[c] IN
  /\ r.stage = "has"
  /\ call' = [call EXCEPT ![c] = [@ EXCEPT !.stage = "told"]]
  /\ told' = IF r.position > told THEN r.position ELSE told
  /\ table' = IF r.fast THEN table
              ELSE [table EXCEPT ![r.at] = Installed(r.at, r.term, r.position)]
  /\ UNCHANGED <<writes, owner, moves, moving>>

UnderWay(s) == {c \in Calls : call[c].stage \in {"asks", "has"} /\ call[c].at = s}

\* Members have changed, and the page belongs to another one now.
StartMove(s) ==
  /\ moving = None
  /\ moves < MaxMoves
  /\ s # owner
  /\ moving' = s
  /\ UNCHANGED <<writes, owner, moves, table, call, told>>

\* Nothing of the page is under way at its last owner.
Move ==
  /\ moving # None
  /\ "NoDrain" \in Broken \/ UnderWay(owner) = {}
  /\ owner' = moving
  /\ moves' = moves + 1
  /\ moving' = None
  /\ UNCHANGED <<writes, table, call, told>>

\* A sketcher dies. Whoever waits for it learns nothing, and what it sends is not heard any more:
\* its connections are gone. The front end gives its pages to another one, or to a new start of it,
\* which has no sketches.
Die(s) ==
  /\ moves < MaxMoves
  /\ call' = [c \in Calls |->
       IF c \in UnderWay(s) THEN [call[c] EXCEPT !.stage = "lost"] ELSE call[c]]
  /\ table' = [table EXCEPT ![s] = <<>>]
  /\ \E next \in Sketchers : owner' = IF s = owner THEN next ELSE owner
  /\ moves' = IF s = owner THEN moves + 1 ELSE moves
  /\ moving' = IF moving = s THEN None ELSE moving
  /\ s = owner \/ table[s] # <<>> \/ UnderWay(s) # {} \/ moving = s
  /\ UNCHANGED <<writes, told>>

Next ==
  \/ Write
  \/ \E c \in Calls, s \in Sketchers, fast \in BOOLEAN : Ask(c, s, fast)
  \/ \E c \in Calls : Order(c)
  \/ \E c \in Calls : Answer(c)
  \/ \E s \in Sketchers : StartMove(s)
  \/ Move
  \/ \E s \in Sketchers : Die(s)

Spec == Init /\ [][Next]_vars

\* No read is told something older than what was told when it began.
Once == \A c \in Calls : call[c].stage = "told" => call[c].position >= call[c].least

Alike == Permutations(Calls)

\* A witness: TLC must find it violated, or nobody ever followed a dead sketcher.
NeverTakenOver ==
  ~(\E c, d \in Calls : call[c].stage = "lost" /\ call[d].stage = "told" /\ call[d].fast)
=============================================================================
