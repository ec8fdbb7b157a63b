/** The invariants of Pbft.tla about replicas that are recovered with their disks. */
import type { SlotMessage } from "../core/pbft/message.ts"
import { toldBy } from "../core/pbft/recover.ts"
import type { State } from "../core/pbft/state.ts"
import type { Invariant, SentMessage } from "./model.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { asProcess, messageOf } from "./pbft-properties.ts"

const boundOf = (p: unknown): number | undefined => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.state.recovery?.estimate?.bound : undefined
}

const stateOf = (p: unknown): State | undefined => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.state : undefined
}

const slotTags: ReadonlyArray<string> = ["PrePrepare", "Prepare", "Commit", "Checkpoint"]
const isSlotMessage = (m: SentMessage): boolean => slotTags.includes(messageOf(m)._tag)

const ownOf = (p: unknown, sent: ReadonlyArray<SentMessage>): ReadonlyArray<SlotMessage> =>
  sent
    .filter(isSlotMessage)
    .map((m) => messageOf(m) as SlotMessage)
    .filter((m) => m.replica === asProcess(p).id)

/** Nothing is sent above the bound before a checkpoint there is stable. */
const recoveryBound: Invariant = {
  name: "RecoveryBound",
  scope: "messages",
  select: (_index, m) => isSlotMessage(m),
  check: (p, sent) => {
    const bound = boundOf(p)
    if (bound === undefined || (stateOf(p)?.log.low ?? 0) >= bound) return null
    const above = ownOf(p, sent).find((m) => m.seq > bound)
    return above === undefined ? null : `${above._tag} for ${above.seq} above the bound ${bound}`
  },
  antecedent: (p, sent) =>
    boundOf(p) !== undefined && ownOf(p, sent).some((m) => m._tag === "Prepare"),
}

/** Somebody correct has come as far as what the bound is built on. */
const estimateHonest = (c: PbftConstants): Invariant => ({
  name: "EstimateHonest",
  scope: "support",
  items: (p) => (boundOf(p) === undefined ? 0 : 1),
  supports: (p, q) => {
    const other = stateOf(q)
    const bound = boundOf(p) ?? 0
    return other !== undefined && toldBy(other).prepared + c.logSize >= bound ? 1 : 0
  },
  atLeast: 1,
  why: (p) => `nobody correct has prepared ${(boundOf(p) ?? 0) - c.logSize}`,
})

export const recoveryInvariants = (c: PbftConstants): ReadonlyArray<Invariant> => [
  recoveryBound,
  estimateHonest(c),
]
