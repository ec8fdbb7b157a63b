------------------------------- MODULE MCPbft -------------------------------
(***************************************************************************)
(* Small instances of Pbft for TLC and, with the same names and values,    *)
(* for the explorer of src/model-check. Each .cfg beside this file picks    *)
(* its constants; spec/README.md says what each one is for.                *)
(*                                                                         *)
(* The service: its state is the sequence of executed requests, and the    *)
(* result of an operation tells its position, so that a different order    *)
(* gives a different answer.                                               *)
(***************************************************************************)
EXTENDS Pbft, Graph, TLC

MCResult(v, r) == <<r.op, Len(v) + 1>>
MCNextValue(v, r) == Append(v, r)
MCStateDigest(n, v, t) == <<v, t>>
MCInitialValue == <<>>
MCIsRead(op) == op = "r"
NothingBig(op) == FALSE
FourAreBig(op) == Len(op) >= 4

\* What correct clients ask for.
AsksA == [c \in {0} |-> <<"a">>]
AsksBig == [c \in {0} |-> <<"aaaa">>]
AsksAThenB == [c \in {0} |-> <<"a", "b">>]
AsksAThenReads == [c \in {0} |-> <<"a", "r">>]
Reads == [c \in {0} |-> <<"r">>]
TwoAsk == [c \in {0, 1} |-> IF c = 0 THEN <<"a">> ELSE <<"b">>]
AsksNothing == [c \in {0} |-> <<>>]
NobodyAsks == [c \in {} |-> <<>>]

(***************************************************************************)
(* The universes of Byzantine messages: every well-formed message from     *)
(* declared parts, deliverable from the start. Parts just outside each     *)
(* bound: view 1, sequence numbers 0 and high + 1, a digest that nobody    *)
(* holds, authenticators that verify at some receivers only.               *)
(* src/model-check/universe.ts builds the same sets under the same names.  *)
(***************************************************************************)
Sig(c, t, op, auth) == [client |-> c, timestamp |-> t, op |-> op, auth |-> auth]
UnknownDigest == <<[client |-> 0, timestamp |-> 9, op |-> "unknown"]>>

PrePrepares(b, views, seqs, batches, auths) ==
  {[type |-> "PrePrepare", view |-> v, seq |-> n, batch |-> x, replica |-> b, auth |-> s] :
     v \in views, n \in seqs, x \in batches, s \in auths}
Vote(type, b, views, seqs, digests, auths) ==
  {[type |-> type, view |-> v, seq |-> n, digest |-> d, replica |-> b, auth |-> s] :
     v \in views, n \in seqs, d \in digests, s \in auths}
PreparesAndCommits(b, views, seqs, digests, auths) ==
  Vote("Prepare", b, views, seqs, digests, auths) \cup
  Vote("Commit", b, views, seqs, digests, auths)
CheckpointVotes(b, seqs, digests, auths) ==
  {[type |-> "Checkpoint", seq |-> n, digest |-> d, replica |-> b, auth |-> s] :
     n \in seqs, d \in digests, s \in auths}
Replies(b, t, ops) ==
  {[type |-> "Reply", view |-> 0, client |-> 0, timestamp |-> t, replica |-> b,
    result |-> <<op, 1>>] : op \in ops}
RequestsTo(to, c, t, op, auths) ==
  {[type |-> "Request", client |-> c, timestamp |-> t, op |-> op, auth |-> s, to |-> to] :
     s \in auths}
Requests(c, t, op, auths) == RequestsTo(Replicas, c, t, op, auths)

\* The requests that occur: client 0 asks for "a", client 1 for "b" and then for "c"; nobody ever
\* asked for "x".
BatchA(auth) == <<Sig(0, 1, "a", auth)>>
BatchB(auth) == <<Sig(1, 1, "b", auth)>>
BatchC(auth) == <<Sig(1, 2, "c", auth)>>
BatchX == <<Sig(0, 1, "x", {})>>
BatchCTwice == BatchC(Replicas) \o BatchC(Replicas)
DigestA == Digest(BatchA({}))
DigestB == Digest(BatchB({}))
DigestC == Digest(BatchC({}))
DigestX == Digest(BatchX)
DigestCTwice == Digest(BatchCTwice)

\* The checkpoint after BatchB alone.
CheckpointB ==
  MCStateDigest(1, DigestB, [c \in {0, 1} |->
    IF c = 1 THEN [timestamp |-> 1, result |-> <<"b", 1>>] ELSE NoEntry])

NothingInjected == {}

\* A Byzantine primary that tells two stories, with Byzantine clients to match.
Equivocation ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {{1, 2}}) \cup
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{3}}) \cup
  PreparesAndCommits(0, {0}, {1}, {DigestA, DigestB}, {Replicas})

\* The same, told to everyone, and with a commit for a digest that nobody holds.
EquivocationToAll ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas), BatchB(Replicas)}, {Replicas}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestA, DigestB, UnknownDigest}, {Replicas})

\* The same where there are but three replicas.
EquivocationAmongThree ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas), BatchB(Replicas)}, {Replicas}) \cup
  PreparesAndCommits(0, {0}, {1}, {DigestA, DigestB}, {Replicas})

\* Everything that a Byzantine primary and the Byzantine client 1 can build.
PrimaryUniverse ==
  PrePrepares(0, {0, 1}, {0, 1, 3}, {BatchA(Replicas), BatchB({1}), BatchX}, {Replicas, {1}}) \cup
  PreparesAndCommits(0, {0, 1}, {0, 1, 3}, {DigestA, UnknownDigest}, {Replicas}) \cup
  CheckpointVotes(0, {0, 1, 2, 4}, {UnknownDigest}, {Replicas})

\* An answer that no correct replica gave.
ForgedReply == Replies(3, 1, {"forged"})

\* What a Byzantine backup, replica 3, can build, so that it helps to prepare and hinders to commit.
BackupUniverse ==
  Vote("Prepare", 3, {0, 1}, {0, 1, 3}, {DigestA}, {{1}}) \cup
  Vote("Commit", 3, {0, 1}, {0, 1, 3}, {UnknownDigest}, {Replicas, {1}}) \cup
  CheckpointVotes(3, {0, 1, 3}, {UnknownDigest}, {Replicas, {1}}) \cup
  PrePrepares(3, {0, 1}, {1}, {BatchX}, {Replicas}) \cup
  ForgedReply

\* A Byzantine client whose authenticator is good at the primary only, or everywhere.
ClientUniverse == Requests(1, 1, "b", {Replicas, {0}})

\* The same without votes that no replica's slot can match: small enough for every run.
PrimaryBase == {m \in PrimaryUniverse : m.type # "PrePrepare" => m.digest # UnknownDigest}

\* Universes that lack one class of messages each: the checks over them must lose coverage.
PrimaryWithoutViews == {m \in PrimaryBase : m.type # "Checkpoint" => m.view = 0}
PrimaryWithoutSeqs == {m \in PrimaryBase : m.seq \in {1, 2}}
PrimaryWithoutPartialAuthenticators == {m \in PrimaryBase : m.auth = Replicas}
PrimaryWithoutBadRequests ==
  {m \in PrimaryBase :
    m.type = "PrePrepare" => \A k \in 1 .. Len(m.batch) : m.batch[k].auth = Replicas}
BackupWithoutUnknownDigests ==
  {m \in BackupUniverse :
    m.type \in {"Prepare", "Commit", "Checkpoint"} => m.digest # UnknownDigest}

\* Requests that a Byzantine primary invents for the correct client 0: one beside a true request of
\* the Byzantine client 1, and one with the client's authenticator, which it cannot build.
InventedRequests ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas) \o BatchX, <<Sig(0, 1, "x", Replicas)>>}, {Replicas})

\* A Byzantine primary that comes back with another story to replica 1.
SecondStory ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {{1, 2}}) \cup
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1}})

\* A Byzantine backup, replica 3, that behaves as a primary towards replica 1 and votes both ways.
FalsePrimary ==
  RequestsTo({0}, 0, 1, "a", {Replicas}) \cup
  PrePrepares(3, {0}, {1}, {BatchB(Replicas)}, {{1}}) \cup
  Vote("Prepare", 3, {0}, {1}, {DigestA}, {{0}}) \cup
  Vote("Prepare", 3, {0}, {1}, {DigestB}, {{0, 1}})

(***************************************************************************)
(* One correct process among liars: whatever all the others say, its own   *)
(* promises hold. Among what they say is, for each guard, something that   *)
(* only this guard turns away.                                             *)
(***************************************************************************)

