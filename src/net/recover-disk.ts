/**
 * The disk of a replica that is recovered (TOCS section 5): it is good when its log reads, and the
 * service has the digest of the last checkpoint. One that is not is set aside, whole, and the
 * replica comes back without it, as if it were lost (disk-marker.ts); what the old one holds of the
 * state is taken along in nodes of its tree, each known by its digest: so only what is damaged is
 * fetched. A disk may be good by itself and wrong all the same. When the others contradict it, a
 * mark in its folder says so to the next start.
 *
 * Outside the specification: who says that a disk is damaged. `Rejoin` may happen there at any
 * moment.
 */
import { basename, dirname, join } from "node:path"
import { nodeBytes, type TextTree } from "../core/service/text-tree.ts"
import type { Service } from "../core/service/service.ts"
import { bytesDigest } from "./digests.ts"
import { makeDurableDirectory } from "./durable-file.ts"
import { openFetchedNodes } from "./fetched-nodes.ts"
import type { FileSystem } from "./file-system.ts"
import { snapshotContents } from "./snapshot-file.ts"
import type { Recovered } from "./store.ts"
import { StoreError } from "./store-error.ts"

const doubtName = "doubted"

/** Notes that the others contradict the disk. */
export const doubtDisk = (files: FileSystem, directory: string, why: string): StoreError => {
  const path = join(directory, doubtName)
  const fd = files.open(path, "w")
  files.write(fd, Buffer.from(`${why}\n`), 0)
  files.sync(fd)
  files.close(fd)
  files.syncDirectory(directory)
  return doubted(directory, why)
}

const doubted = (path: string, why: string): StoreError => {
  const fix = "start the replica with --recover: it sets this disk aside and fetches what differs"
  return new StoreError({
    path,
    offset: undefined,
    reason: `the disk is not to be trusted: ${why}; ${fix}`,
  })
}

/** Why the disk is not to be trusted, if an earlier run noted that. */
export const doubtOf = (files: FileSystem, directory: string): StoreError | undefined => {
  const path = join(directory, doubtName)
  if (!files.exists(path)) return undefined
  return doubted(directory, files.read(path).toString("utf8").trim())
}

/** What is wrong with a disk that was opened, if anything. */
export const damageOf = (
  { snapshot, checkpoint }: Pick<Recovered<unknown>, "snapshot" | "checkpoint">,
  service: Service,
): string | undefined => {
  if (snapshot === undefined || checkpoint === undefined) return undefined
  if (!service.restore(snapshot)) return "the snapshot is none of the service"
  const fits = checkpoint.isOf(service.digest())
  return fits ? undefined : "the snapshot does not have the digest of its checkpoint"
}

const nodesOf = (tree: TextTree): ReadonlyArray<string> => [
  nodeBytes(tree),
  ...(tree._tag === "List" ? tree.children.flatMap(nodesOf) : []),
]

/** What was set aside, and how many nodes of its states were taken along. */
export interface SetAside {
  readonly to: string
  readonly nodes: number
}

/** Gives the folder another name, and makes a new one that has what can be used of the old. */
export const setAside = (files: FileSystem, directory: string, make: () => Service): SetAside => {
  const above = dirname(directory)
  const taken = new Set(files.list(above))
  let number = 1
  while (taken.has(`${basename(directory)}.damaged-${number}`)) number++
  const to = join(above, `${basename(directory)}.damaged-${number}`)
  files.rename(directory, to)
  files.syncDirectory(above)
  makeDurableDirectory(files, directory)
  const fetched = openFetchedNodes(files, directory)
  let nodes = 0
  for (const text of snapshotContents(files, to)) {
    const service = make()
    if (!service.restore(text)) continue
    for (const bytes of nodesOf(service.tree())) {
      fetched.add(bytesDigest(bytes), bytes)
      nodes++
    }
  }
  return { to, nodes }
}
