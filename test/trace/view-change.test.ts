/** Runs that change their view, as recorded: what conforms, who is named, what is rejected. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { State } from "../../src/core/pbft/state.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { lostDurable } from "../../src/trace-check/durability.ts"
import type { ReplicaEvent, StepEvent } from "../../src/trace-check/event.ts"
import { Rejection } from "../../src/trace-check/finding.ts"
import { Monitor } from "../../src/trace-check/monitor.ts"
import { exitCodeOf, type Verdict } from "../../src/trace-check/verdict.ts"
import { digests } from "./support/digests.ts"
import {
  disordered,
  forgedInside,
  inventedBatch,
  silent,
  twoNewViews,
  twoViewChanges,
} from "./support/liars.ts"
import { type RunOptions, recordRun } from "./support/recorded-run.ts"
import { sourcesOf } from "./support/sources.ts"

type Options = Omit<RunOptions, "write">

const check = (options: Options): Promise<Verdict> =>
  checkTraces(sourcesOf(recordRun(options)), { digests })

const changing = {
  clients: 3,
  requests: 5,
  timeouts: 0.02,
  duplicates: 0.05,
  viewTimeouts: { chance: 0.05, many: 8 },
}

/** How often the actions were taken over some runs. */
const actionsOf = (verdicts: ReadonlyArray<Verdict>): ReadonlyMap<string, number> => {
  const all = new Map<string, number>()
  for (const verdict of verdicts) {
    if (!("statistics" in verdict)) continue
    for (const [action, n] of Object.entries(verdict.statistics.actions)) {
      all.set(action, (all.get(action) ?? 0) + n)
    }
  }
  return all
}

const many = async (count: number, options: (seed: number) => Omit<Options, "seed">) => {
  const verdicts: Array<Verdict> = []
  for (let seed = 0; seed < count; seed++) verdicts.push(await check({ ...options(seed), seed }))
  return verdicts
}

describe("what correct processes record conforms", () => {
  test("through several views, whenever timers fire", async () => {
    const runs = fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        n: fc.constantFrom(4, 7),
        clients: fc.integer({ min: 1, max: 5 }),
        requests: fc.integer({ min: 1, max: 5 }),
        checkpointInterval: fc.constantFrom(1, 2, 4),
        maxBatch: fc.integer({ min: 1, max: 3 }),
        duplicates: fc.constantFrom(0, 0.1),
        viewTimeouts: fc.record({
          chance: fc.constantFrom(0.01, 0.1, 0.5),
          many: fc.integer({ min: 1, max: 20 }),
        }),
      }),
      async ({ checkpointInterval, ...options }) => {
        const logSize = 2 * checkpointInterval
        const verdict = await check({ ...changing, ...options, checkpointInterval, logSize })
        expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
      },
    )
    await fc.assert(runs, { numRuns: 25 })
  })

  test("and all that it can do is in these runs", async () => {
    const verdicts = await many(20, () => changing)
    const actions = actionsOf(verdicts)
    const views = ["Timeout", "RecvViewChange", "SendNewView", "RecvNewView", "EnterView"]
    for (const action of [...views, "RecvFetchBatch", "RecvBatch"]) {
      expect(actions.get(action) ?? 0, action).toBeGreaterThan(5)
    }
    for (const why of ["OldTimer", "OldView", "OldViewChange", "HasNewView", "NotActive"]) {
      expect(actions.get(`Ignore:${why}`) ?? 0, why).toBeGreaterThan(0)
    }
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ statistics: { unchecked: 0, uncompared: 0 } })
    }
  })

  test.each(["in-process", "clean", "killed"] as const)(
    "over a restart in the middle of a view change: %s",
    async (how) => {
      const verdicts = await many(16, (seed) => {
        const restart = { replica: seed % 4, at: seed % 3, changing: true, how }
        return { ...changing, restart }
      })
      // After a kill nobody knows what happened before the restart: that is a gap.
      const gaps = verdicts.filter(({ _tag }) => _tag === "Gap").length
      const conforming = verdicts.filter(({ _tag }) => _tag === "Conforms").length
      expect(gaps + conforming).toBe(verdicts.length)
      const restarts = actionsOf(verdicts).get("Restart") ?? 0
      expect(how === "killed" ? gaps : restarts).toBeGreaterThan(8)
      expect(how === "killed" ? restarts : gaps).toBe(0)
    },
  )

  test("with steps missing, wherever they are", async () => {
    const verdicts = await many(30, (seed) => {
      const drop = { node: seed % 5 === 4 ? ("clients" as const) : seed % 4, from: 20, many: 30 }
      return { ...changing, drop }
    })
    for (const verdict of verdicts) expect(exitCodeOf(verdict)).toBe(3)
    const unchecked = verdicts.map((v) => ("statistics" in v ? v.statistics.unchecked : 0))
    expect(Math.max(...unchecked)).toBeGreaterThan(0)
  })
})

