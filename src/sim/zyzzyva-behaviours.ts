/** What Byzantine replicas of Zyzzyva do, beside what those of any protocol can (wrapper.ts). */
import type { Digest, Seq, View } from "../core/ids.ts"
import type { SignedRequest } from "../core/request.ts"
import { encodeResult } from "../core/service/key-value-operation.ts"
import type { OrderReq } from "../core/zyzzyva/message.ts"
import type { Config } from "../core/zyzzyva/state.ts"
import { fuzzed } from "./fuzz.ts"
import { unknownDigest } from "./host.ts"
import { nameOf } from "./message-name.ts"
import { otherBatch, type Story } from "./other-batch.ts"
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
import { badNewView, falseViewChange } from "./zyzzyva-change-behaviours.ts"
import type { Making } from "./zyzzyva-config.ts"
import { sealedBy, type ZyzzyvaMessage } from "./zyzzyva-messages.ts"

export interface ZyzzyvaSetting extends Making {
  readonly config: Config
  readonly random: Random
}

const absent = encodeResult({ _tag: "Absent" })

type Out = Outgoing<ZyzzyvaMessage>
type Batch = ReadonlyArray<SignedRequest>

const placeKey = ({ view, seq }: { readonly view: View; readonly seq: Seq }): string =>
  `${view} ${seq}`

/** The two histories of a primary: what it tells these, and what it tells the others. */
class TwoStories {
  readonly #setting: ZyzzyvaSetting
  readonly #story: Story
  readonly #true = new Map<string, Digest>()
  readonly #other = new Map<string, OrderReq>()
  readonly #seen: Array<Batch> = []

  constructor(setting: ZyzzyvaSetting, story: Story) {
    this.#setting = setting
    this.#story = story
  }

  /** What its own machine says of a history. */
  learn(m: ZyzzyvaMessage): void {
    if ("history" in m && "seq" in m) this.#true.set(placeKey(m), m.history)
  }

