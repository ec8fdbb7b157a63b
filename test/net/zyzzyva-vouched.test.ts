/**
 * Clients of Zyzzyva whose requests verify at all replicas but one, while another one is gone: the
 * others vouch for them, so that good clients are answered, and the traces conform to the model.
 */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { withWrongSecret } from "../../bench/wrong-secret.ts"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { makeClientPool } from "../../src/net/client-pool.ts"
import { judged } from "./exercise.ts"
import { allConnected, eventually, put, says, started } from "./processes.ts"

const bad = { from: 2, to: 3 }
const sizes = { checkpointInterval: 4, logSize: 16, clients: 4 } as const
const words = { protocol: "zyzzyva", ...sizes, endpoints: [{ from: 0, to: 1 }, bad] } as const

describe("three of four replicas of Zyzzyva, at one of which some clients' requests fail", () => {
  it.live("answer the others", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.gen(function* () {
        const c = yield* started("vouched", words)
        yield* allConnected(c)
        yield* c.cluster.stop(2)
        const trace = { directory: `${c.directory}/traces`, run: "vouched", spec: "0".repeat(64) }
        const spoiling = yield* makeClientPool(withWrongSecret(c.config, 3), { ...bad, trace })
        // They hear two replicas, and so wait for ever: each asks once.
        for (let k = 0; k < 2; k++) {
          expect(spoiling.submitWith(put(`bad ${k}`, "1"), () => undefined, {})).toBe(true)
          const ordered = says(c, 0, ({ executed }) => executed > 2 * k)
          yield* eventually(`request ${k} of a bad client is ordered`, ordered)
          const result = yield* c.pool.submit(put(`good ${k}`, "1"))
          expect(decodeResult(result)).toStrictEqual({ _tag: "Done" })
        }
        expect((yield* c.cluster.status(3)).view).toBe(0)
        yield* Effect.forEach([0, 1, 3], (replica) => c.cluster.stop(replica), { discard: true })
        return c.directory
      }).pipe(Effect.scoped)
      const { verdict, texts } = yield* judged(directory)
      expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
      expect(texts.join("\n").split('"headers":true').length).toBeGreaterThan(2)
    }),
  )
})
