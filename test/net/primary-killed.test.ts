import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { allConnected, type Cluster, eventually, get, put, says, started } from "./processes.ts"

const inView = (c: Cluster, replica: number, view: number) =>
  eventually(
    `replica ${replica} takes part in view ${view}`,
    says(c, replica, (s) => s.view === view && s.active),
  )

/** Puts `name 0`, `name 1`, ... by all clients at once; the longest time without an answer, ms. */
const load = ({ pool }: Cluster, name: string, count: number, each: (answered: number) => void) =>
  Effect.gen(function* () {
    let answered = 0
    let last = performance.now()
    let pause = 0
    yield* Effect.forEach(
      Array.from({ length: count }, (_, k) => k),
      (k) =>
        Effect.map(pool.submit(put(`${name} ${k}`, String(k))), (result) => {
          expect(decodeResult(result)).toStrictEqual({ _tag: "Done" })
          const now = performance.now()
          pause = Math.max(pause, now - last)
          last = now
          each(++answered)
        }),
      { concurrency: 8, discard: true },
    )
    expect(answered).toBe(count)
    return Math.round(pause)
  })

/** What was put last is there. */
const isThere = ({ pool }: Cluster, name: string, k: number) =>
  Effect.map(pool.submit(get(`${name} ${k}`)), (result) =>
    expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: String(k) }),
  )

/** Kills a primary in the middle of a load, which is answered to its end in the next view. */
const killUnderLoad = (c: Cluster, primary: number, view: number) =>
  Effect.gen(function* () {
    const pid = c.cluster.pid(primary) as number
    let killed = false
    const pause = yield* load(c, `view ${view}`, 300, (answered) => {
      if (answered < 100 || killed) return
      killed = true
      process.kill(pid, "SIGKILL")
    })
    console.log(`primary ${primary} killed with -9: the longest pause was ${pause} ms`)
    yield* isThere(c, `view ${view}`, 299)
    const rest = [0, 1, 2, 3].filter((replica) => replica !== primary)
    for (const replica of rest) {
      yield* inView(c, replica, view)
      const { actions, view: now } = yield* c.cluster.status(replica)
      expect([now, actions.EnterView]).toStrictEqual([view, view])
    }
  })

const timing = { retransmitMs: 300, viewChangeMs: 600 } as const

describe("the primary's process is killed", () => {
  it.live("every request is answered; it comes back and follows; so does the next one", () =>
    Effect.gen(function* () {
      const c = yield* started("primary", timing)
      yield* allConnected(c)
      yield* killUnderLoad(c, 0, 1)
      yield* c.cluster.start(0)
      yield* inView(c, 0, 1)
      const { executed } = yield* c.cluster.status(1)
      yield* eventually(
        "the killed primary has executed everything",
        says(c, 0, (s) => s.executed >= executed),
      )
      yield* allConnected(c)
      yield* killUnderLoad(c, 1, 2)
      yield* c.cluster.start(1)
      yield* inView(c, 1, 2)
      expect(c.missed).toStrictEqual([])
    }).pipe(Effect.scoped),
  )
})
