/**
 * What one process has said, by keys, in bounded memory: of sequence numbers, or of views where a
 * message has no number. A question about something older is answered with "forgotten".
 */
import type { Seq, View } from "../core/ids.ts"
import type { Known } from "./sent.ts"

/** Something that was said: what it is of, and its content. */
export interface Claimed {
  readonly view: View
  /** undefined: it is of the view as a whole. */
  readonly seq: Seq | undefined
  readonly key: string
  /** What is long of it: a result. The same string is in the message, and not copied. */
  readonly content?: string
}

// Almost always one thing is said under a key; anything else has its content in its key.
const longKeyOf = ({ key, content = "" }: Claimed): string => `${key} ${content}`

export class ClaimsSaid {
  readonly #limit: number
  readonly #said = new Map<string, Claimed>()
  /** At or below it in views up to `#passed`, what is not found may have been said. */
  #forgotten: Seq = 0
  #passed: View = -1

  /** `limit`: how many sayings are remembered. */
  constructor(limit: number) {
    this.#limit = limit
  }

  say(claimed: Claimed): void {
    const first = this.#said.get(claimed.key)
    const isOther = first !== undefined && first.content !== claimed.content
    this.#said.set(isOther ? longKeyOf(claimed) : claimed.key, claimed)
    if (this.#said.size <= this.#limit) return
    const [oldest] = this.#said
    if (oldest === undefined) return
    const [key, { view, seq }] = oldest
    this.#said.delete(key)
    this.forget(view, seq ?? 0)
  }

  /** What was said of numbers up to `seq`, in views up to `view`, is not known completely. */
  forget(view: View, seq: Seq): void {
    this.#forgotten = Math.max(this.#forgotten, seq)
    this.#passed = Math.max(this.#passed, view)
  }

  knows(claimed: Claimed): Known {
    const { view, seq, key, content } = claimed
    const first = this.#said.get(key)
    if (first !== undefined && first.content === content) return "said"
    if (content !== undefined && this.#said.has(longKeyOf(claimed))) return "said"
    return view <= this.#passed && (seq ?? 0) <= this.#forgotten ? "forgotten" : "unsaid"
  }
}
