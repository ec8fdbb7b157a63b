/**
 * Guards of execution, checkpoints, restarts and clients, each taken away or weakened, and the
 * check that must see it.
 */
import type { CodeMutant } from "./code-run.ts"

const execution = "src/core/pbft/execution.ts"
const checkpointing = "src/core/pbft/checkpointing.ts"
const restart = "src/core/pbft/restart.ts"
const client = "src/core/pbft/client.ts"
const answers = "src/core/pbft/answers.ts"
const schedule = "test/core/pbft/schedule.test.ts"
const guards = "test/core/pbft/guards.test.ts"

const seenBy = (check: string, where: string) => ({ check, where })
const graphOf = (where: string) => ({ check: "graph", where })

const executions: ReadonlyArray<CodeMutant> = [
  {
    name: "a request is executed as often as it is ordered",
    file: execution,
    find: "if (r.timestamp <= seen) return false",
    replace: "",
    killedBy: seenBy("AtMostOnce", "TwoNumbers"),
  },
  {
    name: "a request is executed again under another sequence number",
    file: execution,
    find: "last.get(r.client) ?? ClientTable.get(state.table, r.client).timestamp",
    replace: "last.get(r.client) ?? 0",
    killedBy: seenBy("AtMostOnce", "TwoNumbers"),
  },
  {
    name: "a request is executed twice where its batch holds it twice",
    file: execution,
    find: "last.set(r.client, r.timestamp)",
    replace: "",
    killedBy: seenBy("AtMostOnce", "TwoNumbers"),
  },
  {
    name: "the client table forgets what was executed",
    file: execution,
    find: "table = ClientTable.set(table, client, { timestamp, result })",
    replace: "",
    killedBy: seenBy("AtMostOnce", "TwoNumbers"),
  },
  {
    name: "the client table keeps no result",
    file: execution,
    find: "table = ClientTable.set(table, client, { timestamp, result })",
    replace: `table = ClientTable.set(table, client, { timestamp, result: "" })`,
    killedBy: seenBy("ClientResult", "Normal"),
  },
  {
    name: "a batch is executed once it is prepared",
    file: execution,
    find: `slot.phase === "prepared" && config.maxTentative > 0\n`,
    replace: `slot.phase === "prepared"\n`,
    killedBy: seenBy("TypeOK", "TwoNumbers"),
  },
  {
    name: "batches are executed as they commit, in any order",
    file: execution,
    find: "const seq = executed + 1\n",
    replace: `const seq =
    Window.occupied(log).find((n) => n > executed && committedAt(config, state, n)) ??
    executed + 1\n`,
    killedBy: graphOf("TwoNumbers"),
  },
  {
    name: "what was executed still waits",
    file: execution,
    find: "queue.filter((r) => r.timestamp > last(r.client))",
    replace: "queue",
    killedBy: graphOf("Normal"),
  },
  {
    name: "an answer of the service to another question is taken",
    file: execution,
    find: "if (next === undefined || next.seq !== input.seq) return",
    replace: "if (next === undefined) return",
    killedBy: seenBy("executedBatch ignores: NotNextToExecute", guards),
  },
  {
    name: "results are not sent",
    file: execution,
    find: "withReads([...point, ...replies, ...effects]",
    replace: "withReads([...point, ...effects]",
    killedBy: graphOf("Normal"),
  },
]

const checkpoints: ReadonlyArray<CodeMutant> = [
  {
    name: "a replica's later checkpoint vote replaces its first",
    file: checkpointing,
    find: `if (Votes.has(at.votes, m.replica)) return ignore(state, "DuplicateCheckpoint")`,
    replace: "",
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "a checkpoint is stable without the own one",
    file: checkpointing,
    find: `  if (own === undefined || votes === undefined || seq <= state.log.low) {
    return { state, effects: [] }
  }
  if (Votes.count(votes.votes, own.digest) < config.group.quorum) return`,
    replace: `  if (votes === undefined || seq <= state.log.low) return { state, effects: [] }
  const most = Math.max(
    ...votes.votes.filter((d) => d !== "").map((d) => Votes.count(votes.votes, d)),
  )
  if (most < config.group.quorum) return`,
    killedBy: seenBy("TypeOK", "BackupAlone"),
  },
  {
    name: "a checkpoint is stable with 2f votes",
    file: checkpointing,
    find: "if (Votes.count(votes.votes, own.digest) < config.group.quorum) return",
    replace: "if (Votes.count(votes.votes, own.digest) < config.group.quorum - 1) return",
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "checkpoint votes count whatever their digest",
    file: checkpointing,
    find: "Votes.count(votes.votes, own.digest) <",
    replace: `votes.votes.filter((d) => d !== "").length <`,
    killedBy: graphOf("BackupAlone"),
  },
  {
    name: "the log is not cut at a stable checkpoint",
    file: checkpointing,
    find: "log: Window.advance(state.log, seq)",
    replace: "log: state.log",
    killedBy: seenBy("TypeOK", "BackupAlone"),
  },
  {
    name: "old votes stay in the log after a stable checkpoint",
    file: "src/core/window.ts",
    find: "chunk[at & ((1 << window.bits) - 1)] = window.empty\n",
    replace: "chunk[at & ((1 << window.bits) - 1)] ??= window.empty\n",
    killedBy: seenBy("CommitSupport", "Normal"),
  },
  {
    name: "older checkpoints stay after a stable one",
    file: checkpointing,
    find: "checkpoints: state.checkpoints.filter((c) => c.seq >= seq)",
    replace: "checkpoints: state.checkpoints",
    killedBy: seenBy("TypeOK", "BackupAlone"),
  },
  {
    name: "the window reaches one beyond the high watermark",
    file: "src/core/window.ts",
    find: "seq > window.low && seq <= window.low + window.length\n",
    replace: "seq > window.low && seq <= window.low + window.length + 1\n",
    killedBy: seenBy("Watermarks", "BackupAlone"),
  },
  {
    name: "the window begins at the low watermark",
    file: "src/core/window.ts",
    find: "seq > window.low && seq <= window.low + window.length\n",
    replace: "seq >= window.low && seq <= window.low + window.length\n",
    killedBy: seenBy("NoEquivocation", "BackupAlone"),
  },
  {
    name: "a checkpoint vote in the own name is taken from the network",
    file: checkpointing,
    find: `if (m.replica === config.id) return ignore(state, "FromSelf")`,
    replace: "",
    killedBy: seenBy("recvCheckpoint ignores: FromSelf", guards),
  },
  {
    name: "a checkpoint is announced before it is durable",
    file: checkpointing,
    find: `      { _tag: "Persist", record: { _tag: "CheckpointTaken", seq, digest, service, table: all } },
      {
        _tag: "Broadcast",
        message: { _tag: "Checkpoint", seq, digest, replica: config.id },
      },`,
    replace: `      {
        _tag: "Broadcast",
        message: { _tag: "Checkpoint", seq, digest, replica: config.id },
      },
      { _tag: "Persist", record: { _tag: "CheckpointTaken", seq, digest, service, table: all } },`,
    killedBy: seenBy("no message leaves before what it rests on is durable", schedule),
  },
  {
    name: "a stable checkpoint is not written down",
    file: checkpointing,
    find: `effects: [{ _tag: "Persist", record: { _tag: "CheckpointStable", seq } }]`,
    replace: "effects: []",
    killedBy: seenBy(
      "all it ever wrote, and what its state says is durable, bring back the same state",
      schedule,
    ),
  },
]

