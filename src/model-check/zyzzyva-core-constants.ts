/** The constants of spec/tla/ZyzzyvaCore.tla, its rules by name, and what follows from them. */
import { assert } from "../core/assert.ts"
import { type LogTable, logTable } from "./zyzzyva-core-logs.ts"

/** The rules that a model may leave out, by the names of ZyzzyvaCore.tla, and what each demands. */
export const zyzzyvaRules = {
  WaitsForNewView: "a replica takes no order between VIEW-CHANGE and NEW-VIEW",
  AcknowledgesInItsView: "a replica acknowledges no certificate of a view that it left",
  AdoptionIsAVote: "what a replica adopts with a NEW-VIEW is an order of the new view",
  VoteIsTheLast: "a vote is the last order that its sender took at that number",
  CertificateIsTheLast: "a replica keeps the certificate of the latest view",
  CertificateForEachNumber: "a replica keeps a certificate for each number",
  CertificatesAreProved: "a certificate is shown with its 2f + 1 answers",
  CertificateOfTheLastView: "of the certificates shown, that of the latest view counts",
  CertificatesMayWin: "votes that are older than the certificate do not count",
  TieToTheCertificate: "votes of the certificate's own view do not count",
  VotesMayWin: "f + 1 votes later than any certificate beat it",
  BaseIsChecked: "a backup checks the log of a NEW-VIEW against its VIEW-CHANGEs",
} as const
export type ZyzzyvaRule = keyof typeof zyzzyvaRules

/** The rules that a model may add to the log-wise ones. */
export const zyzzyvaAdditions = {
  SinceLastViewChange:
    "a certificate counts only if it is of the last view its holder took part in",
  TiesToLaterView: "of certificates equally long, that of the later view counts",
  ClaimsExtendBase: "a reported log extends the NEW-VIEW log of the view it names",
  CertificateCoversBase: "a certificate counts for at least the NEW-VIEW log of its view",
} as const
export type ZyzzyvaAddition = keyof typeof zyzzyvaAdditions

export const viewChangeRules = ["published", "velma", "corrected"] as const
export type ViewChangeRule = (typeof viewChangeRules)[number]

export interface ZyzzyvaConstants {
  readonly n: number
  readonly f: number
  readonly byzantine: ReadonlyArray<number>
  /** By sequence number: names of the batches that may be ordered there; interchangeable. */
  readonly asked: ReadonlyArray<ReadonlyArray<string>>
  readonly maxView: number
  readonly viewChange: ViewChangeRule
  readonly fastNeeds: number
  readonly commitNeeds: number
  readonly localNeeds: number
  readonly changeNeeds: number
  readonly voteNeeds: number
  readonly also: ReadonlyArray<ZyzzyvaAddition>
  readonly lacks: ReadonlyArray<ZyzzyvaRule>
  /** Whether a view begins only when the one before is over for all. */
  readonly inLayers: boolean
}

/** The constants with what follows from them. */
export interface ZyzzyvaWorld extends ZyzzyvaConstants {
  readonly correct: ReadonlyArray<number>
  readonly liars: number
  readonly maxSeq: number
  readonly logs: LogTable
  readonly primary: (view: number) => number
  readonly lies: (replica: number) => boolean
  readonly rule: (name: ZyzzyvaRule) => boolean
  readonly added: (name: ZyzzyvaAddition) => boolean
  readonly slotwise: boolean
}

const mostLogs = 31

export const zyzzyvaWorld = (c: ZyzzyvaConstants): ZyzzyvaWorld => {
  const logs = logTable(c.asked)
  assert(logs.size <= mostLogs, "a set of logs fits into 31 bits")
  const lacks = new Set<ZyzzyvaRule>(c.lacks)
  const also = new Set<ZyzzyvaAddition>(c.also)
  const liars = new Set(c.byzantine)
  return {
    ...c,
    correct: Array.from({ length: c.n }, (_, i) => i).filter((i) => !liars.has(i)),
    liars: c.byzantine.length,
    maxSeq: c.asked.length,
    logs,
    primary: (view) => view % c.n,
    lies: (replica) => liars.has(replica),
    rule: (name) => !lacks.has(name),
    added: (name) => also.has(name),
    slotwise: c.viewChange === "corrected",
  }
}
