-------------------------------- MODULE Pbft --------------------------------
(***************************************************************************)
(* Practical Byzantine Fault Tolerance, message by message: the normal     *)
(* case with batches, at-most-once execution, checkpoints, watermarks,     *)
(* garbage collection and restart from durable state.                      *)
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

\* A request as a client signed it; `auth`: the replicas at which its authenticator verifies.
Signed(m) == [client |-> m.client, timestamp |-> m.timestamp, op |-> m.op, auth |-> m.auth]
Plain(r)  == [client |-> r.client, timestamp |-> r.timestamp, op |-> r.op]
Digest(batch) == [k \in 1 .. Len(batch) |-> Plain(batch[k])]

(***************************************************************************)
(* Messages. `auth` of a replica's message is the set of receivers at      *)
(* which its authenticator verifies: a correct sender's is everyone.       *)
(***************************************************************************)
Request(c, t, op, to) ==
  [type |-> "Request", client |-> c, timestamp |-> t, op |-> op, auth |-> Replicas, to |-> to]
PrePrepare(i, v, n, batch) ==
  [type |-> "PrePrepare", view |-> v, seq |-> n, batch |-> batch, replica |-> i, auth |-> Replicas]
Prepare(i, v, n, d) ==
  [type |-> "Prepare", view |-> v, seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
Commit(i, v, n, d) ==
  [type |-> "Commit", view |-> v, seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
Checkpoint(i, n, d) ==
  [type |-> "Checkpoint", seq |-> n, digest |-> d, replica |-> i, auth |-> Replicas]
Reply(i, v, c, t, r) ==
  [type |-> "Reply", view |-> v, client |-> c, timestamp |-> t, replica |-> i, result |-> r]

-----------------------------------------------------------------------------
(***************************************************************************)
(* State. Each variable of a replica is a function of the correct          *)
(* replicas; "durable" variables survive a restart.                        *)
(***************************************************************************)
VARIABLES
  view,             \* durable: the view a replica is in
  seqno,            \* durable: the last sequence number a primary assigned
  queue,            \* volatile: authentic requests waiting, in order of arrival
  slot,             \* the log: per sequence number in the window, see Slots
  executed,         \* the last sequence number executed; back to the last checkpoint by a restart
  table,            \* per client the last executed timestamp and its result (at-most-once)
  value,            \* state of the service
  low,              \* durable: the low watermark, sequence number of the last stable checkpoint
  checkpoints,      \* durable: own checkpoints not below low, by sequence number
  checkpointVotes,  \* volatile but for the own: per checkpoint sequence number, digests by replica
  client,           \* per correct client: what it waits for
  msgs              \* every message a correct process has sent

replicaVars == <<view, seqno, queue, slot, executed, table, value, low, checkpoints,
                 checkpointVotes>>
vars == <<view, seqno, queue, slot, executed, table, value, low, checkpoints, checkpointVotes,
          client, msgs>>

Max(S) == CHOOSE x \in S : \A y \in S : y <= x
Window(h) == h + 1 .. h + L
CheckpointSeqs(h) == {n \in Window(h) : n % K = 0}
IsDigest(d) == d = NoDigest \/ \A k \in 1 .. Len(d) : d[k].timestamp \in Nat

\* view: a replica's view. Constant until a view change.
ViewTypeOK == \A i \in Correct : view[i] \in Nat

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
(*        "prepared"     prepared certificate complete; the COMMIT is sent *)
(*        "committed"    committed certificate complete                    *)
(* Durable: phase (up to prepared), batch, own votes.                      *)
(***************************************************************************)
Phases == {"empty", "held", "prePrepared", "prepared", "committed"}
NoVotes == [r \in Replicas |-> NoDigest]
EmptySlot == [phase |-> "empty", batch |-> NoBatch, prepares |-> NoVotes, commits |-> NoVotes]
SlotTypeOK == \A i \in Correct :
  /\ DOMAIN slot[i] = Window(low[i])
  /\ \A n \in Window(low[i]) : LET s == slot[i][n] IN
       /\ s.phase \in Phases
       /\ (s.phase = "empty") <=> (s.batch = NoBatch)
       /\ DOMAIN s.prepares = Replicas /\ DOMAIN s.commits = Replicas

\* executed: never outside what the log and the checkpoints can explain.
ExecutedTypeOK == \A i \in Correct : low[i] <= executed[i] /\ executed[i] <= low[i] + L

\* table: timestamps never decrease but by a restart.
NoEntry == [timestamp |-> 0, result |-> NoResult]
TableTypeOK == \A i \in Correct : \A c \in AllClients : table[i][c].timestamp \in Nat

\* low: a multiple of the checkpoint interval.
LowTypeOK == \A i \in Correct : low[i] % K = 0

\* checkpoints: the stable one is always there, the rest are above it.
CheckpointsTypeOK == \A i \in Correct :
  /\ low[i] \in DOMAIN checkpoints[i]
  /\ \A n \in DOMAIN checkpoints[i] : n >= low[i] /\ n % K = 0 /\ n <= low[i] + L

CheckpointVotesTypeOK == \A i \in Correct : DOMAIN checkpointVotes[i] = CheckpointSeqs(low[i])

\* client: `op` is NoOp when nothing is awaited; `result` is the last one accepted.
NoOp == "none"
ClientTypeOK == \A c \in Clients :
  /\ client[c].timestamp \in 0 .. Len(ClientOps[c])
  /\ client[c].op = NoOp => \A r \in Replicas : client[c].replies[r] = NoResult

MessageTypes == {"Request", "PrePrepare", "Prepare", "Commit", "Checkpoint", "Reply"}
MsgsTypeOK == \A m \in msgs : m.type \in MessageTypes

TypeOK == /\ ViewTypeOK /\ SeqnoTypeOK /\ QueueTypeOK /\ SlotTypeOK /\ ExecutedTypeOK
          /\ TableTypeOK /\ LowTypeOK /\ CheckpointsTypeOK /\ CheckpointVotesTypeOK
          /\ ClientTypeOK /\ MsgsTypeOK

CONSTANT InitialValue
InitialTable == [c \in AllClients |-> NoEntry]
InitialCheckpoint == [value |-> InitialValue, table |-> InitialTable]
NoCheckpointVotes(h) == [n \in CheckpointSeqs(h) |-> NoVotes]

Init ==
  /\ view = [i \in Correct |-> 0]
  /\ seqno = [i \in Correct |-> 0]
  /\ queue = [i \in Correct |-> <<>>]
  /\ slot = [i \in Correct |-> [n \in Window(0) |-> EmptySlot]]
  /\ executed = [i \in Correct |-> 0]
  /\ table = [i \in Correct |-> InitialTable]
  /\ value = [i \in Correct |-> InitialValue]
  /\ low = [i \in Correct |-> 0]
  /\ checkpoints = [i \in Correct |-> [n \in {0} |-> InitialCheckpoint]]
  /\ checkpointVotes = [i \in Correct |-> NoCheckpointVotes(0)]
  /\ client = [c \in Clients |-> [timestamp |-> 0, op |-> NoOp, toAll |-> FALSE,
                                  replies |-> [r \in Replicas |-> NoResult],
                                  result |-> NoResult]]
  /\ msgs = {}

(***************************************************************************)
(* What may arrive: everything sent, and what Byzantine processes could    *)
(* have built. A Byzantine primary can put a correct client's request into *)
(* a batch at any time, but its authenticator verifies somewhere only      *)
(* after that client sent the request.                                     *)
(***************************************************************************)
Sent(r) == \E q \in msgs : q.type = "Request" /\ Plain(q) = Plain(r)
Buildable(m) ==
  m.type = "PrePrepare" =>
    \A k \in 1 .. Len(m.batch) :
      m.batch[k].client \in Clients /\ m.batch[k].auth # {} => Sent(m.batch[k])
InjectedOf == [t \in MessageTypes |-> {m \in Injected : m.type = t}]
Deliverable(type) ==
  {m \in msgs : m.type = type} \cup {m \in InjectedOf[type] : Buildable(m)}

-----------------------------------------------------------------------------
(***************************************************************************)
(* Clients (OSDI '99 section 4.1, TOCS section 4.1)                        *)
(***************************************************************************)

\* A client sends its next request to the primary, one at a time.
ClientSubmit(c) ==
  /\ client[c].op = NoOp
  /\ client[c].timestamp < Len(ClientOps[c])
  /\ LET t  == client[c].timestamp + 1
         op == ClientOps[c][t]
     IN /\ client' = [client EXCEPT ![c].timestamp = t, ![c].op = op, ![c].toAll = FALSE,
                                    ![c].replies = [r \in Replicas |-> NoResult]]
        /\ msgs' = msgs \cup {Request(c, t, op, {Primary(0)})}
        /\ UNCHANGED replicaVars

\* No result in time: the request goes to every replica.
ClientTimeout(c) ==
  /\ client[c].op # NoOp
  /\ client' = [client EXCEPT ![c].toAll = TRUE]
  /\ msgs' = msgs \cup {Request(c, client[c].timestamp, client[c].op, Replicas)}
  /\ UNCHANGED replicaVars

\* f + 1 equal results from different replicas: at least one correct replica answered so.
ClientRecvReply(c, m) ==
  /\ m.type = "Reply" /\ m.client = c
  /\ client[c].op # NoOp
  /\ m.timestamp = client[c].timestamp
  /\ client[c].replies[m.replica] = NoResult
  /\ LET replies == [client[c].replies EXCEPT ![m.replica] = m.result]
         same == {r \in Replicas : replies[r] = m.result}
     IN client' = IF Cardinality(same) >= F + 1
                  THEN [client EXCEPT ![c].op = NoOp, ![c].toAll = FALSE,
                                      ![c].replies = [r \in Replicas |-> NoResult],
                                      ![c].result = m.result]
                  ELSE [client EXCEPT ![c].replies = replies]
  /\ UNCHANGED <<replicaVars, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Normal case (OSDI '99 section 4.2, TOCS sections 4.2, 4.3 and 6.1)      *)
(***************************************************************************)

\* The highest timestamp of client c in a batch of i's log.
Assigned(i, c) ==
  LET of(n) == {k \in 1 .. Len(slot[i][n].batch) : slot[i][n].batch[k].client = c}
  IN Max({0} \cup UNION {{slot[i][n].batch[k].timestamp : k \in of(n)} : n \in Window(low[i])})

\* A request from its client. Executed: the stored reply again. New: it waits for its turn.
RecvRequest(i, m) ==
  /\ m.type = "Request" /\ i \in m.to /\ i \in m.auth
  /\ m.client \in AllClients
  /\ LET c == m.client
         known == \E k \in 1 .. Len(queue[i]) :
                    queue[i][k].client = c /\ queue[i][k].timestamp >= m.timestamp
         others == SelectSeq(queue[i], LAMBDA r : r.client # c)
     IN \/ /\ m.timestamp = table[i][c].timestamp
           /\ msgs' = msgs \cup {Reply(i, view[i], c, m.timestamp, table[i][c].result)}
           /\ UNCHANGED queue
        \/ /\ m.timestamp > table[i][c].timestamp
           /\ ~known
           /\ i = Primary(view[i]) => m.timestamp > Assigned(i, c)
           /\ queue' = [queue EXCEPT ![i] = Append(others, Signed(m))]
           /\ UNCHANGED msgs
  /\ UNCHANGED <<view, seqno, slot, executed, table, value, low, checkpoints, checkpointVotes,
                 client>>

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

\* The primary gives the next sequence number to a non-empty prefix of its queue.
SendPrePrepare(i, batch) ==
  /\ i = Primary(view[i])
  /\ Len(batch) \in 1 .. MaxBatch
  /\ Len(batch) <= Len(queue[i]) /\ batch = SubSeq(queue[i], 1, Len(batch))
  /\ LET n == seqno[i] + 1 IN
     /\ n \in Window(low[i])
     /\ seqno' = [seqno EXCEPT ![i] = n]
     /\ queue' = [queue EXCEPT ![i] = SubSeq(queue[i], Len(batch) + 1, Len(queue[i]))]
     /\ Advance(i, n, [slot[i][n] EXCEPT !.phase = "prePrepared", !.batch = batch],
                {PrePrepare(i, view[i], n, batch)})
  /\ UNCHANGED <<view, executed, table, value, low, checkpoints, checkpointVotes, client>>

\* A backup takes the first pre-prepare of the view's primary for a sequence number in its window.
RecvPrePrepare(i, m) ==
  /\ m.type = "PrePrepare" /\ i \in m.auth
  /\ m.view = view[i]
  /\ m.replica = Primary(view[i]) /\ i # m.replica
  /\ m.seq \in Window(low[i])
  /\ slot[i][m.seq].phase = "empty"
  /\ Len(m.batch) \in 1 .. MaxBatch
  /\ \A k \in 1 .. Len(m.batch) : m.batch[k].client \in AllClients
  /\ LET authentic == \A k \in 1 .. Len(m.batch) : i \in m.batch[k].auth
         s == slot[i][m.seq]
         d == Digest(m.batch)
     IN IF authentic
        THEN Advance(i, m.seq,
               [s EXCEPT !.phase = "prePrepared", !.batch = m.batch, !.prepares[i] = d],
               {Prepare(i, view[i], m.seq, d)})
        ELSE Advance(i, m.seq, [s EXCEPT !.phase = "held", !.batch = m.batch], {})
  /\ UNCHANGED <<view, seqno, queue, executed, table, value, low, checkpoints, checkpointVotes,
                 client>>

\* A backup's vote that it accepted (view, seq, digest). The first one a replica sends counts.
RecvPrepare(i, m) ==
  /\ m.type = "Prepare" /\ i \in m.auth
  /\ m.view = view[i]
  /\ m.replica # Primary(view[i]) /\ m.replica # i
  /\ m.seq \in Window(low[i])
  /\ slot[i][m.seq].phase \in {"empty", "held", "prePrepared"}
  /\ slot[i][m.seq].prepares[m.replica] = NoDigest
  /\ Advance(i, m.seq, [slot[i][m.seq] EXCEPT !.prepares[m.replica] = m.digest], {})
  /\ UNCHANGED <<view, seqno, queue, executed, table, value, low, checkpoints, checkpointVotes,
                 client>>

\* A replica's vote that it holds the prepared certificate.
RecvCommit(i, m) ==
  /\ m.type = "Commit" /\ i \in m.auth
  /\ m.view = view[i]
  /\ m.replica # i
  /\ m.seq \in Window(low[i])
  /\ slot[i][m.seq].phase # "committed"
  /\ slot[i][m.seq].commits[m.replica] = NoDigest
  /\ Advance(i, m.seq, [slot[i][m.seq] EXCEPT !.commits[m.replica] = m.digest], {})
  /\ UNCHANGED <<view, seqno, queue, executed, table, value, low, checkpoints, checkpointVotes,
                 client>>

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
Stabilise(i, n, cps, votes) ==
  LET stable == /\ n \in DOMAIN cps
                /\ Votes(votes[n], votes[n][i]) >= Quorum
  IN IF stable
     THEN /\ low' = [low EXCEPT ![i] = n]
          /\ checkpoints' = [checkpoints EXCEPT ![i] =
                               [k \in {k \in DOMAIN cps : k >= n} |-> cps[k]]]
          /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] =
               [k \in CheckpointSeqs(n) |-> IF k \in DOMAIN votes THEN votes[k] ELSE NoVotes]]
          /\ slot' = [slot EXCEPT ![i] =
               [k \in Window(n) |-> IF k \in DOMAIN slot[i] THEN slot[i][k] ELSE EmptySlot]]
     ELSE /\ checkpoints' = [checkpoints EXCEPT ![i] = cps]
          /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = votes]
          /\ UNCHANGED <<low, slot>>

\* The next batch of the log, once committed. Every K-th time a checkpoint is taken and announced.
Execute(i) ==
  LET n == executed[i] + 1 IN
  /\ n \in Window(low[i])
  /\ slot[i][n].phase = "committed"
  /\ LET after == Apply([value |-> value[i], table |-> table[i], done |-> <<>>],
                        slot[i][n].batch)
         replies == {Reply(i, view[i], after.done[k].client, after.done[k].timestamp,
                           after.done[k].result) : k \in 1 .. Len(after.done)}
         d == StateDigest(n, after.value, after.table)
         snapshot == [value |-> after.value, table |-> after.table]
         cps == [k \in DOMAIN checkpoints[i] \cup {n} |->
                   IF k = n THEN snapshot ELSE checkpoints[i][k]]
     IN /\ executed' = [executed EXCEPT ![i] = n]
        /\ value' = [value EXCEPT ![i] = after.value]
        /\ table' = [table EXCEPT ![i] = after.table]
        /\ queue' = [queue EXCEPT ![i] =
             SelectSeq(queue[i], LAMBDA r : r.timestamp > after.table[r.client].timestamp)]
        /\ IF n % K = 0
           THEN /\ Stabilise(i, n, cps, [checkpointVotes[i] EXCEPT ![n][i] = d])
                /\ msgs' = msgs \cup replies \cup {Checkpoint(i, n, d)}
           ELSE /\ msgs' = msgs \cup replies
                /\ UNCHANGED <<low, checkpoints, checkpointVotes, slot>>
  /\ UNCHANGED <<view, seqno, client>>

\* A replica's vote for a checkpoint in the window. The first one a replica sends counts.
RecvCheckpoint(i, m) ==
  /\ m.type = "Checkpoint" /\ i \in m.auth
  /\ m.replica # i
  /\ m.seq \in CheckpointSeqs(low[i])
  /\ checkpointVotes[i][m.seq][m.replica] = NoDigest
  /\ Stabilise(i, m.seq, checkpoints[i],
               [checkpointVotes[i] EXCEPT ![m.seq][m.replica] = m.digest])
  /\ UNCHANGED <<view, seqno, queue, executed, table, value, client, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* Restart: a process stops and comes back with what was on its disk.      *)
(* Everything that a sent message depends on is durable before it leaves:  *)
(* the batch before PRE-PREPARE and PREPARE, the prepared certificate (as  *)
(* a fact) before COMMIT, the checkpoint before CHECKPOINT. Votes of       *)
(* others come again; the service starts from the last own checkpoint.     *)
(***************************************************************************)
DurableSlot(i, s) ==
  LET d == Digest(s.batch)
      accepted == s.phase \in {"prePrepared", "prepared", "committed"}
      prepared == s.phase \in {"prepared", "committed"}
      own(yes) == IF yes THEN [NoVotes EXCEPT ![i] = d] ELSE NoVotes
  IN IF ~accepted THEN EmptySlot
     ELSE [phase |-> IF prepared THEN "prepared" ELSE "prePrepared",
           batch |-> s.batch,
           prepares |-> own(i # Primary(view[i])),
           commits |-> own(prepared)]

Restart(i) ==
  LET n == Max(DOMAIN checkpoints[i])
      own(k) == IF k \in DOMAIN checkpoints[i]
                THEN [NoVotes EXCEPT ![i] =
                        StateDigest(k, checkpoints[i][k].value, checkpoints[i][k].table)]
                ELSE NoVotes
  IN /\ i \in CanRestart
     /\ queue' = [queue EXCEPT ![i] = <<>>]
     /\ slot' = [slot EXCEPT ![i] = [k \in Window(low[i]) |-> DurableSlot(i, slot[i][k])]]
     /\ executed' = [executed EXCEPT ![i] = n]
     /\ value' = [value EXCEPT ![i] = checkpoints[i][n].value]
     /\ table' = [table EXCEPT ![i] = checkpoints[i][n].table]
     /\ checkpointVotes' = [checkpointVotes EXCEPT ![i] = [k \in CheckpointSeqs(low[i]) |-> own(k)]]
     /\ UNCHANGED <<view, seqno, low, checkpoints, client, msgs>>

-----------------------------------------------------------------------------
(***************************************************************************)
(* The actions by their receivers, so that TLC reports each by its name.   *)
(***************************************************************************)
AnyClientRecvReply(c) == \E m \in Deliverable("Reply") : ClientRecvReply(c, m)
AnyRecvRequest(i)     == \E m \in Deliverable("Request") : RecvRequest(i, m)
AnySendPrePrepare(i)  == \E k \in 1 .. Len(queue[i]) : SendPrePrepare(i, SubSeq(queue[i], 1, k))
AnyRecvPrePrepare(i)  == \E m \in Deliverable("PrePrepare") : RecvPrePrepare(i, m)
AnyRecvPrepare(i)     == \E m \in Deliverable("Prepare") : RecvPrepare(i, m)
AnyRecvCommit(i)      == \E m \in Deliverable("Commit") : RecvCommit(i, m)
AnyRecvCheckpoint(i)  == \E m \in Deliverable("Checkpoint") : RecvCheckpoint(i, m)

Next ==
  \/ \E c \in Clients : ClientSubmit(c)
  \/ \E c \in Clients : ClientTimeout(c)
  \/ \E c \in Clients : AnyClientRecvReply(c)
  \/ \E i \in Correct : AnyRecvRequest(i)
  \/ \E i \in Correct : AnySendPrePrepare(i)
  \/ \E i \in Correct : AnyRecvPrePrepare(i)
  \/ \E i \in Correct : AnyRecvPrepare(i)
  \/ \E i \in Correct : AnyRecvCommit(i)
  \/ \E i \in Correct : Execute(i)
  \/ \E i \in Correct : AnyRecvCheckpoint(i)
  \/ \E i \in Correct : Restart(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(***************************************************************************)
(* Safety. Each in words in spec/properties.md. `value` is read as the     *)
(* sequence of executed requests, which is how the models instantiate it.  *)
(***************************************************************************)
Committed(i, n) == n \in Window(low[i]) /\ slot[i][n].phase = "committed"
Prepared(i, n)  == n \in Window(low[i]) /\ slot[i][n].phase \in {"prepared", "committed"}
IsPrefix(s, t)  == Len(s) <= Len(t) /\ \A k \in 1 .. Len(s) : s[k] = t[k]

\* S1: no two correct replicas commit different batches at one sequence number.
Agreement == \A i, j \in Correct : \A n \in Window(low[i]) \cap Window(low[j]) :
  Committed(i, n) /\ Committed(j, n) => Digest(slot[i][n].batch) = Digest(slot[j][n].batch)

\* S2: nor prepare them in one view.
PreparedUnique == \A i, j \in Correct : \A n \in Window(low[i]) \cap Window(low[j]) :
  Prepared(i, n) /\ Prepared(j, n) /\ view[i] = view[j] =>
    Digest(slot[i][n].batch) = Digest(slot[j][n].batch)

\* S3: what one correct replica committed, f + 1 correct ones have prepared or checkpointed.
CommitSupport == \A i \in Correct : \A n \in Window(low[i]) : Committed(i, n) =>
  Cardinality({j \in Correct : low[j] >= n \/
    (Prepared(j, n) /\ Digest(slot[j][n].batch) = Digest(slot[i][n].batch))}) >= Quorum - F

\* S6: executions are prefixes of each other.
ExecutionPrefix == \A i, j \in Correct :
  IsPrefix(value[i], value[j]) \/ IsPrefix(value[j], value[i])

\* S6: a client's requests are executed once each, in the order of their timestamps.
AtMostOnce == \A i \in Correct : \A a, b \in 1 .. Len(value[i]) :
  a < b /\ value[i][a].client = value[i][b].client => value[i][a].timestamp < value[i][b].timestamp

\* Nothing is executed for a correct client that it did not ask for.
Validity == \A i \in Correct : \A a \in 1 .. Len(value[i]) :
  value[i][a].client \in Clients => Sent(value[i][a])

\* S7: checkpoints at one sequence number are equal.
CheckpointAgreement == \A i, j \in Correct :
  \A n \in DOMAIN checkpoints[i] \cap DOMAIN checkpoints[j] :
    checkpoints[i][n] = checkpoints[j][n]

\* S8: nothing is sent above the high watermark of its sender.
Watermarks == \A m \in msgs :
  m.type \in {"PrePrepare", "Prepare", "Commit", "Checkpoint"} => m.seq <= low[m.replica] + L

\* S10: an accepted result is the result of the one execution of that request.
ClientResult == \A c \in Clients : \A i \in Correct : \A a \in 1 .. Len(value[i]) :
  client[c].op = NoOp /\ value[i][a].client = c /\ value[i][a].timestamp = client[c].timestamp =>
    client[c].result = Result(SubSeq(value[i], 1, a - 1), value[i][a])

\* A sent vote stays true: it is in the sender's durable state or below its stable checkpoint.
SentIsDurable == \A m \in msgs :
  /\ m.type \in {"PrePrepare", "Prepare", "Commit"} /\ m.seq > low[m.replica] =>
       LET s == DurableSlot(m.replica, slot[m.replica][m.seq]) IN
       /\ Digest(s.batch) = IF m.type = "PrePrepare" THEN Digest(m.batch) ELSE m.digest
       /\ m.type = "Commit" => s.phase = "prepared"
  /\ m.type = "Checkpoint" /\ m.seq > low[m.replica] => m.seq \in DOMAIN checkpoints[m.replica]

\* A correct replica says one thing of one sequence number.
NoEquivocation == \A a, b \in msgs :
  a.type = b.type /\ a.type \in {"Prepare", "Commit", "Checkpoint"} /\ a.replica = b.replica
  /\ a.seq = b.seq => a.digest = b.digest
=============================================================================
