/** Features that are off by default, by the names under which commands know them. */
import type { ClusterConfigFile } from "../net/cluster-config.ts"

/** Operations of so many bytes go past the primary. */
const bigRequestBytes = 4096

export const features = {
  "read-only": { readOnly: true },
  tentative: { tentative: true },
  "digest-replies": { digestReplies: true },
  "commit-first": { commitFirst: true },
  "preferred-quorums": { preferredQuorums: true },
  "separate-execution": { separateExecution: true },
  "big-requests": { bigRequestBytes },
  "agreed-time": { agreedTimeMs: 10_000 },
} as const satisfies Record<string, Partial<ClusterConfigFile>>
export type FeatureName = keyof typeof features

export const featureNames = Object.keys(features) as ReadonlyArray<FeatureName>

type Protocol = ClusterConfigFile["protocol"]

/** What each protocol has of them. */
export const featuresOfProtocol: Readonly<Record<Protocol, ReadonlyArray<FeatureName>>> = {
  pbft: ["read-only", "tentative", "digest-replies", "big-requests", "agreed-time"],
  zyzzyva: [
    "read-only",
    "digest-replies",
    "commit-first",
    "preferred-quorums",
    "separate-execution",
  ],
}

// The album's sketcher does not go with it: who wants it names it.
const isForAll = (name: FeatureName): boolean => name !== "separate-execution"

/**
 * The features that a list names (`all` for all of the protocol that any service goes with, nothing
 * for none), or the word that is none of it.
 */
export const featuresIn = (
  list: string,
  protocol: Protocol = "pbft",
): { readonly names: ReadonlyArray<FeatureName> } | { readonly unknown: string } => {
  const all = featuresOfProtocol[protocol]
  const isFeature = (word: string): word is FeatureName => all.some((name) => name === word)
  const words = list === "" || list === "none" ? [] : list.split(",")
  if (words.length === 1 && words[0] === "all") return { names: all.filter(isForAll) }
  const unknown = words.find((word) => !isFeature(word))
  return unknown === undefined ? { names: words.filter(isFeature) } : { unknown }
}

/** What the features change in a configuration. */
export const changesOf = (names: ReadonlyArray<FeatureName>): Partial<ClusterConfigFile> =>
  Object.assign({}, ...names.map((name) => features[name]))
