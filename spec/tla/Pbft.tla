-------------------------------- MODULE Pbft --------------------------------
(***************************************************************************)
(* Practical Byzantine Fault Tolerance, message by message: the normal     *)
(* case with batches, at-most-once execution, checkpoints, watermarks,     *)
(* garbage collection, view changes, state transfer and restart from       *)
(* durable state; and, each behind a constant, digest replies, read-only   *)
(* requests and tentative execution (TOCS section 5.1), big requests that  *)
(* clients send past the primary (TOCS section 6.1), values that the       *)
(* primary proposes, as a clock (OSDI '99 section 4.6), and decisions that *)
(* are fetched or told, and keys that change.                              *)
(*                                                                         *)
(* Sources: Castro and Liskov, OSDI '99 (sections 4.1-4.3) and TOCS 20(4)  *)
(* 2002 (sections 4, 6 and the appendix).                                  *)
(*                                                                         *)
(* This module is the twin of src/core/pbft: one action here is one input  *)
(* of `step` there, under the same name with its first letter lowered.     *)
(* What a batch of messages causes at once (a prepare that completes a     *)
(* certificate also sends the commit) is inside the action on both sides.  *)
(*                                                                         *)
(* The network may lose, delay, duplicate and reorder: `msgs` only grows,  *)
(* and nobody has to receive anything. A Byzantine replica or client may   *)
(* send whatever it could have built: the set `Injected`, deliverable from *)
(* the start. Nobody can build another's authenticator.                    *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  N,                \* number of replicas; they are 0 .. N - 1
  F,                \* how many of them may be Byzantine
  Quorum,           \* size of a strong quorum: 2f + 1 (another value only to show what breaks)
  Byzantine,        \* the Byzantine replicas
  AllClients,       \* every client that a replica knows, 0 .. C - 1
  Clients,          \* those of them that are correct
  ClientOps,        \* [Clients -> Seq(operation)]: what each correct client asks for, in order
  K,                \* checkpoint interval: a checkpoint after each sequence number divisible by K
  L,                \* log size: sequence numbers low + 1 .. low + L are accepted
  MaxBatch,         \* the largest batch, in requests
  CanRestart,       \* the correct replicas that may restart
  CanTimeout,       \* the correct replicas whose view-change timer may fire
  MaxView,          \* no timer fires in this view
  CanFetch,         \* the correct replicas that fetch the state of checkpoints which they lack
  ForgesNewView,    \* whether Byzantine primaries build NEW-VIEWs of what was sent
  ReplyQuorum,      \* equal results that an ordered request needs: F + 1, with ReadOnly Quorum
  Repliers,         \* whom a client may ask for the whole result, the others for its digest; N: all
  ReadOnly,         \* whether clients have reads answered without an order
  HastyReads,       \* whether these do not wait for what the replica has prepared, as in TOCS
  IsRead(_),        \* IsRead(op): the service's own word that an operation changes nothing
  MaxTentative,     \* how many batches may be executed before they are committed: 0, or 1
  FetchDecisions,   \* whether a replica that hears of a decision asks for the batch
  TellCommitted,    \* whether replicas tell what they have executed, and f + 1 are believed
  Clock,            \* the client in whose name primaries propose values: none, or one
  Proposals,        \* the requests of Clock that correct primaries may propose
  Recoverers,       \* the client in whose name replica 0 asks to be taken back; i's is i above it
  Rejoins,          \* <<replica, incarnation>>: who may lose its disk, and what it comes back as
  Recoveries,       \* the same of who is recovered with its disk (TOCS section 5)
  FalseDisks,       \* of who lied until it is recovered: what of its state is not as in Init
  NullSeqs,         \* where primaries may propose the null request, so that an idle log goes on
  Rekeys,           \* <<i, j>>: where the key under which i hears j may change
  KeepVotes,        \* whether what earlier keys and incarnations said counts on: to show the harm
  IsBig(_),         \* IsBig(op): its client sends it to everyone, and pre-prepares only name it
  Injected,         \* the messages of Byzantine replicas and clients
  Result(_, _),     \* Result(value, request): the service's answer
  NextValue(_, _),  \* NextValue(value, request): the service's next state
  StateDigest(_, _, _)  \* StateDigest(seq, value, table): digest of a checkpoint

Replicas == 0 .. N - 1
Correct  == Replicas \ Byzantine
Primary(v) == v % N

(***************************************************************************)
(* Requests and digests. A digest is a symbol: what was digested, without  *)
(* the authenticators. NoDigest is no vote.                                *)
(***************************************************************************)
NoDigest == <<>>
NoResult == <<>>
NoBatch  == <<>>

\* A client that asks by itself: all but the one in whose name primaries propose.
Asking == AllClients \ Clock

\* A record with one field more.
With(r, field, x) == [k \in DOMAIN r \cup {field} |-> IF k = field THEN x ELSE r[k]]

\* A request as a client signed it; `auth`: the replicas at which its authenticator verifies;
\* `replier`, where there is one: who answers it in full. Neither is part of its identity.
Signed(m) == [k \in DOMAIN m \ {"type", "to"} |-> m[k]]
Plain(r)  == [client |-> r.client, timestamp |-> r.timestamp, op |-> r.op]
\* The null request, which a new view puts where nothing can have been committed, is an empty batch.
NullDigest == <<[null |-> TRUE]>>
Digest(batch) ==
  IF batch = NoBatch THEN NullDigest ELSE [k \in 1 .. Len(batch) |-> Plain(batch[k])]
\* The batch of a digest, for who holds it. What a new view chose needs no authenticator.
Body(d) == IF d = NullDigest THEN NoBatch
           ELSE [k \in 1 .. Len(d) |-> [client |-> d[k].client, timestamp |-> d[k].timestamp,
                                        op |-> d[k].op, auth |-> {}]]

(***************************************************************************)
(* A value that the replicas cannot compute alike, as the time, is proposed *)
(* by the primary: the first request of each batch, in the name of Clock,  *)
(* whose timestamp is the value. `auth` is where the value is acceptable:  *)
(* the receivers whose own clock is near enough. (A clock is an input, and  *)
(* what it says a receiver's own affair, like a MAC.) So a backup that does *)
(* not accept it holds the batch until f + 1 replicas vouch for it; and as  *)
(* a client's requests take effect in the order of their timestamps, a      *)
(* value that is not above the last one has no effect, at any replica.      *)
(***************************************************************************)
Heads == Cardinality(Clock)
WellFormed(batch) ==
  \/ batch = NoBatch /\ NullSeqs # {}
  \/ /\ Len(batch) - Heads \in 1 .. MaxBatch
     /\ \A k \in 1 .. Len(batch) : batch[k].client \in IF k <= Heads THEN Clock ELSE Asking

(***************************************************************************)
(* Messages. `auth` of a replica's message is the set of receivers at      *)
(* which its authenticator verifies: a correct sender's is everyone.       *)
(***************************************************************************)
Request(c, t, op, to) ==
  [type |-> "Request", client |-> c, timestamp |-> t, op |-> op, auth |-> Replicas, to |-> to]
PrePrepare(i, v, n, batch) ==
  [type |-> "PrePrepare", view |-> v, seq |-> n, batch |-> batch, replica |-> i, auth |-> Replicas]
\* A big request is only named in a pre-prepare, and the whole batch by its digest: its client sent
\* it to everyone. Who lacks it asks the primary for the pre-prepare in full.
Named(r) == [client |-> r.client, timestamp |-> r.timestamp]
IsNamed(r) == "op" \notin DOMAIN r
Short(m) == IF \A k \in 1 .. Len(m.batch) : ~IsBig(m.batch[k].op) THEN m
            ELSE With([m EXCEPT !.batch = [k \in 1 .. Len(m.batch) |->
                         IF IsBig(m.batch[k].op) THEN Named(m.batch[k]) ELSE m.batch[k]]],
                      "digest", Digest(m.batch))
FetchPrePrepare(i, v, n) ==
  [type |-> "FetchPrePrepare", view |-> v, seq |-> n, replica |-> i, auth |-> Replicas]
\* What a pre-prepare, a prepare or a commit is about.
DigestIn(m) == IF "digest" \in DOMAIN m THEN m.digest ELSE Digest(m.batch)
Prepare(i, v, n, d) ==
  [type |-> "Prepare", view |-> v, seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
Commit(i, v, n, d) ==
  [type |-> "Commit", view |-> v, seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
Checkpoint(i, n, d) ==
  [type |-> "Checkpoint", seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
Reply(i, v, c, t, r) ==
  [type |-> "Reply", view |-> v, client |-> c, timestamp |-> t, replica |-> i, result |-> r]
\* Three marks that a reply may bear: what it carries is the result's digest; it is of a batch that
\* is not committed yet; it answers a Read.
ResultDigest(r) == <<"digest", r>>
Digested(m)  == With([m EXCEPT !.result = ResultDigest(@)], "digest", TRUE)
Tentative(m) == With(m, "tentative", TRUE)
OfRead(m)    == With(m, "readOnly", TRUE)
\* A request that is not to be ordered.
Read(c, t, op) ==
  [type |-> "Read", client |-> c, timestamp |-> t, op |-> op, auth |-> Replicas, to |-> Replicas]
\* VIEW-CHANGE is signed: whoever reads one, in whatever message, knows who wrote it.
\* `prepared` and `prePrepared` are the sets P and Q of [seq, digest, view]; `checkpoints` is C.
ViewChange(i, v, h, c, p, q) ==
  [type |-> "ViewChange", view |-> v, low |-> h, checkpoints |-> c, prepared |-> p,
   prePrepared |-> q, replica |-> i]
\* What a replica that lost its disk says of views is told from what it said before: by its
\* incarnation, from a counter that outlives disks. 0, and left out, for who never lost it.
Incarnation(m) == IF "incarnation" \in DOMAIN m THEN m.incarnation ELSE 0
Recoverer(i) == (CHOOSE c \in Recoverers : TRUE) + i
IsRecoverer(i, c) == Recoverers # {} /\ c = Recoverer(i)
NewView(i, v, changes, decision) ==
  [type |-> "NewView", view |-> v, changes |-> changes, start |-> decision.start,
   chosen |-> decision.chosen, replica |-> i]
\* That i has executed the batch with this digest for good, whatever the view of its commitment.
ToldCommitted(i, n, d) ==
  [type |-> "Committed", seq |-> n, batch |-> d, replica |-> i, auth |-> Replicas]
\* A batch is known by its digest, whoever sends it.
FetchBatch(i, d) == [type |-> "FetchBatch", digest |-> d, replica |-> i, auth |-> Replicas]
BatchOf(d) == [type |-> "Batch", batch |-> d]
\* A state is known by the digest of its checkpoint, whoever sends it.
FetchState(i, n, d) ==
  [type |-> "FetchState", seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
StateOf(n, v, t) == [type |-> "State", seq |-> n, value |-> v, table |-> t]
\* i has agreed on a new key with j: nothing that is under the one before counts here any more. (It
\* is what connections say, and nobody's input.)
NewKey(i, j) == [type |-> "NewKey", of |-> j, replica |-> i]
\* A replica that is recovered asks how far the others are; `incarnation` tells its questions apart.
QueryStable(i, k) ==
  [type |-> "QueryStable", incarnation |-> k, replica |-> i, auth |-> Replicas]
\* What j answers replica i: its last checkpoint, and the last number that it prepared.
ReplyStable(j, i, k, c, p) ==
  [type |-> "ReplyStable", recovering |-> i, incarnation |-> k, checkpoint |-> c, prepared |-> p,
   replica |-> j, auth |-> Replicas]

-----------------------------------------------------------------------------
(***************************************************************************)
(* State. Each variable of a replica is a function of the correct          *)
(* replicas; "durable" variables survive a restart.                        *)
(***************************************************************************)
VARIABLES
  view,             \* durable: the view a replica is in, or moves to
  active,           \* durable: whether it takes part in that view; FALSE while the view changes
  seqno,            \* durable: the last sequence number a primary assigned
  queue,            \* volatile: authentic requests waiting, in order of arrival
  slot,             \* the log: per sequence number in the window, see Slots
  executed,         \* the last sequence number executed; back to the last checkpoint by a restart
  table,            \* per client the last executed timestamp and its result (at-most-once)
  value,            \* state of the service
  low,              \* durable: the low watermark, sequence number of the last stable checkpoint
  checkpoints,      \* durable: own checkpoints not below low, by sequence number
  checkpointVotes,  \* volatile but for the own: per checkpoint sequence number, digests by replica
  pset,             \* durable: P, what it prepared in the views that it left
  qset,             \* durable: Q, what it pre-prepared in the views that it left
  viewChanges,      \* volatile but for the own: the last VIEW-CHANGE of each replica
  newView,          \* durable: the NEW-VIEW of its view, once there is one
  fetched,          \* volatile: batches that it fetched for the new view, by digest
  undo,             \* volatile: the state before what it executed tentatively, if it did
  reads,            \* volatile: requests to read that wait for a state that is committed
  recovery,         \* durable: who lost its disk, as what it came back, and from where on it votes
  heard,            \* durable: of each replica, as which incarnation it asked to be taken back
  told,             \* volatile: what it executed, what others say that they did, see Told
  client,           \* per correct client: what it waits for
  msgs              \* every message a correct process has sent

changeVars == <<pset, qset, viewChanges, newView, fetched>>
fastVars == <<undo, reads, recovery, heard, told>>
replicaVars == <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, fastVars>>
vars == <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
          checkpointVotes, pset, qset, viewChanges, newView, fetched, undo, reads, recovery,
          heard, told, client, msgs>>

Max(S) == CHOOSE x \in S : \A y \in S : y <= x
Min(S) == CHOOSE x \in S : \A y \in S : x <= y
Window(h) == h + 1 .. h + L
CheckpointSeqs(h) == {n \in Window(h) : n % K = 0}
IsDigest(d) == d = NoDigest \/ \A k \in 1 .. Len(d) : d[k].timestamp \in Nat

\* view: never decreases.
ViewTypeOK == \A i \in Correct : view[i] \in Nat

\* active: view 0 needs no NEW-VIEW.
ActiveTypeOK == \A i \in Correct : active[i] \in BOOLEAN /\ (view[i] = 0 => active[i])

\* seqno: only a primary assigns, and only inside its window.
SeqnoTypeOK == \A i \in Correct : seqno[i] \in Nat /\ seqno[i] <= low[i] + L

\* queue: at most one request a client, each verified here.
QueueTypeOK == \A i \in Correct : \A k \in 1 .. Len(queue[i]) :
  /\ queue[i][k].client \in AllClients
  /\ i \in queue[i][k].auth
  /\ \A j \in 1 .. k - 1 : queue[i][j].client # queue[i][k].client

(***************************************************************************)
(* slot: what a replica knows of one sequence number.                      *)
(*  phase "empty"        no pre-prepare accepted                           *)
(*        "held"         a pre-prepare whose requests are not all known to *)
(*                       be their clients': waits for f + 1 vouchers       *)
(*        "prePrepared"  accepted; the PREPARE (or PRE-PREPARE) is sent    *)
(*        "voted"        the same, but the pre-prepare came under a key    *)
(*                       that was replaced: waits to hear it again         *)
(*        "prepared"     prepared certificate complete; the COMMIT is sent *)
(*        "committed"    committed certificate complete                    *)
(*        "decided"      the same, without a vote of its own: it fetched   *)
(*                       what the primary did not tell it                  *)
(* Durable: phase (up to prepared), batch, own votes.                      *)
(***************************************************************************)
Phases == {"empty", "held", "prePrepared", "voted", "prepared", "committed", "decided"}
Final == {"committed", "decided"}
NoVotes == [r \in Replicas |-> NoDigest]
EmptySlot == [phase |-> "empty", batch |-> NoBatch, prepares |-> NoVotes, commits |-> NoVotes]
SlotTypeOK == \A i \in Correct :
  /\ DOMAIN slot[i] = Window(low[i])
  /\ \A n \in Window(low[i]) : LET s == slot[i][n] IN
       /\ s.phase \in Phases
       /\ s.phase = "empty" => s.batch = NoBatch
       /\ s.batch = NoBatch /\ view[i] = 0 /\ NullSeqs = {} => s.phase = "empty"
       /\ ~active[i] => s = EmptySlot
       /\ DOMAIN s.prepares = Replicas /\ DOMAIN s.commits = Replicas

\* executed: never outside what the log and the checkpoints can explain.
ExecutedTypeOK == \A i \in Correct : low[i] <= executed[i] /\ executed[i] <= low[i] + L

\* table: timestamps never decrease but by a restart.
NoEntry == [timestamp |-> 0, result |-> NoResult]
TableTypeOK == \A i \in Correct : \A c \in AllClients :
  /\ table[i][c].timestamp \in Nat
  /\ table[i][c].timestamp = 0 <=> table[i][c].result = NoResult

\* value: the service's own; each correct replica has one.
ValueTypeOK == DOMAIN value = Correct

\* low: a multiple of the checkpoint interval.
LowTypeOK == \A i \in Correct : low[i] % K = 0

\* checkpoints: the stable one is always there, the rest are above it.
CheckpointsTypeOK == \A i \in Correct :
  /\ low[i] \in DOMAIN checkpoints[i]
  /\ \A n \in DOMAIN checkpoints[i] : n >= low[i] /\ n % K = 0 /\ n <= low[i] + L

\* checkpointVotes: every checkpoint number of the window; above it those that someone vouched for,
\* of each replica the last one.
AboveWindow(i) == {n \in DOMAIN checkpointVotes[i] : n > low[i] + L}
CheckpointVotesTypeOK == \A i \in Correct :
  /\ DOMAIN checkpointVotes[i] = CheckpointSeqs(low[i]) \cup AboveWindow(i)
  /\ \A n \in DOMAIN checkpointVotes[i] : DOMAIN checkpointVotes[i][n] = Replicas
  /\ \A n \in CheckpointSeqs(low[i]) :
       n \in DOMAIN checkpoints[i] <=> checkpointVotes[i][n][i] # NoDigest
  /\ \A n \in AboveWindow(i) :
       /\ i \in CanFetch /\ n % K = 0
       /\ checkpointVotes[i][n][i] = NoDigest /\ checkpointVotes[i][n] # NoVotes
       /\ \A k \in AboveWindow(i) : \A r \in Replicas :
            checkpointVotes[i][n][r] # NoDigest /\ checkpointVotes[i][k][r] # NoDigest => k = n

\* pset: one entry a sequence number. qset: one a sequence number and digest.
EntriesTypeOK(i, entries) == \A e \in entries : e.seq \in Window(low[i]) /\ e.view <= view[i]
PsetTypeOK == \A i \in Correct :
  EntriesTypeOK(i, pset[i]) /\ \A a, b \in pset[i] : a.seq = b.seq => a = b
QsetTypeOK == \A i \in Correct :
  EntriesTypeOK(i, qset[i]) /\ \A a, b \in qset[i] : a.seq = b.seq /\ a.digest = b.digest => a = b

\* viewChanges: at most one of each replica. newView: at most one, of the view it is in.
ViewChangesTypeOK == \A i \in Correct : \A a, b \in viewChanges[i] : a.replica = b.replica => a = b
NewViewTypeOK == \A i \in Correct :
  /\ Cardinality(newView[i]) <= 1
  /\ \A m \in newView[i] : m.view = view[i]
  /\ active[i] /\ view[i] > 0 => newView[i] # {}

\* fetched: only while the view changes.
FetchedTypeOK == \A i \in Correct : fetched[i] # {} => ~active[i] /\ newView[i] # {}

\* The state all of which is committed.
Settled(i) ==
  IF undo[i] = {} THEN [executed |-> executed[i], value |-> value[i], table |-> table[i]]
  ELSE CHOOSE u \in undo[i] : TRUE

\* undo: one state at the most, below what is executed; none while the view changes.
UndoTypeOK == \A i \in Correct :
  /\ Cardinality(undo[i]) <= 1
  /\ \A u \in undo[i] :
       active[i] /\ u.executed < executed[i] /\ executed[i] <= u.executed + MaxTentative

\* reads: one a client at the most.
ReadsTypeOK == \A i \in Correct : \A a, b \in reads[i] : a.client = b.client => a = b

\* recovery: nothing for a replica that always had its disk; otherwise its incarnation, and the
\* number from whose stable checkpoint on it is recovered, once that is known. Who has its disk: the
\* bound that it estimated, once it did, and until then what it was told.
HasDisk(r) == "bound" \in DOMAIN r
NobodyTold == [k \in Replicas |-> {}]
RecoveryTypeOK == \A i \in Correct :
  /\ Cardinality(recovery[i]) <= 1
  /\ \A r \in recovery[i] :
       /\ r.incarnation > 0 /\ \A p \in r.point : p % K = 0
       /\ HasDisk(r) =>
            /\ Cardinality(r.bound) <= 1 /\ \A b \in r.bound : b % K = 0
            /\ \A k \in Replicas : Cardinality(r.told[k]) <= 1
            /\ r.bound # {} => r.told = NobodyTold
            /\ r.bound = {} => r.point = {}

\* heard: at most one incarnation of each other replica.
HeardTypeOK == \A i \in Correct :
  /\ Recoverers = {} => heard[i] = {}
  /\ \A a \in heard[i] : a.incarnation > 0 /\ a.replica # i
  /\ \A a, b \in heard[i] : a.replica = b.replica => a = b

(***************************************************************************)
(* told: of the numbers above the low watermark,                           *)
(*  own      the digest of what it executed for good at each               *)
(*  claims   of others, beyond that: what each says that it executed       *)
(*  batches  what it fetched because of claims                             *)
(***************************************************************************)
NothingTold == [own |-> {}, claims |-> {}, batches |-> {}]
ToldTypeOK == \A i \in Correct : LET t == told[i] IN
  /\ ~TellCommitted => t = NothingTold
  /\ \A c \in t.own : c.seq \in low[i] + 1 .. Settled(i).executed
  /\ \A a, b \in t.own : a.seq = b.seq => a = b
  /\ \A c \in t.claims : c.seq \in Settled(i).executed + 1 .. low[i] + L /\ c.replica # i
  /\ \A a, b \in t.claims : a.seq = b.seq /\ a.replica = b.replica => a = b
  /\ \A d \in t.batches : \E c \in t.claims : c.digest = d

\* client: `op` is NoOp when nothing is awaited; `result` is the last one accepted; `readOnly`: what
\* is awaited was not to be ordered. replies: by replica NoResult or an answer, see AnswerOf.
NoOp == "none"
ClientTypeOK == \A c \in Clients :
  /\ client[c].timestamp \in 0 .. Len(ClientOps[c])
  /\ client[c].toAll \in BOOLEAN /\ (client[c].toAll => client[c].op # NoOp)
  /\ client[c].readOnly \in BOOLEAN /\ (client[c].readOnly => client[c].op # NoOp)
  /\ client[c].timestamp = 0 => client[c].result = NoResult
  /\ \A r \in Replicas : client[c].views[r] \in Nat
  /\ client[c].op = NoOp => \A r \in Replicas : client[c].replies[r] = NoResult

MessageTypes == {"Request", "PrePrepare", "Prepare", "Commit", "Checkpoint", "Reply",
                 "ViewChange", "NewView", "FetchBatch", "Batch", "Read", "FetchState", "State",
                 "FetchPrePrepare", "QueryStable", "ReplyStable", "Committed"}
CONSTANT InitialValue
InitialTable == [c \in AllClients |-> NoEntry]
InitialCheckpoint == [value |-> InitialValue, table |-> InitialTable]
NoCheckpointVotes(h) == [n \in CheckpointSeqs(h) |-> NoVotes]

(***************************************************************************)
(* A replica that lied and is recovered later follows the protocol from    *)
(* then on, with what its disk holds: whatever it likes that it could have *)
(* written. Before, it does nothing here: all that it said is Injected.    *)
(***************************************************************************)
OnDisk(i, variable, good) ==
  IF i \in DOMAIN FalseDisks /\ variable \in DOMAIN FalseDisks[i] THEN FalseDisks[i][variable]
  ELSE good

Init ==
  /\ view = [i \in Correct |-> 0]
  /\ active = [i \in Correct |-> TRUE]
  /\ pset = [i \in Correct |-> {}]
  /\ qset = [i \in Correct |-> {}]
  /\ viewChanges = [i \in Correct |-> {}]
  /\ newView = [i \in Correct |-> {}]
  /\ fetched = [i \in Correct |-> {}]
  /\ undo = [i \in Correct |-> {}]
  /\ reads = [i \in Correct |-> {}]
  /\ recovery = [i \in Correct |-> {}]
  /\ heard = [i \in Correct |-> {}]
  /\ told = [i \in Correct |-> NothingTold]
  /\ seqno = [i \in Correct |-> 0]
  /\ queue = [i \in Correct |-> <<>>]
  /\ slot = [i \in Correct |-> OnDisk(i, "slot", [n \in Window(0) |-> EmptySlot])]
  /\ executed = [i \in Correct |-> OnDisk(i, "executed", 0)]
  /\ table = [i \in Correct |-> OnDisk(i, "table", InitialTable)]
  /\ value = [i \in Correct |-> OnDisk(i, "value", InitialValue)]
  /\ low = [i \in Correct |-> 0]
  /\ checkpoints = [i \in Correct |->
       OnDisk(i, "checkpoints", [n \in {0} |-> InitialCheckpoint])]
  /\ checkpointVotes = [i \in Correct |-> OnDisk(i, "checkpointVotes", NoCheckpointVotes(0))]
  /\ client = [c \in Clients |-> [timestamp |-> 0, op |-> NoOp, toAll |-> FALSE,
                                  readOnly |-> FALSE,
                                  replies |-> [r \in Replicas |-> NoResult],
                                  result |-> NoResult, views |-> [r \in Replicas |-> 0]]]
  /\ msgs = {}

(***************************************************************************)
(* What may arrive: everything sent, and what Byzantine processes could    *)
(* have built. A Byzantine primary can put a correct client's request into *)
(* a batch at any time, but its authenticator verifies somewhere only      *)
(* after that client sent the request. So it is with a correct replica's   *)
(* request to be taken back, and with a state that holds its effect.       *)
(***************************************************************************)
Sent(r) == \E q \in msgs : q.type = "Request" /\ Plain(q) = Plain(r)
HasAsked(i, t) ==
  \E q \in msgs : q.type = "Request" /\ q.client = Recoverer(i) /\ q.timestamp >= t
Buildable(m) ==
  /\ m.type = "State" /\ Recoverers # {} =>
       \A i \in Correct : LET t == m.table[Recoverer(i)].timestamp IN t > 0 => HasAsked(i, t)
  /\ m.type = "PrePrepare" => \A k \in 1 .. Len(m.batch) :
       \/ IsNamed(m.batch[k]) \/ m.batch[k].auth = {} \/ Sent(m.batch[k])
       \/ /\ m.batch[k].client \notin Clients
          /\ \A i \in Correct : ~IsRecoverer(i, m.batch[k].client)
InjectedOf == [t \in MessageTypes |-> {m \in Injected : m.type = t}]
Deliverable(type) ==
  {m \in msgs : m.type = type} \cup {m \in InjectedOf[type] : Buildable(m)}

\* Who lies in j's name while it has j's key, or only since another's is of no use any more: `keys`
\* says whose key the receiver must have replaced, or must not have. (What a correct replica said it
\* says again under its newest keys.)
IsUnderKeys(i, m) == "keys" \in DOMAIN m => (NewKey(i, m.keys.of) \in msgs) = m.keys.replaced

\* As which incarnation i knows j. A request to be taken back is signed, so it tells that when it is
\* heard, long before it is executed at a replica that lags.
Executed(i, j) == IF Recoverers = {} THEN 0 ELSE Settled(i).table[Recoverer(j)].timestamp
LastHeard(i, j) ==
  Max({Executed(i, j)} \cup {a.incarnation : a \in {a \in heard[i] : a.replica = j}})

\* Who lies only when another liar's time is over: `since` says whose. It is over at a receiver that
\* has heard that the other asked to be taken back, or executed it.
IsSince(i, m) == "since" \in DOMAIN m =>
  \/ Executed(i, m.since) > 0
  \/ \E a \in heard[i] : a.replica = m.since

\* What may arrive at i, without what only says when.
Untimed(m) == IF {"keys", "since"} \cap DOMAIN m = {} THEN m
              ELSE [k \in DOMAIN m \ {"keys", "since"} |-> m[k]]
DeliverableTo(i, type) ==
  IF Rekeys = {} /\ Recoverers = {} THEN Deliverable(type)
  ELSE {Untimed(m) : m \in {m \in Deliverable(type) : IsUnderKeys(i, m) /\ IsSince(i, m)}}

-----------------------------------------------------------------------------
(***************************************************************************)
(* The decision procedure of the view change (TOCS section 4.5, figure 4): *)
(* what the new view may start from, given the VIEW-CHANGEs in S. P and Q  *)
(* are claims of their senders and prove nothing: A1 and A2 weigh them.    *)
(***************************************************************************)
Senders(S) == {m.replica : m \in S}

\* The checkpoint: f + 1 hold it, and 2f + 1 need nothing below it. The last one of those.
Starts(S) ==
  LET fit == {c \in UNION {m.checkpoints : m \in S} :
                /\ Cardinality({m \in S : m.low <= c.seq}) >= Quorum
                /\ Cardinality({m \in S : c \in m.checkpoints}) >= F + 1}
  IN {c \in fit : \A o \in fit : o.seq <= c.seq}

\* A1: 2f + 1 prepared nothing later, nor another batch in that view.
A1(S, n, e) ==
  Cardinality({m \in S : m.low < n /\ \A x \in m.prepared : x.seq = n =>
    x.view < e.view \/ (x.view = e.view /\ x.digest = e.digest)}) >= Quorum
\* A2: f + 1 pre-prepared it in that view or later; one of them is correct.
A2(S, n, e) ==
  Cardinality({m \in S : \E x \in m.prePrepared :
    x.seq = n /\ x.digest = e.digest /\ x.view >= e.view}) >= F + 1
Justified(S, n) ==
  {e.digest : e \in {e \in UNION {m.prepared : m \in S} : e.seq = n /\ A1(S, n, e) /\ A2(S, n, e)}}
\* B: 2f + 1 prepared nothing, so nothing was committed.
NothingPrepared(S, n) ==
  Cardinality({m \in S : m.low < n /\ \A e \in m.prepared : e.seq # n}) >= Quorum
Choices(S, n) == IF Justified(S, n) # {} THEN Justified(S, n)
                 ELSE IF NothingPrepared(S, n) THEN {NullDigest} ELSE {}

\* All decisions that S allows; there is none as long as S says too little.
Decisions(S) ==
  LET digests == UNION {{e.digest : e \in m.prepared} : m \in S} \cup {NullDigest}
      top(h) == Max({h} \cup {e.seq : e \in {e \in UNION {m.prepared : m \in S} :
                                                e.seq \in Window(h)}})
      of(c) == {f \in [c.seq + 1 .. top(c.seq) -> digests] :
                  \A n \in c.seq + 1 .. top(c.seq) : f[n] \in Choices(S, n)}
  IN UNION {{[start |-> c, chosen |-> {[seq |-> n, digest |-> f[n]] : n \in DOMAIN f}] :
               f \in of(c)} : c \in Starts(S)}

\* What a replica may claim about the window above its own stable checkpoint.
ValidViewChange(m) ==
  /\ m.view > 0
  /\ \A e \in m.prepared \cup m.prePrepared : e.view < m.view /\ e.seq \in Window(m.low)
  /\ \A a, b \in m.prepared : a.seq = b.seq => a = b
  /\ \A a, b \in m.prePrepared : a.seq = b.seq /\ a.digest = b.digest => a = b
  /\ \A c \in m.checkpoints : c.seq >= m.low /\ c.seq <= m.low + L
  /\ \A a, b \in m.checkpoints : a.seq = b.seq => a = b
ValidNewView(m) ==
  /\ \A c \in m.changes : c.view = m.view /\ ValidViewChange(c)
  /\ Cardinality(Senders(m.changes)) = Cardinality(m.changes)
  /\ [start |-> m.start, chosen |-> m.chosen] \in Decisions(m.changes)

\* A Byzantine primary chooses whose VIEW-CHANGEs it shows, and may decide what they do not allow.
\* (Those of who lies only when another's time is over it shows only then.)
Forged(i) ==
  UNION {LET known == {m \in DeliverableTo(i, "ViewChange") : m.view = v}
             quorums == {S \in SUBSET known :
                           Cardinality(S) = Quorum /\ Cardinality(Senders(S)) = Quorum}
         IN UNION {{NewView(Primary(v), v, S, d) : d \in Decisions(S) \cup
                     {[start |-> [seq |-> 0, digest |-> NullDigest], chosen |-> {}]}} :
                       S \in quorums} :
           v \in {v \in 1 .. MaxView : Primary(v) \in Byzantine}}
NewViewsTo(i) == DeliverableTo(i, "NewView") \cup IF ForgesNewView THEN Forged(i) ELSE {}

\* msgs: each well formed, and a VIEW-CHANGE or NEW-VIEW such as everyone accepts.
MsgsTypeOK == \A m \in msgs :
  /\ m.type \in MessageTypes \cup {"NewKey"}
  /\ m.type \notin {"Request", "Read", "Batch", "State"} => m.replica \in Correct
  /\ m.type \in {"Request", "Read", "Reply"} => m.client \in AllClients /\ m.timestamp > 0
  /\ m.type \in {"PrePrepare", "Prepare", "Commit"} => m.view \in Nat /\ m.seq > 0
  /\ m.type = "PrePrepare" => m.replica = Primary(m.view) /\ WellFormed(m.batch)
  /\ m.type = "Prepare" => m.replica # Primary(m.view) /\ m.digest # NoDigest
  /\ m.type = "Commit" => m.digest # NoDigest
  /\ m.type = "Committed" => m.seq > 0 /\ m.batch # NoDigest
  /\ m.type \in {"Checkpoint", "FetchState"} => m.seq > 0 /\ m.seq % K = 0
  /\ m.type = "ViewChange" => ValidViewChange(m)
  /\ m.type = "NewView" => m.replica = Primary(m.view) /\ ValidNewView(m)

TypeOK == /\ ViewTypeOK /\ ActiveTypeOK /\ PsetTypeOK /\ QsetTypeOK /\ ViewChangesTypeOK
          /\ NewViewTypeOK /\ FetchedTypeOK /\ UndoTypeOK /\ ReadsTypeOK /\ RecoveryTypeOK
          /\ HeardTypeOK /\ ToldTypeOK /\ ValueTypeOK /\ SeqnoTypeOK /\ QueueTypeOK /\ SlotTypeOK
          /\ ExecutedTypeOK /\ TableTypeOK /\ LowTypeOK /\ CheckpointsTypeOK
          /\ CheckpointVotesTypeOK /\ ClientTypeOK /\ MsgsTypeOK

-----------------------------------------------------------------------------
(***************************************************************************)
(* A replica that lost its disk has forgotten what it promised. Until the  *)
(* window has passed all that it can have voted for it says nothing that   *)
(* could contradict it: it does not vote, propose, leave a view or start   *)
(* one; it executes what 2f + 1 others commit to. It asks to be taken back *)
(* with a request that is ordered like any other. Who executes that takes  *)
(* no VIEW-CHANGE of an earlier incarnation any more; and its number says  *)
(* how far the votes reach: what was stable when the disk was lost had     *)
(* been executed before anyone could order the request.                    *)
(*                                                                         *)
(* A replica that is recovered while it has its disk goes on with what is  *)
(* on it (TOCS section 5): it may have been faulty, but need not be, and   *)
(* the others count on it. At first it estimates how far the log can have  *)
(* come, and is silent for so long. Then it takes part, but sends nothing  *)
(* of a number above the bound before a checkpoint there is stable: so     *)
(* that what it may say falsely lies below the point from which on it is   *)
(* recovered.                                                              *)
(***************************************************************************)
IsMute(i) == \E r \in recovery[i] :
  IF HasDisk(r) THEN r.bound = {} ELSE \A p \in r.point : low[i] < p

\* The high watermark where the low one is h.
HighAt(i, h) ==
  Min({h + L} \cup UNION {IF HasDisk(r) THEN {b \in r.bound : h < b} ELSE {} : r \in recovery[i]})
High(i) == HighAt(i, low[i])
Open(i) == low[i] + 1 .. High(i)

\* i executed up to n, which gave the table t.
Placed(i, n, t) ==
  LET above == (n \div K) * K + L
  IN {IF r.point = {} /\ t[Recoverer(i)].timestamp >= r.incarnation /\ (HasDisk(r) => r.bound # {})
      THEN [r EXCEPT !.point = {Max({above} \cup IF HasDisk(r) THEN r.bound ELSE {})}] ELSE r :
        r \in recovery[i]}

-----------------------------------------------------------------------------
(***************************************************************************)
(* Clients (OSDI '99 section 4.1, TOCS section 4.1)                        *)
(***************************************************************************)

\* The view that a client takes the replicas to be in: f + 1 of them answered in it or later.
ClientView(c) == LET views == client[c].views IN
  Max({v \in {views[r] : r \in Replicas} : Cardinality({r \in Replicas : views[r] >= v}) >= F + 1})

\* A client sends its next request, one at a time: to the primary; a read, or what is big, to all.
\* It may ask one replica for the whole result, and the others for its digest.
ClientSubmit(c) ==
  /\ client[c].op = NoOp
  /\ client[c].timestamp < Len(ClientOps[c])
  /\ LET t  == client[c].timestamp + 1
         op == ClientOps[c][t]
         read == ReadOnly /\ IsRead(op)
         to == IF IsBig(op) THEN Replicas ELSE {Primary(ClientView(c))}
         request == Request(c, t, op, to)
     IN /\ client' = [client EXCEPT ![c].timestamp = t, ![c].op = op, ![c].toAll = FALSE,
                                    ![c].readOnly = read,
                                    ![c].replies = [r \in Replicas |-> NoResult]]
        /\ \/ read /\ msgs' = msgs \cup {Read(c, t, op)}
           \/ ~read /\ \E r \in Repliers :
                msgs' = msgs \cup {IF r = N THEN request ELSE With(request, "replier", r)}
        /\ UNCHANGED replicaVars

\* No result in time: every replica is asked, to order the request, and for the whole result.
ClientTimeout(c) ==
  /\ client[c].op # NoOp
  /\ client' = [client EXCEPT ![c].toAll = TRUE, ![c].readOnly = FALSE,
                              ![c].replies = IF client[c].readOnly
                                             THEN [r \in Replicas |-> NoResult] ELSE @]
  /\ msgs' = msgs \cup {Request(c, client[c].timestamp, client[c].op, Replicas)}
  /\ UNCHANGED replicaVars

\* What a client keeps of a reply; `tentative`: the view of a tentative one.
AnswerOf(m) == [result |-> m.result, digest |-> "digest" \in DOMAIN m,
                tentative |-> IF "tentative" \in DOMAIN m THEN {m.view} ELSE {}]
DigestOf(a) == IF a.digest THEN a.result ELSE ResultDigest(a.result)

(***************************************************************************)
(* Whether `answers` are enough for the result whose digest is d. What was *)
(* read needs a strong quorum, and so does what was executed tentatively,  *)
(* all in one view: f + 1 correct replicas prepared it there, so that it   *)
(* stays. Of a committed batch each correct replica's word is good; with   *)
(* reads in the system a strong quorum must give it, so that every quorum  *)
(* that is read from later has a replica which executed it.                *)
(***************************************************************************)
Enough(answers, d, read) ==
  LET same == {r \in Replicas : answers[r] # NoResult /\ DigestOf(answers[r]) = d}
      final == {r \in same : answers[r].tentative = {}}
  IN IF read THEN Cardinality(same) >= Quorum
     ELSE \/ Cardinality(final) >= ReplyQuorum
          \/ \E v \in UNION {answers[r].tentative : r \in same} :
               Cardinality({r \in same : answers[r].tentative \subseteq {v}}) >= Quorum

\* A replica's answer counts once; one that says more takes its place.
ClientRecvReply(c, m) ==
  /\ m.type = "Reply" /\ m.client = c
  /\ client[c].op # NoOp
  /\ m.timestamp = client[c].timestamp
  /\ ("readOnly" \in DOMAIN m) = client[c].readOnly
  /\ LET old == client[c].replies[m.replica]
         new == AnswerOf(m)
         replies == [client[c].replies EXCEPT ![m.replica] = new]
         whole == {r \in Replicas : /\ replies[r] # NoResult /\ ~replies[r].digest
                                    /\ DigestOf(replies[r]) = DigestOf(new)}
     IN /\ old # NoResult => /\ old # new
                             /\ old.tentative # {} \/ (old.digest /\ ~new.digest)
        /\ client' = IF whole # {} /\ Enough(replies, DigestOf(new), client[c].readOnly)
                     THEN [client EXCEPT ![c].op = NoOp, ![c].toAll = FALSE,
                                         ![c].readOnly = FALSE,
                                         ![c].replies = [r \in Replicas |-> NoResult],
                                         ![c].result = replies[CHOOSE r \in whole : TRUE].result,
                                         ![c].views[m.replica] = Max({@, m.view})]
                     ELSE [client EXCEPT ![c].replies = replies,
                                         ![c].views[m.replica] = Max({@, m.view})]
  /\ UNCHANGED <<replicaVars, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Normal case (OSDI '99 section 4.2, TOCS sections 4.2, 4.3 and 6.1)      *)
(***************************************************************************)

\* The highest timestamp of client c in a batch of i's log.
Assigned(i, c) ==
  LET of(n) == {k \in 1 .. Len(slot[i][n].batch) : slot[i][n].batch[k].client = c}
  IN Max({0} \cup UNION {{slot[i][n].batch[k].timestamp : k \in of(n)} : n \in Window(low[i])})

\* With a request to be taken back i has heard of its sender's incarnation.
Hearing(i, m) ==
  {a \in heard[i] : ~IsRecoverer(a.replica, m.client)} \cup
  {[replica |-> j, incarnation |-> Max({m.timestamp, LastHeard(i, j)})] :
     j \in {j \in Replicas \ {i} : IsRecoverer(j, m.client)}}

\* A request from its client. Executed: the stored reply again; a backup that executed it only
\* tentatively waits for its agreement as well. New: it waits for its turn.
RecvRequest(i, m) ==
  /\ m.type = "Request" /\ i \in m.to /\ i \in m.auth
  /\ m.client \in Asking
  /\ LET c == m.client
         known == \E k \in 1 .. Len(queue[i]) :
                    queue[i][k].client = c /\ queue[i][k].timestamp >= m.timestamp
         others == SelectSeq(queue[i], LAMBDA r : r.client # c)
     IN \/ /\ m.timestamp = table[i][c].timestamp
           /\ LET reply == Reply(i, view[i], c, m.timestamp, table[i][c].result)
                  tentative == \E u \in undo[i] : u.table[c] # table[i][c]
                  waits == tentative /\ ~known /\ i # Primary(view[i])
              IN /\ msgs' = msgs \cup {IF tentative THEN Tentative(reply) ELSE reply}
                 /\ queue' = [queue EXCEPT ![i] = IF waits THEN Append(others, Signed(m)) ELSE @]
                 /\ UNCHANGED heard
        \/ /\ m.timestamp > table[i][c].timestamp
           /\ ~known
           /\ i = Primary(view[i]) => m.timestamp > Assigned(i, c)
           /\ queue' = [queue EXCEPT ![i] = Append(others, Signed(m))]
           /\ heard' = [heard EXCEPT ![i] = Hearing(i, m)]
           /\ UNCHANGED msgs
  /\ UNCHANGED <<view, active, seqno, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, undo, reads, recovery, told, client>>

Votes(votes, d) == Cardinality({r \in Replicas : votes[r] = d})

(***************************************************************************)
(* One input moves one slot as far as its certificates allow. A held       *)
(* pre-prepare is accepted when f + 1 replicas vouch for it (the primary   *)
(* and f backups), so that at least one correct replica verified every     *)
(* request in it (TOCS section 4.3). Prepared: the pre-prepare and         *)
(* 2f matching PREPAREs of backups. Committed: 2f + 1 matching COMMITs.    *)
(***************************************************************************)
Advance(i, n, s, out) ==
  LET d  == Digest(s.batch)
      accept  == s.phase = "held" /\ 1 + Votes(s.prepares, d) >= F + 1
      s1 == IF accept THEN [s EXCEPT !.phase = "prePrepared", !.prepares[i] = d] ELSE s
      out1 == IF accept THEN out \cup {Prepare(i, view[i], n, d)} ELSE out
      prepare == s1.phase = "prePrepared" /\ Votes(s1.prepares, d) >= Quorum - 1
      s2 == IF prepare THEN [s1 EXCEPT !.phase = "prepared", !.commits[i] = d] ELSE s1
      out2 == IF prepare THEN out1 \cup {Commit(i, view[i], n, d)} ELSE out1
      s3 == IF s2.phase = "prepared" /\ Votes(s2.commits, d) >= Quorum
            THEN [s2 EXCEPT !.phase = "committed"] ELSE s2
  IN /\ slot' = [slot EXCEPT ![i][n] = s3]
     /\ msgs' = msgs \cup out2

\* What a primary may propose: above all that it knows of.
MayPropose(i, p) ==
  p.client \in Clock /\ p.timestamp > Max({Assigned(i, p.client), table[i][p.client].timestamp})
HeadsOf(i) ==
  IF Clock = {} THEN {<<>>} ELSE {<<p>> : p \in {p \in Proposals : MayPropose(i, p)}}

\* The primary gives the next sequence number to a prefix of its queue, with its proposal; or to the
\* null request, so that the log goes on for who waits for that.
SendPrePrepare(i, head, asked) ==
  /\ active[i] /\ ~IsMute(i)
  /\ i = Primary(view[i])
  /\ Len(asked) <= MaxBatch
  /\ Len(asked) <= Len(queue[i]) /\ asked = SubSeq(queue[i], 1, Len(asked))
  /\ IF asked = <<>> THEN head = <<>> /\ seqno[i] + 1 \in NullSeqs ELSE head \in HeadsOf(i)
  /\ LET n == seqno[i] + 1
         batch == head \o asked
     IN
     /\ n \in Open(i)
     /\ seqno' = [seqno EXCEPT ![i] = n]
     /\ queue' = [queue EXCEPT ![i] = SubSeq(queue[i], Len(asked) + 1, Len(queue[i]))]
     /\ Advance(i, n, [slot[i][n] EXCEPT !.phase = "prePrepared", !.batch = batch],
                {Short(PrePrepare(i, view[i], n, batch))})
  /\ UNCHANGED <<view, active, executed, table, value, low, checkpoints, checkpointVotes,
                 changeVars, fastVars, client>>

\* The batch of a pre-prepare, with the requests that it only names from the backup's own queue;
\* none where one is not there, or is another one.
Whole(i, m) ==
  LET at(k) == {x \in 1 .. Len(queue[i]) : /\ queue[i][x].client = m.batch[k].client
                                           /\ queue[i][x].timestamp = m.batch[k].timestamp}
      named == {k \in 1 .. Len(m.batch) : IsNamed(m.batch[k])}
      batch == [k \in 1 .. Len(m.batch) |->
                  IF k \in named THEN queue[i][CHOOSE x \in at(k) : TRUE] ELSE m.batch[k]]
  IN IF named = {} THEN {m.batch}
     ELSE IF (\A k \in named : at(k) # {}) /\ Digest(batch) = m.digest THEN {batch} ELSE {}

\* A backup takes the first pre-prepare of the view's primary for a sequence number in its window.
\* It asks for the whole of one that names requests which it lacks. What it has voted for it may
\* hear again.
RecvPrePrepare(i, m) ==
  /\ m.type = "PrePrepare" /\ i \in m.auth
  /\ m.view = view[i] /\ active[i] /\ ~IsMute(i)
  /\ m.replica = Primary(view[i]) /\ i # m.replica
  /\ m.seq \in Open(i)
  /\ slot[i][m.seq].phase \in {"empty", "voted"}
  /\ slot[i][m.seq].phase = "voted" => DigestIn(m) = Digest(slot[i][m.seq].batch)
  /\ WellFormed(m.batch)
  /\ IF slot[i][m.seq].phase = "voted"
     THEN Advance(i, m.seq, [slot[i][m.seq] EXCEPT !.phase = "prePrepared"], {})
     ELSE IF Whole(i, m) = {}
     THEN /\ msgs' = msgs \cup {FetchPrePrepare(i, view[i], m.seq)}
          /\ UNCHANGED slot
     ELSE LET batch == CHOOSE b \in Whole(i, m) : TRUE
              authentic == \A k \in 1 .. Len(batch) : i \in batch[k].auth
              s == slot[i][m.seq]
              d == Digest(batch)
          IN IF authentic
             THEN Advance(i, m.seq,
                    [s EXCEPT !.phase = "prePrepared", !.batch = batch, !.prepares[i] = d],
                    {Prepare(i, view[i], m.seq, d)})
             ELSE Advance(i, m.seq, [s EXCEPT !.phase = "held", !.batch = batch], {})
  /\ UNCHANGED <<view, active, seqno, queue, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, fastVars, client>>

\* Whether the view started with the batch at n: its NEW-VIEW, which is signed, says so.
IsChosen(i, n) == \E x \in newView[i] : \E c \in x.chosen : c.seq = n

\* The primary gives its pre-prepare in full. (What its view started with is in its NEW-VIEW.)
RecvFetchPrePrepare(i, m) ==
  /\ m.type = "FetchPrePrepare" /\ i \in m.auth /\ m.replica # i
  /\ m.view = view[i] /\ active[i] /\ i = Primary(view[i])
  /\ m.seq \in Window(low[i])
  /\ slot[i][m.seq].phase \in {"prePrepared", "prepared", "committed"}
  /\ ~IsChosen(i, m.seq)
  /\ msgs' = msgs \cup {PrePrepare(i, view[i], m.seq, slot[i][m.seq].batch)}
  /\ UNCHANGED <<replicaVars, client>>

\* A backup's vote that it accepted (view, seq, digest). The first one a replica sends counts.
RecvPrepare(i, m) ==
  /\ m.type = "Prepare" /\ i \in m.auth
  /\ m.view = view[i] /\ active[i]
  /\ m.replica # Primary(view[i]) /\ m.replica # i
  /\ m.seq \in Open(i)
  /\ slot[i][m.seq].phase \in {"empty", "held", "prePrepared", "voted"}
  /\ slot[i][m.seq].prepares[m.replica] = NoDigest
  /\ Advance(i, m.seq, [slot[i][m.seq] EXCEPT !.prepares[m.replica] = m.digest], {})
  /\ UNCHANGED <<view, active, seqno, queue, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, fastVars, client>>

(***************************************************************************)
(* What 2f + 1 replicas commit to is decided, whatever the primary told    *)
(* this one. It asks for the batch, so that a primary cannot keep a        *)
(* decision from it. It has not voted, and never says that it did.         *)
(***************************************************************************)
Decided(s) ==
  IF FetchDecisions /\ s.phase \in {"empty", "held"}
  THEN {d \in {s.commits[r] : r \in Replicas} \ {NoDigest} : Votes(s.commits, d) >= Quorum}
  ELSE {}

\* A replica's vote that it holds the prepared certificate.
RecvCommit(i, m) ==
  /\ m.type = "Commit" /\ i \in m.auth
  /\ m.view = view[i] /\ active[i]
  /\ m.replica # i
  /\ m.seq \in Open(i)
  /\ slot[i][m.seq].phase \notin Final
  /\ slot[i][m.seq].commits[m.replica] = NoDigest
  /\ LET s == [slot[i][m.seq] EXCEPT !.commits[m.replica] = m.digest]
     IN Advance(i, m.seq, s, {FetchBatch(i, d) : d \in Decided(s)})
  /\ UNCHANGED <<view, active, seqno, queue, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, fastVars, client>>

\* Requests in batch order; one whose timestamp is not new is skipped (at-most-once).
RECURSIVE Apply(_, _)
Apply(state, batch) ==
  IF batch = <<>> THEN state ELSE
  LET r == Head(batch) IN
  IF r.timestamp <= state.table[r.client].timestamp
  THEN Apply(state, Tail(batch))
  ELSE LET result == Result(state.value, Plain(r)) IN
       Apply([value |-> NextValue(state.value, Plain(r)),
              table |-> [state.table EXCEPT ![r.client] =
                           [timestamp |-> r.timestamp, result |-> result]],
              done  |-> Append(state.done, [client |-> r.client, timestamp |-> r.timestamp,
                                            result |-> result])],
             Tail(batch))

(***************************************************************************)
(* Checkpoints (OSDI '99 section 4.3, TOCS section 4.4). A checkpoint is   *)
(* stable when 2f + 1 replicas, the own one among them, vouch for its      *)
(* digest: then the log up to it and the older checkpoints are dropped.    *)
(***************************************************************************)
\* The votes that count above the low watermark h.
VotesFrom(h, votes) ==
  [k \in CheckpointSeqs(h) \cup {k \in DOMAIN votes : k > h + L} |->
     IF k \in DOMAIN votes THEN votes[k] ELSE NoVotes]

\* The window moves up to the checkpoint n.
MoveWindow(i, n, cps, votes) ==
  /\ low' = [low EXCEPT ![i] = n]
  /\ checkpoints' = [checkpoints EXCEPT ![i] = [k \in {k \in DOMAIN cps : k >= n} |-> cps[k]]]
  /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = VotesFrom(n, votes)]
  /\ slot' = [slot EXCEPT ![i] =
       [k \in Window(n) |-> IF k \in DOMAIN slot[i] THEN slot[i][k] ELSE EmptySlot]]
  /\ pset' = [pset EXCEPT ![i] = {e \in pset[i] : e.seq > n}]
  /\ qset' = [qset EXCEPT ![i] = {e \in qset[i] : e.seq > n}]

Stabilise(i, n, cps, votes) ==
  LET stable == /\ n \in DOMAIN cps
                /\ Votes(votes[n], votes[n][i]) >= Quorum
  IN IF stable
     THEN MoveWindow(i, n, cps, votes)
     ELSE /\ checkpoints' = [checkpoints EXCEPT ![i] = cps]
          /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = votes]
          /\ UNCHANGED <<low, slot, pset, qset>>

\* A checkpoint of the state that `executed` has led to, every K-th time, after the replies.
TakeCheckpoint(i, n, v, t, replies) ==
  LET d == StateDigest(n, v, t)
      cps == [k \in DOMAIN checkpoints[i] \cup {n} |->
                IF k = n THEN [value |-> v, table |-> t] ELSE checkpoints[i][k]]
  IN IF n % K = 0
     THEN /\ Stabilise(i, n, cps, [checkpointVotes[i] EXCEPT ![n][i] = d])
          /\ msgs' = msgs \cup replies \cup {Checkpoint(i, n, d)}
     ELSE /\ msgs' = msgs \cup replies
          /\ UNCHANGED <<low, checkpoints, checkpointVotes, slot, pset, qset>>

\* The requests of a batch that were executed and how they are answered.
Answers(i, batch, done) ==
  {LET reply == Reply(i, view[i], done[k].client, done[k].timestamp, done[k].result)
       request == CHOOSE r \in {batch[x] : x \in 1 .. Len(batch)} :
                    r.client = done[k].client /\ r.timestamp = done[k].timestamp
   IN IF "replier" \in DOMAIN request /\ request.replier # i THEN Digested(reply) ELSE reply
   : k \in {k \in 1 .. Len(done) : done[k].client \in Asking}}

\* Nothing is executed before all that comes before it is committed. (MaxTentative is 1 at the most;
\* a larger one shows what breaks.)
LowerCommitted(i, n) == \A u \in undo[i] : n <= u.executed + MaxTentative

Waiting(i, t) == SelectSeq(queue[i], LAMBDA r : r.timestamp > t[r.client].timestamp)

\* What a replica takes along from the view that it is in (TOCS section 4.5, figure 3).
Entry(i, n) == [seq |-> n, digest |-> Digest(slot[i][n].batch), view |-> view[i]]
EntriesAt(i, phases) ==
  {Entry(i, n) : n \in {n \in Window(low[i]) : slot[i][n].phase \in phases}}
\* P: the last thing prepared at each number. Q: per number and digest the last view.
LeavingP(i) == LET now == EntriesAt(i, {"prepared", "committed"}) IN
  now \cup {e \in pset[i] : \A x \in now : x.seq # e.seq}
LeavingQ(i) == LET now == EntriesAt(i, {"prePrepared", "voted", "prepared", "committed"}) IN
  now \cup {e \in qset[i] : \A x \in now : x.seq # e.seq \/ x.digest # e.digest}

(***************************************************************************)
(* What others executed (ours; docs/adr, "what others have executed"). A   *)
(* batch that f + 1 replicas say they executed at a number is committed    *)
(* there: one of them is correct, and the first correct one to say so has  *)
(* a committed certificate. So it may be executed in whatever view the     *)
(* replica is, whatever it voted for there, and while it takes part in     *)
(* none. It is no vote, and nothing of it is in P or Q.                    *)
(***************************************************************************)
Claimed(n, claims) ==
  {d \in {c.digest : c \in claims} :
     Cardinality({c \in claims : c.seq = n /\ c.digest = d}) >= F + 1}
\* Whether i has the batch itself. (What it pre-prepared at n it keeps until n is below its window.)
Holds(i, n, d) ==
  d = NullDigest \/ d \in told[i].batches \/ \E e \in LeavingQ(i) : e.seq = n /\ e.digest = d
\* What is claimed at n, and lacking.
Lacked(i, n, claims) == {d \in Claimed(n, claims) : ~Holds(i, n, d)}

\* The batches, one at the most, that i knows to be committed at n. What it may have executed
\* tentatively there, or may be about to, stands until the view is left.
CommittedAt(i, n) ==
  LET s == slot[i][n]
      known == {d \in Claimed(n, told[i].claims) : Holds(i, n, d)}
  IN IF s.phase \in Final THEN {Digest(s.batch)}
     ELSE IF MaxTentative > 0 /\ s.phase = "prepared" THEN known \cap {Digest(s.batch)}
     ELSE known

\* After a step: `own` is what it has executed for good in it. What is below that, or below the low
\* watermark, is forgotten.
KeepTold(i, own) ==
  told' = IF ~TellCommitted THEN told ELSE
    LET settled == (Settled(i).executed)'
        claims == {c \in told[i].claims : c.seq > settled}
    IN [told EXCEPT ![i] = [own     |-> {c \in @.own \cup own : c.seq > low'[i]},
                            claims  |-> claims,
                            batches |-> {d \in @.batches : \E c \in claims : c.digest = d}]]

\* The next batch, once committed. Every K-th time a checkpoint is taken and announced.
Execute(i) ==
  LET n == executed[i] + 1 IN
  /\ n \in Window(low[i])
  /\ LowerCommitted(i, n)
  /\ \E d \in CommittedAt(i, n) :
     LET batch == IF Digest(slot[i][n].batch) = d THEN slot[i][n].batch ELSE Body(d)
         after == Apply([value |-> value[i], table |-> table[i], done |-> <<>>], batch)
     IN /\ executed' = [executed EXCEPT ![i] = n]
        /\ value' = [value EXCEPT ![i] = after.value]
        /\ table' = [table EXCEPT ![i] = after.table]
        /\ queue' = [queue EXCEPT ![i] = Waiting(i, after.table)]
        /\ recovery' = [recovery EXCEPT ![i] = Placed(i, n, after.table)]
        /\ TakeCheckpoint(i, n, after.value, after.table, Answers(i, batch, after.done))
        /\ UNCHANGED <<view, active, seqno, viewChanges, newView, fetched, undo, reads, heard,
                       client>>
        /\ KeepTold(i, {[seq |-> n, digest |-> d]})

(***************************************************************************)
(* Tentative execution (TOCS section 5.1): the next batch as soon as it is *)
(* prepared, if all before it is committed. It is answered as tentative,   *)
(* and stays in the queue, so that whoever waits for its agreement goes on *)
(* waiting. What is not committed when the view is left is undone.         *)
(***************************************************************************)
ExecuteTentatively(i) ==
  LET n == executed[i] + 1 IN
  /\ MaxTentative > 0
  /\ n \in Window(low[i])
  /\ slot[i][n].phase = "prepared" /\ CommittedAt(i, n) = {}
  /\ LowerCommitted(i, n)
  /\ LET batch == slot[i][n].batch
         after == Apply([value |-> value[i], table |-> table[i], done |-> <<>>], batch)
         before == [executed |-> executed[i], value |-> value[i], table |-> table[i]]
     IN /\ executed' = [executed EXCEPT ![i] = n]
        /\ value' = [value EXCEPT ![i] = after.value]
        /\ table' = [table EXCEPT ![i] = after.table]
        /\ undo' = [undo EXCEPT ![i] = IF @ = {} THEN {before} ELSE @]
        /\ msgs' = msgs \cup {Tentative(m) : m \in Answers(i, batch, after.done)}
  /\ UNCHANGED <<view, active, seqno, queue, slot, low, checkpoints, checkpointVotes, changeVars,
                 reads, recovery, heard, told, client>>

\* What was executed tentatively is committed.
Settle(i) ==
  /\ \E u \in undo[i] : \A n \in u.executed + 1 .. executed[i] :
       n \in Window(low[i]) /\ Digest(slot[i][n].batch) \in CommittedAt(i, n)
  /\ undo' = [undo EXCEPT ![i] = {}]
  /\ queue' = [queue EXCEPT ![i] = Waiting(i, table[i])]
  /\ recovery' = [recovery EXCEPT ![i] = Placed(i, executed[i], table[i])]
  /\ TakeCheckpoint(i, executed[i], value[i], table[i], {})
  /\ UNCHANGED <<view, active, seqno, executed, table, value, viewChanges, newView, fetched, reads,
                 heard, client>>
  /\ KeepTold(i, {[seq |-> n, digest |-> Digest(slot[i][n].batch)] :
                    n \in Settled(i).executed + 1 .. executed[i]})

\* A replica tells what it executed.
SendCommitted(i, n) ==
  /\ TellCommitted
  /\ \E c \in told[i].own :
       c.seq = n /\ msgs' = msgs \cup {ToldCommitted(i, n, c.digest)}
  /\ UNCHANGED <<replicaVars, client>>

\* Another one told. Of each the first word on a number counts. Who lacks the batch asks for it.
RecvCommitted(i, m) ==
  /\ TellCommitted
  /\ m.type = "Committed" /\ i \in m.auth /\ m.replica # i
  /\ m.seq \in Window(low[i]) /\ m.seq > Settled(i).executed
  /\ slot[i][m.seq].phase \notin Final
  /\ \A c \in told[i].claims : ~(c.seq = m.seq /\ c.replica = m.replica)
  /\ LET claim == [seq |-> m.seq, digest |-> m.batch, replica |-> m.replica]
         claims == told[i].claims \cup {claim}
     IN /\ told' = [told EXCEPT ![i].claims = claims]
        /\ msgs' = msgs \cup {FetchBatch(i, d) : d \in {m.batch} \cap Lacked(i, m.seq, claims)}
  /\ UNCHANGED <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, undo, reads, recovery, heard, client>>

(***************************************************************************)
(* Reads without an order (TOCS section 5.1): a replica answers from a     *)
(* state all of which is committed, when it has executed what it had       *)
(* prepared when it was asked, in whatever view, and whatever it has       *)
(* forgotten or taken back since. A write that its client has an answer to *)
(* is prepared at f + 1 correct replicas: so 2f + 1 answers to a later     *)
(* read, all alike, have seen it. (TOCS has no such rule: `after` is 0.)   *)
(* The service says what a read is, not the client: anything else is not   *)
(* answered.                                                               *)
(***************************************************************************)
PreparedAfter(i) ==
  LET settled == IF undo[i] = {} THEN executed[i] ELSE (CHOOSE u \in undo[i] : TRUE).executed
      now == {n \in Window(low[i]) : slot[i][n].phase \in {"prepared", "committed"}}
      ahead == {n \in now \cup {e.seq : e \in pset[i]} : n > settled}
  IN IF HastyReads \/ ahead = {} THEN 0 ELSE Max(ahead)

RecvRead(i, m) ==
  /\ ReadOnly
  /\ m.type = "Read" /\ i \in m.auth
  /\ m.client \in Asking
  /\ m.timestamp > table[i][m.client].timestamp
  /\ \A r \in reads[i] : r.client = m.client => r.timestamp < m.timestamp
  /\ ~IsMute(i)
  /\ reads' = [reads EXCEPT ![i] =
       {r \in @ : r.client # m.client} \cup {With(Plain(m), "after", PreparedAfter(i))}]
  /\ UNCHANGED <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, undo, recovery, heard, told, client, msgs>>

AnswerRead(i, r) ==
  /\ r \in reads[i]
  /\ undo[i] = {} /\ executed[i] >= r.after
  /\ reads' = [reads EXCEPT ![i] = @ \ {r}]
  /\ LET result == Result(value[i], With(Plain(r), "at", i))
         reply == Reply(i, view[i], r.client, r.timestamp, result)
     IN msgs' = IF IsRead(r.op) THEN msgs \cup {OfRead(reply)} ELSE msgs
  /\ UNCHANGED <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, undo, recovery, heard, told, client>>

\* A vote for a checkpoint above the window tells that the others have gone on: of each replica the
\* last one is kept.
NoteAbove(i, m) ==
  LET before == {n \in AboveWindow(i) : checkpointVotes[i][n][m.replica] # NoDigest}
      without(n) == IF n \in before THEN [checkpointVotes[i][n] EXCEPT ![m.replica] = NoDigest]
                    ELSE IF n \in DOMAIN checkpointVotes[i] THEN checkpointVotes[i][n] ELSE NoVotes
      kept == {n \in DOMAIN checkpointVotes[i] : n \in before => without(n) # NoVotes}
  IN /\ i \in CanFetch
     /\ m.seq % K = 0
     /\ \A n \in before : n < m.seq
     /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] =
          [n \in kept \cup {m.seq} |->
             IF n = m.seq THEN [without(n) EXCEPT ![m.replica] = m.digest] ELSE without(n)]]
     /\ UNCHANGED <<low, checkpoints, slot, pset, qset>>

\* A replica's vote for a checkpoint. In the window the first one that a replica sends counts.
RecvCheckpoint(i, m) ==
  /\ m.type = "Checkpoint" /\ i \in m.auth
  /\ m.replica # i
  /\ \/ /\ m.seq \in CheckpointSeqs(low[i])
        /\ checkpointVotes[i][m.seq][m.replica] = NoDigest
        /\ Stabilise(i, m.seq, checkpoints[i],
                     [checkpointVotes[i] EXCEPT ![m.seq][m.replica] = m.digest])
     \/ m.seq > low[i] + L /\ NoteAbove(i, m)
  /\ UNCHANGED <<view, active, seqno, queue, executed, table, value, viewChanges, newView, fetched,
                 undo, reads, recovery, heard, client, msgs>>
  /\ KeepTold(i, {})

-----------------------------------------------------------------------------
(***************************************************************************)
(* View change (TOCS sections 4.5 and 4.5.1, appendix; signed VIEW-CHANGEs *)
(* in place of acknowledgements, see docs/adr). A replica that leaves its  *)
(* view takes along what it prepared and pre-prepared there, as P and Q,   *)
(* and forgets the votes. Timers are free: a safe protocol does not trust  *)
(* them.                                                                   *)
(***************************************************************************)
OwnDigest(i, n) == StateDigest(n, checkpoints[i][n].value, checkpoints[i][n].table)

\* Moves to view v, inactive. What was executed tentatively is undone.
Leave(i, v) ==
  /\ view' = [view EXCEPT ![i] = v]
  /\ active' = [active EXCEPT ![i] = FALSE]
  /\ seqno' = [seqno EXCEPT ![i] = 0]
  /\ slot' = [slot EXCEPT ![i] = [n \in Window(low[i]) |-> EmptySlot]]
  /\ pset' = [pset EXCEPT ![i] = LeavingP(i)]
  /\ qset' = [qset EXCEPT ![i] = LeavingQ(i)]
  /\ executed' = [executed EXCEPT ![i] = Settled(i).executed]
  /\ value' = [value EXCEPT ![i] = Settled(i).value]
  /\ table' = [table EXCEPT ![i] = Settled(i).table]
  /\ undo' = [undo EXCEPT ![i] = {}]
  /\ UNCHANGED <<queue, low, checkpoints, checkpointVotes, reads, recovery, heard, told, client>>

\* Gives up its view for view v and says so; `changes` are the VIEW-CHANGEs that it knows.
Suspect(i, v, changes) ==
  LET held == {[seq |-> n, digest |-> OwnDigest(i, n)] : n \in DOMAIN checkpoints[i]}
      said == ViewChange(i, v, low[i], held, LeavingP(i), LeavingQ(i))
      m == IF recovery[i] = {} THEN said
           ELSE With(said, "incarnation", (CHOOSE r \in recovery[i] : TRUE).incarnation)
  IN /\ Leave(i, v)
     /\ viewChanges' = [viewChanges EXCEPT ![i] =
          {x \in changes : x.replica # i /\ x.view >= v} \cup {m}]
     /\ newView' = [newView EXCEPT ![i] = {}]
     /\ fetched' = [fetched EXCEPT ![i] = {}]
     /\ msgs' = msgs \cup {m}

\* The view-change timer fires.
Timeout(i) ==
  /\ i \in CanTimeout
  /\ view[i] < MaxView /\ ~IsMute(i)
  /\ Suspect(i, view[i] + 1, viewChanges[i])

\* Nothing that was said before a recovery counts at who has heard of it, or executed the request. A
\* signature is good for ever, so of a VIEW-CHANGE its key does not say that. (With KeepVotes only
\* what is executed tells.)
IsFresh(i, m) ==
  Incarnation(m) >= IF KeepVotes THEN Executed(i, m.replica) ELSE LastHeard(i, m.replica)

\* A replica gives up its view. f + 1 that are ahead take it along, to the first of their views.
RecvViewChange(i, m) ==
  /\ m.type = "ViewChange" /\ m.replica # i
  /\ m.view > view[i] \/ (m.view = view[i] /\ ~active[i])
  /\ \A x \in viewChanges[i] : x.replica = m.replica /\ IsFresh(i, x) => x.view < m.view
  /\ ValidViewChange(m) /\ IsFresh(i, m)
  /\ LET changes == {x \in viewChanges[i] : x.replica # m.replica} \cup {m}
         ahead == {x \in changes : x.view > view[i] /\ IsFresh(i, x)}
     IN IF Cardinality(ahead) >= F + 1 /\ ~IsMute(i)
        THEN Suspect(i, CHOOSE v \in {x.view : x \in ahead} : \A x \in ahead : v <= x.view, changes)
        ELSE /\ viewChanges' = [viewChanges EXCEPT ![i] = changes]
             /\ UNCHANGED <<view, active, seqno, queue, slot, executed, table, value, low,
                            checkpoints, checkpointVotes, pset, qset, newView, fetched, fastVars,
                            client, msgs>>

\* The batches that the new view chose and that i does not hold, given its Q. (What it holds of
\* another number it may lose before it enters.)
Missing(i, m, q) ==
  {c.digest : c \in {c \in m.chosen : /\ c.seq > low[i] /\ c.digest # NullDigest
                                      /\ \A e \in q : e.seq # c.seq \/ e.digest # c.digest}}

\* The VIEW-CHANGEs for its view that i goes by.
ChangesOf(i) == {x \in viewChanges[i] : x.view = view[i] /\ IsFresh(i, x)}

\* The primary of the new view decides, once the VIEW-CHANGEs that it has allow it.
SendNewView(i, d) ==
  /\ i = Primary(view[i]) /\ ~active[i] /\ newView[i] = {}
  /\ LET changes == ChangesOf(i)
         m == NewView(i, view[i], changes, d)
     IN /\ d \in Decisions(changes)
        /\ newView' = [newView EXCEPT ![i] = {m}]
        /\ msgs' = msgs \cup {m} \cup {FetchBatch(i, x) : x \in Missing(i, m, qset[i])}
  /\ UNCHANGED <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, pset, qset, viewChanges, fetched, fastVars, client>>

\* A backup checks the decision. A primary that decides badly is left at once.
RecvNewView(i, m) ==
  /\ m.type = "NewView" /\ m.view > 0 /\ m.view >= view[i]
  /\ m.replica = Primary(m.view) /\ m.replica # i
  /\ m.view = view[i] => ~active[i] /\ newView[i] = {}
  /\ IF ValidNewView(m) /\ \A c \in m.changes : IsFresh(i, c)
     THEN /\ Leave(i, m.view)
          /\ newView' = [newView EXCEPT ![i] = {m}]
          /\ viewChanges' = [viewChanges EXCEPT ![i] = {x \in @ : x.view >= m.view}]
          /\ fetched' = [fetched EXCEPT ![i] = {}]
          /\ msgs' = msgs \cup {FetchBatch(i, x) : x \in Missing(i, m, LeavingQ(i))}
     ELSE /\ m.view = view[i]
          /\ Suspect(i, view[i] + 1, viewChanges[i])

\* Who holds a batch gives it.
RecvFetchBatch(i, m) ==
  /\ m.type = "FetchBatch" /\ i \in m.auth /\ m.replica # i
  /\ m.digest \in {e.digest : e \in LeavingQ(i)}
  /\ msgs' = msgs \cup {BatchOf(m.digest)}
  /\ UNCHANGED <<replicaVars, client>>

\* A batch that the new view chose and that was missing, that was decided without i, or that others
\* executed.
RecvBatch(i, m) ==
  /\ m.type = "Batch"
  /\ LET entering == /\ ~active[i]
                     /\ \E x \in newView[i] : m.batch \in Missing(i, x, qset[i]) \ fetched[i]
         at == {n \in Window(low[i]) : active[i] /\ m.batch \in Decided(slot[i][n])}
         taken(s) == [s EXCEPT !.phase = "decided", !.batch = Body(m.batch)]
         claimed == \E n \in Window(low[i]) : m.batch \in Lacked(i, n, told[i].claims)
     \* Said so that TLC computes one successor, also where it is wanted for two reasons.
     IN /\ ~(~entering /\ at = {} /\ ~claimed)
        /\ fetched' = IF entering THEN [fetched EXCEPT ![i] = @ \cup {m.batch}] ELSE fetched
        /\ slot' = [slot EXCEPT ![i] =
             [n \in Window(low[i]) |-> IF n \in at THEN taken(slot[i][n]) ELSE slot[i][n]]]
        /\ told' = IF claimed THEN [told EXCEPT ![i].batches = @ \cup {m.batch}] ELSE told
  /\ UNCHANGED <<view, active, seqno, queue, executed, table, value, low, checkpoints,
                 checkpointVotes, pset, qset, viewChanges, newView, undo, reads, recovery, heard,
                 client, msgs>>

\* A replica that has all that the new view starts from takes part in it. Each chosen batch is
\* pre-prepared there; what was executed before is agreed on again and not executed again.
EnterView(i) == ~active[i] /\ \E m \in newView[i] :
  LET h == m.start.seq
      base == Max({h, low[i]})
      chosen == IF IsMute(i) THEN {} ELSE {c \in m.chosen : c.seq > base}
      vote(d) == IF i = m.replica THEN NoVotes ELSE [NoVotes EXCEPT ![i] = d]
      at(n) == IF \E c \in chosen : c.seq = n
               THEN LET d == (CHOOSE c \in chosen : c.seq = n).digest
                    IN [EmptySlot EXCEPT !.phase = "prePrepared", !.batch = Body(d),
                                         !.prepares = vote(d)]
               ELSE EmptySlot
      assigned(r) == \E c \in chosen : \E k \in 1 .. Len(Body(c.digest)) :
                       c.digest[k].client = r.client /\ c.digest[k].timestamp >= r.timestamp
  IN /\ h > low[i] => h \in DOMAIN checkpoints[i] /\ OwnDigest(i, h) = m.start.digest
     /\ \A c \in chosen : c.seq <= HighAt(i, base)
     /\ Missing(i, m, qset[i]) \subseteq fetched[i]
     /\ active' = [active EXCEPT ![i] = TRUE]
     /\ seqno' = [seqno EXCEPT ![i] =
          IF i = m.replica THEN Max({base} \cup {c.seq : c \in m.chosen}) ELSE 0]
     /\ queue' = [queue EXCEPT ![i] =
          IF i = m.replica THEN SelectSeq(@, LAMBDA r : ~assigned(r)) ELSE @]
     /\ slot' = [slot EXCEPT ![i] = [n \in Window(base) |-> at(n)]]
     /\ low' = [low EXCEPT ![i] = base]
     /\ checkpoints' = [checkpoints EXCEPT ![i] =
          [k \in {k \in DOMAIN checkpoints[i] : k >= base} |-> checkpoints[i][k]]]
     /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = VotesFrom(base, @)]
     /\ pset' = [pset EXCEPT ![i] = {e \in @ : e.seq > base}]
     /\ qset' = [qset EXCEPT ![i] = {e \in @ : e.seq > base}]
     /\ viewChanges' = [viewChanges EXCEPT ![i] = {x \in @ : x.view > view[i]}]
     /\ fetched' = [fetched EXCEPT ![i] = {}]
     /\ msgs' = msgs \cup IF i = m.replica THEN {}
                           ELSE {Prepare(i, view[i], c.seq, c.digest) : c \in chosen}
     /\ UNCHANGED <<view, executed, table, value, newView, undo, reads, recovery, heard, client>>
     /\ KeepTold(i, {})

-----------------------------------------------------------------------------
(***************************************************************************)
(* State transfer (TOCS section 6.2). A replica that lacks a checkpoint    *)
(* fetches the state of it: one that the others have executed and whose    *)
(* messages they may have dropped, or the one from which its new view      *)
(* starts. The digest says whether a state is the right one, so anybody    *)
(* may give it, and one correct replica is enough. The table is a part of  *)
(* it: who has caught up can answer what was executed without it.          *)
(*                                                                         *)
(* A digest is right when one correct replica vouches for it: f + 1 do, as *)
(* in the NEW-VIEW. A window is left behind only for a stable checkpoint:  *)
(* 2f + 1 vouch for it, the replica itself as soon as it holds the state.  *)
(***************************************************************************)
VouchedAt(i, n) ==
  LET votes == checkpointVotes[i][n]
      needed == IF n > High(i) THEN Quorum - 1 ELSE F + 1
  IN {[seq |-> n, digest |-> d] :
        d \in {d \in {votes[r] : r \in Replicas} \ {NoDigest} : Votes(votes, d) >= needed}}
Vouched(i) == UNION {VouchedAt(i, n) : n \in DOMAIN checkpointVotes[i]}
Starting(i) == IF active[i] THEN {} ELSE {m.start : m \in newView[i]}
Wanted(i) ==
  {c \in Vouched(i) \cup Starting(i) : c.seq > Settled(i).executed /\ c.seq % K = 0}

\* A replica asks for the state of a checkpoint that it lacks.
SendFetchState(i, c) ==
  /\ i \in CanFetch
  /\ c \in Wanted(i)
  /\ msgs' = msgs \cup {FetchState(i, c.seq, c.digest)}
  /\ UNCHANGED <<replicaVars, client>>

\* Who holds the checkpoint gives its state.
RecvFetchState(i, m) ==
  /\ m.type = "FetchState" /\ i \in m.auth /\ m.replica # i
  /\ m.seq \in DOMAIN checkpoints[i] /\ OwnDigest(i, m.seq) = m.digest
  /\ msgs' = msgs \cup
       {StateOf(m.seq, checkpoints[i][m.seq].value, checkpoints[i][m.seq].table)}
  /\ UNCHANGED <<replicaVars, client>>

\* The state of a checkpoint that is lacked, by its digest. From here on the replica has executed up
\* to it, and vouches for it like the others.
RecvState(i, m) ==
  /\ m.type = "State"
  /\ LET n == m.seq
         d == StateDigest(n, m.value, m.table)
         cps == [k \in DOMAIN checkpoints[i] \cup {n} |->
                   IF k = n THEN [value |-> m.value, table |-> m.table] ELSE checkpoints[i][k]]
     IN /\ [seq |-> n, digest |-> d] \in Wanted(i)
        /\ executed' = [executed EXCEPT ![i] = n]
        /\ value' = [value EXCEPT ![i] = m.value]
        /\ table' = [table EXCEPT ![i] = m.table]
        /\ queue' = [queue EXCEPT ![i] =
             SelectSeq(queue[i], LAMBDA r : r.timestamp > m.table[r.client].timestamp)]
        /\ seqno' = [seqno EXCEPT ![i] =
             IF active[i] /\ i = Primary(view[i]) THEN Max({@, n}) ELSE @]
        /\ IF n > High(i)
           THEN MoveWindow(i, n, cps, checkpointVotes[i])
           ELSE Stabilise(i, n, cps, [checkpointVotes[i] EXCEPT ![n][i] = d])
        /\ undo' = [undo EXCEPT ![i] = {}]
        /\ recovery' = [recovery EXCEPT ![i] = Placed(i, n, m.table)]
        /\ msgs' = msgs \cup {Checkpoint(i, n, d)}
  /\ UNCHANGED <<view, active, viewChanges, newView, fetched, reads, heard, client>>
  /\ KeepTold(i, {})

-----------------------------------------------------------------------------
(***************************************************************************)
(* Restart: a process stops and comes back with what was on its disk.      *)
(* Everything that a sent message depends on is durable before it leaves:  *)
(* the batch before PRE-PREPARE and PREPARE, the prepared certificate (as  *)
(* a fact) before COMMIT, the checkpoint before CHECKPOINT, P and Q before *)
(* VIEW-CHANGE, and NEW-VIEW before itself. Votes of others come again;    *)
(* the service starts from the last own checkpoint.                        *)
(***************************************************************************)
DurableSlot(i, s) ==
  LET d == Digest(s.batch)
      accepted == s.phase \in {"prePrepared", "voted", "prepared", "committed"}
      prepared == s.phase \in {"prepared", "committed"}
      own(yes) == IF yes THEN [NoVotes EXCEPT ![i] = d] ELSE NoVotes
  IN IF ~accepted THEN EmptySlot
     ELSE [phase |-> IF prepared THEN "prepared" ELSE "prePrepared",
           batch |-> s.batch,
           prepares |-> own(i # Primary(view[i])),
           commits |-> own(prepared)]

\* A process that starts has new keys. (What others voted it has forgotten anyway.)
Unheard(i, n, s) ==
  IF Rekeys # {} /\ ~KeepVotes /\ s.phase = "prePrepared" /\ i # Primary(view[i]) /\ ~IsChosen(i, n)
  THEN [s EXCEPT !.phase = "voted"] ELSE s

FromDisk(i) ==
  LET n == Max(DOMAIN checkpoints[i])
      own(k) == IF k \in DOMAIN checkpoints[i]
                THEN [NoVotes EXCEPT ![i] =
                        StateDigest(k, checkpoints[i][k].value, checkpoints[i][k].table)]
                ELSE NoVotes
  IN /\ queue' = [queue EXCEPT ![i] = <<>>]
     /\ slot' = [slot EXCEPT ![i] =
          [k \in Window(low[i]) |-> Unheard(i, k, DurableSlot(i, slot[i][k]))]]
     /\ executed' = [executed EXCEPT ![i] = n]
     /\ value' = [value EXCEPT ![i] = checkpoints[i][n].value]
     /\ table' = [table EXCEPT ![i] = checkpoints[i][n].table]
     /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = [k \in CheckpointSeqs(low[i]) |-> own(k)]]
     /\ viewChanges' = [viewChanges EXCEPT ![i] = {m \in viewChanges[i] : m.replica = i}]
     /\ fetched' = [fetched EXCEPT ![i] = {}]
     /\ undo' = [undo EXCEPT ![i] = {}]
     /\ reads' = [reads EXCEPT ![i] = {}]
     /\ told' = [told EXCEPT ![i] = NothingTold]
     /\ UNCHANGED <<view, active, seqno, low, checkpoints, pset, qset, newView, client>>

Restart(i) ==
  /\ i \in CanRestart
  /\ FromDisk(i)
  /\ recovery' = [recovery EXCEPT ![i] =
       {IF HasDisk(r) THEN [r EXCEPT !.told = NobodyTold] ELSE r : r \in @}]
  /\ UNCHANGED <<heard, msgs>>

(***************************************************************************)
(* Rejoin: a replica lost its disk, and comes back as incarnation k.       *)
(***************************************************************************)
Rejoin(i, k) ==
  /\ <<i, k>> \in Rejoins
  /\ \A r \in recovery[i] : r.incarnation < k
  /\ view' = [view EXCEPT ![i] = 0]
  /\ active' = [active EXCEPT ![i] = TRUE]
  /\ pset' = [pset EXCEPT ![i] = {}]
  /\ qset' = [qset EXCEPT ![i] = {}]
  /\ viewChanges' = [viewChanges EXCEPT ![i] = {}]
  /\ newView' = [newView EXCEPT ![i] = {}]
  /\ fetched' = [fetched EXCEPT ![i] = {}]
  /\ undo' = [undo EXCEPT ![i] = {}]
  /\ reads' = [reads EXCEPT ![i] = {}]
  /\ told' = [told EXCEPT ![i] = NothingTold]
  /\ seqno' = [seqno EXCEPT ![i] = 0]
  /\ queue' = [queue EXCEPT ![i] = <<>>]
  /\ slot' = [slot EXCEPT ![i] = [n \in Window(0) |-> EmptySlot]]
  /\ executed' = [executed EXCEPT ![i] = 0]
  /\ table' = [table EXCEPT ![i] = InitialTable]
  /\ value' = [value EXCEPT ![i] = InitialValue]
  /\ low' = [low EXCEPT ![i] = 0]
  /\ checkpoints' = [checkpoints EXCEPT ![i] = [n \in {0} |-> InitialCheckpoint]]
  /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = NoCheckpointVotes(0)]
  /\ recovery' = [recovery EXCEPT ![i] = {[incarnation |-> k, point |-> {}]}]
  /\ heard' = [heard EXCEPT ![i] = {}]
  /\ msgs' = msgs \cup {Request(Recoverer(i), k, "recover", Replicas)}
  /\ UNCHANGED client

(***************************************************************************)
(* Recovery with the disk (TOCS section 5). The replica restarts as        *)
(* incarnation k and asks the others how far they are. From their answers, *)
(* of each the least checkpoint and the highest number prepared, and from  *)
(* its own disk, it takes a checkpoint that 2f others do not exceed: so no *)
(* stable one of a correct replica lies above it; and that f others have   *)
(* prepared: so a liar does not stretch it. A full log above it is the     *)
(* bound. Then it asks to be taken back, like who lost its disk.           *)
(***************************************************************************)
LastCheckpoint(i) == Max(DOMAIN checkpoints[i])
LastPrepared(i) ==
  Max({executed[i]} \cup {e.seq : e \in pset[i]} \cup
      {n \in Window(low[i]) : slot[i][n].phase \in {"prepared", "committed", "decided"}})

Recover(i, k) ==
  /\ <<i, k>> \in Recoveries
  /\ \A r \in recovery[i] : r.incarnation < k
  /\ \A r \in recovery[i] : HasDisk(r) \/ ~IsMute(i)
  /\ \A n \in DOMAIN checkpoints[i] : checkpoints[i][n].table[Recoverer(i)].timestamp < k
  /\ FromDisk(i)
  /\ recovery' = [recovery EXCEPT ![i] =
       {[incarnation |-> k, point |-> {}, bound |-> {}, told |-> NobodyTold]}]
  /\ heard' = [heard EXCEPT ![i] = {}]
  /\ msgs' = msgs \cup {QueryStable(i, k)}

\* Who takes part tells how far it is.
RecvQueryStable(i, m) ==
  /\ m.type = "QueryStable" /\ i \in m.auth /\ m.replica # i
  /\ ~IsMute(i)
  /\ msgs' = msgs \cup
       {ReplyStable(i, m.replica, m.incarnation, LastCheckpoint(i), LastPrepared(i))}
  /\ UNCHANGED <<replicaVars, client>>

\* The checkpoints that the answers, at most one of each replica, allow to build on.
Estimates(answers) ==
  LET known == {k \in Replicas : answers[k] # {}}
      below(c, j) == {k \in known \ {j} : \A x \in answers[k] : x.checkpoint <= c}
      above(c, j) == {k \in known \ {j} : \A x \in answers[k] : x.prepared >= c}
  IN UNION {{x.checkpoint : x \in {x \in answers[j] :
                /\ Cardinality(below(x.checkpoint, j)) >= Quorum - 1
                /\ Cardinality(above(x.checkpoint, j)) >= F}} : j \in known}

RecvReplyStable(i, m) ==
  /\ m.type = "ReplyStable" /\ i \in m.auth /\ m.replica # i /\ m.recovering = i
  /\ m.checkpoint % K = 0
  /\ \E r \in recovery[i] :
       /\ HasDisk(r) /\ r.bound = {} /\ r.incarnation = m.incarnation
       /\ LET old == r.told[m.replica]
              new == [checkpoint |-> Min({m.checkpoint} \cup {x.checkpoint : x \in old}),
                      prepared |-> Max({m.prepared} \cup {x.prepared : x \in old})]
              answers == [r.told EXCEPT ![m.replica] = {new}]
              own == [checkpoint |-> LastCheckpoint(i), prepared |-> LastPrepared(i)]
              fit == Estimates([answers EXCEPT ![i] = {own}])
          IN /\ {new} # old
             /\ IF fit = {}
                THEN /\ recovery' = [recovery EXCEPT ![i] = {[r EXCEPT !.told = answers]}]
                     /\ UNCHANGED msgs
                ELSE /\ recovery' = [recovery EXCEPT ![i] =
                          {[r EXCEPT !.bound = {Min(fit) + L}, !.told = NobodyTold]}]
                     /\ msgs' = msgs \cup
                          {Request(Recoverer(i), r.incarnation, "recover", Replicas)}
  /\ UNCHANGED <<view, active, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes, changeVars, undo, reads, heard, told, client>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Keys (TOCS section 4.2). The key under which i hears j is a new one.    *)
(* What j said under the one before stays where it completed a             *)
(* certificate; elsewhere i forgets it, and j says it again. So all votes  *)
(* of a certificate came under keys that were good when it was complete,   *)
(* and no more than f of these were in wrong hands: whoever had j's old    *)
(* key, before j was recovered, and whoever has another's new one, do not  *)
(* add up. i's own votes stay said. Where j is the primary, i has voted    *)
(* for what it may not have said; i waits to hear it again, and takes      *)
(* nothing else there. VIEW-CHANGE and NEW-VIEW are signed, under no such  *)
(* key: see IsFresh.                                                       *)
(***************************************************************************)
WithoutVotes(i, j, n) ==
  LET s == slot[i][n]
      leads == j = Primary(view[i])
      phase == CASE leads /\ s.phase = "held" -> "empty"
                 [] leads /\ s.phase = "prePrepared" /\ ~IsChosen(i, n) -> "voted"
                 [] OTHER -> s.phase
  IN IF s.phase \in Final \/ Decided(s) # {} THEN s
     ELSE [phase    |-> phase,
           batch    |-> IF phase = "empty" THEN NoBatch ELSE s.batch,
           prepares |-> IF s.phase = "prepared" THEN s.prepares
                        ELSE [s.prepares EXCEPT ![j] = NoDigest],
           commits  |-> [s.commits EXCEPT ![j] = NoDigest]]

ChangeKey(i, j) ==
  /\ <<i, j>> \in Rekeys
  /\ msgs' = msgs \cup {NewKey(i, j)}
  /\ IF KeepVotes THEN UNCHANGED <<slot, checkpointVotes, told, recovery>>
     ELSE LET votes == [n \in DOMAIN checkpointVotes[i] |->
                          [checkpointVotes[i][n] EXCEPT ![j] = NoDigest]]
              claims == {c \in told[i].claims :
                           c.replica # j \/ Claimed(c.seq, told[i].claims) # {}}
          IN /\ slot' = [slot EXCEPT ![i] = [n \in Window(low[i]) |-> WithoutVotes(i, j, n)]]
             /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] =
                  [n \in {n \in DOMAIN votes : n <= low[i] + L \/ votes[n] # NoVotes} |-> votes[n]]]
             /\ told' = [told EXCEPT ![i].claims = claims,
                  ![i].batches = {d \in @ : \E c \in claims : c.digest = d}]
             /\ recovery' = [recovery EXCEPT ![i] =
                  {IF HasDisk(r) THEN [r EXCEPT !.told[j] = {}] ELSE r : r \in @}]
  /\ UNCHANGED <<view, active, seqno, queue, executed, table, value, low, checkpoints, changeVars,
                 undo, reads, heard, client>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The actions by their receivers, so that TLC reports each by its name.   *)
(***************************************************************************)
AnyClientRecvReply(c) == \E m \in Deliverable("Reply") : ClientRecvReply(c, m)
AnyRecvRequest(i)     == \E m \in Deliverable("Request") : RecvRequest(i, m)
AnySendPrePrepare(i)  == \E k \in 0 .. Len(queue[i]), head \in HeadsOf(i) \cup {<<>>} :
                           SendPrePrepare(i, head, SubSeq(queue[i], 1, k))
AnyRecvPrePrepare(i)  == \E m \in DeliverableTo(i, "PrePrepare") : RecvPrePrepare(i, m)
AnyRecvFetchPrePrepare(i) == \E m \in Deliverable("FetchPrePrepare") : RecvFetchPrePrepare(i, m)
AnyRecvPrepare(i)     == \E m \in DeliverableTo(i, "Prepare") : RecvPrepare(i, m)
AnyRecvCommit(i)      == \E m \in DeliverableTo(i, "Commit") : RecvCommit(i, m)
AnySendCommitted(i)   == \E n \in Window(low[i]) : SendCommitted(i, n)
AnyRecvCommitted(i)   == \E m \in DeliverableTo(i, "Committed") : RecvCommitted(i, m)
AnyRecvRead(i)        == \E m \in Deliverable("Read") : RecvRead(i, m)
AnyAnswerRead(i)      == \E r \in reads[i] : AnswerRead(i, r)
AnyRecvCheckpoint(i)  == \E m \in DeliverableTo(i, "Checkpoint") : RecvCheckpoint(i, m)
AnyRecvViewChange(i)  == \E m \in DeliverableTo(i, "ViewChange") : RecvViewChange(i, m)
AnySendNewView(i)     ==
  \E d \in Decisions(ChangesOf(i)) : SendNewView(i, d)
AnyRecvNewView(i)     == \E m \in NewViewsTo(i) : RecvNewView(i, m)
AnyRecvFetchBatch(i)  == \E m \in Deliverable("FetchBatch") : RecvFetchBatch(i, m)
AnyRecvBatch(i)       == \E m \in Deliverable("Batch") : RecvBatch(i, m)
AnySendFetchState(i)  == \E c \in Wanted(i) : SendFetchState(i, c)
AnyRecvFetchState(i)  == \E m \in Deliverable("FetchState") : RecvFetchState(i, m)
AnyRecvState(i)       == \E m \in Deliverable("State") : RecvState(i, m)
AnyRejoin(i)          == \E k \in {r[2] : r \in Rejoins} : Rejoin(i, k)
AnyRecover(i)         == \E k \in {r[2] : r \in Recoveries} : Recover(i, k)
AnyChangeKey(i)       == \E j \in {r[2] : r \in Rekeys} : ChangeKey(i, j)
AnyRecvQueryStable(i) == \E m \in Deliverable("QueryStable") : RecvQueryStable(i, m)
AnyRecvReplyStable(i) == \E m \in DeliverableTo(i, "ReplyStable") : RecvReplyStable(i, m)

\* Who does what the protocol says. (A liar that is not recovered yet does not.)
Following == {i \in Correct : i \in DOMAIN FalseDisks => recovery[i] # {}}

Next ==
  \/ \E c \in Clients : ClientSubmit(c)
  \/ \E c \in Clients : ClientTimeout(c)
  \/ \E c \in Clients : AnyClientRecvReply(c)
  \/ \E i \in Following : AnyRecvRequest(i)
  \/ \E i \in Following : AnySendPrePrepare(i)
  \/ \E i \in Following : AnyRecvPrePrepare(i)
  \/ \E i \in Following : AnyRecvFetchPrePrepare(i)
  \/ \E i \in Following : AnyRecvPrepare(i)
  \/ \E i \in Following : AnyRecvCommit(i)
  \/ \E i \in Following : Execute(i)
  \/ \E i \in Following : ExecuteTentatively(i)
  \/ \E i \in Following : Settle(i)
  \/ \E i \in Following : AnySendCommitted(i)
  \/ \E i \in Following : AnyRecvCommitted(i)
  \/ \E i \in Following : AnyRecvRead(i)
  \/ \E i \in Following : AnyAnswerRead(i)
  \/ \E i \in Following : AnyRecvCheckpoint(i)
  \/ \E i \in Following : Timeout(i)
  \/ \E i \in Following : AnyRecvViewChange(i)
  \/ \E i \in Following : AnySendNewView(i)
  \/ \E i \in Following : AnyRecvNewView(i)
  \/ \E i \in Following : AnyRecvFetchBatch(i)
  \/ \E i \in Following : AnyRecvBatch(i)
  \/ \E i \in Following : EnterView(i)
  \/ \E i \in Following : AnySendFetchState(i)
  \/ \E i \in Following : AnyRecvFetchState(i)
  \/ \E i \in Following : AnyRecvState(i)
  \/ \E i \in Following : Restart(i)
  \/ \E i \in Correct : AnyRejoin(i)
  \/ \E i \in Correct : AnyRecover(i)
  \/ \E i \in Following : AnyChangeKey(i)
  \/ \E i \in Following : AnyRecvQueryStable(i)
  \/ \E i \in Following : AnyRecvReplyStable(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(***************************************************************************)
(* Safety. Each in words in spec/properties.md. `value` is read as the     *)
(* sequence of executed requests, which is how the models instantiate it.  *)
(***************************************************************************)
Committed(i, n) == n \in Window(low[i]) /\ slot[i][n].phase \in Final
Prepared(i, n)  == n \in Window(low[i]) /\ slot[i][n].phase \in {"prepared", "committed"}
IsPrefix(s, t)  == Len(s) <= Len(t) /\ \A k \in 1 .. Len(s) : s[k] = t[k]

\* S1: no two correct replicas commit different batches at one sequence number.
Agreement == \A i, j \in Correct : \A n \in Window(low[i]) \cap Window(low[j]) :
  Committed(i, n) /\ Committed(j, n) => Digest(slot[i][n].batch) = Digest(slot[j][n].batch)

\* S2: nor prepare them in one view.
PreparedUnique == \A i, j \in Correct : \A n \in Window(low[i]) \cap Window(low[j]) :
  Prepared(i, n) /\ Prepared(j, n) /\ view[i] = view[j] =>
    Digest(slot[i][n].batch) = Digest(slot[j][n].batch)

\* S3: what one correct replica committed, f + 1 correct ones have prepared or checkpointed. (Who
\* lost its disk may have, and says nothing before its low watermark is beyond it.)
PreparedOnce(j, n, d) ==
  \/ Prepared(j, n) /\ Digest(slot[j][n].batch) = d
  \/ \E e \in pset[j] : e.seq = n /\ e.digest = d
CommitSupport == \A i \in Correct : \A n \in Window(low[i]) : Committed(i, n) =>
  Cardinality({j \in Correct :
    \/ low[j] >= n \/ IsMute(j)
    \/ PreparedOnce(j, n, Digest(slot[i][n].batch))}) >= Quorum - F

\* S4: what may be committed in a view is all that correct replicas say of it in later views.
CarryOver == \A c \in msgs : c.type = "Commit" /\
  Cardinality(Byzantine \cup {x.replica : x \in {x \in msgs : x.type = "Commit" /\ x.view = c.view
    /\ x.seq = c.seq /\ x.digest = c.digest}}) >= Quorum =>
  \A m \in msgs : m.type \in {"PrePrepare", "Prepare"} /\ m.view > c.view /\ m.seq = c.seq =>
    c.digest = DigestIn(m)

\* In one view correct replicas commit to one batch at each sequence number.
CommitUnique == \A a, b \in msgs :
  a.type = "Commit" /\ b.type = "Commit" /\ a.view = b.view /\ a.seq = b.seq => a.digest = b.digest

\* S3, of what was executed: f + 1 correct replicas have prepared or checkpointed all that one of
\* them takes for committed, in whatever view it was. (Who takes a state over may have been told
\* something else than what it covers; so may who believes others, but it knows what they told.)
TakenAt(i, n) ==
  IF TellCommitted THEN {c.digest : c \in {c \in told[i].own : c.seq = n}}
  ELSE IF active[i] /\ slot[i][n].phase # "empty" THEN {Digest(slot[i][n].batch)} ELSE {}
SettledSupport == \A i \in Correct \ CanFetch : \A n \in low[i] + 1 .. Settled(i).executed :
  \A d \in TakenAt(i, n) :
    Cardinality({j \in Correct :
      low[j] >= n \/ IsMute(j) \/ PreparedOnce(j, n, d)}) >= Quorum - F

\* S1, of what is told: no two correct replicas tell of different batches at one sequence number.
TellsAgree == \A a, b \in msgs :
  a.type = "Committed" /\ b.type = "Committed" /\ a.seq = b.seq => a.batch = b.batch

\* S1, of what was executed: no other batch than another correct replica executed, or committed,
\* there.
ExecutedAlike == \A i, j \in Correct : \A c \in told[i].own :
  /\ \A e \in told[j].own : c.seq = e.seq => c.digest = e.digest
  /\ Committed(j, c.seq) => Digest(slot[j][c.seq].batch) = c.digest

\* S6: executions are prefixes of each other, but for what may be undone.
ExecutionPrefix == \A i, j \in Correct :
  LET a == Settled(i).value
      b == Settled(j).value
  IN IsPrefix(a, b) \/ IsPrefix(b, a)

\* S6: a client's requests are executed once each, in the order of their timestamps.
AtMostOnce == \A i \in Correct : \A a, b \in 1 .. Len(value[i]) :
  a < b /\ value[i][a].client = value[i][b].client => value[i][a].timestamp < value[i][b].timestamp

\* Nothing is executed for a correct client that it did not ask for.
Validity == \A i \in Correct : \A a \in 1 .. Len(value[i]) :
  value[i][a].client \in Clients => Sent(value[i][a])

\* What takes effect of Clock was proposed, and acceptable to a correct replica.
Judged(r) == \E m \in Deliverable("PrePrepare") : \E k \in 1 .. Len(m.batch) :
  ~IsNamed(m.batch[k]) /\ Plain(m.batch[k]) = r /\ m.batch[k].auth \cap Correct # {}
ProposalsJudged == \A i \in Correct : \A a \in 1 .. Len(value[i]) :
  value[i][a].client \in Clock => Judged(value[i][a])

\* S7: checkpoints at one sequence number are equal.
CheckpointAgreement == \A i, j \in Correct :
  \A n \in DOMAIN checkpoints[i] \cap DOMAIN checkpoints[j] :
    checkpoints[i][n] = checkpoints[j][n]

\* S8: nothing is sent above the high watermark of its sender. (Who lost its disk may have sent more
\* than it knows of now, but nothing beyond where it votes again.)
Watermarks == \A m \in msgs :
  m.type \in {"PrePrepare", "Prepare", "Commit", "Checkpoint"} =>
    m.seq <= low[m.replica] + L \/ IsMute(m.replica)

\* Who is recovered has sent nothing above its bound before a checkpoint there is stable: neither
\* since, nor, as it was correct, before. And no liar stretches the bound: somebody correct has come
\* as far as what it is built on.
RecoveryBound == \A m \in msgs :
  m.type \in {"PrePrepare", "Prepare", "Commit", "Checkpoint"} =>
    \A r \in recovery[m.replica] : HasDisk(r) =>
      \A b \in r.bound : low[m.replica] < b => m.seq <= b
EstimateHonest == \A i \in Correct : \A r \in recovery[i] : HasDisk(r) =>
  \A b \in r.bound : \E j \in Correct : LastPrepared(j) + L >= b

\* Who lied at first, once it is recovered: clients asked for all that it holds and executed, and
\* who executed as much knows as which incarnation it is back.
IsRecovered(i) == \E r \in recovery[i] : \E p \in r.point : low[i] >= p
NothingFalse == \A i \in DOMAIN FalseDisks : IsRecovered(i) =>
  /\ \A a \in 1 .. Len(value[i]) : value[i][a].client \in Clients => Sent(value[i][a])
  /\ \A e \in LeavingP(i) \cup LeavingQ(i) : e.digest = NullDigest \/
       \A k \in 1 .. Len(e.digest) : e.digest[k].client \in Clients => Sent(e.digest[k])
  /\ \A r \in recovery[i] : Executed(i, i) >= r.incarnation

\* S10: an accepted result is the result of the one execution of that request. (What was read
\* without an order has no execution, see FreshReads.)
ClientResult == \A c \in Clients : \A i \in Correct : \A a \in 1 .. Len(Settled(i).value) :
  LET v == Settled(i).value IN
  client[c].op = NoOp /\ v[a].client = c /\ v[a].timestamp = client[c].timestamp =>
    client[c].result = Result(SubSeq(v, 1, a - 1), v[a])

\* S11: what a strong quorum answered as tentative in one view is what is executed for good.
TentativeStays == \A m \in msgs : m.type = "Reply" /\ "tentative" \in DOMAIN m =>
  LET same == {x.replica : x \in {x \in msgs :
                 /\ x.type = "Reply" /\ "tentative" \in DOMAIN x /\ x.view = m.view
                 /\ x.client = m.client /\ x.timestamp = m.timestamp
                 /\ DigestOf(AnswerOf(x)) = DigestOf(AnswerOf(m))}}
  IN Cardinality(Byzantine \cup same) >= Quorum =>
     \A i \in Correct : \A a \in 1 .. Len(Settled(i).value) :
       LET v == Settled(i).value IN
       v[a].client = m.client /\ v[a].timestamp = m.timestamp =>
         ResultDigest(Result(SubSeq(v, 1, a - 1), v[a])) = DigestOf(AnswerOf(m))

\* Nor is anything undone that was answered for good. (A restart executes it again.)
FinalReply(m) == m.type = "Reply" /\ "tentative" \notin DOMAIN m /\ "readOnly" \notin DOMAIN m
FinalStays == \A m \in msgs :
  FinalReply(m) /\ m.replica \notin CanRestart /\ recovery[m.replica] = {} =>
  m.timestamp <= Settled(m.replica).table[m.client].timestamp

\* S12: what a client reads is no answer of a state from before its own earlier requests.
FreshReads == \A c \in Clients : \A i \in Correct :
  LET t == client[c].timestamp
      v == Settled(i).value
      mine == {a \in 1 .. Len(v) : v[a].client = c /\ v[a].timestamp < t}
      request == [client |-> c, timestamp |-> t, op |-> ClientOps[c][t]]
  IN client[c].op = NoOp /\ t > 0 /\ ReadOnly /\ IsRead(ClientOps[c][t]) /\ mine # {} =>
       \A k \in 0 .. Max(mine) - 1 : client[c].result # Result(SubSeq(v, 1, k), request)

\* A sent vote stays true: it is in the sender's durable state, as it is or as an entry of P and Q,
\* or below its stable checkpoint.
SentIsDurable == \A m \in msgs :
  /\ m.type \in {"PrePrepare", "Prepare", "Commit"} /\ m.seq > low[m.replica]
     /\ ~IsMute(m.replica) =>
       LET i == m.replica
           d == DigestIn(m)
       IN IF active[i] /\ m.view = view[i]
          THEN LET s == DurableSlot(i, slot[i][m.seq]) IN
               /\ s.phase # "empty" /\ Digest(s.batch) = d
               /\ m.type = "Commit" => s.phase = "prepared"
          ELSE /\ \E e \in qset[i] : e.seq = m.seq /\ e.digest = d /\ e.view >= m.view
               /\ m.type = "Commit" => \E e \in pset[i] :
                    /\ e.seq = m.seq /\ e.view >= m.view
                    /\ e.view = m.view => e.digest = d
  /\ m.type = "Checkpoint" /\ m.seq > low[m.replica] /\ ~IsMute(m.replica) =>
       m.seq \in DOMAIN checkpoints[m.replica]

\* A correct replica says one thing of one sequence number in a view, and of a view.
NoEquivocation == \A a, b \in msgs :
  /\ a.type = b.type /\ a.type \in {"Prepare", "Commit"} /\ a.replica = b.replica
     /\ a.seq = b.seq /\ a.view = b.view => a.digest = b.digest
  /\ a.type = "Checkpoint" /\ b.type = "Checkpoint" /\ a.replica = b.replica /\ a.seq = b.seq =>
       a.digest = b.digest
  /\ a.type = b.type /\ a.type \in {"ViewChange", "NewView"} /\ a.replica = b.replica
     /\ a.view = b.view /\ Incarnation(a) = Incarnation(b) => a = b
  /\ a.type = "NewView" /\ b.type = "PrePrepare" /\ a.replica = b.replica /\ a.view = b.view =>
       \A c \in a.chosen : c.seq # b.seq

\* What every correct replica says together always lets a new primary decide.
CanDecide == \A v \in 1 .. MaxView :
  LET S == {m \in msgs : m.type = "ViewChange" /\ m.view = v} IN
  Cardinality(S) = Cardinality(Correct) => Decisions(S) # {}
=============================================================================