\* For the backup 1. "a" is in no message that it may take.
ForBackup ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas), BatchX}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  Vote("Prepare", 3, {0}, {1}, {DigestX}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2, 3}} \cup
  UNION {CheckpointVotes(b, {1}, {CheckpointB}, {Replicas}) : b \in {0, 2, 3}} \cup
  CheckpointVotes(3, {1}, {UnknownDigest}, {Replicas}) \cup
  PrePrepares(0, {1}, {1}, {BatchA(Replicas)}, {Replicas}) \cup
  PrePrepares(0, {0}, {0, 4}, {BatchA(Replicas)}, {Replicas}) \cup
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {{0, 2, 3}}) \cup
  PrePrepares(0, {0}, {1}, {<<>>, BatchA({}) \o BatchA({}), <<Sig(2, 1, "a", Replicas)>>},
              {Replicas}) \cup
  PrePrepares(2, {0}, {1}, {BatchA(Replicas)}, {Replicas}) \cup
  Vote("Prepare", 0, {0}, {1}, {DigestB}, {Replicas}) \cup
  PreparesAndCommits(3, {1}, {1}, {DigestA}, {Replicas}) \cup
  PreparesAndCommits(3, {0}, {0, 4}, {DigestA}, {Replicas}) \cup
  PreparesAndCommits(3, {0}, {1}, {DigestA}, {{0}}) \cup
  CheckpointVotes(3, {0, 4}, {UnknownDigest}, {Replicas}) \cup
  CheckpointVotes(3, {1}, {UnknownDigest}, {{0}})

\* For the primary 0. What is asked for under sequence number 1 gets votes only if it is "c".
ForPrimary ==
  Requests(0, 1, "a", {Replicas}) \cup
  Requests(1, 1, "b", {Replicas, {1}}) \cup
  Requests(1, 2, "c", {Replicas}) \cup
  Requests(2, 1, "b", {Replicas}) \cup
  PrePrepares(1, {0}, {1}, {BatchA(Replicas)}, {Replicas}) \cup
  UNION {PreparesAndCommits(b, {0}, {1}, {DigestC}, {Replicas}) : b \in {1, 2}}

\* For the client 0, which asks twice: answers, and answers to what it has not asked yet.
ForClient ==
  UNION {Replies(b, 1, {"r", "s"}) : b \in {0, 1}} \cup
  UNION {Replies(b, 2, {"t"}) : b \in {0, 1}} \cup
  UNION {Replies(b, 3, {"u"}) : b \in {2, 3}}

\* For the backup 1: one request twice in a batch, and again under the next sequence number; an
\* older one of the same client, at any time.
TwoNumbers ==
  Requests(1, 1, "b", {Replicas}) \cup
  PrePrepares(0, {0}, {1}, {BatchCTwice}, {Replicas}) \cup
  PrePrepares(0, {0}, {2}, {BatchC(Replicas)}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestCTwice}, {Replicas}) : b \in {0, 2}} \cup
  UNION {Vote("Commit", b, {0}, {2}, {DigestC}, {Replicas}) : b \in {0, 2}} \cup
  Vote("Prepare", 2, {0}, {1}, {DigestCTwice}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {2}, {DigestC}, {Replicas}) \cup
  CheckpointVotes(2, {1}, {UnknownDigest}, {Replicas})

(***************************************************************************)
(* View changes. Claims of Byzantine replicas about what they prepared and *)
(* pre-prepared are free; whose VIEW-CHANGE one is, is not.                *)
(***************************************************************************)
E(n, d, v) == [seq |-> n, digest |-> d, view |-> v]
Genesis == [seq |-> 0, digest |-> MCStateDigest(0, <<>>, [c \in AllClients |-> NoEntry])]
VC(b, v, p, q) == ViewChange(b, v, 0, {Genesis}, p, q)
NV(b, v, changes, chosen) == NewView(b, v, changes, [start |-> Genesis, chosen |-> chosen])
Chosen(n, d) == [seq |-> n, digest |-> d]

\* The second sequence number, and nothing under the first: the next view puts a null request there.
Gap == PrePrepares(0, {0}, {2}, {BatchB(Replicas)}, {Replicas})

\* A Byzantine replica that claims to have prepared, in view 0, what the primary never said.
FalseClaim == {VC(3, 1, {E(1, DigestX, 0)}, {E(1, DigestX, 0)})}

\* A Byzantine primary that tells two stories, votes for both, and claims either afterwards.
TwoStories ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {{1, 2}}) \cup
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{3}}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestA}, {Replicas}) \cup
  {VC(0, 1, {E(1, DigestB, 0)}, {E(1, DigestB, 0)})}

\* The same, with both batches told to everyone, and commits to both.
StoriesToAll ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas), BatchB(Replicas)}, {Replicas}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestA, DigestB}, {Replicas}) \cup
  {VC(0, 1, {E(1, DigestB, 0)}, {E(1, DigestB, 0)})}

\* The same as TwoStories, and a batch under the next number.
StoriesAndMore == TwoStories \cup PrePrepares(0, {0}, {2}, {BatchC(Replicas)}, {Replicas})

\* A Byzantine primary tells two backups a batch, and is not heard of again.
HalfTold == PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1, 2}})

\* The same, which then helps those two to commit, and one of them to a stable checkpoint.
HalfStable == HalfTold \cup
  Vote("Commit", 0, {0}, {1}, {DigestB}, {{1, 2}}) \cup
  CheckpointVotes(0, {1}, {CheckpointB}, {{1}})

\* For replica 1 among liars: what takes it to view 1, whose primary it is, and on to view 2; for
\* each guard something that only this guard turns away.
ForChanger ==
  LET b == {E(1, DigestB, 0)}
      said == {VC(0, 2, {}, {}), VC(2, 2, b, b), VC(3, 2, b, b)}
  IN {VC(0, 1, {}, {}), VC(2, 1, b, b), VC(3, 1, b, b)} \cup said \cup
     \* VIEW-CHANGEs that no correct replica sends.
     {VC(0, 1, {E(1, DigestB, 1)}, {}), VC(0, 1, {}, {E(1, DigestB, 1)}),
      VC(0, 1, {E(3, DigestB, 0)}, {}), VC(0, 1, {E(0, DigestB, 0)}, {}),
      VC(0, 1, {E(1, DigestA, 0), E(1, DigestB, 0)}, {}),
      VC(0, 0, {}, {}),
      ViewChange(0, 1, 0, {[seq |-> 3, digest |-> Genesis.digest]}, {}, {}),
      ViewChange(0, 1, 0, {Genesis, [Genesis EXCEPT !.digest = CheckpointB]}, {}, {})} \cup
     \* NEW-VIEWs, the first of them good.
     {NV(2, 2, said, {Chosen(1, DigestB)}),
      NV(3, 2, said, {Chosen(1, DigestB)}),
      NV(2, 2, said \ {VC(0, 2, {}, {})}, {Chosen(1, DigestB)}),
      NV(2, 2, {VC(0, 1, {}, {}), VC(2, 1, b, b), VC(3, 1, b, b)}, {Chosen(1, DigestB)}),
      NV(0, 0, {}, {})} \cup
     {BatchOf(DigestB), BatchOf(DigestA)} \cup
     {FetchBatch(b3, DigestB) : b3 \in {2, 3}} \cup
     PrePrepares(2, {2}, {1}, {BatchA(Replicas)}, {Replicas}) \cup
     PrePrepares(0, {0}, {2}, {BatchA(Replicas)}, {Replicas}) \cup
     Vote("Prepare", 2, {0}, {2}, {DigestA}, {Replicas}) \cup
     PreparesAndCommits(3, {1, 2}, {1}, {DigestB}, {Replicas})

\* For the backup 1: two batches of one client, in any order.
TwoBatches ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  PrePrepares(0, {0}, {2}, {BatchC(Replicas)}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2}} \cup
  UNION {Vote("Commit", b, {0}, {2}, {DigestC}, {Replicas}) : b \in {0, 2}} \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {2}, {DigestC}, {Replicas})

\* For replica 2 among liars, the primary of view 2: claims of which each condition of the decision
\* procedure lets other subsets through. Batch A was prepared in view 0, batch B in view 1.
ForDecider ==
  LET a == {E(1, DigestA, 0)}
      b == {E(1, DigestB, 1)}
  IN {VC(0, 2, a, a), VC(0, 2, {}, {}),
      VC(1, 2, b, b), VC(1, 2, a, a \cup b), VC(1, 2, {E(2, DigestB, 1)}, {}),
      VC(3, 2, {}, b), VC(3, 2, {}, {}), VC(3, 2, b, a \cup b),
      VC(1, 2, b, {E(1, DigestB, 0)}), VC(3, 2, {}, {E(1, DigestB, 0)}),
      ViewChange(3, 2, 2, {[seq |-> 2, digest |-> CheckpointB]}, {}, {}),
      ViewChange(0, 2, 0, {Genesis, [seq |-> 2, digest |-> CheckpointB]}, {}, {})} \cup
     {BatchOf(DigestA), BatchOf(DigestB)}

