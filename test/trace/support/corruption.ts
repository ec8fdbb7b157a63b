/** Corrupted copies of a good run, and where each must be found: used by tests and by the table. */
import type { Rule } from "../../../src/trace-check/finding.ts"
import { recordRun } from "./recorded-run.ts"

/** The lines of each file of a run. */
export type Files = ReadonlyMap<string, ReadonlyArray<string>>

export interface Corruption {
  readonly name: string
  /** The corrupted files as text, by name. */
  readonly files: ReadonlyMap<string, string>
  readonly expected: {
    readonly rule: Rule
    readonly file: string
    readonly line: number
    readonly field?: string
    readonly expected?: string
    readonly found?: string
  }
}

export type Json = { [key: string]: unknown }
const parse = (line: string): Json => JSON.parse(line) as Json

const text = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

export const linesOf = (files: Files, name: string): ReadonlyArray<string> => {
  const lines = files.get(name)
  if (lines === undefined) throw new Error(`the run has no ${name}`)
  return lines
}

/** All files, with one replaced by other text. */
const replaced = (files: Files, name: string, other: string): ReadonlyMap<string, string> =>
  new Map([...files].map(([file, lines]) => [file, file === name ? other : text(lines)]))

/** All files, with the lines of one changed. */
export const edited = (
  files: Files,
  name: string,
  edit: (lines: Array<string>) => void,
): ReadonlyMap<string, string> => {
  const lines = [...linesOf(files, name)]
  edit(lines)
  return replaced(files, name, text(lines))
}

/** The place (from 0) of the first line that a test accepts. */
export const placeOf = (files: Files, name: string, accept: (line: Json) => boolean): number => {
  const place = linesOf(files, name).findIndex((line) => accept(parse(line)))
  if (place < 0) throw new Error(`no such line in ${name}`)
  return place
}

/** The line with the value at a path replaced. */
export const withField = (line: string, path: ReadonlyArray<string | number>, value: unknown) => {
  const data = parse(line)
  const last = path.at(-1) as string | number
  let at = data as { [key: string | number]: unknown }
  for (const key of path.slice(0, -1)) at = at[key] as { [key: string | number]: unknown }
  at[last] = value
  return JSON.stringify(data)
}

/** The steps from a place on counted again, as somebody would who covers a change up. */
export const renumbered = (lines: Array<string>): void => {
  let n = 0
  lines.forEach((line, k) => {
    const data = parse(line)
    if ("action" in data) lines[k] = withField(line, ["n"], ++n)
    if ("end" in data) lines[k] = withField(line, ["end"], n)
  })
}

export const input = (line: Json): Json => (line["in"] ?? {}) as Json
export const isIgnored = (line: Json): boolean => String(line["action"] ?? "").startsWith("Ignore:")

const flippedField = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  const place = placeOf(files, file, ({ action, post }) => {
    const [slot] = ((post as Json | undefined)?.["slot"] ?? []) as ReadonlyArray<Json>
    return action === "RecvCommit" && slot?.["phase"] === "prepared"
  })
  const path = ["post", "slot", 0, "phase"]
  return {
    name: "flipped field",
    files: edited(files, file, (lines) => {
      lines[place] = withField(lines[place] as string, path, "committed")
    }),
    expected: {
      rule: "Replay",
      file,
      line: place + 1,
      field: "post.slot[0].phase",
      expected: '"prepared"',
      found: '"committed"',
    },
  }
}

const lostLine = (files: Files): Corruption => {
  const file = "replica-2.ndjson"
  return {
    name: "lost line",
    files: edited(files, file, (lines) => void lines.splice(20, 1)),
    expected: { rule: "LostLine", file, line: 21, field: "n", expected: "20", found: "21" },
  }
}

