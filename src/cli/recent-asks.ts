/** The last requests of a front end and how each was answered, for whoever watches. */
import type { Backend } from "../web/front.ts"
import { decodeRequest, decodeResponse, headerOf, isNotHttp } from "../web/http-message.ts"

export interface RecentAsk {
  readonly who: string
  readonly method: string
  readonly target: string
  readonly status: number
  readonly how: string
  readonly ms: number
}

export interface Asks {
  /** Newest first. */
  readonly recent: () => ReadonlyArray<RecentAsk>
  /** Requests without an answer. */
  readonly failed: number
}

const kept = 100

/** The backend, watched. */
export class WatchedBackend implements Backend, Asks {
  readonly #backend: Backend
  #recent: ReadonlyArray<RecentAsk> = []
  failed = 0

  constructor(backend: Backend) {
    this.#backend = backend
  }

  recent(): ReadonlyArray<RecentAsk> {
    return this.#recent
  }

  readonly ask: Backend["ask"] = async (classified, after) => {
    const startedAt = performance.now()
    const request = decodeRequest(classified.operation)
    const note = (status: number, how: string): void => {
      if (isNotHttp(request)) return
      const { method, target } = request
      const who = headerOf(request, "x-user") ?? ""
      const ms = performance.now() - startedAt
      this.#recent = [{ who, method, target, status, how, ms }, ...this.#recent].slice(0, kept)
    }
    try {
      const answer = await this.#backend.ask(classified, after)
      const response = decodeResponse(answer.response)
      note(isNotHttp(response) ? 502 : response.status, answer.how)
      return answer
    } catch (cause) {
      this.failed++
      note(0, "failed")
      throw cause
    }
  }
}
