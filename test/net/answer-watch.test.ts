/** Which origins differ, and when there is no hope for enough equal answers. */
import { describe, expect, it } from "vitest"
import { encodePlaced } from "../../src/core/prophecy/position.ts"
import { AnswerWatch, differenceText, type Finding } from "../../src/net/answer-watch.ts"
import { encodeResponse, type Header } from "../../src/web/http-message.ts"

const page = (body: string, headers: ReadonlyArray<Header> = [], status = 200) =>
  encodePlaced({
    position: { seq: 1, place: 0 },
    result: encodeResponse({ status, headers, body }),
  })

const watch = () => {
  const watched = new AnswerWatch(4, 3)
  return (replica: number, result: string, timestamp = 1): Finding =>
    watched.heard({ _tag: "Reply", view: 0, client: 0, timestamp, replica, result })
}

const texts = ({ differences }: Finding): ReadonlyArray<string> => differences.map(differenceText)

describe("answers of replicas", () => {
  it("that are equal say nothing", () => {
    const hear = watch()
    for (const replica of [0, 1, 2, 3]) {
      expect(hear(replica, page("a"))).toEqual({ isHopeless: false, differences: [] })
    }
  })

  it("name the replica whose origin is alone, and what differs, once", () => {
    const hear = watch()
    hear(2, page("b", [["etag", '"2"']]))
    hear(0, page("a", [["etag", '"1"']]))
    hear(1, page("a", [["etag", '"1"']]))
    const found = hear(3, page("a", [["etag", '"1"']]))
    expect(found.isHopeless).toBe(false)
    const body = String.raw`1 bytes \(sha256 [0-9a-f]{16}\)`
    const etags = String.raw`etag "\\"2\\"" against "\\"1\\""`
    expect(texts(found)[0]).toMatch(
      new RegExp(`^replica 2 beside replica 0: ${etags}; body of ${body} against ${body}$`),
    )
    // The same of one that comes last, and of one that comes again.
    for (const replica of [0, 1, 2]) hear(replica, page("a"), 2)
    expect(texts(hear(3, page("a", [], 404), 2))).toEqual([
      "replica 3 beside replica 0: status 404 against 200",
    ])
    expect(hear(3, page("a", [], 404), 2).differences).toEqual([])
    expect(hear(3, page("z"), 1).differences).toEqual([])
  })

  it("are hopeless as soon as no answer can be given by enough of them, and told so once", () => {
    const hear = watch()
    expect(hear(0, page("a")).isHopeless).toBe(false)
    expect(hear(1, page("b")).isHopeless).toBe(false)
    const found = hear(2, page("c"))
    expect(found.isHopeless).toBe(true)
    expect(found.differences.map(({ replica, other }) => [replica, other])).toEqual([
      [1, 0],
      [2, 0],
    ])
    expect(hear(3, page("a"))).toEqual({ isHopeless: false, differences: [] })
  })

  it("two by two are hopeless with the last one", () => {
    const hear = watch()
    for (const [replica, body] of ["a", "b", "a"].entries()) {
      expect(hear(replica, page(body)).isHopeless).toBe(false)
    }
    expect(hear(3, page("b")).isHopeless).toBe(true)
  })

  it("that are no responses are said to be none", () => {
    const hear = watch()
    for (const replica of [0, 1, 2]) hear(replica, page("a"))
    expect(texts(hear(3, "junk"))[0]).toMatch(/^replica 3 beside replica 0: no response: /)
  })
})