const swappedLines = (files: Files): Corruption => {
  const file = "replica-3.ndjson"
  return {
    name: "swapped lines",
    files: edited(files, file, (lines) => void lines.splice(10, 2, ...swap(lines, 10))),
    expected: { rule: "SwappedLines", file, line: 11, field: "n", expected: "10", found: "11" },
  }
}

const swap = (lines: ReadonlyArray<string>, at: number): ReadonlyArray<string> => [
  lines[at + 1] as string,
  lines[at] as string,
]

// A message that the model ignores: the replay alone cannot see that it was never sent.
const forgedMessage = (files: Files): Corruption => {
  const file = "replica-2.ndjson"
  const place = placeOf(files, file, (line) => isIgnored(line) && input(line)["type"] === "Commit")
  return {
    name: "forged message",
    files: edited(files, file, (lines) => {
      lines[place] = withField(lines[place] as string, ["in", "digest"], "0".repeat(64))
    }),
    expected: { rule: "NotSent", file, line: place + 1, field: "in" },
  }
}

const executedTwice = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  const place = placeOf(files, file, ({ action }) => action === "Execute")
  return {
    name: "executed twice",
    files: edited(files, file, (lines) => {
      lines.splice(place + 1, 0, lines[place] as string)
      renumbered(lines)
    }),
    expected: {
      rule: "Replay",
      file,
      line: place + 2,
      field: "action",
      expected: '"Ignore:NotNextToExecute"',
      found: '"Execute"',
    },
  }
}

const truncatedFile = (files: Files): Corruption => {
  const file = "replica-0.ndjson"
  const lines = linesOf(files, file)
  const cut = text(lines.slice(0, 30)) + (lines[30] as string).slice(0, 40)
  return {
    name: "truncated file",
    files: replaced(files, file, cut),
    expected: { rule: "Truncated", file, line: 31 },
  }
}

const otherRunsFile = (files: Files): Corruption => {
  const file = "replica-3.ndjson"
  const other = recordRun({ seed: 4_711 })
  return {
    name: "other run's file",
    files: replaced(files, file, text(linesOf(other, file))),
    expected: { rule: "OtherRun", file, line: 1, field: "run", found: '"run-4711"' },
  }
}

const wrongVersion = (files: Files): Corruption => {
  const file = "clients.ndjson"
  return {
    name: "wrong version",
    files: edited(files, file, (lines) => {
      lines[0] = withField(lines[0] as string, ["schema"], "prophecy-trace/1")
    }),
    expected: { rule: "WrongVersion", file, line: 1, field: "schema" },
  }
}

const emptyFile = (files: Files): Corruption => {
  const file = "replica-2.ndjson"
  return {
    name: "empty",
    files: replaced(files, file, ""),
    expected: { rule: "Empty", file, line: 1 },
  }
}

const notJson = (files: Files): Corruption => {
  const file = "replica-0.ndjson"
  return {
    name: "not JSON",
    files: edited(files, file, (lines) => void (lines[7] = "2026-01-01 INFO replica started")),
    expected: { rule: "NotJson", file, line: 8 },
  }
}

/** The ten kinds that the closing note shows. */
export const corruptions = (files: Files): ReadonlyArray<Corruption> => [
  flippedField(files),
  lostLine(files),
  swappedLines(files),
  forgedMessage(files),
  executedTwice(files),
  truncatedFile(files),
  otherRunsFile(files),
  wrongVersion(files),
  emptyFile(files),
  notJson(files),
]

const repeatedLine = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  return {
    name: "repeated line",
    files: edited(files, file, (lines) => void lines.splice(9, 0, lines[9] as string)),
    expected: { rule: "RepeatedLine", file, line: 11, field: "n", expected: "10", found: "9" },
  }
}

const cutAtLineEnd = (files: Files): Corruption => {
  const file = "replica-2.ndjson"
  return {
    name: "end line lost",
    files: edited(files, file, (lines) => void lines.pop()),
    expected: { rule: "Truncated", file, line: linesOf(files, file).length },
  }
}

