/**
 * Traces whose processes still run, or were killed, read as far as they go: the last file of a
 * process gets the end line that it lacks, which declares that steps after it have no line. One
 * that has not even a header is left as it is.
 */
import type { TraceSource } from "../trace-check/lines.ts"

interface Head {
  readonly node: string
  readonly incarnation: number
}

interface Opened {
  readonly source: TraceSource
  readonly head: Head | undefined
  /** Its first line is whole. */
  readonly isBegun: boolean
}

const headOf = (line: string): Head | undefined => {
  try {
    const { node, incarnation } = JSON.parse(line) as Record<string, unknown>
    return { node: JSON.stringify(node), incarnation: Number(incarnation) }
  } catch {
    return undefined
  }
}

// The first line now, the whole text later.
const opened = async (source: TraceSource): Promise<Opened> => {
  const pieces = source.text[Symbol.asyncIterator]()
  let begun = ""
  while (!begun.includes("\n")) {
    const { done, value } = await pieces.next()
    if (done === true) break
    begun += value
  }
  const text = async function* (): AsyncGenerator<string> {
    yield begun
    for (;;) {
      const { done, value } = await pieces.next()
      if (done === true) return
      yield value
    }
  }
  const head = headOf(begun.split("\n")[0] ?? "")
  return { source: { name: source.name, text: text() }, head, isBegun: begun.includes("\n") }
}

/** The number of the step that a whole line counts up to; undefined for the end and for others. */
const countIn = (line: string): number | undefined => {
  const found = /^\{"n":(\d+),/.exec(line)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** The text without a line that was cut, and with an end line; `open` is told if it had none. */
const ended = async function* (
  text: AsyncIterable<string>,
  open: () => void,
): AsyncGenerator<string> {
  let [steps, partial, isEnded] = [0, "", false]
  for await (const piece of text) {
    const lines = (partial + piece).split("\n")
    partial = lines.pop() ?? ""
    for (const line of lines) {
      steps = countIn(line) ?? steps
      isEnded = line.startsWith('{"end":')
    }
    if (lines.length > 0) yield `${lines.join("\n")}\n`
  }
  if (isEnded) {
    if (partial !== "") yield partial
    return
  }
  open()
  yield `${JSON.stringify({ end: steps + 1, dropped: 1 })}\n`
}

/** The sources, the last one of each process with an end; `open` hears the names without one. */
export const openEnds = async (
  sources: ReadonlyArray<TraceSource>,
  open: (name: string) => void,
): Promise<ReadonlyArray<TraceSource>> => {
  const all: Array<Opened> = []
  for (const source of sources) all.push(await opened(source))
  const last = new Map<string, number>()
  for (const { source, head, isBegun } of all) {
    if (!isBegun && head === undefined) open(source.name)
    if (head === undefined) continue
    last.set(head.node, Math.max(head.incarnation, last.get(head.node) ?? 0))
  }
  return all.map(({ source, head }) =>
    head !== undefined && last.get(head.node) === head.incarnation
      ? { name: source.name, text: ended(source.text, () => open(source.name)) }
      : source,
  )
}
