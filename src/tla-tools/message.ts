/**
 * The frame of TLC's `-tool` output: `@!@!@STARTMSG code:severity @!@!@`, the body, then
 * `@!@!@ENDMSG code @!@!@`. Messages nest (an exception carries the error that caused it), and a
 * frame may start in the middle of a line. Lines outside every message are the parser's remarks and
 * whatever the specification prints.
 */

/**
 * What TLC says at once. `severity`: 0 information, 1 error, 2 defect of TLC, 3 warning, 4 state.
 */
export interface Message {
  readonly code: number
  readonly severity: number
  readonly body: string
  readonly nested: ReadonlyArray<Message>
}

/** A message; a line outside messages; or, at the end, a message that was cut off. */
export type Piece =
  | { readonly _tag: "Message"; readonly message: Message }
  | { readonly _tag: "Outside"; readonly line: string }
  | { readonly _tag: "CutOff"; readonly code: number; readonly body: string }

export interface MessageReader {
  /** Takes one line without its line end. */
  readonly line: (line: string) => ReadonlyArray<Piece>
  /** Says that no line follows. */
  readonly end: () => ReadonlyArray<Piece>
}

interface Open {
  readonly code: number
  readonly severity: number
  readonly lines: Array<string>
  readonly nested: Array<Message>
}

const marker = /@!@!@(?:STARTMSG (-?\d+):(\d)|ENDMSG (-?\d+)) @!@!@/g

/** A reader that is fed line by line and answers with what each line completes. */
export const makeMessageReader = (): MessageReader => {
  const open: Array<Open> = []
  const close = (): ReadonlyArray<Piece> => {
    const done = open.pop()
    if (done === undefined) return []
    const { code, severity, lines, nested } = done
    const message = { code, severity, body: lines.join("\n"), nested }
    const parent = open.at(-1)
    if (parent === undefined) return [{ _tag: "Message", message }]
    parent.nested.push(message)
    return []
  }
  const text = (line: string): ReadonlyArray<Piece> => {
    const current = open.at(-1)
    if (current === undefined) return [{ _tag: "Outside", line }]
    current.lines.push(line)
    return []
  }
  const line = (line: string): ReadonlyArray<Piece> => {
    if (!line.includes("@!@!@")) return text(line)
    const pieces: Array<Piece> = []
    let rest = 0
    for (const found of line.matchAll(marker)) {
      const before = line.slice(rest, found.index)
      if (before !== "") pieces.push(...text(before))
      rest = found.index + found[0].length
      if (found[3] !== undefined) pieces.push(...close())
      else open.push({ code: Number(found[1]), severity: Number(found[2]), lines: [], nested: [] })
    }
    const after = line.slice(rest)
    return after === "" ? pieces : [...pieces, ...text(after)]
  }
  const end = (): ReadonlyArray<Piece> =>
    open
      .splice(0)
      .map(({ code, lines }) => ({ _tag: "CutOff", code, body: lines.join("\n") }) as const)
  return { line, end }
}

/** Splits chunks of text into lines, keeping an unfinished line for the next chunk. */
export const makeLineSplitter = (): {
  readonly feed: (chunk: string) => ReadonlyArray<string>
  readonly end: () => ReadonlyArray<string>
} => {
  let partial = ""
  return {
    feed: (chunk) => {
      const lines = (partial + chunk).split("\n")
      partial = lines.pop() ?? ""
      return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line))
    },
    end: () => {
      const last = partial
      partial = ""
      return last === "" ? [] : [last]
    },
  }
}
