import { expect, it } from "vitest"
import { OriginConnections } from "../../src/web/origin-connections.ts"

/** Questions by name, each with the connection that it was put to, and how to end it. */
const asked = (most: number, pipelining: number) => {
  let opened = 0
  const connections = new OriginConnections({ open: () => opened++, most, pipelining })
  const put: Array<readonly [question: string, connection: number]> = []
  const ends = new Map<string, () => void>()
  const ask = (question: string): void =>
    connections.ask((connection, over) => {
      put.push([question, connection])
      ends.set(question, over)
    })
  return { connections, put, ask, end: (question: string) => ends.get(question)?.() }
}

it("fills a connection before it opens another, and puts the rest in their order", () => {
  const { connections, put, ask, end } = asked(2, 2)
  for (const question of ["a", "b", "c", "d", "e", "f"]) ask(question)
  const full = [
    ["a", 0],
    ["b", 0],
    ["c", 1],
    ["d", 1],
  ]
  expect(put).toEqual(full)
  end("c")
  expect(put).toEqual([...full, ["e", 1]])
  end("a")
  end("b")
  ask("g")
  expect(put).toEqual([...full, ["e", 1], ["f", 0], ["g", 0]])
  expect(connections.opened).toEqual([0, 1])
})

it("goes on when questions are over as soon as they are put, however many", () => {
  const { connections, put, ask, end } = asked(1, 1)
  ask("first")
  let over = 0
  for (let k = 0; k < 50_000; k++) {
    connections.ask((_, done) => {
      over++
      done()
    })
  }
  ask("last")
  expect(over).toBe(0)
  end("first")
  expect(over).toBe(50_000)
  expect(put).toEqual([
    ["first", 0],
    ["last", 0],
  ])
})
