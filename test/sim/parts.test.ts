/** The parts of the simulator, each by itself. */
import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Message } from "../../src/core/pbft/message.ts"
import type { DurableRecord } from "../../src/core/pbft/state.ts"
import { authenticatorFor, verifies } from "../../src/sim/authenticators.ts"
import { init, type Input } from "../../src/core/pbft/state.ts"
import * as digests from "../../src/net/digests.ts"
import { Disk, recordKey } from "../../src/sim/disk.ts"
import { placeOf } from "../../src/sim/durable-place.ts"
import { EarlyMessages } from "../../src/sim/early-messages.ts"
import { EventQueue } from "../../src/sim/event-queue.ts"
import { fuzzed } from "../../src/sim/fuzz.ts"
import { isAmong } from "../../src/sim/message-name.ts"
import { earlyPlace } from "../../src/sim/messages.ts"
import { microseconds, Network } from "../../src/sim/network.ts"
import { operationBytes, operationText, parseOperation } from "../../src/sim/operation.ts"
import { Random } from "../../src/sim/random.ts"
import { replicaConfig } from "../../src/sim/run-config.ts"
import { Timers } from "../../src/sim/timers.ts"
import { fromSchema } from "../support/bridge.ts"
import { quiet } from "./runs.ts"

describe("the generator", () => {
  it("repeats itself, by seed and by name", () => {
    const draws = (seed: number, name: string) => {
      const random = new Random(seed, name)
      return Array.from({ length: 50 }, () => random.next())
    }
    expect(draws(7, "a")).toEqual(draws(7, "a"))
    expect(draws(7, "a")).not.toEqual(draws(7, "b"))
    expect(draws(7, "a")).not.toEqual(draws(8, "a"))
    expect(draws(7, "a")).not.toEqual(draws(7 + 2 ** 32, "a"))
  })

  it("draws every number of a range about equally often; seeds differ at once", () => {
    const random = new Random(3)
    const tally = new Array<number>(10).fill(0)
    for (let k = 0; k < 10_000; k++) {
      const drawn = random.below(10)
      tally[drawn] = (tally[drawn] ?? 0) + 1
    }
    for (const count of tally) {
      expect(count).toBeGreaterThan(850)
      expect(count).toBeLessThan(1150)
    }
    const first = new Set(Array.from({ length: 1000 }, (_, seed) => new Random(seed).next()))
    expect(first.size).toBe(1000)
  })

  it("samples without repeating, and chances of 0 and 1 are certain", () => {
    const random = new Random(5)
    const all = [1, 2, 3, 4, 5]
    expect(random.sample(all, 5).toSorted()).toEqual(all)
    expect(random.sample(all, 9)).toHaveLength(5)
    expect(random.some(all, 0)).toEqual([])
    expect(random.some(all, 1)).toEqual(all)
  })
})

describe("the queue", () => {
  it("gives things in order of time, then of asking", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const queue = new EventQueue<number>()
        times.forEach((at, k) => queue.push(at, k))
        const popped = times.map(() => queue.pop())
        const expected = times
          .map((at, what) => ({ at, what }))
          .toSorted((a, b) => a.at - b.at || a.what - b.what)
        expect(popped.map((e) => ({ at: e?.at, what: e?.what }))).toEqual(expected)
        expect(queue.pop()).toBeUndefined()
      }),
    )
  })
})

const record = (seq: number): DurableRecord => ({ _tag: "Prepared", view: 0, seq, digest: "d" })

const written = (tail: "lost" | "torn" | "whole" | "clean", seed = 1): ReadonlyArray<number> => {
  const disk = new Disk<DurableRecord>(placeOf)
  disk.append(record(1))
  disk.startWriting()
  disk.written()
  for (const seq of [2, 3, 4]) disk.append(record(seq))
  disk.startWriting()
  disk.append(record(5))
  const kept = disk.crash(tail, new Random(seed))
  expect(disk.durable).toHaveLength(kept + 1)
  expect(disk.holds(recordKey("Prepared", { view: 0, seq: 5, content: "d" }))).toBe(
    tail === "clean",
  )
  return disk.durable.flatMap((r) => ("seq" in r ? [r.seq] : []))
}

