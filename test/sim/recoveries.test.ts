/** Recoveries and new keys of drawn runs. */
import { describe, expect, it } from "vitest"
import { groupOf } from "../../src/core/quorum.ts"
import { faultyReplicas, tooManyFaulty } from "../../src/sim/faulty.ts"
import type { Crash, Scenario } from "../../src/sim/scenario.ts"
import { scenarioOf } from "../../src/sim/swarm.ts"
import { quiet, simulated } from "./runs.ts"

const crashes = ({ faults }: Scenario): ReadonlyArray<Crash> =>
  faults.flatMap((fault) => (fault._tag === "Crash" ? [fault] : []))

const isInTurn = ({ byzantine }: Scenario): boolean =>
  byzantine.some(({ since }) => since !== undefined)

const drawn = Array.from({ length: 300 }, (_, k) => scenarioOf(k + 1))

describe("drawn recoveries", () => {
  it("leave no more than f replicas faulty or on their way back", () => {
    const alone = drawn.filter((s) => !isInTurn(s))
    const recovering = alone.filter((s) => crashes(s).some((c) => c.recovered === true))
    expect(recovering.length).toBeGreaterThan(30)
    for (const scenario of recovering) {
      const away = crashes(scenario).filter((c) => c.recovered === true || c.wiped === true)
      const all = new Set([...faultyReplicas(scenario), ...away.map((c) => c.replica)])
      expect(all.size, scenario.about).toBeLessThanOrEqual(groupOf(scenario.cluster.n).f)
      expect(scenario.cluster.recovery).toBe(true)
    }
  })

  it("have another lie when one that lied is back, now and then: f at any time", () => {
    const turns = drawn.filter(isInTurn)
    expect(turns.length).toBeGreaterThan(5)
    for (const scenario of turns) {
      const { byzantine, cluster } = scenario
      expect(tooManyFaulty(scenario)).toBe(false)
      expect(byzantine).toHaveLength(groupOf(cluster.n).f + 1)
      expect(crashes(scenario).map((c) => [c.replica, c.recovered])).toEqual([
        [byzantine[0]?.replica, true],
      ])
    }
  })

  it("come with new keys now and then, and keys change only where they may", () => {
    const rekeyed = drawn.filter(({ faults }) => faults.some((f) => f._tag === "Rekey"))
    expect(rekeyed.length).toBeGreaterThan(30)
    expect(rekeyed.every(({ cluster }) => cluster.newKeys === true)).toBe(true)
  })
})

describe("a replica that is recovered", () => {
  const long = { calmAtMs: 1_500, endMs: 61_500 }
  const recovered: Crash = {
    _tag: "Crash",
    replica: 1,
    atMs: 500,
    forMs: 20,
    tail: "clean",
    recovered: true,
  }

  it("comes back with its disk, though nobody asks for anything any more", async () => {
    const run = await simulated(quiet({ ...long, faults: [recovered] }, { recovery: true }))
    expect(run.failure).toBeNull()
    expect(run.outcome.actionsBy).toMatchObject({ "r1 Recover": 1 })
  })

  it("does so though the primary stops meanwhile: the others wait for that", async () => {
    const gone: Crash = { ...recovered, replica: 0, atMs: 530, forMs: null, recovered: false }
    const run = await simulated(quiet({ ...long, faults: [recovered, gone] }, { recovery: true }))
    expect(run.failure).toBeNull()
    expect(run.outcome.actions["Timeout"]).toBeGreaterThan(0)
  })

  it("comes back as without a disk where its new disk was still empty", async () => {
    const lost: Crash = { ...recovered, recovered: false, wiped: true }
    const again: Crash = { ...recovered, atMs: 560, tail: "lost" }
    const over = { ...long, faults: [lost, again], syncMs: [100, 100] as const }
    const run = await simulated(quiet(over, { recovery: true }))
    expect(run.failure).toBeNull()
    expect(run.outcome.actionsBy).toMatchObject({ "r1 Rejoin": 2 })
    expect(run.outcome.actionsBy["r1 Recover"]).toBeUndefined()
  })

  it("is heard under a new key by all others, where keys change", async () => {
    const cluster = { recovery: true, newKeys: true }
    const run = await simulated(quiet({ ...long, faults: [recovered] }, cluster))
    expect(run.failure).toBeNull()
    expect(run.outcome.actionsBy).toMatchObject({ "r0 ChangeKey": 1, "r2 ChangeKey": 1 })
    expect(run.outcome.actionsBy["r1 ChangeKey"]).toBeUndefined()
  })
})
