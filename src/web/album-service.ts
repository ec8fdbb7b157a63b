/** The album as a replicated service: operations are HTTP requests, results are HTTP responses. */
import { timeIn } from "../core/agreed-time.ts"
import type { Hash, Service } from "../core/service/service.ts"
import { type TextTree, treeOf } from "../core/service/text-tree.ts"
import { AlbumStore } from "./album-store.ts"
import { answerAlbumRequest, setTime } from "./album.ts"
import { decodeRequest, encodeResponse, type HttpResponse, isNotHttp } from "./http-message.ts"

const notARequest = (why: string): HttpResponse => {
  const body = `${JSON.stringify({ error: "NotARequest", message: `No HTTP request: ${why}.` })}\n`
  return { status: 400, headers: [["content-type", "application/json"]], body }
}

/** An album without albums. */
export const albumService = (hash: Hash): Omit<Service, "undo"> => {
  const store = new AlbumStore()
  const tree = (): TextTree => treeOf(hash, store.snapshot())
  return {
    execute: (operation) => {
      const time = timeIn(operation)
      if (time !== undefined) {
        setTime(store, time)
        return ""
      }
      const request = decodeRequest(operation)
      return encodeResponse(
        isNotHttp(request) ? notARequest(request.why) : answerAlbumRequest(store, request),
      )
    },
    isRead: (operation) => {
      const request = decodeRequest(operation)
      return !isNotHttp(request) && (request.method === "GET" || request.method === "HEAD")
    },
    digest: () => tree().digest,
    tree,
    snapshot: () => store.snapshot(),
    restore: (snapshot) => store.restore(snapshot),
  }
}
