/** Who has a page, since when, and how pages change hands. */
import { describe, expect, it } from "vitest"
import {
  firstMembers,
  isMoved,
  ownedIn,
  ownerOf,
  present,
  withMembers,
} from "../../src/web/ownership.ts"
import { Ring } from "../../src/web/ring.ts"

const pages = Array.from({ length: 300 }, (_, k) => `/album/trip/photo/${k}`)
const members = (...names: ReadonlyArray<string>) => names.map((name) => ({ name, start: 0 }))
const places = (...names: ReadonlyArray<string>) =>
  names.map((name) => ({ name, url: `http://${name}` }))

describe("a page's owner", () => {
  it("is one of the members, and each has its share of the pages", () => {
    const four = firstMembers(members("a", "b", "c", "d"))
    const owners = pages.map((page) => ownerOf(page, present(four))?.name)
    for (const name of ["a", "b", "c", "d"]) {
      expect(owners.filter((owner) => owner === name).length).toBeGreaterThan(40)
    }
    expect(ownerOf("/", present(firstMembers([])))).toBeUndefined()
  })

  it("moves only to a member that comes, or from one that goes", () => {
    const three = present(firstMembers(members("a", "b", "c")))
    const four = { term: 1, members: members("d", "c", "b", "a") }
    for (const page of pages) {
      const [before, after] = [ownerOf(page, three)?.name, ownerOf(page, four)?.name]
      expect(after === before || after === "d").toBe(true)
      expect(isMoved(page, three, four)).toBe(before !== after)
      expect(isMoved(page, four, three)).toBe(before !== after)
    }
  })

  it("has it since the change with which it got it, and another start gets it anew", () => {
    const [page = ""] = pages.filter(
      (p) => ownerOf(p, { term: 0, members: members("a", "b") })?.name === "b",
    )
    const without = withMembers(firstMembers(members("a", "b")), members("a"))
    expect(ownedIn(page, without)).toEqual({ owner: { name: "a", start: 0 }, term: 1 })
    const back = withMembers(without, members("a", "b"))
    expect(ownedIn(page, back)).toEqual({ owner: { name: "b", start: 0 }, term: 2 })
    const more = withMembers(back, members("a", "b"))
    expect(ownedIn(page, more)?.term).toBe(2)
    const again = withMembers(more, [...members("a"), { name: "b", start: 1 }])
    expect(ownedIn(page, again)).toEqual({ owner: { name: "b", start: 1 }, term: 4 })
  })

  it("that has it for very long is told terms that only grow", () => {
    let history = firstMembers(members("a", "b"))
    let last = 0
    for (let k = 0; k < 200; k++) {
      history = withMembers(history, members("a", "b"))
      const { term = -1 } = ownedIn("/page", history) ?? {}
      expect(term).toBeGreaterThanOrEqual(last)
      last = term
    }
    expect(history.length).toBeLessThan(100)
  })
})

describe("a ring", () => {
  const pageOf = (name: string, ...all: ReadonlyArray<string>): string =>
    pages.find((p) => ownerOf(p, { term: 0, members: members(...all) })?.name === name) ?? ""

  it("lets a page change hands when nothing of it is under way, and others at once", async () => {
    const ring = new Ring(places("a", "b"), [])
    const [moving, staying] = [pageOf("b", "a", "b"), pageOf("a", "a", "b")]
    const first = await ring.send(moving)
    expect(first).toMatchObject({ url: "http://b", term: 0 })
    ring.change(places("a"), [])
    let late = false
    const second = ring.send(moving).then((sent) => {
      late = true
      return sent
    })
    expect(await ring.send(staying)).toMatchObject({ url: "http://a", term: 0 })
    await Promise.resolve()
    expect([late, ring.term]).toEqual([false, 0])
    first?.done()
    expect(await second).toMatchObject({ url: "http://a", term: 1 })
    expect(ring.term).toBe(1)
  })

  it("gives the pages of a dead one to a standby, once, and its sketches to nobody", async () => {
    const ring = new Ring(places("a", "b"), ["http://c"])
    const page = pageOf("b", "a", "b")
    const sent = await ring.send(page)
    const owner = sent?.owner ?? { name: "", start: 0 }
    expect(ring.replace(owner)).toBe(true)
    // Somebody else has found it dead too.
    expect(ring.replace(owner)).toBe(true)
    const next = await ring.send(page)
    expect(next).toMatchObject({ url: "http://c", term: 1, owner: { name: "b", start: 1 } })
    expect(ring.replace(next?.owner ?? owner)).toBe(false)
  })

  it("does not go back to a dead one because somebody still names its address", async () => {
    const ring = new Ring(places("a"), ["http://c"])
    const sent = await ring.send("/x")
    ring.replace(sent?.owner ?? { name: "", start: 0 })
    sent?.done()
    ring.change(places("a", "b"), ["http://c", "http://a"])
    expect(ring.places).toEqual([
      { name: "a", url: "http://c" },
      { name: "b", url: "http://b" },
    ])
    // Whoever runs there again may follow the next one.
    expect(ring.standbys).toEqual(["http://a"])
  })

  it("takes one that has another address for another start", async () => {
    const ring = new Ring(places("a"), [])
    ring.change([{ name: "a", url: "http://elsewhere" }], [])
    expect(await ring.send("/x")).toMatchObject({ url: "http://elsewhere", term: 1 })
  })

  it("has nobody to ask when it has no members", async () => {
    const ring = new Ring(places("a"), [])
    ring.change([], [])
    expect(await ring.send("/x")).toBeUndefined()
  })
})