describe("replicas without a trace", () => {
  test("may be primaries that say nothing: the others go on without them", async () => {
    const options = { ...changing, untraced: [0], byzantine: silent }
    const verdicts = await many(8, () => options)
    for (const verdict of verdicts) expect(verdict).toMatchObject({ _tag: "Conforms" })
    const executed = verdicts.map((v) => ("statistics" in v ? v.statistics.requests : 0))
    expect(Math.max(...executed)).toBe(15)
  })

  const kindsOf = async (untraced: number, byzantine: RunOptions["byzantine"]) => {
    const options = { ...changing, untraced: [untraced], ...(byzantine && { byzantine }) }
    const kinds = new Map<string, string>()
    for (const verdict of await many(25, () => options)) {
      if (verdict._tag !== "Conforms") throw new Error(JSON.stringify(verdict))
      for (const { kind, process, message, places } of verdict.misbehaviours) {
        expect(process).toBe(`replica ${untraced}`)
        expect(places.every(({ line }) => line > 1)).toBe(true)
        kinds.set(kind, message)
      }
    }
    return kinds
  }

  test("are not named when they are correct", async () => {
    expect([...(await kindsOf(1, undefined)).keys()]).toEqual([])
  })

  test("are named for two NEW-VIEWs, and for one that its VIEW-CHANGEs do not allow", async () => {
    const kinds = await kindsOf(1, twoNewViews)
    expect([...kinds.keys()].sort()).toEqual(["TwoNewViews", "UnjustifiedNewView"])
    expect(kinds.get("TwoNewViews")).toMatch(/^sent two NewView messages for view \d+ that differ$/)
    expect(kinds.get("UnjustifiedNewView")).toMatch(/^sent a NewView for view \d+ that its View/)
  })

  test("are named for two VIEW-CHANGEs, also when another one shows the second", async () => {
    const kinds = await kindsOf(3, twoViewChanges)
    expect([...kinds.keys()]).toEqual(["TwoViewChanges"])
  })

  test("are named for a NEW-VIEW with its VIEW-CHANGEs in another order", async () => {
    expect([...(await kindsOf(1, disordered)).keys()]).toContain("UnjustifiedNewView")
  })

  // As primary it shows its VIEW-CHANGE as it is: beside the invented one it is a second story.
  test("may claim what they like: nobody believes one alone", async () => {
    expect([...(await kindsOf(3, inventedBatch)).keys()]).toEqual(["TwoViewChanges"])
  })

  test("cannot show a VIEW-CHANGE that a traced one never wrote", async () => {
    const options = { ...changing, untraced: [1], byzantine: forgedInside }
    const found = new Set<string>()
    for (const verdict of await many(25, () => options)) {
      if (verdict._tag !== "Rejected") continue
      const { rule, field, found: what } = verdict.finding
      found.add(`${rule} ${field?.replace(/\d/, "k")}`)
      expect(what).toMatch(/^ViewChange of replica 2 for view \d+ with this content$/)
    }
    expect([...found]).toEqual(["NotSent in.changes[k]"])
  })
})

