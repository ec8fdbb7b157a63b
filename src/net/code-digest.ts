/**
 * The code that a replica runs, as one digest: whoever starts it compares that with what it should
 * be (TOCS section 5.2, where it lies in read-only memory).
 *
 * Outside the specification: code.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"

const filesIn = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/**
 * SHA-256 over the package's launcher, its bundle (or its sources, where there is none) and the
 * executable that runs them, by their names in order.
 */
export const codeDigest = (root: string, executable: string = process.execPath): string => {
  const bundle = join(root, "dist")
  const code = existsSync(bundle) ? bundle : join(root, "src")
  const files = [...filesIn(join(root, "bin")), ...filesIn(code)].sort()
  const hash = createHash("sha256")
  for (const file of [join(root, "package.json"), ...files, executable]) {
    const name = file === executable ? "executable" : relative(root, file)
    const content = createHash("sha256").update(readFileSync(file)).digest("hex")
    hash.update(`${name} ${content}\n`)
  }
  return hash.digest("hex")
}
