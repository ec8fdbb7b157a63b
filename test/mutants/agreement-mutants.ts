/** Guards of the normal case, each taken away or weakened, and the check that must see it. */
import type { CodeMutant } from "./code-run.ts"

const normalCase = "src/core/pbft/normal-case.ts"
const schedule = "test/core/pbft/schedule.test.ts"

const seenBy = (check: string, where: string) => ({ check, where })
const graphOf = (where: string) => ({ check: "graph", where })

const requests: ReadonlyArray<CodeMutant> = [
  {
    name: "requests of unknown clients wait",
    file: normalCase,
    find: `if (!mayAsk(config, m.client)) return ignore(state, "UnknownClient")`,
    replace: "",
    killedBy: seenBy("client is in the table", "PrimaryAlone"),
  },
  {
    name: "a request older than the last executed one waits",
    file: normalCase,
    find: `if (m.timestamp < last.timestamp) return ignore(state, "OldTimestamp")`,
    replace: "",
    killedBy: graphOf("TwoNumbers"),
  },
  {
    name: "an older request takes the place of a waiting one",
    file: normalCase,
    find: "const isKnown = mine !== undefined && mine.timestamp >= m.timestamp",
    replace: "const isKnown = mine?.timestamp === m.timestamp",
    killedBy: graphOf("PrimaryAlone"),
  },
  {
    name: "a client has two requests waiting",
    file: normalCase,
    find: "const others = state.queue.filter((r) => r.client !== client)",
    replace: "const others = state.queue",
    killedBy: seenBy("TypeOK", "PrimaryAlone"),
  },
  {
    name: "the primary assigns a request twice",
    file: normalCase,
    find: "if (isPrimary(config, state) && (state.assigned[m.client] as number) >= m.timestamp)",
    replace: "if (isPrimary(config, state) && state.assigned.length === 0)",
    killedBy: seenBy("the projection is injective", "PrimaryAlone"),
  },
]

const assignments: ReadonlyArray<CodeMutant> = [
  {
    name: "a backup assigns sequence numbers",
    file: normalCase,
    find: `if (!isPrimary(config, state)) return ignore(state, "NotPrimary")`,
    replace: "",
    killedBy: seenBy("SentIsDurable", "Restart"),
  },
  {
    name: "the primary assigns above its high watermark",
    file: normalCase,
    find: `if (!isOpen(state, seq)) return ignore(state, "WindowFull")`,
    replace: "",
    killedBy: seenBy("window covers what is read", "PrimaryAlone"),
  },
  {
    name: "the primary gives one sequence number to two batches",
    file: normalCase,
    find: "const next = { ...state, seqno: seq, queue:",
    replace: "const next = { ...state, queue:",
    killedBy: seenBy("SentIsDurable", "PrimaryAlone"),
  },
  {
    name: "the pre-prepare leaves before its batch is durable",
    file: normalCase,
    find: `      { _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } },
      { _tag: "Broadcast", message },`,
    replace: `      { _tag: "Broadcast", message },
      { _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } },`,
    killedBy: seenBy("no message leaves before what it rests on is durable", schedule),
  },
]

const prePrepares: ReadonlyArray<CodeMutant> = [
  {
    name: "a pre-prepare of another view is taken",
    file: normalCase,
    find: `if (m.view !== state.view) return ignore(state, "WrongView")
  if (!state.active) return ignore(state, "NotActive")
  if (m.replica !== primaryOf(config.group, state.view)) return`,
    replace: `if (!state.active) return ignore(state, "NotActive")
  if (m.replica !== primaryOf(config.group, state.view)) return`,
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a pre-prepare of a backup is taken",
    file: normalCase,
    find: `if (m.replica !== primaryOf(config.group, state.view)) return ignore(state, "NotFromPrimary")`,
    replace: "",
    killedBy: seenBy("PreparedUnique", "FalsePrimary"),
  },
  {
    name: "a pre-prepare outside the watermarks is taken",
    file: normalCase,
    find: `if (!isOpen(state, m.seq)) return ignore(state, "OutsideWatermarks")
  const before = Window.get(state.log, m.seq)
  const isAgain`,
    replace: `const before = Window.get(state.log, m.seq)
  const isAgain`,
    killedBy: seenBy("window covers what is read", "BackupAlone"),
  },
  {
    name: "a second pre-prepare is taken",
    file: normalCase,
    find: `if (before.phase !== "empty" && !isAgain) return ignore(state, "AlreadyPrePrepared")`,
    replace: "",
    killedBy: seenBy("SentIsDurable", "SecondStory"),
  },
  {
    name: "an empty batch, or one that is too large, is taken",
    file: normalCase,
    find: `if (!isNull && !fits) return ignore(state, "BadBatchSize")`,
    replace: "",
    killedBy: seenBy("TypeOK", "BackupAlone"),
  },
  {
    name: "a batch larger than allowed is taken",
    file: normalCase,
    find: "asked.length >= 1 && asked.length <= config.maxBatch",
    replace: "asked.length >= 1",
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a batch with a request of an unknown client is taken",
    file: normalCase,
    find: `if (!asked.every((r) => mayAsk(config, r.client))) return ignore(state, "UnknownClient")`,
    replace: "",
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a backup takes the primary's word for a client",
    file: normalCase,
    find: "m.batch.every((r, k) => !isSigned(r) || verdicts[k] === true)",
    replace: "true",
    killedBy: seenBy("Validity", "InventedRequests"),
  },
  {
    name: "one authentic request vouches for its whole batch",
    file: normalCase,
    find: "m.batch.every((r, k) => !isSigned(r) || verdicts[k] === true)",
    replace: "m.batch.some((r, k) => !isSigned(r) || verdicts[k] === true)",
    killedBy: seenBy("Validity", "InventedRequests"),
  },
  {
    name: "a held batch is accepted with f vouchers",
    file: normalCase,
    find: "vouchers < weakQuorum(config.group)",
    replace: "vouchers < config.group.f",
    killedBy: seenBy("Validity", "InventedRequests"),
  },
  {
    name: "votes for another batch vouch for a held one",
    file: normalCase,
    find: "1 + Votes.count(slot.prepares, slot.digest)",
    replace: `1 + slot.prepares.filter((d) => d !== "").length`,
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "the prepare leaves before the batch is durable",
    file: normalCase,
    find: `      { _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } },
      {
        _tag: "Broadcast",
        message: { _tag: "Prepare", view, seq, digest, replica: config.id },
      },`,
    replace: `      {
        _tag: "Broadcast",
        message: { _tag: "Prepare", view, seq, digest, replica: config.id },
      },
      { _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } },`,
    killedBy: seenBy("no message leaves before what it rests on is durable", schedule),
  },
]