describe("checked apart from the model", () => {
  const stepsOf = async (seed: number): Promise<ReadonlyArray<ReplicaEvent>> => {
    const events: Array<ReplicaEvent> = []
    const before = (_index: number, event: StepEvent) => {
      if (event._tag === "ReplicaStep") events.push(event)
    }
    const observer = { before, gap: () => undefined }
    await checkTraces(sourcesOf(recordRun({ ...changing, seed })), { digests, observer })
    return events
  }

  const monitorOf = (): Monitor => {
    const replicas = new Map([0, 1, 2, 3].map((r) => [r, `replica ${r}`] as const))
    const traced = { group: { n: 4, f: 1, quorum: 3 }, replicas, clients: new Map() }
    const misbehaved = (): void => undefined
    const { resultDigest } = digests
    return new Monitor({ traced, configs: new Map(), logSize: 4, misbehaved, resultDigest })
  }

  test.each(["Timeout", "SendNewView"] as const)(
    "a traced replica tells one story of a view: %s",
    async (action) => {
      const event = (await stepsOf(2)).find(({ step }) => step.action === action)
      if (event === undefined) throw new Error("the run has one")
      const monitor = monitorOf()
      monitor.take(event)
      monitor.take(event)
      const effects = event.step.effects.map((e) =>
        e._tag === "Broadcast" && (e.message._tag === "ViewChange" || e.message._tag === "NewView")
          ? { ...e, message: other(e.message) }
          : e,
      )
      const again = { ...event, step: { ...event.step, effects } }
      expect(() => monitor.take(again)).toThrow(Rejection)
      expect(() => monitor.take(again)).toThrow(/^another (ViewChange|NewView) for view \d+ than/)
    },
  )

  const other = <M extends { readonly _tag: "ViewChange" | "NewView" }>(m: M): M =>
    m._tag === "ViewChange" ? { ...m, low: 2 } : { ...m, chosen: [{ seq: 9, digest: "d" }] }

  test("what is durable in a view change must still be there", async () => {
    const states = (await stepsOf(2)).map(({ replica, step }) => ({ replica, state: step.state }))
    const at = (accept: (s: State) => boolean) => {
      const found = states.find(({ state }) => accept(state))
      if (found === undefined) throw new Error("the run has no such state")
      return found
    }
    const own = ({ replica, state }: (typeof states)[number]) =>
      state.viewChanges.some((m) => m.replica === replica)
    const left = states.find((s) => !s.state.active && s.state.pset.length > 0 && own(s))
    if (left === undefined) throw new Error("a replica left a view")
    const lostIn = (change: Partial<State>, from = left): string | undefined => {
      const after = { ...from.state, ...change }
      return lostDurable(from.replica, { before: from.state, after, starts: true })?.field
    }
    const seq = left.state.pset[0]?.seq
    expect(lostIn({})).toBeUndefined()
    expect(lostIn({ fetched: [], queue: [] })).toBeUndefined()
    expect(lostIn({ view: 0 })).toBe("view")
    expect(lostIn({ pset: [] })).toBe(`pset at ${seq}`)
    expect(lostIn({ qset: [] })).toBe(`qset at ${seq}`)
    expect(lostIn({ viewChanges: [] })).toBe("viewChanges")
    const deeper = left.state.view + 1
    expect(lostIn({ view: deeper, viewChanges: [] })).toBeUndefined()
    expect(lostIn({ view: deeper, pset: [] })).toBe(`pset at ${seq}`)
    const entering = at((s) => !s.active && s.newView !== undefined)
    expect(lostIn({ newView: undefined }, entering)).toBe("newView")
    const entered = at((s) => s.active && s.view > 0)
    expect(lostIn({ active: false }, entered)).toBe("active")
  })
})
