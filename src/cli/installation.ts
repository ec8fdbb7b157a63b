/** Where this copy of prophecy lies, and which version it is. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"

interface Manifest {
  readonly name: string
  readonly version: string
}

const manifestIn = (directory: string): Manifest | undefined => {
  try {
    const found = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest
    return found.name === "prophecy-bft" ? found : undefined
  } catch {
    return undefined
  }
}

/** The package's folder: from the bundle in `dist` one level up, from `src/cli` two. */
const find = (directory: string): { readonly root: string; readonly version: string } => {
  const manifest = manifestIn(directory)
  if (manifest !== undefined) return { root: directory, version: manifest.version }
  const above = dirname(directory)
  if (above === directory)
    throw new Error(`no package.json of prophecy-bft above ${import.meta.url}`)
  return find(above)
}

export const { root, version } = find(import.meta.dirname)

/** The plain JavaScript file that starts the command under any Node. */
export const launcher = join(root, "bin", "prophecy.js")

/** The folder of the TLA+ modules. */
export const specFolder = join(root, "spec", "tla")

/** The page of the album, as a browser gets it. */
export const albumPage = join(root, "src", "web", "page.html")