(***************************************************************************)
(* Values that primaries propose. Client 1 stands for the clock.           *)
(***************************************************************************)
Proposed(t, at) == Sig(1, t, "t", at)
NoProposals == {}
OneOrTwo == {Proposed(1, Replicas), Proposed(2, Replicas)}
OneUnlikeTwo == {Proposed(1, Replicas), Proposed(2, {0})}
WithValue(t, at, asked) == <<Proposed(t, at)>> \o asked

\* A Byzantine primary proposes what nobody accepts, or only replica 1.
FalseProposals ==
  LET batches == {WithValue(2, {}, BatchA(Replicas)), WithValue(1, {1}, BatchA(Replicas))}
  IN PrePrepares(0, {0}, {1}, batches, {Replicas}) \cup
     Vote("Commit", 0, {0}, {1}, {Digest(b) : b \in batches}, {Replicas})

\* A Byzantine primary tells two backups a value, and is not heard of again.
HalfProposed == PrePrepares(0, {0}, {1}, {WithValue(1, Replicas, BatchA(Replicas))}, {{1, 2}})

\* For the primary 0: two requests, and votes for the first batch if it has the value 1.
ForProposer ==
  Requests(0, 1, "a", {Replicas}) \cup
  Requests(0, 2, "a", {Replicas}) \cup
  UNION {PreparesAndCommits(b, {0}, {1}, {Digest(WithValue(1, {}, BatchA({})))}, {Replicas}) :
           b \in {1, 2}}

\* For the backup 1: a value, a lower one after it, one that it does not accept, and batches that
\* no correct primary sends; requests in the name of the clock.
ForJudge ==
  LET later == <<Sig(0, 2, "a", Replicas)>>
      a == BatchA(Replicas)
      first == WithValue(2, Replicas, a)
      low2 == WithValue(1, Replicas, later)
      malformed == {a, WithValue(1, Replicas, <<>>), a \o later, a \o <<Proposed(1, Replicas)>>,
                    WithValue(1, Replicas, <<Proposed(2, Replicas)>>),
                    WithValue(1, Replicas, a \o later)}
  IN PrePrepares(0, {0}, {1}, {first} \cup malformed, {Replicas}) \cup
     PrePrepares(0, {0}, {2}, {low2, WithValue(3, {}, later)}, {Replicas}) \cup
     Vote("Prepare", 2, {0}, {1}, {Digest(first)}, {Replicas}) \cup
     Vote("Prepare", 2, {0}, {2}, {Digest(low2)}, {Replicas}) \cup
     UNION {Vote("Commit", b, {0}, {1}, {Digest(first)}, {Replicas}) : b \in {0, 2}} \cup
     UNION {Vote("Commit", b, {0}, {2}, {Digest(low2)}, {Replicas}) : b \in {0, 2}} \cup
     Requests(1, 1, "t", {Replicas}) \cup
     {[type |-> "Read", client |-> 1, timestamp |-> 1, op |-> "r", auth |-> Replicas,
       to |-> Replicas]}

(***************************************************************************)
(* Big requests: those with an operation of four characters.               *)
(***************************************************************************)
BigA(auth) == <<Sig(0, 1, "aaaa", auth)>>
BigB(auth) == <<Sig(1, 1, "bbbb", auth)>>
ShortPrePrepares(b, views, seqs, batches, auths) ==
  {Short(m) : m \in PrePrepares(b, views, seqs, batches, auths)}
Asks(b, views, seqs, auths) ==
  {[type |-> "FetchPrePrepare", view |-> v, seq |-> n, replica |-> b, auth |-> s] :
     v \in views, n \in seqs, s \in auths}

\* For the backup 1: requests that it has, that it lacks, and of which it may have another one.
ForNamed ==
  LET a == BigA(Replicas)
      mixed == a \o BatchC(Replicas)
      named == ShortPrePrepares(0, {0}, {1}, {mixed}, {Replicas})
      d == Digest(mixed)
  IN Requests(0, 1, "aaaa", {Replicas}) \cup
     Requests(0, 1, "xxxx", {Replicas}) \cup
     named \cup {[m EXCEPT !.digest = UnknownDigest] : m \in named} \cup
     ShortPrePrepares(0, {0}, {1}, {a \o a \o a}, {Replicas}) \cup
     ShortPrePrepares(0, {0}, {2}, {BigB(Replicas)}, {Replicas}) \cup
     PrePrepares(0, {0}, {1}, {mixed}, {Replicas}) \cup
     Vote("Prepare", 2, {0}, {1}, {d}, {Replicas}) \cup
     UNION {Vote("Commit", c, {0}, {1}, {d}, {Replicas}) : c \in {0, 2}} \cup
     Asks(2, {0}, {1}, {Replicas})

\* For replica 1, first a backup and then the primary of view 1: who asks for its pre-prepares.
ForGiver ==
  LET b == {E(1, DigestB, 0)}
  IN Requests(0, 1, "aaaa", {Replicas}) \cup
     {VC(0, 1, {}, {}), VC(2, 1, b, b), VC(3, 1, b, b), BatchOf(DigestB)} \cup
     Asks(2, {0, 1}, {1, 2, 3}, {Replicas}) \cup
     Asks(3, {1}, {2}, {{0}})

\* A Byzantine primary names the request of a Byzantine client to two backups; only one has it.
HalfNamed ==
  RequestsTo({1}, 1, 1, "bbbb", {Replicas}) \cup
  ShortPrePrepares(0, {0}, {1}, {BigB(Replicas)}, {{1, 2}}) \cup
  PrePrepares(0, {0}, {1}, {BigB(Replicas)}, {{2}}) \cup
  Asks(0, {1}, {1}, {Replicas})

(***************************************************************************)
(* State transfer. A Byzantine replica vouches for what nobody executed,   *)
(* gives states that it made up, and asks for what it likes.               *)
(***************************************************************************)
\* The table in which client 1 had "b" executed, the service after it, and the checkpoint of both.
TableB == [c \in AllClients |->
  IF c = 1 THEN [timestamp |-> 1, result |-> <<"b", 1>>] ELSE NoEntry]
DigestAt3 == MCStateDigest(3, DigestB, TableB)
EmptyTable == [c \in AllClients |-> NoEntry]
\* A state whose table forgets that "b" was executed, and one that nobody ever had.
Forgetful(n) == StateOf(n, DigestB, EmptyTable)
FalseState(n) == StateOf(n, DigestX, EmptyTable)

\* For replica 1 among liars: checkpoints in its window (2) and above it (4 to 6), vouched for by
\* few or by enough; states, true and false ones; requests for states. For each guard something that
\* only this guard turns away.
ForFetcher ==
  UNION {CheckpointVotes(b, {4}, {DigestAt3}, {Replicas}) : b \in {0, 2}} \cup
  CheckpointVotes(3, {4, 6}, {UnknownDigest}, {Replicas}) \cup
  CheckpointVotes(0, {2}, {DigestAt3}, {Replicas}) \cup
  CheckpointVotes(3, {2}, {DigestAt3}, {Replicas}) \cup
  CheckpointVotes(2, {5}, {DigestAt3}, {Replicas}) \cup
  {StateOf(n, DigestB, TableB) : n \in {2, 4, 5, 6}} \cup
  {Forgetful(4), FalseState(4), FalseState(6)} \cup
  {FetchState(3, 4, DigestAt3), FetchState(3, 4, UnknownDigest), FetchState(3, 2, DigestAt3),
   FetchState(2, 0, Genesis.digest)} \cup
  Requests(1, 1, "b", {Replicas})

\* For replica 1 among liars: view 2 starts from a checkpoint that it lacks, in its window or above.
ForStarter ==
  LET at(n) == [seq |-> n, digest |-> DigestAt3]
      said(n) == {ViewChange(b, 2, n, {at(n)}, {}, {}) : b \in {0, 2, 3}}
      start(n) == NewView(2, 2, said(n), [start |-> at(n), chosen |-> {}])
  IN {start(2), start(4), start(1)} \cup
     {StateOf(n, DigestB, TableB) : n \in {1, 2, 4}} \cup {Forgetful(2), FalseState(4)} \cup
     CheckpointVotes(2, {2}, {DigestAt3}, {Replicas})

\* What a Byzantine replica 3 lies about a state: a vote, a state, both for another digest than that
\* of the others.
FalseStates ==
  CheckpointVotes(3, {1}, {UnknownDigest, MCStateDigest(1, DigestX, EmptyTable)}, {Replicas}) \cup
  {FalseState(1), Forgetful(1)}

