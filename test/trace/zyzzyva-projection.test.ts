/** A full projection of Zyzzyva's states is all of them but signatures, and fits the format. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  fromFullClientProjection,
  fromFullProjection,
  fullClientProjection,
  fullProjection,
} from "../../src/core/zyzzyva/projection.ts"
import type { Config, State } from "../../src/core/zyzzyva/state.ts"
import { clientsDropLine, dropLine, replicaLine } from "../../src/core/zyzzyva/trace.ts"
import {
  ClientState as TracedClient,
  ReplicaInput,
  ReplicaState,
} from "../../src/core/zyzzyva/trace-event.ts"
import { misfit } from "../../src/core/trace-event.ts"
import { batchDigest, bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import { simulate } from "../../src/sim/simulate.ts"
import { scenarioOf } from "../../src/sim/swarm.ts"
import { clientConfigOf, ordinaryRun } from "./support/zyzzyva-run.ts"

const hashing = { batchDigest, checkpointDigest, hash: bytesDigest }
const replicaMisfit = misfit(ReplicaState)
const inputMisfit = misfit(ReplicaInput)
const clientMisfit = misfit(TracedClient)

interface Reached {
  readonly config: Config
  readonly state: State
  /** The line of the step that led there. */
  readonly line: string
}

/** States that drawn runs reach, with their view changes, restarts and checkpoints. */
const reached = (): ReadonlyArray<Reached> => {
  const all: Array<Reached> = []
  for (const seed of [3, 8]) {
    let n = 0
    simulate(scenarioOf(seed, "zyzzyva"), {
      hashing,
      spec: "0".repeat(64),
      write: () => undefined,
      inspectZyzzyva: ({ config, before, step, input }) => {
        const line = replicaLine(++n, before, step, input)
        all.push({ config, state: step.state, line })
      },
    })
  }
  return all
}

describe("the projection of a replica", () => {
  const all = reached()

  it("is of runs with view changes, certificates and checkpoints", () => {
    const seen = (what: (state: State) => boolean): boolean => all.some(({ state }) => what(state))
    expect(all.length).toBeGreaterThan(1000)
    expect(seen((s) => s.view > 0 && s.newView !== undefined)).toBe(true)
    expect(seen((s) => s.certificates.length > 0)).toBe(true)
    expect(seen((s) => s.stable.seq > 0)).toBe(true)
    expect(seen((s) => s.viewChanges.length > 0)).toBe(true)
  })

  it("fits the format, and gives back the state, as a gap in a trace needs it", () => {
    const one = fc.nat({ max: all.length - 1 }).map((k) => all[k] as Reached)
    fc.assert(
      fc.property(one, ({ config, state }) => {
        const { state: read } = JSON.parse(dropLine(7, 2, state)) as { readonly state: never }
        expect(replicaMisfit(read)).toBeUndefined()
        const back = fromFullProjection(config, read)
        expect(fullProjection(back)).toStrictEqual(fullProjection(state))
      }),
      { numRuns: 400 },
    )
  })

  it("is not that of another state", () => {
    const texts = new Map<string, State>()
    for (const { state } of all) texts.set(JSON.stringify(fullProjection(state)), state)
    expect(texts.size).toBeGreaterThan(500)
  })

  it("comes with an input that fits the format", () => {
    for (const { line } of all) {
      const { in: input } = JSON.parse(line) as { readonly in: never }
      expect(inputMisfit(input)).toBeUndefined()
    }
  })
})

describe("the projection of a client", () => {
  it("fits the format, and gives back the state", () => {
    const { clients } = ordinaryRun()
    const line = clientsDropLine(3, 1, new Map(clients.map((state, id) => [id, state])))
    const { state } = JSON.parse(line) as { readonly state: ReadonlyArray<{ client: number }> }
    expect(state.map(({ client }) => client)).toEqual(clients.map((_, id) => id))
    clients.forEach((client, id) => {
      const full = fullClientProjection(client)
      expect(clientMisfit(full)).toBeUndefined()
      const back = fromFullClientProjection(clientConfigOf(id), full)
      expect(fullClientProjection(back)).toStrictEqual(full)
    })
  })
})
