import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { InvariantBroken } from "../../src/core/assert.ts"
import * as ClientTable from "../../src/core/client-table.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { runs } from "../support/runs.ts"

const none: ClientTable.ClientEntry = { timestamp: 0, result: "" }

const writes = (size: number) =>
  fc.array(
    fc.record({
      client: fc.nat(size - 1),
      entry: fc.record({ timestamp: fc.integer({ min: 1, max: 9 }), result: fc.string() }),
    }),
  )

const sized = fc
  .integer({ min: 1, max: 100 })
  .chain((size) => fc.tuple(fc.constant(size), writes(size)))

describe("a client table", () => {
  it("holds the last entry of each client, and earlier tables stay as they were", () => {
    const law = fc.property(sized, ([size, all]) => {
      const plain = new Array<ClientTable.ClientEntry>(size).fill(none)
      let table = deepFreeze(ClientTable.make(size))
      const versions = [{ table, plain: plain.slice() }]
      for (const { client, entry } of all) {
        table = deepFreeze(ClientTable.set(table, client, entry))
        plain[client] = entry
        versions.push({ table, plain: plain.slice() })
      }
      for (const version of versions) {
        expect(ClientTable.entries(version.table)).toEqual(version.plain)
        const gotten = version.plain.map((_, client) => ClientTable.get(version.table, client))
        expect(gotten).toEqual(version.plain)
      }
    })
    fc.assert(law, runs(100))
  })

  it("comes back from its entries", () => {
    const law = fc.property(sized, ([size, all]) => {
      const table = all.reduce(
        (t, { client, entry }) => ClientTable.set(t, client, entry),
        ClientTable.make(size),
      )
      expect(ClientTable.fromEntries(ClientTable.entries(table))).toEqual(table)
    })
    fc.assert(law, runs(100))
  })

  it("knows the clients below its size and no other", () => {
    for (const size of [1, 31, 32, 33, 64]) {
      const table = ClientTable.make(size)
      expect([-1, 0, size - 1, size].map((c) => ClientTable.knows(table, c))).toEqual([
        false,
        true,
        true,
        false,
      ])
      expect(ClientTable.fromEntries(ClientTable.entries(table))).toEqual(table)
      expect(() => ClientTable.get(table, size)).toThrow(InvariantBroken)
      expect(() => ClientTable.set(table, -1, none)).toThrow(InvariantBroken)
    }
  })
})
