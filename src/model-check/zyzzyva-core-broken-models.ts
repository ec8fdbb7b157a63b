/**
 * The corrected rule with one of its parts broken, each with the invariant that must break: what
 * the part is for. `views` says how many views it takes, by the position of the Byzantine replica:
 * a backup that lies may need a later view than a primary that does.
 */
import type { ZyzzyvaConstants } from "./zyzzyva-core-constants.ts"
import { zyzzyvaBase, type ZyzzyvaModelSpec } from "./zyzzyva-core-model-spec.ts"

export interface BrokenZyzzyva {
  readonly name: string
  readonly what: string
  readonly changes: Partial<ZyzzyvaConstants>
  /** By the position of the Byzantine replica: how many views agreement takes to break. */
  readonly views: ReadonlyArray<number>
}

export const brokenZyzzyva: ReadonlyArray<BrokenZyzzyva> = [
  {
    name: "VotesOfF",
    what: "f votes choose a batch",
    changes: { voteNeeds: 1 },
    views: [2, 2, 2, 2],
  },
  {
    name: "CertificateOf2f",
    what: "2f equal answers make a certificate",
    changes: { commitNeeds: 2 },
    views: [2, 3, 4, 5],
  },
  {
    name: "AcknowledgedBy2f",
    what: "2f acknowledgements complete a request",
    changes: { localNeeds: 2 },
    views: [2, 2, 2, 2],
  },
  {
    name: "FastWith3f",
    what: "3f equal answers complete a request at once",
    changes: { fastNeeds: 3 },
    views: [2, 2, 2, 2],
  },
  {
    name: "NewViewOf2f",
    what: "a NEW-VIEW stands on 2f VIEW-CHANGEs",
    changes: { changeNeeds: 2 },
    views: [2, 2, 2, 2],
  },
  {
    name: "OrdersBeforeNewView",
    what: "a replica takes orders of a view whose NEW-VIEW it has not seen",
    changes: { lacks: ["WaitsForNewView"] },
    views: [2, 2, 2, 2],
  },
  {
    name: "AcknowledgesOldViews",
    what: "a replica acknowledges certificates of views that it left",
    changes: { lacks: ["AcknowledgesInItsView"] },
    views: [2, 2, 2, 2],
  },
  {
    name: "AdoptionIsNoVote",
    what: "what a NEW-VIEW brings keeps the view of its old order",
    changes: { lacks: ["AdoptionIsAVote"] },
    views: [3, 3, 3, 3],
  },
  {
    name: "VoteIsTheFirst",
    what: "a vote is the first order that its sender took at a number",
    changes: { lacks: ["VoteIsTheLast"] },
    views: [3, 3, 3, 3],
  },
  {
    name: "CertificateIsTheFirst",
    what: "a replica keeps the first certificate that it acknowledged",
    changes: { lacks: ["CertificateIsTheLast"] },
    views: [3, 3, 3, 3],
  },
  {
    name: "CertificatesAreClaims",
    what: "a certificate need not be shown",
    changes: { lacks: ["CertificatesAreProved"] },
    views: [2, 2, 2, 2],
  },
  {
    name: "CertificateOfAnyView",
    what: "of the certificates shown any may count",
    changes: { lacks: ["CertificateOfTheLastView"] },
    views: [3, 3, 3, 3],
  },
  {
    name: "VotesBeatCertificates",
    what: "f + 1 votes of any view beat every certificate",
    changes: { lacks: ["CertificatesMayWin"] },
    views: [2, 3, 3, 3],
  },
  {
    name: "TieToTheVotes",
    what: "f + 1 votes beat a certificate of their own view",
    changes: { lacks: ["TieToTheCertificate"] },
    views: [2, 3, 4, 5],
  },
  {
    name: "CertificatesBeatVotes",
    what: "any certificate beats the votes of later views",
    changes: { lacks: ["VotesMayWin"] },
    views: [3, 3, 3, 3],
  },
  {
    name: "BaseUnchecked",
    what: "a backup takes whatever log a NEW-VIEW names",
    changes: { lacks: ["BaseIsChecked"] },
    views: [5, 2, 3, 4],
  },
]

/** The broken rule with the Byzantine replica at a position, in as many views. */
export const brokenAt = (
  { name, what, changes }: BrokenZyzzyva,
  byzantine: number,
  views: number,
): ZyzzyvaModelSpec => ({
  ...zyzzyvaBase,
  ...changes,
  name,
  why: `Must fail: ${what}.`,
  byzantine: [byzantine],
  maxView: views - 1,
  invariants: ["Agreement"],
  expect: { violates: "Agreement" },
  // Through three views TLC needs minutes.
  size: views > 2 ? "nightly" : "mutant",
})

/** A replica has one certificate to show where it needs one for each number: two numbers tell. */
const oneCertificate: ZyzzyvaModelSpec = {
  ...zyzzyvaBase,
  name: "OneCertificate",
  why: "Must fail: a replica keeps one certificate, whatever it covers.",
  asked: [["a"], ["b"]],
  lacks: ["CertificateForEachNumber"],
  byzantine: [3],
  maxView: 2,
  invariants: ["CarryOver"],
  expect: { violates: "CarryOver" },
  size: "nightly",
}

/** What certificates of 2f answers break first: there may be two in one view. */
const twoCertificates: ZyzzyvaModelSpec = {
  ...zyzzyvaBase,
  name: "TwoCertificates",
  why: "Must fail: 2f equal answers make a certificate, and two of one view differ.",
  commitNeeds: 2,
  maxView: 0,
  invariants: ["CertificatesAgree"],
  expect: { violates: "CertificatesAgree" },
  size: "mutant",
}

/** Each at the position where it takes the fewest views, the last of those: a backup if it can. */
export const brokenZyzzyvaModels: ReadonlyArray<ZyzzyvaModelSpec> = [
  ...brokenZyzzyva.map((broken) => {
    const fewest = Math.min(...broken.views)
    return brokenAt(broken, broken.views.lastIndexOf(fewest), fewest)
  }),
  oneCertificate,
  twoCertificates,
]
