/** The invariants of Pbft.tla over a model's states. */
import * as ClientTable from "../core/client-table.ts"
import * as Invariants from "../core/pbft/invariants.ts"
import type { Facts } from "../core/pbft/invariants.ts"
import type { Numbered, PeerMessage, Reply } from "../core/pbft/message.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { isSigned } from "../core/request.ts"
import { type Envelope, verifiesAt } from "../sim/world.ts"
import type { Invariant, SentMessage } from "./model.ts"
import { asJudged, judgedFacts, judgedPart } from "./pbft-judged.ts"
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
  check: (one: Facts, other: Facts) => string | null,
  applies: (one: Facts, other: Facts) => boolean,
): Invariant => {
  const both = <A>(a: unknown, b: unknown, then: (x: Facts, y: Facts) => A, otherwise: A): A => {
    const p = asJudged(a)
    const q = asJudged(b)
    return p.role === "replica" && q.role === "replica" ? then(p.state, q.state) : otherwise
  }
  return {
    name,
    scope: "pair",
    part: judgedPart,
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
  part: judgedPart,
  check: (one, other) => {
    const p = asJudged(one)
    const q = asJudged(other)
    if (p.role !== "replica" || q.role !== "replica") return null
    const same = isPrefix(p.settled, q.settled) || isPrefix(q.settled, p.settled)
    return same ? null : `replicas ${p.id} and ${q.id} executed different sequences`
  },
  antecedent: (a, b) => {
    const p = asJudged(a)
    const q = asJudged(b)
    if (p.role !== "replica" || q.role !== "replica") return false
    return p.settled.length > 0 && q.settled.length > 0
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

// One function for all, so that they are judged together.
const anyPeerMessage = (m: SentMessage): boolean => Invariants.isPeerMessage(messageOf(m))
const anyRequest = (_index: number, m: SentMessage): boolean => messageOf(m)._tag === "Request"

/** Replicas come first in a model, in the order of their numbers. */
const correctReplicas = (c: PbftConstants): ReadonlyArray<number> =>
  Array.from({ length: c.n }, (_, id) => id).filter((id) => !c.byzantine.includes(id))

/** Of all messages of correct replicas together. */
const ofAllSent = (
  name: string,
  check: (sent: ReadonlyArray<PeerMessage>) => string | null,
  applies: (sent: ReadonlyArray<PeerMessage>) => boolean,
): Invariant => ({
  name,
  scope: "sent",
  select: anyPeerMessage,
  check: (sent) => check(peerMessages(sent)),
  antecedent: (sent) => applies(peerMessages(sent)),
})

const viewChangeInvariants = (c: PbftConstants, configOf: ConfigOf): ReadonlyArray<Invariant> => {
  const correct = correctReplicas(c)
  const needed = c.quorum - c.byzantine.length
  const committed = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "Commit")
  const told = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "Committed")
  const changed = (sent: ReadonlyArray<PeerMessage>) => sent.some((m) => m._tag === "ViewChange")
  return [
    ofAllSent("CommitUnique", Invariants.commitUnique, committed),
    ofAllSent("TellsAgree", Invariants.tellsAgree, told),
    ofAllSent(
      "CarryOver",
      (sent) => Invariants.carryOver(needed, sent),
      (sent) => committed(sent) && changed(sent),
    ),
    ofAllSent(
      "CanDecide",
      (sent) => Invariants.canDecide(configOf(correct[0] ?? 0), correct.length, sent),
      changed,
    ),
  ]
}

interface OfSent {
  readonly name: string
  readonly check: (state: State, own: ReadonlyArray<PeerMessage>) => string | null
}

/** Of a replica and the messages it sent; a client sends no peer message. */
const ofSent = (c: PbftConstants, invariants: ReadonlyArray<OfSent>): ReadonlyArray<Invariant> => {
  const correct = correctReplicas(c)
  const select = (index: number, sent: SentMessage): boolean => {
    const m = messageOf(sent)
    return Invariants.isPeerMessage(m) && "replica" in m && m.replica === correct[index]
  }
  return invariants.map(({ name, check }) => ({
    name,
    scope: "messages",
    select,
    check: (p, sent) => {
      const process = asProcess(p)
      return process.role === "replica" ? check(process.at.state, peerMessages(sent)) : null
    },
    antecedent: (_, sent) => sent.length > 0,
  }))
}

const validity = (c: PbftConstants): Invariant => {
  const correctly = (value: unknown): Value =>
    (value as Value).filter((r) => r.client < c.clientOps.length)
  return {
    name: "Validity",
    scope: "messages",
    part: executedBy,
    select: anyRequest,
    check: (value, sent) => {
      const asked = new Set(
        sent.map(messageOf).flatMap((m) => (m._tag === "Request" ? plainText(m) : [])),
      )
      const bad = correctly(value).find((r) => !asked.has(plainText(r)))
      return bad === undefined ? null : `${bad.operation} was executed, but its client never asked`
    },
    antecedent: (value) => correctly(value).length > 0,
  }
}

const executedBy = (p: unknown): Value => {
  const process = asProcess(p)
  return process.role === "replica" ? process.at.value : []
}

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
  part: judgedPart,
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
  const p = asJudged(a)
  const q = asJudged(b)
  if (p.role !== "client" || q.role !== "replica" || p.at.operation !== undefined) return undefined
  const value = q.settled
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

const finalStays = (c: PbftConstants): Invariant => ({
  name: "FinalStays",
  scope: "messages",
  select: (index, sent) => {
    const m = messageOf(sent)
    return m._tag === "Reply" && m.replica === correctReplicas(c)[index]
  },
  check: (p, sent) => {
    const process = asProcess(p)
    if (process.role !== "replica" || c.canRestart.includes(process.id)) return null
    if (process.at.state.recovery !== undefined) return null
    const { table } = process.at.state.undo ?? process.at.state
    const undone = sent
      .map((m) => messageOf(m) as Reply)
      .filter((m) => !m.tentative && !m.readOnly)
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
  part: judgedPart,
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
  const p = asJudged(a)
  const q = asJudged(b)
  if (p.role !== "client" || q.role !== "replica" || p.at.operation !== undefined) return undefined
  const { timestamp, result } = p.at
  const operation = c.clientOps[p.id]?.[timestamp - 1]
  if (!c.readOnly || operation === undefined || !modelService.isRead(operation)) return undefined
  const value = q.settled
  const last = value.findLastIndex((r) => r.client === p.id && r.timestamp < timestamp) + 1
  if (last === 0) return undefined
  return { request: { client: p.id, timestamp, operation }, value, last, result }
}

type Taken = (state: Facts) => ReadonlyArray<Numbered>

const supported = (c: PbftConstants, name: string, takenBy: Taken): Invariant => ({
  name,
  scope: "support",
  part: judgedPart,
  items: (p) => {
    const state = judgedFacts(p)
    return state === undefined ? 0 : takenBy(state).length
  },
  supports: (p, q) => {
    const one = judgedFacts(p)
    const other = judgedFacts(q)
    if (one === undefined || other === undefined) return 0
    return takenBy(one).reduce(
      (mask, taken, k) => (Invariants.supports(other, taken) ? mask | (1 << k) : mask),
      0,
    )
  },
  atLeast: c.quorum - c.f,
  why: (p, item, supporters) => {
    const state = judgedFacts(p)
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
  ...ofSent(c, [
    { name: "Watermarks", check: Invariants.watermarks },
    { name: "SentIsDurable", check: Invariants.sentIsDurable },
    { name: "NoEquivocation", check: (_, own) => Invariants.noEquivocation(own) },
  ]),
  executionPrefix,
  ofValue("AtMostOnce", timestampsIncrease, (v) => v.length > 1),
  validity(c),
  proposalsJudged(c),
  ofReplicas(
    "CheckpointAgreement",
    Invariants.checkpointAgreement,
    Invariants.checkpointAgreementApplies,
  ),
  clientResult,
  tentativeStays(c),
  finalStays(c),
  freshReads(c),
]
