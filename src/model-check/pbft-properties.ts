/** The invariants of Pbft.tla over a model's states. */
import * as Invariants from "../core/pbft/invariants.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { Envelope } from "../sim/world.ts"
import type { Invariant, SentMessage } from "./model.ts"
import { modelService, type PbftConstants, type PbftProcess, type Value } from "./pbft-process.ts"
import { plainText } from "./pbft-text.ts"

type ConfigOf = (id: number) => Config

export const asProcess = (p: unknown): PbftProcess => p as PbftProcess
export const messageOf = (m: SentMessage) => (m.value as Envelope).message
const peerMessages = (sent: ReadonlyArray<SentMessage>): ReadonlyArray<PeerMessage> =>
  sent.map(messageOf).filter(Invariants.isPeerMessage)

/** Of two replicas' states. */
const ofReplicas = (
  name: string,
  check: (one: State, other: State) => string | null,
  applies: (one: State, other: State) => boolean,
): Invariant => {
  const both = <A>(a: unknown, b: unknown, then: (x: State, y: State) => A, otherwise: A): A => {
    const p = asProcess(a)
    const q = asProcess(b)
    return p.role === "replica" && q.role === "replica" ? then(p.at.state, q.at.state) : otherwise
  }
  return {
    name,
    scope: "pair",
    check: (a, b) => both(a, b, check, null),
    antecedent: (a, b) => both(a, b, applies, false),
  }
}

const isPrefix = (one: Value, other: Value): boolean =>
  one.length <= other.length && one.every((r, k) => plainText(r) === plainText(other[k] ?? r))

/** Of the service's states: sequences of executed requests. */
const ofValue = (
  name: string,
  check: (value: Value) => string | null,
  applies: (value: Value) => boolean,
): Invariant => ({
  name,
  scope: "process",
  check: (p) => {
    const process = asProcess(p)
    return process.role === "replica" ? check(process.at.value) : null
  },
  antecedent: (p) => {
    const process = asProcess(p)
    return process.role === "replica" && applies(process.at.value)
  },
})

const executionPrefix: Invariant = {
  name: "ExecutionPrefix",
  scope: "pair",
  check: (a, b) => {
    const p = asProcess(a)
    const q = asProcess(b)
    if (p.role !== "replica" || q.role !== "replica") return null
    const same = isPrefix(p.at.value, q.at.value) || isPrefix(q.at.value, p.at.value)
    return same ? null : `replicas ${p.id} and ${q.id} executed different sequences`
  },
  antecedent: (a, b) => {
    const p = asProcess(a)
    const q = asProcess(b)
    return (
      p.role === "replica" && q.role === "replica" && p.at.value.length > 0 && q.at.value.length > 0
    )
  },
}

const timestampsIncrease = (value: Value): string | null => {
  const last = new Map<number, number>()
  for (const r of value) {
    if (r.timestamp <= (last.get(r.client) ?? 0)) return `client ${r.client}: twice or out of order`
    last.set(r.client, r.timestamp)
  }
  return null
}

// One function for all, so that they are judged together. Replicas come first in a model, in the
// order of their numbers; a client sends no peer message.
const anyPeerMessage = (_index: number, m: SentMessage): boolean =>
  Invariants.isPeerMessage(messageOf(m))
const anyRequest = (_index: number, m: SentMessage): boolean => messageOf(m)._tag === "Request"

const senderOf = (m: PeerMessage): number | undefined => ("replica" in m ? m.replica : undefined)

/** Of all messages of correct replicas together: judged beside the first of them. */
const ofAllSent = (
  name: string,
  first: number,
  check: (sent: ReadonlyArray<PeerMessage>) => string | null,
  applies: (sent: ReadonlyArray<PeerMessage>) => boolean,
): Invariant => {
  const isFirst = (p: unknown): boolean => {
    const process = asProcess(p)
    return process.role === "replica" && process.id === first
  }
  return {
    name,
    scope: "messages",
    select: anyPeerMessage,
    check: (p, sent) => (isFirst(p) ? check(peerMessages(sent)) : null),
    antecedent: (p, sent) => isFirst(p) && applies(peerMessages(sent)),
  }
}

const viewChangeInvariants = (c: PbftConstants, configOf: ConfigOf): ReadonlyArray<Invariant> => {
  const correct = Array.from({ length: c.n }, (_, id) => id).filter(
    (id) => !c.byzantine.includes(id),
  )
  const first = correct[0] ?? 0
  const needed = c.quorum - c.byzantine.length
  const committed = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "Commit")
  const changed = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "ViewChange")
  return [
    ofAllSent("CommitUnique", first, Invariants.commitUnique, committed),
    ofAllSent(
      "CarryOver",
      first,
      (sent) => Invariants.carryOver(needed, sent),
      (sent) => committed(sent) && changed(sent),
    ),
    ofAllSent(
      "CanDecide",
      first,
      (sent) => Invariants.canDecide(configOf(first), correct.length, sent),
      changed,
    ),
  ]
}

