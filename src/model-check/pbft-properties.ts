/** The invariants of Pbft.tla over a model's states. */
import * as ClientTable from "../core/client-table.ts"
import * as Invariants from "../core/pbft/invariants.ts"
import type { Numbered, PeerMessage, Reply } from "../core/pbft/message.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { isSigned } from "../core/request.ts"
import { type Envelope, verifiesAt } from "../sim/world.ts"
import type { Invariant, SentMessage } from "./model.ts"
import {
  modelService,
  type PbftConstants,
  type PbftProcess,
  type Replica,
  type Value,
} from "./pbft-process.ts"
import { modelDigests, plainText } from "./pbft-text.ts"

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

/** The service's state without what may be undone. */
const settledValue = ({ before, value }: Replica): Value => before ?? value

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
  check: (one, other) => {
    const p = asProcess(one)
    const q = asProcess(other)
    if (p.role !== "replica" || q.role !== "replica") return null
    const [a, b] = [settledValue(p.at), settledValue(q.at)]
    const same = isPrefix(a, b) || isPrefix(b, a)
    return same ? null : `replicas ${p.id} and ${q.id} executed different sequences`
  },
  antecedent: (a, b) => {
    const p = asProcess(a)
    const q = asProcess(b)
    if (p.role !== "replica" || q.role !== "replica") return false
    return settledValue(p.at).length > 0 && settledValue(q.at).length > 0
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
  const told = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "Committed")
  const changed = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "ViewChange")
  return [
    ofAllSent("CommitUnique", first, Invariants.commitUnique, committed),
    ofAllSent("TellsAgree", first, Invariants.tellsAgree, told),
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

const proposalsJudged = (c: PbftConstants): Invariant => {
  const proposed = c.injected.flatMap(({ message: m }) => (m._tag === "PrePrepare" ? m.batch : []))
  const judged = new Set(
    [...c.proposals, ...proposed.filter(isSigned)]
      .filter((r) => verifiesAt(r.authenticator).some((id) => !c.byzantine.includes(id)))
      .map(plainText),
  )
  return ofValue(
    "ProposalsJudged",
    (value) => {
      const bad = value.find((r) => r.client === c.clock && !judged.has(plainText(r)))
      return bad === undefined ? null : `no correct replica accepts ${bad.timestamp}`
    },
    (value) => value.some((r) => r.client === c.clock),
  )
}

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
  const value = settledValue(q.at)
  const at = value.findIndex((r) => r.client === p.id && r.timestamp === p.at.timestamp)
  return at < 0 ? undefined : { value, at, result: p.at.result }
}

const isTentative = (m: SentMessage): boolean => {
  const reply = messageOf(m)
  return reply._tag === "Reply" && reply.tentative === true
}

// What a strong quorum answered as tentative in one view, the liars among them.
const tentativelyAnswered = (
  c: PbftConstants,
  sent: ReadonlyArray<SentMessage>,
): ReadonlyArray<Reply> => {
  const replies = sent.filter(isTentative).map((m) => messageOf(m) as Reply)
  const digest = ({ digest: is, result }: Reply): string =>
    is === true ? result : modelDigests.resultDigest(result)
  const key = (m: Reply): string => `${m.view} ${m.client} ${m.timestamp} ${digest(m)}`
  return replies
    .filter((m) => {
      const senders = new Set(replies.filter((o) => key(o) === key(m)).map((o) => o.replica))
      for (const b of c.byzantine) senders.add(b)
      return senders.size >= c.quorum
    })
    .map((m) => ({ ...m, result: digest(m) }))
}

const tentativeStays = (c: PbftConstants): Invariant => ({
  name: "TentativeStays",
  scope: "messages",
  select: (_index, m) => isTentative(m),
  check: (p, sent) => {
    const process = asProcess(p)
    if (process.role !== "replica") return null
    const value = settledValue(process.at)
    for (const m of tentativelyAnswered(c, sent)) {
      const at = value.findIndex((r) => r.client === m.client && r.timestamp === m.timestamp)
      const request = value[at]
      if (request === undefined) continue
      const result = modelDigests.resultDigest(modelService.result(value.slice(0, at), request))
      if (result !== m.result) return `answered as tentative: ${m.result}, executed: ${result}`
    }
    return null
  },
  antecedent: (_, sent) => sent.length > 0,
})

