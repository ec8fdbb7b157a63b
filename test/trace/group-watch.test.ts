/** A run's answers beside a service that executes the agreed log: what it notices, and what not. */
import { describe, expect, test } from "vitest"
import { checkTraces, type Observer } from "../../src/trace-check/check.ts"
import type { SketcherEvent } from "../../src/trace-check/event.ts"
import { GroupWatch, type NewService } from "../../src/trace-check/group-watch.ts"
import { together } from "../../src/trace-check/observers.ts"
import { digests, textDigest } from "./support/digests.ts"
import { type RunOptions, recordRun } from "./support/recorded-run.ts"
import { sourcesOf } from "./support/sources.ts"

const answer = (count: number): string => `${count} \u0080`

/** The service of recorded runs: it counts. */
const counting: NewService = () => {
  let [count, hash] = [0, ""]
  const isRead = (operation: string): boolean => operation.startsWith("get")
  return {
    execute: ({ seq, requests, checkpoint }) => {
      const results = requests.map(({ client, operation }) => {
        hash = textDigest(`${hash} ${client} ${operation}`)
        count++
        return answer(count)
      })
      return { _tag: "Executed", seq, results, service: checkpoint ? hash || "none" : "" }
    },
    read: (operation) => (isRead(operation) ? answer(count) : undefined),
    isRead,
    snapshot: () => JSON.stringify([count, hash]),
    restore: (snapshot) => {
      ;[count, hash] = JSON.parse(snapshot) as [number, string]
      return true
    },
  }
}

type Options = Omit<RunOptions, "write">
const room = { checkpointInterval: 10, logSize: 1_000 }
const busy: Options = { seed: 2, clients: 5, requests: 20, duplicates: 0.1, ...room }
/** Where in that run half of it is done. */
const middle = 1_000

const watched = async (options: Options, also?: (watch: GroupWatch) => Observer) => {
  const watch = new GroupWatch(counting)
  const observer = also === undefined ? watch : together([also(watch), watch])
  const verdict = await checkTraces(sourcesOf(recordRun(options)), { digests, observer })
  return { verdict, ...watch.watched }
}

/** Replica 2 answers a fast read so. */
const fastAnswer = (result: string | undefined): SketcherEvent =>
  ({
    _tag: "SketcherStep",
    place: { file: "sketcher-0.ndjson", line: 7 },
    n: 6,
    config: { id: 0 },
    before: { calls: [{ id: 1, stage: "fast", replica: 2, operation: "get" }] },
    input: {
      _tag: "FastReply",
      message: { id: 1, replica: 2 },
      digest: result === undefined ? "" : digests.resultDigest(result),
    },
  }) as unknown as SketcherEvent

/** At this event of the run these fast answers are heard. */
const hears =
  (at: number, results: ReadonlyArray<string | undefined>) =>
  (watch: GroupWatch): Observer => ({
    before: (index, _event, state) => {
      if (index !== at) return
      for (const result of results) watch.sketcher(fastAnswer(result), state)
    },
    gap: () => undefined,
  })

describe("ordered answers", () => {
  test("are the service's at their places in the agreed log, at every replica", async () => {
    expect(await watched(busy)).toMatchObject({
      verdict: { _tag: "Conforms" },
      ordered: 100,
      fast: 0,
      uncompared: 0,
    })
    const again = { seed: 3, restart: { replica: 2, at: 8, how: "in-process" } } as const
    expect(await watched({ ...busy, ...again })).toMatchObject({ ordered: 100 })
  })

  test.each<readonly [string, Partial<Options>, string]>([
    [
      "in a result",
      { result: (_r, seq, text) => (seq === 3 ? `${text}!` : text) },
      "in.results[0]",
    ],
    [
      "in a state",
      { service: (_r, seq, digest) => (seq > 4 ? `${digest}0` : digest) },
      "in.service",
    ],
  ])("that replicas agree on, and that the service does not give, %s", async (_, lie, field) => {
    const options = { ...busy, ...lie }
    const alone = await checkTraces(sourcesOf(recordRun(options)), { digests })
    expect(alone).toMatchObject({ _tag: "Conforms" })
    const { verdict } = await watched(options)
    expect(verdict).toMatchObject({ _tag: "Rejected", finding: { rule: "Group", field } })
  })

  test("of tentative executions are left alone", async () => {
    const fast = { maxTentative: 1 } as const
    expect(await watched({ ...busy, fast })).toMatchObject({ ordered: 0 })
  })
})

describe("fast answers", () => {
  test("may be of the present, of the past and of what is executed later", async () => {
    const some = [0, 30, 60, 100].map(answer)
    expect(await watched(busy, hears(middle, some))).toMatchObject({
      verdict: { _tag: "Conforms" },
      fast: 4,
      uncompared: 0,
    })
  })

  test("that no prefix of the log gives are noticed, with their line", async () => {
    const { verdict } = await watched(busy, hears(middle, [answer(30), answer(101)]))
    expect(verdict).toMatchObject({
      _tag: "Rejected",
      finding: { rule: "Group", file: "sketcher-0.ndjson", line: 7, node: "sketcher 0" },
    })
  })

  test("that broke off, or whose prefix may be forgotten, are counted", async () => {
    const broken = await watched(busy, hears(middle, [undefined]))
    expect(broken).toMatchObject({ verdict: { _tag: "Conforms" }, fast: 0, uncompared: 1 })
    const long: Options = { seed: 1, clients: 4, requests: 160, maxBatch: 1, ...room }
    const late = 22_000
    const forgotten = await watched(long, hears(late, [answer(0), answer(600)]))
    expect(forgotten).toMatchObject({
      verdict: { _tag: "Conforms" },
      ordered: 640,
      fast: 1,
      uncompared: 1,
    })
  })
})
