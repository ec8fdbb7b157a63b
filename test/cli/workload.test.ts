import { describe, expect, it, onTestFinished } from "vitest"
import { type KeyValueStore, NoAnswer, openHttpFront } from "../../src/cli/http-front.ts"
import { wrongReads } from "../../src/cli/register-check.ts"
import { startWorkload, type WorkloadResult } from "../../src/cli/workload.ts"
import { storeInMemory } from "./store-in-memory.ts"

interface Log {
  readonly lines: Array<string>
}

/** Notes what each client asks for, in its order. */
const noting = (store: KeyValueStore, log: Log): KeyValueStore => ({
  get: (key) => {
    log.lines.push(`get ${key}`)
    return store.get(key)
  },
  put: (key, value) => {
    log.lines.push(`put ${key} ${Buffer.from(value).toString()}`)
    return store.put(key, value)
  },
  remove: (key) => {
    log.lines.push(`remove ${key}`)
    return store.remove(key)
  },
})

const underLoad = async (
  store: KeyValueStore,
  changes: Partial<Parameters<typeof startWorkload>[0]> = {},
): Promise<WorkloadResult> => {
  const status = async () => ({})
  const front = await openHttpFront({ store, status, unhealthy: () => undefined, port: 0 })
  onTestFinished(() => front.close())
  const { port } = front
  const stop = new AbortController().signal
  return startWorkload({ port, clients: 5, seed: 1, durationMs: 250, stop, ...changes }).result
}

describe("the workload", () => {
  it("reads, writes and removes, and finds nothing wrong with a correct service", async () => {
    const result = await underLoad(storeInMemory(), { durationMs: 2_000 })
    expect(result.reads).toBeGreaterThan(10)
    expect(result.writes).toBeGreaterThan(10)
    expect(result.removals).toBeGreaterThan(1)
    expect(result.failures.size).toBe(0)
    expect(result.latencies).toHaveLength(result.reads + result.writes + result.removals)
    expect(result.observations).toHaveLength(result.latencies.length)
    const keys = new Set(result.observations.map(({ key }) => key.split("-")[0]))
    expect([...keys].toSorted()).toEqual(["own", "shared"])
    const found = result.observations.some(({ kind, value }) => kind === "read" && value)
    expect(found).toBe(true)
    expect(wrongReads(result.observations)).toEqual([])
  })

  it("finds a service wrong that now and then answers with an older value", async () => {
    const store = storeInMemory()
    const first = new Map<string, Uint8Array>()
    const stale: KeyValueStore = {
      ...store,
      get: async (key) => first.get(key) ?? (await store.get(key)),
      put: async (key, value) => {
        if (!first.has(key)) first.set(key, value)
        await store.put(key, value)
      },
    }
    const { observations } = await underLoad(stale)
    const wrong = wrongReads(observations)
    expect(wrong.length).toBeGreaterThan(0)
    expect(wrong[0]?.reason).toMatch(/had been overwritten/)
  })

  it("finds a service wrong that loses writes, or mixes up keys", async () => {
    const losing: KeyValueStore = { ...storeInMemory(), put: async () => undefined }
    const lost = wrongReads((await underLoad(losing)).observations)
    expect(lost.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/^no value/))
    const store = storeInMemory()
    const mixing: KeyValueStore = { ...store, get: () => store.get("own-0-0") }
    const mixed = wrongReads((await underLoad(mixing)).observations)
    expect(mixed.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/never written/))
  })

  it("counts requests without an answer, and blames nobody for their writes", async () => {
    let asked = 0
    const failing = storeInMemory(async () => {
      if (asked++ % 10 === 9) throw new NoAnswer({ afterMs: 1 })
    })
    const result = await underLoad(failing, { durationMs: 700 })
    expect([...result.failures.keys()]).toEqual(["504"])
    expect(result.observations.some(({ endedAt }) => endedAt === Infinity)).toBe(true)
    expect(wrongReads(result.observations)).toEqual([])
  })

  it("asks the same again with the same seed, and something else with another", async () => {
    const asked = async (seed: number): Promise<ReadonlyArray<string>> => {
      const log: Log = { lines: [] }
      await underLoad(noting(storeInMemory(), log), { seed, clients: 1, durationMs: 150 })
      return log.lines.slice(0, 20)
    }
    const first = await asked(7)
    expect(first).toHaveLength(20)
    expect(await asked(7)).toEqual(first)
    expect(await asked(8)).not.toEqual(first)
  })

  it("stops early when it is told to, with what it has seen", async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 100)
    const result = await underLoad(storeInMemory(), { durationMs: 60_000, stop: abort.signal })
    expect(result.latencies.length).toBeGreaterThan(0)
    expect(result.elapsedMs).toBeLessThan(60_000)
  })
})
