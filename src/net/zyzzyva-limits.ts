/**
 * What is different in a configuration of Zyzzyva. It has none of the features that are PBFT's
 * alone; and its batches are no larger than so that a frame has room for a log of them: a NEW-VIEW
 * bears those that may have been executed, each once.
 */
import type { ConfigIssue } from "./config-error.ts"

interface Given {
  readonly protocol: "pbft" | "zyzzyva"
  readonly service: string
  readonly logSize: number
  readonly tentative: boolean
  readonly commitFirst: boolean
  readonly preferredQuorums: boolean
  readonly separateExecution: boolean
  readonly sketches: boolean
  readonly agreedTimeMs: number
  readonly bigRequestBytes: number
  readonly limits: { readonly frameBytes: number }
}

/** The share of a frame that the batches of a log may take. */
const logShare = 3 / 4

/** The largest batch in bytes, so that a log's worth of them fits into a frame. */
export const zyzzyvaBatchBytes = ({ limits, logSize }: Pick<Given, "limits" | "logSize">): number =>
  Math.floor((limits.frameBytes * logShare) / logSize)

/** What is different with Zyzzyva when it is left out. */
export const zyzzyvaDefaults = {
  agreedTimeMs: 0,
  limits: { frameBytes: 64 * 1024 * 1024, sendQueueBytes: 128 * 1024 * 1024 },
} as const

const askedOfAny = "false with the album, whose sketcher asks any replica for a fast read"

const onlyOurs = {
  commitFirst: "false with protocol pbft, where nobody answers before it is prepared",
  preferredQuorums: "false with protocol pbft, whose answers bear no signatures",
  separateExecution: "false with protocol pbft, where every replica executes",
} as const

/** What is wrong with a configuration of Zyzzyva, or with one that has what is Zyzzyva's alone. */
export const checkZyzzyva = (given: Given): ReadonlyArray<ConfigIssue> => {
  if (given.protocol !== "zyzzyva")
    return (["commitFirst", "preferredQuorums", "separateExecution"] as const)
      .filter((name) => given[name])
      .map((path) => ({ path, found: "true", expected: onlyOurs[path] }))
  const switched = (["tentative", "sketches"] as const)
    .filter((name) => given[name])
    .map((path) => ({ path, found: "true", expected: "false with protocol zyzzyva" }))
  const counted = (["agreedTimeMs", "bigRequestBytes"] as const)
    .filter((name) => given[name] > 0)
    .map((path) => ({ path, found: String(given[path]), expected: "0 with protocol zyzzyva" }))
  const barred =
    given.service === "origin"
      ? [{ path: "service", found: "origin", expected: "another one with protocol zyzzyva" }]
      : []
  const asked =
    given.separateExecution && given.service === "album"
      ? [{ path: "separateExecution", found: "true", expected: askedOfAny }]
      : []
  return [...switched, ...counted, ...barred, ...asked]
}
