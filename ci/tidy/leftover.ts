/** What should not stay: notes to oneself, files that nothing uses. */
import { basename, dirname, posix } from "node:path"
import { nodesOf, type Source, stringOf } from "../syntax.ts"

// In two parts, or this file would be its own first finding.
const note = new RegExp(`\\b(${["FIX", "ME"].join("")}|${["XX", "X"].join("")})\\b`)

/** Lines with a note to oneself. */
export const notes = (path: string, text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .flatMap((line, k) => (note.test(line) ? [`${path}:${k + 1}: ${line.trim()}`] : []))

/**
 * Modules that no other module imports or names (the module of a worker or a process is named by
 * its file in a string), and that no text in `entries` names with its path.
 */
export const unused = (
  modules: ReadonlyArray<Source>,
  entries: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const imported = new Set<string>()
  const named = new Set<string>()
  for (const { path, program } of modules) {
    for (const literal of nodesOf(program, "Literal")) {
      const text = stringOf(literal)
      if (text === undefined || !/\.(ts|js)$/.test(text)) continue
      if (text.startsWith(".")) imported.add(posix.join(dirname(path), text))
      else named.add(basename(text))
    }
  }
  return modules
    .map(({ path }) => path)
    .filter((path) => !imported.has(path) && !named.has(basename(path)))
    .filter((path) => !entries.some((text) => text.includes(path)))
    .map((path) => `${path}: nothing imports it`)
}
