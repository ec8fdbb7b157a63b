import type { TraceSource } from "../../../src/trace-check/lines.ts"

/** Text as a file that arrives in pieces of `size` characters. */
export const sourceOf = (name: string, text: string, size = 4096): TraceSource => ({
  name,
  text: (async function* () {
    for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size)
  })(),
})

export const sourcesOf = (files: ReadonlyMap<string, ReadonlyArray<string>>, size?: number) =>
  [...files].map(([name, lines]) => sourceOf(name, lines.map((l) => `${l}\n`).join(""), size))