\* A Byzantine primary and a Byzantine client help to execute "b" at two replicas, so that the next
\* view may start from that checkpoint while a third replica lacks it.
StartUnheld ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1, 2}}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestB}, {{1, 2}}) \cup
  CheckpointVotes(0, {1}, {CheckpointB}, {{1}})

\* A Byzantine primary has one batch committed, and claims later to have prepared another since.
HighClaim ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {Replicas}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestA}, {Replicas}) \cup
  {VC(0, 2, {E(1, DigestB, 1)}, {E(1, DigestB, 1)}), BatchOf(DigestB)}

(***************************************************************************)
(* Answers before the end of agreement, and without one.                   *)
(***************************************************************************)
ReadsOf(c, t, op, auths) ==
  {[type |-> "Read", client |-> c, timestamp |-> t, op |-> op, auth |-> s, to |-> Replicas] :
     s \in auths}
RepliesOf(replicas, t, ops) == UNION {Replies(b, t, ops) : b \in replicas}
InView(v, m) == [m EXCEPT !.view = v]

\* For the client 0, which asks and then reads: whole results and digests, of committed batches and
\* of prepared ones in two views; what was read, and what was ordered after all.
ForReader ==
  RepliesOf({0, 1}, 1, {"r"}) \cup
  {Digested(m) : m \in RepliesOf({1, 3}, 1, {"r"})} \cup
  {Tentative(m) : m \in RepliesOf({0, 1, 2}, 1, {"r"})} \cup
  {InView(1, Tentative(m)) : m \in RepliesOf({2}, 1, {"r"})} \cup
  {OfRead(m) : m \in RepliesOf({0, 1, 2}, 2, {"t"}) \cup RepliesOf({3}, 2, {"u"})} \cup
  RepliesOf({0, 1, 3}, 2, {"t"})

\* For the backup 1, which executes before it is told to: two batches, the second of which is never
\* committed, and requests to read, one of which the service does not take for a read.
ForTentative ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  PrePrepares(0, {0}, {2}, {BatchC(Replicas)}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {2}, {DigestC}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2}} \cup
  Requests(1, 1, "b", {Replicas}) \cup
  ReadsOf(0, 1, "r", {Replicas, {0}}) \cup ReadsOf(0, 2, "w", {Replicas}) \cup
  ReadsOf(2, 1, "r", {Replicas})

\* For the backup 1: a decision of which it hears, one at each number, and what was decided.
ForDecided ==
  PrePrepares(0, {0}, {1}, {BatchB({0})}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2, 3}} \cup
  UNION {Vote("Commit", b, {0}, {2}, {DigestC}, {Replicas}) : b \in {0, 2, 3}} \cup
  {BatchOf(DigestB), BatchOf(DigestA), BatchOf(DigestC)} \cup
  {FetchBatch(2, DigestB)}

\* A Byzantine primary that says one thing, to two or to everyone.
OneStory == PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas, {1, 2}})
HiddenStory ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1, 2}}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestB}, {Replicas})

\* A Byzantine backup, replica 3, that answers what the client wants to hear: what one correct
\* replica said, and then what those say that have not executed it.
FlattersClient ==
  Replies(3, 1, {"a"}) \cup {OfRead(m) : m \in Replies(3, 2, {"r"})}

\* A Byzantine primary that has the second number committed before the first.
SecondFirst ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1, 2}}) \cup
  PrePrepares(0, {0}, {2}, {BatchC(Replicas)}, {{1, 2}}) \cup
  Vote("Commit", 0, {0}, {2}, {DigestC}, {Replicas})

(***************************************************************************)
(* What others executed.                                                   *)
(***************************************************************************)
Told(b, seqs, digests, auths) ==
  {[type |-> "Committed", seq |-> n, batch |-> d, replica |-> b, auth |-> s] :
     n \in seqs, d \in digests, s \in auths}

\* For the backup 1: a batch that it votes for; of that number two say the same, or another one, or
\* each says something else; the next number; words that nobody may count, and batches.
ForTold ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  Told(0, {1}, {DigestA}, {Replicas}) \cup
  Told(2, {1}, {DigestA, DigestB}, {Replicas}) \cup
  Told(3, {1}, {DigestB}, {Replicas}) \cup
  UNION {Told(b, {2}, {DigestC}, {Replicas}) : b \in {0, 3}} \cup
  Told(1, {1}, {DigestA}, {Replicas}) \cup
  Told(2, {0, 3}, {DigestC}, {Replicas}) \cup
  Told(2, {2}, {DigestC}, {{0}}) \cup
  {BatchOf(DigestA), BatchOf(DigestC), FetchBatch(3, DigestB)}

\* For the backup 1: two numbers of which it is told, votes for the first of them, and for a
\* checkpoint after both.
AfterBAndC ==
  MCStateDigest(2, DigestB \o DigestC, [c \in {0, 1} |->
    IF c = 1 THEN [timestamp |-> 2, result |-> <<"c", 2>>] ELSE NoEntry])
ForToldAndMore ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  UNION {Told(b, {1}, {DigestB}, {Replicas}) : b \in {2, 3}} \cup
  UNION {Told(b, {2}, {DigestC}, {Replicas}) : b \in {0, 3}} \cup
  {BatchOf(DigestC)} \cup
  UNION {CheckpointVotes(b, {2}, {AfterBAndC}, {Replicas}) : b \in {0, 2}} \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2}}

\* For the backup 1, which executes what is prepared: what it executed, or another batch, is told.
ForToldAhead ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  Told(0, {1}, {DigestA}, {Replicas}) \cup
  Told(2, {1}, {DigestA, DigestB}, {Replicas}) \cup
  Told(3, {1}, {DigestB}, {Replicas}) \cup
  {BatchOf(DigestA)}

\* A Byzantine primary tells two backups one batch, and helps them to commit it; it tells the third
\* one another batch, and that this was executed, and its own COMMIT it keeps from it.
HiddenCommit ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1, 2}}) \cup
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {{3}}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestB}, {{1, 2}}) \cup
  Told(0, {1, 2}, {DigestA}, {{3}})

(***************************************************************************)
(* Replicas that lost their disks. Clients 0 and 1 ask for what they ask   *)
(* for elsewhere, and replica i to be taken back in the name of client     *)
(* 2 + i.                                                                  *)
(***************************************************************************)
NobodyRejoins == {}
BackupRejoins == {<<1, 1>>}
LastRejoins == {<<3, 1>>}
NobodyRecovers == {}
BackupRecovers == {<<1, 1>>}
BackupRecoversLater == {<<1, 2>>}
BackupRecoversEither == {<<1, 1>>, <<1, 2>>}
LastRecovers == {<<3, 1>>}

TakenBack(i, auth) == <<Sig(2 + i, 1, "recover", auth)>>
AfterRecovery(i) ==
  LET v == Digest(TakenBack(i, {}))
  IN MCStateDigest(0, v, [InitialTable EXCEPT ![2 + i] =
       [timestamp |-> 1, result |-> <<"recover", 1>>]])
StateAfterRecovery(i, n) ==
  StateOf(n, Digest(TakenBack(i, {})), [InitialTable EXCEPT ![2 + i] =
    [timestamp |-> 1, result |-> <<"recover", 1>>]])
AtFirst == [seq |-> 0, digest |-> MCStateDigest(0, InitialValue, InitialTable)]

\* For replica 1 among liars, which loses its disk: what it votes for before, what would have it say
\* otherwise, and what takes it back.
ForRejoinerInView ==
  LET r == Digest(TakenBack(1, {})) IN
  PrePrepares(0, {0}, {1}, {BatchB(Replicas), BatchC(Replicas)}, {Replicas}) \cup
  PrePrepares(0, {0}, {4}, {BatchB(Replicas)}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {r}, {Replicas}) : b \in {0, 2, 3}} \cup
  {BatchOf(r), StateAfterRecovery(1, 3)} \cup
  UNION {CheckpointVotes(b, {3}, {AfterRecovery(1)}, {Replicas}) : b \in {0, 2}}
ForRejoiner ==
  LET said(b, v) == ViewChange(b, v, 0, {AtFirst}, {}, {})
      e == {[seq |-> 1, digest |-> DigestB, view |-> 0]}
      claims(b) == ViewChange(b, 2, 0, {AtFirst}, e, e)
  IN ForRejoinerInView \cup {said(2, 1), said(3, 1)} \cup
     {NewView(2, 2, {claims(0), claims(2), claims(3)},
              [start |-> AtFirst, chosen |-> {[seq |-> 1, digest |-> DigestB]}])} \cup
     {BatchOf(DigestB)}

\* For replica 1 among liars, which loses its disk: its request is told to be executed.
ForToldRejoiner ==
  LET r == Digest(TakenBack(1, {})) IN
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  UNION {Told(b, {1}, {r}, {Replicas}) : b \in {0, 2}} \cup
  {BatchOf(r)}