const restarts: ReadonlyArray<CodeMutant> = [
  {
    name: "a restart forgets what was prepared",
    file: restart,
    find: `slots.set(seq, { ...slot, phase: "prepared", commits: Votes.add(none.commits, id, digest) })`,
    replace: "",
    killedBy: seenBy("SentIsDurable", "SecondStory"),
  },
  {
    name: "the prepared certificate is not durable",
    file: restart,
    find: `records.push({ _tag: "Prepared", view: state.view, seq, digest })`,
    replace: "",
    killedBy: seenBy("SentIsDurable", "SecondStory"),
  },
  {
    name: "a restart forgets the accepted batch",
    file: restart,
    find: "slots.set(seq, { ...none, phase, batch, digest, prepares })",
    replace: "void [phase, prepares]",
    killedBy: seenBy("SentIsDurable", "SecondStory"),
  },
  {
    name: "a restart forgets the own prepare",
    file: restart,
    find: "const prepares = backup ? Votes.add(none.prepares, id, digest) : none.prepares",
    replace: "const prepares = none.prepares",
    killedBy: graphOf("SecondStory"),
  },
  {
    name: "a restart forgets the own commit",
    file: restart,
    find: "commits: Votes.add(none.commits, id, digest) })",
    replace: "commits: none.commits })",
    killedBy: graphOf("SecondStory"),
  },
  {
    name: "a restarted primary starts its numbers again",
    file: restart,
    find: "seqno: primary ? seqno : 0",
    replace: "seqno: 0",
    killedBy: seenBy("SentIsDurable", "PrimaryAlone"),
  },
  {
    name: "a restarted primary forgets which requests it assigned",
    file: restart,
    find: "primary ? assignedIn(state) : start.assigned",
    replace: "start.assigned",
    killedBy: seenBy("the projection is injective", "PrimaryAlone"),
  },
  {
    name: "a restart forgets the client table of the last checkpoint",
    file: restart,
    find: "table: last.table",
    replace: "table: start.table",
    killedBy: seenBy("AtMostOnce", "RestartPrimary"),
  },
  {
    name: "a restart forgets the own checkpoint votes",
    file: restart,
    find: "return digest === undefined ? v :",
    replace: "return digest !== undefined ? v :",
    killedBy: graphOf("BackupAlone"),
  },
]

const clients: ReadonlyArray<CodeMutant> = [
  {
    name: "a client takes what f replicas answer",
    file: answers,
    find: "committed >= config.replyQuorum",
    replace: "committed >= config.replyQuorum - 1",
    killedBy: seenBy("ClientResult", "ForgedReply"),
  },
  {
    name: "a client takes answers that differ",
    file: answers,
    find: "answers.filter((a) => a !== undefined && agree(a))",
    replace: "answers.filter((a) => a !== undefined)",
    killedBy: graphOf("ForgedReply"),
  },
  {
    name: "a client takes the answer to its last request for the answer to this one",
    file: client,
    find: `if (m.timestamp !== state.timestamp) return ignore(state, "WrongTimestamp")`,
    replace: "",
    killedBy: seenBy("ClientResult", "TwoRequests"),
  },
  {
    name: "a replica's later answer replaces its first",
    file: client,
    find: `if (!replaces(state.replies[m.replica], answer)) return ignore(state, "DuplicateReply")`,
    replace: "",
    killedBy: graphOf("ClientAlone"),
  },
  {
    name: "a client uses a timestamp twice",
    file: client,
    find: "const timestamp = state.timestamp + 1",
    replace: "const timestamp = Math.max(1, state.timestamp)",
    killedBy: graphOf("ClientAlone"),
  },
  {
    name: "a client that waits submits another request",
    file: client,
    find: `if (state.operation !== undefined) return ignore(state, "StillWaiting")`,
    replace: "",
    killedBy: seenBy("clientSubmit ignores: StillWaiting", guards),
  },
]

export const executionMutants: ReadonlyArray<CodeMutant> = [
  ...executions,
  ...checkpoints,
  ...restarts,
  ...clients,
]
