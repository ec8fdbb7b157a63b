/**
 * What requests without a body come to, remembered by what the client wrote: most requests repeat
 * an earlier one to the letter, and then neither are their fields sorted nor is a key made again.
 */
import type { IncomingMessage } from "node:http"
import type { Bytes } from "../core/ids.ts"
import { forgetOldest } from "../core/oldest.ts"
import type { HttpRequest } from "./http-message.ts"
import type { Classified } from "./routes.ts"

/** A request, and what the group is asked for it. */
export interface Asking {
  readonly request: HttpRequest
  readonly asked: Classified
  /** No older state may answer it. */
  readonly after: Bytes | undefined
}

/** Requests with more characters are not remembered. */
const longest = 4_096

/** All that a request without a body says; neither targets nor fields hold a NUL. */
const textOf = ({ method, url, rawHeaders }: IncomingMessage): string =>
  `${method} ${url}\0${rawHeaders.join("\0")}`

export class AskedAgain {
  readonly #known = new Map<string, Asking>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  of(incoming: IncomingMessage): Asking | undefined {
    return this.#known.get(textOf(incoming))
  }

  note(incoming: IncomingMessage, asking: Asking): void {
    const text = textOf(incoming)
    if (text.length > longest) return
    this.#known.set(text, asking)
    forgetOldest(this.#known, this.#capacity)
  }

  /** The rules are other ones now. */
  forget(): void {
    this.#known.clear()
  }
}
