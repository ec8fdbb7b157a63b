/** The invariants of Pbft.tla about replicas that are recovered with their disks. */
import type { SlotMessage } from "../core/pbft/message.ts"
import { toldBy } from "../core/pbft/recover.ts"
import type { Invariant, SentMessage } from "./model.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { asProcess, messageOf } from "./pbft-properties.ts"

/** Of a replica that is recovered with its disk: how far it may send. */
interface Bounded {
  readonly id: number
  readonly low: number
  readonly bound: number
}

const boundedOf = (p: unknown): Bounded | undefined => {
  const process = asProcess(p)
  if (process.role !== "replica") return undefined
  const { recovery, log } = process.at.state
  const bound = recovery?.estimate?.bound
  return bound === undefined ? undefined : { id: process.id, low: log.low, bound }
}

const slotTags: ReadonlyArray<string> = ["PrePrepare", "Prepare", "Commit", "Checkpoint"]
const isSlotMessage = (m: SentMessage): boolean => slotTags.includes(messageOf(m)._tag)

const ownOf = (p: Bounded, sent: ReadonlyArray<SentMessage>): ReadonlyArray<SlotMessage> =>
  sent.map((m) => messageOf(m) as SlotMessage).filter((m) => m.replica === p.id)

/** Nothing is sent above the bound before a checkpoint there is stable. */
const recoveryBound: Invariant = {
  name: "RecoveryBound",
  scope: "messages",
  part: boundedOf,
  select: (_index, m) => isSlotMessage(m),
  check: (part, sent) => {
    const p = part as Bounded | undefined
    if (p === undefined || p.low >= p.bound) return null
    const above = ownOf(p, sent).find((m) => m.seq > p.bound)
    return above === undefined ? null : `${above._tag} for ${above.seq} above the bound ${p.bound}`
  },
  antecedent: (part, sent) => {
    const p = part as Bounded | undefined
    return p !== undefined && ownOf(p, sent).some((m) => m._tag === "Prepare")
  },
}

/** How far a replica may send, and how far it has prepared. */
interface Estimated {
  readonly bound: number | undefined
  readonly prepared: number
}

const estimatedOf = (p: unknown): Estimated | undefined => {
  const process = asProcess(p)
  if (process.role !== "replica") return undefined
  return { bound: boundedOf(p)?.bound, prepared: toldBy(process.at.state).prepared }
}

/** Somebody correct has come as far as what the bound is built on. */
const estimateHonest = (c: PbftConstants): Invariant => {
  const boundOf = (p: unknown): number | undefined => (p as Estimated | undefined)?.bound
  return {
    name: "EstimateHonest",
    scope: "support",
    part: estimatedOf,
    items: (p) => (boundOf(p) === undefined ? 0 : 1),
    supports: (p, q) => {
      const other = q as Estimated | undefined
      return other !== undefined && other.prepared + c.logSize >= (boundOf(p) ?? 0) ? 1 : 0
    },
    atLeast: 1,
    why: (p) => `nobody correct has prepared ${(boundOf(p) ?? 0) - c.logSize}`,
  }
}

export const recoveryInvariants = (c: PbftConstants): ReadonlyArray<Invariant> => [
  recoveryBound,
  estimateHonest(c),
]
