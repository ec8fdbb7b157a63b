/** Messages of Zyzzyva as records of TLA+ (spec/tla/Zyzzyva.tla, section "Messages"). */
import type { ReplicaId } from "../core/ids.ts"
import type { Marks, Request } from "../core/request.ts"
import { leadsToHistory } from "../core/zyzzyva/certificate.ts"
import type {
  Certificate,
  Message,
  NewView,
  ReadResponse,
  SpecResponse,
  Stable,
  State,
  ViewChange,
} from "../core/zyzzyva/message.ts"
import type { Config, Entry } from "../core/zyzzyva/state.ts"
import { markText } from "./run-names.ts"
import { functionText, recordText, tlaBoolean, tlaSet } from "./tla-text.ts"
import type { ZyzzyvaSymbols } from "./zyzzyva-symbols.ts"

/** What is needed to write a message. */
export interface Writing {
  readonly symbols: ZyzzyvaSymbols
  readonly historyDigest: Config["historyDigest"]
}

interface Place {
  readonly view: number
  readonly seq: number
  readonly history: string
}

const placeText = ({ view, seq, history }: Place, symbols: ZyzzyvaSymbols): string =>
  `view |-> ${view}, seq |-> ${symbols.seq(seq)}, history |-> ${symbols.history(history)}`

const who = (all: ReadonlyArray<{ readonly replica: ReplicaId }>): string =>
  tlaSet([...new Set(all.map((s) => s.replica))])

/** A request, or a read, as its client sent it to some replicas. */
export const requestText = (
  r: Request & Marks & { readonly _tag?: "Request" | "Read" },
  to: ReadonlyArray<ReplicaId>,
  { names }: ZyzzyvaSymbols,
): string => {
  const t = names.timestamp(r.client, r.timestamp)
  const about = `client |-> ${r.client}, timestamp |-> ${t}, op |-> ${names.operation(r.operation)}`
  const where = `auth |-> ${tlaSet(names.auth(r))}, to |-> ${tlaSet(to)}`
  return `[type |-> "${r._tag ?? "Request"}", ${about}, ${where}${markText(r)}]`
}

/** An order, whose batch is given as text, to some replicas. */
export const orderText = (
  m: Place,
  batch: string,
  to: ReadonlyArray<ReplicaId>,
  symbols: ZyzzyvaSymbols,
): string =>
  `[type |-> "OrderReq", ${placeText(m, symbols)}, batch |-> ${batch}, to |-> ${tlaSet(to)}]`

/** The signed part of an answer. */
export const headerText = (m: Place, replica: ReplicaId, symbols: ZyzzyvaSymbols): string =>
  `[type |-> "SpecHeader", ${placeText(m, symbols)}, replica |-> ${replica}]`

const responseText = (m: SpecResponse, symbols: ZyzzyvaSymbols): string => {
  const { names } = symbols
  const { client, timestamp, result, replica, order } = m
  return (
    `[type |-> "SpecResponse", ${placeText(m, symbols)}, ` +
    `ordered |-> ${tlaBoolean(order !== undefined)}, client |-> ${client}, ` +
    `timestamp |-> ${names.timestamp(client, timestamp)}, ` +
    `${answerText({ ...m, result }, symbols)}, replica |-> ${replica}]`
  )
}

interface Answer {
  readonly result: string
  readonly digest?: boolean
  readonly committed?: boolean
  readonly clientOnly?: boolean
  readonly witness?: boolean
}

/** What an answer bears: a result, the digest of one, or none; if it is committed, and signed. */
export const answerText = (m: Answer, symbols: ZyzzyvaSymbols): string => {
  const { result, digest = false, committed = false, clientOnly = false, witness = false } = m
  const content = digest ? symbols.resultDigest(result) : symbols.result(result)
  const marks = [
    digest ? ", digest |-> TRUE" : "",
    committed ? ", committed |-> TRUE" : "",
    clientOnly ? ", clientOnly |-> TRUE" : "",
    witness ? ", witness |-> TRUE" : "",
  ]
  return `result |-> ${content}${marks.join("")}`
}