const certificates: ReadonlyArray<CodeMutant> = [
  {
    name: "a prepare of another view counts",
    file: normalCase,
    find: `if (m.view !== state.view) return ignore(state, "WrongView")
  if (!state.active) return ignore(state, "NotActive")
  if (m.replica === primaryOf(config.group, state.view)) return`,
    replace: `if (!state.active) return ignore(state, "NotActive")
  if (m.replica === primaryOf(config.group, state.view)) return`,
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a prepare of the primary counts",
    file: normalCase,
    find: `if (m.replica === primaryOf(config.group, state.view)) return ignore(state, "PrepareFromPrimary")`,
    replace: "",
    killedBy: seenBy("PreparedUnique", "Equivocation"),
  },
  {
    name: "a replica's later prepare replaces its first",
    file: normalCase,
    find: `if (Votes.has(before.prepares, m.replica)) return ignore(state, "DuplicatePrepare")`,
    replace: "",
    killedBy: graphOf("FalsePrimary"),
  },
  {
    name: "2f - 1 prepares make a prepared certificate",
    file: normalCase,
    find: "Votes.count(slot.prepares, slot.digest) < config.group.quorum - 1",
    replace: "Votes.count(slot.prepares, slot.digest) < config.group.quorum - 2",
    killedBy: seenBy("PreparedUnique", "Equivocation"),
  },
  {
    name: "prepares count whatever their digest",
    file: normalCase,
    find: "Votes.count(slot.prepares, slot.digest) < config.group.quorum - 1",
    replace: `slot.prepares.filter((d) => d !== "").length < config.group.quorum - 1`,
    killedBy: seenBy("PreparedUnique", "Equivocation"),
  },
  {
    name: "the prepared certificate is not written down",
    file: normalCase,
    find: `      { _tag: "Persist", record: { _tag: "Prepared", view, seq, digest } },\n`,
    replace: "",
    killedBy: seenBy("no message leaves before what it rests on is durable", schedule),
  },
  {
    name: "2f commits make a committed certificate",
    file: normalCase,
    find: "Votes.count(slot.commits, slot.digest) >= config.group.quorum\n",
    replace: "Votes.count(slot.commits, slot.digest) >= config.group.quorum - 1\n",
    killedBy: seenBy("CommitSupport", "Equivocation"),
  },
  {
    name: "commits count whatever their digest",
    file: normalCase,
    find: "Votes.count(slot.commits, slot.digest) >= config.group.quorum\n",
    replace: `slot.commits.filter((d) => d !== "").length >= config.group.quorum\n`,
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a replica commits what it has not prepared",
    file: normalCase,
    find: `slot.phase === "prepared" && Votes`,
    replace: `slot.phase !== "empty" && slot.phase !== "held" && Votes`,
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a commit outside the watermarks counts",
    file: normalCase,
    find: `if (!isOpen(state, m.seq)) return ignore(state, "OutsideWatermarks")
  const before = Window.get(state.log, m.seq)
  if (isFinal(before.phase)) return ignore(state, "AlreadyCommitted")`,
    replace: `const before = Window.get(state.log, m.seq)
  if (isFinal(before.phase)) return ignore(state, "AlreadyCommitted")`,
    killedBy: seenBy("window covers what is read", "BackupAlone"),
  },
  {
    name: "a replica's later commit replaces its first",
    file: normalCase,
    find: `if (Votes.has(before.commits, m.replica)) return ignore(state, "DuplicateCommit")`,
    replace: "",
    killedBy: graphOf("Equivocation"),
  },
  {
    name: "votes count whatever their digest",
    file: "src/core/votes.ts",
    find: "if (vote === digest) voters++",
    replace: "if (vote !== noDigest) voters++",
    killedBy: seenBy("PreparedUnique", "Equivocation"),
  },
  {
    name: "a weak quorum has f members",
    file: "src/core/quorum.ts",
    find: "group.f + 1",
    replace: "group.f",
    killedBy: seenBy("Validity", "InventedRequests"),
  },
  {
    name: "two strong quorums meet in f replicas only",
    file: "src/core/quorum.ts",
    find: "Math.ceil((n + f + 1) / 2)",
    replace: "Math.floor((n + f + 1) / 2)",
    killedBy: seenBy(
      "has quorums of which any two share a correct replica, and none smaller has",
      "test/core/quorum.test.ts",
    ),
  },
]

export const agreementMutants: ReadonlyArray<CodeMutant> = [
  ...requests,
  ...assignments,
  ...prePrepares,
  ...certificates,
]
