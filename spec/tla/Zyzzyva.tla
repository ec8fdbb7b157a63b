------------------------------- MODULE Zyzzyva -------------------------------
(***************************************************************************)
(* Zyzzyva: speculative Byzantine fault tolerance, message by message.     *)
(* Replicas execute in the primary's order before it is agreed on, and the *)
(* client decides: cases 4a to 4d, with commit certificates, fill-hole,    *)
(* proofs of misbehaviour, accusations, view changes, checkpoints,         *)
(* rollback of what was executed speculatively, and restart.               *)
(*                                                                         *)
(* Sources: Kotla, Alvisi, Dahlin, Clement and Wong, SOSP '07 and TOCS     *)
(* 27(4) 2009. The view change by the published rule, or by ours, number   *)
(* by number (docs/adr/0009-zyzzyva-view-change.md).                       *)
(*                                                                         *)
(* This module is the twin of src/core/zyzzyva: one action here is one     *)
(* input of `step` there, under the same name with its first letter        *)
(* lowered.                                                                *)
(*                                                                         *)
(* The network may lose, delay, duplicate and reorder: `msgs` only grows,  *)
(* and nobody has to receive anything. A Byzantine replica or client may   *)
(* send whatever it could have built: the set `Injected`, deliverable as   *)
(* soon as those whose signatures it shows have given them (`Buildable`).  *)
(* Signed are orders, what an answer says of the history, accusations,     *)
(* checkpoints, VIEW-CHANGE and NEW-VIEW, as each is shown to others; a    *)
(* message whose MAC fails at its receiver is one that was lost, but for   *)
(* requests: each verifies at the replicas in its `auth`.                  *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  N,                \* number of replicas; they are 0 .. N - 1
  F,                \* how many of them may be Byzantine
  FastQuorum,       \* equal answers that complete a request at once: 3f + 1
  CommitQuorum,     \* equal answers in a certificate, replicas that acknowledge it: 2f + 1
  ChangeQuorum,     \* VIEW-CHANGEs in a NEW-VIEW, exactly: 2f + 1
  VoteQuorum,       \* of them that must hold a batch for which there is no certificate: f + 1
  Rule,             \* how a new view gets its log: "corrected" or "published"
  ConfirmViews,     \* whether a view begins only when ChangeQuorum have confirmed one log
  Byzantine,        \* the Byzantine replicas
  AllClients,       \* every client that a replica knows, 0 .. C - 1
  Clients,          \* those of them that are correct
  ClientOps,        \* [Clients -> Seq(operation)]: what each correct client asks for, in order
  K,                \* checkpoint interval: a checkpoint after each sequence number divisible by K
  L,                \* log size: sequence numbers low + 1 .. low + L are accepted
  MaxBatch,         \* the largest batch, in requests
  CanRestart,       \* the correct replicas that may restart
  CanTimeout,       \* the correct replicas whose view-change timer may fire
  CanFetch,         \* the correct replicas that may fetch the state of a checkpoint
  MaxView,          \* no timer fires in this view
  ForgesNewView,    \* whether Byzantine primaries build NEW-VIEWs of what was sent
  Repliers,         \* whom a client may ask for the whole result, the others for its digest; N: all
  ReadOnly,         \* whether clients have reads answered without an order
  CommitFirst,      \* whether clients may ask to be answered when their request is committed
  PreferredQuorums, \* whether clients may ask to be answered for themselves alone, unsigned
  Executors,        \* the replicas that execute; the others, F at the most, order only
  HastyReads,       \* these do not wait for what a replica has ordered: to show what then fails
  VouchOrders,      \* whether an order is taken whose requests f + 1 others vouch for
  Recoverers,       \* the client in whose name replica 0 asks to be taken back; i's is i above it
  Rejoins,          \* <<replica, incarnation>>: who may lose its disk, and what it comes back as
  IsRead(_),        \* IsRead(op): the service's own word that an operation changes nothing
  Injected,         \* the messages of Byzantine replicas and clients
  Result(_, _),     \* Result(value, request): the service's answer
  NextValue(_, _),  \* NextValue(value, request): the service's next state
  StateDigest(_, _, _)  \* StateDigest(history, value, table): digest of a checkpoint

Replicas == 0 .. N - 1
Correct  == Replicas \ Byzantine
Primary(v) == v % N

(***************************************************************************)
(* Requests, digests, histories. A digest is a symbol: what was digested,  *)
(* without the authenticators. The digest of a history is the sequence of  *)
(* the digests of its batches; whoever holds only a digest compares it.    *)
(***************************************************************************)
NoDigest == <<>>
NoResult == <<>>
NoBatch  == <<>>

\* A record with one field more.
With(r, field, x) == [k \in DOMAIN r \cup {field} |-> IF k = field THEN x ELSE r[k]]

\* A request as a client signed it; `auth`: the replicas at which its authenticator verifies;
\* `replier`, where there is one: who answers it in full; `commitFirst`, where it is there: nobody
\* answers before it is committed; `clientOnly`: answers need no signature. None of them is part of
\* its identity.
Signed(m) == [k \in DOMAIN m \ {"type", "to"} |-> m[k]]
Plain(r)  == [client |-> r.client, timestamp |-> r.timestamp, op |-> r.op]
\* The null request, which a new view puts into a gap, is an empty batch.
NullDigest == <<[null |-> TRUE]>>
Digest(batch) ==
  IF batch = NoBatch THEN NullDigest ELSE [k \in 1 .. Len(batch) |-> Plain(batch[k])]
\* The batch of a digest: VIEW-CHANGEs bring it. What a new view chose needs no authenticator.
Body(d) == IF d = NullDigest THEN NoBatch
           ELSE [k \in 1 .. Len(d) |-> [client |-> d[k].client, timestamp |-> d[k].timestamp,
                                        op |-> d[k].op, auth |-> {}]]

(***************************************************************************)
(* Messages.                                                               *)
(***************************************************************************)
Request(c, t, op, to) ==
  [type |-> "Request", client |-> c, timestamp |-> t, op |-> op, auth |-> Replicas, to |-> to]
\* The primary's order of a batch, with the history that it leads to; to whom it goes.
OrderReq(v, n, h, batch) ==
  [type |-> "OrderReq", view |-> v, seq |-> n, history |-> h, batch |-> batch, to |-> Replicas]
\* The answer; `ordered`: the primary's signed order is with it.
SpecResponse(i, v, n, h, ordered, done) ==
  [type |-> "SpecResponse", view |-> v, seq |-> n, history |-> h, ordered |-> ordered,
   client |-> done.client, timestamp |-> done.timestamp, result |-> done.result, replica |-> i]
\* What an answer bears may be the result's digest.
ResultDigest(r) == <<"digest", r>>
Digested(m) == With([m EXCEPT !.result = ResultDigest(@)], "digest", TRUE)
IsWhole(answer) == "digest" \notin DOMAIN answer
DigestOf(answer) == IF IsWhole(answer) THEN ResultDigest(answer.result) ELSE answer.result
\* An answer for its client alone: without a signature nobody else believes it.
ClientOnly(m) == With(m, "clientOnly", TRUE)
IsSigned(answer) == "clientOnly" \notin DOMAIN answer
CommitsFirst(r) == CommitFirst /\ "commitFirst" \in DOMAIN r
ForClientOnly(r) == PreferredQuorums /\ "clientOnly" \in DOMAIN r
\* Who lost its disk comes back as another incarnation, from a counter that outlives disks. 0, and
\* left out, for who never lost it. Replicas ask to be taken back in the names of clients.
Incarnation(m) == IF "incarnation" \in DOMAIN m THEN m.incarnation ELSE 0
Recoverer(i) == (CHOOSE c \in Recoverers : TRUE) + i
IsRecoverer(i, c) == Recoverers # {} /\ c = Recoverer(i)
\* A request that is not to be ordered, and what a replica has read for it: of which history, and
\* whether it is committed.
Read(c, t, op) ==
  [type |-> "Read", client |-> c, timestamp |-> t, op |-> op, auth |-> Replicas, to |-> Replicas]
\* An answer of one that does not execute: of the history alone.
Witnessed(m) == With([m EXCEPT !.result = NoResult], "witness", TRUE)
IsWitnessed(answer) == "witness" \in DOMAIN answer
ReadResponse(i, v, n, h, done) ==
  [type |-> "ReadResponse", view |-> v, seq |-> n, history |-> h, client |-> done.client,
   timestamp |-> done.timestamp, result |-> done.result, replica |-> i]
Committed(m) == With(m, "committed", TRUE)
IsCommitted(answer) == "committed" \in DOMAIN answer
\* The signed part of an answer, to the other replicas, at a checkpoint.
SpecHeader(i, v, n, h) ==
  [type |-> "SpecHeader", view |-> v, seq |-> n, history |-> h, replica |-> i]
\* A commit certificate: who answered in v that the history up to n is h.
Certificate(v, n, h, who) == [view |-> v, seq |-> n, history |-> h, replicas |-> who]
Commit(c, certificate) == [type |-> "Commit", client |-> c, certificate |-> certificate]
LocalCommit(i, v, n, h, c) ==
  [type |-> "LocalCommit", view |-> v, seq |-> n, history |-> h, client |-> c, replica |-> i]
FillHole(i, v, from, upTo) ==
  [type |-> "FillHole", view |-> v, from |-> from, upTo |-> upTo, replica |-> i]
\* Who lacks no order, but cannot verify one, asks for the histories of those who executed it.
ForHeaders(m) == With(m, "headers", TRUE)
\* Two orders of one primary that contradict each other.
Order(v, n, h) == [view |-> v, seq |-> n, history |-> h]
Pom(orders) == [type |-> "Pom", orders |-> orders]
\* I-HATE-THE-PRIMARY.
Accusation(i, v) == [type |-> "Accusation", view |-> v, replica |-> i]
Checkpoint(i, v, n, d) ==
  [type |-> "Checkpoint", view |-> v, seq |-> n, digest |-> d, replica |-> i]
\* Who has a stable checkpoint above n is asked for its state.
FetchState(i, n) == [type |-> "FetchState", seq |-> n, replica |-> i]
\* The state of a stable checkpoint, from whomever: those who vouched for it are shown.
State(s, cp) ==
  [type |-> "State", stable |-> s, history |-> cp.history, value |-> cp.value, table |-> cp.table]
\* `stable`: the sender's stable checkpoint and who vouched for it in which view; `orders`: the last
\* order that it took at each number, with its view; `certificates`: of each number the last one;
\* `accusers`: who accused the primary before.
ViewChange(i, v, stable, orders, certificates, accusers) ==
  [type |-> "ViewChange", view |-> v, stable |-> stable, orders |-> orders,
   certificates |-> certificates, accusers |-> accusers, replica |-> i]
NewView(v, changes) == [type |-> "NewView", view |-> v, changes |-> changes]
ViewConfirm(i, v, n, h) ==
  [type |-> "ViewConfirm", view |-> v, seq |-> n, history |-> h, replica |-> i]

-----------------------------------------------------------------------------
(***************************************************************************)
(* State. Each variable of a replica is a function of the correct          *)
(* replicas; "durable" variables survive a restart.                        *)
(***************************************************************************)
VARIABLES
  view,             \* durable: the view a replica is in, or moves to
  stage,            \* durable but for "confirming": how far it is in that view, see Stages
  queue,            \* volatile: authentic requests waiting, in order of arrival
  pendingReads,     \* volatile: requests to read that wait for what was ordered before them
  slot,             \* durable: per sequence number in the window the last order that it took
  executed,         \* the last sequence number executed
  table,            \* per client the last executed request: its result, and where it stands
  value,            \* state of the service
  stable,           \* durable: the last stable checkpoint, and who vouched for it
  checkpoints,      \* durable: own checkpoints from the stable one on, by number; see Later
  headers,          \* volatile: per number of HeaderSeqs in the window, histories by replica
  checkpointVotes,  \* volatile: per checkpoint number in the window, digests by replica
  certificates,     \* durable: commit certificates that it acknowledged, of each number the last
  accusers,         \* volatile: who accused the primary of its view
  viewChanges,      \* volatile but for the own: the last VIEW-CHANGE of each replica
  newView,          \* durable: the NEW-VIEW of its view, once there is one
  confirms,         \* volatile: by replica the history with which it began the view
  incarnation,      \* durable: as what it came back when its disk was lost; nothing: it never was
  client,           \* per correct client: what it waits for
  msgs              \* every message a correct process has sent

logVars == <<queue, slot, executed, table, value>>
checkpointVars == <<stable, checkpoints, headers, checkpointVotes, certificates>>
changeVars == <<view, stage, accusers, viewChanges, newView, confirms>>
replicaVars == <<logVars, checkpointVars, changeVars, pendingReads, incarnation>>
vars == <<view, stage, queue, pendingReads, slot, executed, table, value, stable, checkpoints,
          headers, checkpointVotes, certificates, accusers, viewChanges, newView, confirms,
          incarnation, client, msgs>>

Max(S) == CHOOSE x \in S : \A y \in S : y <= x
Low(i) == stable[i].seq
Window(h) == h + 1 .. h + L
CheckpointSeqs(h) == {n \in Window(h) : n % K = 0}

\* "changing": it has left the views before and waits for the NEW-VIEW, or for what that needs;
\* "confirming": it has taken the log of the new view and waits for the others' word that they have.
Stages == {"active", "changing", "confirming"}
NoVotes == [r \in Replicas |-> NoDigest]
NoSlot == [view |-> 0, batch |-> NoBatch, history |-> NoDigest, ordered |-> FALSE]
NoEntry == [timestamp |-> 0, result |-> NoResult, seq |-> 0, history |-> NoDigest]
NoResponse == <<>>
NoOp == "none"

CONSTANT InitialValue
InitialTable == [c \in AllClients |-> NoEntry]
InitialCheckpoint == [value |-> InitialValue, table |-> InitialTable, history |-> NoDigest]
\* A witness has no state of the service to digest: it keeps the digest that it vouched for.
Digestless(cp) == With(cp, "digest", NoDigest)
InitialStable ==
  [view |-> 0, seq |-> 0, digest |-> StateDigest(NoDigest, InitialValue, InitialTable),
   replicas |-> {}]
FirstCheckpoint(i) == IF i \in Executors THEN InitialCheckpoint
                      ELSE With(InitialCheckpoint, "digest", InitialStable.digest)
\* Where replicas tell each other their histories: at checkpoints; where clients may ask for it, or
\* who cannot verify an order, at any number.
HeaderSeqs(h) == IF CommitFirst \/ VouchOrders THEN Window(h) ELSE CheckpointSeqs(h)
NoHeaders(h) == [n \in HeaderSeqs(h) |-> NoVotes]
NoCheckpointVotes(h) == [n \in CheckpointSeqs(h) |-> NoVotes]
NoResponses == [r \in Replicas |-> NoResponse]

Init ==
  /\ view = [i \in Correct |-> 0]
  /\ stage = [i \in Correct |-> "active"]
  /\ queue = [i \in Correct |-> <<>>]
  /\ pendingReads = [i \in Correct |-> {}]
  /\ slot = [i \in Correct |-> [n \in Window(0) |-> NoSlot]]
  /\ executed = [i \in Correct |-> 0]
  /\ table = [i \in Correct |-> InitialTable]
  /\ value = [i \in Correct |-> InitialValue]
  /\ stable = [i \in Correct |-> InitialStable]
  /\ checkpoints = [i \in Correct |-> [n \in {0} |-> FirstCheckpoint(i)]]
  /\ headers = [i \in Correct |-> NoHeaders(0)]
  /\ checkpointVotes = [i \in Correct |-> NoCheckpointVotes(0)]
  /\ certificates = [i \in Correct |-> {}]
  /\ accusers = [i \in Correct |-> {}]
  /\ viewChanges = [i \in Correct |-> {}]
  /\ newView = [i \in Correct |-> {}]
  /\ confirms = [i \in Correct |-> NoVotes]
  /\ incarnation = [i \in Correct |-> {}]
  /\ client = [c \in Clients |-> [timestamp |-> 0, op |-> NoOp, toAll |-> FALSE,
                                  responses |-> NoResponses, certificate |-> {},
                                  commits |-> {}, result |-> NoResult, done |-> {},
                                  views |-> [r \in Replicas |-> 0]]]
  /\ msgs = {}

\* What i has ordered in its view: contiguous above its stable checkpoint.
InLog(i, n) ==
  n \in Window(Low(i)) /\ slot[i][n].history # NoDigest /\ slot[i][n].view = view[i]
MaxN(i) == Max({Low(i)} \cup {n \in Window(Low(i)) : InLog(i, n)})
HistoryAt(i, n) == IF n = Low(i) THEN checkpoints[i][n].history ELSE slot[i][n].history

(***************************************************************************)
(* What may arrive: everything sent, and what Byzantine processes could    *)
(* have built. Nobody can sign in a correct process's name.                *)
(***************************************************************************)
Sent(r) == \E q \in msgs : q.type = "Request" /\ Plain(q) = Plain(r)
Said(i, v, n, h) == \E m \in msgs :
  /\ m.type \in {"SpecResponse", "SpecHeader"} /\ IsSigned(m)
  /\ m.replica = i /\ m.view = v /\ m.seq = n /\ m.history = h
Vouched(i, v, n, d) == \E m \in msgs :
  m.type = "Checkpoint" /\ m.replica = i /\ m.view = v /\ m.seq = n /\ m.digest = d
VouchedBy(s) == \A i \in s.replicas \cap Correct : Vouched(i, s.view, s.seq, s.digest)
SignedOrder(o) == Primary(o.view) \in Byzantine \/ \E m \in msgs :
  m.type = "OrderReq" /\ m.view = o.view /\ m.seq = o.seq /\ m.history = o.history
Proved(c) == \A i \in c.replicas \cap Correct : Said(i, c.view, c.seq, c.history)
Accused(who, v) == \A i \in who \cap Correct : Accusation(i, v) \in msgs
\* A correct replica's request to be taken back, and what holds its effect, are there when it asked.
HasAsked(i, t) ==
  \E q \in msgs : q.type = "Request" /\ q.client = Recoverer(i) /\ q.timestamp >= t
AskedFor(t) == Recoverers # {} =>
  \A i \in Correct : t[Recoverer(i)].timestamp > 0 => HasAsked(i, t[Recoverer(i)].timestamp)
Buildable(m) ==
  CASE m.type = "OrderReq" -> (\A k \in 1 .. Len(m.batch) :
         /\ \/ m.batch[k].client \in Clients
            \/ \E i \in Correct : IsRecoverer(i, m.batch[k].client)
         /\ m.batch[k].auth # {}
         => Sent(m.batch[k]))
    [] m.type = "SpecResponse" -> (m.ordered => SignedOrder(Order(m.view, m.seq, m.history)))
    [] m.type = "Commit" -> Proved(m.certificate)
    [] m.type = "Pom" -> (\A o \in m.orders : SignedOrder(o))
    [] m.type = "State" -> VouchedBy(m.stable) /\ AskedFor(m.table)
    [] m.type = "ViewChange" ->
         (/\ \A c \in m.certificates : Proved(c)
          /\ Accused(m.accusers, m.view - 1)
          /\ VouchedBy(m.stable))
    [] OTHER -> TRUE

MessageTypes == {"Request", "Read", "ReadResponse",
                 "OrderReq", "SpecResponse", "SpecHeader", "Commit", "LocalCommit",
                 "FillHole", "Pom", "Accusation", "Checkpoint", "FetchState", "State",
                 "ViewChange", "NewView", "ViewConfirm"}
InjectedOf == [t \in MessageTypes |-> {m \in Injected : m.type = t}]
Deliverable(type) ==
  {m \in msgs : m.type = type} \cup {m \in InjectedOf[type] : Buildable(m)}

-----------------------------------------------------------------------------
(***************************************************************************)
(* The log of a new view, given the VIEW-CHANGEs in S: the stable          *)
(* checkpoint that it starts from, and by sequence number above it the     *)
(* digest of a batch, without a hole.                                      *)
(***************************************************************************)
Senders(S) == {m.replica : m \in S}

ValidCertificate(c) ==
  /\ Cardinality(c.replicas) >= CommitQuorum
  /\ Len(c.history) = c.seq
ValidStable(s) == s.seq > 0 => Cardinality(s.replicas) >= CommitQuorum
ValidViewChange(m) ==
  LET low == m.stable.seq IN
  /\ m.view > 0
  /\ Cardinality(m.accusers) >= F + 1
  /\ ValidStable(m.stable)
  /\ low = 0 => m.stable = InitialStable
  /\ \A o \in m.orders : o.view < m.view /\ o.seq \in Window(low)
  /\ \A a, b \in m.orders : a.seq = b.seq => a = b
  /\ \A c \in m.certificates : c.view < m.view /\ c.seq \in Window(low) /\ ValidCertificate(c)
ValidNewView(m) ==
  /\ \A c \in m.changes : c.view = m.view /\ ValidViewChange(c)
  /\ Cardinality(Senders(m.changes)) = Cardinality(m.changes)
  /\ Cardinality(m.changes) = ChangeQuorum

\* The last stable checkpoint of any of them, in the words of the first that has it.
Start(S) ==
  LET last == Max({m.stable.seq : m \in S})
      have == {m \in S : m.stable.seq = last}
  IN (CHOOSE m \in have : \A x \in have : m.replica <= x.replica).stable

\* Our rule: of each number the batch that VoteQuorum ordered last, in views after that of the last
\* certificate that covers it; otherwise the certificate's; otherwise none.
CorrectedAt(S, n) ==
  LET certs == {c \in UNION {m.certificates : m \in S} : c.seq >= n}
      last == Max({-1} \cup {c.view : c \in certs})
      votes == {<<m.replica, o>> : m \in S, o \in UNION {x.orders : x \in S}}
      later == {x \in votes : /\ x[2].seq = n /\ x[2].view > last
                              /\ \E m \in S : m.replica = x[1] /\ x[2] \in m.orders}
      digests == {x[2].history[n] : x \in later}
      chosen == {d \in digests :
                   Cardinality({x[1] : x \in {x \in later : x[2].history[n] = d}}) >= VoteQuorum}
  IN IF chosen # {} THEN CHOOSE d \in chosen : TRUE
     ELSE IF certs # {} THEN (CHOOSE c \in certs : c.view = last).history[n]
     ELSE NoDigest

\* The published rule (TOCS section 3.3.4): the longest certificate, whatever its view (of two as
\* long that of the later view, which the paper leaves open); what VoteQuorum logs add to it; null
\* up to the end of the longest log. A log is what was ordered in the last view.
LastView(m) == Max({-1} \cup {o.view : o \in m.orders})
LogAt(m, n) == {o.history : o \in {o \in m.orders : o.seq = n /\ o.view = LastView(m)}}
Recent(m) == {c \in m.certificates : \A x \in m.certificates : x.view <= c.view}
PublishedLog(S, start) ==
  LET certs == {c \in UNION {Recent(m) : m \in S} : c.seq > start}
      length == Max({start} \cup {c.seq : c \in certs})
      best == {c \in certs : c.seq = length /\ \A x \in certs : x.seq = length => x.view <= c.view}
      base == {c.history : c \in best}
      extends(m) == base = {} \/ LogAt(m, length) = base
      held(n) == {h \in UNION {LogAt(m, n) : m \in S} :
                    Cardinality({m \in S : extends(m) /\ h \in LogAt(m, n)}) >= VoteQuorum}
      seqs == {o.seq : o \in UNION {m.orders : m \in S}}
      more == {n \in seqs : n > length /\ held(n) # {}}
      longest == Max({length} \cup {n \in seqs : \E m \in S : LogAt(m, n) # {}})
      to == Max({length} \cup more)
      log == IF more # {} THEN CHOOSE h \in held(to) : TRUE
             ELSE IF base # {} THEN CHOOSE h \in base : TRUE ELSE NoDigest
  IN [n \in start + 1 .. longest |-> IF n <= to THEN log[n] ELSE NullDigest]

NewLog(S) ==
  LET start == Start(S)
      at == [n \in Window(start.seq) |-> CorrectedAt(S, n)]
      top == Max({start.seq} \cup {n \in Window(start.seq) : at[n] # NoDigest})
  IN [start |-> start,
      chosen |-> IF Rule = "published" THEN PublishedLog(S, start.seq)
                 ELSE [n \in start.seq + 1 .. top |->
                         IF at[n] = NoDigest THEN NullDigest ELSE at[n]]]

\* A Byzantine primary chooses whose VIEW-CHANGEs it shows.
Forged ==
  UNION {LET known == {m \in Deliverable("ViewChange") : m.view = v}
         IN {NewView(v, S) : S \in {S \in SUBSET known :
              Cardinality(S) = ChangeQuorum /\ Cardinality(Senders(S)) = ChangeQuorum}} :
         v \in {v \in 1 .. MaxView : Primary(v) \in Byzantine}}
DeliverableNewViews == Deliverable("NewView") \cup IF ForgesNewView THEN Forged ELSE {}

-----------------------------------------------------------------------------
(***************************************************************************)
(* A replica that lost its disk has forgotten with which histories it      *)
(* answered, which certificates it acknowledged and which views it left.   *)
(* It takes part in no view until its stable checkpoint has passed all of  *)
(* that: it fetches states, and follows NEW-VIEWs. It asks to be taken     *)
(* back with a request that is ordered like any other. What was stable     *)
(* when the disk was lost is a part of the history that the request comes  *)
(* after, so that its number, in a stable checkpoint, says how far what    *)
(* was said can reach. And no view begins by a VIEW-CHANGE from before,    *)
(* if the request is in the log that it begins with.                       *)
(*                                                                         *)
(* Ours; PBFT's is in Pbft.tla (docs/adr/0028-zyzzyva-lost-disk.md).       *)
(***************************************************************************)
Point(n) == ((n - 1) \div K) * K + L

\* With a stable checkpoint at n, where the table is t.
MuteAt(i, n, t) == \E k \in incarnation[i] :
  LET e == t[Recoverer(i)] IN e.timestamp < k \/ n < Point(e.seq)
IsMute(i) == MuteAt(i, Low(i), checkpoints[i][Low(i)].table)

\* Whether who was taken back waits for the log to go on.
IsAwaited(i) == Recoverers # {} /\ \E r \in Replicas :
  LET e == table[i][Recoverer(r)] IN e.timestamp > 0 /\ MaxN(i) < Point(e.seq)

\* Nothing of an earlier incarnation of which i knows counts.
IsFresh(i, m) == Recoverers # {} => Incarnation(m) >= table[i][Recoverer(m.replica)].timestamp

\* Whether the sender of m asked to be taken back later, in the log that a view begins with: above
\* `start` in what was chosen; up to it in a state of that checkpoint or a later one.
IsOutdone(m, start, chosen, t) == Recoverers # {} /\
  LET c == Recoverer(m.replica) IN
  \/ t[c].timestamp > Incarnation(m) /\ t[c].seq <= start
  \/ \E n \in DOMAIN chosen : LET d == Body(chosen[n]) IN
       \E k \in 1 .. Len(d) : d[k].client = c /\ d[k].timestamp > Incarnation(m)

-----------------------------------------------------------------------------
(***************************************************************************)
(* Clients (TOCS section 3.2)                                              *)
(***************************************************************************)

\* The view that a client takes the replicas to be in: f + 1 of them answered in it or later.
ClientView(c) == LET views == client[c].views IN
  Max({v \in {views[r] : r \in Replicas} : Cardinality({r \in Replicas : views[r] >= v}) >= F + 1})

\* Whether what c waits for is not to be ordered: it asked nobody to do it.
Reading(c) == ReadOnly /\ IsRead(client[c].op) /\ ~client[c].toAll

\* Step 1. A client sends its next request, one at a time: to the primary; what only reads, to all.
\* It may ask one replica for the whole result, and the others for its digest; to be answered when
\* the request is committed, as when a replica is known to be gone; and without signatures, as when
\* none is: where it needs them after all it asks again.
ClientSubmit(c) ==
  /\ client[c].op = NoOp
  /\ client[c].timestamp < Len(ClientOps[c])
  /\ LET t  == client[c].timestamp + 1
         op == ClientOps[c][t]
         request == Request(c, t, op, {Primary(ClientView(c))})
     IN /\ client' = [client EXCEPT ![c].timestamp = t, ![c].op = op]
        /\ IF ReadOnly /\ IsRead(op) THEN msgs' = msgs \cup {Read(c, t, op)}
           ELSE \E r \in Repliers, first \in (IF CommitFirst THEN BOOLEAN ELSE {FALSE}),
                   alone \in (IF PreferredQuorums THEN BOOLEAN ELSE {FALSE}) :
                  LET named == IF r = N THEN request ELSE With(request, "replier", r)
                      asked == IF first THEN With(named, "commitFirst", TRUE) ELSE named
                  IN msgs' = msgs \cup {IF alone THEN ClientOnly(asked) ELSE asked}
        /\ UNCHANGED replicaVars

\* Answers match when they say the same of the same history in one view.
SamePlace(x, y) == x.view = y.view /\ x.seq = y.seq /\ x.history = y.history
Match(x, y) ==
  SamePlace(x, y) /\ IsWitnessed(x) = IsWitnessed(y) /\ DigestOf(x) = DigestOf(y)
\* Those that match x, and the witnesses of its history: of CommitQuorum one at least is correct and
\* no witness, so that they have its result.
Matching(responses, x) ==
  {r \in Replicas :
     /\ responses[r] # NoResponse
     /\ \/ Match(responses[r], x)
        \/ IsWitnessed(responses[r]) /\ SamePlace(responses[r], x)}
\* Answers of all replicas, or of as many as make a certificate if each of them is committed.
Enough(responses, S) ==
  \/ Cardinality(S) >= FastQuorum
  \/ Cardinality({r \in S : IsCommitted(responses[r])}) >= CommitQuorum
\* The results themselves that these replicas gave: of answers that match one at the most.
ResultsIn(responses, S) ==
  {responses[r].result : r \in {r \in S : IsWhole(responses[r]) /\ ~IsWitnessed(responses[r])}}

Complete(c, x) ==
  client' = [client EXCEPT ![c].op = NoOp, ![c].toAll = FALSE, ![c].responses = NoResponses,
                           ![c].certificate = {}, ![c].commits = {}, ![c].result = x.result,
                           ![c].done = {[seq |-> x.seq, history |-> x.history]},
                           ![c].views = x.views]

\* What a client keeps of an answer; it bears the primary's order, or none.
ResponseOf(m) ==
  LET kept == [k \in DOMAIN m \ {"type", "client", "timestamp", "replica"} |-> m[k]]
  IN IF "ordered" \in DOMAIN m THEN kept ELSE With(kept, "ordered", FALSE)

\* What a replica has said with one answer more. One of a later view takes the place of what it said
\* before, and so does one of another history, as who fetched a state may have spoken of another;
\* what it says again of one history adds up: the result to its digest, that it is committed, its
\* signature.
Joined(old, new) ==
  IF old = NoResponse \/ (old # NoResponse /\ old.view < new.view) THEN new
  ELSE IF old.view = new.view /\ ~SamePlace(old, new) THEN new
  ELSE IF ~Match(old, new) THEN old
  ELSE LET less == {"digest", "clientOnly"} \cap DOMAIN old \cap DOMAIN new
           more == {"committed"} \cap DOMAIN new
       IN [k \in (DOMAIN old \ {"digest", "clientOnly"}) \cup less \cup more |->
             IF k \in less \cup more THEN TRUE
             ELSE IF k = "result" /\ ~IsWhole(old) THEN new.result ELSE old[k]]

\* Who said the same, group by group.
Equal(responses) ==
  {Matching(responses, responses[r]) : r \in {r \in Replicas : responses[r] # NoResponse}}

\* An answer counts; with it the request may be complete.
Count(c, m) ==
  LET old == client[c].responses[m.replica]
      new == Joined(old, ResponseOf(m))
      responses == [client[c].responses EXCEPT ![m.replica] = new]
      views == [client[c].views EXCEPT ![m.replica] = Max({@, m.view})]
      enough == {S \in Equal(responses) : Enough(responses, S) /\ ResultsIn(responses, S) # {}}
  IN IF new = old THEN FALSE
     ELSE IF enough # {}
     THEN LET S == CHOOSE S \in enough : TRUE
          IN Complete(c, [seq |-> new.seq, history |-> new.history, views |-> views,
                          result |-> CHOOSE r \in ResultsIn(responses, S) : TRUE])
     ELSE client' = [client EXCEPT ![c].responses = responses, ![c].views = views]

\* Cases 4a and 4d. An answer. Two orders that contradict each other prove that the primary
\* misbehaves.
ClientRecvSpecResponse(c, m) ==
  /\ m.type = "SpecResponse" /\ m.client = c
  /\ client[c].op # NoOp /\ ~Reading(c)
  /\ m.timestamp = client[c].timestamp
  /\ Count(c, m)
  /\ LET against == {r \in Replicas :
           LET x == client[c].responses[r] IN
           /\ x # NoResponse /\ x.ordered /\ m.ordered
           /\ x.view = m.view /\ x.seq = m.seq /\ x.history # m.history}
     IN msgs' = msgs \cup
          {Pom({Order(m.view, m.seq, m.history),
                Order(m.view, m.seq, client[c].responses[r].history)}) : r \in against}
  /\ UNCHANGED replicaVars

\* What a replica has read.
ClientRecvReadResponse(c, m) ==
  /\ m.type = "ReadResponse" /\ m.client = c
  /\ client[c].op # NoOp /\ Reading(c)
  /\ m.timestamp = client[c].timestamp
  /\ Count(c, m)
  /\ UNCHANGED <<replicaVars, msgs>>

\* The certificate of the signed answers of which enough are equal, with the result at hand: one at
\* the most. Without the result, or the signatures, all replicas are asked for it.
Groups(c) ==
  LET responses == client[c].responses
      signed(S) == {r \in S : IsSigned(responses[r])}
      place(S) == responses[CHOOSE r \in S : TRUE]
  IN {[view |-> place(S).view, seq |-> place(S).seq, history |-> place(S).history,
       replicas |-> signed(S), result |-> CHOOSE r \in ResultsIn(responses, S) : TRUE] :
        S \in {S \in Equal(responses) :
          Cardinality(signed(S)) >= CommitQuorum /\ ResultsIn(responses, S) # {}}}
Shown(c, x) == \E s \in client[c].certificate :
  s.view = x.view /\ s.seq = x.seq /\ s.history = x.history

\* Case 4b. Too few for 4a in time, but enough for a certificate: it is shown to all. What was read
\* makes none.
ClientCommit(c) ==
  /\ client[c].op # NoOp /\ ~Reading(c)
  /\ \E g \in Groups(c) :
       /\ ~Shown(c, g)
       /\ client' = [client EXCEPT ![c].commits = {}, ![c].certificate = {g}]
       /\ msgs' = msgs \cup {Commit(c, Certificate(g.view, g.seq, g.history, g.replicas))}
  /\ UNCHANGED replicaVars

\* Case 4c. Too few even for that, or the certificate did not help: every replica is asked; what was
\* to be read is to be ordered now.
ClientTimeout(c) ==
  /\ client[c].op # NoOp
  /\ ~Reading(c) => \A g \in Groups(c) : Shown(c, g)
  /\ client' = [client EXCEPT ![c].toAll = TRUE,
                              ![c].responses = IF Reading(c) THEN NoResponses ELSE @]
  /\ msgs' = msgs \cup {Request(c, client[c].timestamp, client[c].op, Replicas)}
  /\ UNCHANGED replicaVars

\* Case 4b.2. A replica acknowledged the certificate.
ClientRecvLocalCommit(c, m) ==
  /\ m.type = "LocalCommit" /\ m.client = c
  /\ client[c].op # NoOp
  /\ Shown(c, m)
  /\ m.replica \notin client[c].commits
  /\ LET commits == client[c].commits \cup {m.replica}
         x == CHOOSE s \in client[c].certificate : TRUE
     IN IF Cardinality(commits) >= CommitQuorum
        THEN Complete(c, [seq |-> x.seq, history |-> x.history, result |-> x.result,
                          views |-> client[c].views])
        ELSE client' = [client EXCEPT ![c].commits = commits]
  /\ UNCHANGED <<replicaVars, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Accusations (TOCS section 3.3.2). Who accuses the primary goes on in    *)
(* its view: it leaves only with f + 1 accusations, which take everyone    *)
(* along.                                                                  *)
(***************************************************************************)
NothingHeard(i) ==
  /\ headers' = [headers EXCEPT ![i] = NoHeaders(Low(i))]
  /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = NoCheckpointVotes(Low(i))]
  /\ confirms' = [confirms EXCEPT ![i] = NoVotes]

LastOrders(i) ==
  {[seq |-> n, view |-> slot[i][n].view, history |-> slot[i][n].history] :
     n \in {n \in Window(Low(i)) : slot[i][n].history # NoDigest}}

\* Leaves its view for v and says so; `who` accused the primary before.
Leave(i, v, who, changes, out) ==
  LET said == ViewChange(i, v, stable[i], LastOrders(i), certificates[i], who)
      m == IF incarnation[i] = {} THEN said
           ELSE With(said, "incarnation", CHOOSE k \in incarnation[i] : TRUE)
  IN
  /\ view' = [view EXCEPT ![i] = v]
  /\ stage' = [stage EXCEPT ![i] = "changing"]
  /\ accusers' = [accusers EXCEPT ![i] = {}]
  /\ viewChanges' = [viewChanges EXCEPT ![i] =
       {x \in changes : x.replica # i /\ x.view >= v} \cup {m}]
  /\ newView' = [newView EXCEPT ![i] = {}]
  /\ NothingHeard(i)
  /\ pendingReads' = [pendingReads EXCEPT ![i] = {}]
  /\ msgs' = msgs \cup out \cup {m}
  /\ UNCHANGED <<logVars, stable, checkpoints, certificates, incarnation, client>>

\* `who` accuses the primary of i's view; with i itself among them it says so.
Accuse(i, who, out) ==
  LET all == accusers[i] \cup who
      said == IF i \in who THEN {Accusation(i, view[i])} ELSE {}
  IN /\ ~IsMute(i)
     /\ IF Cardinality(all) >= F + 1
        THEN Leave(i, view[i] + 1, all, viewChanges[i], out \cup said)
        ELSE /\ accusers' = [accusers EXCEPT ![i] = all]
             /\ msgs' = msgs \cup out \cup said
             /\ UNCHANGED <<view, stage, viewChanges, newView, confirms, logVars, checkpointVars,
                            pendingReads, incarnation, client>>

\* VC1. The timer fires: no order for a request, no NEW-VIEW, a hole that nobody fills.
Timeout(i) ==
  /\ i \in CanTimeout
  /\ view[i] < MaxView
  /\ i \notin accusers[i]
  /\ Accuse(i, {i}, {})

RecvAccusation(i, m) ==
  /\ m.type = "Accusation" /\ m.replica # i
  /\ m.view = view[i]
  /\ m.replica \notin accusers[i]
  /\ Accuse(i, {m.replica}, {})

\* Case 4d. A proof of misbehaviour, from whomever.
RecvPom(i, m) ==
  /\ m.type = "Pom"
  /\ i \notin accusers[i]
  /\ Cardinality(m.orders) = 2
  /\ \A o \in m.orders : o.view = view[i]
  /\ \A a, b \in m.orders : a.seq = b.seq
  /\ Accuse(i, {i}, {m})

-----------------------------------------------------------------------------
(***************************************************************************)
(* Agreement (TOCS section 3.2)                                            *)
(***************************************************************************)

\* The highest timestamp of client c in a batch of i's log.
Assigned(i, c) ==
  LET of(n) == {k \in 1 .. Len(slot[i][n].batch) : slot[i][n].batch[k].client = c}
      log == {n \in Window(Low(i)) : InLog(i, n)}
  IN Max({0} \cup UNION {{slot[i][n].batch[k].timestamp : k \in of(n)} : n \in log})

\* Whether i has acknowledged, in its view, a certificate that covers n.
Certified(i, certs, n) == \E c \in certs : c.view = view[i] /\ c.seq >= n

\* A request from its client. Executed: the answer again, in the view that i is in, and that it is
\* committed if it is. Ordered: the primary's order again. New: it waits for its turn.
RecvRequest(i, m) ==
  /\ m.type = "Request" /\ i \in m.to /\ i \in m.auth
  /\ m.client \in AllClients
  /\ LET c == m.client
         last == table[i][c]
         known == \E k \in 1 .. Len(queue[i]) :
                    queue[i][k].client = c /\ queue[i][k].timestamp >= m.timestamp
         others == SelectSeq(queue[i], LAMBDA r : r.client # c)
         isPrimary == i = Primary(view[i])
         again == {n \in Window(Low(i)) : /\ InLog(i, n) /\ slot[i][n].ordered
                     /\ \E k \in 1 .. Len(slot[i][n].batch) :
                          slot[i][n].batch[k].client = c
                          /\ slot[i][n].batch[k].timestamp = m.timestamp}
         answer == SpecResponse(i, view[i], last.seq, last.history,
                     InLog(i, last.seq) /\ slot[i][last.seq].ordered,
                     [client |-> c, timestamp |-> m.timestamp, result |-> last.result])
         stays == Certified(i, certificates[i], last.seq)
         said == IF i \notin Executors THEN Witnessed(answer) ELSE answer
     IN \/ /\ m.timestamp = last.timestamp
           /\ stage[i] = "active"
           /\ msgs' = msgs \cup {IF CommitFirst /\ stays THEN Committed(said) ELSE said}
                \cup (IF stays
                      THEN {LocalCommit(i, view[i], last.seq, last.history, c)} ELSE {})
           /\ UNCHANGED queue
        \/ /\ m.timestamp > last.timestamp
           /\ isPrimary /\ again # {}
           /\ msgs' = msgs \cup {OrderReq(view[i], n, slot[i][n].history, slot[i][n].batch) :
                                   n \in again}
           /\ UNCHANGED queue
        \/ /\ m.timestamp > last.timestamp
           /\ ~known
           /\ isPrimary => m.timestamp > Assigned(i, c)
           /\ queue' = [queue EXCEPT ![i] = Append(others, Signed(m))]
           /\ UNCHANGED msgs
  /\ UNCHANGED <<slot, executed, table, value, checkpointVars, changeVars, pendingReads,
                 incarnation, client>>

\* Step 2. The primary gives the next sequence number to a non-empty prefix of its queue; or to the
\* null request, so that who is taken back need not wait for clients.
SendOrderReq(i, batch) ==
  /\ stage[i] = "active"
  /\ i = Primary(view[i])
  /\ Len(batch) <= MaxBatch
  /\ batch = NoBatch => IsAwaited(i)
  /\ Len(batch) <= Len(queue[i]) /\ batch = SubSeq(queue[i], 1, Len(batch))
  /\ LET n == MaxN(i) + 1
         h == Append(HistoryAt(i, n - 1), Digest(batch))
     IN /\ n \in Window(Low(i))
        /\ queue' = [queue EXCEPT ![i] = SubSeq(queue[i], Len(batch) + 1, Len(queue[i]))]
        /\ slot' = [slot EXCEPT ![i][n] =
             [view |-> view[i], batch |-> batch, history |-> h, ordered |-> TRUE]]
        /\ msgs' = msgs \cup {OrderReq(view[i], n, h, batch)}
  /\ UNCHANGED <<executed, table, value, checkpointVars, changeVars, pendingReads, incarnation,
                 client>>

(***************************************************************************)
(* Step 3. A replica takes the primary's orders one after the other, each  *)
(* if it leads to the history that it names. Where one is missing it asks  *)
(* for it; two that contradict each other it shows to all.                 *)
(*                                                                         *)
(* A client may send a request that verifies at some replicas only. Of the *)
(* f + 1 that have executed it after the same history one is correct, and  *)
(* of those the first has verified it: so the others may take it too (the  *)
(* paper, where requests are signed, has no such case).                    *)
(***************************************************************************)
Votes(votes, d) == {r \in Replicas : votes[r] = d}
Verifies(i, m) == \A k \in 1 .. Len(m.batch) : i \in m.batch[k].auth
IsVouched(i, m) == VouchOrders /\ Cardinality(Votes(headers[i][m.seq], m.history)) >= F + 1

RecvOrderReq(i, m) ==
  /\ m.type = "OrderReq" /\ i \in m.to
  /\ m.view = view[i] /\ stage[i] = "active"
  /\ i # Primary(view[i])
  /\ m.seq \in Window(Low(i))
  /\ LET n == MaxN(i) + 1
         s == [view |-> m.view, batch |-> m.batch, history |-> m.history, ordered |-> TRUE]
     IN \/ /\ m.seq = n
           /\ Len(m.batch) \in (IF Recoverers = {} THEN 1 ELSE 0) .. MaxBatch
           /\ \A k \in 1 .. Len(m.batch) : m.batch[k].client \in AllClients
           /\ m.history = Append(HistoryAt(i, n - 1), Digest(m.batch))
           /\ IF Verifies(i, m) \/ IsVouched(i, m)
              THEN slot' = [slot EXCEPT ![i][n] = s] /\ UNCHANGED msgs
              ELSE /\ VouchOrders
                   /\ msgs' = msgs \cup {ForHeaders(FillHole(i, view[i], n, n))}
                   /\ UNCHANGED slot
           /\ UNCHANGED <<queue, executed, table, value, checkpointVars, changeVars, pendingReads,
                          incarnation, client>>
        \/ /\ m.seq > n
           /\ msgs' = msgs \cup {FillHole(i, view[i], n, m.seq)}
           /\ UNCHANGED <<replicaVars, client>>
        \/ /\ m.seq < n
           /\ slot[i][m.seq].ordered /\ slot[i][m.seq].history # m.history
           /\ i \notin accusers[i]
           /\ Accuse(i, {i}, {Pom({Order(m.view, m.seq, m.history),
                                   Order(m.view, m.seq, slot[i][m.seq].history)})})

\* Who holds orders that another lacks gives them: they are signed. Who is asked for a history gives
\* the signed part of its answer; of one number, as it may have to sign it for that.
RecvFillHole(i, m) ==
  /\ m.type = "FillHole" /\ m.replica # i
  /\ m.view = view[i] /\ stage[i] = "active"
  /\ "headers" \in DOMAIN m => m.from = m.upTo
  /\ LET held == {n \in m.from .. m.upTo : InLog(i, n)}
         done == {n \in held : n <= executed[i]}
         given ==
           IF "headers" \in DOMAIN m
           THEN {SpecHeader(i, view[i], n, slot[i][n].history) : n \in done}
           ELSE {OrderReq(view[i], n, slot[i][n].history, slot[i][n].batch) :
                   n \in {n \in held : slot[i][n].ordered}}
     IN given # {} /\ msgs' = msgs \cup given
  /\ UNCHANGED <<replicaVars, client>>

\* Requests in batch order; one whose timestamp is not new is skipped (at-most-once).
RECURSIVE Apply(_, _, _)
Apply(state, batch, at) ==
  IF batch = <<>> THEN state ELSE
  LET r == Head(batch) IN
  IF r.timestamp <= state.table[r.client].timestamp
  THEN Apply(state, Tail(batch), at)
  ELSE LET result == Result(state.value, Plain(r)) IN
       Apply([value |-> NextValue(state.value, Plain(r)),
              table |-> [state.table EXCEPT ![r.client] =
                           [timestamp |-> r.timestamp, result |-> result,
                            seq |-> at.seq, history |-> at.history]],
              done  |-> Append(state.done, [client |-> r.client, timestamp |-> r.timestamp,
                                            result |-> result, request |-> r])],
             Tail(batch), at)

\* The same at a replica. A witness notes that it is executed, and has no result of it.
Forgotten(t) == [c \in AllClients |-> [t[c] EXCEPT !.result = NoResult]]
ApplyAt(i, state, batch, at) ==
  LET x == Apply(state, batch, at) IN
  IF i \in Executors THEN x
  ELSE [x EXCEPT !.value = state.value, !.table = Forgotten(@)]

-----------------------------------------------------------------------------
(***************************************************************************)
(* Reads without an order (TOCS section 4). What a replica has executed    *)
(* need not stay: so an answer names the history that was read, and says   *)
(* whether it is committed. All replicas that answer alike have that       *)
(* history, as if it had completed a request; and so is it of CommitQuorum *)
(* that hold a certificate for it. A replica answers in its view alone,    *)
(* when it has executed all that it had ordered there when it was asked,   *)
(* whatever it has forgotten or rolled back since: a write whose client    *)
(* has its answer is ordered at so many that no later read misses it. (The *)
(* paper has no such rule: `after` is 0.) The service says what a read is, *)
(* not the client: anything else is not answered.                          *)
(***************************************************************************)
RecvRead(i, m) ==
  /\ ReadOnly
  /\ m.type = "Read" /\ i \in m.auth
  /\ m.client \in AllClients
  /\ m.timestamp > table[i][m.client].timestamp
  /\ stage[i] = "active"
  /\ \A r \in pendingReads[i] : r.client = m.client => r.timestamp < m.timestamp
  /\ pendingReads' = [pendingReads EXCEPT ![i] = {r \in @ : r.client # m.client} \cup
       {With(Plain(m), "after", IF HastyReads THEN 0 ELSE MaxN(i))}]
  /\ UNCHANGED <<logVars, checkpointVars, changeVars, incarnation, client, msgs>>

AnswerRead(i, r) ==
  /\ r \in pendingReads[i]
  /\ executed[i] >= r.after
  /\ pendingReads' = [pendingReads EXCEPT ![i] = @ \ {r}]
  /\ LET n == executed[i]
         done == [client |-> r.client, timestamp |-> r.timestamp,
                  result |-> Result(value[i], Plain(r))]
         read == ReadResponse(i, view[i], n, HistoryAt(i, n), done)
         m == IF i \notin Executors THEN Witnessed(read) ELSE read
     IN msgs' = IF ~IsRead(r.op) THEN msgs
                ELSE msgs \cup
                  {IF n = Low(i) \/ Certified(i, certificates[i], n) THEN Committed(m) ELSE m}
  /\ UNCHANGED <<logVars, checkpointVars, changeVars, incarnation, client>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Checkpoints (TOCS section 3.1). At each K-th number a replica tells the *)
(* others its history, so that all have a certificate without any client.  *)
(* Who has one that covers the number vouches for the state there; with    *)
(* CommitQuorum that vouch in one view the checkpoint is stable: as many   *)
(* acknowledged the certificate, so that no view change takes it back.     *)
(***************************************************************************)
\* Those that are left above a checkpoint: what contradicts it is not complete.
Above(certs, low, h) == {c \in certs : c.seq > low /\ SubSeq(c.history, 1, low) = h}
WithCertificate(certs, c) == {c} \cup {x \in certs : x.seq > c.seq}

\* The certificates with one more for which the histories heard are enough. (Its own it tells when
\* it executes: there are none further on.)
Heard(i, heard, certs) ==
  LET sure == {n \in Low(i) + 1 .. executed[i] + 1 :
                 /\ n \in DOMAIN heard
                 /\ heard[n][i] # NoDigest
                 /\ Cardinality(Votes(heard[n], heard[n][i])) >= CommitQuorum
                 /\ ~Certified(i, certs, n)}
      n == Max(sure)
      h == heard[n][i]
  IN IF sure = {} THEN certs
     ELSE WithCertificate(certs, Certificate(view[i], n, h, Votes(heard[n], h)))

\* Those above the stable one that are durable: a witness's when it has vouched for it.
Later(i) ==
  {n \in DOMAIN checkpoints[i] :
     n > Low(i) /\ (i \in Executors \/ checkpoints[i][n].digest # NoDigest)}

CheckpointDigest(cp) == StateDigest(cp.history, cp.value, cp.table)
OwnDigest(cp) == IF "digest" \in DOMAIN cp THEN cp.digest ELSE CheckpointDigest(cp)
\* What F + 1 vouch for in one view is the digest of a state of the history that is certified there.
VouchedFor(votes) ==
  {d \in {votes[r] : r \in Replicas} \ {NoDigest} : Cardinality(Votes(votes, d)) >= F + 1}

\* An answer as its client asked for it: with the result, or the result's digest; signed, or not.
AnswerTo(i, request, m) ==
  LET said == IF i \notin Executors THEN Witnessed(m)
              ELSE IF "replier" \in DOMAIN request /\ request.replier # i THEN Digested(m) ELSE m
  IN IF ForClientOnly(request) THEN ClientOnly(said) ELSE said

\* The answers to those who asked to be answered when it is committed: of what is executed and
\* certified now, and was not both before. `now`: how far it has executed, and its table.
AnsweredFirst(i, now, certs) ==
  LET new == {n \in Low(i) + 1 .. now.executed :
                Certified(i, certs, n) /\ (n > executed[i] \/ ~Certified(i, certificates[i], n))}
      of(n) == {k \in 1 .. Len(slot[i][n].batch) :
                  LET r == slot[i][n].batch[k] IN
                  /\ CommitsFirst(r)
                  /\ now.table[r.client].timestamp = r.timestamp /\ now.table[r.client].seq = n}
      answer(n, r) == SpecResponse(i, view[i], n, slot[i][n].history, slot[i][n].ordered,
                        [client |-> r.client, timestamp |-> r.timestamp,
                         result |-> now.table[r.client].result])
  IN UNION {{LET r == slot[i][n].batch[k] IN AnswerTo(i, r, Committed(answer(n, r))) :
               k \in of(n)} : n \in new}

\* What follows from own checkpoints, histories heard, certificates and votes: own votes, and the
\* last checkpoint with enough of them is stable.
Settle(i, now, taken, heard, known, votes, out) ==
  LET certs == Heard(i, heard, known)
      due == {n \in DOMAIN votes :
                /\ n \in DOMAIN taken /\ n <= now.executed
                /\ votes[n][i] = NoDigest /\ Certified(i, certs, n)
                /\ i \notin Executors => VouchedFor(votes[n]) # {}}
      cps == [n \in DOMAIN taken |->
                IF i \notin Executors /\ n \in due
                THEN [taken[n] EXCEPT !.digest = CHOOSE d \in VouchedFor(votes[n]) : TRUE]
                ELSE taken[n]]
      all == [n \in DOMAIN votes |->
                IF n \in due THEN [votes[n] EXCEPT ![i] = OwnDigest(cps[n])] ELSE votes[n]]
      sure == {n \in DOMAIN all :
                 /\ all[n][i] # NoDigest
                 /\ Cardinality(Votes(all[n], all[n][i])) >= CommitQuorum}
      low == Max(sure \cup {Low(i)})
      Kept(f, seqs) == [n \in seqs |-> IF n \in DOMAIN f THEN f[n] ELSE NoVotes]
  IN /\ msgs' = msgs \cup out \cup AnsweredFirst(i, now, certs) \cup
          {Checkpoint(i, view[i], n, OwnDigest(cps[n])) : n \in due}
     /\ stable' = IF sure = {} THEN stable
                  ELSE [stable EXCEPT ![i] = [view |-> view[i], seq |-> low, digest |-> all[low][i],
                                              replicas |-> Votes(all[low], all[low][i])]]
     /\ checkpoints' = [checkpoints EXCEPT ![i] =
          [n \in {n \in DOMAIN cps : n >= low} |-> cps[n]]]
     /\ headers' = [headers EXCEPT ![i] =
          IF low = Low(i) THEN heard ELSE Kept(heard, HeaderSeqs(low))]
     /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = Kept(all, CheckpointSeqs(low))]
     /\ certificates' = [certificates EXCEPT ![i] =
          IF low = Low(i) THEN certs ELSE Above(certs, low, cps[low].history)]
     /\ slot' = IF low = Low(i) THEN slot
                ELSE [slot EXCEPT ![i] =
                  [n \in Window(low) |-> IF n \in DOMAIN slot[i] THEN slot[i][n] ELSE NoSlot]]

\* The next batch of the log, before it is agreed on.
Execute(i) ==
  LET n == executed[i] + 1 IN
  /\ stage[i] = "active"
  /\ InLog(i, n)
  /\ LET s == slot[i][n]
         after == ApplyAt(i, [value |-> value[i], table |-> table[i], done |-> <<>>], s.batch,
                          [seq |-> n, history |-> s.history])
         isDue == n % K = 0
         told == isDue \/ \E k \in 1 .. Len(s.batch) : CommitsFirst(s.batch[k])
         atOnce == {k \in 1 .. Len(after.done) : ~CommitsFirst(after.done[k].request)}
         state == [value |-> after.value, table |-> after.table, history |-> s.history]
         cp == IF i \notin Executors THEN Digestless(state) ELSE state
         cps == [k \in DOMAIN checkpoints[i] \cup (IF isDue THEN {n} ELSE {}) |->
                   IF k \in DOMAIN checkpoints[i] THEN checkpoints[i][k] ELSE cp]
         heard == IF told THEN [headers[i] EXCEPT ![n][i] = s.history] ELSE headers[i]
     IN /\ executed' = [executed EXCEPT ![i] = n]
        /\ value' = [value EXCEPT ![i] = after.value]
        /\ table' = [table EXCEPT ![i] = after.table]
        /\ queue' = [queue EXCEPT ![i] =
             SelectSeq(@, LAMBDA r : r.timestamp > after.table[r.client].timestamp)]
        /\ Settle(i, [executed |-> n, table |-> after.table],
             cps, heard, certificates[i], checkpointVotes[i],
             {AnswerTo(i, after.done[k].request,
                    SpecResponse(i, view[i], n, s.history, s.ordered, after.done[k])) :
                k \in atOnce} \cup
             IF told THEN {SpecHeader(i, view[i], n, s.history)} ELSE {})
  /\ UNCHANGED <<changeVars, pendingReads, incarnation, client>>

Here(i) == [executed |-> executed[i], table |-> table[i]]

\* What another replica's history is. The first that it says counts.
RecvSpecHeader(i, m) ==
  /\ m.type = "SpecHeader" /\ m.replica # i
  /\ m.view = view[i] /\ stage[i] = "active"
  /\ m.seq \in HeaderSeqs(Low(i))
  /\ headers[i][m.seq][m.replica] = NoDigest
  /\ Settle(i, Here(i), checkpoints[i], [headers[i] EXCEPT ![m.seq][m.replica] = m.history],
            certificates[i], checkpointVotes[i], {})
  /\ UNCHANGED <<queue, executed, table, value, changeVars, pendingReads, incarnation, client>>

RecvCheckpoint(i, m) ==
  /\ m.type = "Checkpoint" /\ m.replica # i
  /\ m.view = view[i] /\ stage[i] = "active"
  /\ m.seq \in CheckpointSeqs(Low(i))
  /\ checkpointVotes[i][m.seq][m.replica] = NoDigest
  /\ Settle(i, Here(i), checkpoints[i], headers[i], certificates[i],
            [checkpointVotes[i] EXCEPT ![m.seq][m.replica] = m.digest], {})
  /\ UNCHANGED <<queue, executed, table, value, changeVars, pendingReads, incarnation, client>>

(***************************************************************************)
(* State transfer (TOCS section 3.1). Who has not come to a checkpoint     *)
(* that others go on from takes its state from whoever has it: those who   *)
(* vouched for it are shown with it, so that it is complete. What the      *)
(* replica executed itself is rolled back, and what it ordered above the   *)
(* checkpoint is executed again. It takes none that contradicts what it    *)
(* ordered in its view: then it waits for the next one.                    *)
(***************************************************************************)
SendFetchState(i) ==
  /\ i \in CanFetch
  /\ msgs' = msgs \cup {FetchState(i, Low(i))}
  /\ UNCHANGED <<replicaVars, client>>

RecvFetchState(i, m) ==
  /\ m.type = "FetchState" /\ m.replica # i
  /\ i \in Executors
  /\ m.seq < Low(i)
  /\ msgs' = msgs \cup {State(stable[i], checkpoints[i][Low(i)])}
  /\ UNCHANGED <<replicaVars, client>>

RecvState(i, m) ==
  /\ m.type = "State" /\ i \in CanFetch
  /\ LET n == m.stable.seq
         given == [value |-> m.value, table |-> m.table, history |-> m.history]
         cp == IF i \in Executors THEN given
               ELSE With([given EXCEPT !.value = InitialValue, !.table = Forgotten(@)],
                         "digest", m.stable.digest)
     IN /\ n > Low(i)
        /\ m.stable.view <= view[i]
        /\ ValidStable(m.stable) /\ CheckpointDigest(given) = m.stable.digest
        /\ InLog(i, n) => slot[i][n].history = m.history
        \* A checkpoint of the view that goes beyond its beginning: the view was confirmed.
        \* Who lost its disk takes part again; but for view 0 it needs what the view begins with.
        /\ stage' = [stage EXCEPT ![i] =
             IF \/ @ = "confirming" /\ m.stable.view = view[i] /\ ~InLog(i, n + 1)
                \/ view[i] = 0 /\ ~MuteAt(i, n, m.table)
             THEN "active" ELSE @]
        /\ stable' = [stable EXCEPT ![i] = m.stable]
        \* Its own above it stay: of its log if it is in a view; otherwise a digest tells.
        /\ checkpoints' = [checkpoints EXCEPT ![i] =
             [k \in {n} \cup {k \in DOMAIN @ : k > n} |-> IF k = n THEN cp ELSE @[k]]]
        /\ slot' = [slot EXCEPT ![i] =
             [k \in Window(n) |-> IF k \in DOMAIN slot[i] THEN slot[i][k] ELSE NoSlot]]
        /\ executed' = [executed EXCEPT ![i] = n]
        /\ value' = [value EXCEPT ![i] = cp.value]
        /\ table' = [table EXCEPT ![i] = cp.table]
        /\ headers' = [headers EXCEPT ![i] = NoHeaders(n)]
        /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = NoCheckpointVotes(n)]
        /\ certificates' = [certificates EXCEPT ![i] = Above(@, n, m.history)]
        /\ queue' = [queue EXCEPT ![i] =
             SelectSeq(@, LAMBDA r : r.timestamp > m.table[r.client].timestamp)]
  /\ UNCHANGED <<view, accusers, viewChanges, newView, confirms, pendingReads, incarnation, client,
                 msgs>>

(***************************************************************************)
(* Case 4b.1. A certificate of the view that i is in: it is kept and       *)
(* acknowledged if i has that history. What i lacks it asks for; if its    *)
(* own history is another one, the primary has told two.                   *)
(***************************************************************************)
RecvCommit(i, m) ==
  LET c == m.certificate IN
  /\ m.type = "Commit"
  /\ m.client \in AllClients
  /\ c.view = view[i] /\ stage[i] = "active"
  /\ ValidCertificate(c)
  /\ LET last == table[i][m.client]
         old == c.seq <= Low(i)
         ack == {LocalCommit(i, c.view, c.seq, c.history, m.client)}
     IN \/ /\ old /\ last.seq = c.seq /\ last.history = c.history
           /\ msgs' = msgs \cup ack
           /\ UNCHANGED <<replicaVars, client>>
        \/ /\ ~old /\ InLog(i, c.seq) /\ slot[i][c.seq].history = c.history
           /\ Settle(i, Here(i), checkpoints[i], headers[i],
                     IF Certified(i, certificates[i], c.seq) THEN certificates[i]
                     ELSE WithCertificate(certificates[i], c), checkpointVotes[i], ack)
           /\ UNCHANGED <<queue, executed, table, value, changeVars, pendingReads, incarnation,
                          client>>
        \/ /\ c.seq > MaxN(i)
           /\ msgs' = msgs \cup {FillHole(i, view[i], MaxN(i) + 1, c.seq)}
           /\ UNCHANGED <<replicaVars, client>>
        \/ /\ ~old /\ InLog(i, c.seq) /\ slot[i][c.seq].history # c.history
           /\ i \notin accusers[i]
           /\ Accuse(i, {i}, {})

-----------------------------------------------------------------------------
(***************************************************************************)
(* View change (TOCS section 3.3.4)                                        *)
(***************************************************************************)

\* VC2. A VIEW-CHANGE with f + 1 accusations takes everyone along.
RecvViewChange(i, m) ==
  /\ m.type = "ViewChange" /\ m.replica # i
  /\ m.view > view[i] \/ (m.view = view[i] /\ stage[i] = "changing" /\ newView[i] = {})
  /\ \A x \in viewChanges[i] : x.replica = m.replica /\ IsFresh(i, x) => x.view < m.view
  /\ ValidViewChange(m) /\ IsFresh(i, m)
  /\ ~IsMute(i)
  /\ LET changes == {x \in viewChanges[i] : x.replica # m.replica} \cup {m}
     IN IF m.view > view[i]
        THEN Leave(i, m.view, m.accusers, changes, {})
        ELSE /\ viewChanges' = [viewChanges EXCEPT ![i] = changes]
             /\ UNCHANGED <<view, stage, accusers, newView, confirms, logVars, checkpointVars,
                            pendingReads, incarnation, client, msgs>>

\* Those of its view by which a new primary begins it: exactly ChangeQuorum, by their numbers.
Standing(i) ==
  LET here == {x \in viewChanges[i] : x.view = view[i] /\ IsFresh(i, x)}
  IN {x \in here : Cardinality({y \in here : y.replica < x.replica}) < ChangeQuorum}

\* VC3. The primary of the new view shows by what it begins.
SendNewView(i) ==
  /\ i = Primary(view[i]) /\ stage[i] = "changing" /\ newView[i] = {}
  /\ Cardinality(Standing(i)) = ChangeQuorum
  /\ LET m == NewView(view[i], Standing(i)) IN
     /\ newView' = [newView EXCEPT ![i] = {m}]
     /\ msgs' = msgs \cup {m}
  /\ UNCHANGED <<view, stage, accusers, viewChanges, confirms, logVars, checkpointVars,
                 pendingReads, incarnation, client>>

\* VC4. A backup checks it; a primary that shows too little is accused.
RecvNewView(i, m) ==
  /\ m.type = "NewView" /\ m.view > 0 /\ m.view >= view[i]
  /\ Primary(m.view) # i
  /\ m.view = view[i] => stage[i] = "changing" /\ newView[i] = {}
  /\ IF ValidNewView(m)
     THEN /\ view' = [view EXCEPT ![i] = m.view]
          /\ stage' = [stage EXCEPT ![i] = "changing"]
          /\ accusers' = IF m.view > view[i] THEN [accusers EXCEPT ![i] = {}] ELSE accusers
          /\ viewChanges' = [viewChanges EXCEPT ![i] = {x \in @ : x.view >= m.view}]
          /\ newView' = [newView EXCEPT ![i] = {m}]
          /\ IF m.view > view[i] THEN NothingHeard(i)
             ELSE UNCHANGED <<headers, checkpointVotes, confirms>>
          /\ pendingReads' = [pendingReads EXCEPT ![i] = {}]
          /\ UNCHANGED <<logVars, stable, checkpoints, certificates, incarnation, client, msgs>>
     ELSE /\ m.view = view[i]
          /\ i \notin accusers[i]
          /\ Accuse(i, {i}, {})

Confirmed(i, votes, h) ==
  ~ConfirmViews \/ Cardinality(Votes(votes, <<h>>)) >= ChangeQuorum

\* VC4, VC5. A replica that has the state which the new view starts from takes its log: an order of
\* the new view at each number. What it executed above that state is rolled back, answers that it
\* remembers with it, and executed again in the new view.
EnterView(i) == stage[i] = "changing" /\ \E m \in newView[i] :
  LET log == NewLog(m.changes)
      h == log.start.seq
      base == Max({h, Low(i)})
      cp == checkpoints[i][base]
      top == Max({base} \cup DOMAIN log.chosen)
      history(n) == cp.history \o [k \in 1 .. n - base |-> log.chosen[base + k]]
      at(n) == IF n <= top
               THEN [view |-> view[i], batch |-> Body(log.chosen[n]), history |-> history(n),
                     ordered |-> FALSE]
               ELSE IF n \in DOMAIN slot[i] /\ Rule = "corrected" THEN slot[i][n] ELSE NoSlot
      assigned(r) == \E n \in base + 1 .. top : LET d == Body(log.chosen[n]) IN
                       \E k \in 1 .. Len(d) :
                         d[k].client = r.client /\ d[k].timestamp >= r.timestamp
      votes == [confirms[i] EXCEPT ![i] = <<history(top)>>]
      \* Who fetched a checkpoint of the view that goes beyond its beginning: it was confirmed.
      isPast == base = top /\ stable[i].view = view[i]
  IN /\ h > Low(i) => h \in DOMAIN checkpoints[i] /\ OwnDigest(cp) = log.start.digest
     /\ ~IsMute(i)
     /\ \A c \in m.changes : ~IsOutdone(c, h, log.chosen, cp.table)
     /\ stage' = [stage EXCEPT ![i] =
          IF Confirmed(i, votes, history(top)) \/ isPast THEN "active" ELSE "confirming"]
     /\ stable' = IF h > Low(i) THEN [stable EXCEPT ![i] = log.start] ELSE stable
     /\ slot' = [slot EXCEPT ![i] = [n \in Window(base) |-> at(n)]]
     /\ executed' = [executed EXCEPT ![i] = base]
     /\ value' = [value EXCEPT ![i] = cp.value]
     /\ table' = [table EXCEPT ![i] = cp.table]
     /\ checkpoints' = [checkpoints EXCEPT ![i] = [n \in {base} |-> cp]]
     /\ headers' = [headers EXCEPT ![i] = NoHeaders(base)]
     /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = NoCheckpointVotes(base)]
     /\ certificates' = [certificates EXCEPT ![i] = Above(@, base, cp.history)]
     /\ queue' = [queue EXCEPT ![i] =
          IF i = Primary(view[i]) THEN SelectSeq(@, LAMBDA r : ~assigned(r)) ELSE @]
     /\ viewChanges' = [viewChanges EXCEPT ![i] = {x \in @ : x.view > view[i]}]
     /\ confirms' = IF ConfirmViews THEN [confirms EXCEPT ![i] = votes] ELSE confirms
     /\ msgs' = msgs \cup
          IF ConfirmViews THEN {ViewConfirm(i, view[i], top, history(top))} ELSE {}
     /\ UNCHANGED <<view, accusers, newView, pendingReads, incarnation, client>>

\* With which history another replica begins the view.
RecvViewConfirm(i, m) ==
  /\ ConfirmViews
  /\ m.type = "ViewConfirm" /\ m.replica # i
  /\ m.view = view[i] /\ stage[i] # "active"
  /\ confirms[i][m.replica] = NoDigest
  /\ LET votes == [confirms[i] EXCEPT ![m.replica] = <<m.history>>]
         own == votes[i]
     IN /\ confirms' = [confirms EXCEPT ![i] = votes]
        /\ stage' = [stage EXCEPT ![i] =
             IF @ = "confirming" /\ Cardinality(Votes(votes, own)) >= ChangeQuorum
             THEN "active" ELSE @]
  /\ UNCHANGED <<view, accusers, viewChanges, newView, logVars, checkpointVars, pendingReads,
                 incarnation, client, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Restart: a process stops and comes back with what was on its disk.      *)
(* Everything that a sent message depends on is durable before it leaves:  *)
(* the order before the answer to it, the certificate before LOCAL-COMMIT  *)
(* and CHECKPOINT, the view before VIEW-CHANGE, NEW-VIEW before itself.    *)
(* The service starts from the stable checkpoint and executes the log      *)
(* again; a replica that waited for VIEW-CONFIRMs takes the log again.     *)
(* Later checkpoints are kept, as the next view may start from one; those  *)
(* whose state is lost (not in `kept`) are as if they had not been taken.  *)
(***************************************************************************)
Restart(i, kept) ==
  LET n == Low(i)
      cp == checkpoints[i][n]
  IN /\ i \in CanRestart
     /\ kept \subseteq Later(i)
     /\ stage' = [stage EXCEPT ![i] = IF @ = "confirming" THEN "changing" ELSE @]
     /\ queue' = [queue EXCEPT ![i] = <<>>]
     /\ pendingReads' = [pendingReads EXCEPT ![i] = {}]
     /\ executed' = [executed EXCEPT ![i] = n]
     /\ value' = [value EXCEPT ![i] = cp.value]
     /\ table' = [table EXCEPT ![i] = cp.table]
     /\ checkpoints' = [checkpoints EXCEPT ![i] = [k \in {n} \cup kept |-> @[k]]]
     /\ NothingHeard(i)
     /\ accusers' = [accusers EXCEPT ![i] = {}]
     /\ viewChanges' = [viewChanges EXCEPT ![i] = {m \in @ : m.replica = i}]
     /\ UNCHANGED <<view, slot, stable, certificates, newView, incarnation, client, msgs>>

(***************************************************************************)
(* Rejoin: a replica lost its disk, and comes back as incarnation k.       *)
(***************************************************************************)
Rejoin(i, k) ==
  /\ <<i, k>> \in Rejoins
  /\ \A old \in incarnation[i] : old < k
  /\ view' = [view EXCEPT ![i] = 0]
  /\ stage' = [stage EXCEPT ![i] = "changing"]
  /\ queue' = [queue EXCEPT ![i] = <<>>]
  /\ pendingReads' = [pendingReads EXCEPT ![i] = {}]
  /\ slot' = [slot EXCEPT ![i] = [n \in Window(0) |-> NoSlot]]
  /\ executed' = [executed EXCEPT ![i] = 0]
  /\ table' = [table EXCEPT ![i] = InitialTable]
  /\ value' = [value EXCEPT ![i] = InitialValue]
  /\ stable' = [stable EXCEPT ![i] = InitialStable]
  /\ checkpoints' = [checkpoints EXCEPT ![i] = [n \in {0} |-> FirstCheckpoint(i)]]
  /\ headers' = [headers EXCEPT ![i] = NoHeaders(0)]
  /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = NoCheckpointVotes(0)]
  /\ certificates' = [certificates EXCEPT ![i] = {}]
  /\ accusers' = [accusers EXCEPT ![i] = {}]
  /\ viewChanges' = [viewChanges EXCEPT ![i] = {}]
  /\ newView' = [newView EXCEPT ![i] = {}]
  /\ confirms' = [confirms EXCEPT ![i] = NoVotes]
  /\ incarnation' = [incarnation EXCEPT ![i] = {k}]
  /\ msgs' = msgs \cup {Request(Recoverer(i), k, "recover", Replicas)}
  /\ UNCHANGED client

-----------------------------------------------------------------------------
(***************************************************************************)
(* The actions by their receivers, so that TLC reports each by its name.   *)
(***************************************************************************)
AnyClientRecvSpecResponse(c) ==
  \E m \in Deliverable("SpecResponse") : ClientRecvSpecResponse(c, m)
AnyClientRecvLocalCommit(c) ==
  \E m \in Deliverable("LocalCommit") : ClientRecvLocalCommit(c, m)
AnyClientRecvReadResponse(c) ==
  \E m \in Deliverable("ReadResponse") : ClientRecvReadResponse(c, m)
AnyRecvRead(i)        == \E m \in Deliverable("Read") : RecvRead(i, m)
AnyAnswerRead(i)      == \E r \in pendingReads[i] : AnswerRead(i, r)
AnyRecvRequest(i)     == \E m \in Deliverable("Request") : RecvRequest(i, m)
AnySendOrderReq(i)    == \E k \in 0 .. Len(queue[i]) : SendOrderReq(i, SubSeq(queue[i], 1, k))
AnyRecvOrderReq(i)    == \E m \in Deliverable("OrderReq") : RecvOrderReq(i, m)
AnyRecvFillHole(i)    == \E m \in Deliverable("FillHole") : RecvFillHole(i, m)
AnyRecvSpecHeader(i)  == \E m \in Deliverable("SpecHeader") : RecvSpecHeader(i, m)
AnyRecvCheckpoint(i)  == \E m \in Deliverable("Checkpoint") : RecvCheckpoint(i, m)
AnyRecvFetchState(i)  == \E m \in Deliverable("FetchState") : RecvFetchState(i, m)
AnyRecvState(i)       == \E m \in Deliverable("State") : RecvState(i, m)
AnyRecvCommit(i)      == \E m \in Deliverable("Commit") : RecvCommit(i, m)
AnyRecvAccusation(i)  == \E m \in Deliverable("Accusation") : RecvAccusation(i, m)
AnyRecvPom(i)         == \E m \in Deliverable("Pom") : RecvPom(i, m)
AnyRecvViewChange(i)  == \E m \in Deliverable("ViewChange") : RecvViewChange(i, m)
AnyRecvNewView(i)     == \E m \in DeliverableNewViews : RecvNewView(i, m)
AnyRecvViewConfirm(i) == \E m \in Deliverable("ViewConfirm") : RecvViewConfirm(i, m)
AnyRestart(i)         == \E kept \in SUBSET Later(i) : Restart(i, kept)
AnyRejoin(i)          == \E k \in {r[2] : r \in Rejoins} : Rejoin(i, k)

Next ==
  \/ \E c \in Clients : ClientSubmit(c)
  \/ \E c \in Clients : AnyClientRecvSpecResponse(c)
  \/ \E c \in Clients : ClientCommit(c)
  \/ \E c \in Clients : ClientTimeout(c)
  \/ \E c \in Clients : AnyClientRecvLocalCommit(c)
  \/ \E c \in Clients : AnyClientRecvReadResponse(c)
  \/ \E i \in Correct : AnyRecvRequest(i)
  \/ \E i \in Correct : AnySendOrderReq(i)
  \/ \E i \in Correct : AnyRecvOrderReq(i)
  \/ \E i \in Correct : AnyRecvFillHole(i)
  \/ \E i \in Correct : Execute(i)
  \/ \E i \in Correct : AnyRecvRead(i)
  \/ \E i \in Correct : AnyAnswerRead(i)
  \/ \E i \in Correct : AnyRecvSpecHeader(i)
  \/ \E i \in Correct : AnyRecvCheckpoint(i)
  \/ \E i \in Correct : SendFetchState(i)
  \/ \E i \in Correct : AnyRecvFetchState(i)
  \/ \E i \in Correct : AnyRecvState(i)
  \/ \E i \in Correct : AnyRecvCommit(i)
  \/ \E i \in Correct : Timeout(i)
  \/ \E i \in Correct : AnyRecvAccusation(i)
  \/ \E i \in Correct : AnyRecvPom(i)
  \/ \E i \in Correct : AnyRecvViewChange(i)
  \/ \E i \in Correct : SendNewView(i)
  \/ \E i \in Correct : AnyRecvNewView(i)
  \/ \E i \in Correct : EnterView(i)
  \/ \E i \in Correct : AnyRecvViewConfirm(i)
  \/ \E i \in Correct : AnyRestart(i)
  \/ \E i \in Correct : AnyRejoin(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(***************************************************************************)
(* Types.                                                                  *)
(***************************************************************************)
\* view, stage: view 0 needs no NEW-VIEW.
StageTypeOK == \A i \in Correct :
  /\ view[i] \in Nat /\ stage[i] \in Stages
  /\ view[i] = 0 => stage[i] = IF IsMute(i) THEN "changing" ELSE "active"
  /\ IsMute(i) => stage[i] = "changing" /\ \A n \in Window(Low(i)) : slot[i][n] = NoSlot
  /\ stage[i] # "changing" /\ view[i] > 0 => newView[i] # {}
  /\ stage[i] = "confirming" => ConfirmViews

\* queue: at most one request a client, each verified here.
QueueTypeOK == \A i \in Correct : \A k \in 1 .. Len(queue[i]) :
  /\ queue[i][k].client \in AllClients
  /\ i \in queue[i][k].auth
  /\ \A j \in 1 .. k - 1 : queue[i][j].client # queue[i][k].client

\* pendingReads: at most one a client, and only in a view.
ReadsTypeOK == \A i \in Correct :
  /\ \A a, b \in pendingReads[i] : a.client = b.client => a = b
  /\ pendingReads[i] # {} => ReadOnly /\ stage[i] = "active"

\* slot: what was ordered in the present view is a log without holes; a history tells its length.
SlotTypeOK == \A i \in Correct :
  /\ DOMAIN slot[i] = Window(Low(i))
  /\ \A n \in Window(Low(i)) : LET s == slot[i][n] IN
       /\ s.view <= view[i]
       /\ s.history = NoDigest => s = NoSlot
       /\ s.history # NoDigest => Len(s.history) = n /\ s.history[n] = Digest(s.batch)
       /\ InLog(i, n) => \A k \in Low(i) + 1 .. n : InLog(i, k)
       /\ InLog(i, n) => SubSeq(s.history, 1, n - 1) = HistoryAt(i, n - 1)
       /\ stage[i] = "changing" /\ newView[i] = {} => ~InLog(i, n)

\* executed, table: in the log of the view that it was in, above its checkpoint.
ExecutedTypeOK == \A i \in Correct :
  /\ executed[i] \in Low(i) .. Low(i) + L
  /\ stage[i] = "active" => executed[i] <= MaxN(i)
  /\ \A c \in AllClients : LET e == table[i][c] IN
       /\ e.timestamp \in Nat
       /\ e.timestamp = 0 <=> e = NoEntry
       /\ e.seq <= executed[i] /\ Len(e.history) = e.seq

\* stable, checkpoints: CommitQuorum vouched for it; own ones at multiples of K, of its log.
CheckpointsTypeOK == \A i \in Correct :
  /\ stable[i].seq > 0 => Cardinality(stable[i].replicas) >= CommitQuorum
  /\ Low(i) % K = 0
  /\ Low(i) \in DOMAIN checkpoints[i]
  /\ OwnDigest(checkpoints[i][Low(i)]) = stable[i].digest
  /\ \A n \in DOMAIN checkpoints[i] :
       /\ n % K = 0 /\ n >= Low(i) /\ n <= Low(i) + L
       /\ Len(checkpoints[i][n].history) = n
       /\ stage[i] = "active" =>
            n = Low(i) \/ (InLog(i, n) /\ checkpoints[i][n].history = slot[i][n].history)
  /\ DOMAIN headers[i] = HeaderSeqs(Low(i))
  /\ DOMAIN checkpointVotes[i] = CheckpointSeqs(Low(i))

\* certificates: of a longer one the view is not later.
CertificatesTypeOK == \A i \in Correct : \A c \in certificates[i] :
  /\ ValidCertificate(c) /\ c.seq \in Window(Low(i)) /\ c.view <= view[i]
  /\ \A x \in certificates[i] : x # c => x.seq # c.seq /\ (x.seq > c.seq => x.view < c.view)

\* accusers, viewChanges, newView, confirms.
ChangesTypeOK == \A i \in Correct :
  /\ Cardinality(accusers[i]) <= F
  /\ \A a, b \in viewChanges[i] : a.replica = b.replica => a = b
  /\ \A m \in viewChanges[i] : ValidViewChange(m)
  /\ Cardinality(newView[i]) <= 1
  /\ \A m \in newView[i] : m.view = view[i] /\ ValidNewView(m)
  /\ ~ConfirmViews => confirms[i] = NoVotes

\* incarnation: one at most, of whoever may lose its disk.
IncarnationTypeOK == \A i \in Correct :
  /\ Cardinality(incarnation[i]) <= 1
  /\ incarnation[i] \subseteq {r[2] : r \in {r \in Rejoins : r[1] = i}}

\* client: `op` is NoOp when nothing is awaited; `result` is the last one accepted.
ClientTypeOK == \A c \in Clients : LET k == client[c] IN
  /\ k.timestamp \in 0 .. Len(ClientOps[c])
  /\ Cardinality(k.certificate) <= 1
  /\ k.certificate = {} => k.commits = {}
  /\ k.op = NoOp => k.responses = NoResponses /\ k.certificate = {} /\ ~k.toAll
  /\ Cardinality(Groups(c)) <= 1

MsgsTypeOK == \A m \in msgs :
  /\ m.type \in MessageTypes
  /\ m.type = "ViewChange" => ValidViewChange(m)
  /\ m.type = "NewView" => ValidNewView(m)
  /\ m.type \in {"SpecResponse", "SpecHeader", "OrderReq"} => Len(m.history) = m.seq

TypeOK == /\ StageTypeOK /\ QueueTypeOK /\ ReadsTypeOK /\ SlotTypeOK /\ ExecutedTypeOK
          /\ CheckpointsTypeOK /\ CertificatesTypeOK /\ ChangesTypeOK /\ IncarnationTypeOK
          /\ ClientTypeOK /\ MsgsTypeOK

-----------------------------------------------------------------------------
(***************************************************************************)
(* Safety. Each in words in spec/properties.md. A Byzantine replica is     *)
(* taken to say whatever completes a request.                              *)
(***************************************************************************)
IsPrefix(s, t) == Len(s) <= Len(t) /\ SubSeq(t, 1, Len(s)) = s
Compatible(s, t) == IsPrefix(s, t) \/ IsPrefix(t, s)

Answers == {m \in msgs : m.type = "SpecResponse"}
ReadAnswers == {m \in msgs : m.type = "ReadResponse"}
Acknowledgements ==
  {m \in msgs : m.type = "LocalCommit"} \cup {m \in Answers \cup ReadAnswers : IsCommitted(m)}
Backing(same, x) == Cardinality(Byzantine \cup {m.replica : m \in {m \in same :
  m.view = x.view /\ m.seq = x.seq /\ m.history = x.history}})
\* The answers and acknowledgements that are enough for their client.
Completing ==
  {m \in Answers : Backing(Answers, m) >= FastQuorum} \cup
  {m \in ReadAnswers : Backing(ReadAnswers, m) >= FastQuorum} \cup
  {m \in Acknowledgements : Backing(Acknowledgements, m) >= CommitQuorum}

\* Z1: of the histories of two complete requests one extends the other.
Agreement == \A a, b \in Completing : Compatible(a.history, b.history)

\* Z2: so do those of two certificates of one view that could be made.
CertificatesAgree == \A a, b \in Answers :
  a.view = b.view /\ Backing(Answers, a) >= CommitQuorum /\ Backing(Answers, b) >= CommitQuorum =>
    Compatible(a.history, b.history)

\* Z3: what is complete is in every history of later views.
CarryOver == \A a \in Completing : \A m \in msgs :
  m.type \in {"SpecResponse", "SpecHeader", "ReadResponse"} /\ m.view > a.view =>
    Compatible(a.history, m.history)

\* Z4: a correct replica answers with one history in a view, and acknowledges only what is in it;
\* but what it fetched takes the place of what it said before of fewer batches. (Who lost its disk
\* may have spoken of as many, and says again what is a part of that.)
Sayings ==
  {m \in msgs : m.type \in {"SpecResponse", "SpecHeader", "ReadResponse", "LocalCommit"}}
OneHistory == \A a, b \in Sayings :
  a.replica = b.replica /\ a.view = b.view =>
    \/ Compatible(a.history, b.history)
    \/ \E m \in Deliverable("State") :
         /\ ValidStable(m.stable) /\ m.stable.seq > 0
         /\ \E x, y \in {a, b} : x # y /\
              IF a.replica \in {r[1] : r \in Rejoins}
              THEN Len(x.history) <= m.stable.seq /\ Compatible(m.history, y.history)
              ELSE Len(x.history) < m.stable.seq /\ IsPrefix(m.history, y.history)

\* Z5: stable checkpoints are of one history, which nothing complete contradicts.
StableAgree == \A i, j \in Correct :
  Compatible(checkpoints[i][Low(i)].history, checkpoints[j][Low(j)].history)
StableStays == \A i \in Correct : \A a \in Completing :
  Compatible(checkpoints[i][Low(i)].history, a.history)

\* Z6: a client's result is that of its request in the history with which it was answered; what it
\* read, that of its request after that history.
RECURSIVE Run(_, _, _)
Run(state, h, n) ==
  IF n > Len(h) THEN state
  ELSE Run(Apply(state, Body(h[n]), [seq |-> n, history |-> SubSeq(h, 1, n)]), h, n + 1)
Outcome(h) == Run([value |-> InitialValue, table |-> InitialTable, done |-> <<>>], h, 1)
OpOf(c) == ClientOps[c][client[c].timestamp]
ClientResult == \A c \in Clients : \A d \in client[c].done : client[c].op = NoOp =>
  \/ Outcome(d.history).table[c] =
       [timestamp |-> client[c].timestamp, result |-> client[c].result, seq |-> d.seq,
        history |-> d.history]
  \/ /\ ReadOnly /\ IsRead(OpOf(c))
     /\ client[c].result = Result(Outcome(d.history).value,
          [client |-> c, timestamp |-> client[c].timestamp, op |-> OpOf(c)])

\* S12: what a client reads is of a history that has its own earlier requests.
FreshReads == \A c \in Clients : \A d \in client[c].done :
  client[c].op = NoOp /\ ReadOnly /\ IsRead(OpOf(c)) =>
    \A t \in 1 .. client[c].timestamp - 1 :
      ~IsRead(ClientOps[c][t]) => Outcome(d.history).table[c].timestamp >= t

\* Z7: each request is executed once, and the table is that of the history, also after a rollback.
AtMostOnce == \A i \in Correct : \A a, b \in 1 .. Len(value[i]) :
  a < b /\ value[i][a].client = value[i][b].client => value[i][a].timestamp < value[i][b].timestamp
Reproducible == \A i \in Correct : stage[i] = "active" =>
  LET o == Outcome(HistoryAt(i, executed[i])) IN
  IF i \notin Executors THEN value[i] = InitialValue /\ table[i] = Forgotten(o.table)
  ELSE value[i] = o.value /\ table[i] = o.table

\* Nothing is executed for a correct client that it did not ask for.
Validity == \A i \in Correct : \A a \in 1 .. Len(value[i]) :
  value[i][a].client \in Clients => Sent(value[i][a])

\* Whoever is in a certificate that a correct client shows has signed its history.
ShownIsSigned == \A m \in msgs : m.type = "Commit" => Proved(m.certificate)

\* Z8: who leaves a view shows that a correct replica accused its primary.
LeftForReason == \A m \in msgs : m.type = "ViewChange" =>
  \E i \in Correct : Accusation(i, m.view - 1) \in msgs

\* Z9: nothing is ordered or answered above the window of its sender.
Watermarks == \A m \in msgs :
  m.type \in {"SpecResponse", "SpecHeader", "ReadResponse", "Checkpoint"} =>
  m.seq <= Low(m.replica) + L \/ IsMute(m.replica)

\* What was said is in the sender's durable state: the history of its answer, in its view, and the
\* certificate that it acknowledged, or a later one, as long as they are above its checkpoint.
SentIsDurable == \A m \in msgs :
  /\ m.type \in {"SpecResponse", "SpecHeader", "ReadResponse"} /\ m.seq > Low(m.replica)
       /\ ~IsMute(m.replica) =>
       LET s == slot[m.replica][m.seq] IN
       s.view > m.view \/ (s.view = m.view /\ s.history = m.history)
  /\ m \in Acknowledgements /\ m.seq > Low(m.replica) /\ ~IsMute(m.replica) =>
       \/ \E c \in certificates[m.replica] :
            /\ c.seq >= m.seq
            /\ c.view >= m.view
            /\ c.view = m.view => IsPrefix(m.history, c.history)
       \* It was not complete: a stable checkpoint contradicts it.
       \/ ~IsPrefix(checkpoints[m.replica][Low(m.replica)].history, m.history)
=============================================================================
