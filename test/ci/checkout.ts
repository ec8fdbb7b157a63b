import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import { repositoryRoot } from "../../ci/repository.ts"

/** A small checkout of its own with these files, and copies of ours; gone after the test. */
export const checkout = (
  files: Readonly<Record<string, string>>,
  copied: ReadonlyArray<string> = [],
): string => {
  const root = mkdtempSync(join(tmpdir(), "prophecy-checkout-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  execFileSync("git", ["init", "--quiet"], { cwd: root })
  for (const path of copied) {
    cpSync(join(repositoryRoot, path), join(root, path), { recursive: true })
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}
