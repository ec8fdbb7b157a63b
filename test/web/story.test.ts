import { describe, expect, it } from "vitest"
import { AlbumStore } from "../../src/web/album-store.ts"
import { answerAlbumRequest } from "../../src/web/album.ts"
import type { HttpRequest } from "../../src/web/http-message.ts"
import { beforePhoto, secretPhoto, tellStory, weakStory } from "../../src/web/story.ts"
import { WeakStore } from "../../src/web/weak-store.ts"

const ask = (user: string, method: string, target: string, body = ""): HttpRequest => ({
  method,
  authority: "album",
  target,
  headers: [["x-user", user]],
  body,
})

describe("the story of the list and the photo", () => {
  it("leaks on a weakly consistent store: the upload overtakes the list", async () => {
    const story = await tellStory(weakStory(), "trip")
    expect(story.leaked).toBe(true)
    expect(story.steps.map(({ status }) => status)).toStrictEqual([
      201, 204, 201, 200, 204, 201, 200, 200,
    ])
    expect(story.steps.at(3)?.sees).toStrictEqual([beforePhoto])
    expect(story.steps.at(-1)?.sees).toStrictEqual([beforePhoto, secretPhoto])
  })

  it("does not leak on one copy, nor on an old state of it", async () => {
    for (const isStale of [false, true]) {
      const now = new AlbumStore()
      const old = new AlbumStore()
      let changes = 0
      const service = {
        store: "one copy",
        ask: async (request: HttpRequest) => {
          const isRead = request.method === "GET"
          // The old state is the one before Alice takes Bob off the list.
          if (!isRead && changes++ < 3) answerAlbumRequest(old, request)
          return { response: answerAlbumRequest(isRead && isStale ? old : now, request) }
        },
        meanwhile: async () => undefined,
      }
      const { leaked, steps } = await tellStory(service, "trip")
      expect(leaked).toBe(false)
      expect(steps.at(-1)).toMatchObject(
        isStale ? { status: 200, sees: [beforePhoto] } : { status: 403, sees: [] },
      )
    }
  })
})

describe("the weakly consistent store", () => {
  it("keeps every write and converges, in whatever order they are heard of", () => {
    const store = new WeakStore(3)
    store.write(0, ask("alice", "PUT", "/album/a"))
    for (const at of [1, 2]) store.hear(at)
    store.write(0, ask("alice", "PUT", "/album/a/photo/x", "1"))
    store.write(1, ask("alice", "PUT", "/album/a/photo/y", "2"))
    expect([0, 1, 2].map((at) => store.behind(at))).toStrictEqual([1, 1, 2])
    store.hear(0)
    store.hear(1)
    store.hear(2, 1)
    store.hear(2)
    const seen = [0, 1, 2].map((at) => store.read(at, ask("alice", "GET", "/album/a")).body)
    for (const body of seen) expect(body).toMatch(/"x".*"y"/)
    expect(() => store.read(3, ask("alice", "GET", "/album/a"))).toThrow("there are 3 replicas")
    store.close()
  })
})
