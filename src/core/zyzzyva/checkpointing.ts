/**
 * Checkpoints: TOCS 27(4) 2009, section 3.1; spec/tla/Zyzzyva.tla, section "Checkpoints". At a
 * checkpoint's number the replicas tell each other their histories, which makes a certificate
 * without any client; who has one vouches for the state, and enough of those in one view make the
 * checkpoint stable.
 */
import type { Digest, Seq } from "../ids.ts"
import * as ClientTable from "../client-table.ts"
import { ignore, none } from "../machine.ts"
import * as Window from "../window.ts"
import { answeredFirst } from "./answering.ts"
import { above, isCertified, shown, withCertificate } from "./certificate.ts"
import type {
  Authentic,
  Certificate,
  Checkpoint,
  ShownCertificate,
  Signer,
  SpecHeader,
  Stable,
} from "./message.ts"
import {
  type Config,
  type Effect,
  noHeaders,
  nothingVouched,
  type OwnCheckpoint,
  type Said,
  type State,
  type Vouched,
  type ZyzzyvaStep,
} from "./state.ts"

/** With what `replica` says at `seq`. */
export const vouch = (
  all: ReadonlyArray<Vouched>,
  seq: Seq,
  replica: number,
  said: Said,
): ReadonlyArray<Vouched> =>
  all.map((v) =>
    v.seq === seq ? { seq, said: v.said.map((s, k) => (k === replica ? said : s)) } : v,
  )

const signersOf = ({ said }: Vouched, digest: Digest): ReadonlyArray<Signer> =>
  said.flatMap((s, replica) => (s?.digest === digest ? [{ replica, signature: s.signature }] : []))

// What enough replicas, this one among them, say at a number.
const agreed = (
  config: Config,
  vouched: Vouched,
): { digest: Digest; signers: Signers } | undefined => {
  const own = vouched.said[config.id]
  if (own === undefined) return undefined
  const signers = signersOf(vouched, own.digest)
  return signers.length >= config.needs.commit ? { digest: own.digest, signers } : undefined
}
type Signers = ReadonlyArray<Signer>

/** A state and what must happen for it. */
export interface Settled {
  readonly state: State
  readonly effects: ReadonlyArray<Effect>
}

// The certificate that the histories heard make: that of the highest number, if there was none.
const heard = (config: Config, state: State): Settled => {
  const { view, headers, certificates } = state
  const sure = headers.findLast(
    (h) => agreed(config, h) !== undefined && !isCertified(view, certificates, h.seq),
  )
  const by = sure === undefined ? undefined : agreed(config, sure)
  if (sure === undefined || by === undefined) return { state, effects: none }
  return acknowledge(state, { view, seq: sure.seq, history: by.digest, signers: by.signers })
}

/** The state that holds a certificate of its view for what is in its log: durable first. */
export const acknowledge = (state: State, certificate: Certificate): Settled => {
  const kept: ShownCertificate = shown(state, certificate)
  return {
    state: { ...state, certificates: withCertificate(state.certificates, kept) },
    effects: [{ _tag: "Persist", record: { _tag: "Certified", certificate: kept } }],
  }
}

// What f + 1 vouch for in one view: the digest of a state of the history that is certified there.
const vouchedFor = ({ group }: Config, { said }: Vouched): Digest | undefined =>
  said.find((s) => s !== undefined && said.filter((t) => t?.digest === s.digest).length > group.f)
    ?.digest

// The own checkpoint, and what is durable of it before it is vouched for. A witness takes over the
// digest of those who execute.
const toVouchFor = (
  config: Config,
  { checkpoints }: State,
  vouched: Vouched,
): { readonly own: OwnCheckpoint; readonly before: ReadonlyArray<Effect> } | undefined => {
  const own = checkpoints.find((c) => c.seq === vouched.seq)
  if (own === undefined || !config.witness) return own && { own, before: none }
  const digest = vouchedFor(config, vouched)
  if (digest === undefined) return undefined
  const { seq, history } = own
  const table = ClientTable.entries(own.table)
  // There is no state of a service of its own.
  const service = digest
  const record = { _tag: "CheckpointTaken" as const, seq, history, digest, service, table }
  return { own: { ...own, digest, service }, before: [{ _tag: "Persist", record }] }
}

