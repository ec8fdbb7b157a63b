----------------------------- MODULE ZyzzyvaCore -----------------------------
(***************************************************************************)
(* The abstraction of Zyzzyva (SOSP 2007, TOCS 27(4) 2009): what correct   *)
(* replicas have said, and the rule by which a view change makes the log   *)
(* of the new view, as a constant:                                         *)
(*                                                                         *)
(*   published   the longest commit certificate, then what f + 1 logs hold *)
(*   velma       its printed correction (arXiv 1801.10022)                 *)
(*   corrected   ours, number by number (docs/adr/0009-zyzzyva-view-change.md) *)
(*                                                                         *)
(* A client is no process: a history is complete as soon as enough         *)
(* replicas have said what completes it. A Byzantine replica is an oracle  *)
(* that answers and acknowledges whatever a client asks, shows or hides    *)
(* any certificate that exists, claims any vote, and as a primary orders   *)
(* anything and makes any log that some quorum of VIEW-CHANGEs allows,     *)
(* another for each backup.                                                *)
(*                                                                         *)
(* Signed: VIEW-CHANGE, and under `published` and `velma` the orders in it.*)
(* Checkpoints are left out: every sequence number is in the window.       *)
(* Timers are left out: a replica may leave its view at any moment. It     *)
(* sends a VIEW-CHANGE for each view on its way; to have skipped one is to *)
(* have sent one that nobody used. What it says in it follows from what it *)
(* did in the views below, which it has left for good.                     *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets, TLC   \* of TLC only TLCEval(e): e, computed once

CONSTANTS
  N, F,           \* how many replicas, and how many of them may be Byzantine
  Byzantine,      \* the Byzantine replicas
  Asked,          \* by sequence number: the batches that clients asked for and may be ordered there
  MaxView,        \* views 0 .. MaxView
  RuleName,       \* "published", "velma" or "corrected"
  \* How many replicas each certificate needs. Other numbers show what breaks, or are of
  \* n = 5f + 1.
  FastNeeds,      \* equal answers that complete a request at once: 3f + 1
  CommitNeeds,    \* equal answers in a commit certificate: 2f + 1
  LocalNeeds,     \* acknowledgements of a certificate that complete it: 2f + 1
  ChangeNeeds,    \* VIEW-CHANGE messages in a NEW-VIEW, exactly: 2f + 1
  VoteNeeds,      \* of them that must hold a batch, or a log, without a certificate: f + 1
  Also,           \* rules added, by name: readings of the papers, repairs
  Lacks           \* rules left out, by name: {} but to show what each is for

Replicas == 0 .. N - 1
Correct == Replicas \ Byzantine
Views == 0 .. MaxView
MaxSeq == Len(Asked)
Seqs == 1 .. MaxSeq
Primary(v) == v % N
Rule(name) == name \notin Lacks
Added(name) == name \in Also
Null == "null"   \* the request that does nothing, which fills a gap
Open == "open"   \* not chosen: the new primary may assign it anew
AskedOrNull == [n \in Seqs |-> Asked[n] \cup {Null}]
BatchesAt(n) == AskedOrNull[n]
Batches == UNION {BatchesAt(n) : n \in Seqs}
Logs == UNION {{g \in [1 .. k -> Batches] : \A n \in 1 .. k : g[n] \in BatchesAt(n)} :
               k \in 0 .. MaxSeq}
NoLog == <<"none">>
NoClaim == <<-1, "none">>

Prefix(h, g) == Len(h) <= Len(g) /\ SubSeq(g, 1, Len(h)) = h
Largest(numbers) == CHOOSE m \in numbers : \A k \in numbers : k <= m
Smallest(numbers) == CHOOSE m \in numbers : \A k \in numbers : k >= m

VARIABLES
  view,       \* [Correct -> Views]: the view a replica is in, or moves to
  log,        \* [Correct -> [Views -> Logs or NoLog]]: what it ordered in a view
  acked,      \* [Correct -> [Views -> 0 .. MaxSeq]]: how much of it it acknowledged as certified
  late,       \* <<i, v, n>>: i acknowledged so much of v after it had left v (a broken rule)
  confirms,   \* <<i, v, g>>: VIEW-CONFIRM of i that v starts from g, where the rule waits for it
  silent,     \* <<i, v>>: i knows where v starts, and still waits for VIEW-CONFIRMs
  chosen      \* [Views -> NEW-VIEW of a correct primary or NoLog]
vars == <<view, log, acked, late, confirms, silent, chosen>>

Init ==
  /\ view = [i \in Correct |-> 0]
  /\ log = [i \in Correct |-> [v \in Views |-> IF v = 0 THEN <<>> ELSE NoLog]]
  /\ acked = [i \in Correct |-> [v \in Views |-> 0]]
  /\ late = {}
  /\ confirms = {}
  /\ silent = {}
  /\ chosen = [v \in Views |-> NoLog]

\* How many replicas say so, the Byzantine ones always.
Backing(who) == Cardinality(who) + Cardinality(Byzantine)

Slotwise == RuleName = "corrected"
\* The log-wise rules start a view only when 2f + 1 have confirmed one log (VC5).
Waits == ~Slotwise

-----------------------------------------------------------------------------
(***************************************************************************)
(* Agreement                                                               *)
(***************************************************************************)
Entered(i, v) == log[i][v] # NoLog
Active(i) == Entered(i, view[i]) /\ <<i, view[i]>> \notin silent

\* i has sent SPEC-RESPONSEs for every request of h in v, each with the digest of the whole history.
Answered(i, v, h) == Entered(i, v) /\ <<i, v>> \notin silent /\ Prefix(h, log[i][v])

\* What i has ordered in its view; one that does not wait for its NEW-VIEW starts from nothing.
Here(i) == IF Entered(i, view[i]) THEN log[i][view[i]] ELSE <<>>

\* Replica i takes the primary's order of b as its next one, executes it and answers. The order
\* names the history before it, so it fits only where that is the same.
Order(i, b) ==
  LET v == view[i]
      p == Primary(v)
      n == Len(Here(i)) + 1
  IN
  /\ Rule("WaitsForNewView") => Active(i)
  /\ n \in Seqs
  /\ IF p = i \/ p \in Byzantine THEN b \in Asked[n]
     ELSE Entered(p, v) /\ Prefix(Append(Here(i), b), log[p][v])
  /\ log' = [log EXCEPT ![i][v] = Append(Here(i), b)]
  /\ UNCHANGED <<view, acked, late, confirms, silent, chosen>>

\* Histories that some client hears of: answers to its request come with what went before. Nobody
\* asked for the null request, so nobody hears of a history that ends with one.
Heard == {h \in Logs : h # <<>> /\ h[Len(h)] # Null}

\* Of them, those that some correct replica answered in v: no other one has enough answers.
HeardIn(v) ==
  UNION {{SubSeq(log[i][v], 1, n) : n \in 1 .. Len(log[i][v])} :
         i \in {i \in Correct : Entered(i, v) /\ <<i, v>> \notin silent}} \cap Heard

\* Enough equal answers in one view: some client may hold, and show, a commit certificate for h.
Certified(v, h) == h \in Heard /\ Backing({i \in Correct : Answered(i, v, h)}) >= CommitNeeds

\* Replica i is shown a certificate of its view for the first n of what it ordered.
Acknowledge(i, n) ==
  LET v == view[i] IN
  /\ Active(i)
  /\ n \in acked[i][v] + 1 .. Len(log[i][v])
  /\ Certified(v, SubSeq(log[i][v], 1, n))
  /\ acked' = [acked EXCEPT ![i][v] = n]
  /\ UNCHANGED <<view, log, late, confirms, silent, chosen>>

\* The same in a view that it has left: its VIEW-CHANGE can no longer tell. Forbidden.
AcknowledgeLate(i, v, n) ==
  /\ ~Rule("AcknowledgesInItsView")
  /\ v < view[i] /\ Entered(i, v)
  /\ n \in acked[i][v] + 1 .. Len(log[i][v])
  /\ <<i, v, n>> \notin late
  /\ Certified(v, SubSeq(log[i][v], 1, n))
  /\ late' = late \cup {<<i, v, n>>}
  /\ UNCHANGED <<view, log, acked, confirms, silent, chosen>>

AckedUpTo(i, v, k) == acked[i][v] >= k \/ \E n \in k .. MaxSeq : <<i, v, n>> \in late

\* A client takes the last request of h, and all before it, for done: by as many equal answers
\* (case 4a), or by as many acknowledgements of its certificate (case 4b).
CompleteFast(v, h) == Backing({i \in Correct : Answered(i, v, h)}) >= FastNeeds
CompleteSlow(v, h) ==
  LET answered == {i \in Correct : Answered(i, v, h)} IN
  /\ h \in Heard /\ Backing(answered) >= CommitNeeds   \* Certified(v, h)
  /\ Backing({i \in answered : AckedUpTo(i, v, Len(h))}) >= LocalNeeds
Complete(v, h) == h \in Heard /\ (CompleteFast(v, h) \/ CompleteSlow(v, h))

-----------------------------------------------------------------------------
(***************************************************************************)
(* View change: the slot-wise rule                                         *)
(***************************************************************************)

\* Replica i leaves its view. Under the slot-wise rule nobody will ask again whether it ordered
\* nothing or never began, nor with what the view began when nobody is left in it: forgotten.
ChangeView(i) ==
  LET v == view[i] IN
  /\ v < MaxView
  /\ view' = [view EXCEPT ![i] = v + 1]
  /\ log' = IF Slotwise /\ log[i][v] = <<>> THEN [log EXCEPT ![i][v] = NoLog] ELSE log
  /\ chosen' = IF Slotwise /\ \A j \in Correct \ {i} : view[j] > v
               THEN [chosen EXCEPT ![v] = NoLog] ELSE chosen
  /\ UNCHANGED <<acked, late, confirms, silent>>

Changers(v) == {i \in Correct : view[i] >= v}
BaseLength(i, v) ==
  IF \E c \in confirms : c[1] = i /\ c[2] = v
  THEN Len((CHOOSE c \in confirms : c[1] = i /\ c[2] = v)[3]) ELSE 0

\* What a VIEW-CHANGE for v says of n: the last order that i took there, whose word is believed
\* when enough others say the same, ...
Voted(i, u, n) ==
  /\ Entered(i, u) /\ Len(log[i][u]) >= n
  /\ Rule("AdoptionIsAVote") \/ n > BaseLength(i, u)
Vote(i, v, n) ==
  LET at == {u \in 0 .. v - 1 : Voted(i, u, n)}
      u == IF Rule("VoteIsTheLast") THEN Largest(at) ELSE Smallest(at)
  IN IF at = {} THEN NoClaim ELSE <<u, log[i][u][n]>>

\* ... and the last certificate that i acknowledged and that covers n, which is shown with it.
Certificate(i, v, n) ==
  LET any == {u \in 0 .. v - 1 : acked[i][u] > 0}
      at == {u \in any : acked[i][u] >= n /\ (Rule("CertificateForEachNumber") \/ u = Largest(any))}
      u == IF Rule("CertificateIsTheLast") THEN Largest(at) ELSE Smallest(at)
  IN IF at = {} THEN NoClaim ELSE <<u, log[i][u][n]>>

\* What a Byzantine replica may show: a certificate that somebody could make.
Shown(v, n) ==
  IF Rule("CertificatesAreProved")
  THEN UNION {{<<u, h[n]>> : h \in {h \in HeardIn(u) : Len(h) >= n /\ Certified(u, h)}} :
              u \in 0 .. v - 1}
  ELSE (0 .. v - 1) \X BatchesAt(n)

\* Whether a vote of view u is later than a certificate of view w (-1: there is none).
Beats(u, w) ==
  /\ Rule("VotesMayWin") \/ w < 0
  /\ IF ~Rule("CertificatesMayWin") THEN TRUE
     ELSE IF Rule("TieToTheCertificate") THEN u > w ELSE u >= w

\* What may become of n in v, by VIEW-CHANGEs with the votes <<sender, vote>> and the certificates
\* `certs`, and those of `liars` Byzantine replicas, one of which shows the certificate `shown`.
ChosenBy(votes, certs, liars, shown, v, n) ==
  LET all == (certs \cup {shown}) \ {NoClaim}
      best == IF all = {} THEN {NoClaim}
              ELSE {c \in all : Rule("CertificateOfTheLastView") => \A d \in all : d[1] <= c[1]}
      Of(c) ==
        LET later == {m \in votes : Beats(m[2][1], c[1])}
            Held(b) == Cardinality({m \in later : m[2][2] = b})
            certain == {b \in BatchesAt(n) : Held(b) >= VoteNeeds}
            win == IF Beats(v - 1, c[1]) /\ liars > 0
                   THEN {b \in BatchesAt(n) : Held(b) + liars >= VoteNeeds} ELSE certain
        IN win \cup (IF certain # {} THEN {} ELSE IF c = NoClaim THEN {Open} ELSE {c[2]})
  IN UNION {Of(c) : c \in best}

SlotChoices(S, liars, v, n) ==
  LET votes == {<<i, Vote(i, v, n)>> : i \in S}
      certs == {Certificate(i, v, n) : i \in S}
  IN UNION {ChosenBy(votes, certs, liars, c, v, n) :
            c \in {NoClaim} \cup (IF liars = 0 THEN {} ELSE Shown(v, n))}

\* A log of what was chosen: up to the last number with a choice, the gaps filled.
LogOf(choice) ==
  LET last == Largest({0} \cup {n \in Seqs : choice[n] # Open})
  IN [n \in 1 .. last |-> IF choice[n] = Open THEN Null ELSE choice[n]]

SlotwiseBases(S, liars, v) ==
  LET may == TLCEval([n \in Seqs |-> SlotChoices(S, liars, v, n)])
  IN {LogOf(c) : c \in {c \in [Seqs -> Batches \cup {Open}] : \A n \in Seqs : c[n] \in may[n]}}

-----------------------------------------------------------------------------
(***************************************************************************)
(* View change: the log-wise rules, published and velma. A VIEW-CHANGE     *)
(* holds the sender's log, the view it was ordered in, and a certificate.  *)
(***************************************************************************)

\* The journal: "the most recent certificate since the last view change". Read strictly, of the
\* last view that the sender took part in; otherwise the most recent one that it has.
Report(i, v) ==
  LET u == Largest({u \in 0 .. v - 1 : Entered(i, u)})
      with == {w \in 0 .. v - 1 : acked[i][w] > 0 /\ (Added("SinceLastViewChange") => w = u)}
      w == Largest(with)
  IN [log |-> log[i][u], view |-> u,
      cert |-> IF with = {} THEN <<>> ELSE SubSeq(log[i][w], 1, acked[i][w]),
      of |-> IF with = {} THEN -1 ELSE w]

\* Logs that a Byzantine replica may report: signed by the primary of the view that it names.
Signed(u, g) ==
  \/ Primary(u) \in Byzantine
  \/ /\ Entered(Primary(u), u)
     /\ Prefix(g, log[Primary(u)][u])
     /\ Added("ClaimsExtendBase") /\ u > 0 => Prefix(chosen[u], g)

Certificates(v) == {<<-1, <<>>>>} \cup {c \in (0 .. v - 1) \X Logs : Certified(c[1], c[2])}
Lies(v) ==
  {[log |-> g[2], view |-> g[1], cert |-> c[2], of |-> c[1]] :
    g \in {g \in (0 .. v - 1) \X Logs : Signed(g[1], g[2])}, c \in Certificates(v)}
Lie(v) ==
  IF ~Added("SinceLastViewChange") THEN Lies(v)
  ELSE {r \in Lies(v) : r.of \in {-1, r.view} /\ Prefix(r.cert, r.log)}

\* Which of the messages P (by sender) hold a log that extends g, in view u or later.
Holding(P, g, u) == Cardinality({j \in DOMAIN P : Prefix(g, P[j].log) /\ P[j].view >= u})

\* The longest certificate; what f + 1 logs add to it; null up to the longest log seen.
PublishedBases(P) ==
  LET longest == Largest({Len(P[j].cert) : j \in DOMAIN P})
      long == {j \in DOMAIN P : Len(P[j].cert) = longest}
      first == {j \in long : Added("TiesToLaterView") => \A k \in long : P[k].of <= P[j].of}
      most == Largest({Len(P[j].log) : j \in DOMAIN P} \cup {longest})
      Extended(g) ==
        LET more == {g} \cup {x \in Logs : Prefix(g, x) /\ Holding(P, x, 0) >= VoteNeeds}
        IN {x \in more : \A y \in more : Len(y) <= Len(x)}
      Filled(x) == [n \in 1 .. Largest({most, Len(x)}) |-> IF n <= Len(x) THEN x[n] ELSE Null]
  IN {Filled(x) : x \in UNION {Extended(P[j].cert) : j \in first}}

\* With "CertificateCoversBase" a certificate of a view counts for at least the log of its NEW-VIEW.
Covered(u, g) ==
  LET bases == {b \in Logs : Backing({i \in Correct : <<i, u, b>> \in confirms}) >= 2 * F + 1}
  IN IF Added("CertificateCoversBase") /\ \E b \in bases : Prefix(g, b)
     THEN CHOOSE b \in bases : Prefix(g, b) ELSE g

\* Clauses 1 to 5 of Velma, with the slip of the fourth mended (it repeats the third): the log of
\* the higher view; of equal views the longer one, if it extends the other. Else no log is safe.
VelmaBases(P, v) ==
  LET some == Logs \ {<<>>}
      Fast(g) == Largest({-1} \cup {u \in 0 .. v - 1 : Holding(P, g, u) >= VoteNeeds})
      Slow(g) == Largest({-1} \cup {P[j].of : j \in
                   {j \in DOMAIN P : P[j].of >= 0 /\ Prefix(g, Covered(P[j].of, P[j].cert))}})
      fast == [g \in some |-> Fast(g)]
      slow == [g \in some |-> Slow(g)]
      mostFast == Largest({fast[g] : g \in some})
      mostSlow == Largest({slow[g] : g \in some})
      Ends(of, most) == {g \in some : of[g] = most /\ \A x \in some :
                           of[x] = most /\ Prefix(g, x) => x = g}
      pfast == IF mostFast < 0 THEN {} ELSE Ends(fast, mostFast)
      pslow == IF mostSlow < 0 THEN {} ELSE Ends(slow, mostSlow)
  IN IF mostFast < 0 /\ mostSlow < 0 THEN {<<>>}
     ELSE IF mostFast < mostSlow THEN pslow
     ELSE IF mostSlow < mostFast THEN pfast
     ELSE {g \in pslow : \A x \in pfast : Prefix(x, g)}
       \cup {g \in pfast : \A x \in pslow : Prefix(x, g)}

LogwiseBases(S, liars, v) ==
  LET told == TLCEval([i \in S |-> Report(i, v)])
      lying == CHOOSE B \in SUBSET Byzantine : Cardinality(B) = liars
      all == {[j \in S \cup lying |-> IF j \in S THEN told[j] ELSE lie[j]] :
              lie \in [lying -> Lie(v)]}
  IN UNION {IF RuleName = "published" THEN PublishedBases(P) ELSE VelmaBases(P, v) : P \in all}

-----------------------------------------------------------------------------
(***************************************************************************)
(* The new view                                                            *)
(***************************************************************************)

\* The logs that some ChangeNeeds VIEW-CHANGEs for v allow, as many of them lies as there may be.
Bases(v) ==
  UNION {LET S == m[1]  liars == ChangeNeeds - Cardinality(m[1]) IN
         IF Slotwise THEN SlotwiseBases(S, liars, v) ELSE LogwiseBases(S, liars, v) :
         m \in {m \in (SUBSET Changers(v)) \X {v} :
                  ChangeNeeds - Cardinality(m[1]) \in 0 .. Cardinality(Byzantine)}}

\* Where replica i may start v: where the primary does, its own choice if it is the primary itself;
\* a Byzantine one may tell each replica another log.
Offered(i, v) ==
  IF Primary(v) = i THEN Bases(v)
  ELSE IF Primary(v) \notin Byzantine THEN {chosen[v]} \ {NoLog}
  ELSE IF Rule("BaseIsChecked") THEN Bases(v) ELSE Logs

\* Replica i adopts g as its log, whatever it had ordered before.
NewView(i, g) ==
  LET v == view[i] IN
  /\ log' = [log EXCEPT ![i][v] = g]
  /\ chosen' = IF Primary(v) = i THEN [chosen EXCEPT ![v] = g] ELSE chosen
  /\ confirms' = IF Waits \/ ~Rule("AdoptionIsAVote") THEN confirms \cup {<<i, v, g>>} ELSE confirms
  /\ silent' = IF Waits THEN silent \cup {<<i, v>>} ELSE silent
  /\ UNCHANGED <<view, acked, late>>

\* Replica i has VIEW-CONFIRMs of 2f + 1 for the log that it adopted: it answers, and takes orders.
Confirm(i) ==
  LET v == view[i] IN
  /\ <<i, v>> \in silent
  /\ \E c \in confirms : c[1] = i /\ c[2] = v /\
       Backing({j \in Correct : <<j, v, c[3]>> \in confirms}) >= 2 * F + 1
  /\ silent' = silent \ {<<i, v>>}
  /\ UNCHANGED <<view, log, acked, late, confirms, chosen>>

AnyOrder(i) == \E b \in Batches : Order(i, b)
AnyAcknowledge(i) == \E n \in Seqs : Acknowledge(i, n)
AnyAcknowledgeLate(i) == \E v \in Views, n \in Seqs : AcknowledgeLate(i, v, n)
AnyNewView(i) == ~Entered(i, view[i]) /\ \E g \in Offered(i, view[i]) : NewView(i, g)

Next == \E i \in Correct :
  \/ AnyOrder(i) \/ AnyAcknowledge(i) \/ AnyAcknowledgeLate(i)
  \/ ChangeView(i) \/ AnyNewView(i) \/ Confirm(i)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOK ==
  /\ view \in [Correct -> Views]
  /\ \A i \in Correct : \A v \in Views :
       /\ log[i][v] = NoLog \/ (log[i][v] \in Logs /\ v <= view[i])
       /\ acked[i][v] \in 0 .. MaxSeq
       /\ acked[i][v] > 0 => Entered(i, v) /\ acked[i][v] <= Len(log[i][v])
  /\ \A v \in Views : chosen[v] \in Logs \cup {NoLog}
  /\ late \subseteq Correct \X Views \X Seqs
  /\ \A c \in confirms : c[1] \in Correct /\ c[2] \in Views /\ c[3] \in Logs
  /\ silent \subseteq Correct \X Views

Compatible(h, g) == Prefix(h, g) \/ Prefix(g, h)
Completed == UNION {{h \in HeardIn(v) : Complete(v, h)} : v \in Views}

\* Z1: of two complete histories one extends the other.
Agreement == \A h, g \in Completed : Compatible(h, g)
\* Z2: so do certificates of one view.
CertificatesAgree == \A v \in Views :
  LET certified == {h \in HeardIn(v) : Certified(v, h)} IN
  \A h, g \in certified : Compatible(h, g)
\* Z3: a later view starts from all that was completed before it; of each track by itself: which of
\* the two breaks tells one fault of a rule from another.
CarriedOver(h, v) ==
  \A i \in Correct : \A w \in v + 1 .. MaxView : Entered(i, w) => Prefix(h, log[i][w])
AnsweredCarriesOver ==
  \A v \in Views : \A h \in HeardIn(v) : CompleteFast(v, h) => CarriedOver(h, v)
AcknowledgedCarriesOver ==
  \A v \in Views : \A h \in HeardIn(v) : CompleteSlow(v, h) => CarriedOver(h, v)
\* The same of the first number alone, to tell what a longer log does to a shorter one.
FirstCarriesOver ==
  \A v \in Views : \A h \in HeardIn(v) : Len(h) = 1 /\ CompleteSlow(v, h) => CarriedOver(h, v)
CarryOver ==
  \A v \in Views : \A h \in HeardIn(v) : Complete(v, h) => CarriedOver(h, v)
=============================================================================