const isReply = (m: SentMessage): boolean => messageOf(m)._tag === "Reply"

const finalStays = (c: PbftConstants): Invariant => ({
  name: "FinalStays",
  scope: "messages",
  select: (_index, m) => isReply(m),
  check: (p, sent) => {
    const process = asProcess(p)
    if (process.role !== "replica" || c.canRestart.includes(process.id)) return null
    if (process.at.state.recovery !== undefined) return null
    const { table } = process.at.state.undo ?? process.at.state
    const undone = sent
      .map((m) => messageOf(m) as Reply)
      .filter((m) => m.replica === process.id && !m.tentative && !m.readOnly)
      .find((m) => m.timestamp > ClientTable.get(table, m.client).timestamp)
    if (undone === undefined) return null
    return `request ${undone.timestamp} of client ${undone.client} was answered, and may be undone`
  },
  antecedent: (p, sent) => {
    const process = asProcess(p)
    return process.role === "replica" && !c.canRestart.includes(process.id) && sent.length > 0
  },
})

const freshReads = (c: PbftConstants): Invariant => ({
  name: "FreshReads",
  scope: "pair",
  check: (a, b) => {
    const read = readAfter(c, a, b)
    if (read === undefined) return null
    const { request, value, last, result } = read
    for (let k = 0; k < last; k++) {
      if (modelService.result(value.slice(0, k), request) !== result) continue
      return `the client read ${result}, from before its own request at ${last}`
    }
    return null
  },
  antecedent: (a, b) => readAfter(c, a, b) !== undefined,
})

// A read that is done, and where in a replica's state the client's last request before it stands.
const readAfter = (c: PbftConstants, a: unknown, b: unknown) => {
  const p = asProcess(a)
  const q = asProcess(b)
  if (p.role !== "client" || q.role !== "replica" || p.at.operation !== undefined) return undefined
  const { timestamp, result } = p.at
  const operation = c.clientOps[p.id]?.[timestamp - 1]
  if (!c.readOnly || operation === undefined || !modelService.isRead(operation)) return undefined
  const value = settledValue(q.at)
  const last = value.findLastIndex((r) => r.client === p.id && r.timestamp < timestamp) + 1
  if (last === 0) return undefined
  return { request: { client: p.id, timestamp, operation }, value, last, result }
}

const stateOf = (p: unknown): State | undefined => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.state : undefined
}

type Taken = (state: State) => ReadonlyArray<Numbered>

const supported = (c: PbftConstants, name: string, takenBy: Taken): Invariant => ({
  name,
  scope: "support",
  items: (p) => {
    const state = stateOf(p)
    return state === undefined ? 0 : takenBy(state).length
  },
  supports: (p, q) => {
    const one = stateOf(p)
    const other = stateOf(q)
    if (one === undefined || other === undefined) return 0
    return takenBy(one).reduce(
      (mask, taken, k) => (Invariants.supports(other, taken) ? mask | (1 << k) : mask),
      0,
    )
  },
  atLeast: c.quorum - c.f,
  why: (p, item, supporters) => {
    const state = stateOf(p)
    const seq = state === undefined ? 0 : takenBy(state)[item]?.seq
    return `sequence number ${seq} is taken for committed with ${supporters} correct supporters`
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
  ofReplicas("ExecutedAlike", Invariants.executedAlike, Invariants.executedAlikeApplies),
  ofReplicas("PreparedUnique", Invariants.preparedUnique, Invariants.preparedUniqueApplies),
  supported(c, "CommitSupport", Invariants.allCommitted),
  supported(c, "SettledSupport", (state) => Invariants.takenForCommitted(configOf(0), state)),
  ...viewChangeInvariants(c, configOf),
  executionPrefix,
  ofValue("AtMostOnce", timestampsIncrease, (v) => v.length > 1),
  validity(c),
  proposalsJudged(c),
  ofReplicas(
    "CheckpointAgreement",
    Invariants.checkpointAgreement,
    Invariants.checkpointAgreementApplies,
  ),
  ofSent("Watermarks", Invariants.watermarks),
  clientResult,
  tentativeStays(c),
  finalStays(c),
  freshReads(c),
  ofSent("SentIsDurable", Invariants.sentIsDurable),
  ofSent("NoEquivocation", (_, own) => Invariants.noEquivocation(own)),
]