\* For replica 1 among liars, of which replica 3 lost its disk: VIEW-CHANGEs of 3 from before and
\* from after.
ForChangerAfterRecovery ==
  LET d == AfterRecovery(3)
      at1 == {[seq |-> 1, digest |-> d]}
      said(b, v) == ViewChange(b, v, 1, at1, {}, {})
      again(v) == With(said(3, v), "incarnation", 1)
      start == [start |-> [seq |-> 1, digest |-> d], chosen |-> {}]
  IN PrePrepares(0, {0}, {1}, {TakenBack(3, Replicas)}, {Replicas}) \cup
     Vote("Prepare", 2, {0}, {1}, {Digest(TakenBack(3, {}))}, {Replicas}) \cup
     UNION {Vote("Commit", b, {0}, {1}, {Digest(TakenBack(3, {}))}, {Replicas}) : b \in {0, 2}} \cup
     {said(2, 1), said(3, 1), again(1)} \cup
     {NewView(2, 2, {said(0, 2), said(2, 2), said(3, 2)}, start),
      NewView(2, 2, {said(0, 2), said(2, 2), again(2)}, start)}

\* For replica 1 among liars, which is recovered with its disk: answers, of which one stretches and
\* others are of other questions; and what it does with a number above its bound, before and after a
\* checkpoint there is stable. All of that follows its own request.
Answer(j, c, p) == ReplyStable(j, 1, 1, c, p)
ForRecoverer ==
  LET r == Digest(TakenBack(1, {})) IN
  {Answer(0, 0, 0), Answer(0, 9, 9), Answer(2, 0, 1), Answer(3, 1, 1),
   ReplyStable(2, 1, 2, 0, 0), ReplyStable(2, 0, 1, 0, 0)} \cup
  PrePrepares(0, {0}, {1, 3}, {TakenBack(1, Replicas)}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {r}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {r}, {Replicas}) : b \in {0, 2}} \cup
  {StateAfterRecovery(1, 2)} \cup
  UNION {CheckpointVotes(b, {1, 2}, {AfterRecovery(1)}, {Replicas}) : b \in {0, 2}}

\* The same, and a new view that starts with a batch above the bound.
ForRecovererInNewView ==
  LET r == Digest(TakenBack(1, {}))
      at1 == {[seq |-> 1, digest |-> AfterRecovery(1)]}
      e == {[seq |-> n, digest |-> r, view |-> 0] : n \in {2, 3}}
      claims(b) == ViewChange(b, 2, 1, at1, e, e)
  IN ForRecoverer \cup
     {NewView(2, 2, {claims(0), claims(2), claims(3)},
              [start |-> [seq |-> 1, digest |-> AfterRecovery(1)],
               chosen |-> {[seq |-> n, digest |-> r] : n \in {2, 3}}]),
      BatchOf(r)}

\* For replica 1, which starts view 1 with a batch and is recovered as that view's primary: others
\* that have left view 0 with it, what they answer, and a request that it may propose.
ForRecovererPrimary ==
  LET e == {[seq |-> 1, digest |-> DigestB, view |-> 0]}
  IN {ViewChange(b, 1, 0, {AtFirst}, e, e) : b \in {2, 3}} \cup
     {BatchOf(DigestB), Answer(0, 0, 0), Answer(2, 0, 1)} \cup
     Requests(0, 1, "a", {Replicas})

\* For replica 1, which is asked how far it is, and comes a batch further.
ForAnswerer ==
  {QueryStable(3, 1)} \cup
  PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2}}

\* A Byzantine replica's answers to replica 1: too low, and too high.
FalseAnswers == {Answer(3, 0, 0), Answer(3, 9, 9)}

\* What Byzantine replicas vote for a null request in view 0; and one that lies outside.
NullVotes ==
  UNION {PreparesAndCommits(b, {0}, {1}, {NullDigest}, {Replicas}) : b \in {2, 3}}


\* Who may replace whose key.
NobodyRekeys == {}
OfPrimary == {<<1, 0>>}
OfTwo == {<<1, 0>>, <<1, 2>>}

\* Only before the receiver replaced the key of j, or only since.
Under(j, replaced, messages) ==
  {With(m, "keys", [of |-> j, replaced |-> replaced]) : m \in messages}

\* Replicas 0 and 2 tell the truth to some. Who has the keys of 0 tells replica 1 something else in
\* its name, until 1 replaces them; then somebody has those of 2.
Thieves(to) ==
  PrePrepares(0, {0}, {1}, {BatchA(Replicas)}, {to}) \cup
  PreparesAndCommits(2, {0}, {1}, {DigestA}, {to}) \cup
  Vote("Commit", 0, {0}, {1}, {DigestA}, {to}) \cup
  Under(0, FALSE, PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {{1}}) \cup
                  Vote("Commit", 0, {0}, {1}, {DigestB}, {{1}})) \cup
  Under(0, TRUE, PreparesAndCommits(2, {0}, {1}, {DigestB}, {{1}}))
TwoThieves == Thieves({3})
TwoThievesAndTruth == Thieves({1, 3})

\* For a backup, replica 1, that replaces keys: certificates of which a part is forgotten.
ForRekeyer ==
  PrePrepares(0, {0}, {1}, {BatchB(Replicas), BatchC({0})}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {DigestB}, {Replicas}) \cup
  Vote("Prepare", 3, {0}, {1}, {DigestC}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {DigestB}, {Replicas}) : b \in {0, 2}} \cup
  UNION {CheckpointVotes(b, {1}, {CheckpointB}, {Replicas}) : b \in {0, 2}}

\* Only since the receiver has heard that j asked to be taken back.
Since(j, messages) == {With(m, "since", j) : m \in messages}

\* Replica 0 lies, asks to be taken back, and has that ordered; replica 1 is told nothing of it but
\* the request. Then replica 2 lies: with what 0 signed before, it starts view 2 from a state that
\* nobody has.
FalseStart(b) == ViewChange(b, 2, 1, {[seq |-> 1, digest |->
                   MCStateDigest(1, DigestX, InitialTable)]}, {}, {})
InTurn(second) ==
  LET r == Digest(TakenBack(0, {})) IN
  PrePrepares(0, {0}, {1}, {TakenBack(0, Replicas)}, {{3}}) \cup
  PreparesAndCommits(2, {0}, {1}, {r}, {{3}}) \cup
  Vote("Commit", 0, {0}, {1}, {r}, {{3}}) \cup
  Requests(2, 1, "recover", {Replicas}) \cup
  {FalseStart(0), StateOf(1, DigestX, InitialTable)} \cup second
LiarsInTurn == InTurn(Since(0, {FalseStart(2)}))
LiarsAtOnce == InTurn({FalseStart(2)})

\* What the disk of replica 1 holds, which lied: a batch that its client never asked for, said to be
\* prepared, and a checkpoint after it, whose table says that the replica was taken back once.
NobodyLied == [i \in {} |-> [executed |-> 0]]
BackupLied ==
  LET false == [InitialTable EXCEPT ![0] = [timestamp |-> 1, result |-> <<"x", 1>>],
                                    ![3] = [timestamp |-> 1, result |-> <<"recover", 2>>]]
      held == [phase |-> "prepared", batch |-> BatchX,
               prepares |-> [NoVotes EXCEPT ![1] = DigestX],
               commits |-> [NoVotes EXCEPT ![1] = DigestX]]
  IN [i \in {1} |->
        [slot |-> [n \in Window(0) |-> IF n = 1 THEN held ELSE EmptySlot],
         executed |-> 1, table |-> false, value |-> DigestX,
         checkpoints |-> [n \in {0, 1} |-> IF n = 0 THEN InitialCheckpoint
                                           ELSE [value |-> DigestX, table |-> false]],
         checkpointVotes |-> [NoCheckpointVotes(0) EXCEPT ![1] =
           [NoVotes EXCEPT ![1] = MCStateDigest(1, DigestX, false)]]]]

\* For replica 1, which lied and is recovered: how far the others are, and what they agree on. Its
\* request to be taken back is executed between the checkpoints at 5 and at 8.
ForLiar ==
  LET both == DigestB \o Digest(<<Sig(3, 2, "recover", {})>>)
      before == [InitialTable EXCEPT ![1] = [timestamp |-> 1, result |-> <<"b", 1>>]]
      after == [before EXCEPT ![3] = [timestamp |-> 2, result |-> <<"recover", 2>>]]
      vouched(n, v, t) == {StateOf(n, v, t)} \cup
        UNION {CheckpointVotes(b, {n}, {MCStateDigest(n, v, t)}, {Replicas}) : b \in {0, 2}}
  IN UNION {{ReplyStable(0, 1, k, 0, 0), ReplyStable(2, 1, k, 0, 1)} : k \in {1, 2}} \cup
     PrePrepares(0, {0}, {2}, {BatchB(Replicas)}, {Replicas}) \cup
     Vote("Prepare", 2, {0}, {2}, {DigestB}, {Replicas}) \cup
     UNION {Vote("Commit", b, {0}, {2}, {DigestB}, {Replicas}) : b \in {0, 2}} \cup
     Told(0, {2}, {DigestB}, {Replicas}) \cup
     vouched(5, DigestB, before) \cup vouched(8, both, after) \cup vouched(10, both, after)

