/**
 * Whether a replica has had a disk before, and how often it lost one: a file beside the cluster's
 * configuration, and so not where the log is. A replica that forgot its promises must not start as
 * if it had made none (docs/adr, "a lost disk"): without its log it starts only when it is told to
 * rejoin, as the next incarnation.
 *
 * Outside the specification: who says that a disk is lost. `Rejoin` may happen there at any moment.
 */
import { basename, dirname, join } from "node:path"
import type { ReplicaId } from "../core/ids.ts"
import { finish, writeUnfinished } from "./durable-file.ts"
import { systemFiles } from "./file-system.ts"
import { StoreError } from "./store-error.ts"

const schema = "prophecy-disk/1"

export const markerPath = (configFile: string, replica: ReplicaId): string =>
  join(dirname(configFile), `${basename(configFile)}.replica-${replica}`)

/** The incarnation that the file tells, 0 for the first disk; undefined where there is no file. */
const readMarker = (path: string): number | undefined | StoreError => {
  if (!systemFiles.exists(path)) return undefined
  try {
    const content = JSON.parse(systemFiles.read(path).toString("utf8")) as Record<string, unknown>
    const { incarnation } = content
    const known = content["schema"] === schema && Number.isSafeInteger(incarnation)
    if (known && (incarnation as number) >= 0) return incarnation as number
  } catch {
    // The same as a file of something else.
  }
  const reason = `no ${schema}: remove it if the log of the replica is there and whole`
  return new StoreError({ path, offset: undefined, reason })
}

const writeMarker = (path: string, incarnation: number): void => {
  const bytes = Buffer.from(`${JSON.stringify({ schema, incarnation })}\n`)
  systemFiles.close(writeUnfinished(systemFiles, path, bytes))
  finish(systemFiles, dirname(path), basename(path))
}

/** What a start finds. */
export interface Found {
  readonly configFile: string
  readonly replica: ReplicaId
  /** The folder of the replica's log. */
  readonly directory: string
  readonly hasLog: boolean
  /** The operator says that the disk is lost. */
  readonly rejoin: boolean
}

const lost = (found: Found, path: string): StoreError => {
  const { directory, replica } = found
  const reason =
    `replica ${replica} has had a disk before (${path} says so), and its log is not here. ` +
    "If the disk is elsewhere, set dataDirectory or mount it. If it is lost, start the replica " +
    "with --rejoin: it fetches the state, and votes again when the others have taken it back"
  return new StoreError({ path: directory, offset: undefined, reason })
}

/**
 * Before the log is opened: the incarnation to come back as, written down so that it is never used
 * twice; undefined when the start is an ordinary one. Above every earlier one also where the file
 * was lost with the disk, unless the machine's clock went back.
 */
/**
 * The incarnation to be recovered as, with the disk: above every one that the disk or the file
 * tells of. The file learns it from the log, at the next start.
 */
export const nextIncarnation = (
  { configFile, replica }: Pick<Found, "configFile" | "replica">,
  own: number,
): number | StoreError => {
  const known = readMarker(markerPath(configFile, replica))
  if (known instanceof StoreError) return known
  return Math.max((known ?? 0) + 1, own + 1, Math.floor(Date.now() / 1000))
}

export const beforeOpening = (found: Found): number | undefined | StoreError => {
  const { configFile, replica, directory, hasLog, rejoin } = found
  const path = markerPath(configFile, replica)
  const known = readMarker(path)
  if (known instanceof StoreError) return known
  if (!rejoin) return hasLog || known === undefined ? undefined : lost(found, path)
  if (hasLog) {
    const reason =
      "the log is here: start the replica without --rejoin. Only one whose disk is lost rejoins; " +
      "to give up this disk, move the folder away first"
    return new StoreError({ path: directory, offset: undefined, reason })
  }
  return burn(path, known)
}

const burn = (path: string, known: number | undefined): number => {
  const incarnation = Math.max((known ?? 0) + 1, Math.floor(Date.now() / 1000))
  writeMarker(path, incarnation)
  return incarnation
}

/**
 * After an ordinary start has read the log: the incarnation to come back as where an earlier start
 * was told to rejoin and did not get to it; undefined when the log is the disk that the file tells.
 */
export const afterOpening = (
  { configFile, replica, directory }: Found,
  log: { readonly isEmpty: boolean; readonly incarnation: number },
): number | undefined | StoreError => {
  const path = markerPath(configFile, replica)
  const known = readMarker(path)
  if (known instanceof StoreError) return known
  const own = log.incarnation
  if (known === undefined || own > known) writeMarker(path, own)
  if (known === undefined || own >= known) return undefined
  if (log.isEmpty) return burn(path, known)
  const reason =
    `an older disk: it is of incarnation ${own}, and ${path} tells of ${known}. What was promised ` +
    "since is not on it: move the folder away, and start the replica with --rejoin"
  return new StoreError({ path: directory, offset: undefined, reason })
}
