/** The invariants of Pbft.tla about replicas that are recovered with their disks. */
import * as ClientTable from "../core/client-table.ts"
import type { SlotMessage } from "../core/pbft/message.ts"
import { toldBy } from "../core/pbft/recover.ts"
import type { Recovery, State } from "../core/pbft/state.ts"
import type { Request } from "../core/request.ts"
import * as Window from "../core/window.ts"
import type { Invariant, SentMessage } from "./model.ts"
import type { PbftConstants, Replica } from "./pbft-process.ts"
import { asProcess, messageOf } from "./pbft-properties.ts"
import { plainText } from "./pbft-text.ts"

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

const stateOf = (p: unknown): State | undefined => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.state : undefined
}

type Back = State & { readonly recovery: Recovery }
const isRecovered = (state: State | undefined): state is Back =>
  state?.recovery?.point !== undefined && state.log.low >= state.recovery.point

/** Of who lied at first, once it is recovered: nothing is left of what its disk said falsely. */
const nothingFalse = (c: PbftConstants): Invariant => ({
  name: "NothingFalse",
  scope: "messages",
  select: (_index, m) => messageOf(m)._tag === "Request",
  check: (p, sent) => {
    const { id, at } = asProcess(p)
    const state = stateOf(p)
    if (!c.falseDisks.some((d) => d.replica === id) || !isRecovered(state)) return null
    const asked = new Set(
      sent.map(messageOf).flatMap((m) => (m._tag === "Request" ? plainText(m) : [])),
    )
    const isInvented = (r: Request): boolean =>
      r.client < c.clientOps.length && !asked.has(plainText(r))
    const slots = Window.occupied(state.log).map((seq) => Window.get(state.log, seq))
    const claimed = [...slots.filter((s) => s.phase !== "held"), ...state.qset]
    const held = [...(at as Replica).value, ...claimed.flatMap((s) => s.batch)]
    if (held.some(isInvented)) return "it holds what no client asked for"
    const { table } = state.undo ?? state
    const back = ClientTable.get(table, (c.recoverers ?? 0) + id).timestamp
    const { incarnation } = state.recovery
    return back >= incarnation ? null : `it is known as ${back}, and is ${incarnation}`
  },
  antecedent: (p) =>
    c.falseDisks.some((d) => d.replica === asProcess(p).id) && isRecovered(stateOf(p)),
})

export const recoveryInvariants = (c: PbftConstants): ReadonlyArray<Invariant> => [
  recoveryBound,
  estimateHonest(c),
  nothingFalse(c),
]
