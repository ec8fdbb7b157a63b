/** The files of the repository as git sees them. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The root of the checkout that this file is in. */
export const repositoryRoot = join(import.meta.dirname, "..")

/**
 * The files under `folders` that git tracks (with `untracked` also those that it would), in the
 * checkout `root`: paths from the root, sorted. A tracked file that was removed is not among them.
 */
export const listFiles = (
  root: string,
  folders: ReadonlyArray<string>,
  untracked = false,
): ReadonlyArray<string> => {
  const others = untracked ? ["--others", "--exclude-standard"] : []
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", ...others, "--", ...folders], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  })
  const files = new Set(listed.split("\0").filter((path) => path !== ""))
  return [...files].filter((path) => existsSync(join(root, path))).sort()
}

/** The text of a file of the checkout. */
export const readText = (root: string, path: string): string =>
  readFileSync(join(root, path), "utf8")
