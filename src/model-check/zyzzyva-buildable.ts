/**
 * What must have been sent before a Byzantine process can build a message: Zyzzyva.tla's
 * `Buildable`. And the NEW-VIEWs of Byzantine primaries: its `Forged`.
 */
import { recoveringReplica } from "../core/recovery-request.ts"
import type { Certificate, Message, Stable, State, ViewChange } from "../core/zyzzyva/message.ts"
import type { Request } from "../core/request.ts"
import { verifiesAt } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { choose } from "./choose.ts"
import type { SentMessage } from "./model.ts"
import { plainText } from "./pbft-text.ts"
import type { ZyzzyvaConstants } from "./zyzzyva-process.ts"

type Need = (sent: SentMessage) => boolean

const messageOf = (m: SentMessage): Message => (m.value as ZyzzyvaEnvelope).message

const sentRequest =
  (r: Request): Need =>
  (sent) => {
    const m = messageOf(sent)
    return m._tag === "Request" && plainText(m) === plainText(r)
  }

interface Place {
  readonly view: number
  readonly seq: number
  readonly history: string
}

/** Whether a message bears this replica's signature of a history. */
export const hasSigned = (m: Message, replica: number, place: Place): boolean => {
  const isHeader = m._tag === "SpecHeader" || (m._tag === "SpecResponse" && m.clientOnly !== true)
  if (!isHeader || m.replica !== replica) return false
  return m.view === place.view && m.seq === place.seq && m.history === place.history
}

const said =
  (replica: number, place: Place): Need =>
  (sent) =>
    hasSigned(messageOf(sent), replica, place)

const signedOrder = (c: ZyzzyvaConstants, o: Place): ReadonlyArray<Need> => {
  if (c.byzantine.includes(o.view % c.n)) return []
  return [
    (sent) => {
      const m = messageOf(sent)
      if (m._tag !== "OrderReq") return false
      return m.view === o.view && m.seq === o.seq && m.history === o.history
    },
  ]
}

const correctOf = (c: ZyzzyvaConstants, who: ReadonlyArray<{ readonly replica: number }>) =>
  who.map((s) => s.replica).filter((replica) => !c.byzantine.includes(replica))

const proved = (c: ZyzzyvaConstants, certificate: Certificate): ReadonlyArray<Need> =>
  correctOf(c, certificate.signers).map((replica) => said(replica, certificate))

const vouchedBy = (
  c: ZyzzyvaConstants,
  { view, seq, digest, signers }: Stable,
): ReadonlyArray<Need> =>
  correctOf(c, signers).map(
    (replica): Need =>
      (sent) => {
        const m = messageOf(sent)
        if (m._tag !== "Checkpoint" || m.replica !== replica) return false
        return m.view === view && m.seq === seq && m.digest === digest
      },
  )

const changeNeeds = (c: ZyzzyvaConstants, m: ViewChange): ReadonlyArray<Need> => [
  ...m.certificates.flatMap((certificate) => proved(c, certificate)),
  ...correctOf(c, m.accusers).map(
    (replica): Need =>
      (sent) => {
        const x = messageOf(sent)
        return x._tag === "Accusation" && x.replica === replica && x.view === m.view - 1
      },
  ),
  ...vouchedBy(c, m.stable),
]

/** Whether a correct client asks in this name, or a correct replica to be taken back. */
const isCorrectName = (c: ZyzzyvaConstants, client: number): boolean => {
  if (client < c.clientOps.length) return true
  const replica = recoveringReplica({ recoverers: c.recoverers, group: c }, client)
  return replica !== undefined && !c.byzantine.includes(replica)
}

// A state holds the effect of a correct replica's request to be taken back only once it asked.
const askedFor = (c: ZyzzyvaConstants, table: State["table"]): ReadonlyArray<Need> =>
  table.flatMap(({ timestamp }, client): ReadonlyArray<Need> => {
    if (timestamp === 0 || c.recoverers === undefined || client < c.recoverers) return []
    if (!isCorrectName(c, client)) return []
    return [
      (sent) => {
        const m = messageOf(sent)
        return m._tag === "Request" && m.client === client && m.timestamp >= timestamp
      },
    ]
  })

/** For each: at least one of these messages must have been sent. */
export const needsOf = (c: ZyzzyvaConstants, m: Message): ReadonlyArray<Need> => {
  switch (m._tag) {
    case "OrderReq":
      return m.batch
        .filter((r) => isCorrectName(c, r.client) && verifiesAt(r.authenticator).length > 0)
        .map(sentRequest)
    case "SpecResponse":
      return m.order === undefined ? [] : signedOrder(c, m)
    case "Commit":
      return proved(c, m.certificate)
    case "Pom":
      return m.orders.flatMap((o) => signedOrder(c, o))
    case "State":
      return [...vouchedBy(c, m.stable), ...askedFor(c, m.table)]
    case "ViewChange":
      return changeNeeds(c, m)
    default:
      return []
  }
}

/** What Byzantine primaries can make of `known` messages. */
export const forgedNewViews = (
  c: ZyzzyvaConstants,
  known: ReadonlyArray<SentMessage>,
): ReadonlyArray<ZyzzyvaEnvelope> => {
  const envelopes: Array<ZyzzyvaEnvelope> = []
  for (let view = 1; view <= c.maxView; view++) {
    if (!c.byzantine.includes(view % c.n)) continue
    const changes = known
      .map(messageOf)
      .filter((m): m is ViewChange => m._tag === "ViewChange" && m.view === view)
      .sort((x, y) => x.replica - y.replica)
    for (const shown of choose(changes, c.needs.change)) {
      if (new Set(shown.map((m) => m.replica)).size < c.needs.change) continue
      const message = { _tag: "NewView" as const, view, changes: shown, signature: "" }
      envelopes.push({ message, to: undefined })
    }
  }
  return envelopes
}
