import { beforeEach, describe, expect, it } from "vitest"
import { AlbumStore } from "../../src/web/album-store.ts"
import { answerAlbumRequest, longestStep, setTime } from "../../src/web/album.ts"
import { headerOf, type HttpResponse } from "../../src/web/http-message.ts"

let store = new AlbumStore()
beforeEach(() => {
  store = new AlbumStore()
})

const ask = (
  user: string,
  method: string,
  target: string,
  { body = "", ...more }: Record<string, string> = {},
): HttpResponse =>
  answerAlbumRequest(store, {
    method,
    authority: "album.test",
    target,
    headers: [...Object.entries(more), ...(user === "" ? [] : [["x-user", user] as const])],
    body,
  })

const filled = (): void => {
  setTime(store, 1_700_000_000_000)
  expect(ask("alice", "PUT", "/album/trip").status).toBe(201)
  expect(ask("alice", "PUT", "/album/trip/access", { body: '["bob"]' }).status).toBe(204)
  const photo = { body: "\u0089PNG\u00ff", "content-type": "image/png" }
  expect(ask("alice", "PUT", "/album/trip/photo/sea", photo).status).toBe(201)
}

describe("the album", () => {
  it("shows its photos to its owner and to whom the owner lets, and to nobody else", () => {
    filled()
    for (const user of ["alice", "bob"]) {
      const { status, body } = ask(user, "GET", "/album/trip")
      expect(status).toBe(200)
      expect(JSON.parse(body)).toMatchObject({
        owner: "alice",
        allowed: ["bob"],
        photos: [{ name: "sea", type: "image/png", bytes: 5, uploadedAt: 1_700_000_000_000 }],
      })
      expect(ask(user, "GET", "/album/trip/photo/sea").body).toBe("\u0089PNG\u00ff")
    }
    for (const path of ["/album/trip", "/album/trip/photo/sea", "/album/trip/access"]) {
      expect(ask("carol", "GET", path)).toMatchObject({ status: 403 })
      expect(ask("", "GET", path)).toMatchObject({ status: 401 })
    }
  })

  it("takes somebody's right away at once: what is uploaded afterwards is never theirs", () => {
    filled()
    ask("alice", "PUT", "/album/trip/access", { body: "[]" })
    ask("alice", "PUT", "/album/trip/photo/party", { body: "x" })
    expect(ask("bob", "GET", "/album/trip")).toMatchObject({ status: 403 })
    expect(ask("bob", "GET", "/album/trip/photo/party")).toMatchObject({ status: 403 })
  })

  it("is changed by its owner only", () => {
    filled()
    const before = store.digest()
    for (const [method, path] of [
      ["PUT", "/album/trip/photo/sea"],
      ["DELETE", "/album/trip/photo/sea"],
      ["PUT", "/album/trip/access"],
    ] as const) {
      expect(ask("bob", method, path, { body: "[]" })).toMatchObject({ status: 403 })
    }
    expect(ask("bob", "PUT", "/album/trip")).toMatchObject({ status: 409 })
    expect(store.digest()).toBe(before)
  })

  it("a GET or HEAD changes nothing; HEAD has the fields of GET and no body", () => {
    filled()
    const before = store.digest()
    const paths = ["/album/trip", "/album/trip/photo/sea", "/album/none", "/x", "/album/trip/photo"]
    for (const path of paths) {
      const get = ask("alice", "GET", path)
      expect(ask("alice", "HEAD", path)).toStrictEqual({ ...get, body: "" })
      expect(headerOf(get, "content-length")).toBe(String(get.body.length))
    }
    expect(store.digest()).toBe(before)
  })

  it("answers a conditional request by the photo's digest", () => {
    filled()
    const etag = headerOf(ask("bob", "GET", "/album/trip/photo/sea"), "etag") ?? ""
    const same = ask("bob", "GET", "/album/trip/photo/sea", { "if-none-match": `"x", ${etag}` })
    expect(same).toMatchObject({ status: 304, body: "" })
    ask("alice", "PUT", "/album/trip/photo/sea", { body: "other" })
    const now = ask("bob", "GET", "/album/trip/photo/sea", { "if-none-match": etag })
    expect(now).toMatchObject({ status: 200, body: "other" })
  })

  it.each([
    ["PUT", "/album/trip/access", "{", 400, "BadAccessList"],
    ["PUT", "/album/trip/access", '["a b"]', 400, "BadAccessList"],
    ["POST", "/album/trip", "", 405, "MethodNotAllowed"],
    ["POST", "/album/trip/photo/sea", "", 405, "MethodNotAllowed"],
    ["DELETE", "/album/trip/access", "", 405, "MethodNotAllowed"],
    ["DELETE", "/album/trip/photo/none", "", 404, "NoSuchPhoto"],
    ["GET", "/album/trip/photo/none", "", 404, "NoSuchPhoto"],
    ["GET", "/album/none", "", 404, "NoSuchAlbum"],
    ["GET", "/album/a/b/c/d", "", 404, "NoSuchPath"],
    ["GET", "/album/..%2f", "", 404, "NoSuchPath"],
  ] as ReadonlyArray<readonly [string, string, string, number, string]>)(
    "%s %s with %j: %i, %s",
    (...[method, path, body, status, error]) => {
      filled()
      const answer = ask("alice", method, path, { body })
      expect(answer.status).toBe(status)
      expect(JSON.parse(answer.body)).toMatchObject({ error })
    },
  )
})

describe("the album's state", () => {
  it("comes back from its snapshot with an equal digest; the digest sees every change", () => {
    filled()
    const digests = new Set([store.digest()])
    const other = new AlbumStore()
    expect(other.restore(store.snapshot())).toBe(true)
    expect(other.digest()).toBe(store.digest())
    expect(other.snapshot()).toBe(store.snapshot())
    for (const change of [
      () => ask("alice", "PUT", "/album/trip/photo/sea", { body: "y" }),
      () => ask("alice", "PUT", "/album/trip/access", { body: "[]" }),
      () => ask("bob", "PUT", "/album/other"),
      () => setTime(store, 1_700_000_000_001),
      () => ask("alice", "DELETE", "/album/trip/photo/sea"),
    ]) {
      change()
      digests.add(store.digest())
    }
    expect(digests.size).toBe(6)
  })

  it.each(["", "{}", "null", '{"now":1,"albums":[{}],"photos":[{"album":"x"}]}'])(
    "stays as it is when the bytes are no snapshot: %j",
    (bytes) => {
      filled()
      const before = store.digest()
      expect(store.restore(bytes)).toBe(false)
      expect(store.digest()).toBe(before)
    },
  )
})

describe("the agreed time", () => {
  it("never stands still nor goes back, and moves a day at most", () => {
    const times = [1_000, 2_000, 2_000, 500, 1e15, -5, Number.MAX_SAFE_INTEGER].map((proposed) => {
      setTime(store, proposed)
      return store.now
    })
    const day = longestStep
    expect(times).toStrictEqual([
      1_000,
      2_000,
      2_001,
      2_002,
      2_002 + day,
      2_003 + day,
      2_003 + 2 * day,
    ])
  })
})