const otherQuorum = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  return {
    name: "another quorum in one header",
    files: edited(files, file, (lines) => {
      lines[0] = withField(lines[0] as string, ["quorum"], 2)
    }),
    expected: { rule: "OtherRun", file, line: 1, field: "quorum", expected: "3", found: "2" },
  }
}

const unknownReplica = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  const place = placeOf(files, file, (line) => input(line)["type"] === "Commit")
  return {
    name: "message of no replica",
    files: edited(files, file, (lines) => {
      lines[place] = withField(lines[place] as string, ["in", "replica"], 4)
    }),
    expected: { rule: "Malformed", file, line: place + 1, field: "in.replica" },
  }
}

const otherOperation = (files: Files): Corruption => {
  const file = "replica-3.ndjson"
  const place = placeOf(files, file, ({ action }) => action === "RecvPrePrepare")
  return {
    name: "another operation in a batch",
    files: edited(files, file, (lines) => {
      const path = ["in", "batch", 0, "operation"]
      lines[place] = withField(lines[place] as string, path, "delete everything")
    }),
    expected: { rule: "Digest", file, line: place + 1, field: "in.digest" },
  }
}

const twoFilesInOne = (files: Files): Corruption => {
  const file = "replica-0.ndjson"
  const end = linesOf(files, file).length
  return {
    name: "two traces in one file",
    files: edited(files, file, (lines) => void lines.push(...lines)),
    expected: { rule: "Malformed", file, line: end + 1 },
  }
}

const wrongEnd = (files: Files): Corruption => {
  const file = "replica-2.ndjson"
  const lines = linesOf(files, file)
  const steps = lines.length - 2
  return {
    name: "end line counts another number",
    files: edited(files, file, (all) => {
      all[all.length - 1] = withField(all.at(-1) as string, ["end"], steps + 3)
    }),
    expected: {
      rule: "LostLine",
      file,
      line: lines.length,
      field: "end",
      expected: String(steps),
      found: String(steps + 3),
    },
  }
}

const wrongType = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  const place = placeOf(files, file, (line) => input(line)["type"] === "Prepare")
  return {
    name: "a field of another type",
    files: edited(files, file, (lines) => {
      lines[place] = withField(lines[place] as string, ["in", "seq"], "1")
    }),
    expected: { rule: "Malformed", file, line: place + 1, field: "in.seq" },
  }
}

// What a step was given is read first, and what it changed only where that says something else.
const brokenChanges = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  return {
    name: "changes that are not JSON",
    files: edited(files, file, (lines) => void (lines[12] = `${lines[12]?.slice(0, -2)}]}`)),
    expected: { rule: "NotJson", file, line: 13 },
  }
}

const cutInChanges = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  const lines = linesOf(files, file)
  const cut = text(lines.slice(0, 12)) + lines[12]?.slice(0, -1)
  return {
    name: "cut in the last bracket",
    files: replaced(files, file, cut),
    expected: { rule: "Truncated", file, line: 13 },
  }
}

const secondInput = (files: Files): Corruption => {
  const file = "replica-1.ndjson"
  const place = placeOf(files, file, (line) => input(line)["type"] === "Commit")
  return {
    name: "a second input in a line",
    files: edited(files, file, (lines) => {
      lines[place] = `${lines[place]?.slice(0, -1)},"in":{"type":"Enter"}}`
    }),
    expected: {
      rule: "Replay",
      file,
      line: place + 1,
      field: "in.type",
      expected: '"Commit"',
      found: '"Enter"',
    },
  }
}

/** Further kinds. */
export const moreCorruptions = (files: Files): ReadonlyArray<Corruption> => [
  repeatedLine(files),
  cutAtLineEnd(files),
  otherQuorum(files),
  unknownReplica(files),
  otherOperation(files),
  twoFilesInOne(files),
  wrongEnd(files),
  wrongType(files),
  brokenChanges(files),
  cutInChanges(files),
  secondInput(files),
]