/** Of a replica and the messages it sent. */
const ofSent = (
  name: string,
  check: (state: State, own: ReadonlyArray<PeerMessage>) => string | null,
): Invariant => ({
  name,
  scope: "messages",
  select: anyPeerMessage,
  check: (p, sent) => {
    const process = asProcess(p)
    if (process.role !== "replica") return null
    const own = peerMessages(sent).filter((m) => senderOf(m) === process.id)
    return check(process.at.state, own)
  },
  antecedent: (p, sent) => {
    const process = asProcess(p)
    return process.role === "replica" && peerMessages(sent).some((m) => senderOf(m) === process.id)
  },
})

const validity = (c: PbftConstants): Invariant => ({
  name: "Validity",
  scope: "messages",
  select: anyRequest,
  check: (p, sent) => {
    const process = asProcess(p)
    if (process.role !== "replica") return null
    const asked = new Set(
      sent.map(messageOf).flatMap((m) => (m._tag === "Request" ? plainText(m) : [])),
    )
    const bad = process.at.value.find(
      (r) => r.client < c.clientOps.length && !asked.has(plainText(r)),
    )
    return bad === undefined ? null : `${bad.operation} was executed, but its client never asked`
  },
  antecedent: (p) => {
    const process = asProcess(p)
    return process.role === "replica" && process.at.value.some((r) => r.client < c.clientOps.length)
  },
})

const clientResult: Invariant = {
  name: "ClientResult",
  scope: "pair",
  check: (a, b) => {
    const accepted = acceptedAt(a, b)
    if (accepted === undefined) return null
    const { value, at, result } = accepted
    const request = value[at]
    if (request === undefined) return null
    const expected = modelService.result(value.slice(0, at), request)
    return expected === result ? null : `the client accepted ${result}, executed was ${expected}`
  },
  antecedent: (a, b) => acceptedAt(a, b) !== undefined,
}

const acceptedAt = (
  a: unknown,
  b: unknown,
):
  | { readonly value: Value; readonly at: number; readonly result: string | undefined }
  | undefined => {
  const p = asProcess(a)
  const q = asProcess(b)
  if (p.role !== "client" || q.role !== "replica" || p.at.operation !== undefined) return undefined
  const { value } = q.at
  const at = value.findIndex((r) => r.client === p.id && r.timestamp === p.at.timestamp)
  return at < 0 ? undefined : { value, at, result: p.at.result }
}

const stateOf = (p: unknown): State | undefined => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.state : undefined
}

const commitSupport = (c: PbftConstants): Invariant => ({
  name: "CommitSupport",
  scope: "support",
  items: (p) => {
    const state = stateOf(p)
    return state === undefined ? 0 : Invariants.committedSeqs(state).length
  },
  supports: (p, q) => {
    const one = stateOf(p)
    const other = stateOf(q)
    if (one === undefined || other === undefined) return 0
    return Invariants.committedSeqs(one).reduce(
      (mask, seq, k) => (Invariants.supportsCommit(one, other, seq) ? mask | (1 << k) : mask),
      0,
    )
  },
  atLeast: c.quorum - c.f,
  why: (p, item, supporters) => {
    const state = stateOf(p)
    const seq = state === undefined ? 0 : Invariants.committedSeqs(state)[item]
    return `sequence number ${seq} committed with ${supporters} correct supporters`
  },
})

/** The invariants of Pbft.tla, by name. */
export const pbftInvariants = (c: PbftConstants, configOf: ConfigOf): ReadonlyArray<Invariant> => [
  {
    name: "TypeOK",
    scope: "process",
    check: (p, _index) => {
      const process = asProcess(p)
      if (process.role !== "replica") return null
      return Invariants.typeOK(configOf(process.id), process.at.state)
    },
    antecedent: () => true,
  },
  ofReplicas("Agreement", Invariants.agreement, Invariants.agreementApplies),
  ofReplicas("PreparedUnique", Invariants.preparedUnique, Invariants.preparedUniqueApplies),
  commitSupport(c),
  ...viewChangeInvariants(c, configOf),
  executionPrefix,
  ofValue("AtMostOnce", timestampsIncrease, (v) => v.length > 1),
  validity(c),
  ofReplicas(
    "CheckpointAgreement",
    Invariants.checkpointAgreement,
    Invariants.checkpointAgreementApplies,
  ),
  ofSent("Watermarks", Invariants.watermarks),
  clientResult,
  ofSent("SentIsDurable", Invariants.sentIsDurable),
  ofSent("NoEquivocation", (_, own) => Invariants.noEquivocation(own)),
]