const readText = (m: ReadResponse, symbols: ZyzzyvaSymbols): string => {
  const { client, timestamp, replica } = m
  const about = `client |-> ${client}, timestamp |-> ${symbols.names.timestamp(client, timestamp)}`
  const place = placeText(m, symbols)
  return `[type |-> "ReadResponse", ${place}, ${about}, ${answerText(m, symbols)}, replica |-> ${replica}]`
}

export const certificateText = (c: Certificate, symbols: ZyzzyvaSymbols): string =>
  `[${placeText(c, symbols)}, replicas |-> ${who(c.signers)}]`

export const stableText = (
  { view, seq, digest, signers }: Stable,
  symbols: ZyzzyvaSymbols,
): string =>
  `[view |-> ${view}, seq |-> ${symbols.seq(seq)}, ` +
  `digest |-> ${symbols.names.checkpoint(digest)}, replicas |-> ${who(signers)}]`

export const accusationText = (view: number, replica: ReplicaId): string =>
  `[type |-> "Accusation", view |-> ${view}, replica |-> ${replica}]`

/** A vote for a checkpoint. */
export const voteText = (stable: Stable, replica: ReplicaId, symbols: ZyzzyvaSymbols): string => {
  const { view, seq, digest } = stable
  const place = `view |-> ${view}, seq |-> ${symbols.seq(seq)}`
  const of = symbols.names.checkpoint(digest)
  return `[type |-> "Checkpoint", ${place}, digest |-> ${of}, replica |-> ${replica}]`
}

/** An entry of a table, as the specification has it. */
export const entryText = (client: number, entry: Entry, symbols: ZyzzyvaSymbols): string => {
  const { timestamp, result, seq, history } = entry
  if (timestamp === 0) {
    return "[timestamp |-> 0, result |-> <<>>, seq |-> 0, history |-> <<>>]"
  }
  const t = symbols.names.timestamp(client, timestamp)
  return (
    `[timestamp |-> ${t}, result |-> ${symbols.result(result)}, ` +
    `seq |-> ${symbols.seq(seq)}, history |-> ${symbols.history(history)}]`
  )
}

const stateText = ({ stable, history, table }: State, symbols: ZyzzyvaSymbols): string => {
  const entries = symbols.names.clients
    .filter((client) => client < table.length)
    .map((client) => [client, entryText(client, table[client] as Entry, symbols)] as const)
  return (
    `[type |-> "State", stable |-> ${stableText(stable, symbols)}, ` +
    `history |-> ${symbols.history(history)}, value |-> ${symbols.histories.value(history)}, ` +
    `table |-> (${functionText(entries)})]`
  )
}

// Of number 0, which lies in no window: nobody correct sends it, and none takes it.
const refusedOrder = "[seq |-> 0, view |-> 0, history |-> <<>>]"
const refusedCertificate = "[view |-> 0, seq |-> 0, history |-> <<>>, replicas |-> {}]"

// Of view 0, which needs no VIEW-CHANGE.
const refusedChange =
  `[type |-> "ViewChange", view |-> 0, stable |-> [seq |-> 0], orders |-> {}, ` +
  "certificates |-> {}, accusers |-> {}, replica |-> 0]"

// The specification has sets where messages have lists: one with two orders of a number gets an
// element that the specification refuses, too.
const ordersText = ({ orders }: ViewChange, symbols: ZyzzyvaSymbols): string => {
  const texts = orders.map(
    ({ view, seq, history }) =>
      `[seq |-> ${symbols.seq(seq)}, view |-> ${view}, history |-> ${symbols.history(history)}]`,
  )
  const twice = new Set(orders.map((o) => o.seq)).size < orders.length
  return tlaSet(twice ? [...texts, refusedOrder] : texts)
}

