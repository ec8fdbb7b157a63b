/** Guards of the specification, each taken away or weakened, and the check that must see it. */
import { fastPathSpecMutants } from "./fast-path-mutants.ts"
import { bigRequestSpecMutants } from "./big-request-mutants.ts"
import { proposalSpecMutants } from "./proposal-mutants.ts"
import { refinementSpecMutants } from "./refinement-mutants.ts"
import type { SpecMutant } from "./spec-run.ts"
import { changeKeySpecMutants } from "./change-key-mutants.ts"
import { recoverSpecMutants } from "./recover-mutants.ts"
import { rejoinSpecMutants } from "./rejoin-mutants.ts"
import { toldSpecMutants } from "./told-mutants.ts"
import { stateTransferSpecMutants } from "./state-transfer-spec-mutants.ts"
import { viewChangeSpecMutants } from "./view-change-spec-mutants.ts"
import { zyzzyvaFastSpecMutants } from "./zyzzyva-fast-mutants.ts"
import { zyzzyvaPreferredSpecMutants } from "./zyzzyva-preferred-mutants.ts"
import { zyzzyvaWitnessSpecMutants } from "./zyzzyva-witness-mutants.ts"
import { zyzzyvaSpecMutants } from "./zyzzyva-mutants.ts"
import { zyzzyvaRejoinSpecMutants } from "./zyzzyva-rejoin-mutants.ts"
import { zyzzyvaVouchSpecMutants } from "./zyzzyva-vouch-mutants.ts"

const file = "spec/tla/Pbft.tla"

const requests: ReadonlyArray<SpecMutant> = [
  {
    name: "a request whose authenticator fails waits",
    file,
    find: String.raw`/\ m.type = "Request" /\ i \in m.to /\ i \in m.auth`,
    replace: String.raw`/\ m.type = "Request" /\ i \in m.to`,
    killedBy: { check: "TypeOK", where: "PrimaryAlone" },
  },
  {
    name: "a request older than the last executed one waits",
    file,
    find: String.raw`\/ /\ m.timestamp > table[i][c].timestamp`,
    replace: String.raw`\/ /\ m.timestamp # table[i][c].timestamp`,
    killedBy: { check: "graph", where: "TwoNumbers" },
  },
  {
    name: "the primary assigns a request twice",
    file,
    find: String.raw`/\ i = Primary(view[i]) => m.timestamp > Assigned(i, c)`,
    replace: "",
    killedBy: { check: "graph", where: "PrimaryAlone" },
  },
  {
    name: "a Byzantine primary builds a correct client's authenticator",
    file,
    find: String.raw`{m \in InjectedOf[type] : Buildable(m)}`,
    replace: "InjectedOf[type]",
    killedBy: { check: "Validity", where: "InventedRequests" },
  },
]

const prePrepares: ReadonlyArray<SpecMutant> = [
  {
    name: "the primary gives one sequence number to two batches",
    file,
    find: String.raw`/\ seqno' = [seqno EXCEPT ![i] = n]`,
    replace: String.raw`/\ UNCHANGED seqno`,
    killedBy: { check: "SentIsDurable", where: "PrimaryAlone" },
  },
  {
    name: "a pre-prepare whose authenticator fails is taken",
    file,
    find: String.raw`/\ m.type = "PrePrepare" /\ i \in m.auth`,
    replace: String.raw`/\ m.type = "PrePrepare"`,
    killedBy: { check: "graph", where: "BackupAlone" },
  },
  {
    name: "a pre-prepare of another view is taken",
    file,
    find: String.raw`/\ m.view = view[i] /\ active[i] /\ ~IsMute(i)
  /\ m.replica = Primary(view[i]) /\ i # m.replica`,
    replace: String.raw`/\ ~IsMute(i)
  /\ m.replica = Primary(view[i]) /\ i # m.replica`,
    killedBy: { check: "graph", where: "BackupAlone" },
  },
  {
    name: "a pre-prepare of a backup is taken",
    file,
    find: String.raw`/\ m.replica = Primary(view[i]) /\ i # m.replica`,
    replace: String.raw`/\ i # m.replica`,
    killedBy: { check: "PreparedUnique", where: "FalsePrimary" },
  },
  {
    name: "a second pre-prepare is taken",
    file,
    find: String.raw`/\ slot[i][m.seq].phase \in {"empty", "voted"}`,
    replace: String.raw`/\ slot[i][m.seq].phase # "committed"`,
    killedBy: { check: "SentIsDurable", where: "SecondStory" },
  },
  {
    name: "an empty batch, or one that is too large, is taken",
    file,
    find: String.raw`/\ Len(batch) - Heads \in 1 .. MaxBatch
     /\ \A k`,
    replace: String.raw`/\ \A k`,
    killedBy: { check: "TypeOK", where: "BackupAlone" },
  },
  {
    name: "a backup takes the primary's word for a client",
    file,
    find: String.raw`authentic == \A k \in 1 .. Len(batch) : i \in batch[k].auth`,
    replace: "authentic == TRUE",
    killedBy: { check: "Validity", where: "InventedRequests" },
  },
  {
    name: "a held batch is accepted without vouchers",
    file,
    find: String.raw`accept  == s.phase = "held" /\ 1 + Votes(s.prepares, d) >= F + 1`,
    replace: `accept  == s.phase = "held"`,
    killedBy: { check: "Validity", where: "InventedRequests" },
  },
  {
    name: "a held batch is accepted with f vouchers",
    file,
    find: "1 + Votes(s.prepares, d) >= F + 1",
    replace: "1 + Votes(s.prepares, d) >= F",
    killedBy: { check: "Validity", where: "InventedRequests" },
  },
  {
    name: "the window reaches one beyond the high watermark",
    file,
    find: "Window(h) == h + 1 .. h + L",
    replace: "Window(h) == h + 1 .. h + L + 1",
    killedBy: { check: "TypeOK", where: "BackupAlone" },
  },
]

