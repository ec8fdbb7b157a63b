import { describe, expect, it } from "vitest"
import { Gate } from "../../src/net/gate.ts"

describe("a gate", () => {
  const make = () => {
    const happened: Array<string> = []
    const records = { gather: false }
    const gate = new Gate<string>(
      () => records.gather,
      (item) => happened.push(item),
    )
    return { gate, happened, records }
  }

  it("what waits for nothing happens at once", () => {
    const { gate, happened } = make()
    gate.pass("a")
    expect([happened, gate.waiting]).toStrictEqual([["a"], 0])
  })

  it("what comes after a record waits for that record's group", () => {
    const { gate, happened, records } = make()
    records.gather = true
    gate.pass("a")
    gate.writing()
    gate.pass("b")
    expect([happened, gate.waiting]).toStrictEqual([[], 2])
    gate.durable()
    expect([happened, gate.waiting]).toStrictEqual([["a"], 1])
    gate.writing()
    gate.durable()
    expect([happened, gate.waiting]).toStrictEqual([["a", "b"], 0])
  })

  it("what comes without a record waits for the group that is being written", () => {
    const { gate, happened, records } = make()
    records.gather = true
    gate.pass("a")
    gate.writing()
    records.gather = false
    gate.pass("b")
    expect(happened).toStrictEqual([])
    gate.durable()
    gate.pass("c")
    expect(happened).toStrictEqual(["a", "b", "c"])
  })
})
