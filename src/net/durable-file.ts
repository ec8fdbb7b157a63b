/** Files that are there whole or not at all, even after a crash. */
import { dirname, join } from "node:path"
import type { FileSystem } from "./file-system.ts"

/** The name under which a file is written before it gets its own. */
const unfinished = ".new"

/** Writes a file under its temporary name, durable, and gives its descriptor. */
export const writeUnfinished = (files: FileSystem, path: string, bytes: Uint8Array): number => {
  const fd = files.open(path + unfinished, "w")
  files.write(fd, bytes, 0)
  files.sync(fd)
  return fd
}

/** Gives the file its name, durably: it replaces an older one at once. */
export const finish = (files: FileSystem, directory: string, name: string): void => {
  const path = join(directory, name)
  files.rename(path + unfinished, path)
  files.syncDirectory(directory)
}

/** Removes what a crash left under temporary names. */
export const removeUnfinished = (files: FileSystem, directory: string): void => {
  for (const name of files.list(directory)) {
    if (name.endsWith(unfinished)) files.remove(join(directory, name))
  }
}

/**
 * Makes a folder and those above it that are missing. Its name is durable then, even where an
 * earlier start made it and crashed before that was so.
 */
export const makeDurableDirectory = (files: FileSystem, path: string): void => {
  const above = dirname(path)
  if (!files.exists(path)) {
    if (!files.exists(above)) makeDurableDirectory(files, above)
    try {
      files.makeDirectory(path)
    } catch (cause) {
      // Replicas on one machine share the folder above theirs, and start together.
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause
    }
  }
  files.syncDirectory(above)
}
