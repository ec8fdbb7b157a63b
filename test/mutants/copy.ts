/** Copies of parts of the checkout in folders of their own, in which a mutation does no harm. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { repositoryRoot } from "../../ci/repository.ts"
import { type Mutation, mutatedText } from "./mutation.ts"

/**
 * Calls `use` with the root of a copy of `paths` in which `mutation` was made; its packages are the
 * checkout's. The copy goes when `use` is done, or when this process ends before that.
 */
export const withCopy = async <A>(
  paths: ReadonlyArray<string>,
  mutation: Mutation | undefined,
  use: (root: string) => Promise<A>,
): Promise<A> => {
  const root = mkdtempSync(join(tmpdir(), "prophecy-mutant-"))
  const remove = (): void => rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  process.once("exit", remove)
  try {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      cpSync(join(repositoryRoot, path), join(root, path), { recursive: true })
    }
    writeFileSync(join(root, "package.json"), '{ "type": "module" }\n')
    symlinkSync(join(repositoryRoot, "node_modules"), join(root, "node_modules"), "dir")
    if (mutation !== undefined) {
      const file = join(root, mutation.file)
      writeFileSync(file, mutatedText(readFileSync(file, "utf8"), mutation))
    }
    return await use(root)
  } finally {
    process.removeListener("exit", remove)
    remove()
  }
}
