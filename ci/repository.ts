/** The files of the repository as git sees them, or as they are where there is no git. */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"

/** The root of the checkout that this file is in. */
export const repositoryRoot = join(import.meta.dirname, "..")

/** Whether the folder is the root of a git checkout, and not an export without history. */
export const isCheckout = (root: string): boolean => existsSync(join(root, ".git"))

// Folders that git ignores here, whatever is in them.
const ignored = new Set(["node_modules", "dist", "coverage", ".git", ".prophecy", ".tsc"])

const walk = (root: string, folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (ignored.has(entry.name)) return []
    return entry.isDirectory() ? walk(root, path) : [path]
  })

const tracked = (
  root: string,
  folders: ReadonlyArray<string>,
  others: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", ...others, "--", ...folders], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  })
  return [...new Set(listed.split("\0").filter((path) => path !== ""))].sort()
}

/**
 * The files under `folders` that git tracks (with `untracked` also those that it would), in the
 * checkout `root`: paths from the root, sorted. A tracked file that was removed is not among them.
 * Where there is no checkout, every file that is there and not a product.
 */
export const listFiles = (
  root: string,
  folders: ReadonlyArray<string>,
  untracked = false,
): ReadonlyArray<string> => {
  if (!isCheckout(root)) {
    const here = folders.filter((folder) => existsSync(join(root, folder)))
    return here.flatMap((folder) => walk(root, folder)).sort()
  }
  const others = untracked ? ["--others", "--exclude-standard"] : []
  return tracked(root, folders, others).filter((path) => existsSync(join(root, path)))
}

/** Tracked files under `folders` that are gone without git being told; none without a checkout. */
export const goneFiles = (root: string, folders: ReadonlyArray<string>): ReadonlyArray<string> =>
  isCheckout(root) ? tracked(root, folders, []).filter((path) => !existsSync(join(root, path))) : []

/** The text of a file of the checkout. */
export const readText = (root: string, path: string): string =>
  readFileSync(join(root, path), "utf8")