describe("the disk", () => {
  it("keeps what was durable; of what was being written none, some or all; never what was not", () => {
    expect(written("lost")).toEqual([1])
    expect(written("whole")).toEqual([1, 2, 3, 4])
    expect(written("clean")).toEqual([1, 2, 3, 4, 5])
    const torn = Array.from({ length: 40 }, (_, seed) => written("torn", seed))
    for (const left of torn) expect([1, 2, 3, 4].slice(0, left.length)).toEqual(left)
    expect(new Set(torn.map((left) => left.length))).toEqual(new Set([1, 2, 3, 4]))
  })
})

describe("authenticators", () => {
  const request = { client: 1, timestamp: 2, operation: "x" }
  const authenticator = authenticatorFor(request, [0, 2])

  it("verify where they were made for, and for what", () => {
    const at = [0, 1, 2, 3].map((replica) => verifies({ ...request, authenticator }, replica))
    expect(at).toEqual([true, false, true, false])
    expect(verifies({ ...request, operation: "y", authenticator }, 0)).toBe(false)
    expect(verifies({ ...request, client: 3, authenticator }, 0)).toBe(false)
    expect(verifies({ ...request, authenticator: "" }, 0)).toBe(false)
  })
})

describe("fuzz", () => {
  it("gives well-formed messages and never changes who says something", () => {
    const accepts = Schema.is(Message)
    const changes = new Set<string>()
    fc.assert(
      fc.property(fromSchema(Message), fc.nat(), (message, seed) => {
        const changed = fuzzed(message, new Random(seed), "unknown")
        expect(accepts(changed)).toBe(true)
        expect(changed._tag).toBe(message._tag)
        if ("replica" in message) expect(changed).toMatchObject({ replica: message.replica })
        for (const [field, value] of Object.entries(changed)) {
          const before = (message as Readonly<Record<string, unknown>>)[field]
          if (JSON.stringify(before) !== JSON.stringify(value)) changes.add(field)
        }
      }),
      { numRuns: 600 },
    )
    for (const field of ["view", "seq", "digest", "batch", "timestamp", "operation"]) {
      expect(changes).toContain(field)
    }
    expect(changes).not.toContain("authenticator")
  })

  it("leaves another process's message inside of a message alone, but may leave it out", () => {
    const proof = { _tag: "Prepare", view: 1, seq: 2, digest: "d", replica: 3 }
    const message = { _tag: "NewThing", proofs: [proof], view: 4, replica: 0 }
    for (let seed = 0; seed < 200; seed++) {
      const changed = fuzzed(message as never, new Random(seed), "unknown") as typeof message
      for (const inside of changed.proofs) expect(inside).toEqual(proof)
    }
  })
})

