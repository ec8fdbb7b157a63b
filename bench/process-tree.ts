/** The processor time of a process with all its children, from Linux's /proc. */
import { readdirSync, readFileSync } from "node:fs"

interface Entry {
  readonly parent: number
  /** Of itself, and of children that have ended and were waited for, in ticks of 10 ms. */
  readonly ticks: number
}

const ticksASecond = 100

const entryOf = (pid: string): Entry | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name in parentheses may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    const [, parent, ...rest] = fields
    const times = rest.slice(9, 13).map(Number)
    return { parent: Number(parent), ticks: times.reduce((sum, n) => sum + n, 0) }
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

/** By process the seconds that it and its children have had so far. */
export const processorSeconds = (pids: ReadonlyArray<number>): ReadonlyArray<number> => {
  const entries = new Map<number, Entry>()
  for (const name of readdirSync("/proc").filter((n) => /^\d+$/.test(n))) {
    const entry = entryOf(name)
    if (entry !== undefined) entries.set(Number(name), entry)
  }
  const isBelow = (pid: number, root: number): boolean => {
    for (let at = pid; at > 1; at = entries.get(at)?.parent ?? 0) if (at === root) return true
    return false
  }
  return pids.map((root) =>
    [...entries].reduce(
      (sum, [pid, { ticks }]) => (isBelow(pid, root) ? sum + ticks / ticksASecond : sum),
      0,
    ),
  )
}
