/**
 * Line coverage from what c8 wrote (lcov). Only lines that hold code count: c8 by itself counts
 * comments and types as covered too, which flatters a well-documented file.
 */
import { dirname } from "node:path"
import { children, type Source, type SyntaxNode } from "./syntax.ts"

/** How often each line of a file ran, by path and line, as lcov tells it. */
export type LineHits = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface FileCoverage {
  readonly path: string
  /** Lines that hold code. */
  readonly lines: number
  /** Those of them that never ran, ascending. */
  readonly missed: ReadonlyArray<number>
}

export interface FolderCoverage {
  readonly folder: string
  readonly lines: number
  readonly covered: number
}

/** Reads an lcov report. */
export const readLcov = (text: string): LineHits => {
  const files = new Map<string, Map<number, number>>()
  let current = new Map<number, number>()
  for (const line of text.split("\n")) {
    if (line.startsWith("SF:")) {
      current = new Map()
      files.set(line.slice(3), current)
    } else if (line.startsWith("DA:")) {
      const [at, hits] = line.slice(3).split(",").map(Number)
      if (at !== undefined && hits !== undefined) current.set(at, hits)
    }
  }
  return files
}

/** The lines on which something stands that exists when the program runs. */
export const codeLines = ({ text, program }: Source): ReadonlyArray<number> => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  const offsets: Array<number> = []
  collect(program, offsets)
  offsets.sort((a, b) => a - b)
  const lines: Array<number> = []
  let line = 0
  for (const offset of offsets) {
    while ((starts[line + 1] ?? Number.POSITIVE_INFINITY) <= offset) line++
    if (lines.at(-1) !== line + 1) lines.push(line + 1)
  }
  return lines
}

// Types are erased; what wraps a value (`x as T`, `x!`) is not.
const wrappers = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"])
const erased = (node: SyntaxNode): boolean =>
  (node.type.startsWith("TS") && !wrappers.has(node.type)) ||
  node.type === "ImportDeclaration" ||
  node["exportKind"] === "type" ||
  node["declare"] === true

const collect = (node: SyntaxNode, offsets: Array<number>): void => {
  if (erased(node)) return
  const below = children(node)
  if (below.length === 0 && node.type !== "Program") offsets.push(node.start)
  for (const child of below) collect(child, offsets)
}

/** Coverage of each source that holds code; one that was never loaded has none. */
export const coverageOf = (
  sources: ReadonlyArray<Source>,
  hits: LineHits,
): ReadonlyArray<FileCoverage> =>
  sources.flatMap((source) => {
    const lines = codeLines(source)
    const ran = hits.get(source.path)
    const missed = lines.filter((line) => (ran?.get(line) ?? 0) === 0)
    return lines.length === 0 ? [] : [{ path: source.path, lines: lines.length, missed }]
  })

/** The sums by folder, in the order of their names. */
export const byFolder = (files: ReadonlyArray<FileCoverage>): ReadonlyArray<FolderCoverage> => {
  const folders = new Map<string, FolderCoverage>()
  for (const { path, lines, missed } of files) {
    const folder = dirname(path)
    const sum = folders.get(folder) ?? { folder, lines: 0, covered: 0 }
    folders.set(folder, {
      folder,
      lines: sum.lines + lines,
      covered: sum.covered + lines - missed.length,
    })
  }
  return [...folders.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1))
}

export const percent = (covered: number, lines: number): string =>
  lines === 0 ? "-" : `${((100 * covered) / lines).toFixed(1)} %`

/** Lines and parts of lines in short: `3-5, 9`. */
export const ranges = (lines: ReadonlyArray<number>): string => {
  const parts: Array<[number, number]> = []
  for (const line of lines) {
    const last = parts.at(-1)
    if (last !== undefined && last[1] === line - 1) last[1] = line
    else parts.push([line, line])
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ")
}

/** A folder that must have `percent` of its lines covered, and so must each folder below it. */
export interface Gate {
  readonly folder: string
  readonly percent: number
}

/**
 * Why a gate is shut, a line for each folder that shuts it; each is judged by its own files, so
 * that a well-tested neighbour does not stand in for it. Nothing counted is no open gate.
 */
export const shut = (gate: Gate, files: ReadonlyArray<FileCoverage>): ReadonlyArray<string> => {
  const inside = files.filter(({ path }) => path.startsWith(`${gate.folder}/`))
  if (inside.length === 0) return [`${gate.folder}: no line of code was counted`]
  return byFolder(inside)
    .filter(({ lines, covered }) => (100 * covered) / lines < gate.percent)
    .map(({ folder, lines, covered }) => {
      return `${folder}: ${percent(covered, lines)} of its lines ran, ${gate.percent} % must`
    })
}

/**
 * Whether some of what ran is not counted, or undefined: each thread of tests writes one file when
 * it ends, and so do the processes that it starts.
 */
export const lost = (written: number, threads: number): string | undefined =>
  written >= threads
    ? undefined
    : `${threads} threads ran tests and ${written} wrote what they covered: some of it is lost`
