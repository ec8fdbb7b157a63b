/**
 * `Vary` (RFC 9110 section 12.5.5): the request fields that an answer depended on. A key that lacks
 * one of them is too narrow for that answer, so the request is asked again with a wider one; what
 * was learned is remembered for the path, and forgetting it costs one more question, nothing else.
 */
import { type HttpRequest, type HttpResponse, headerOf, pathOf } from "./http-message.ts"
import type { Also } from "./routes.ts"

/** The names in `Vary`, in small letters; `*` when the answer depended on who knows what. */
export const varyOf = (response: HttpResponse): ReadonlySet<string> =>
  new Set(
    (headerOf(response, "vary") ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ""),
  )

/** Request fields that the answer depended on and the executed request did not hold. */
export const leftOut = (
  asked: HttpRequest,
  executed: HttpRequest,
  response: HttpResponse,
): ReadonlyArray<string> => {
  const held = new Set(executed.headers.map(([name]) => name))
  // order-free: the names become a set again
  return [...varyOf(response)].filter(
    (name) => !held.has(name) && asked.headers.some(([n]) => n === name),
  )
}

const nothing: Also = new Set()

/** What `Vary` named, by authority and path; the oldest paths are forgotten. */
export class VaryTable {
  readonly #names = new Map<string, Also>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  of(request: HttpRequest): Also {
    return this.#names.get(`${request.authority} ${pathOf(request)}`) ?? nothing
  }

  note(request: HttpRequest, names: Iterable<string>): void {
    const place = `${request.authority} ${pathOf(request)}`
    const all = new Set([...(this.#names.get(place) ?? nothing), ...names])
    this.#names.delete(place)
    this.#names.set(place, all)
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= this.#capacity) break
      this.#names.delete(oldest)
    }
  }
}