  #before({ view, seq }: OrderReq): Digest | undefined {
    if (seq === 1) return ""
    const key = placeKey({ view, seq: seq - 1 })
    return this.#other.get(key)?.history ?? this.#true.get(key)
  }

  /** The other order of that number; undefined while it has none to tell. */
  otherOrder(m: OrderReq): OrderReq | undefined {
    const known = this.#other.get(placeKey(m))
    if (known !== undefined) return known
    const { config, random } = this.#setting
    const earlier = this.#seen.length === 0 ? [] : random.one(this.#seen)
    this.#seen.push(m.batch)
    const before = this.#before(m)
    const batch = otherBatch(this.#story, { ...config, batch: m.batch, earlier })
    if (before === undefined || batch.length === 0) return undefined
    const digest = config.batchDigest(batch)
    const history = config.historyDigest(before, digest)
    const other = sealedBy(this.#setting, { ...m, history, digest, batch })
    const signature = config.sign({ _tag: "OrderReq", view: m.view, seq: m.seq, history })
    const told = { ...other, signature }
    this.#other.set(placeKey(m), told)
    return told
  }

  /** What it says of its own history, said of the other one. */
  said(m: ZyzzyvaMessage): ZyzzyvaMessage {
    if (m._tag !== "SpecResponse" && m._tag !== "SpecHeader") return m
    const other = this.#other.get(placeKey(m))
    if (other === undefined) return m
    const { view, seq } = m
    const { config } = this.#setting
    const { history, signature: order } = other
    const header = { _tag: "SpecHeader" as const, view, seq, history, replica: config.id }
    const signature = config.sign(header)
    return m._tag === "SpecHeader"
      ? { ...header, signature }
      : { ...m, history, signature, ...(m.order === undefined ? {} : { order }) }
  }
}

const equivocate: Maker<ZyzzyvaMessage, ZyzzyvaSetting, "Equivocate"> = (
  { to, both, story },
  setting,
) => {
  const stories = new TwoStories(setting, story)
  return {
    send: (out) => {
      const { message } = out
      stories.learn(message)
      if (!to.includes(out.to)) return [out]
      const other =
        message._tag === "OrderReq" ? stories.otherOrder(message) : stories.said(message)
      if (other === undefined || other === message) return [out]
      const told = { ...out, message: other }
      return both ? [told, out] : [told]
    },
  }
}

// Agrees, towards each replica and client, with whatever that one says.
const flatter: Maker<ZyzzyvaMessage, ZyzzyvaSetting, "Flatter"> = (_, { config }) => {
  const replica = config.id
  const signed = (
    m: Extract<ZyzzyvaMessage, { _tag: "SpecHeader" | "Checkpoint" | "Accusation" }>,
  ) => {
    const { signature: _old, ...content } = { ...m, replica }
    return { ...content, signature: config.sign(content) } as ZyzzyvaMessage
  }
  return {
    send: (out) => (out.message._tag === "SpecHeader" ? [] : [out]),
    hear: fewTimes((from, message) => {
      switch (message._tag) {
        case "SpecHeader":
        case "Checkpoint":
        case "Accusation":
          return [plainly(from, signed(message))]
        case "Commit": {
          const { view, seq, history } = message.certificate
          const place = { view, seq, history, client: message.client, replica }
          return [plainly<ZyzzyvaMessage>(from, { _tag: "LocalCommit", ...place })]
        }
        default:
          return []
      }
    }),
  }
}

// What another has signed cannot be changed.
const isPassedOn = ({ id, group }: Config, m: ZyzzyvaMessage): boolean => {
  const isPrimaryOf = (view: View): boolean => view % group.n === id
  return (m._tag === "OrderReq" || m._tag === "NewView") && !isPrimaryOf(m.view)
}

const withUnknown = (setting: ZyzzyvaSetting, out: Out): ReadonlyArray<Out> => {
  const { message } = out
  const unknown = unknownDigest(setting.hashing, nameOf(message))
  switch (message._tag) {
    case "Checkpoint":
      return [{ ...out, message: sealedBy(setting, { ...message, digest: unknown }) }]
    case "OrderReq": {
      const { view, seq } = message
      const signature = setting.config.sign({ _tag: "OrderReq", view, seq, history: unknown })
      if (isPassedOn(setting.config, message)) return [out]
      return [{ ...out, message: { ...message, history: unknown, signature } }]
    }
    case "SpecHeader":
    case "SpecResponse":
      return [{ ...out, message: sealedBy(setting, { ...message, history: unknown }) }]
    case "ReadResponse":
    case "LocalCommit":
      return [{ ...out, message: { ...message, history: unknown } }]
    default:
      return [out]
  }
}

/** What a Byzantine replica of Zyzzyva can do. */
export const zyzzyvaMakers = {
  ...plainMakers<ZyzzyvaMessage>(),
  Equivocate: equivocate,
  Flatter: flatter,
  UnknownDigest: (scope, setting) =>
    within(scope, (out) =>
      setting.random.chance(scope.chance) ? withUnknown(setting, out) : [out],
    ),
  Fuzz: (scope, setting) =>
    within(scope, (out) => {
      const { config, random, hashing } = setting
      if (out.message._tag === "Progress" || isPassedOn(config, out.message)) return [out]
      if (!random.chance(scope.chance)) return [out]
      const message = fuzzed(out.message, random, unknownDigest(hashing, nameOf(out.message)))
      const also = random.chance(0.5) ? [out] : []
      return [{ ...out, message: sealedBy(setting, message) }, ...also]
    }),
  FalseViewChange: falseViewChange,
  BadNewView: badNewView,
  Forgets: () => ({
    send: (out) => {
      const { message } = out
      if (message._tag !== "ReadResponse") return [out]
      const nothing = { seq: 0, history: "", committed: true, result: absent } as const
      return [{ ...out, message: { ...message, ...nothing } }]
    },
  }),
  WrongReply: () => ({
    send: (out) => {
      const { message } = out
      if (message._tag !== "SpecResponse" && message._tag !== "ReadResponse") return [out]
      return [{ ...out, message: { ...message, result: `${message.result}?` } }]
    },
  }),
} satisfies Makers<ZyzzyvaMessage, ZyzzyvaSetting>
