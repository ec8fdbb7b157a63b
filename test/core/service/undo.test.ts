/** What was executed tentatively is taken back exactly, by each service and by snapshots. */
import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keyValueService } from "../../../src/core/service/key-value.ts"
import { encodeOperation } from "../../../src/core/service/key-value-operation.ts"
import { nullService } from "../../../src/core/service/null.ts"
import type { Service } from "../../../src/core/service/service.ts"
import { treeOf } from "../../../src/core/service/text-tree.ts"
import { undoBySnapshot } from "../../../src/core/service/undo-by-snapshot.ts"

const hash = (bytes: string): string => createHash("sha256").update(bytes, "latin1").digest("hex")
const undoable = 4

const services: ReadonlyArray<readonly [string, () => Service]> = [
  ["the key-value service", () => keyValueService(hash, undoable)],
  ["the null service", () => nullService(hash)],
  ["a service by snapshots", () => undoBySnapshot(keyValueService(hash), undoable)],
]

const key = fc.constantFrom("a", "b", "c")
const operation = fc.oneof(
  fc.tuple(key, fc.constantFrom("1", "2")).map(([k, value]) => {
    return encodeOperation({ _tag: "Put", key: k, value })
  }),
  key.map((k) => encodeOperation({ _tag: "Delete", key: k })),
  key.map((k) => encodeOperation({ _tag: "Get", key: k })),
  fc.constant("nonsense"),
)

describe.each(services)("%s", (_, make) => {
  it("is after taking back as it was before, and goes on from there", () => {
    const runs = fc.tuple(
      fc.array(operation, { maxLength: 6 }),
      fc.array(operation, { maxLength: undoable }),
      fc.array(operation, { maxLength: 6 }),
    )
    fc.assert(
      fc.property(runs, ([settled, tentative, later]) => {
        const service = make()
        const other = make()
        for (const o of settled) expect(service.execute(o)).toBe(other.execute(o))
        for (const o of tentative) service.execute(o)
        service.undo(tentative.filter((o) => !service.isRead(o)).length)
        expect(service.digest()).toBe(other.digest())
        expect(service.snapshot()).toBe(other.snapshot())
        for (const o of later) expect(service.execute(o)).toBe(other.execute(o))
        expect(service.digest()).toBe(other.digest())
      }),
    )
  })

  it("gives every state a tree whose root is its digest", () => {
    const service = make()
    for (const k of ["a", "b"]) service.execute(encodeOperation({ _tag: "Put", key: k, value: k }))
    expect(service.tree().digest).toBe(service.digest())
  })
})

describe("taking back", () => {
  it("does not count reads, however many there are in between", () => {
    for (const make of services.map(([, make]) => make)) {
      const [service, other] = [make(), make()]
      const read = encodeOperation({ _tag: "Get", key: "a" })
      service.execute(encodeOperation({ _tag: "Put", key: "a", value: "1" }))
      for (let k = 0; k < 3 * undoable; k++) if (service.isRead(read)) service.execute(read)
      service.undo(1)
      expect(service.snapshot()).toBe(other.snapshot())
    }
  })

  it("more than is remembered stops the replica, and so does what a restore has replaced", () => {
    const make = () => undoBySnapshot(keyValueService(hash), undoable)
    const service = make()
    const put = encodeOperation({ _tag: "Put", key: "a", value: "1" })
    for (let k = 0; k < 6; k++) service.execute(put)
    expect(() => service.undo(5)).toThrow("what is taken back is remembered")
    const restored = make()
    restored.execute(put)
    expect(restored.restore(service.snapshot())).toBe(true)
    expect(() => restored.undo(1)).toThrow("what is taken back is remembered")
    expect(restored.restore("no snapshot")).toBe(false)
    expect(() => keyValueService(hash).undo(1)).toThrow("what is taken back is remembered")
  })

  it("the null service reads nothing; a text without structure is one tree", () => {
    expect(nullService(hash).isRead("")).toBe(false)
    expect(treeOf(hash, "x".repeat(100_000)).digest).not.toBe(treeOf(hash, "x").digest)
  })
})
