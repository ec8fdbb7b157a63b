/** Replicas and messages of PBFT for tests: digests are readable text and stand for themselves. */
import type { Bytes, ClientId, Digest, ReplicaId, Seq, Timestamp } from "../../src/core/ids.ts"
import type { ClientConfig } from "../../src/core/pbft/client.ts"
import type {
  Authentic,
  Checkpoint,
  Commit,
  Message,
  Prepare,
  PrePrepare,
  ReplicaMessage,
  Reply,
  Request,
} from "../../src/core/pbft/message.ts"
import { step } from "../../src/core/pbft/replica.ts"
import {
  type Config,
  type DurableRecord,
  type Effect,
  type Input,
  init,
  type PbftStep,
  type State,
} from "../../src/core/pbft/state.ts"
import { groupOf } from "../../src/core/quorum.ts"
import type { Batch, SignedRequest } from "../../src/core/request.ts"
import { deepFreeze } from "./deep-freeze.ts"

/** The digest of a batch: the batch itself, without the authenticators. */
export const batchDigest = (
  batch: ReadonlyArray<{ client: ClientId; timestamp: Timestamp; operation: Bytes }>,
): Digest =>
  batch.length === 0
    ? "null"
    : batch.map((r) => `${r.client}:${r.timestamp}:${r.operation}`).join(" ")

const resultDigest = (result: Bytes): Digest => `digest of ${result}`

/** Replica `id` of four with a small window, checkpoints at 2, 4, ..., two clients. */
export const configOf = (id: ReplicaId, changed: Partial<Config> = {}): Config => ({
  group: groupOf(4),
  id,
  clients: 2,
  clock: undefined,
  checkpointInterval: 2,
  logSize: 4,
  maxBatch: 2,
  readOnly: false,
  maxTentative: 0,
  fetchDecisions: false,
  resultDigest,
  canFetch: true,
  batchDigest,
  checkpointDigest: (seq, service, table) =>
    `${seq}|${service}|${table.map((e) => `${e.timestamp}=${e.result}`).join(",")}`,
  ...changed,
})

export const clientConfigOf = (
  id: ClientId,
  changed: Partial<ClientConfig> = {},
): ClientConfig => ({
  group: groupOf(4),
  id,
  firstTimestamp: 0,
  retransmitMs: 100,
  maxRetransmitMs: 400,
  replyQuorum: 2,
  resultDigest,
  ...changed,
})

/** What the driver says of a message whose authenticator it verified. */
export const authentic = <M extends Message>(message: M): Authentic<M> => message as Authentic<M>

export const signed = (client: ClientId, timestamp: Timestamp, operation = "a"): SignedRequest => ({
  client,
  timestamp,
  operation,
  authenticator: "",
})

export const request = (client: ClientId, timestamp: Timestamp, operation = "a"): Request => ({
  _tag: "Request",
  ...signed(client, timestamp, operation),
})

export const prePrepare = (
  seq: Seq,
  batch: Batch,
  changed: Partial<PrePrepare> = {},
): PrePrepare => ({
  _tag: "PrePrepare",
  view: 0,
  seq,
  digest: batchDigest(batch),
  batch,
  replica: 0,
  ...changed,
})

export const prepare = (replica: ReplicaId, seq: Seq, digest: Digest, view = 0): Prepare => ({
  _tag: "Prepare",
  view,
  seq,
  digest,
  replica,
})

export const commit = (replica: ReplicaId, seq: Seq, digest: Digest, view = 0): Commit => ({
  _tag: "Commit",
  view,
  seq,
  digest,
  replica,
})

export const checkpoint = (replica: ReplicaId, seq: Seq, digest: Digest): Checkpoint => ({
  _tag: "Checkpoint",
  seq,
  digest,
  replica,
})

export const reply = (
  replica: ReplicaId,
  timestamp: Timestamp,
  result: Bytes,
  changed: Partial<Reply> = {},
): Reply => ({ _tag: "Reply", view: 0, client: 0, timestamp, replica, result, ...changed })

/** A message as the input of a replica; every client's authenticator in it verifies. */
export const receive = (message: ReplicaMessage): Input =>
  message._tag === "PrePrepare"
    ? { _tag: "ReceivePrePrepare", message: authentic(message), verdicts: message.batch.map(yes) }
    : { _tag: "Receive", message: authentic(message) }

/** The same pre-prepare where the authenticators at these places of the batch fail. */
export const receiveHalf = (message: PrePrepare, failed: ReadonlyArray<number>): Input => ({
  _tag: "ReceivePrePrepare",
  message: authentic(message),
  verdicts: message.batch.map((_, k) => !failed.includes(k)),
})

const yes = (): boolean => true

export const propose = (count: number): Input => ({ _tag: "Propose", count })

export const executed = (seq: Seq, results: ReadonlyArray<Bytes>, service: Digest = ""): Input => ({
  _tag: "Executed",
  seq,
  results,
  service,
})

/** A replica's state after these inputs; each state on the way is frozen. */
export const after = (config: Config, inputs: ReadonlyArray<Input>): State =>
  inputs.reduce(
    (state, input) => deepFreeze(step(config, state, deepFreeze(input)).state),
    deepFreeze(init(config)),
  )

/** The last of these steps, whole. */
export const lastStep = (config: Config, inputs: ReadonlyArray<Input>): PbftStep => {
  const before = after(config, inputs.slice(0, -1))
  return step(config, before, deepFreeze(inputs.at(-1) as Input))
}

/** The messages that a step sends to the other replicas. */
export const broadcasts = (effects: ReadonlyArray<Effect>): ReadonlyArray<Message> =>
  effects.flatMap((e) => (e._tag === "Broadcast" ? [e.message] : []))

/** The replies that a step sends. */
export const replies = (effects: ReadonlyArray<Effect>): ReadonlyArray<Reply> =>
  effects.flatMap((e) => (e._tag === "SendToClient" ? [e.message] : []))

/** The records that a step writes. */
export const records = (effects: ReadonlyArray<Effect>): ReadonlyArray<DurableRecord> =>
  effects.flatMap((e) => (e._tag === "Persist" ? [e.record] : []))

/** The inputs by which backup 1 of four commits a batch. */
export const committing = (seq: Seq, batch: Batch): ReadonlyArray<Input> => {
  const digest = batchDigest(batch)
  return [
    receive(prePrepare(seq, batch)),
    receive(prepare(2, seq, digest)),
    receive(commit(0, seq, digest)),
    receive(commit(2, seq, digest)),
  ]
}

/** The inputs by which backup 1 of four executes up to its checkpoint at 2, and its digest. */
export const checkpointing: ReadonlyArray<Input> = [
  ...committing(1, [signed(0, 1)]),
  executed(1, ["r1"]),
  ...committing(2, [signed(0, 2)]),
  executed(2, ["r2"], "s2"),
]
export const checkpointDigestAt2: Digest = configOf(1).checkpointDigest(2, "s2", [
  { timestamp: 2, result: "r2" },
  { timestamp: 0, result: "" },
])
