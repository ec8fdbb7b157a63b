/**
 * Lines of the sources that ran in the bundle. The tests start the command as users do, from
 * `dist`: V8 counts there by offset, and the bundle's source maps lead back. A line has run when
 * something that the map says is its own has; what the bundle left out has not, whoever asks.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import type { LineHits } from "./coverage.ts"

interface V8Script {
  readonly url: string
  readonly functions: ReadonlyArray<{
    readonly ranges: ReadonlyArray<{
      readonly startOffset: number
      readonly endOffset: number
      readonly count: number
    }>
  }>
}

interface SourceMap {
  readonly sources: ReadonlyArray<string>
  readonly mappings: string
}

/** A place in the generated text that a line of a source is behind. */
interface Segment {
  /** Both from 0. */
  readonly line: number
  readonly column: number
  readonly source: number
  /** From 1. */
  readonly sourceLine: number
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** The numbers of a base 64 VLQ word: five bits a digit, the lowest first; the sign comes last. */
const numbersOf = (word: string): ReadonlyArray<number> => {
  const numbers: Array<number> = []
  let [value, shift] = [0, 0]
  for (const digit of word) {
    const bits = digits.indexOf(digit)
    value += (bits & 31) << shift
    shift += 5
    if (bits >= 32) continue
    numbers.push(value & 1 ? -(value >> 1) : value >> 1)
    value = 0
    shift = 0
  }
  return numbers
}

/** The segments of a source map, version 3, that name a source. */
export const segmentsOf = (mappings: string): ReadonlyArray<Segment> => {
  const segments: Array<Segment> = []
  let [source, sourceLine] = [0, 0]
  for (const [line, words] of mappings.split(";").entries()) {
    let column = 0
    for (const word of words.split(",")) {
      const [columns = 0, sources, lines = 0] = numbersOf(word)
      column += columns
      if (sources === undefined) continue
      source += sources
      sourceLine += lines
      segments.push({ line, column, source, sourceLine: sourceLine + 1 })
    }
  }
  return segments
}

/** Marks what ran of a script: inner ranges come after the outer ones, and decide. */
const mark = (ran: Uint8Array, { functions }: V8Script): void => {
  const now = new Uint8Array(ran.length)
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
  }
  // Millions of them: without an iterator.
  for (let offset = 0; offset < ran.length; offset++) if (now[offset] === 1) ran[offset] = 1
}

const linesOf = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return starts
}

/** By source as the map names it: the lines that ran, of a script of which `ran` offsets did. */
export const linesThatRan = (
  text: string,
  { sources, mappings }: SourceMap,
  ran: Uint8Array,
): ReadonlyMap<string, ReadonlySet<number>> => {
  const starts = linesOf(text)
  const found = new Map<string, Set<number>>()
  for (const { line, column, source, sourceLine } of segmentsOf(mappings)) {
    if (ran[(starts[line] ?? 0) + column] !== 1) continue
    const name = sources[source] ?? ""
    found.set(name, (found.get(name) ?? new Set()).add(sourceLine))
  }
  return found
}

/** What ran of each script of `bundle`, by the files that processes wrote to `written`. */
const ranIn = (written: string, bundle: string): ReadonlyMap<string, Uint8Array> => {
  const ran = new Map<string, Uint8Array>()
  for (const name of existsSync(written) ? readdirSync(written) : []) {
    const { result } = JSON.parse(readFileSync(join(written, name), "utf8")) as {
      readonly result: ReadonlyArray<V8Script>
    }
    for (const script of result) {
      if (!script.url.startsWith("file:")) continue
      const path = fileURLToPath(script.url)
      if (!path.startsWith(join(bundle, "/")) || !existsSync(`${path}.map`)) continue
      const known = ran.get(path) ?? new Uint8Array(readFileSync(path, "utf8").length)
      ran.set(path, known)
      mark(known, script)
    }
  }
  return ran
}

/**
 * Lines of the sources that ran in the bundle `bundle`, a folder of the repository, by the files
 * that V8 wrote to `written`; paths as in the repository, each line that ran once.
 */
export const bundleHits = (written: string, bundle: string): LineHits => {
  const hits = new Map<string, Map<number, number>>()
  for (const [path, ran] of ranIn(written, bundle)) {
    const map = JSON.parse(readFileSync(`${path}.map`, "utf8")) as SourceMap
    for (const [source, lines] of linesThatRan(readFileSync(path, "utf8"), map, ran)) {
      const name = posix.join(basename(bundle), source)
      const known = hits.get(name) ?? new Map<number, number>()
      hits.set(name, known)
      for (const line of lines) known.set(line, 1)
    }
  }
  return hits
}

/** The sum of both. */
export const addHits = (one: LineHits, other: LineHits): LineHits => {
  const sum = new Map([...one].map(([path, lines]) => [path, new Map(lines)]))
  for (const [path, lines] of other) {
    const known = sum.get(path) ?? new Map<number, number>()
    sum.set(path, known)
    for (const [line, hits] of lines) known.set(line, (known.get(line) ?? 0) + hits)
  }
  return sum
}