// Own votes for checkpoints that a certificate covers now.
const voteForDue = (config: Config, state: State): Settled => {
  const { view, certificates } = state
  let votes = state.checkpointVotes
  let { checkpoints } = state
  const effects: Array<Effect> = []
  for (const vouched of votes) {
    const { seq, said } = vouched
    // One that was kept over a restart is vouched for when its state is reached again.
    if (seq > state.executed || said[config.id] !== undefined) continue
    if (!isCertified(view, certificates, seq)) continue
    const due = toVouchFor(config, state, vouched)
    if (due === undefined) continue
    const { digest } = due.own
    const content = { _tag: "Checkpoint" as const, view, seq, digest, replica: config.id }
    const signature = config.sign(content)
    votes = vouch(votes, seq, config.id, { digest, signature })
    checkpoints = checkpoints.map((c) => (c.seq === seq ? due.own : c))
    effects.push(...due.before, { _tag: "Broadcast", message: { ...content, signature } })
  }
  if (effects.length === 0) return { state, effects }
  return { state: { ...state, checkpoints, checkpointVotes: votes }, effects }
}

// What was said at the numbers that are still in the window.
const kept = (
  nothing: ReadonlyArray<Vouched>,
  all: ReadonlyArray<Vouched>,
): ReadonlyArray<Vouched> => nothing.map((v) => all.find((x) => x.seq === v.seq) ?? v)

// The last checkpoint that enough vouch for is stable: all up to it goes.
const stabilise = (config: Config, state: State): Settled => {
  const sure = state.checkpointVotes.findLast((v) => agreed(config, v) !== undefined)
  const by = sure === undefined ? undefined : agreed(config, sure)
  if (sure === undefined || by === undefined) return { state, effects: none }
  const { seq } = sure
  const history = state.checkpoints.find((c) => c.seq === seq)?.history ?? ""
  const stable: Stable = { view: state.view, seq, digest: by.digest, signers: by.signers }
  return {
    state: {
      ...state,
      stable,
      log: Window.advance(state.log, seq),
      checkpoints: state.checkpoints.filter((c) => c.seq >= seq),
      headers: kept(noHeaders(config, seq), state.headers),
      checkpointVotes: kept(nothingVouched(config, seq), state.checkpointVotes),
      certificates: above(config, state.certificates, { from: state.log.low, low: seq, history }),
    },
    effects: [{ _tag: "Persist", record: { _tag: "CheckpointStable", stable } }],
  }
}

/**
 * The spec's `Settle`: what follows from own checkpoints, histories, certificates and votes, after
 * a step that began in the state `before`.
 */
export const settle = (config: Config, before: State, state: State): Settled => {
  const certified = heard(config, state)
  const answers = answeredFirst(config, before, certified.state)
  const voted = voteForDue(config, certified.state)
  const settled = stabilise(config, voted.state)
  return {
    state: settled.state,
    effects: [...certified.effects, ...answers, ...voted.effects, ...settled.effects],
  }
}

const isNew = (all: ReadonlyArray<Vouched>, seq: Seq, replica: number): string | undefined => {
  const at = all.find((v) => v.seq === seq)
  if (at === undefined) return "NotACheckpoint"
  return at.said[replica] === undefined ? undefined : "AlreadySaid"
}

/** RecvSpecHeader (TOCS 27(4) section 3.1). Another replica's history at a checkpoint. */
export const recvSpecHeader = (
  config: Config,
  state: State,
  m: Authentic<SpecHeader>,
): ZyzzyvaStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (state.stage !== "active") return ignore(state, "NotActive")
  const why = isNew(state.headers, m.seq, m.replica)
  if (why !== undefined) return ignore(state, why)
  const said = { digest: m.history, signature: m.signature }
  const headers = vouch(state.headers, m.seq, m.replica, said)
  return { ...settle(config, state, { ...state, headers }), action: "RecvSpecHeader" }
}

/** RecvCheckpoint (TOCS 27(4) section 3.1). Another replica vouches for its state. */
export const recvCheckpoint = (
  config: Config,
  state: State,
  m: Authentic<Checkpoint>,
): ZyzzyvaStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (state.stage !== "active") return ignore(state, "NotActive")
  const why = isNew(state.checkpointVotes, m.seq, m.replica)
  if (why !== undefined) return ignore(state, why)
  const said = { digest: m.digest, signature: m.signature }
  const checkpointVotes = vouch(state.checkpointVotes, m.seq, m.replica, said)
  return { ...settle(config, state, { ...state, checkpointVotes }), action: "RecvCheckpoint" }
}
