/** What Byzantine replicas of PBFT do, beside what those of any protocol can (wrapper.ts). */
import type { Digest, ReplicaId, Seq, View } from "../core/ids.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import type { PrePrepare } from "../core/pbft/message.ts"
import type { Config } from "../core/pbft/state.ts"
import { type Batch, isSigned } from "../core/request.ts"
import { encodeResult } from "../core/service/key-value-operation.ts"
import { timeOperation } from "../core/agreed-time.ts"
import { badNewView, falseViewChange } from "./change-behaviours.ts"
import { fuzzed } from "./fuzz.ts"
import { type Hashing, unknownDigest } from "./host.ts"
import { nameOf } from "./message-name.ts"
import { sealed, type WireMessage } from "./messages.ts"
import { otherBatch } from "./other-batch.ts"
import type { Random } from "./random.ts"
import {
  fewTimes,
  type Maker,
  type Makers,
  type Outgoing,
  plainly,
  plainMakers,
  within,
} from "./wrapper.ts"

export interface Setting {
  readonly config: Config
  readonly hashing: Hashing
  readonly random: Random
}

const withDigest = (message: WireMessage, digest: Digest): WireMessage =>
  message._tag !== "Reply" && "digest" in message ? { ...message, digest } : message

const equivocate: Maker<WireMessage, Setting, "Equivocate"> = (
  { to, both, story },
  { config, random },
) => {
  const stories = new Map<string, Batch>()
  const seen: Array<Batch> = []
  const key = ({ view, seq }: { view: View; seq: Seq }): string => `${view} ${seq}`
  const prePrepare = (
    out: Outgoing<WireMessage>,
    message: PrePrepare,
  ): ReadonlyArray<Outgoing<WireMessage>> => {
    const known = stories.get(key(message))
    const earlier = seen.length === 0 ? [] : random.one(seen)
    if (!isWhole(message.batch)) return [out]
    const batch = known ?? otherBatch(story, { ...config, batch: message.batch, earlier })
    seen.push(message.batch)
    if (batch.length === 0) return [out]
    const digest = config.batchDigest(batch)
    stories.set(key(message), batch)
    const other = { ...out, message: { ...message, batch, digest } }
    return both ? [other, out] : [other]
  }
  return {
    send: (out) => {
      const { message } = out
      if (!to.includes(out.to)) return [out]
      if (message._tag === "PrePrepare") return prePrepare(out, message)
      if (message._tag !== "Prepare" && message._tag !== "Commit") return [out]
      const batch = stories.get(key(message))
      if (batch === undefined) return [out]
      const other = { ...out, message: { ...message, digest: config.batchDigest(batch) } }
      return both ? [other, out] : [other]
    },
  }
}

// Towards each replica it agrees with what that one says, and has no opinion of its own.
const flatter: Maker<WireMessage, Setting, "Flatter"> = (_, { config }) => {
  const replica: ReplicaId = config.id
  const opinions = ["Prepare", "Commit", "Checkpoint"]
  return {
    send: (out) => (opinions.includes(out.message._tag) ? [] : [out]),
    hear: fewTimes((from, message) => {
      if (message._tag === "Checkpoint") return [plainly(from, { ...message, replica })]
      if (message._tag !== "PrePrepare" && message._tag !== "Prepare") return []
      const { view, seq, digest } = message
      const vote = { view, seq, digest, replica }
      return [
        plainly(from, { _tag: "Prepare", ...vote }),
        plainly(from, { _tag: "Commit", ...vote }),
      ]
    }),
  }
}

// What another replica signed cannot be changed.
const isPassedOn = ({ id }: Config, message: WireMessage): boolean =>
  message._tag === "NewView" && message.replica !== id

/** What a Byzantine replica of PBFT can do. */
export const makers = {
  ...plainMakers<WireMessage>(),
  Equivocate: equivocate,
  UnknownDigest: (scope, { random, hashing }) =>
    within(scope, (out) => {
      if (out.message._tag === "PrePrepare" || !random.chance(scope.chance)) return [out]
      return [
        {
          ...out,
          message: withDigest(out.message, unknownDigest(hashing, nameOf(out.message))),
        },
      ]
    }),
  Flatter: flatter,
  Fuzz: (scope, { random, hashing, config }) =>
    within(scope, (out) => {
      if (out.message._tag === "Progress" || isPassedOn(config, out.message)) return [out]
      if (!random.chance(scope.chance)) return [out]
      const unknown = unknownDigest(hashing, nameOf(out.message))
      const message = fuzzed(out.message, random, unknown)
      const also = random.chance(0.5) ? [out] : []
      return [{ ...out, message: sealed(config, message) }, ...also]
    }),
  FalseViewChange: falseViewChange,
  BadNewView: badNewView,
  FalseTime: ({ byMs, to }, { config }) =>
    within({ messages: ["PrePrepare"], to }, (out) => {
      const [head, ...asked] = out.message._tag === "PrePrepare" ? out.message.batch : []
      if (head === undefined || !isSigned(head) || head.client !== config.clock) return [out]
      const timestamp = Math.min(Math.max(1, head.timestamp + byMs), Number.MAX_SAFE_INTEGER)
      const batch = [{ ...head, timestamp, operation: timeOperation(timestamp) }, ...asked]
      return [{ ...out, message: sealed(config, { ...(out.message as PrePrepare), batch }) }]
    }),
  Forgets: () => ({
    send: (out) => {
      const { message } = out
      if (message._tag !== "Reply" || message.readOnly !== true) return [out]
      return [{ ...out, message: { ...message, result: encodeResult({ _tag: "Absent" }) } }]
    },
  }),
  WrongReply: () => ({
    send: (out) => {
      const { message } = out
      if (message._tag !== "Reply") return [out]
      return [{ ...out, message: { ...message, result: `${message.result}?` } }]
    },
  }),
} satisfies Makers<WireMessage, Setting>
