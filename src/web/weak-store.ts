/**
 * The same album on a store that promises less, for comparison: each replica applies a write when
 * it hears of it, in whatever order it hears of them, and a read is answered by one replica as it
 * is. It keeps every write and converges; what it does not keep is their order (the talk's
 * example of what delay-once linearizability rules out).
 */
import { AlbumStore } from "./album-store.ts"
import { answerAlbumRequest, setTime } from "./album.ts"
import type { HttpRequest, HttpResponse } from "./http-message.ts"

export class WeakStore {
  readonly #replicas: ReadonlyArray<AlbumStore>
  /** By replica the writes that it has not heard of, oldest first. */
  readonly #behind: ReadonlyArray<Array<HttpRequest>>

  constructor(replicas: number) {
    this.#replicas = Array.from({ length: replicas }, () => new AlbumStore())
    this.#behind = this.#replicas.map(() => [])
  }

  /** One replica takes the write and answers it; the others hear of it some time. */
  write(at: number, request: HttpRequest): HttpResponse {
    for (const [replica, waiting] of this.#behind.entries()) {
      if (replica !== at) waiting.push(request)
    }
    return this.#apply(at, request)
  }

  read(at: number, request: HttpRequest): HttpResponse {
    return answerAlbumRequest(this.#of(at), request)
  }

  /** A replica hears of one of the writes that it is behind with: the k-th, oldest first. */
  hear(at: number, k = 0): void {
    const [request] = this.#behind[at]?.splice(k, 1) ?? []
    if (request !== undefined) this.#apply(at, request)
  }

  /** How many writes a replica has not heard of. */
  behind(at: number): number {
    return this.#behind[at]?.length ?? 0
  }

  #of(at: number): AlbumStore {
    const store = this.#replicas[at]
    if (store === undefined) throw new RangeError(`there are ${this.#replicas.length} replicas`)
    return store
  }

  #apply(at: number, request: HttpRequest): HttpResponse {
    const store = this.#of(at)
    setTime(store, store.now + 1)
    return answerAlbumRequest(store, request)
  }

  close(): void {
    for (const store of this.#replicas) store.close()
  }
}
