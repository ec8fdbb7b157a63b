/**
 * The numbers of NEW-KEYs that a replica has used and seen, in a file beside the configuration: a
 * replica that starts again takes no key that was replaced before.
 *
 * Outside the specification: see new-key.ts.
 */
import { basename, dirname, join } from "node:path"
import type { ReplicaId } from "../core/ids.ts"
import { finish, writeUnfinished } from "./durable-file.ts"
import type { FileSystem } from "./file-system.ts"
import type { KeyCounters } from "./key-epochs.ts"

const schema = "prophecy-keys/1"

export const countersPath = (configFile: string, replica: ReplicaId): string =>
  join(dirname(configFile), `${basename(configFile)}.replica-${replica}.keys`)

// What is no such file tells nothing; the own number is above the time all the same.
const read = (files: FileSystem, path: string): ReadonlyArray<number> => {
  if (!files.exists(path)) return []
  try {
    const content = JSON.parse(files.read(path).toString("utf8")) as Record<string, unknown>
    const { counters } = content
    if (content["schema"] !== schema || !Array.isArray(counters)) return []
    return counters.map((c: unknown) => (Number.isSafeInteger(c) ? (c as number) : 0))
  } catch {
    return []
  }
}

/** The file's numbers; each is durable when `set` returns. */
export const openKeyCounters = (files: FileSystem, path: string): KeyCounters => {
  let counters = read(files, path)
  return {
    get: (replica) => counters[replica] ?? 0,
    set: (replica, counter) => {
      const length = Math.max(counters.length, replica + 1)
      counters = Array.from({ length }, (_, k) => (k === replica ? counter : (counters[k] ?? 0)))
      const bytes = Buffer.from(`${JSON.stringify({ schema, counters })}\n`)
      files.close(writeUnfinished(files, path, bytes))
      finish(files, dirname(path), basename(path))
    },
  }
}