const certificates: ReadonlyArray<SpecMutant> = [
  {
    name: "2f - 1 prepares make a prepared certificate",
    file,
    find: "Votes(s1.prepares, d) >= Quorum - 1",
    replace: "Votes(s1.prepares, d) >= Quorum - 2",
    killedBy: { check: "PreparedUnique", where: "SecondStory" },
  },
  {
    name: "prepares count whatever their digest",
    file,
    find: "Votes(s1.prepares, d) >= Quorum - 1",
    replace: String.raw`Cardinality({r \in Replicas : s1.prepares[r] # NoDigest}) >= Quorum - 1`,
    killedBy: { check: "PreparedUnique", where: "SecondStory" },
  },
  {
    name: "a prepare of the primary counts",
    file,
    find: String.raw`/\ m.replica # Primary(view[i]) /\ m.replica # i`,
    replace: String.raw`/\ m.replica # i`,
    killedBy: { check: "PreparedUnique", where: "Equivocation" },
  },
  {
    name: "a replica's later prepare replaces its first",
    file,
    find: String.raw`/\ slot[i][m.seq].prepares[m.replica] = NoDigest`,
    replace: "",
    killedBy: { check: "graph", where: "FalsePrimary" },
  },
  {
    name: "2f commits make a committed certificate",
    file,
    find: "Votes(s2.commits, d) >= Quorum",
    replace: "Votes(s2.commits, d) >= Quorum - 1",
    killedBy: { check: "CommitSupport", where: "Equivocation" },
  },
  {
    name: "commits count whatever their digest",
    file,
    find: "Votes(s2.commits, d) >= Quorum",
    replace: String.raw`Cardinality({r \in Replicas : s2.commits[r] # NoDigest}) >= Quorum`,
    killedBy: { check: "graph", where: "BackupAlone" },
  },
  {
    name: "a replica commits what it has not prepared",
    file,
    find: `s3 == IF s2.phase = "prepared"`,
    replace: String.raw`s3 == IF s2.phase \in {"prePrepared", "prepared"}`,
    killedBy: { check: "graph", where: "BackupAlone" },
  },
  {
    name: "a commit outside the watermarks counts",
    file,
    find: String.raw`/\ m.seq \in Open(i)
  /\ slot[i][m.seq].phase \notin Final`,
    replace: String.raw`/\ slot[i][m.seq].phase \notin Final`,
    killedBy: { check: "evaluation", where: "BackupAlone" },
  },
]

const executions: ReadonlyArray<SpecMutant> = [
  {
    name: "a request is executed as often as it is ordered",
    file,
    find: "IF r.timestamp <= state.table[r.client].timestamp",
    replace: "IF FALSE",
    killedBy: { check: "AtMostOnce", where: "TwoNumbers" },
  },
  {
    name: "the client table forgets what was executed",
    file,
    find: "[timestamp |-> r.timestamp, result |-> result]],",
    replace: "state.table[r.client]],",
    killedBy: { check: "AtMostOnce", where: "TwoNumbers" },
  },
  {
    name: "batches are executed as they commit, in any order",
    file,
    find: String.raw`LET n == executed[i] + 1 IN
  /\ n \in Window(low[i])
  /\ LowerCommitted(i, n)
  /\ \E d`,
    replace: String.raw`\E n \in Window(low[i]) :
  /\ n > executed[i]
  /\ LowerCommitted(i, n)
  /\ \E d`,
    killedBy: { check: "graph", where: "TwoNumbers" },
  },
  {
    name: "a batch is executed once it is prepared",
    file,
    find: String.raw`IN IF s.phase \in Final THEN {Digest(s.batch)}`,
    replace: String.raw`IN IF s.phase \in Final \cup {"prepared"} THEN {Digest(s.batch)}`,
    killedBy: { check: "graph", where: "TwoNumbers" },
  },
]

