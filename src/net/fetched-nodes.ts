/**
 * The parts of a state that a replica has fetched so far, on disk: a replica that starts again in
 * the middle of a transfer does not fetch them again. Nothing depends on them: what is cut off or
 * damaged has another digest, and is fetched anew. So nothing waits for the disk here.
 *
 *     file = (u32(length) bytes)*
 *
 * Outside the specification: see state-wire.ts.
 */
import { join } from "node:path"
import type { Bytes, Digest } from "../core/ids.ts"
import { bytesDigest } from "./digests.ts"
import type { FileSystem } from "./file-system.ts"
import type { FetchedNodes } from "./node-download.ts"
import { nodeLimit } from "./state-wire.ts"

const fileName = "fetched"

const readNodes = (files: FileSystem, path: string): Map<Digest, Bytes> => {
  const nodes = new Map<Digest, Bytes>()
  if (!files.exists(path)) return nodes
  const bytes = files.read(path)
  let at = 0
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const end = at + 4 + length
    if (length > nodeLimit || end > bytes.length) break
    const node = bytes.toString("latin1", at + 4, end)
    nodes.set(bytesDigest(node), node)
    at = end
  }
  return nodes
}

/** What an earlier start has fetched, in the replica's folder. */
export const openFetchedNodes = (files: FileSystem, directory: string): FetchedNodes => {
  const path = join(directory, fileName)
  const nodes = readNodes(files, path)
  let fd: number | undefined
  let end = 0
  const write = (bytes: Bytes): void => {
    if (fd === undefined) {
      fd = files.open(path, "w")
      end = 0
      // order-free: each node is known by itself
      for (const node of nodes.values()) append(fd, node)
      return
    }
    append(fd, bytes)
  }
  const append = (to: number, node: Bytes): void => {
    const entry = Buffer.allocUnsafe(4 + node.length)
    entry.writeUInt32BE(node.length)
    entry.write(node, 4, "latin1")
    files.write(to, entry, end)
    end += entry.length
  }
  return {
    get: (digest) => nodes.get(digest),
    add: (digest, bytes) => {
      if (nodes.has(digest)) return
      nodes.set(digest, bytes)
      write(bytes)
    },
    clear: () => {
      nodes.clear()
      if (fd !== undefined) files.close(fd)
      fd = undefined
      files.remove(path)
    },
  }
}

/** The same without a disk. */
export const fetchedInMemory = (): FetchedNodes => {
  const nodes = new Map<Digest, Bytes>()
  return {
    get: (digest) => nodes.get(digest),
    add: (digest, bytes) => void nodes.set(digest, bytes),
    clear: () => nodes.clear(),
  }
}
