/**
 * Splits pieces of text into lines. Holds one piece at a time, so a file of any size goes through.
 */
import { reject } from "./finding.ts"

/** A file: its name for messages, and its text in pieces of any size. */
export interface TraceSource {
  readonly name: string
  readonly text: AsyncIterable<string>
}

/** The longest line that is read, in characters. */
export const longestLine = 256 * 1024 * 1024

export interface RawLine {
  readonly text: string
  readonly line: number
  /** The text ended here without a line break. */
  readonly cut: boolean
}

/** Splits pieces of text into lines. */
export class Lines {
  readonly #name: string
  readonly #longest: number
  readonly #pieces: AsyncIterator<string>
  #ready: Array<string> = []
  #next = 0
  #partial: Array<string> = []
  #partialLength = 0
  #line = 0
  #ended = false

  /** `longest`: a line with more characters is rejected. */
  constructor(source: TraceSource, longest = longestLine) {
    this.#name = source.name
    this.#longest = longest
    this.#pieces = source.text[Symbol.asyncIterator]()
  }

  /** The next line; "more" when `fill` must be called first; "end" after the last one. */
  next(): RawLine | "more" | "end" {
    if (this.#next < this.#ready.length) {
      this.#line++
      return { text: this.#ready[this.#next++] as string, line: this.#line, cut: false }
    }
    if (!this.#ended) return "more"
    if (this.#partialLength === 0) return "end"
    this.#line++
    const text = this.#takePartial("")
    return { text, line: this.#line, cut: true }
  }

  /** Whether `peek` tells what comes next; otherwise call `fill`. */
  knowsNext(): boolean {
    return this.#next < this.#ready.length || this.#ended
  }

  /** The next line, without taking it. */
  peek(): string | undefined {
    return this.#ready[this.#next] ?? (this.#ended ? this.#partial.join("") : undefined)
  }

  async fill(): Promise<void> {
    const { done, value } = await this.#pieces.next()
    if (done === true) {
      this.#ended = true
      return
    }
    const lines = value.split("\n")
    const last = lines.pop() as string
    if (lines.length > 0) lines[0] = this.#takePartial(lines[0] as string)
    this.#ready = [...this.#ready.slice(this.#next), ...lines]
    this.#next = 0
    this.#keepPartial(last)
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  #takePartial(rest: string): string {
    if (this.#partialLength === 0) return rest
    const text = this.#partial.join("") + rest
    this.#partial = []
    this.#partialLength = 0
    return text
  }

  #keepPartial(text: string): void {
    if (text === "") return
    this.#partial.push(text)
    this.#partialLength += text.length
    if (this.#partialLength <= this.#longest) return
    const line = this.#line + this.#ready.length - this.#next + 1
    reject({
      rule: "TooLong",
      file: this.#name,
      line,
      message: `the line has more than ${this.#longest} characters: this is not a trace`,
    })
  }
}
