/**
 * A photo album with access lists over HTTP, as a replicated service: the example of the talk. Who
 * asks says so in `x-user`, or in the cookie `user` (a real service would put a login before it).
 *
 * | request                          | who        | answer |
 * |----------------------------------|------------|--------|
 * | `PUT /album/A`                   | anyone     | 201, 200 when it was theirs already, 409 |
 * | `GET /album/A`                   | allowed    | the list of photos as JSON |
 * | `GET`, `PUT /album/A/access`     | owner      | who may look at it: a JSON list of names |
 * | `GET /album/A/photo/P`           | allowed    | the photo; 304: its tag is in `if-none-match` |
 * | `PUT`, `DELETE /album/A/photo/P` | owner      | 201, 204 |
 *
 * Errors are JSON with a word for programs and a sentence for people. Nothing here looks at a
 * clock: the time of an upload is the last one that the replicas agreed on (`setTime`).
 */
import type { HttpRequest, HttpResponse } from "./http-message.ts"
import { headerOf, pathOf } from "./http-message.ts"
import type { Album, AlbumStore } from "./album-store.ts"

const json = (status: number, document: unknown): HttpResponse => ({
  status,
  headers: [["content-type", "application/json"]],
  body: Buffer.from(`${JSON.stringify(document)}\n`).toString("latin1"),
})

const failure = (status: number, error: string, message: string): HttpResponse =>
  json(status, { error, message })

const noAlbum = failure(404, "NoSuchAlbum", "There is no album of that name.")
const noPhoto = failure(404, "NoSuchPhoto", "There is no photo of that name in the album.")
const notAllowed = failure(403, "NotAllowed", "The album's owner does not let you look at it.")
const notOwner = failure(403, "NotOwner", "Only the album's owner may do that.")
const noUser = failure(401, "NoUser", "Say who you are: a field x-user, or a cookie user.")
const noPath = failure(404, "NoSuchPath", "See /album/A, /album/A/access and /album/A/photo/P.")
const done: HttpResponse = { status: 204, headers: [], body: "" }

const badMethod = (allowed: string): HttpResponse => ({
  ...failure(405, "MethodNotAllowed", `Possible here: ${allowed}.`),
  headers: [
    ["allow", allowed],
    ["content-type", "application/json"],
  ],
})

const nameRule = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const userOf = (request: HttpRequest): string | undefined => {
  const cookie = /(?:^|;\s*)user=([^;]*)/.exec(headerOf(request, "cookie") ?? "")?.[1]
  const user = headerOf(request, "x-user") ?? cookie
  return user !== undefined && nameRule.test(user) ? user : undefined
}

/** What a path names: an album, and in it nothing, its access list, or a photo. */
interface Place {
  readonly album: string
  readonly part: "album" | "access" | "photo"
  readonly photo: string
}

const placeOf = (request: HttpRequest): Place | undefined => {
  const [root, kind, album = "", part, photo = "", ...more] = pathOf(request).split("/")
  if (root !== "" || kind !== "album" || !nameRule.test(album) || more.length > 0) return undefined
  if (part === undefined) return { album, part: "album", photo: "" }
  if (part === "access" && photo === "") return { album, part, photo }
  return part === "photo" && nameRule.test(photo) ? { album, part, photo } : undefined
}

/** Who asks for what in an album that is there. */
interface Asked {
  readonly store: AlbumStore
  readonly request: HttpRequest
  readonly album: Album
  readonly user: string
  readonly photo: string
}

const ownerOnly = (asked: Asked, act: () => HttpResponse): HttpResponse =>
  asked.user === asked.album.owner ? act() : notOwner

const mayLook = ({ user, album }: Asked): boolean =>
  user === album.owner || album.allowed.includes(user)

const answerAlbum = (asked: Asked): HttpResponse => {
  const { store, album } = asked
  if (!mayLook(asked)) return notAllowed
  return json(200, { ...album, photos: store.photos(album.name) })
}

const namesIn = (body: string): ReadonlyArray<string> | undefined => {
  try {
    const names = JSON.parse(Buffer.from(body, "latin1").toString()) as unknown
    const fine = Array.isArray(names) && names.every((n) => nameRule.test(String(n)))
    return fine ? (names as ReadonlyArray<string>) : undefined
  } catch {
    return undefined
  }
}

