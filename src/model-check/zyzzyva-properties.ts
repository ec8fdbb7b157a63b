/** The invariants of Zyzzyva.tla over a model's states. */
import * as ClientTable from "../core/client-table.ts"
import type { Digest } from "../core/ids.ts"
import { historyAt, orderAt } from "../core/zyzzyva/log.ts"
import type {
  LocalCommit,
  Message,
  ReadResponse,
  SpecHeader,
  SpecResponse,
} from "../core/zyzzyva/message.ts"
import { isMute } from "../core/zyzzyva/rejoin.ts"
import type { State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"
import type { Invariant, SentMessage } from "./model.ts"
import { valueText } from "./pbft-text.ts"
import { asProcess, clientInvariants, messageOf, outcome } from "./zyzzyva-client-properties.ts"
import { hasSigned } from "./zyzzyva-buildable.ts"
import { areCompatible, isPrefix, type Replica, type ZyzzyvaConstants } from "./zyzzyva-process.ts"

type Sent = ReadonlyArray<Message>
type Saying = SpecResponse | ReadResponse | SpecHeader | LocalCommit

const isAnswer = (m: Message): m is SpecResponse => m._tag === "SpecResponse"
const isReadAnswer = (m: Message): m is ReadResponse => m._tag === "ReadResponse"
const isSaying = (m: Message): m is Saying =>
  isAnswer(m) || isReadAnswer(m) || m._tag === "LocalCommit" || m._tag === "SpecHeader"
/** Whether it says that its history stays. */
const isAcknowledgement = (m: Saying): boolean =>
  m._tag === "LocalCommit" || ("committed" in m && m.committed === true)

/** How many say the same of the same history, the Byzantine ones always. */
const backing = (c: ZyzzyvaConstants, same: ReadonlyArray<Saying>, x: Saying): number => {
  const who = same.filter((m) => m.view === x.view && m.seq === x.seq && m.history === x.history)
  return new Set([...c.byzantine, ...who.map((m) => m.replica)]).size
}

/** The answers and acknowledgements that are enough for their client. */
export const completing = (c: ZyzzyvaConstants, sent: Sent): ReadonlyArray<Saying> => {
  const answers = sent.filter(isAnswer)
  const reads = sent.filter(isReadAnswer)
  const commits = sent.filter(isSaying).filter(isAcknowledgement)
  return [
    ...answers.filter((m) => backing(c, answers, m) >= c.needs.fast),
    ...reads.filter((m) => backing(c, reads, m) >= c.needs.fast),
    ...commits.filter((m) => backing(c, commits, m) >= c.needs.commit),
  ]
}

const tell = ({ view, seq }: Saying): string => `number ${seq} in view ${view}`

const incompatible = (
  one: ReadonlyArray<Saying>,
  other: ReadonlyArray<Saying>,
  applies: (x: Saying, y: Saying) => boolean,
): string | null => {
  for (const x of one) {
    const y = other.find((m) => applies(x, m) && !areCompatible(x.history, m.history))
    if (y !== undefined) return `the histories of ${tell(x)} and of ${tell(y)} contradict`
  }
  return null
}

const agreement = (c: ZyzzyvaConstants, sent: Sent): string | null => {
  const all = completing(c, sent)
  return incompatible(all, all, () => true)
}

const certificatesAgree = (c: ZyzzyvaConstants, sent: Sent): string | null => {
  const answers = sent.filter(isAnswer)
  const certified = answers.filter((m) => backing(c, answers, m) >= c.needs.commit)
  return incompatible(certified, certified, (x, y) => x.view === y.view)
}

const carryOver = (c: ZyzzyvaConstants, sent: Sent): string | null => {
  const later = sent.filter(isSaying).filter((m) => m._tag !== "LocalCommit")
  return incompatible(completing(c, sent), later, (x, y) => y.view > x.view)
}

// What was fetched takes the place of what was said before of fewer batches.
const oneHistory =
  (c: ZyzzyvaConstants) =>
  (sent: Sent): string | null => {
    const all = sent.filter(isSaying)
    const messages = [...sent, ...c.injected.map((e) => e.message)]
    const fetched = messages.flatMap((m) => {
      if (m._tag !== "State") return []
      return m.stable.signers.length >= c.needs.commit ? [m] : []
    })
    // Who lost its disk may have spoken of as many, and says again what is a part of that.
    const rejoined = c.rejoins.map(([replica]) => replica)
    const isGivenUp = (x: Saying, y: Saying): boolean =>
      fetched.some((m) =>
        rejoined.includes(x.replica)
          ? x.seq <= m.stable.seq && areCompatible(m.history, y.history)
          : x.seq < m.stable.seq && isPrefix(m.history, y.history),
      )
    return incompatible(
      all,
      all,
      (x, y) =>
        x.replica === y.replica && x.view === y.view && !isGivenUp(x, y) && !isGivenUp(y, x),
    )
  }

const shownIsSigned = (c: ZyzzyvaConstants, sent: Sent): string | null => {
  for (const m of sent) {
    if (m._tag !== "Commit") continue
    const correct = m.certificate.signers.filter((s) => !c.byzantine.includes(s.replica))
    const other = correct.find((s) => !sent.some((x) => hasSigned(x, s.replica, m.certificate)))
    if (other !== undefined) return `replica ${other.replica} has not signed what is shown`
  }
  return null
}

const leftForReason =
  (c: ZyzzyvaConstants) =>
  (sent: Sent): string | null => {
    const accused = new Set(sent.flatMap((m) => (m._tag === "Accusation" ? [m.view] : [])))
    const bad = sent.find((m) => m._tag === "ViewChange" && !accused.has(m.view - 1))
    return bad === undefined || c.n === 0 ? null : "a view was left that nobody correct accused"
  }

const everySaying = (m: SentMessage): boolean => isSaying(messageOf(m))
const everyChange = (m: SentMessage): boolean =>
  ["Accusation", "ViewChange"].includes(messageOf(m)._tag)

interface OfAll {
  readonly name: string
  readonly select?: (m: SentMessage) => boolean
  readonly check: (sent: Sent) => string | null
  readonly applies: (sent: Sent) => boolean
}

/** Of all messages of correct replicas together. */
const ofAllSent = ({ name, select, check, applies }: OfAll): Invariant => ({
  name,
  scope: "sent",
  select: select ?? everySaying,
  check: (sent) => check(sent.map(messageOf)),
  antecedent: (sent) => applies(sent.map(messageOf)),
})

const saidInvariants = (c: ZyzzyvaConstants): ReadonlyArray<Invariant> => [
  ofAllSent({
    name: "Agreement",
    check: (sent) => agreement(c, sent),
    applies: (sent) => new Set(completing(c, sent).map((m) => m.history)).size > 1,
  }),
  ofAllSent({
    name: "CertificatesAgree",
    check: (sent) => certificatesAgree(c, sent),
    applies: (sent) => {
      const answers = sent.filter(isAnswer)
      return answers.some((m) => backing(c, answers, m) >= c.needs.commit)
    },
  }),
  ofAllSent({
    name: "CarryOver",
    check: (sent) => carryOver(c, sent),
    applies: (sent) =>
      completing(c, sent).some((x) => sent.some((m) => isAnswer(m) && m.view > x.view)),
  }),
  ofAllSent({
    name: "OneHistory",
    select: (m) => everySaying(m) || messageOf(m)._tag === "State",
    check: oneHistory(c),
    applies: (sent) => {
      const answers = sent.filter(isAnswer)
      return answers.some((x) =>
        answers.some((y) => x.replica === y.replica && x.view === y.view && x.seq !== y.seq),
      )
    },
  }),
  ofAllSent({
    name: "ShownIsSigned",
    select: (m) => everySaying(m) || messageOf(m)._tag === "Commit",
    check: (sent) => shownIsSigned(c, sent),
    applies: (sent) => sent.some((m) => m._tag === "Commit"),
  }),
  ofAllSent({
    name: "LeftForReason",
    select: everyChange,
    check: leftForReason(c),
    applies: (sent) => sent.some((m) => m._tag === "ViewChange"),
  }),
]

const mutenessOf = (c: ZyzzyvaConstants, id: number): Parameters<typeof isMute>[0] => ({
  id,
  recoverers: c.recoverers,
  checkpointInterval: c.checkpointInterval,
  logSize: c.logSize,
})

interface OfReplica {
  readonly name: string
  readonly check: (replica: Replica, id: number) => string | null
  readonly applies: (replica: Replica) => boolean
}

const ofReplica = ({ name, check, applies }: OfReplica): Invariant => ({
  name,
  scope: "process",
  check: (p) => {
    const process = asProcess(p)
    return process.role === "replica" ? check(process.at, process.id) : null
  },
  antecedent: (p) => {
    const process = asProcess(p)
    return process.role === "replica" && applies(process.at)
  },
})

const stableHistory = ({ checkpoints }: State): Digest => checkpoints[0]?.history ?? ""

/** Of a replica the history of its stable checkpoint. */
interface Stable {
  readonly id: number
  readonly low: number
  readonly history: Digest
}

const stableOf = (p: unknown): Stable | undefined => {
  const process = asProcess(p)
  if (process.role !== "replica") return undefined
  const { state } = process.at
  return { id: process.id, low: state.log.low, history: stableHistory(state) }
}

const stableAgree: Invariant = {
  name: "StableAgree",
  scope: "pair",
  part: stableOf,
  check: (one, other) => {
    const [p, q] = [one as Stable | undefined, other as Stable | undefined]
    if (p === undefined || q === undefined || areCompatible(p.history, q.history)) return null
    return `stable checkpoints of replicas ${p.id} and ${q.id} contradict`
  },
  antecedent: (one, other) => [one, other].every((p) => ((p as Stable | undefined)?.low ?? 0) > 0),
}

const stableStays = (c: ZyzzyvaConstants): Invariant => ({
  name: "StableStays",
  scope: "messages",
  part: stableOf,
  select: (_index, m) => everySaying(m),
  check: (part, messages) => {
    const p = part as Stable | undefined
    if (p === undefined) return null
    const bad = completing(c, messages.map(messageOf)).find(
      (m) => !areCompatible(p.history, m.history),
    )
    return bad === undefined ? null : `a stable checkpoint contradicts ${tell(bad)}`
  },
  antecedent: (part, messages) => {
    const p = part as Stable | undefined
    return p !== undefined && p.low > 0 && completing(c, messages.map(messageOf)).length > 0
  },
})

interface OfOwn {
  readonly name: string
  readonly check: (id: number, state: State, said: ReadonlyArray<Saying>) => string | null
}

/** Of a replica and what it said; correct replicas come first, in the order of their numbers. */
const ofOwn = (c: ZyzzyvaConstants, invariants: ReadonlyArray<OfOwn>): ReadonlyArray<Invariant> => {
  const correct = Array.from({ length: c.n }, (_, id) => id).filter(
    (id) => !c.byzantine.includes(id),
  )
  const select = (index: number, sent: SentMessage): boolean => {
    const m = messageOf(sent)
    return isSaying(m) && m.replica === correct[index]
  }
  return invariants.map(({ name, check }) => ({
    name,
    scope: "messages",
    select,
    check: (p, sent) => {
      const process = asProcess(p)
      if (process.role !== "replica") return null
      return check(process.id, process.at.state, sent.map(messageOf).filter(isSaying))
    },
    antecedent: (_, sent) => sent.map(messageOf).some(isAnswer),
  }))
}

const isDurable = (state: State, m: Saying): boolean => {
  if (m.seq <= state.log.low) return true
  if (m._tag !== "LocalCommit") {
    if (!Window.covers(state.log, m.seq)) return false
    const slot = Window.get(state.log, m.seq)
    const isThere = slot.view > m.view || (slot.view === m.view && slot.history === m.history)
    if (!isThere || !isAcknowledgement(m)) return isThere
  }
  // It was not complete: a stable checkpoint contradicts it.
  if (!isPrefix(stableHistory(state), m.history)) return true
  return state.certificates.some(
    (c) =>
      c.seq >= m.seq &&
      (c.view > m.view || (c.view === m.view && areCompatible(m.history, c.history))),
  )
}

const stateInvariants = (c: ZyzzyvaConstants): ReadonlyArray<Invariant> => {
  const isSilent = (id: number, state: State): boolean => isMute(mutenessOf(c, id), state)
  return [
    stableAgree,
    stableStays(c),
    ...ofOwn(c, [
      {
        name: "Watermarks",
        check: (id, state, said) =>
          said.some((m) => m.seq > state.log.low + state.log.length) && !isSilent(id, state)
            ? `replica ${id} said something above its window`
            : null,
      },
      {
        name: "SentIsDurable",
        check: (id, state, said) => {
          const bad = isSilent(id, state) ? undefined : said.find((m) => !isDurable(state, m))
          return bad === undefined
            ? null
            : `replica ${id} has forgotten what it said of ${tell(bad)}`
        },
      },
    ]),
  ]
}

const reproducible = (c: ZyzzyvaConstants, id: number, { state, value }: Replica) => {
  if (state.stage !== "active") return null
  const is = outcome(c.allClients, historyAt(state, state.executed))
  const isWitness = c.witnesses.includes(id)
  if (valueText(isWitness ? [] : is.value) !== valueText(value)) {
    return "the service is not what its history makes"
  }
  const made = ClientTable.entries(is.table)
  const table = isWitness ? made.map((e) => ({ ...e, result: "" })) : made
  const entries = ClientTable.entries(state.table)
  const isSame = JSON.stringify(table) === JSON.stringify(entries)
  return isSame ? null : "the table is not its history's"
}

const timestampsIncrease = ({ value }: Replica): string | null => {
  const last = new Map<number, number>()
  for (const r of value) {
    if (r.timestamp <= (last.get(r.client) ?? 0)) return `client ${r.client}: twice or out of order`
    last.set(r.client, r.timestamp)
  }
  return null
}

const wellFormed = (c: ZyzzyvaConstants, { state }: Replica, id: number): string | null => {
  const { log, stage, view, newView, executed } = state
  const mute = isMute(mutenessOf(c, id), state)
  if (mute && stage !== "changing") return "takes part, and does not know what it said"
  if (view === 0 && !mute && stage !== "active") return "view 0 needs no NEW-VIEW"
  if (stage !== "changing" && view > 0 && newView === undefined) return "active without NEW-VIEW"
  if (stage === "confirming" && !c.confirmViews) return "waits for VIEW-CONFIRMs"
  if (executed < log.low || executed > log.low + c.logSize) return "executed outside the window"
  if (log.low % c.checkpointInterval !== 0) return "a stable checkpoint at no checkpoint's number"
  const seqs = Window.occupied(log)
  const mine = seqs.filter((seq) => orderAt(state, seq) !== undefined)
  if (mine.some((seq, k) => seq !== log.low + 1 + k)) return "a log with a hole"
  const late = seqs.some((seq) => Window.get(log, seq).view > view)
  return late ? "an order of a view that it has not seen" : null
}

/** The invariants of Zyzzyva.tla, by name. */
export const zyzzyvaInvariants = (c: ZyzzyvaConstants): ReadonlyArray<Invariant> => [
  ofReplica({ name: "TypeOK", check: (r, id) => wellFormed(c, r, id), applies: () => true }),
  ...saidInvariants(c),
  ...stateInvariants(c),
  ofReplica({
    name: "AtMostOnce",
    check: timestampsIncrease,
    applies: ({ value }) => value.length > 1,
  }),
  ofReplica({
    name: "Reproducible",
    check: (r, id) => reproducible(c, id, r),
    applies: ({ state }) => state.stage === "active" && state.executed > 0,
  }),
  ...clientInvariants(c),
]
