/**
 * The rest of a verified answer, as it comes in: to be read once, from its beginning.
 *
 * Outside the specification: bytes. An answer is one value there.
 */
import { Data } from "effect"
import type { Bytes } from "../core/ids.ts"

/** The rest of the answer is not what the group answered: what was given out has no end. */
export class AnswerBroken extends Data.TaggedError("AnswerBroken") {
  override get message(): string {
    return "the rest of the answer could not be verified"
  }
}

export class ChunkStream implements AsyncIterable<Bytes> {
  #waiting: Array<Bytes> = []
  #end: "open" | "ended" | "broken" = "open"
  #wake: () => void = () => undefined

  add(chunk: Bytes): void {
    this.#waiting.push(chunk)
    this.#wake()
  }

  end(): void {
    this.#end = "ended"
    this.#wake()
  }

  fail(): void {
    this.#end = "broken"
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Bytes> {
    for (;;) {
      const chunks = this.#waiting
      this.#waiting = []
      yield* chunks
      if (this.#waiting.length > 0) continue
      if (this.#end === "ended") return
      if (this.#end === "broken") throw new AnswerBroken()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