const checkpoints: ReadonlyArray<SpecMutant> = [
  {
    name: "a checkpoint is stable without the own one",
    file,
    find: String.raw`stable == /\ n \in DOMAIN cps
                /\ Votes(votes[n], votes[n][i]) >= Quorum`,
    replace: String.raw`stable == \E r \in Replicas :
                votes[n][r] # NoDigest /\ Votes(votes[n], votes[n][r]) >= Quorum`,
    killedBy: { check: "TypeOK", where: "BackupAlone" },
  },
  {
    name: "a checkpoint is stable with 2f votes",
    file,
    find: "Votes(votes[n], votes[n][i]) >= Quorum",
    replace: "Votes(votes[n], votes[n][i]) >= Quorum - 1",
    killedBy: { check: "graph", where: "BackupAlone" },
  },
  {
    name: "older checkpoints stay after a stable one",
    file,
    find: String.raw`[k \in {k \in DOMAIN cps : k >= n} |-> cps[k]]`,
    replace: "cps",
    killedBy: { check: "TypeOK", where: "BackupAlone" },
  },
]

const restarts: ReadonlyArray<SpecMutant> = [
  {
    name: "a restart forgets what was prepared",
    file,
    find: String.raw`Unheard(i, k, DurableSlot(i, slot[i][k]))]]`,
    replace: String.raw`[DurableSlot(i, slot[i][k]) EXCEPT
                                        !.phase = IF @ = "prepared" THEN "prePrepared" ELSE @]]]`,
    killedBy: { check: "SentIsDurable", where: "SecondStory" },
  },
  {
    name: "a restart forgets the accepted batch",
    file,
    find: String.raw`Unheard(i, k, DurableSlot(i, slot[i][k]))]]`,
    replace: "EmptySlot]]",
    killedBy: { check: "SentIsDurable", where: "SecondStory" },
  },
  {
    name: "the queue survives a restart",
    file,
    find: String.raw`/\ queue' = [queue EXCEPT ![i] = <<>>]
     /\ slot'`,
    replace: String.raw`/\ UNCHANGED queue
     /\ slot'`,
    killedBy: { check: "graph", where: "PrimaryAlone" },
  },
]

const clients: ReadonlyArray<SpecMutant> = [
  {
    name: "a client takes what f replicas answer",
    file,
    find: "Cardinality(final) >= ReplyQuorum",
    replace: "Cardinality(final) >= ReplyQuorum - 1",
    killedBy: { check: "ClientResult", where: "ForgedReply" },
  },
  {
    name: "a client takes answers that differ",
    file,
    find: String.raw`answers[r] # NoResult /\ DigestOf(answers[r]) = d}`,
    replace: String.raw`answers[r] # NoResult}`,
    killedBy: { check: "ClientResult", where: "ForgedReply" },
  },
  {
    name: "a client takes answers to any request for the answer to this one",
    file,
    find: String.raw`/\ m.timestamp = client[c].timestamp`,
    replace: "",
    killedBy: { check: "graph", where: "ClientAlone" },
  },
]

export const specMutants: ReadonlyArray<SpecMutant> = [
  ...requests,
  ...prePrepares,
  ...certificates,
  ...executions,
  ...checkpoints,
  ...restarts,
  ...clients,
  ...viewChangeSpecMutants,
  ...fastPathSpecMutants,
  ...proposalSpecMutants,
  ...rejoinSpecMutants,
  ...toldSpecMutants,
  ...recoverSpecMutants,
  ...changeKeySpecMutants,
  ...bigRequestSpecMutants,
  ...stateTransferSpecMutants,
  ...refinementSpecMutants,
  ...zyzzyvaSpecMutants,
  ...zyzzyvaFastSpecMutants,
  ...zyzzyvaPreferredSpecMutants,
  ...zyzzyvaWitnessSpecMutants,
  ...zyzzyvaVouchSpecMutants,
  ...zyzzyvaRejoinSpecMutants,
]
