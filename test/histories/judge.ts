/** Judges a recorded history as a whole, by the command; and which of its keys are linearizable. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { HistoryChecker } from "../../src/consistency/checker.ts"
import { register } from "../../src/consistency/model.ts"
import { HistoryReader } from "../../src/consistency/reader.ts"

export interface Judgement {
  readonly verdict: "holds" | "violated" | "unknown"
  readonly operations: number
  readonly objects: number
  readonly code: number
  /** The whole document of `prophecy check-history --json`. */
  readonly document: Readonly<Record<string, unknown>>
}

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))

/** What `prophecy check-history FILE --consistency delay-once` says. */
export const judge = async (file: string): Promise<Judgement> => {
  const args = ["check-history", file, "--consistency", "delay-once", "--json", "--quiet"]
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => void (text += part))
  const [code] = (await once(child, "close")) as [number]
  const document = JSON.parse(text) as Judgement["document"]
  const { verdict, operations, objects } = document as unknown as Judgement
  return { verdict, operations, objects, code, document }
}

const limits = { mostPossibilities: 20_000, mostKept: 200_000, mostObjects: 1 }

export interface Linearity {
  readonly keys: number
  readonly notLinearizable: number
  /** Keys of which a limit ended the search. */
  readonly undecided: number
}

/** How many keys have a history that is linearizable. Reads the file once, as a stream. */
export const linearity = async (file: string): Promise<Linearity> => {
  const reader = new HistoryReader(register)
  const keys = new Map<string, HistoryChecker>()
  const wrong = new Set<string>()
  for await (const line of createInterface(createReadStream(file))) {
    const event = reader.next(line)
    if ("bad" in event) throw new Error(`${file}:${event.line}: ${event.bad}`)
    const { object } = "begun" in event ? event.begun : event.ended.call
    if (wrong.has(object)) continue
    const checker =
      keys.get(object) ??
      new HistoryChecker({ ...limits, consistency: "linearizable", model: register })
    keys.set(object, checker)
    if (checker.take(event) !== undefined) wrong.add(object)
  }
  const undecided = [...keys].filter(([key, c]) => !wrong.has(key) && c.gaveUp !== undefined)
  return { keys: keys.size, notLinearizable: wrong.size, undecided: undecided.length }
}
