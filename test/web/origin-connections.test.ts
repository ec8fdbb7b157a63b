import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { OriginConnections } from "../../src/web/origin-connections.ts"

const patienceMs = 100
beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Questions by name, each with the connection that it was put to, and how to end it. */
const asked = (most: number, pipelining: number) => {
  let opened = 0
  const open = () => opened++
  const connections = new OriginConnections({ open, most, pipelining, patienceMs })
  const put: Array<readonly [question: string, connection: number]> = []
  /** By question, and by question and connection. */
  const ends = new Map<string, () => void>()
  const ask = (question: string): void =>
    connections.ask((connection, over) => {
      put.push([question, connection])
      ends.set(`${question} ${connection}`, over).set(question, over)
    })
  /** It is over where it was put last, or on that connection. */
  const end = (question: string, on?: number): void =>
    ends.get(on === undefined ? question : `${question} ${on}`)?.()
  return { connections, put, ask, end }
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
  vi.useRealTimers()
  const { connections, put, ask, end } = asked(1, 1)
  ask("first")
  let over = 0
  for (let k = 0; k < 15_000; k++) {
    connections.ask((_, done) => {
      over++
      done()
    })
  }
  ask("last")
  expect(over).toBe(0)
  end("first")
  expect(over).toBe(15_000)
  expect(put).toEqual([
    ["first", 0],
    ["last", 0],
  ])
})

it("puts nothing behind a question that takes long, and again what is behind it", () => {
  const { put, ask, end } = asked(3, 4)
  for (const question of ["slow", "a", "b"]) ask(question)
  vi.advanceTimersByTime(patienceMs - 1)
  expect(put.splice(0).map(([, connection]) => connection)).toEqual([0, 0, 0])
  vi.advanceTimersByTime(1)
  // Nobody goes before any of them.
  expect(put.splice(0)).toEqual([
    ["a", 1],
    ["b", 2],
  ])
  ask("c")
  expect(put.splice(0)).toEqual([["c", 1]])
  for (const question of ["a", "b", "c"]) end(question)
  end("slow")
  ask("d")
  expect(put.splice(0)).toEqual([["d", 0]])
  vi.advanceTimersByTime(10 * patienceMs)
  // "a" is the first now. "b" behind it has been put again already, "d" has not.
  expect(put.splice(0)).toEqual([["d", 1]])
})

it("is patient with each first question from when it is the first", () => {
  const { put, ask, end } = asked(2, 3)
  for (const question of ["a", "b", "c"]) ask(question)
  for (const question of ["a", "b"]) {
    vi.advanceTimersByTime(patienceMs - 1)
    end(question)
  }
  expect(put.splice(0)).toHaveLength(3)
  end("c")
  vi.advanceTimersByTime(patienceMs - 1)
  for (const question of ["d", "e"]) ask(question)
  vi.advanceTimersByTime(patienceMs - 1)
  expect(put.splice(0)).toHaveLength(2)
  vi.advanceTimersByTime(1)
  expect(put).toEqual([["e", 1]])
})

it("puts a question again when a connection is free, unless it is over before", () => {
  const { put, ask, end } = asked(2, 2)
  for (const question of ["slow", "a", "slower", "b"]) ask(question)
  vi.advanceTimersByTime(patienceMs)
  ask("c")
  expect(put.splice(0)).toHaveLength(4)
  end("slow")
  end("a")
  // "a" needs no second turn; "b" has one before "c".
  expect(put.splice(0)).toEqual([["c", 0]])
  end("c")
  expect(put).toEqual([["b", 0]])
})