\* The same in view 2, which its primary started with a batch; another one follows.
ForRekeyerInNewView ==
  LET first == [seq |-> 0, digest |-> MCStateDigest(0, <<>>, InitialTable)]
      entries == {[seq |-> 1, digest |-> DigestB, view |-> 0]}
      changes == {ViewChange(b, 2, 0, {first}, entries, entries) : b \in {0, 2, 3}}
      decision == [start |-> first, chosen |-> {[seq |-> 1, digest |-> DigestB]}]
  IN {NewView(2, 2, changes, decision)} \cup
     PrePrepares(0, {0}, {1}, {BatchB(Replicas)}, {Replicas}) \cup
     PrePrepares(2, {2}, {2}, {BatchC(Replicas)}, {Replicas}) \cup
     Vote("Prepare", 0, {2}, {1, 2}, {DigestB}, {Replicas}) \cup
     Vote("Commit", 2, {2}, {1}, {DigestB}, {Replicas})

\* What was executed, decided, or lies above the window.
ForRekeyerTold ==
  UNION {Told(b, {1}, {DigestA}, {Replicas}) : b \in {0, 2}} \cup
  UNION {Vote("Commit", b, {0}, {2}, {DigestB}, {Replicas}) : b \in {0, 2, 3}} \cup
  {BatchOf(DigestA), BatchOf(DigestB)} \cup
  UNION {CheckpointVotes(b, {4}, {CheckpointB}, {Replicas}) : b \in {0, 2}} \cup
  {StateOf(4, DigestB, TableB)}

\* How far the others are.
ForRekeyerRecovering ==
  {ReplyStable(0, 1, 1, 0, 0), ReplyStable(0, 1, 1, 0, 9), ReplyStable(2, 1, 1, 0, 1),
   ReplyStable(3, 1, 1, 1, 1)}

(***************************************************************************)
(* Where several features meet.                                            *)
(***************************************************************************)
\* The time and one request: a big one of client 0, or that replica 1 makes to be taken back.
Mixed(at) == WithValue(1, at, BigA(at))
Later(at) == WithValue(2, at, <<Sig(0, 2, "aaaa", at)>>)
Returning(at) == WithValue(1, at, <<Sig(3, 1, "recover", at)>>)

\* The clients' table after such a batch, and a state after it, given for n.
TableAfter(batch) == [c \in AllClients |->
  IF \E k \in 1 .. Len(batch) : batch[k].client = c
  THEN LET k == CHOOSE k \in 1 .. Len(batch) : batch[k].client = c
       IN [timestamp |-> batch[k].timestamp, result |-> <<batch[k].op, k>>]
  ELSE NoEntry]
ValueAfter(batch) == [k \in 1 .. Len(batch) |-> Plain(batch[k])]
StateAfter(batch, n) ==
  LET d == MCStateDigest(n, ValueAfter(batch), TableAfter(batch))
  IN UNION {CheckpointVotes(b, {n}, {d}, {Replicas}) : b \in {0, 2}} \cup
     {StateOf(n, ValueAfter(batch), TableAfter(batch))}

\* A pre-prepare, named and whole, and what makes certificates of it.
AgreedOn(batch, n) ==
  ShortPrePrepares(0, {0}, {n}, {batch}, {Replicas}) \cup
  PrePrepares(0, {0}, {n}, {batch}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {n}, {Digest(batch)}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {n}, {Digest(batch)}, {Replicas}) : b \in {0, 2}}
AskedOfOne == {With(m, "replier", 0) : m \in Requests(0, 1, "aaaa", {Replicas})}

ForMixed ==
  AskedOfOne \cup AgreedOn(Mixed(Replicas), 1) \cup StateAfter(Mixed({}), 1) \cup
  ReadsOf(0, 2, "r", {Replicas})
ForMixedTold ==
  AskedOfOne \cup
  UNION {Told(b, {1}, {Digest(Mixed({}))}, {Replicas}) : b \in {0, 2}} \cup
  UNION {Vote("Commit", b, {0}, {2}, {Digest(Later({}))}, {Replicas}) : b \in {0, 2, 3}} \cup
  {BatchOf(Digest(Mixed({}))), BatchOf(Digest(Later({})))} \cup
  ReadsOf(0, 3, "r", {Replicas})
ForMixedRekeyer ==
  AskedOfOne \cup AgreedOn(Mixed(Replicas), 1) \cup
  PrePrepares(0, {0}, {2}, {NoBatch}, {Replicas}) \cup ReadsOf(0, 2, "r", {Replicas})
ForNull ==
  PrePrepares(0, {0}, {1}, {NoBatch}, {Replicas}) \cup
  Vote("Prepare", 2, {0}, {1}, {NullDigest}, {Replicas}) \cup
  UNION {Vote("Commit", b, {0}, {1}, {NullDigest}, {Replicas}) : b \in {0, 2, 3}} \cup
  UNION {Told(b, {1}, {NullDigest}, {Replicas}) : b \in {0, 2}} \cup
  {BatchOf(NullDigest)} \cup StateAfter(<<>>, 1) \cup ReadsOf(0, 1, "r", {Replicas})
ForRecovererAhead ==
  {ReplyStable(0, 1, 1, 0, 0), ReplyStable(2, 1, 1, 0, 1)} \cup
  AgreedOn(Returning(Replicas), 1) \cup
  PrePrepares(0, {0}, {2}, {NoBatch}, {Replicas}) \cup ReadsOf(0, 1, "r", {Replicas})
ForRecovererMixed ==
  ForRecovererAhead \cup
  UNION {Told(b, {1}, {Digest(Returning({}))}, {Replicas}) : b \in {0, 2}} \cup
  {BatchOf(Digest(Returning({})))} \cup StateAfter(Returning({}), 1)
ForRejoinerMixed ==
  UNION {Vote("Commit", b, {0}, {1}, {Digest(Returning({}))}, {Replicas}) : b \in {0, 2, 3}} \cup
  {BatchOf(Digest(Returning({})))} \cup StateAfter(Returning({}), 3) \cup
  AgreedOn(Later(Replicas), 4) \cup
  PrePrepares(0, {0}, {4}, {NoBatch}, {Replicas}) \cup ReadsOf(0, 1, "r", {Replicas})

\* Who lost its disk was taken back, and is recovered later with the one that it has.
ForReturner ==
  UNION {Vote("Commit", b, {0}, {1}, {Digest(Returning({}))}, {Replicas}) : b \in {0, 2, 3}} \cup
  {BatchOf(Digest(Returning({})))} \cup StateAfter(Returning({}), 3) \cup
  {ReplyStable(0, 1, 2, 3, 3), ReplyStable(2, 1, 2, 3, 4)}

