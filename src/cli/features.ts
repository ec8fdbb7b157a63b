/** Features of PBFT that are off by default, by the names under which commands know them. */
import type { ClusterConfigFile } from "../net/cluster-config.ts"

/** Operations of so many bytes go past the primary. */
const bigRequestBytes = 4096

export const features = {
  "read-only": { readOnly: true },
  tentative: { tentative: true },
  "digest-replies": { digestReplies: true },
  "big-requests": { bigRequestBytes },
  "agreed-time": { agreedTimeMs: 10_000 },
} as const satisfies Record<string, Partial<ClusterConfigFile>>
export type FeatureName = keyof typeof features

export const featureNames = Object.keys(features) as ReadonlyArray<FeatureName>

const isFeature = (word: string): word is FeatureName => Object.hasOwn(features, word)

/** The features that a list names (`all` for all, nothing for none), or the word that is none. */
export const featuresIn = (
  list: string,
): { readonly names: ReadonlyArray<FeatureName> } | { readonly unknown: string } => {
  const words = list === "" || list === "none" ? [] : list.split(",")
  if (words.length === 1 && words[0] === "all") return { names: featureNames }
  const unknown = words.find((word) => !isFeature(word))
  return unknown === undefined ? { names: words.filter(isFeature) } : { unknown }
}

/** What the features change in a configuration. */
export const changesOf = (names: ReadonlyArray<FeatureName>): Partial<ClusterConfigFile> =>
  Object.assign({}, ...names.map((name) => features[name]))