// A history there is its batches: one that the batches shown do not lead to is none.
const certificatesText = ({ certificates, stable }: ViewChange, by: Writing): string => {
  const isGood = (c: ViewChange["certificates"][number]): boolean =>
    leadsToHistory(by, stable.seq, c)
  const texts = certificates.map((c) =>
    isGood(c) ? certificateText(c, by.symbols) : refusedCertificate,
  )
  return tlaSet(texts)
}

const incarnationField = ({ replica, incarnation }: ViewChange, symbols: ZyzzyvaSymbols): string =>
  incarnation === undefined ? "" : `, incarnation |-> ${symbols.incarnation(replica, incarnation)}`

/** A VIEW-CHANGE by its name in the generated module. */
export const viewChangeText = (m: ViewChange, by: Writing): string =>
  by.symbols.names.named(
    "V",
    `[type |-> "ViewChange", view |-> ${m.view}, stable |-> ${stableText(m.stable, by.symbols)}, ` +
      `orders |-> ${ordersText(m, by.symbols)}, certificates |-> ${certificatesText(m, by)}, ` +
      `accusers |-> ${who(m.accusers)}, replica |-> ${m.replica}` +
      `${incarnationField(m, by.symbols)}]`,
  )

/** A NEW-VIEW by its name in the generated module. */
export const newViewText = ({ view, changes }: NewView, by: Writing): string => {
  const texts = changes.map((c) => viewChangeText(c, by))
  const twice = new Set(texts).size < texts.length
  const all = tlaSet(twice ? [...texts, refusedChange] : texts)
  return by.symbols.names.named("W", `[type |-> "NewView", view |-> ${view}, changes |-> ${all}]`)
}

/** A message between processes, to everyone where it says to whom; a batch as its sender has it. */
export const messageText = (m: Message, by: Writing): string => {
  const { symbols } = by
  const { names } = symbols
  switch (m._tag) {
    case "Request":
    case "Read":
      return requestText(m, names.replicas, symbols)
    case "ReadResponse":
      return readText(m, symbols)
    case "OrderReq":
      return orderText(m, names.batch(m.batch, m.digest), names.replicas, symbols)
    case "SpecResponse":
      return responseText(m, symbols)
    case "SpecHeader":
      return headerText(m, m.replica, symbols)
    case "ViewConfirm":
      return `[type |-> "ViewConfirm", ${placeText(m, symbols)}, replica |-> ${m.replica}]`
    case "LocalCommit": {
      const { client, replica } = m
      const from = `client |-> ${client}, replica |-> ${replica}`
      return `[type |-> "LocalCommit", ${placeText(m, symbols)}, ${from}]`
    }
    case "Commit": {
      const certificate = certificateText(m.certificate, symbols)
      return `[type |-> "Commit", client |-> ${m.client}, certificate |-> ${certificate}]`
    }
    case "FillHole": {
      const { view, replica } = m
      const range = `from |-> ${symbols.seq(m.from)}, upTo |-> ${symbols.seq(m.upTo)}`
      const mark = m.headers === true ? ", headers |-> TRUE" : ""
      return `[type |-> "FillHole", view |-> ${view}, ${range}, replica |-> ${replica}${mark}]`
    }
    case "Pom": {
      const orders = m.orders.map((o) => `[${placeText(o, symbols)}]`)
      return recordText([
        ["type", `"Pom"`],
        ["orders", tlaSet(orders)],
      ])
    }
    case "Accusation":
      return accusationText(m.view, m.replica)
    case "Checkpoint":
      return voteText({ ...m, signers: [] }, m.replica, symbols)
    case "FetchState":
      return `[type |-> "FetchState", seq |-> ${symbols.seq(m.seq)}, replica |-> ${m.replica}]`
    case "State":
      return stateText(m, symbols)
    case "ViewChange":
      return viewChangeText(m, by)
    case "NewView":
      return newViewText(m, by)
  }
}
