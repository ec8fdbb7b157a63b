/**
 * The instances of the abstraction of Zyzzyva that are checked, by name: the constants of
 * spec/tla/MCZyzzyvaCore-<name>.cfg, what is asked of each, and what must come out.
 */
import type { World } from "./explore.ts"
import { brokenZyzzyvaModels } from "./zyzzyva-core-broken-models.ts"
import { zyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { ZyzzyvaJudge } from "./zyzzyva-core-judge.ts"
import { zyzzyvaBase, type ZyzzyvaModelSpec } from "./zyzzyva-core-model-spec.ts"
import { ZyzzyvaSpace } from "./zyzzyva-core-space.ts"

export { zyzzyvaBase, type ZyzzyvaModelSpec } from "./zyzzyva-core-model-spec.ts"

const positions = [0, 1, 2, 3]
const told = (id: number): string => `Byzantine replica ${id}`

const always = ["ReachFast", "ReachSlow", "ReachCompleteTwice", "ReachRolledBack", "CarryOver"]
const twoBatches = [
  ["a", "b"],
  ["c", "d"],
]

const eachPosition = (
  name: string,
  what: string,
  changes: Partial<ZyzzyvaModelSpec>,
): ReadonlyArray<ZyzzyvaModelSpec> =>
  positions.map((id) => ({
    ...zyzzyvaBase,
    ...changes,
    name: `${name}${id}`,
    why: `${what}; ${told(id)}.`,
    byzantine: [id],
    reaches: changes.reaches ?? always,
  }))

const corrected: ReadonlyArray<ZyzzyvaModelSpec> = [
  ...eachPosition("TwoViews", "The corrected rule, one view change, one number", {}),
  ...eachPosition("Interleaved", "As TwoViews, the views not in layers", { inLayers: false }),
  ...eachPosition("ThreeViews", "The corrected rule, two view changes, one number", {
    maxView: 2,
    reaches: [...always, "ReachHiddenCertificate"],
    size: "nightly",
  }),
  ...eachPosition("FourViews", "The corrected rule, three view changes, one number", {
    maxView: 3,
    reaches: [...always, "ReachHiddenCertificate"],
    size: "nightly",
  }),
  ...eachPosition("TwoNumbers", "The corrected rule, one view change, two numbers", {
    asked: twoBatches,
    reaches: [...always, "ReachFilledGap", "Agreement", "CertificatesAgree"],
    size: "nightly",
  }),
  ...eachPosition("ThreeViewsTwoNumbers", "The corrected rule, two view changes, two numbers", {
    asked: twoBatches,
    maxView: 2,
    reaches: [...always, "ReachFilledGap", "Agreement", "CertificatesAgree"],
    size: "explorer",
  }).map(
    (spec): ZyzzyvaModelSpec =>
      // 4 and 8 million states, which TLC can count in a night; the others have 26 and more.
      spec.byzantine.some((id) => id >= 2) ? { ...spec, byTlc: "counts", size: "nightly" } : spec,
  ),
]

/** n = 5f + 1: 4f + 1 equal answers, certificates and acknowledgements of 3f + 1, 2f + 1 votes. */
const five = {
  n: 6,
  fastNeeds: 5,
  commitNeeds: 4,
  localNeeds: 4,
  changeNeeds: 5,
  voteNeeds: 3,
} as const

// Replicas 2 to 5 lead no view here, so one of them stands for all.
const zyzzyva5 = [0, 1, 5].map(
  (id): ZyzzyvaModelSpec => ({
    ...zyzzyvaBase,
    ...five,
    name: `FiveF${id}`,
    why: `The corrected rule with n = 5f + 1, one view change, one number; ${told(id)}.`,
    byzantine: [id],
    reaches: ["ReachFast", "ReachSlow", "ReachCompleteTwice", "CarryOver"],
    size: "nightly",
  }),
)

/** Rules as they were printed: each must fail. The first of each rule is the one to be told. */
const published = {
  ...zyzzyvaBase,
  viewChange: "published",
  maxView: 2,
  also: ["TiesToLaterView"],
  size: "mutant",
} as const satisfies Partial<ZyzzyvaModelSpec>
const strict = ["TiesToLaterView", "SinceLastViewChange"] as const

const printed: ReadonlyArray<ZyzzyvaModelSpec> = [
  {
    ...published,
    name: "Published",
    why: "Must fail: any certificate beats f + 1 matching orders of a later view.",
    invariants: ["Agreement"],
    expect: { violates: "Agreement" },
    size: "nightly",
  },
  {
    ...published,
    name: "PublishedCertificate",
    why: "Must fail: as Published, as soon as what equal answers completed is lost.",
    invariants: ["AnsweredCarriesOver"],
    expect: { violates: "AnsweredCarriesOver" },
  },
  {
    ...published,
    name: "PublishedCertificateStrict",
    why: "Must fail: as PublishedCertificate, certificates only since the last view change.",
    also: strict,
    invariants: ["AnsweredCarriesOver"],
    expect: { violates: "AnsweredCarriesOver" },
    size: "nightly",
  },
  {
    ...published,
    name: "PublishedForgets",
    why: "Must fail: certificates only since the last view change, so one is lost by entering a view.",
    also: strict,
    invariants: ["AcknowledgedCarriesOver"],
    expect: { violates: "AcknowledgedCarriesOver" },
  },
  {
    ...published,
    name: "PublishedTies",
    why: "Must fail: of two certificates equally long, any one counts.",
    also: [],
    invariants: ["AcknowledgedCarriesOver"],
    expect: { violates: "AcknowledgedCarriesOver" },
    size: "nightly",
  },
  {
    ...published,
    name: "PublishedLongest",
    why: "Must fail: the longest certificate counts, not that of the latest view.",
    asked: [["a", "b"], ["c"]],
    invariants: ["FirstCarriesOver"],
    expect: { violates: "FirstCarriesOver" },
    size: "nightly",
  },
]

const velma = {
  ...zyzzyvaBase,
  viewChange: "velma",
  maxView: 2,
  asked: [["a"], ["b"]],
  invariants: ["CarryOver"],
  expect: { violates: "CarryOver" },
  size: "mutant",
} as const satisfies Partial<ZyzzyvaModelSpec>

const velmaModels: ReadonlyArray<ZyzzyvaModelSpec> = [
  {
    ...velma,
    name: "VelmaShortClaim",
    why: "Must fail: a liar claims a part of a NEW-VIEW log, which beats an older certificate.",
    also: ["CertificateCoversBase"],
    size: "nightly",
  },
  {
    ...velma,
    name: "VelmaPrefixCertificate",
    why: "Must fail: a certificate for a part of a NEW-VIEW log beats an older one for all of it.",
    also: ["ClaimsExtendBase"],
    size: "nightly",
  },
  ...eachPosition("VelmaOneNumber", "Velma as printed, two view changes, one number", {
    viewChange: "velma",
    maxView: 2,
    size: "nightly",
  }),
]

export const zyzzyvaModels: ReadonlyArray<ZyzzyvaModelSpec> = [
  ...corrected,
  ...zyzzyva5,
  ...printed,
  ...velmaModels,
  ...brokenZyzzyvaModels,
]

/** The model, ready to be explored; `reduced` as the model says unless told otherwise. */
export const zyzzyvaModelWorld = (spec: ZyzzyvaModelSpec, reduced = spec.reduced): World => {
  const space = new ZyzzyvaSpace(zyzzyvaWorld(spec), reduced)
  return { space, judge: new ZyzzyvaJudge(space, spec.invariants) }
}
