/**
 * Which features of PBFT meet in which models whose graphs both tools compared: a table in
 * spec/coverage.md. A feature is in a model where its constants have it and, where it has an action
 * of its own, a step of that was taken.
 */
import { fullName } from "../src/cli/model-graph.ts"
import type { PbftModelSpec } from "../src/model-check/pbft-models.ts"
import { type ActionCounts, isCompared } from "./action-coverage.ts"

interface Feature {
  readonly name: string
  readonly isOn: (spec: PbftModelSpec) => boolean
  /** Any of these is a step of it; none: the constants say it all. */
  readonly actions: ReadonlyArray<string>
}

const always = (): boolean => true

export const features: ReadonlyArray<Feature> = [
  { name: "view change", isOn: always, actions: ["Timeout", "RecvNewView", "SendNewView"] },
  { name: "restart", isOn: always, actions: ["Restart"] },
  { name: "state transfer", isOn: always, actions: ["RecvState"] },
  { name: "digest replies", isOn: ({ repliers }) => repliers.length > 0, actions: [] },
  { name: "reads", isOn: ({ readOnly }) => readOnly, actions: ["AnswerRead"] },
  { name: "tentative execution", isOn: always, actions: ["ExecuteTentatively"] },
  {
    name: "fetched decisions",
    isOn: ({ fetchDecisions }) => fetchDecisions,
    actions: ["RecvBatch"],
  },
  { name: "told executions", isOn: always, actions: ["RecvCommitted"] },
  {
    name: "big requests",
    isOn: ({ bigRequestBytes }) => bigRequestBytes !== undefined,
    actions: [],
  },
  { name: "agreed time", isOn: ({ clock }) => clock !== undefined, actions: [] },
  {
    name: "null requests",
    isOn: ({ nullSeqs }) => nullSeqs.length > 0,
    actions: ["SendPrePrepare", "RecvPrePrepare"],
  },
  { name: "lost disk", isOn: always, actions: ["Rejoin"] },
  { name: "recovery", isOn: always, actions: ["Recover"] },
  { name: "new keys", isOn: always, actions: ["ChangeKey"] },
]

/** Pairs that meet nowhere, and why they need not. */
export const apart: ReadonlyArray<readonly [one: string, other: string, why: string]> = [
  ["lost disk", "new keys", "who lost its disk starts with no votes that could be forgotten"],
]

const has = (feature: Feature, spec: PbftModelSpec, counts: ActionCounts): boolean => {
  if (!feature.isOn(spec)) return false
  const taken = counts[fullName(spec)] ?? {}
  return feature.actions.length === 0 || feature.actions.some((a) => (taken[a] ?? 0) > 0)
}

export interface Pair {
  readonly one: string
  readonly other: string
  /** The models in which both are, the smallest first. */
  readonly models: ReadonlyArray<string>
  /** Why there need be none. */
  readonly why: string | undefined
}

const sizeIn = (spec: PbftModelSpec, counts: ActionCounts): number =>
  Object.values(counts[fullName(spec)] ?? {}).reduce((sum, n) => sum + n, 0)

/** Every pair of features. */
export const featurePairs = (
  specs: ReadonlyArray<PbftModelSpec>,
  counts: ActionCounts,
): ReadonlyArray<Pair> => {
  const compared = specs
    .filter((spec) => isCompared(spec) && counts[fullName(spec)] !== undefined)
    .sort((a, b) => sizeIn(a, counts) - sizeIn(b, counts))
  return features.flatMap((one, k) =>
    features.slice(k + 1).map((other) => ({
      one: one.name,
      other: other.name,
      models: compared
        .filter((spec) => has(one, spec, counts) && has(other, spec, counts))
        .map(({ name }) => name),
      why: apart.find(([a, b]) => a === one.name && b === other.name)?.[2],
    })),
  )
}

/** Pairs without a model and without a reason, and reasons for pairs that have a model. */
export const unpaired = (pairs: ReadonlyArray<Pair>): ReadonlyArray<string> =>
  pairs
    .filter(({ models, why }) => (models.length === 0) === (why === undefined))
    .map(({ one, other }) => `${one} x ${other}`)

const shown = 2

/** The table of spec/coverage.md. */
export const pairTable = (pairs: ReadonlyArray<Pair>): string => {
  const row = ({ one, other, models, why }: Pair): string => {
    const more = models.length > shown ? ` and ${models.length - shown} more` : ""
    return `| ${one} | ${other} | ${models.slice(0, shown).join(", ")}${more}${why ?? ""} |`
  }
  return ["| feature | feature | met in |", "|---|---|---|", ...pairs.map(row)].join("\n")
}