describe("the network", () => {
  const link = { from: "r0", to: "r1", name: "Commit v0 n1" }
  const noisy = quiet({
    noise: { delayMs: [1, 9], loss: 0.3, duplicate: 0.3, late: 0.3, lateMs: 100 },
  })
  const sent = (network: Network, count: number) =>
    Array.from({ length: count }, () => network.delays(0, link))

  it("draws by seed, link, name and number, and by nothing else", () => {
    const alone = sent(new Network(noisy), 30)
    const busy = new Network(noisy)
    busy.delays(0, { ...link, to: "r2" })
    busy.delays(0, { ...link, name: "Commit v0 n2" })
    expect(sent(busy, 30)).toEqual(alone)
    expect(sent(new Network({ ...noisy, seed: 2 }), 30)).not.toEqual(alone)
  })

  it("says what it did as fates, which do the same without noise", () => {
    const network = new Network(noisy)
    const drawn = sent(network, 60)
    const { lost, duplicated, late } = network.counts
    expect(lost).toBeGreaterThan(0)
    expect(duplicated).toBeGreaterThan(0)
    expect(late).toBeGreaterThan(0)
    const told = new Network(quiet({ noise: { ...quiet().noise, delayMs: [1, 9] } }))
    const explicit = new Network({
      ...quiet({ noise: { ...quiet().noise, delayMs: [1, 9] } }),
      fates: network.noise,
    })
    expect(sent(explicit, 60)).toEqual(drawn)
    expect(sent(told, 60)).not.toEqual(drawn)
  })

  it("cuts in one direction, some messages, for a while, and nothing once it is calm", () => {
    const cut = { _tag: "Cut" as const, from: ["r0"], to: ["r1"], startMs: 10, endMs: 9_000 }
    const network = new Network(quiet({ faults: [{ ...cut, messages: ["Commit"] }] }))
    const arrives = (ms: number, over: Partial<typeof link> = {}): boolean =>
      network.delays(microseconds(ms), { ...link, ...over }).length > 0
    expect(arrives(9)).toBe(true)
    expect(arrives(10)).toBe(false)
    expect(arrives(20, { from: "r1", to: "r0" })).toBe(true)
    expect(arrives(20, { name: "Prepare v0 n1" })).toBe(true)
    expect(arrives(499)).toBe(false)
    expect(arrives(500)).toBe(true)
  })

  it("means messages by the beginning of their names", () => {
    expect(isAmong("Commit v0 n1", [])).toBe(true)
    expect(isAmong("Commit v0 n1", ["Commit"])).toBe(true)
    expect(isAmong("Commit v0 n1", ["Commit v0 n1"])).toBe(true)
    expect(isAmong("Commit v0 n12", ["Commit v0 n1"])).toBe(false)
    expect(isAmong("PrePrepare v0 n1", ["Prepare"])).toBe(false)
  })
})

describe("operations as text", () => {
  it("read back as they were written; others mean none", () => {
    for (const text of ["put k v", "get k", "delete k", "cas k - v", "cas k a b"]) {
      expect(operationText(operationBytes(text))).toBe(text)
    }
    for (const text of ["", "put k", "get", "get k v", "cas k v", "put k v w", "drop k"]) {
      expect(parseOperation(text)).toBeUndefined()
    }
    expect(operationBytes("nonsense")).toBe("nonsense")
  })
})

describe("early messages", () => {
  const { batchDigest: batch, checkpointDigest: checkpoint } = digests
  const hashing = { batchDigest: batch, checkpointDigest: checkpoint, hash: digests.bytesDigest }
  const start = init(replicaConfig(quiet(), 2, hashing))
  const prepare = (view: number, seq = 1): Input => ({
    _tag: "Receive",
    message: { _tag: "Prepare", view, seq, digest: "d", replica: 3 } as never,
  })

  it("wait for their view, and are forgotten when it is left", () => {
    const early = new EarlyMessages(2, earlyPlace)
    expect(early.holds(start, prepare(0))).toBe(false)
    for (const seq of [1, 2, 3]) expect(early.holds(start, prepare(1, seq))).toBe(true)
    const moving = { ...start, view: 1, active: false }
    expect(early.release(moving)).toEqual([])
    expect(early.release({ ...moving, active: true })).toEqual([prepare(1, 1), prepare(1, 2)])
    expect(early.holds(start, prepare(1))).toBe(true)
    expect(early.release({ ...start, view: 2 })).toEqual([])
    expect(early.release({ ...start, view: 1 })).toEqual([])
  })
})

describe("timers", () => {
  it("fire once, unless they were set anew or cancelled, or the process stopped", () => {
    const due: Array<() => void> = []
    const fired: Array<string> = []
    const clock = { after: (_: number, run: () => void) => void due.push(run) }
    const timers = new Timers(clock, (timer) => void fired.push(timer))
    timers.set("a", 5)
    timers.set("a", 5)
    timers.set("b", 5)
    timers.cancel("b")
    timers.set("c", 5)
    for (const run of due) run()
    expect(fired).toEqual(["a", "c"])
    timers.set("d", 5)
    timers.clear()
    for (const run of due) run()
    expect(fired).toEqual(["a", "c"])
  })
})
