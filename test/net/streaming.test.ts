/** Large answers on real sockets: each chunk is verified before it leaves. */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { chunkBytes } from "../../src/core/prophecy/chunks.ts"
import { fresh, listening, serve } from "./origins.ts"

interface Streamed {
  readonly how: string
  readonly body: string
  /** Whether the body had an end. */
  readonly isWhole: boolean
}

const stream = (url: string) =>
  Effect.promise(async (): Promise<Streamed> => {
    const response = await fetch(url)
    const how = response.headers.get("prophecy") ?? ""
    const parts: Array<Uint8Array> = []
    try {
      for await (const part of response.body ?? []) parts.push(part)
    } catch {
      return { how, body: Buffer.concat(parts).toString("latin1"), isWhole: false }
    }
    return { how, body: Buffer.concat(parts).toString("latin1"), isWhole: true }
  })

/** Three chunks, and no two bytes that follow each other say where they are. */
const page = (last: string): string => {
  const lines = Array.from({ length: 3 * chunkBytes }, (_, k) => `line ${k}\n`)
  return lines.join("").slice(0, 2 * chunkBytes + 10_000) + last
}

describe("a large answer", () => {
  it.live("leaves as it is verified, and is broken off where it is another one", () =>
    Effect.gen(function* () {
      const state = { page: page("old"), withLength: true }
      const urls = yield* Effect.forEach([0, 1, 2, 3], () =>
        listening((_, response) => {
          const length = state.withLength ? { "content-length": state.page.length } : {}
          response.writeHead(200, length)
          response.end(state.page)
        }),
      )
      const { url, get, cluster } = yield* serve(urls)
      const behave = (behaviour: "honest" | "garbage") => {
        for (const replica of [0, 1, 2, 3]) cluster.behave(replica, behaviour)
        return Effect.sleep(50)
      }
      for (const withLength of [true, false]) {
        state.withLength = withLength
        yield* get("/", fresh)
        expect(yield* stream(url)).toMatchObject({ body: state.page, isWhole: true })
        // The whole page is the same but for its end, which is in the third chunk.
        yield* behave("garbage")
        const broken = yield* stream(url)
        expect(broken.how).toMatch(/^fast; replica=\d$/)
        expect(broken.isWhole).toBe(false)
        expect(state.page.startsWith(broken.body)).toBe(true)
        expect(broken.body.length).toBeLessThan(2 * chunkBytes)
        yield* behave("honest")
        const right = yield* stream(url)
        expect(right).toMatchObject({ body: state.page, isWhole: true })
      }
      // A page that has changed there breaks off once; then the group was asked.
      state.page = page("new")
      expect((yield* stream(url)).isWhole).toBe(false)
      yield* Effect.sleep(500)
      const news = yield* stream(url)
      expect(news).toMatchObject({ body: state.page, isWhole: true })
      expect(news.how).toMatch(/^fast; replica=\d$/)
      // One that differs from its beginning is replicated, and nobody notices.
      state.page = `other ${page("")}`
      expect(yield* stream(url)).toEqual({
        how: "replicated; reason=mismatch",
        body: state.page,
        isWhole: true,
      })
    }).pipe(Effect.scoped),
  )
})