-----------------------------------------------------------------------------
(***************************************************************************)
(* Next with each step told to the module Graph: equal to Next.            *)
(***************************************************************************)
Step(action) == RecordStep(action, vars')
MCNext ==
  \/ \E c \in Clients : ClientSubmit(c) /\ Step("ClientSubmit")
  \/ \E c \in Clients : ClientTimeout(c) /\ Step("ClientTimeout")
  \/ \E c \in Clients : AnyClientRecvReply(c) /\ Step("ClientRecvReply")
  \/ \E i \in Following : AnyRecvRequest(i) /\ Step("RecvRequest")
  \/ \E i \in Following : AnySendPrePrepare(i) /\ Step("SendPrePrepare")
  \/ \E i \in Following : AnyRecvPrePrepare(i) /\ Step("RecvPrePrepare")
  \/ \E i \in Following : AnyRecvFetchPrePrepare(i) /\ Step("RecvFetchPrePrepare")
  \/ \E i \in Following : AnyRecvPrepare(i) /\ Step("RecvPrepare")
  \/ \E i \in Following : AnyRecvCommit(i) /\ Step("RecvCommit")
  \/ \E i \in Following : Execute(i) /\ Step("Execute")
  \/ \E i \in Following : ExecuteTentatively(i) /\ Step("ExecuteTentatively")
  \/ \E i \in Following : Settle(i) /\ Step("Settle")
  \/ \E i \in Following : AnySendCommitted(i) /\ Step("SendCommitted")
  \/ \E i \in Following : AnyRecvCommitted(i) /\ Step("RecvCommitted")
  \/ \E i \in Following : AnyRecvRead(i) /\ Step("RecvRead")
  \/ \E i \in Following : AnyAnswerRead(i) /\ Step("AnswerRead")
  \/ \E i \in Following : AnyRecvCheckpoint(i) /\ Step("RecvCheckpoint")
  \/ \E i \in Following : Timeout(i) /\ Step("Timeout")
  \/ \E i \in Following : AnyRecvViewChange(i) /\ Step("RecvViewChange")
  \/ \E i \in Following : AnySendNewView(i) /\ Step("SendNewView")
  \/ \E i \in Following : AnyRecvNewView(i) /\ Step("RecvNewView")
  \/ \E i \in Following : AnyRecvFetchBatch(i) /\ Step("RecvFetchBatch")
  \/ \E i \in Following : AnyRecvBatch(i) /\ Step("RecvBatch")
  \/ \E i \in Following : EnterView(i) /\ Step("EnterView")
  \/ \E i \in Following : AnySendFetchState(i) /\ Step("SendFetchState")
  \/ \E i \in Following : AnyRecvFetchState(i) /\ Step("RecvFetchState")
  \/ \E i \in Following : AnyRecvState(i) /\ Step("RecvState")
  \/ \E i \in Following : Restart(i) /\ Step("Restart")
  \/ \E i \in Correct : AnyRejoin(i) /\ Step("Rejoin")
  \/ \E i \in Correct : AnyRecover(i) /\ Step("Recover")
  \/ \E i \in Following : AnyChangeKey(i) /\ Step("ChangeKey")
  \/ \E i \in Following : AnyRecvQueryStable(i) /\ Step("RecvQueryStable")
  \/ \E i \in Following : AnyRecvReplyStable(i) /\ Step("RecvReplyStable")
MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must be reachable, so that the invariants are not vacuous: the     *)
(* left side of each invariant, and states that tell the story.            *)
(***************************************************************************)
SomeSlot(P(_, _)) == \E i \in Correct : \E n \in Window(low[i]) : P(i, n)
PhaseAt(phase) == SomeSlot(LAMBDA i, n : slot[i][n].phase = phase)
Answered(c) == client[c].result # NoResult
HasValue(batch) == batch # <<>> /\ batch[1].client \in Clock

