/**
 * What Byzantine replicas do: each behaviour is a wrapper round what the replica's machine would
 * send, and may also answer what it hears. All of it is correctly authenticated as the replica,
 * unless it says otherwise.
 */
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
import { isAmong, nameOf, sealed, type WireMessage } from "./messages.ts"
import { operationBytes } from "./operation.ts"
import type { Random } from "./random.ts"
import type { Behaviour, NodeName } from "./scenario.ts"

/** A message on its way out. */
export interface Outgoing {
  readonly to: NodeName
  readonly message: WireMessage
  /** Whether its authenticator verifies at the receiver. */
  readonly authentic: boolean
  /** Microseconds that it waits before it leaves. */
  readonly after: number
}

export interface Wrapper {
  readonly send: (out: Outgoing) => ReadonlyArray<Outgoing>
  /** What it says by itself when it hears something. */
  readonly hear?: (from: NodeName, message: WireMessage) => ReadonlyArray<Outgoing>
}

export interface Setting {
  readonly config: Config
  readonly hashing: Hashing
  readonly random: Random
}

type Tag = Behaviour["_tag"]
type Makers = {
  readonly [T in Exclude<Tag, "Twins">]: (
    behaviour: Extract<Behaviour, { readonly _tag: T }>,
    setting: Setting,
  ) => Wrapper
}

const plainly = (to: NodeName, message: WireMessage): Outgoing => ({
  to,
  message,
  authentic: true,
  after: 0,
})

interface Scope {
  readonly messages: ReadonlyArray<string>
  readonly to: ReadonlyArray<NodeName>
}

/** Applies `change` to what the scope covers, and lets the rest pass. */
const within = (
  { messages, to }: Scope,
  change: (out: Outgoing) => ReadonlyArray<Outgoing>,
): Wrapper => ({
  send: (out) => {
    const meant = (to.length === 0 || to.includes(out.to)) && isAmong(nameOf(out.message), messages)
    return meant ? change(out) : [out]
  },
})

const withDigest = (message: WireMessage, digest: Digest): WireMessage =>
  message._tag !== "Reply" && "digest" in message ? { ...message, digest } : message

type Story = Extract<Behaviour, { readonly _tag: "Equivocate" }>["story"]

/** Another batch with authentic requests, or one of which a request is invented; maybe none. */
const otherBatch = (config: Config, story: Story, batch: Batch, earlier: Batch): Batch => {
  switch (story) {
    case "invented":
      return batch.map((r, k) => (k === 0 ? { ...r, operation: operationBytes("get k9") } : r))
    case "old":
      return earlier
    case "reordered":
      if (batch.length > 1) return batch.toReversed()
      return config.maxBatch > 1 ? [...batch, ...batch] : earlier
  }
}

const equivocate: Makers["Equivocate"] = ({ to, both, story }, { config, random }) => {
  const stories = new Map<string, Batch>()
  const seen: Array<Batch> = []
  const key = ({ view, seq }: { view: View; seq: Seq }): string => `${view} ${seq}`
  const prePrepare = (out: Outgoing, message: PrePrepare): ReadonlyArray<Outgoing> => {
    const known = stories.get(key(message))
    const earlier = seen.length === 0 ? [] : random.one(seen)
    if (!isWhole(message.batch)) return [out]
    const batch = known ?? otherBatch(config, story, message.batch, earlier)
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

const replayed = 64

const replay: Makers["Replay"] = ({ chance }, { random }) => {
  const said: Array<WireMessage> = []
  return {
    send: (out) => {
      const again = said.length > 0 && random.chance(chance) ? [random.one(said)] : []
      if (said.length < replayed) said.push(out.message)
      else said[random.below(replayed)] = out.message
      return [out, ...again.map((message) => plainly(out.to, message))]
    },
  }
}

// Towards each replica it agrees with what that one says, and has no opinion of its own.
const flatter: Makers["Flatter"] = (_, { config }) => {
  const replica: ReplicaId = config.id
  const opinions = ["Prepare", "Commit", "Checkpoint"]
  return {
    send: (out) => (opinions.includes(out.message._tag) ? [] : [out]),
    hear: (from, message) => {
      if (message._tag === "Checkpoint") return [plainly(from, { ...message, replica })]
      if (message._tag !== "PrePrepare" && message._tag !== "Prepare") return []
      const { view, seq, digest } = message
      const vote = { view, seq, digest, replica }
      return [
        plainly(from, { _tag: "Prepare", ...vote }),
        plainly(from, { _tag: "Commit", ...vote }),
      ]
    },
  }
}

// What another replica signed cannot be changed.
const isPassedOn = ({ id }: Config, message: WireMessage): boolean =>
  message._tag === "NewView" && message.replica !== id

const makers: Makers = {
  Mute: (scope) => within(scope, () => []),
  Slow: (scope) => within(scope, (out) => [{ ...out, after: out.after + scope.ms * 1000 }]),
  Equivocate: equivocate,
  Replay: replay,
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
  BadAuthenticator: (scope, { random }) =>
    within(scope, (out) => [{ ...out, authentic: out.authentic && !random.chance(scope.chance) }]),
  FalseViewChange: falseViewChange,
  BadNewView: badNewView,
  FalseTime: ({ byMs, to }, { config }) =>
    within({ messages: ["PrePrepare"], to }, (out) => {
      const [head, ...asked] = out.message._tag === "PrePrepare" ? out.message.batch : []
      if (head === undefined || !isSigned(head) || head.client !== config.clock) return [out]
      const timestamp = Math.max(1, head.timestamp + byMs)
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
}

type Alone = Exclude<Behaviour, { readonly _tag: "Twins" }>

// The maker of this tag takes this behaviour: true for each tag, but not for their union.
const make = (behaviour: Alone, setting: Setting): Wrapper => {
  const maker = makers[behaviour._tag] as (b: Alone, s: Setting) => Wrapper
  return maker(behaviour, setting)
}

/** The behaviours of one replica as one wrapper; what twins are, is the simulation's to say. */
export const wrapperOf = (
  behaviours: ReadonlyArray<Behaviour>,
  setting: Setting,
): Required<Wrapper> => {
  const wrappers = behaviours.flatMap((behaviour) =>
    behaviour._tag === "Twins" ? [] : [make(behaviour, setting)],
  )
  return {
    send: (out) => wrappers.reduce((all, { send }) => all.flatMap(send), [out]),
    hear: (from, message) => wrappers.flatMap(({ hear }) => hear?.(from, message) ?? []),
  }
}
