/** Commit certificates: spec/tla/Zyzzyva.tla `ValidCertificate`, `Certified`, `WithCertificate`. */
import type { Digest, Seq } from "../ids.ts"
import { unsigned } from "../request.ts"
import { historyAt, orderAt } from "./log.ts"
import type { Certificate, ShownCertificate } from "./message.ts"
import type { Config, State } from "./state.ts"

const distinct = (certificate: Certificate): number =>
  new Set(certificate.signers.map((s) => s.replica)).size

/** Whether enough replicas signed it. Their signatures were verified before. */
export const hasEnough = (config: Config, certificate: Certificate): boolean =>
  distinct(certificate) >= config.needs.commit

/** Whether the batches that are shown with it lead to its history, from the checkpoint `low` on. */
export const leadsToHistory = (
  config: Pick<Config, "historyDigest">,
  low: Seq,
  c: ShownCertificate,
): boolean => {
  if (c.batches.length !== c.seq - low) return false
  const chain = (before: Digest, each: { readonly digest: Digest }): Digest =>
    config.historyDigest(before, each.digest)
  return c.batches.reduce(chain, c.before) === c.history
}

/** The digest of the batch at `seq` in what it covers; `low`: the checkpoint that it is above. */
export const batchOf = (
  c: ShownCertificate,
  low: Seq,
  seq: Seq,
): ShownCertificate["batches"][number] | undefined => c.batches[seq - low - 1]

/** Whether the replica has acknowledged, in its view, a certificate that covers `seq`. */
export const isCertified = (
  view: number,
  certificates: ReadonlyArray<Certificate>,
  seq: Seq,
): boolean => certificates.some((c) => c.view === view && c.seq >= seq)

/** The certificate, of the log that the state has, with what it covers. */
export const shown = (state: State, certificate: Certificate): ShownCertificate => {
  const { low } = state.log
  const batches: Array<ShownCertificate["batches"][number]> = []
  for (let seq = low + 1; seq <= certificate.seq; seq++) {
    const slot = orderAt(state, seq)
    if (slot === undefined) break
    batches.push({ digest: slot.digest, batch: slot.batch.map(unsigned) })
  }
  const { view, seq, history, signers } = certificate
  return { view, seq, history, signers, before: historyAt(state, low), batches }
}

/** The certificates with one of the present view, which outdoes those that cover no more. */
export const withCertificate = (
  all: ReadonlyArray<ShownCertificate>,
  certificate: ShownCertificate,
): ReadonlyArray<ShownCertificate> => [certificate, ...all.filter((c) => c.seq > certificate.seq)]

/** A checkpoint that the log moves to: from where, to where, with which history. */
interface Moving {
  readonly from: Seq
  readonly low: Seq
  readonly history: Digest
}

/** What is left of them above a checkpoint: what contradicts it is not complete. */
export const above = (
  config: Config,
  all: ReadonlyArray<ShownCertificate>,
  { from, low, history }: Moving,
): ReadonlyArray<ShownCertificate> =>
  all
    .filter((c) => c.seq > low)
    .map((c) => ({ ...c, before: history, batches: c.batches.slice(low - from) }))
    .filter((c) => leadsToHistory(config, low, c))