Witnesses ==
  /\ RecordWitness("ReachHeld", PhaseAt("held"))
  /\ RecordWitness("ReachUnheard", PhaseAt("voted"))
  /\ RecordWitness("ReachPrepared", PhaseAt("prepared"))
  /\ RecordWitness("ReachCommitted", PhaseAt("committed"))
  /\ RecordWitness("ReachExecuted", \E i \in Correct : executed[i] > 0)
  /\ RecordWitness("ReachAllExecuted", \A i \in Correct : executed[i] > 0)
  /\ RecordWitness("ReachStable", \E i \in Correct : low[i] > 0)
  /\ RecordWitness("ReachAllStable", \A i \in Correct : low[i] > 0)
  /\ RecordWitness("ReachAnswered", \E c \in Clients : Answered(c))
  /\ RecordWitness("ReachCommitBeforePrePrepare", SomeSlot(LAMBDA i, n :
       slot[i][n].phase = "empty" /\ \E r \in Replicas : slot[i][n].commits[r] # NoDigest))
  /\ RecordWitness("ReachOutOfOrderCommit", SomeSlot(LAMBDA i, n :
       n > executed[i] + 1 /\ Committed(i, n)))
  /\ RecordWitness("ReachBatchOfTwo", SomeSlot(LAMBDA i, n : Len(slot[i][n].batch) > 1))
  /\ RecordWitness("ReachUnstableCheckpoint",
       \E i \in Correct : Cardinality(DOMAIN checkpoints[i]) > 1)
  /\ RecordWitness("ReachExecutedForgotten", \E i \in Correct :
       /\ executed[i] = low[i] /\ table[i] = InitialTable
       /\ \E n \in Window(low[i]) : slot[i][n].phase = "prepared"
       /\ \E m \in msgs : m.type = "Reply" /\ m.replica = i)
  /\ RecordWitness("ReachSplitPrePrepare", \E i, j \in Correct :
       /\ 1 \in Window(low[i]) \cap Window(low[j])
       /\ slot[i][1].batch # NoBatch /\ slot[j][1].batch # NoBatch
       /\ Digest(slot[i][1].batch) # Digest(slot[j][1].batch))
  /\ RecordWitness("ReachQueuedBackup", \E i \in Correct : i # Primary(view[i]) /\ queue[i] # <<>>)
  /\ RecordWitness("ReachMismatchedVote", SomeSlot(LAMBDA i, n : \E r \in Replicas :
       /\ slot[i][n].phase # "empty"
       /\ slot[i][n].commits[r] \notin {NoDigest, Digest(slot[i][n].batch)}))
  \* View changes.
  /\ RecordWitness("ReachNewView", \E i \in Correct : active[i] /\ view[i] > 0)
  /\ RecordWitness("ReachAllInNewView", \A i \in Correct : active[i] /\ view[i] > 0)
  /\ RecordWitness("ReachSkippedView", \E m \in msgs : m.type = "NewView" /\ m.view > 1)
  /\ RecordWitness("ReachCarriedOver", \E i \in Correct : \E n \in Window(low[i]) :
       /\ active[i] /\ view[i] > 0 /\ slot[i][n].batch # NoBatch
       /\ \E e \in pset[i] : e.seq = n /\ e.digest = Digest(slot[i][n].batch))
  /\ RecordWitness("ReachNull", SomeSlot(LAMBDA i, n :
       slot[i][n].phase # "empty" /\ slot[i][n].batch = NoBatch))
  /\ RecordWitness("ReachNullExecuted", \E i \in Correct : \E n \in 1 .. executed[i] :
       n \in Window(low[i]) /\ slot[i][n].phase # "empty" /\ slot[i][n].batch = NoBatch)
  /\ RecordWitness("ReachOtherBatch", \E i \in Correct : \E n \in Window(low[i]) :
       /\ active[i] /\ slot[i][n].batch # NoBatch
       /\ \E e \in qset[i] : e.seq = n /\ e.digest # Digest(slot[i][n].batch))
  /\ RecordWitness("ReachFetched", \E i \in Correct : fetched[i] # {})
  /\ RecordWitness("ReachLaterExecution", \E i \in Correct : \E m \in msgs :
       m.type = "Reply" /\ m.view > 0 /\ m.replica = i)
  \* Answers before the end of agreement, and without one.
  /\ RecordWitness("ReachTentative", \E i \in Correct : undo[i] # {})
  /\ RecordWitness("ReachUndone", \E i \in Correct : undo[i] = {} /\ \E m \in msgs :
       /\ m.type = "Reply" /\ "tentative" \in DOMAIN m /\ m.replica = i
       /\ table[i][m.client].timestamp < m.timestamp)
  /\ RecordWitness("ReachReadWaits", \E i \in Correct : undo[i] # {} /\ reads[i] # {})
  /\ RecordWitness("ReachReadAnswered", \E m \in msgs :
       m.type = "Reply" /\ "readOnly" \in DOMAIN m)
  /\ RecordWitness("ReachDigestReply", \E m \in msgs : m.type = "Reply" /\ "digest" \in DOMAIN m)
  /\ RecordWitness("ReachTentativeAnswer", \E c \in Clients : \E r \in Replicas :
       client[c].replies[r] # NoResult /\ client[c].replies[r].tentative # {})
  /\ RecordWitness("ReachDecided", PhaseAt("decided"))
  \* What others executed.
  /\ RecordWitness("ReachClaimed", \E i \in Correct : \E n \in Window(low[i]) :
       slot[i][n].phase \notin Final /\ CommittedAt(i, n) # {})
  /\ RecordWitness("ReachBelieved", \E i \in Correct : \E c \in told[i].own :
       slot[i][c.seq].phase \notin Final)
  /\ RecordWitness("ReachBelievedInactive", \E i \in Correct : \E m \in msgs :
       ~active[i] /\ m.type = "Reply" /\ m.replica = i /\ m.view = view[i])
  /\ RecordWitness("ReachOtherExecuted", \E i \in Correct : \E c \in told[i].own :
       slot[i][c.seq].phase # "empty" /\ Digest(slot[i][c.seq].batch) # c.digest)
  /\ RecordWitness("ReachWaitsToLeave", \E i \in Correct : \E n \in Window(low[i]) :
       /\ n > Settled(i).executed
       /\ Claimed(n, told[i].claims) # {} /\ Lacked(i, n, told[i].claims) = {}
       /\ CommittedAt(i, n) = {})
  /\ RecordWitness("ReachMuteBelieved", \E i \in Correct : IsMute(i) /\ told[i].own # {})
  \* Big requests.
  /\ RecordWitness("ReachAsked", \E m \in msgs : m.type = "FetchPrePrepare")
  /\ RecordWitness("ReachGiven", \E m, w \in msgs :
       /\ m.type = "PrePrepare" /\ "digest" \in DOMAIN m
       /\ w.type = "PrePrepare" /\ "digest" \notin DOMAIN w /\ Digest(w.batch) = m.digest)
  /\ RecordWitness("ReachFilled", \E m \in msgs :
       /\ m.type = "PrePrepare" /\ "digest" \in DOMAIN m
       /\ \A w \in msgs : w.type # "PrePrepare" \/ "digest" \in DOMAIN w
                           \/ Digest(w.batch) # m.digest
       /\ SomeSlot(LAMBDA i, n : n = m.seq /\ i # m.replica /\ slot[i][n].phase # "empty"
                                 /\ Digest(slot[i][n].batch) = m.digest))
  \* Values that primaries propose.
  /\ RecordWitness("ReachTwoValues", \E i \in Correct : Cardinality(UNION {
       {s.batch[1].timestamp : s \in {s \in {slot[i][n]} : HasValue(s.batch)}} :
         n \in Window(low[i])}) > 1)
  /\ RecordWitness("ReachNoEffect", \E i \in Correct : \E n \in Window(low[i]) :
       LET b == slot[i][n].batch IN
       /\ n <= executed[i] /\ HasValue(b)
       /\ b[1].timestamp < table[i][b[1].client].timestamp)
  \* State transfer.
  /\ RecordWitness("ReachAbove", \E i \in Correct : AboveWindow(i) # {})
  /\ RecordWitness("ReachFetchedState", \E i \in Correct : \E m \in msgs :
       m.type = "FetchState" /\ m.replica = i /\ executed[i] >= m.seq)
  /\ RecordWitness("ReachMovedByState", \E i \in Correct : \E m \in msgs :
       m.type = "FetchState" /\ m.replica = i /\ m.seq > L /\ low[i] >= m.seq)
  /\ RecordWitness("ReachStartFetched", \E i \in Correct : \E m \in msgs : \E v \in newView[i] :
       /\ m.type = "FetchState" /\ m.replica = i
       /\ active[i] /\ v.start.seq = m.seq)
  \* Guards that turn something away.
  /\ RecordWitness("Ignore:WrongView", \E i \in Correct : \E m \in Injected :
       m.type \in {"PrePrepare", "Prepare", "Commit"} /\ i \in m.auth /\ m.view # view[i])
  /\ RecordWitness("Ignore:OutsideWatermarks", \E i \in Correct : \E m \in Injected :
       /\ m.type \in {"PrePrepare", "Prepare", "Commit", "Checkpoint"}
       /\ i \in m.auth /\ m.seq \notin Window(low[i]))
  /\ RecordWitness("Ignore:BadAuthenticator", \E i \in Correct : \E m \in Injected :
       "auth" \in DOMAIN m /\ i \notin m.auth)
  \* Who lost its disk.
  /\ RecordWitness("ReachMute", \E i \in Correct : IsMute(i))
  /\ RecordWitness("ReachPlaced", \E i \in Correct : \E r \in recovery[i] : r.point # {})
  /\ RecordWitness("ReachTakenBack", \E i \in Correct : recovery[i] # {} /\ ~IsMute(i))
  /\ RecordWitness("ReachVotesAgain", \E i \in Correct : recovery[i] # {} /\
       \E n \in Window(low[i]) : slot[i][n].phase \in {"prePrepared", "prepared", "committed"})
  \* Who is recovered with its disk, and a log that goes on for it.
  /\ RecordWitness("ReachBound", \E i \in Correct : \E r \in recovery[i] :
       HasDisk(r) /\ r.bound # {})
  /\ RecordWitness("ReachToldTwice", \E i \in Correct : \E r \in recovery[i] : HasDisk(r) /\
       \E k \in Replicas : \E x \in r.told[k] : x.prepared > x.checkpoint + 1)
  /\ RecordWitness("ReachBarred", \E i \in Correct : \E r \in recovery[i] : HasDisk(r) /\
       low[i] > 0 /\ \E b \in r.bound : low[i] < b)
  /\ RecordWitness("ReachBeyondBound", \E i \in Correct : \E r \in recovery[i] : HasDisk(r) /\
       \E b \in r.bound : \E n \in Window(low[i]) : n > b /\ slot[i][n] # EmptySlot)
  /\ RecordWitness("ReachNullExecuted", \E i \in Correct : view[i] = 0 /\
       \E n \in Window(low[i]) : /\ n <= executed[i] /\ slot[i][n] # EmptySlot
                                 /\ slot[i][n].batch = NoBatch)
  \* The left sides of the invariants' implications.
  /\ RecordWitness("TellsAgree", \E m \in msgs : m.type = "Committed")
  /\ RecordWitness("ExecutedAlike", \E i, j \in Correct : i # j /\
       \E c \in told[i].own, e \in told[j].own : c.seq = e.seq)
  /\ RecordWitness("CommitUnique", \E m \in msgs : m.type = "Commit")
  /\ RecordWitness("CarryOver", \E c, m \in msgs : c.type = "Commit" /\ m.type = "Prepare" /\
       m.view > c.view /\ m.seq = c.seq)
  /\ RecordWitness("CanDecide", \E m \in msgs : m.type = "ViewChange")
  /\ RecordWitness("Agreement", \E i, j \in Correct : i # j /\
       \E n \in Window(low[i]) \cap Window(low[j]) : Committed(i, n) /\ Committed(j, n))
  /\ RecordWitness("PreparedUnique", \E i, j \in Correct : i # j /\ view[i] = view[j] /\
       \E n \in Window(low[i]) \cap Window(low[j]) : Prepared(i, n) /\ Prepared(j, n))
  /\ RecordWitness("SettledSupport", \E i \in Correct : \E n \in low[i] + 1 .. Settled(i).executed :
       TakenAt(i, n) # {})
  /\ RecordWitness("TentativeStays", \E m \in msgs : m.type = "Reply" /\ "tentative" \in DOMAIN m)
  /\ RecordWitness("FinalStays", \E m \in msgs : m.type = "Reply" /\ m.replica \notin CanRestart)
  /\ RecordWitness("FreshReads", \E c \in Clients : \E i \in Correct :
       /\ client[c].op = NoOp /\ client[c].timestamp > 1
       /\ ReadOnly /\ IsRead(ClientOps[c][client[c].timestamp])
       /\ \E a \in 1 .. Len(Settled(i).value) : Settled(i).value[a].client = c)
  /\ RecordWitness("CommitSupport", SomeSlot(LAMBDA i, n : Committed(i, n)))
  /\ RecordWitness("ExecutionPrefix", \E i, j \in Correct :
       i # j /\ Settled(i).value # <<>> /\ Settled(j).value # <<>>)
  /\ RecordWitness("AtMostOnce", \E i \in Correct : Len(value[i]) > 1)
  /\ RecordWitness("Validity", \E i \in Correct : \E a \in 1 .. Len(value[i]) :
       value[i][a].client \in Clients)
  /\ RecordWitness("ProposalsJudged", \E i \in Correct : \E a \in 1 .. Len(value[i]) :
       value[i][a].client \in Clock)
  /\ RecordWitness("CheckpointAgreement", \E i, j \in Correct : i # j /\
       \E n \in DOMAIN checkpoints[i] \cap DOMAIN checkpoints[j] : n > 0)
  /\ RecordWitness("ClientResult", \E c \in Clients : \E i \in Correct :
       client[c].op = NoOp /\ \E a \in 1 .. Len(Settled(i).value) :
         LET r == Settled(i).value[a] IN
         r.client = c /\ r.timestamp = client[c].timestamp)
  /\ RecordWitness("SentIsDurable", \E m \in msgs : m.type \in {"PrePrepare", "Prepare", "Commit"})
  /\ RecordWitness("NoEquivocation", \E m \in msgs : m.type \in {"Prepare", "Commit", "Checkpoint"})
  /\ RecordWitness("Watermarks", \E m \in msgs : m.type = "PrePrepare")
  /\ RecordWitness("RecoveryBound", \E m \in msgs : m.type = "Prepare" /\
       \E r \in recovery[m.replica] : HasDisk(r) /\ r.bound # {})
  /\ RecordWitness("NothingFalse", \E i \in DOMAIN FalseDisks : IsRecovered(i))
  /\ RecordWitness("EstimateHonest", \E i \in Correct : \E r \in recovery[i] :
       HasDisk(r) /\ r.bound # {})
=============================================================================
