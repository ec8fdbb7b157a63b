/** Lines that are no history are refused, with the cause. */
import { expect, test } from "vitest"
import { registerCalls, sketched } from "../../bench/ideal-sketcher.ts"
import { album, keyValue, type Model, register } from "../../src/consistency/model.ts"
import { HistoryReader } from "../../src/consistency/reader.ts"
import { historyLine } from "../../src/consistency/writer.ts"

const read = { process: 1, f: "read", key: "x", value: null }
const begin = { index: 0, time: 1, type: "invoke", ...read }
const end = { index: 1, time: 2, type: "ok", ...read }

/** The first refusal of these lines, and the number of its line. */
const refused = (lines: ReadonlyArray<object | string>, model: Model = register) => {
  const reader = new HistoryReader(model)
  for (const line of lines) {
    const event = reader.next(typeof line === "string" ? line : JSON.stringify(line))
    if ("bad" in event) return `${event.line}: ${event.bad}`
  }
  return undefined
}

test("what is a history is none of it refused", () => {
  expect(refused([begin, { ...end, path: "fast" }])).toBeUndefined()
  expect(
    refused([begin, { ...end, type: "info" }, { ...begin, index: 4, time: 5, process: "1" }]),
  ).toBe(undefined)
})

test.each([
  ["", "it is no JSON"],
  ["[]", "it is JSON and no object"],
  [{ ...begin, index: -1 }, "index must be a whole number"],
  [{ ...begin, time: "1" }, "time must be a whole number of nanoseconds"],
  [{ ...begin, process: null }, "process must be a text or a number"],
  [{ ...begin, type: "done" }, "type must be one of invoke, ok, fail, info"],
  [{ ...begin, f: "get" }, 'f must be "read" or "write"'],
  [{ ...begin, key: undefined }, "key must be a text or a number"],
  [{ ...begin, f: "write", value: undefined }, "a write needs its value"],
  [{ ...begin, value: 1 }, "a read has a value on its ok line alone"],
  [{ ...begin, path: "fast" }, "path stands on the ok line of a read alone"],
  [end, "process 1 has nothing under way"],
])("%j: %s", (line, why) => {
  expect(refused([line])).toBe(`1: ${why}`)
})

test.each([
  [[begin, { ...end, index: 0 }], "2: index 0 does not grow: the one before is 0"],
  [[begin, { ...end, time: 1 }], "2: time does not grow"],
  [
    [begin, { ...begin, index: 1, time: 2 }],
    "2: process 1 has an operation under way since line 1",
  ],
  [[begin, { ...end, key: "y" }], "2: it ends another operation than process 1 began in line 1"],
  [[begin, { ...end, value: undefined }], "2: the ok of a read needs the value that it returned"],
  [
    [begin, { ...end, path: "slow" }],
    '2: path is "replicated" or "fast", on the ok line of a read alone',
  ],
  [
    [begin, { ...end, type: "info" }, { ...begin, index: 2, time: 3 }],
    "3: process 1 is used again after an info",
  ],
])("%j: %s", (lines, why) => {
  expect(refused(lines)).toBe(why)
})

test("nanoseconds that differ in the last digit alone are told from each other", () => {
  const at = (index: number, time: string) =>
    JSON.stringify({ ...begin, index, process: index }).replace('"time":1,', `"time":${time},`)
  const [first, second] = ["1790000000000000001", "1790000000000000002"]
  expect(refused([at(0, first), at(1, second)])).toBeUndefined()
  expect(refused([at(0, second), at(1, first)])).toBe("2: time does not grow")
  expect(refused([at(0, first), at(1, first)])).toBe("2: time does not grow")
})

test("an operation that the model does not have is refused", () => {
  const line = { index: 0, time: 1, process: 1, type: "invoke", object: "a", request: "r" }
  expect(refused([{ ...line, op: { view: "bob" } }], album)).toBeUndefined()
  expect(refused([{ ...line, op: { see: "bob" } }], album)).toMatch(/^1: an operation of an album/)
  expect(refused([{ ...line, op: ["put", "k"] }], keyValue)).toMatch(/^1: an operation is \["get"/)
  expect(refused([{ ...line, object: undefined, op: ["get", "k"] }], keyValue)).toMatch(
    /^1: object/,
  )
})

test("what is written is read again as it was", () => {
  const ask = registerCalls(60, 5, 3)
  const events = sketched({
    model: register,
    seed: 3,
    clients: 4,
    calls: 60,
    ask,
    lost: 10,
    untold: 30,
    sketches: true,
  })
  const reader = new HistoryReader(register)
  for (const [k, event] of events.entries()) {
    expect(reader.next(historyLine(event, k + 1, register))).toEqual(event)
  }
  expect(reader.lines).toBe(events.length)
})