const answerAccess = (asked: Asked): HttpResponse => {
  const { store, request, album } = asked
  switch (request.method) {
    case "GET":
    case "HEAD":
      return ownerOnly(asked, () => json(200, album.allowed))
    case "PUT":
      return ownerOnly(asked, () => {
        const allowed = namesIn(request.body)
        if (allowed === undefined) {
          return failure(400, "BadAccessList", "The body must be a JSON list of names.")
        }
        store.putAlbum({ ...album, allowed })
        return done
      })
    default:
      return badMethod("GET, HEAD, PUT")
  }
}

const sendPhoto = (asked: Asked): HttpResponse => {
  const { store, request, album, photo: name } = asked
  if (!mayLook(asked)) return notAllowed
  const photo = store.photo(album.name, name)
  if (photo === undefined) return noPhoto
  const tag = `"${photo.digest}"`
  const headers = [
    ["content-type", photo.type],
    ["etag", tag],
    ["last-modified", new Date(photo.uploadedAt).toUTCString()],
  ] as const
  const known = (headerOf(request, "if-none-match") ?? "").split(",").map((t) => t.trim())
  if (known.includes(tag) || known.includes("*")) return { status: 304, headers, body: "" }
  return { status: 200, headers, body: photo.body.toString("latin1") }
}

const answerPhoto = (asked: Asked): HttpResponse => {
  const { store, request, album, photo } = asked
  switch (request.method) {
    case "GET":
    case "HEAD":
      return sendPhoto(asked)
    case "PUT":
      return ownerOnly(asked, () => {
        const type = headerOf(request, "content-type") ?? "application/octet-stream"
        const body = Buffer.from(request.body, "latin1")
        store.putPhoto(album.name, { name: photo, type, body, uploadedAt: store.now })
        return { status: 201, headers: [["location", pathOf(request)]], body: "" }
      })
    case "DELETE":
      return ownerOnly(asked, () => (store.removePhoto(album.name, photo) ? done : noPhoto))
    default:
      return badMethod("GET, HEAD, PUT, DELETE")
  }
}

const createAlbum = (store: AlbumStore, name: string, user: string): HttpResponse => {
  const album = store.album(name)
  if (album === undefined) {
    store.putAlbum({ name, owner: user, allowed: [] })
    return { status: 201, headers: [["location", `/album/${name}`]], body: "" }
  }
  if (album.owner === user) return json(200, album)
  return failure(409, "Taken", "Somebody else has an album of that name.")
}

const answerPlace = (store: AlbumStore, request: HttpRequest): HttpResponse => {
  const place = placeOf(request)
  if (place === undefined) return noPath
  const user = userOf(request)
  if (user === undefined) return noUser
  const isRead = request.method === "GET" || request.method === "HEAD"
  if (place.part === "album" && request.method === "PUT") {
    return createAlbum(store, place.album, user)
  }
  const album = store.album(place.album)
  if (album === undefined) return noAlbum
  const asked = { store, request, album, user, photo: place.photo }
  switch (place.part) {
    case "album":
      return isRead ? answerAlbum(asked) : badMethod("GET, HEAD, PUT")
    case "access":
      return answerAccess(asked)
    case "photo":
      return answerPhoto(asked)
  }
}

/** Answers one request; a GET or HEAD changes nothing. */
export const answerAlbumRequest = (store: AlbumStore, request: HttpRequest): HttpResponse => {
  const response = answerPlace(store, request)
  const length = ["content-length", String(response.body.length)] as const
  const bodyless = response.status === 204 || response.status === 304
  const headers = bodyless ? response.headers : [...response.headers, length]
  const sorted = [...headers].sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...response, headers: sorted, body: request.method === "HEAD" ? "" : response.body }
}

/** How far a proposed time may move the clock at once, in milliseconds: a day. */
export const longestStep = 24 * 60 * 60 * 1000

/**
 * Takes the primary's proposal for the time. Every replica judges it by the same state, so all
 * take the same (OSDI '99 section 4.6: BFS takes the larger of the proposal and one more than the
 * last). Time never stands still nor goes back, and a liar moves it by a day a batch at most; the
 * first time is taken as it is.
 */
export const setTime = (store: AlbumStore, proposed: number): void => {
  const last = store.now
  const most = last === 0 ? Number.MAX_SAFE_INTEGER : last + longestStep
  store.now = Math.min(Math.max(Math.trunc(proposed), last + 1), most)
}
